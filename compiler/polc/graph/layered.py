"""Layers from left to right with few crossings, by igraph (Sugiyama, Tagawa, Toda 1981)."""

from collections.abc import Iterable, Sequence

from attrs import frozen


class LayoutMissing(Exception):
    """The layout library is not installed."""


@frozen
class Layered:
    """Columns of keys, each from top to bottom.

    `rows` are the places inside the columns, in units of one row and from 0. `bends` are the
    columns and rows that edges which skip columns pass through, so that they meet no other key.
    """

    columns: tuple[tuple[str, ...], ...]
    rows: dict[str, float]
    bends: dict[tuple[str, str], tuple[tuple[int, float], ...]]


def layered(keys: Sequence[str], edges: Iterable[tuple[str, str]]) -> Layered:
    """Put keys into layers; keys and edges in a fixed order give a fixed result.

    Raises:
        LayoutMissing: igraph is not installed.

    """
    if not keys:
        return Layered((), {}, {})
    try:
        import igraph  # type: ignore[import-untyped]  # it has neither types nor stubs
    except ImportError:
        raise LayoutMissing from None
    number = {key: index for index, key in enumerate(keys)}
    pairs = [(a, b) for a, b in edges if a != b and a in number and b in number]
    graph = igraph.Graph(
        n=len(keys), edges=[(number[a], number[b]) for a, b in pairs], directed=True
    )
    layout = graph.layout_sugiyama(maxiter=200)
    points = [(round(y), round(x, 3)) for x, y in layout]
    routes = [[(round(y), round(x, 3)) for x, y in route] for route in layout.edge_routing]
    top = min(x for _, x in [*points, *(p for route in routes for p in route)])
    columns: dict[int, list[tuple[float, str]]] = {}
    for key, (level, x) in zip(keys, points, strict=True):
        columns.setdefault(level, []).append((x, key))
    place_of = {level: index for index, level in enumerate(sorted(columns))}
    return Layered(
        tuple(tuple(key for _, key in sorted(columns[level])) for level in sorted(columns)),
        {key: x - top for key, (_, x) in zip(keys, points, strict=True)},
        {
            pair: tuple((place_of[level], x - top) for level, x in route if level in place_of)
            for pair, route in zip(pairs, routes, strict=True)
            if route
        },
    )
