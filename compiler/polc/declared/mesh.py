"""What a program declares of the callers that a mesh admits, as regions of requests.

Two bounds, because the platform is not always as fine as the language: what has to be admitted
(`least`) and what may be (`most`).

- `*` in a path is one segment without `/`. Envoy's templates leave out `=` and `*` in it, so these
  need not be admitted.
- A caller named by address may have an identity or none; it has to be admitted without one.
- What Knative asks of its pods is added (targets.md 5): queue-proxies are called on 8012 or 8013,
  the autoscaler reads `/metrics` on 9090, activator and gateway ask for `/healthz`.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, Literal

from attrs import evolve, frozen

from polc.ir.mesh import decided_by_waypoint
from polc.ir.nodes import (
    HTTP_PROTOCOLS,
    PLAIN_TEXT,
    Addresses,
    AllPods,
    Cluster,
    Flow,
    Host,
    HttpRequest,
    Mesh,
    NamespacePods,
    Path,
    Peer,
    Pods,
    Port,
    Program,
    Request,
    Transport,
    Workload,
)
from polc.semantics.mesh.fields import ANONYMOUS
from polc.semantics.mesh.membership import Membership
from polc.semantics.objects.model import Manifests
from polc.semantics.sets import strings
from polc.semantics.sets.automata import ANY, Chars, Items, literal, many
from polc.semantics.sets.intervals import AddressSet, IntSet, block_set
from polc.semantics.sets.products import Box, Region, box
from polc.semantics.sets.strings import StringSet
from polc.source import Span

Bound = Literal["least", "most"]
QUEUE_HTTP1, QUEUE_H2C, QUEUE_METRICS = 8012, 8013, 9090


@frozen(eq=False, slots=False)
class Callee:
    """Pods in an owned namespace that the program knows, with the TCP flows that lead to them."""

    key: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    object_name: str
    ports: tuple[Port, ...]
    flows: tuple[Flow, ...]
    decided: frozenset[Port]
    knative: bool
    span: Span

    @cached_property
    def http(self) -> IntSet:
        """The container ports whose requests a proxy reads."""
        return _numbers(port for port in self.ports if port.protocol in HTTP_PROTOCOLS)

    @cached_property
    def opaque(self) -> IntSet:
        """The other container ports."""
        return _numbers(port for port in self.ports if port.protocol not in HTTP_PROTOCOLS)

    @cached_property
    def service_http(self) -> IntSet:
        """The ports of the Service whose requests a proxy reads."""
        return _services(port for port in self.ports if port.protocol in HTTP_PROTOCOLS)

    @cached_property
    def service_opaque(self) -> IntSet:
        """The other ports of the Service."""
        return _services(port for port in self.ports if port.protocol not in HTTP_PROTOCOLS)


def callees(program: Program) -> Iterator[Callee]:
    """Yield the workloads, then the pods that are not owned but stand in an owned namespace."""
    for workload in program.workloads:
        if workload.pods.host_network:  # No mesh captures what is on its node's network.
            continue
        flows = _tcp(program.seen_by_mesh.get(workload.key, ()))
        knative = workload.kind == "knative"
        if knative:
            flows = tuple(_knative(program.cluster, workload, flows))
        tcp = tuple(each for each in workload.ports if each.transport is Transport.TCP)
        ports = tuple(dict.fromkeys(flow.port for flow in flows)) if knative else tcp
        yield Callee(
            workload.key,
            workload.namespace,
            workload.name,
            dict(workload.pods.labels),
            workload.object_name,
            ports,
            flows,
            frozenset(port for port in tcp if decided_by_waypoint(program, workload, port)),
            knative,
            workload.span,
        )
    yield from _neighbours(program)


def _neighbours(program: Program) -> Iterator[Callee]:
    owned = {namespace.name for namespace in program.namespaces}
    called: dict[str, tuple[Pods, list[Flow]]] = {}
    for flow in _tcp(program.flows):
        pods = flow.target
        if isinstance(pods, Pods) and pods.origin != "workload" and pods.namespace in owned:
            called.setdefault(pods.key, (pods, []))[1].append(flow)
    for key, (pods, flows) in sorted(called.items()):
        name = key.partition("/")[2]
        ports = tuple(dict.fromkeys(flow.port for flow in flows))
        narrowed = frozenset(flow.port for flow in flows if flow.requests is not None)
        yield Callee(
            key, pods.namespace, name, dict(pods.labels), name, ports, tuple(flows), narrowed,
            False, pods.span,
        )  # fmt: skip


def _tcp(flows: Iterable[Flow]) -> tuple[Flow, ...]:
    """UDP and SCTP pass a mesh by."""
    return tuple(flow for flow in flows if flow.port.transport is Transport.TCP)


def _numbers(ports: Iterable[Port]) -> IntSet:
    return IntSet.of((port.container, port.end) for port in ports)


def _services(ports: Iterable[Port]) -> IntSet:
    return IntSet.of((port.service, port.service + port.end - port.container) for port in ports)


def membership(manifests: Manifests, program: Program) -> Membership:
    """Return who is in the mesh of a program, by its objects and else by what it declares."""
    return Membership(manifests, program.cluster.mesh, frozenset(program.waypoint_namespaces))


def by_service(flow: Flow, *, led: bool) -> bool:
    """Tell whether a flow passes the waypoint of its callee's Service."""
    if isinstance(flow.source, Addresses):
        return False
    return led or not (isinstance(flow.source, Pods) and flow.source.origin == "gateway")


def flows_on(flows: Iterable[Flow], passed: IntSet) -> tuple[Flow, ...]:
    """Return the flows to other ports than some."""
    return tuple(flow for flow in flows if flow.port.container not in passed)


# --- Knative ----------------------------------------------------------------------------------


def _knative(cluster: Cluster, workload: Workload, flows: tuple[Flow, ...]) -> Iterator[Flow]:
    """Yield what reaches the queue-proxies of a knative workload; nothing reaches other ports."""
    reads = cluster.mesh is not Mesh.AMBIENT
    health = (HttpRequest(("GET",), Path(("healthz",))),)
    metrics = (HttpRequest(("GET",), Path(("metrics",))),) if reads else None
    ports: dict[Port, bool] = {}
    for flow in flows:
        if isinstance(flow.source, Addresses | Host):
            continue  # From outside nothing but a gateway reaches a pod.
        moved = _queue(flow.port)
        ports[moved] = ports.get(moved, False) or flow.requests is not None
        yield evolve(flow, port=moved)
    for port, narrowed in ports.items():
        for extern in (cluster.knative_activator, cluster.knative_gateway):
            if narrowed and reads:
                yield Flow(_part(extern.pods), workload.pods, port, health)
    if ports:
        port = Port("metrics", 9090, QUEUE_METRICS, QUEUE_METRICS, "http", Transport.TCP)
        yield Flow(_part(cluster.knative_autoscaler.pods), workload.pods, port, metrics)


def _queue(port: Port) -> Port:
    number = QUEUE_H2C if port.protocol in ("http2", "grpc") else QUEUE_HTTP1
    return Port("queue", number, number, number, port.protocol, Transport.TCP, port.span)


def _part(pods: Pods) -> Pods | NamespacePods:
    """Return a part of Knative; its namespace where nobody said under which account it runs."""
    return pods if pods.account is not None else NamespacePods(pods.namespace)


# --- flows to regions -------------------------------------------------------------------------


def region(flows: Iterable[Flow], trust: str, bound: Bound) -> Region:
    """Return the requests of some flows; callers who may do the same are one box."""
    groups: dict[tuple[int, int, object], tuple[Flow, list[Peer]]] = {}
    for flow in flows:
        key = flow.port.container, flow.port.end, flow.requests
        groups.setdefault(key, (flow, []))[1].append(flow.source)
    found: list[Box] = []
    for (first, last, _), (flow, callers) in groups.items():
        ports = {"port": IntSet(((first, last),))}
        admits = tuple(_callers(callers, trust, bound))
        for asked in requests_sides(flow.requests, bound):
            found += (box(**ports, **asked, **who) for who in admits)
    return tuple(found)


def _callers(callers: Iterable[Peer], trust: str, bound: Bound) -> Iterator[dict[str, Any]]:
    named: set[str] = set()
    broad = strings.NONE
    for caller in callers:
        match caller:
            case Pods(account=str(account)):
                named.add(f"{trust}/ns/{caller.namespace}/sa/{account}")
            case NamespacePods():
                broad |= strings.prefix(f"{trust}/ns/{caller.namespace}/sa/")
            case AllPods():
                broad |= strings.prefix(f"{trust}/")
            case Addresses() if caller == PLAIN_TEXT:
                yield {"who": ANONYMOUS}
            case Addresses():
                where = AddressSet()
                for each in caller.blocks:
                    where |= block_set(each.cidr, each.excepts)
                yield {"ip": where, **({"who": ANONYMOUS} if bound == "least" else {})}
    if named or broad:
        yield {"who": strings.of_texts(named) | broad}


def bounds(flows: Iterable[Flow], trust: str) -> tuple[Region, Region]:
    """Return what has to be admitted and what may be, worked out once where they are the same."""
    flows = tuple(flows)
    most = region(flows, trust, "most")
    if any(isinstance(flow.source, Addresses) or _starred(flow.requests) for flow in flows):
        return region(flows, trust, "least"), most
    return most, most


def _starred(requests: tuple[Request, ...] | None) -> bool:
    paths = (each.path for each in requests or () if isinstance(each, HttpRequest))
    return any("*" in path.segments for path in paths)


@lru_cache(maxsize=1 << 14)
def requests_sides(
    requests: tuple[Request, ...] | None, bound: Bound
) -> tuple[dict[str, StringSet], ...]:
    """Return paths and methods of some requests as sides of boxes; None are all requests."""
    if requests is None:
        return ({},)
    by_methods: dict[tuple[str, ...], StringSet] = {}
    for request in requests:
        if isinstance(request, HttpRequest):
            methods, paths = request.methods, path_set(request.path, bound)
        else:
            name = f"/{request.service}/{request.method}"
            methods = ("POST",)
            paths = strings.of_texts((name,)) if request.method else strings.prefix(name)
        by_methods[methods] = by_methods.get(methods, strings.NONE) | paths
    return tuple(
        {"path": paths, **({"method": strings.of_texts(methods)} if methods else {})}
        for methods, paths in by_methods.items()
    )


_SEGMENT = many(strings.without("/?#"), at_least_one=True)
_NARROW = many(
    Chars(frozenset(c for c in map(chr, range(33, 127)) if c not in '/?#=*"<>[\\]^`{|}')),
    at_least_one=True,
)


@lru_cache(maxsize=1 << 14)
def path_set(path: Path, bound: Bound) -> StringSet:
    """Return the paths that a pattern means."""
    if "*" not in path.segments:
        text = "".join(f"/{segment}" for segment in path.segments)
        exact = strings.of_texts((text,)) if text else strings.NONE
        return exact | strings.prefix(f"{text}/") if path.rest else exact
    star = _NARROW if bound == "least" else _SEGMENT
    steps: Items = ()
    for segment in path.segments:
        steps += (*literal("/"), *(star if segment == "*" else literal(segment)))
    found = strings.of_items(*steps)
    if path.rest:
        tail = many(Chars(_NARROW[0].chars.listed | {"/"}) if bound == "least" else ANY)
        found |= strings.of_items(*steps, *literal("/"), *tail)
    return found
