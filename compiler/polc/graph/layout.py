"""A graph to places: each namespace for itself, and then the namespaces as a whole.

All input is sorted and all output rounded, so that one graph always gets one drawing.
"""

from collections.abc import Iterable, Sequence
from math import sqrt

from attrs import frozen

from polc.graph.layered import layered
from polc.graph.model import Graph, Node
from polc.graph.namespace import (
    NODE_WIDTH,
    OUTSIDE_IN,
    OUTSIDE_OUT,
    Group,
    Point,
    arrange_namespace,
)

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
        LayoutMissing: fast-sugiyama is not installed.

    """
    group_of = {node.id: node.namespace or node.id for node in graph.nodes}
    edges = [(edge.source, edge.target) for edge in graph.edges]
    groups = _groups(graph, group_of, edges)
    outer = sorted({(group_of[source], group_of[target]) for source, target in edges})
    corners, lanes = _arrange(groups, [pair for pair in outer if pair[0] != pair[1]])
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
    bends |= _between(edges, group_of, _Ways({box.name: box for box in boxes}, lanes, bends))
    width = max((corners[g.name][0] + g.width for g in groups), default=0) + _MARGIN
    height = max((corners[g.name][1] + g.height for g in groups), default=0) + _MARGIN
    return Layout(round(width), round(height), nodes, tuple(boxes), bends)


@frozen
class _Ways:
    """What edges between namespaces may go by."""

    boxes: dict[str, Box]
    lanes: dict[tuple[str, str], tuple[Point, ...]]
    bends: dict[tuple[str, str], tuple[Point, ...]]


def _between(
    edges: Iterable[tuple[str, str]], group_of: dict[str, str], ways: _Ways
) -> dict[tuple[str, str], tuple[Point, ...]]:
    """Lead edges between namespaces out of the one, by the lane, and into the other.

    Lanes and ways lead from left to right; an edge that goes back goes straight.
    """
    found = {}
    for source, target in edges:
        pair = (group_of[source], group_of[target])
        one, other = (ways.boxes.get(name) for name in pair)
        if pair[0] == pair[1] or (
            one is not None and other is not None and one.x + one.width > other.x
        ):
            continue
        points = (
            *ways.bends.get((source, OUTSIDE_OUT), ()),
            *ways.lanes.get(pair, ()),
            *ways.bends.get((OUTSIDE_IN, target), ()),
        )
        if points:
            found[source, target] = points
    return found


def _moved(point: Point, x: float, y: float) -> Point:
    return round(point[0] + x), round(point[1] + y)


def _groups(
    graph: Graph, group_of: dict[str, str], edges: Iterable[tuple[str, str]]
) -> list[Group]:
    members: dict[str, list[Node]] = {}
    for node in graph.nodes:
        members.setdefault(group_of[node.id], []).append(node)
    seen: dict[str, dict[tuple[str, str], None]] = {}
    for source, target in edges:
        one, other = group_of[source], group_of[target]
        if one == other:
            seen.setdefault(one, {})[source, target] = None
        else:
            seen.setdefault(one, {})[source, OUTSIDE_OUT] = None
            seen.setdefault(other, {})[OUTSIDE_IN, target] = None
    return [
        arrange_namespace(
            name, members[name], tuple(seen.get(name, ())), framed=bool(members[name][0].namespace)
        )
        for name in sorted(members)
    ]


@frozen
class _Part:
    """Groups that hang together: their corners, and the lanes of edges that skip a column."""

    corners: dict[str, Point]
    lanes: dict[tuple[str, str], tuple[Point, ...]]
    width: float
    height: float


def _arrange(
    groups: Sequence[Group], edges: list[tuple[str, str]]
) -> tuple[dict[str, Point], dict[tuple[str, str], tuple[Point, ...]]]:
    """Place groups: what hangs together in columns, and these parts in shelves."""
    by_name = {group.name: group for group in groups}
    parts = [_columns([by_name[key] for key in part], edges) for part in _parts(by_name, edges)]
    parts.sort(key=lambda part: (-part.height, -part.width, min(part.corners)))
    area = sum((part.width + _GAP_Y) * (part.height + _GAP_Y) for part in parts)
    limit = max([sqrt(area * _WIDE) * 1.1, *(part.width for part in parts)])
    corners: dict[str, Point] = {}
    lanes: dict[tuple[str, str], tuple[Point, ...]] = {}
    x = y = shelf = 0.0
    for part in parts:
        if x > 0 and x + part.width > limit:
            x, y, shelf = 0.0, y + shelf + _GAP_Y, 0.0
        left, top = x + _MARGIN, y + _MARGIN
        corners |= {key: (left + dx, top + dy) for key, (dx, dy) in part.corners.items()}
        for pair, points in part.lanes.items():
            lanes[pair] = tuple(_moved(point, left, top) for point in points)
        shelf = max(shelf, part.height)
        x += part.width + _GAP_Y
    return corners, lanes


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


_Item = tuple[str, str] | str
"""What stands in a column: a group, or the lane of an edge between two others."""


def _columns(groups: Sequence[Group], edges: list[tuple[str, str]]) -> _Part:
    """Place groups that hang together: a column a layer, centred."""
    by_name = {group.name: group for group in groups}
    layers = layered(sorted(by_name), edges)
    columns: list[list[_Item]] = []
    for number, layer in enumerate(layers.columns):
        items: list[tuple[float, _Item]] = [(layers.rows[key], key) for key in layer]
        items += [
            (row, pair)
            for pair, route in layers.bends.items()
            for column, row in route
            if column == number
        ]
        columns += _split(
            [item for _, item in sorted(items, key=lambda each: (each[0], str(each[1])))], by_name
        )
    heights = [sum(_height(item, by_name) for item in column) - _GAP_Y for column in columns]
    high = max(heights)
    corners: dict[str, Point] = {}
    lanes: dict[tuple[str, str], tuple[Point, ...]] = {}
    x = 0.0
    for column, height in zip(columns, heights, strict=True):
        width = max((by_name[i].width for i in column if isinstance(i, str)), default=NODE_WIDTH)
        y = (high - height) / 2
        for item in column:
            if isinstance(item, str):
                corners[item] = (x + (width - by_name[item].width) / 2, y)
            else:
                ends = ((x + NODE_WIDTH / 2, y), (x + width - NODE_WIDTH / 2, y))
                lanes[item] = (*lanes.get(item, ()), *ends)
            y += _height(item, by_name)
        x += width + _GAP_X
    return _Part(corners, lanes, x - _GAP_X, high)


def _height(item: _Item, groups: dict[str, Group]) -> float:
    return (groups[item].height if isinstance(item, str) else 0) + _GAP_Y


def _split(column: list[_Item], groups: dict[str, Group]) -> list[list[_Item]]:
    """Break a column of namespaces that would be far higher than the others."""
    area = sum((group.width + _GAP_X) * (group.height + _GAP_Y) for group in groups.values())
    limit = max(1200.0, sqrt(area))
    columns: list[list[_Item]] = [[]]
    height = 0.0
    for item in column:
        if columns[-1] and height + _height(item, groups) > limit:
            columns.append([])
            height = 0.0
        columns[-1].append(item)
        height += _height(item, groups)
    return columns
