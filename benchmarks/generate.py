"""Write a program of N services, four peers each: `python benchmarks/generate.py 10000 > big.svc`.

Services stand in namespaces of 100; a service calls the four behind it in its namespace and names
its own callers, so every flow has both ends.
"""

import sys

PER_NAMESPACE = 100
PEERS = 4
DIGEST = "1" * 64


def service(index: int, size: int) -> str:
    """Return the text of one service of a namespace that holds `size`."""
    callees = [f"s{(index + step) % size}" for step in range(1, PEERS + 1)]
    callers = [f"s{(index - step) % size}" for step in range(1, PEERS + 1)]
    return f"""
# Service number {index} of its namespace.
service s{index} {{
  image  "registry.example.com/bench/s{index}:1.0.0@sha256:{DIGEST}"
  select {{ app: "s{index}" }}
  port   web 80 -> 8080 http
  port   metrics 9090 http
  allow from {", ".join(callers)} on web
  allow from self on metrics
  allow to   {", ".join(f"{callee}" for callee in callees)} on web
  can get, list, watch pods
  run {{ writes "/tmp", "/var/cache" }}
  resources {{ cpu 100m..500m  memory 128Mi..256Mi }}
  probe ready GET "/readyz" on web
  stop  {{ grace 30s }}
}}
"""


def program(count: int) -> str:
    """Return the whole program."""
    parts = ["cluster bench { api-server 10.96.0.1/32 port 443 }\n"]
    for start in range(0, count, PER_NAMESPACE):
        size = min(PER_NAMESPACE, count - start)
        parts.append(f"\nnamespace n{start // PER_NAMESPACE}\n")
        parts += [service(index, size) for index in range(size)]
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(program(int(sys.argv[1])))
