"""A program, and an old one to compare it with, to a graph."""

from attrs import define, evolve, field

from polc.diff.changes import Change
from polc.diff.flows import flow_changes, port_name
from polc.graph.model import Edge, Graph, Kind, Link, Mark, Node
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Flow,
    Host,
    Mesh,
    NamespacePods,
    Peer,
    Pods,
    Program,
    Workload,
)
from polc.ir.show import port_text, request_text
from polc.source import Span

_LinkKey = tuple[str, str, str]


@define
class Drawing:
    """Nodes and links as they come together."""

    nodes: dict[str, Node] = field(factory=dict)
    links: dict[_LinkKey, Link] = field(factory=dict)


def build_graph(program: Program, old: Program | None = None) -> Graph:
    """Return who may reach whom; with `old` also who no longer may, all of it marked."""
    new = _draw(program)
    if old is not None:
        new = merge(_draw(old), new, _requests_changed(old, program))
    return graph_of(_title(program), new, compares=old is not None)


def graph_of(title: str, drawing: Drawing, *, compares: bool) -> Graph:
    """Return a drawing as a graph."""
    ends: dict[tuple[str, str], list[Link]] = {}
    for (source, target, _), link in sorted(drawing.links.items()):
        ends.setdefault((source, target), []).append(link)
    return Graph(
        title,
        tuple(drawing.nodes[key] for key in sorted(drawing.nodes)),
        tuple(Edge(source, target, tuple(links)) for (source, target), links in ends.items()),
        compares=compares,
    )


def _title(program: Program) -> str:
    names = ", ".join(namespace.name for namespace in program.namespaces[:3])
    more = ", …" if len(program.namespaces) > 3 else ""
    environment = f" in {program.environment}" if program.environment else ""
    return f"{names}{more}{environment}"


def _draw(program: Program) -> Drawing:
    drawing = Drawing()
    domain = program.cluster.trust_domain if program.cluster.mesh is not Mesh.NONE else None
    for workload in program.workloads:
        drawing.nodes[workload.key] = _service(workload, domain)
    for flow in program.flows:
        for end in (flow.source, flow.target):
            node = _peer(end, domain)
            drawing.nodes.setdefault(node.id, node)
        _add_link(drawing, _id(flow.source), _id(flow.target), _link(flow))
        if flow.hosts:
            _add_way_in(drawing, flow)
    return drawing


def _add_way_in(drawing: Drawing, flow: Flow) -> None:
    """Draw the internet in front of a gateway, with the names under which it is reached."""
    drawing.nodes.setdefault("internet", Node("internet", Kind.INTERNET, "internet"))
    link = Link("via gateway", flow.port.protocol, hosts=flow.hosts, places=_places(flow.spans))
    key = ("internet", _id(flow.source), link.port)
    if key in drawing.links:
        before = drawing.links[key]
        link = evolve(
            before,
            hosts=tuple(sorted({*before.hosts, *link.hosts})),
            places=tuple(dict.fromkeys((*before.places, *link.places))),
        )
    drawing.links[key] = link


def _add_link(drawing: Drawing, source: str, target: str, link: Link) -> None:
    drawing.links.setdefault((source, target, link.port), link)


def _service(workload: Workload, domain: str | None) -> Node:
    return Node(
        workload.key,
        Kind.SERVICE,
        workload.name,
        workload.namespace,
        tuple(map(port_text, workload.ports)),
        _identity(domain, workload.namespace, workload.account),
        workload.doc.strip(),
        _place(workload.span),
    )


def _peer(peer: Peer, domain: str | None) -> Node:
    match peer:
        case Pods(key=key, namespace=namespace, account=account, origin=origin):
            kind = {"workload": Kind.SERVICE, "extern": Kind.EXTERN, "gateway": Kind.GATEWAY}
            name = key.split("/", 1)[1]
            identity = _identity(domain, namespace, account) if account else None
            place = _place(peer.span)
            return Node(key, kind[origin], name, namespace, identity=identity, place=place)
        case NamespacePods(namespace=namespace):
            return Node(_id(peer), Kind.NAMESPACE, "every pod", namespace)
        case AllPods():
            return Node("any", Kind.ANY, "any pod")
        case Addresses(name="internet"):
            return Node("internet", Kind.INTERNET, "internet")
        case Addresses(name=name, blocks=blocks):
            shown = tuple(block.cidr for block in blocks)
            return Node(_id(peer), Kind.ENDPOINT, name, ports=shown)
        case Host(name=name, host=host):
            return Node(_id(peer), Kind.ENDPOINT, name, ports=(host,))


def _id(peer: Peer) -> str:
    match peer:
        case Pods(key=key):
            return key
        case NamespacePods(namespace=namespace):
            return f"{namespace}/*"
        case AllPods():
            return "any"
        case Addresses(name=name) | Host(name=name):
            return name


def _identity(domain: str | None, namespace: str, account: str) -> str:
    return f"{domain}/ns/{namespace}/sa/{account}" if domain else f"{namespace}/{account}"


def _link(flow: Flow) -> Link:
    return Link(
        port_name(flow.port),
        flow.port.protocol,
        tuple(map(request_text, flow.requests or ())),
        flow.hosts,
        flow.because,
        flow.until.isoformat() if flow.until else None,
        _places(flow.spans),
    )


def _places(spans: tuple[Span, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for span in spans if (text := _place(span))))


def _place(span: Span) -> str | None:
    return f"{span.source.name}:{span.line}" if span.source.text else None


def merge(
    old: Drawing, new: Drawing, changed: dict[_LinkKey, tuple[list[Change], list[Change]]]
) -> Drawing:
    """Put both into one drawing, everything marked by where it comes from."""
    merged = Drawing()
    for key in {**old.nodes, **new.nodes}:
        if key in new.nodes:
            mark = Mark.SAME if key in old.nodes else Mark.ADDED
            merged.nodes[key] = evolve(new.nodes[key], mark=mark)
        else:
            merged.nodes[key] = evolve(old.nodes[key], mark=Mark.REMOVED)
    for link_key in {**old.links, **new.links}:
        before, after = old.links.get(link_key), new.links.get(link_key)
        if before is None or after is None:
            link = after or before
            assert link is not None
            merged.links[link_key] = evolve(link, mark=Mark.ADDED if after else Mark.REMOVED)
        else:
            gains, losses = changed.get(link_key, ([], []))
            merged.links[link_key] = evolve(
                after,
                mark=Mark.CHANGED if gains or losses or before.hosts != after.hosts else Mark.SAME,
                gained=_requests(gains),
                lost=_requests(losses),
            )
    return merged


def _requests_changed(
    old: Program, new: Program
) -> dict[_LinkKey, tuple[list[Change], list[Change]]]:
    """Return what each flow gains and loses, by the ends and the port that it is drawn at."""
    found: dict[_LinkKey, tuple[list[Change], list[Change]]] = {}
    for number, changes in enumerate(
        (flow_changes(new, old, is_gain=True), flow_changes(old, new, is_gain=False))
    ):
        for change in changes:
            assert change.flow is not None
            flow = change.flow
            key = (_id(flow.source), _id(flow.target), port_name(flow.port))
            found.setdefault(key, ([], []))[number].append(change)
    return found


def _requests(changes: list[Change]) -> tuple[str, ...]:
    return tuple(
        text
        for change in changes
        for text in (change.requests or change.hosts or ("everything else",))
    )
