"""A graph to places: each namespace for itself, and then the namespaces as a whole.

All input is sorted and all output rounded, so that one graph always gets one drawing.
"""

from collections.abc import Iterable, Sequence
from math import sqrt

from attrs import frozen

from polc.graph.layered import layered
from polc.graph.model import Graph, Node
from polc.graph.namespace import Group, Point, arrange_namespace

_GAP_X, _GAP_Y, _MARGIN = 110, 36, 24
_WIDE = 1.6
"""Width by height that the whole drawing aims at: that of a screen."""


@frozen
class Box:
    """The frame of a namespace."""

    name: str
    x: float
    y: float
    width: float
    height: float


@frozen
class Layout:
    """Upper left corners of nodes, frames of namespaces, and what edges bend around."""

    width: float
    height: float
    nodes: dict[str, Point]
    boxes: tuple[Box, ...]
    bends: dict[tuple[str, str], tuple[Point, ...]]


def place(graph: Graph) -> Layout:
    """Lay a graph out.

    Raises:
        LayoutMissing: igraph is not installed.

    """
    group_of = {node.id: node.namespace or node.id for node in graph.nodes}
    edges = [(edge.source, edge.target) for edge in graph.edges]
    groups = _groups(graph, group_of, edges)
    outer = sorted({(group_of[source], group_of[target]) for source, target in edges})
    corners = _arrange(groups, [pair for pair in outer if pair[0] != pair[1]])
    nodes: dict[str, Point] = {}
    bends: dict[tuple[str, str], tuple[Point, ...]] = {}
    boxes = []
    for group in groups:
        x, y = corners[group.name]
        nodes |= {key: _moved(point, x, y) for key, point in group.nodes.items()}
        for pair, points in group.bends.items():
            bends[pair] = tuple(_moved(point, x, y) for point in points)
        if group.framed:
            boxes.append(
                Box(group.name, round(x), round(y), round(group.width), round(group.height))
            )
    width = max((corners[g.name][0] + g.width for g in groups), default=0) + _MARGIN
    height = max((corners[g.name][1] + g.height for g in groups), default=0) + _MARGIN
    return Layout(round(width), round(height), nodes, tuple(boxes), bends)


def _moved(point: Point, x: float, y: float) -> Point:
    return round(point[0] + x), round(point[1] + y)


def _groups(
    graph: Graph, group_of: dict[str, str], edges: Iterable[tuple[str, str]]
) -> list[Group]:
    members: dict[str, list[Node]] = {}
    for node in graph.nodes:
        members.setdefault(group_of[node.id], []).append(node)
    inner: dict[str, list[tuple[str, str]]] = {}
    for source, target in edges:
        if group_of[source] == group_of[target]:
            inner.setdefault(group_of[source], []).append((source, target))
    return [
        arrange_namespace(
            name, members[name], inner.get(name, []), framed=bool(members[name][0].namespace)
        )
        for name in sorted(members)
    ]


def _arrange(groups: Sequence[Group], edges: list[tuple[str, str]]) -> dict[str, Point]:
    """Place groups: what hangs together in columns, and these parts in shelves."""
    by_name = {group.name: group for group in groups}
    parts = [_columns([by_name[key] for key in part], edges) for part in _parts(by_name, edges)]
    parts.sort(key=lambda part: (-part[2], -part[1], min(part[0])))
    area = sum((width + _GAP_Y) * (height + _GAP_Y) for _, width, height in parts)
    limit = max([sqrt(area * _WIDE) * 1.1, *(width for _, width, _ in parts)])
    corners: dict[str, Point] = {}
    x = y = shelf = 0.0
    for places, width, height in parts:
        if x > 0 and x + width > limit:
            x, y, shelf = 0.0, y + shelf + _GAP_Y, 0.0
        for key, (dx, dy) in places.items():
            corners[key] = (x + dx + _MARGIN, y + dy + _MARGIN)
        shelf = max(shelf, height)
        x += width + _GAP_Y
    return corners


def _parts(keys: Iterable[str], edges: list[tuple[str, str]]) -> list[list[str]]:
    """Return what hangs together, each part sorted."""
    parent = {key: key for key in keys}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for one, other in edges:
        parent[max(root(one), root(other))] = min(root(one), root(other))
    parts: dict[str, list[str]] = {}
    for key in sorted(parent):
        parts.setdefault(root(key), []).append(key)
    return list(parts.values())


def _columns(
    groups: Sequence[Group], edges: list[tuple[str, str]]
) -> tuple[dict[str, Point], float, float]:
    """Place groups that hang together: a column a layer, centred; return their size too."""
    by_name = {group.name: group for group in groups}
    layers = [
        column
        for layer in layered(sorted(by_name), edges).columns
        for column in _split(layer, by_name)
    ]
    heights = [sum(by_name[key].height + _GAP_Y for key in layer) - _GAP_Y for layer in layers]
    high = max(heights)
    places: dict[str, Point] = {}
    x = 0.0
    for layer, height in zip(layers, heights, strict=True):
        width = max(by_name[key].width for key in layer)
        y = (high - height) / 2
        for key in layer:
            places[key] = (x + (width - by_name[key].width) / 2, y)
            y += by_name[key].height + _GAP_Y
        x += width + _GAP_X
    return places, x - _GAP_X, high


def _split(layer: Sequence[str], groups: dict[str, Group]) -> list[list[str]]:
    """Break a layer of namespaces that would be far higher than the others."""
    area = sum((group.width + _GAP_X) * (group.height + _GAP_Y) for group in groups.values())
    limit = max(1200.0, sqrt(area))
    columns: list[list[str]] = [[]]
    height = 0.0
    for key in layer:
        if columns[-1] and height + groups[key].height > limit:
            columns.append([])
            height = 0.0
        columns[-1].append(key)
        height += groups[key].height + _GAP_Y
    return columns
