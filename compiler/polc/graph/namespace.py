"""One namespace to the places of its nodes, by its own corner."""

from collections.abc import Sequence
from math import ceil, sqrt

from attrs import field, frozen

from polc.graph.layered import Layered, layered
from polc.graph.model import Node

NODE_WIDTH, NODE_HEIGHT = 188, 46
PAD, TITLE = 22, 30
_STEP_X, _STEP_Y = NODE_WIDTH + 84, NODE_HEIGHT + 16
_MAX_ROWS, _MAX_COLUMNS = 14, 10
_LOOSE_COLUMNS = 4

Point = tuple[float, float]


@frozen
class Group:
    """What is moved as one. `bends` are middles of what an edge passes through."""

    name: str
    width: float
    height: float
    framed: bool
    nodes: dict[str, Point] = field(factory=dict)
    bends: dict[tuple[str, str], tuple[Point, ...]] = field(factory=dict)


def arrange_namespace(
    name: str, members: Sequence[Node], edges: list[tuple[str, str]], *, framed: bool
) -> Group:
    """Lay out one namespace; nodes that no edge joins to another stand below the others."""
    joined = {end for pair in edges for end in pair if pair[0] != pair[1]}
    layers = layered([node.id for node in members if node.id in joined], edges)
    cells, bends = _as_they_are(layers) if _is_handy(layers) else (_folded(layers), {})
    rows = (
        max(
            (row for _, row in [*cells.values(), *(b for r in bends.values() for b in r)]),
            default=-1,
        )
        + 1
    )
    columns = max((column for column, _ in cells.values()), default=-1) + 1
    loose = [node.id for node in members if node.id not in joined]
    if loose:
        per_row = max(columns, min(_LOOSE_COLUMNS, ceil(sqrt(len(loose)))))
        for number, key in enumerate(loose):
            cells[key] = (number % per_row, rows + number // per_row)
        columns = max(columns, min(per_row, len(loose)))
        rows += ceil(len(loose) / per_row)
    pad, top = (PAD, PAD + TITLE) if framed else (0, 0)
    places = {key: (pad + x * _STEP_X, top + y * _STEP_Y) for key, (x, y) in cells.items()}
    middles = {
        pair: tuple(
            (pad + x * _STEP_X + NODE_WIDTH / 2, top + y * _STEP_Y + NODE_HEIGHT / 2)
            for x, y in route
        )
        for pair, route in bends.items()
    }
    width = columns * _STEP_X - (_STEP_X - NODE_WIDTH) + 2 * pad
    height = rows * _STEP_Y - (_STEP_Y - NODE_HEIGHT) + top + pad
    return Group(name, width, height, framed, places, middles)


_Cells = dict[str, tuple[float, float]]
_Bends = dict[tuple[str, str], tuple[tuple[float, float], ...]]


def _is_handy(layers: Layered) -> bool:
    """Tell whether the layers can be shown as they are: neither far too long nor too high."""
    rows = max(layers.rows.values(), default=0)
    columns = len(layers.columns)
    return rows <= _MAX_ROWS and columns <= max(_MAX_COLUMNS, 2 * rows)


def _as_they_are(layers: Layered) -> tuple[_Cells, _Bends]:
    cells: _Cells = {
        key: (column, layers.rows[key])
        for column, layer in enumerate(layers.columns)
        for key in layer
    }
    return cells, dict(layers.bends)


def _folded(layers: Layered) -> _Cells:
    """Break layers that are too high, and where there are too many make a grid of them."""
    columns = [
        layer[start : start + _MAX_ROWS]
        for layer in layers.columns
        for start in range(0, len(layer), _MAX_ROWS)
    ]
    count = sum(map(len, columns))
    if len(columns) > max(_MAX_COLUMNS, sqrt(count)):
        flat = [key for layer in layers.columns for key in layer]
        high = ceil(sqrt(count * 2.2))
        columns = [tuple(flat[start : start + high]) for start in range(0, count, high)]
    high = max(map(len, columns), default=0)
    return {
        key: (column, row + (high - len(layer)) / 2)
        for column, layer in enumerate(columns)
        for row, key in enumerate(layer)
    }
