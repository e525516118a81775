"""Manifests, and old ones to compare them with, to a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from polc.graph.build import Drawing, graph_of, merge
from polc.graph.model import Graph, Kind, Link, Node
from polc.semantics.cluster import Cluster, Connection
from polc.semantics.ends import End
from polc.semantics.groups import EVERY_ADDRESS, EVERY_POD, OTHER_PODS, Group, Groups, joined
from polc.semantics.network.networkpolicy import Direction
from polc.semantics.routes.entrances import Entrance
from polc.semantics.sets.intervals import IntSet
from polc.survey.reachability import ports_words


def build_graph(cluster: Cluster, old: Cluster | None = None) -> Graph:
    """Return who may reach whom; with `old` also who no longer may, all of it marked."""
    new = _draw(cluster)
    if old is not None:
        new = merge(_draw(old), new, {})
    names = sorted({end.namespace for end in cluster.pods})
    title = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return graph_of(title or "manifests", new, compares=old is not None)


def _draw(cluster: Cluster) -> Drawing:
    drawing = Drawing()
    groups = Groups(cluster)
    for end in cluster.pods:
        drawing.nodes[end.id] = _pods(end)
    for row in joined(cluster.connections, _words):
        sources = [each for each in groups.of(row.sources) if _is_drawn(each)]
        targets = [each for each in groups.of(row.targets) if _is_drawn(each)]
        link = _link(cluster, row.like)
        for source in sources:
            for target in targets:
                if source.id != target.id and not (_is_far(source) and _is_far(target)):
                    for each in (source, target):
                        drawing.nodes.setdefault(each.id, _node(each))
                    drawing.links.setdefault((source.id, target.id, link.port), link)
    for way in cluster.entrances:
        _draw_way(drawing, cluster, way)
    return drawing


def _words(connection: Connection) -> str:
    return ports_words(connection) + (" (?)" if connection.gaps else "")


def _is_drawn(group: Group) -> bool:
    """Tell whether it says something: other pods of a namespace do only as `every pod`."""
    return group.end is None or group.end.name != "*" or group.end.id == "*/*"


def _is_far(group: Group) -> bool:
    """Tell whether it is nothing that the objects speak of by itself."""
    return group is EVERY_ADDRESS or (group.end is not None and group.end.id == "*/*")


def _pods(end: End) -> Node:
    found = end.found
    return Node(
        end.id,
        Kind.SERVICE,
        end.name,
        end.namespace,
        identity=f"{end.namespace}/{end.account}",
        doc=end.maker,
        place=found.where() if found is not None else None,
    )


def _node(group: Group) -> Node:
    end = group.end
    if group is EVERY_POD:
        return Node(group.id, Kind.ANY, group.label)
    if group is OTHER_PODS:
        return Node(group.id, Kind.ANY, group.label)
    if group is EVERY_ADDRESS:
        return Node(group.id, Kind.INTERNET, group.label)
    if end is None:
        return Node(group.id, Kind.NAMESPACE, "every pod", group.namespace)
    if end.addresses is not None:
        return Node(group.id, Kind.ENDPOINT, group.label)
    if end.kind == "other pods":
        known = not end.id.startswith("*")
        label = group.label.partition(" { ")[2].removesuffix(" }") or group.label
        return Node(group.id, Kind.EXTERN, label, group.namespace if known else "")
    return _pods(end)


def _link(cluster: Cluster, connection: Connection) -> Link:
    source, target = connection.sources[0], connection.targets[0]
    reach = cluster.reachability
    ways: tuple[tuple[End, End, Direction], ...] = (
        (source, target, "egress"), (target, source, "ingress")
    )  # fmt: skip
    places = (
        rule.found.where(*rule.keys)
        for pods, other, direction in ways
        for rule in reach.deciding(reach.class_of(pods), reach.class_of(other), direction)
        if rule.index is not None
    )
    doubts = tuple(f"depends on: {gap.message}" for gap in connection.gaps[:3])
    return Link(_words(connection), "", doubts, places=tuple(dict.fromkeys(places)))


def _draw_way(drawing: Drawing, cluster: Cluster, way: Entrance) -> None:
    """Draw a gateway, or the ingress controllers, before the pods that they lead to."""
    pods = cluster.behind(way)
    if not pods or way.by == "outside":
        return
    drawing.nodes.setdefault("internet", Node("internet", Kind.INTERNET, "internet"))
    space, _, name = way.by.rpartition("/")
    drawing.nodes.setdefault(way.by, Node(way.by, Kind.GATEWAY, name, space))
    place = way.found.where(*way.keys)
    for key, link in _ways(way, pods, place):
        known = drawing.links.get(key)
        if known is not None:
            hosts = tuple(sorted({*known.hosts, *link.hosts}))
            places = tuple(dict.fromkeys((*known.places, *link.places)))
            link = Link(link.port, link.protocol, hosts=hosts, places=places)
        drawing.links[key] = link


def _ways(
    way: Entrance, pods: Iterable[tuple[End, IntSet]], place: str
) -> Iterator[tuple[tuple[str, str, str], Link]]:
    yield ("internet", way.by, "requests"), Link("requests", "", hosts=(way.host,), places=(place,))
    for end, ports in pods:
        port = f"TCP {ports}" if ports else "requests"
        yield (way.by, end.id, port), Link(port, "", hosts=(way.host,), places=(place,))
