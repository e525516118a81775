"""One namespace to the places of its nodes, by its own corner."""

from collections.abc import Sequence
from math import ceil, sqrt

from attrs import field, frozen

from polc.graph.layered import Layered, layered
from polc.graph.model import Node

NODE_WIDTH, NODE_HEIGHT = 200, 46
PAD, TITLE = 22, 30
_STEP_X, _STEP_Y = NODE_WIDTH + 76, NODE_HEIGHT + 16
_MAX_ROWS, _MAX_COLUMNS = 14, 10
_LOOSE_COLUMNS = 4

Point = tuple[float, float]


_Cells = dict[str, tuple[float, float]]
_Bends = dict[tuple[str, str], tuple[Point, ...]]
OUTSIDE_IN, OUTSIDE_OUT = "<in>", "<out>"
"""Ends of edges that come from another namespace, or lead to one: no names of nodes."""


@frozen
class Group:
    """What is moved as one. `bends` are middles of what an edge passes through."""

    name: str
    width: float
    height: float
    framed: bool
    nodes: dict[str, Point] = field(factory=dict)
    bends: _Bends = field(factory=dict)


def arrange_namespace(
    name: str, members: Sequence[Node], edges: Sequence[tuple[str, str]], *, framed: bool
) -> Group:
    """Lay out one namespace; nodes that no edge joins to another stand below the others.

    `edges` may start at `OUTSIDE_IN` and end at `OUTSIDE_OUT`.
    """
    keys = [node.id for node in members]
    inner = [(a, b) for a, b in edges if a not in (b, OUTSIDE_IN) and b != OUTSIDE_OUT]
    joined = {end for pair in inner for end in pair}
    cells, bends = _cells([key for key in keys if key in joined], edges, inner)
    cells |= _loose([key for key in keys if key not in joined], cells, bends)
    columns = max(column for column, _ in cells.values()) + 1
    passed = (row for route in bends.values() for _, row in route)
    rows = max((row for _, row in cells.values()), default=0) + 1
    rows = max(rows, max(passed, default=0) + 1)
    pad, top = (PAD, PAD + TITLE) if framed else (0, 0)
    middle_x, middle_y = pad + NODE_WIDTH / 2, top + NODE_HEIGHT / 2
    return Group(
        name,
        columns * _STEP_X - (_STEP_X - NODE_WIDTH) + 2 * pad,
        rows * _STEP_Y - (_STEP_Y - NODE_HEIGHT) + top + pad,
        framed,
        {key: (pad + x * _STEP_X, top + y * _STEP_Y) for key, (x, y) in cells.items()},
        {
            pair: tuple((middle_x + x * _STEP_X, middle_y + y * _STEP_Y) for x, y in route)
            for pair, route in bends.items()
        },
    )


def _cells(
    keys: list[str], edges: Sequence[tuple[str, str]], inner: list[tuple[str, str]]
) -> tuple[_Cells, _Bends]:
    """Return columns and rows of what is joined: with the ends outside where that is handy."""
    if not keys:
        return {}, {}
    known = {*keys, OUTSIDE_IN, OUTSIDE_OUT}
    outer = [pair for pair in edges if {OUTSIDE_IN, OUTSIDE_OUT} & {*pair} and known >= {*pair}]
    ends = [end for end in (OUTSIDE_IN, OUTSIDE_OUT) if any(end in pair for pair in outer)]
    layers = layered([*keys, *ends], [*inner, *outer])
    if _is_handy(layers):
        return _as_they_are(layers)
    return _folded(layered(keys, inner)), {}


def _loose(keys: list[str], cells: _Cells, bends: _Bends) -> _Cells:
    """Return the cells of what nothing joins, in rows below the others."""
    rows = [row for _, row in cells.values()]
    rows += [row for route in bends.values() for _, row in route]
    first = max(rows, default=-1) + 1
    columns = max((column for column, _ in cells.values()), default=-1) + 1
    per_row = int(max(columns, min(_LOOSE_COLUMNS, ceil(sqrt(len(keys))))))
    return {key: (n % per_row, first + n // per_row) for n, key in enumerate(keys)}


def _is_handy(layers: Layered) -> bool:
    """Tell whether the layers can be shown as they are: neither far too long nor too high."""
    rows = max(layers.rows.values(), default=0)
    columns = len(layers.columns)
    return rows <= _MAX_ROWS and columns <= max(_MAX_COLUMNS, 2 * rows)


def _as_they_are(layers: Layered) -> tuple[_Cells, _Bends]:
    """Return columns and rows; the ends outside are no cells, and their columns go."""
    real = [
        number
        for number, layer in enumerate(layers.columns)
        if any(key not in (OUTSIDE_IN, OUTSIDE_OUT) for key in layer)
    ]
    column_of = {number: place for place, number in enumerate(real)}
    cells = {
        key: (column_of[number], layers.rows[key])
        for number in real
        for key in layers.columns[number]
        if key not in (OUTSIDE_IN, OUTSIDE_OUT)
    }
    bends = {
        pair: tuple((column_of[number], row) for number, row in route if number in column_of)
        for pair, route in layers.bends.items()
    }
    used = [row for _, row in cells.values()]
    used += [row for route in bends.values() for _, row in route]
    top = min(used)
    return (
        {key: (column, row - top) for key, (column, row) in cells.items()},
        {pair: tuple((c, row - top) for c, row in route) for pair, route in bends.items()},
    )


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
