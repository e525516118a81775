"""Hypothesis strategies for whole programs that are correct, as text.

A `Draft` keeps a program in pieces (declarations, and the statements of each service), so that a
test can write the same program in another order or spread it over several files.
"""

import random
from collections.abc import Iterable

from attrs import define, evolve, field, frozen
from hypothesis import strategies as st

OFFICES = (
    "203.0.113.0/24",
    "203.0.113.0/24, 203.0.112.0/23",
    "10.3.0.0/16, 10.3.4.0/24, 203.0.113.0/24",
    "10.3.0.0/17, 10.3.128.0/17, 10.3.0.0/16 except 10.3.1.0/24",
    "2001:db8:1::/48, fd00:1:2::/48, fd00:1:2:3::/64",
)
HTTP_PATHS = ("/", "/v1/**", "/v1/*/items", "/healthz", "/a/b/c", "/**")
VERBS = ("get", "list", "watch")
RESOURCES = ("pods", "configmaps", "endpoints", "deployments.apps", "jobs.batch")
IMAGE = "registry.example.com/x/app:1.0@sha256:" + "5" * 64


@frozen
class Draft:
    """A program in pieces, and what it permits on the network by the way it was drawn."""

    mesh: str
    services: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Namespace, name, statements."""
    others: tuple[tuple[str, str], ...]
    """Namespace, declaration."""
    flows: frozenset[tuple[str, str, int, str]]
    """Caller, callee, container port, transport."""
    opened: frozenset[tuple[str, str, int, str]]
    """`any` or a namespace, callee, container port, transport."""
    bare: frozenset[tuple[str, str, str]] = frozenset()
    """Caller, callee, port, where the caller alone declares a flow."""
    facts: str = ""
    """More facts of the cluster."""

    def text(self) -> str:
        """Return the program as one file."""
        return self.files(1, None)[0]

    def files(self, count: int, shuffle: random.Random | None) -> list[str]:
        """Write the program to `count` files; with `shuffle`, everything in another order."""
        cluster = f"cluster test {{ mesh {self.mesh}  cni kubernetes  {self.facts} }}"
        blocks = [("", cluster), *self.others]
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


@define
class _Drawn:
    """What has been drawn so far: statements by service, and what they permit."""

    statements: dict[str, list[str]] = field(factory=dict)
    flows: set[tuple[str, str, int, str]] = field(factory=set)
    opened: set[tuple[str, str, int, str]] = field(factory=set)
    bare: set[tuple[str, str, str]] = field(factory=set)

    def say(self, service: _Service, line: str) -> None:
        self.statements.setdefault(service.key, []).append(line)


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
        calls = _some("pkg.Orders/*", "pkg.Orders/Get", "a.b.C/D")
        return " { " + "  ".join(f'rpc "{name}"' for name in draw(calls)) + " }"
    methods = st.sampled_from(("GET", "GET, HEAD", "ANY", "POST"))
    asked = [f'{draw(methods)} "{path}"' for path in draw(_some(*HTTP_PATHS))]
    return " { " + "  ".join(asked) + " }"


def _some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


def _flow(draw: st.DrawFn, services: list[_Service], mesh: str, drawn: _Drawn) -> None:
    """Draw one flow between services, with the consent that it needs."""
    callee = draw(st.sampled_from([service for service in services if service.ports]))
    caller = draw(st.sampled_from(services))
    name, _service, number, protocol = draw(st.sampled_from(callee.ports))
    port = draw(st.sampled_from((name, str(number))))
    drawn.flows.add((caller.key, callee.key, number, transport(protocol)))
    if caller is callee:
        drawn.say(callee, f"allow from self on {port}")
        return
    ends = draw(st.sampled_from(("from", "to", "both")))
    if caller.namespace != callee.namespace:
        ends = "both"
    if ends != "to":
        requests = _requests(draw, protocol, mesh)
        drawn.say(callee, f"allow from {caller.key} on {port}{requests}")
    if ends != "from":
        drawn.say(caller, f"allow to {callee.key} on {port}")
    if ends == "to":
        drawn.bare.add((caller.key, callee.key, name))


_Statements = tuple[tuple[str, str, tuple[str, ...]], ...]


def _agreed(services: _Statements, bare: Iterable[tuple[str, str, str]]) -> _Statements:
    """Let callees that say who calls a port admit those too who say so alone."""
    lines = {f"{namespace}/{name}": list(said) for namespace, name, said in services}
    for caller, callee, port in sorted(bare):
        declared = next(each for each in lines[callee] if each.startswith(f"port {port} "))
        spellings = {port, declared.split()[4]}
        said = (each.split() for each in lines[callee] if each.startswith("allow from "))
        if any(words[words.index("on") + 1] in spellings for words in said):
            lines[callee].append(f"allow from {caller} on {port}")
    return tuple((space, name, tuple(lines[f"{space}/{name}"])) for space, name, _ in services)


def transport(protocol: str) -> str:
    return "UDP" if protocol == "udp" else "TCP"


def _open(draw: st.DrawFn, service: _Service, drawn: _Drawn) -> None:
    """Sometimes open a service's first port to a broad peer."""
    if service.ports and draw(st.integers(0, 4)) == 0:
        name, _service, number, protocol = service.ports[0]
        peer = draw(st.sampled_from(("any", "elsewhere")))
        words = "any" if peer == "any" else f"namespace {peer}"
        drawn.say(service, f'allow from {words} on {name} because "a test"')
        drawn.opened.add((peer, service.key, number, transport(protocol)))


def _extras(draw: st.DrawFn, service: _Service) -> list[str]:
    """Return statements that concern one service alone."""
    verbs = ", ".join(VERBS[: draw(st.integers(1, 3))])
    kind = draw(st.sampled_from(("deployment", "statefulset", "daemonset")))
    lines = (
        "allow to office",
        f"can {verbs} {draw(st.sampled_from(RESOURCES))}",
        "has role reader",
        'run { user 1000  writes "/tmp", "/var/cache/x" }',
        "resources { cpu 100m..1  memory 64Mi..1Gi }",
        f'image "{IMAGE}"',
        f"workload {kind} {service.name}",
    )
    return [line for line in lines if draw(st.integers(0, 4)) == 0]


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Draw a program that compiles."""
    mesh = draw(st.sampled_from(("none", "istio sidecar", "istio ambient")))
    services = draw(_services())
    drawn = _Drawn()
    for service in services:
        drawn.say(service, f'select {{ app: "{service.name}" }}')
        for name, number, container, protocol in service.ports:
            drawn.say(service, f"port {name} {number} -> {container} {protocol}")
        _open(draw, service, drawn)
        drawn.statements[service.key] += _extras(draw, service)
    if any(service.ports for service in services):
        for _ in range(draw(st.integers(0, 5))):
            _flow(draw, services, mesh, drawn)
    said = tuple((s.namespace, s.name, tuple(drawn.statements[s.key])) for s in services)
    return Draft(
        mesh,
        _agreed(said, drawn.bare),
        tuple(
            (namespace, text)
            for namespace in sorted({service.namespace for service in services})
            for text in (
                "endpoint office { cidr 203.0.113.0/24  port https 443 tls }",
                'role reader { get configmaps named "settings" }',
            )
        ),
        frozenset(drawn.flows),
        frozenset(drawn.opened),
        frozenset(drawn.bare),
    )


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Draw a program that compiles and uses all of the language, as text.

    On top of a draft: groups, environments, dates, gateways, extern services, the internet,
    rollouts, Knative, profiles. It has the environments `staging` and `prod`.
    """
    draft = draw(drafts())
    more: dict[str, list[str]] = {}
    office = f"cidr {draw(st.sampled_from(OFFICES))}"
    others = [(space, text.replace("cidr 203.0.113.0/24", office)) for space, text in draft.others]
    others += _surroundings(draw, draft)
    for namespace, name, statements in draft.services:
        ports = [line.split() for line in statements if line.startswith("port ")]
        lines = more.setdefault(f"{namespace}/{name}", [])
        for _, port, *_rest, protocol in ports:
            lines += _callers_outside(draw, f"{name}-{namespace}", port, protocol, draft.mesh)
        if draft.mesh != "none" and draw(st.integers(0, 3)) == 0:
            rule = 'when header "x-canary" = "always" -> v2  ' if draw(st.booleans()) else ""
            spoken = {protocol for *_, protocol in ports}
            http = spoken & {"http", "http2", "grpc"}
            # An HTTPRoute can't split connections that it can't read.
            routed = spoken == http if draft.mesh == "istio ambient" else True
            lines += [f"rollout {{ {rule}v1 90%  v2 10% }}"] if http and routed else []
        if draw(st.integers(0, 3)) == 0:
            lines.append('allow to internet on 443 because "webhooks"')
        if draw(st.integers(0, 3)) == 0:
            lines.append("harden relaxed")
    services = tuple(
        (namespace, name, (*statements, *more[f"{namespace}/{name}"]))
        for namespace, name, statements in draft.services
    )
    facts = draw(st.sampled_from(("", "internal 10.0.0.0/8", "internal 10.0.0.0/8, 10.3.0.0/16")))
    return evolve(
        draft, services=_agreed(services, draft.bare), others=tuple(others), facts=facts
    ).text()


def _callers_outside(draw: st.DrawFn, name: str, port: str, protocol: str, mesh: str) -> list[str]:
    """Return statements that admit what the program does not own, some of them for a while."""
    only = draw(st.sampled_from(("", " only in staging", " only in prod, staging")))
    until = draw(st.sampled_from(("", " until 2020-01-01", " until 2999-12-31")))
    lines = [f'allow from monitoring/scraper on {port}{only}{until} because "metrics"']
    if protocol == "http" and draw(st.booleans()):
        host = f"{port}-{name}.example"
        lines.append(f'allow from internet via public host "{host}" on {port} because "public"')
    if protocol not in {"udp"} and draw(st.booleans()):
        lines.append(f"allow from office on {port}{only}")
        lines.append(f'allow from internet on {port}{until} because "public"')
    lines.append(f"allow from monitoring/twin on {port}{_requests(draw, protocol, mesh)}")
    lines.append(f'allow from namespace monitoring on {port}{only} because "a test"')
    return [line for line in lines if draw(st.integers(0, 2)) == 0]


def _surroundings(draw: st.DrawFn, draft: Draft) -> list[tuple[str, str]]:
    """Return declarations beside the services."""
    home = draft.services[0][0]
    found = [
        ("", "environment staging { }"),
        ("", f"environment prod {{ service {home}/api {{ resources {{ cpu 2..4 }} }} }}"),
        ("", 'profile relaxed extends restricted { user 2000  writes "/data" }'),
        (
            home,
            'extern service scraper in monitoring { select { app: "scraper" }  account "scraper" }',
        ),
        (
            home,
            'extern service twin in monitoring { select { app: "twin" }  account "scraper" }',
        ),
        (
            home,
            'gateway public in edge { select { istio: "gw" }  account "gw"  uses "edge/public" }',
        ),
    ]
    members = [name for space, name, _ in draft.services if space == home and name != "api"]
    if members and any("port p0" in line for line in draft.services[0][2]):
        chosen = draw(st.lists(st.sampled_from(members), min_size=1, unique=True))
        found.append((home, f"group friends {{ {', '.join(chosen)} }}"))
        port = 'service target { select { app: "target" }  port x 7000 tcp  allow from friends }'
        found.append((home, port))
    if draw(st.booleans()):
        found.append(
            (
                home,
                f'service fn {{ image "{IMAGE}"  workload knative  port web 8080 http\n'
                '  allow from any on web because "behind the activator"\n  scale 0..5 }',
            )
        )
    return found
