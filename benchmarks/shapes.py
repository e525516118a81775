"""Print a program of one shape, N large: `python benchmarks/shapes.py tenants 1000 > t.svc`.

Each shape repeats one thing. Twice as much of it should cost about twice as much, and come to
about twice as many bytes (`tests/test_growth.py` counts).
"""

import sys
from collections.abc import Callable

_SIDECARS = "cluster c { mesh istio sidecar }\n"


def _each(count: int, text: str) -> str:
    """Repeat a text with the number in place of `#` and the one before it in place of `@`."""
    return "".join(text.replace("#", str(n)).replace("@", str(n - 1)) for n in range(1, count + 1))


def _listed(count: int, text: str) -> str:
    return ", ".join(text.replace("#", str(n)) for n in range(1, count + 1))


_PORT = "port web 8080 http"

SHAPES: dict[str, Callable[[int], str]] = {
    # Statements that speak of many.
    "tenants": lambda n: _each(
        n, f'namespace t#\nservice api {{ select {{ app: "api" }} {_PORT} }}\n'
    ),
    "namespace": lambda n: (
        "namespace big\n"
        + _each(n, f'service s# {{ {_PORT} allow from namespace big on web because "near" }}\n')
    ),
    "any": lambda n: (
        "namespace big\n"
        + _each(n, f'service s# {{ {_PORT} allow from any on web because "public" }}\n')
    ),
    "group": lambda n: (
        f"namespace g\ngroup callers {{ {_listed(n, 'c#')} }}\n"
        + _each(n, f"service c# {{ }}\nservice d# {{ {_PORT} allow from callers on web }}\n")
    ),
    "hub": lambda n: (
        f"namespace h\nservice hub {{ {_PORT} allow from {_listed(n, 'c#')} on web }}\n"
        + _each(n, "service c# { }\n")
    ),
    "fan": lambda n: (
        f"namespace h\nservice fan {{ allow to {_listed(n, 'c#')} on web }}\n"
        + _each(n, f"service c# {{ {_PORT} }}\n")
    ),
    "spread": lambda n: (
        "namespace hub\nservice hub { port web 8080 http"
        + _each(n, " allow from t#/api on web")
        + " }\n"
        + _each(n, "namespace t#\nservice api { allow to hub/hub on web }\n")
    ),
    "groups": lambda n: (
        "namespace g\nservice s { }\ngroup g0 { s }\n"
        + _each(n, "group g# { g@ }\n")
        + f"service d {{ {_PORT} allow from g{n} on web }}\n"
    ),
    "ports": lambda n: (
        "namespace p\nservice a { }\nservice b {"
        + "".join(f" port p{k} {1000 + k} http" for k in range(1, n + 1))
        + f" allow from a on {_listed(n, 'p#')} }}\n"
    ),
    # The mesh and its routes.
    "rollouts": lambda n: (
        _SIDECARS
        + "namespace r\n"
        + _each(
            n,
            f'service s# {{ {_PORT} allow from self on web rollout {{ when header "x" = "y" -> v2'
            " v1 90% v2 10% } }\n",
        )
    ),
    "meshed": lambda n: (
        _SIDECARS
        + "namespace m\nservice a { }\n"
        + _each(n, f'service s# {{ {_PORT} allow from a on web {{ GET "/v1/**" }} }}\n')
    ),
    "paths": lambda n: (
        _SIDECARS
        + f"namespace p\nservice b {{ }}\nservice a {{ {_PORT} allow from b on web {{\n"
        + _each(n, '  GET "/a#/*/b#/**"\n')
        + "} }\n"
    ),
    "literals": lambda n: (
        _SIDECARS
        + f"namespace p\nservice b {{ }}\nservice a {{ {_PORT} allow from b on web {{\n"
        + _each(n, '  GET "/a#"\n')
        + "} }\n"
    ),
    "whens": lambda n: (
        _SIDECARS
        + f"namespace r\nservice a {{ {_PORT} allow from self on web rollout {{\n"
        + _each(n, '  when header "x" = "y#" -> v2\n')
        + "  v1 90% v2 10% } }\n"
    ),
    "gateways": lambda n: (
        _SIDECARS
        + "namespace w\n"
        + _each(
            n,
            f'gateway g# in edge {{ select {{ gw: "g#" }} account "g#" port https 443 http }}\n'
            f'service s# {{ {_PORT} allow from internet via g# host "s#.example.com" on web'
            ' because "shop" }\n',
        )
    ),
    "hosts": lambda n: (
        _SIDECARS
        + "namespace w\n"
        + 'gateway g in edge { select { gw: "g" } account "g" port https 443 http }\n'
        + _each(
            n,
            f'service s# {{ {_PORT} allow from internet via g host "s#.example.com" on web'
            ' because "shop" }\n',
        )
    ),
    # Names, settings, privileges.
    "extends": lambda n: (
        "profile p0 extends restricted { }\n"
        + _each(n, "profile p# extends p@ { }\n")
        + f"namespace e\nservice a {{ harden p{n} }}\n"
    ),
    "profiles": lambda n: (
        _each(n, "profile p# extends baseline { }\n")
        + "namespace e\n"
        + _each(n, "service a# { harden p# }\n")
    ),
    "environments": lambda n: (
        _each(n, "environment e# { }\n")
        + f"namespace e\nservice b {{ }}\nservice a {{ {_PORT} "
        + _each(n, " allow from b on web only in e#\n")
        + "}\n"
    ),
    "grants": lambda n: (
        "cluster c { api-server 10.0.0.1/32 port 443 }\nnamespace g\nrole r {\n"
        + _each(n, '  get configmaps named "c#"\n')
        + "}\nservice a { has role r }\n"
    ),
    "roles": lambda n: (
        "cluster c { api-server 10.0.0.1/32 port 443 }\nnamespace g\n"
        + _each(n, "role r# { get configmaps }\nservice a# { has role r# }\n")
    ),
    "endpoints": lambda n: (
        "namespace e\n"
        + _each(n, 'endpoint e# { host "h#.example.com" port https 443 https }\n')
        + "service a {"
        + _each(n, " allow to e#")
        + " }\n"
    ),
    "blocks": lambda n: (
        "namespace e\n"
        + "".join(
            f"endpoint e{k} {{ cidr 10.{k // 250}.{k % 250}.0/24 port https 443 https }}\n"
            for k in range(n)
        )
        + "service a {"
        + "".join(f" allow to e{k}" for k in range(n))
        + " }\n"
    ),
    # Text, and what is wrong with it.
    "unknown": lambda n: (
        "namespace u\n" + _each(n, f"service s# {{ {_PORT} allow from s#x on web }}\n")
    ),
    "strays": lambda n: _each(n, f"namespace n#\nservice s# {{ {_PORT} allow from s#x on web }}\n"),
    "ambiguous": lambda n: (
        _each(n, "namespace n#\ngroup g { s }\nservice s { }\n")
        + "namespace z\n"
        + _each(n, f"service s# {{ {_PORT} allow from g on web }}\n")
    ),
    "twice": lambda n: "namespace t\n" + "service s { }\n" * n,
    "halves": lambda n: (
        "namespace a\n"
        + _each(n, "service s# { allow to b/t# on web }\n")
        + "namespace b\n"
        + _each(n, f"service t# {{ {_PORT} }}\n")
    ),
    "noports": lambda n: (
        "namespace p\nservice a { }\nservice b {"
        + "".join(f" port p{k} {1000 + k} http" for k in range(1, n + 1))
        + _each(n, " allow from a on q#")
        + " }\n"
    ),
    "bangs": lambda n: "!" * n,
    "braces": lambda n: "namespace b\nservice s " + "{" * n,
    "quotes": lambda n: 'namespace b\nservice s { image "' * n,
    "comments": lambda n: "namespace b\n" + _each(n, "// number #\n") + "service s { }\n",
    "line": lambda n: "namespace b " + _each(n, "service s# { } "),
    "wrongline": lambda n: "namespace b " + _each(n, "service s# { allow from q# on web } "),
}


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in SHAPES:
        raise SystemExit(f"usage: shapes.py SHAPE N; shapes are {' '.join(SHAPES)}")
    sys.stdout.write(SHAPES[sys.argv[1]](int(sys.argv[2])))
