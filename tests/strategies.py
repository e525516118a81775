"""Hypothesis strategies for whole programs that are correct, as text.

A `Draft` keeps a program in pieces (declarations, and the statements of each service), so that a
test can write the same program in another order or spread it over several files.
"""

import random

from attrs import frozen
from hypothesis import strategies as st

HTTP_PATHS = ("/", "/v1/**", "/v1/*/items", "/healthz", "/a/b/c", "/**")
VERBS = ("get", "list", "watch")
RESOURCES = ("pods", "configmaps", "endpoints", "deployments.apps", "jobs.batch")
IMAGE = "registry.example.com/x/app:1.0@sha256:" + "5" * 64


@frozen
class Draft:
    """A program in pieces: `services` maps (namespace, name) to statements."""

    globals: tuple[str, ...]
    services: tuple[tuple[str, str, tuple[str, ...]], ...]
    others: tuple[tuple[str, str], ...]

    def text(self) -> str:
        """Return the program as one file."""
        return self.files(1, None)[0]

    def files(self, count: int, shuffle: random.Random | None) -> list[str]:
        """Write the program to `count` files; with `shuffle`, everything in another order."""
        blocks = [("", text) for text in self.globals] + list(self.others)
        for namespace, name, statements in self.services:
            lines = list(statements)
            if shuffle:
                shuffle.shuffle(lines)
            body = "\n".join(f"  {line}" for line in lines)
            blocks.append((namespace, f"service {name} {{\n{body}\n}}"))
        if shuffle:
            shuffle.shuffle(blocks)
        files: list[list[str]] = [[] for _ in range(count)]
        for number, (namespace, text) in enumerate(blocks):
            file = files[shuffle.randrange(count) if shuffle else number % count]
            # A cluster stands before any namespace or in one, as it likes: it has none of its own.
            file.append(f"namespace {namespace}\n{text}" if namespace else text)
        return ["\n\n".join(file) + "\n" for file in files]


@frozen
class _Service:
    namespace: str
    name: str
    ports: tuple[tuple[str, int, int, str], ...]
    """Name, service port, container port, protocol."""

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


PROTOCOLS = ("http", "http2", "grpc", "tcp", "udp", "postgres")


@st.composite
def _services(draw: st.DrawFn) -> list[_Service]:
    found = []
    for namespace in ("red", "green", "blue")[: draw(st.integers(1, 3))]:
        for name in ("api", "db", "web", "job")[: draw(st.integers(1, 4))]:
            protocols = draw(st.lists(st.sampled_from(PROTOCOLS), max_size=3))
            ports = tuple(
                (f"p{i}", 100 + i, draw(st.sampled_from((80, 1024, 8080))) + i, protocol)
                for i, protocol in enumerate(protocols)
            )
            found.append(_Service(namespace, name, ports))
    return found


def _requests(draw: st.DrawFn, protocol: str, mesh: str) -> str:
    """Return requests for a port, or nothing where they would not be enforceable."""
    if mesh == "none" or protocol not in {"http", "http2", "grpc"} or not draw(st.booleans()):
        return ""
    if protocol == "grpc":
        name = draw(st.sampled_from(("pkg.Orders/*", "pkg.Orders/Get", "a.b.C/D")))
        return f' {{ rpc "{name}" }}'
    methods = draw(st.sampled_from(("GET", "GET, HEAD", "ANY", "POST")))
    return f' {{ {methods} "{draw(st.sampled_from(HTTP_PATHS))}" }}'


def _flows(draw: st.DrawFn, services: list[_Service], mesh: str) -> list[tuple[_Service, str]]:
    """Return statements of flows between services, consent of both ends included."""
    lines: list[tuple[_Service, str]] = []
    callees = [service for service in services if service.ports]
    if not callees:
        return lines
    for _ in range(draw(st.integers(0, 5))):
        callee = draw(st.sampled_from(callees))
        caller = draw(st.sampled_from(services))
        name, _service, number, protocol = draw(st.sampled_from(callee.ports))
        port = draw(st.sampled_from((name, str(number))))
        if caller is callee:
            lines.append((callee, f"allow from self on {port}"))
            continue
        ends = draw(st.sampled_from(("from", "to", "both")))
        if caller.namespace != callee.namespace:
            ends = "both"
        if ends != "to":
            requests = _requests(draw, protocol, mesh)
            lines.append((callee, f"allow from {caller.key} on {port}{requests}"))
        if ends != "from":
            lines.append((caller, f"allow to {callee.key} on {port}"))
    return lines


def _extras(draw: st.DrawFn, service: _Service) -> list[str]:
    """Return statements that concern one service alone."""
    lines = []
    if service.ports and draw(st.integers(0, 4)) == 0:
        port = service.ports[0][0]
        peer = draw(st.sampled_from(("any", "namespace elsewhere")))
        lines.append(f'allow from {peer} on {port} because "a test"')
    if draw(st.integers(0, 4)) == 0:
        lines.append("allow to office")
    if draw(st.integers(0, 5)) == 0:
        verbs = ", ".join(VERBS[: draw(st.integers(1, 3))])
        lines.append(f"can {verbs} {draw(st.sampled_from(RESOURCES))}")
    if draw(st.integers(0, 5)) == 0:
        lines.append("has role reader")
    if draw(st.integers(0, 3)) == 0:
        lines.append('run { user 1000  writes "/tmp", "/var/cache/x" }')
    if draw(st.integers(0, 3)) == 0:
        lines.append("resources { cpu 100m..1  memory 64Mi..1Gi }")
    if draw(st.integers(0, 4)) == 0:
        lines.append(f'image "{IMAGE}"')
    if draw(st.integers(0, 4)) == 0:
        kind = draw(st.sampled_from(("deployment", "statefulset", "daemonset")))
        lines.append(f"workload {kind} {service.name}")
    return lines


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Draw a program that compiles."""
    mesh = draw(st.sampled_from(("none", "istio sidecar", "istio ambient")))
    services = draw(_services())
    statements: dict[str, list[str]] = {}
    for service in services:
        lines = [f'select {{ app: "{service.name}" }}']
        lines += [f"port {n} {s} -> {c} {p}" for n, s, c, p in service.ports]
        statements[service.key] = lines + _extras(draw, service)
    for service, line in _flows(draw, services, mesh):
        statements[service.key].append(line)
    return Draft(
        globals=(f"cluster test {{ mesh {mesh}  cni kubernetes }}",),
        services=tuple((s.namespace, s.name, tuple(statements[s.key])) for s in services),
        others=tuple(
            (namespace, text)
            for namespace in sorted({service.namespace for service in services})
            for text in (
                "endpoint office { cidr 203.0.113.0/24  port https 443 tls }",
                'role reader { get configmaps named "settings" }',
            )
        ),
    )
