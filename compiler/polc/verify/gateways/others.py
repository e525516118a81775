"""Other ways in from the outside: routes of connections, Ingresses, grants, and the mesh itself.

Only where they lead is judged, not which requests they take. To a port that the program leaves to
the user to route (`polc.declared.gateways`) such a way may lead; to anything else of the
program's none may. What they take away from a declared host name is not decided.

- VirtualService: `tls` by server name, `tcp` by port (istio/api, virtual_service.proto). Its
  `gateways` decide whether pods of the mesh follow it too, `mesh` stands for them.
- GRPCRoute, TLSRoute, TCPRoute, UDPRoute, ReferenceGrant: Gateway API.
- Ingress: networking.k8s.io/v1; which controller takes it is up to its class.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.codes.proof import MISROUTED
from polc.declared.gateways import Claim
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Pods
from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes.lanes import destinations
from polc.semantics.routes.tables import ANY, GATEWAY_API, Tables, hosts_of, parents
from polc.semantics.routes.targets import NETWORKING
from polc.semantics.sets.hosts import covers, meet
from polc.verify.gateways.words import Words, undecided

_KINDS = ("GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
Owns = Callable[[str], bool]


@frozen
class Way:
    """One way in: from a gateway (`""`: it is not said which one) and hosts to a destination."""

    found: Found
    keys: tuple[Key, ...]
    gateway: str
    hosts: tuple[str, ...]
    target: str


def findings(tables: Tables, words: Words, owns: Owns) -> Iterator[Diagnostic]:
    """Yield what leads where nothing declares it, or may take away what is declared."""
    for way in (*_virtual(tables), *_routes(tables), *_ingresses(tables)):
        yield from _judge(way, words, owns)
    yield from _resources(tables, owns)
    yield from _inside(tables, words)
    yield from _grants(tables, owns)


def selectors(gateways: Iterable[Found], pods: Collection[Pods]) -> Iterator[Diagnostic]:
    """Yield objects of gateways that select other pods than those of the program's gateway."""
    for found in gateways:
        chosen = mapping(found.spec.get("selector"))
        others = [each for each in pods if not chosen.items() <= dict(each.labels).items()]
        if found.group == NETWORKING and others:
            why = f"whether `{others[0].key}` is the gateway that it configures: it selects others"
            yield undecided(found, why, "spec", "selector")


# --- ways -------------------------------------------------------------------------------------


def _virtual(tables: Tables) -> Iterator[Way]:
    for gateway, routes in tables.virtual.items():
        for found in routes:
            for target, keys in destinations(found, tables.targets):
                field, number = str(keys[1]), int(keys[2])
                if field == "http":
                    continue
                matches = items(mapping(items(found.spec.get(field))[number]).get("match"))
                names = {
                    str(host).lower()
                    for match in matches
                    for host in items(mapping(match).get("sniHosts"))
                }
                yield Way(found, keys, gateway, tuple(sorted(names)) or (ANY,), target)


def _routes(tables: Tables) -> Iterator[Way]:
    for kind in _KINDS:
        for found in tables.manifests.of_kind(kind, GATEWAY_API):
            for gateway, _ in parents(found):
                for target, keys in destinations(found, tables.targets):
                    yield Way(found, keys, gateway, tuple(hosts_of(found)), target)


def _ingresses(tables: Tables) -> Iterator[Way]:
    for found in tables.manifests.of_kind("Ingress"):
        for host, keys, backend in _backends(found):
            service = mapping(backend.get("service"))
            name = f"{found.namespace}/{service.get('name', '')}"
            if service:
                port = _port(tables, name, mapping(service.get("port")))
                yield Way(found, keys, "", (host,), f"{name}:{port}")


def _backends(found: Found) -> Iterator[tuple[str, tuple[Key, ...], Mapping[str, Any]]]:
    if found.spec.get("defaultBackend"):
        yield ANY, ("spec", "defaultBackend"), mapping(found.spec["defaultBackend"])
    for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
        host = str(rule.get("host") or ANY).lower()
        for index, path in enumerate(items(mapping(rule.get("http")).get("paths"))):
            keys = ("spec", "rules", number, "http", "paths", index)
            yield host, keys, mapping(mapping(path).get("backend"))


def _port(tables: Tables, name: str, port: Mapping[str, Any]) -> object:
    """Return the number of a Service's port that may be given by its name."""
    service = tables.targets.services.get(name)
    workload = tables.targets.workloads.get(name)
    named = {
        mapping(each).get("name"): mapping(each).get("port")
        for each in items(service.spec.get("ports") if service is not None else ())
    }
    own = {name: service for name, service, _ in workload.ports} if workload is not None else {}
    said = str(port.get("name"))
    return port.get("number") or named.get(said) or own.get(said) or said


def _judge(way: Way, words: Words, owns: Owns) -> Iterator[Diagnostic]:
    claims = [_claims(way, host, words) for host in way.hosts]
    if not owns(way.target):
        for host, some in zip(way.hosts, claims, strict=True):
            if some:
                why = f"what it takes of the requests for `{host}`"
                yield undecided(way.found, why, *way.keys)
        return
    meant = [[each for each in some if each[1].name == way.target] for some in claims]
    if all(any(not claim.parts and gateway in ("", way.gateway) for gateway, claim in some)
           for some in meant):  # fmt: skip
        return
    if all(meant):
        why = f"whether it is the way by which `{way.hosts[0]}` is to lead to `{way.target}`"
        yield undecided(way.found, why, *way.keys)
        return
    host = next(host for host, some in zip(way.hosts, meant, strict=True) if not some)
    what = "whatever comes in" if host == ANY else "a request"
    shown = "" if host == ANY else host
    yield words.exposed(way.found, way.keys, what, way.target, shown, way.gateway)


def _claims(way: Way, host: str, words: Words) -> list[tuple[str, Claim]]:
    """Return what is declared of a host at a way's gateway, or at any if that is not known.

    Connections without a name come in for whatever host leads on to a port that speaks no HTTP.
    """
    return [
        (gateway, claim)
        for gateway, hosts in words.declared.items()
        if gateway in ("", way.gateway) or not way.gateway
        for pattern, claims in hosts.items()
        for claim in claims
        if covers(pattern, host) or (host == ANY and way.gateway and claim.opaque)
    ]


# --- the rest ---------------------------------------------------------------------------------


def _resources(tables: Tables, owns: Owns) -> Iterator[Diagnostic]:
    """Yield Ingresses in namespaces of the program with a backend that is no Service."""
    for found in tables.manifests.of_kind("Ingress"):
        for host, keys, backend in _backends(found):
            if not backend.get("service") and owns(f"{found.namespace}/backend:"):
                yield undecided(found, f"where requests for `{host}` go", *keys)


def _inside(tables: Tables, words: Words) -> Iterator[Diagnostic]:
    """Yield routes by which pods of the mesh, too, get where an outside host leads."""
    outside = {
        pattern: claims for hosts in words.declared.values() for pattern, claims in hosts.items()
    }
    for found in tables.manifests.of_kind("VirtualService", NETWORKING):
        gateways = [str(each) for each in items(found.spec.get("gateways"))] or ["mesh"]
        for host in hosts_of(found) if "mesh" in gateways else ():
            near = next((each for each in outside if host != ANY and meet(each, host)), None)
            for target, _ in destinations(found, tables.targets) if near is not None else ():
                assert near is not None
                keys = ("spec", "gateways" if len(gateways) > 1 else "hosts")
                yield Diagnostic(
                    MISROUTED,
                    f"what pods of the mesh send to `{host}` goes to `{target}`; declared is a"
                    " gateway for that host only",
                    found.span(*keys),
                    (Label(outside[near][0].span, "declared here"),),
                    f"routed by VirtualService `{found.namespace}/{found.name}` in"
                    f" `{found.where(*keys)}`; name nothing but the gateway in `gateways`",
                )
                break


def _grants(tables: Tables, owns: Owns) -> Iterator[Diagnostic]:
    """Yield grants by which routes of other namespaces may lead to Services of the program."""
    for found in tables.manifests.of_kind("ReferenceGrant", GATEWAY_API):
        leads = any(mapping(each).get("kind") == "Service" for each in items(found.spec.get("to")))
        for index, each in enumerate(map(mapping, items(found.spec.get("from")))):
            space = each.get("namespace")
            route = str(each.get("kind", "")).endswith("Route")
            if leads and route and owns(f"{found.namespace}/x:") and not owns(f"{space}/x:"):
                why = f"what routes of namespace `{space}` may lead to services here"
                yield undecided(found, why, "spec", "from", index)
