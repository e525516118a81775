"""Places to lines: the path of every edge, from the side of one card to that of another."""

from polc.graph.layout import Layout
from polc.graph.model import Graph
from polc.graph.namespace import NODE_HEIGHT, NODE_WIDTH, Point

_SPREAD = 7
_SIDE = 14
"""How far from the corners of a card edges end at most."""

_End = tuple[str, str]
"""A node and one of its sides."""


def paths(graph: Graph, layout: Layout) -> list[str]:
    """Return the SVG path of each edge, in the order of the edges."""
    sides = [_sides(layout, edge.source, edge.target) for edge in graph.edges]
    at: dict[_End, list[tuple[float, int, bool]]] = {}
    for number, (edge, (leaves, enters)) in enumerate(zip(graph.edges, sides, strict=True)):
        there, here = layout.nodes[edge.target], layout.nodes[edge.source]
        bends = layout.bends.get((edge.source, edge.target), ())
        out_y, in_y = (bends[0][1], bends[-1][1]) if bends else (there[1], here[1])
        at.setdefault((edge.source, leaves), []).append((out_y, number, True))
        at.setdefault((edge.target, enters), []).append((in_y, number, False))
    offsets: dict[tuple[int, bool], float] = {}
    for ends in at.values():
        gap = min(_SPREAD, (NODE_HEIGHT - _SIDE) / max(1, len(ends) - 1))
        for place, (_, number, is_source) in enumerate(sorted(ends)):
            offsets[number, is_source] = (place - (len(ends) - 1) / 2) * gap
    found = []
    for number, (edge, (leaves, enters)) in enumerate(zip(graph.edges, sides, strict=True)):
        if edge.source == edge.target:
            found.append(_loop(layout.nodes[edge.source]))
            continue
        start = _point(layout.nodes[edge.source], leaves, offsets[number, True])
        end = _point(layout.nodes[edge.target], enters, offsets[number, False])
        bends = layout.bends.get((edge.source, edge.target), ())
        found.append(_curve(start, end, leaves, enters, bends))
    return found


def _sides(layout: Layout, source: str, target: str) -> tuple[str, str]:
    """Return at which sides an edge leaves and enters: it turns back within a column."""
    here, there = layout.nodes[source][0], layout.nodes[target][0]
    if there >= here + NODE_WIDTH:
        return "right", "left"
    if there + NODE_WIDTH <= here:
        return "left", "right"
    return "right", "right"


def _point(corner: Point, side: str, offset: float) -> Point:
    x = corner[0] + (NODE_WIDTH if side == "right" else 0)
    return x, corner[1] + NODE_HEIGHT / 2 + offset


def _loop(corner: Point) -> str:
    x, y = corner[0] + NODE_WIDTH - 34, corner[1]
    return f"M{_n(x)} {_n(y)}c-4 -16 24 -16 20 0"


def _curve(start: Point, end: Point, leaves: str, enters: str, bends: tuple[Point, ...]) -> str:
    """Draw level tangents at all ends; an edge that skips a column runs level across it."""
    ahead = {"right": 1, "left": -1}
    if leaves == enters:
        reach = 40 + min(60, abs(end[1] - start[1]) / 8)
        x = max(start[0], end[0]) + reach * ahead[leaves]
        return f"M{_p(start)}C{_p((x, start[1]))} {_p((x, end[1]))} {_p(end)}"
    way = ahead[leaves]
    text, last = f"M{_p(start)}", start
    between = [
        point for point in bends if (point[0] - start[0]) * way > 0 < (end[0] - point[0]) * way
    ]
    for middle in sorted(between, key=lambda point: point[0] * way):
        near = (middle[0] - way * NODE_WIDTH / 2, middle[1])
        far = (middle[0] + way * NODE_WIDTH / 2, middle[1])
        text += _swing(last, near, way) + f"L{_p(far)}"
        last = far
    return text + _swing(last, end, way)


def _swing(start: Point, end: Point, way: int) -> str:
    half = max(30.0, abs(end[0] - start[0]) / 2) * way
    return f"C{_p((start[0] + half, start[1]))} {_p((end[0] - half, end[1]))} {_p(end)}"


def _p(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
