"""Layers from left to right with few crossings, by fast-sugiyama (Sugiyama, Tagawa, Toda 1981)."""

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

_Route = tuple[tuple[int, float], ...]


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
    bends: dict[tuple[str, str], _Route]


def layered(keys: Sequence[str], edges: Iterable[tuple[str, str]]) -> Layered:
    """Put keys into layers; keys and edges in a fixed order give a fixed result.

    What hangs together stands together, and below it the next part.

    Raises:
        LayoutMissing: fast-sugiyama is not installed.

    """
    known = set(keys)
    pairs = list(dict.fromkeys((a, b) for a, b in edges if a != b and a in known and b in known))
    back = _turning_back(keys, pairs)
    ahead = [(b, a) if (a, b) in back else (a, b) for a, b in pairs]
    places: dict[str, tuple[int, float]] = {}
    routes: dict[tuple[str, str], list[_Route]] = {}
    below = 0.0
    for part, width in _solved(keys, ahead):
        for key, (column, row) in part.places.items():
            places[key] = (column, below + row)
        for pair, route in part.routes:
            routes.setdefault(pair, []).append(tuple((c, below + row) for c, row in route))
        below += width + 1
    for key in keys:  # What no edge joins.
        if key not in places:
            places[key] = (0, below)
            below += 1
    bends = {
        pair: route[::-1] if pair in back else route
        for pair, way in zip(pairs, ahead, strict=True)
        if way in routes and (route := routes[way].pop())
    }
    columns: dict[int, list[tuple[float, str]]] = {}
    for key, (column, row) in places.items():
        columns.setdefault(column, []).append((row, key))
    return Layered(
        tuple(tuple(key for _, key in sorted(columns[number])) for number in sorted(columns)),
        {key: places[key][1] for key in keys},
        bends,
    )


@frozen
class _Part:
    """Keys that hang together, and the way of each edge."""

    places: dict[str, tuple[int, float]]
    routes: list[tuple[tuple[str, str], _Route]]


def _solved(keys: Sequence[str], edges: Sequence[tuple[str, str]]) -> Iterator[tuple[_Part, float]]:
    """Yield what hangs together and its number of rows, in the order of the keys."""
    together = {key: [key] for key in keys}
    for one, other in edges:
        if together[one] is not together[other]:
            few, many = sorted((together[one], together[other]), key=len)
            many += few
            together |= dict.fromkeys(few, many)
    of_part: dict[int, list[tuple[str, str]]] = {id(together[key]): [] for key in keys}
    for pair in edges:
        of_part[id(together[pair[0]])].append(pair)
    for among in of_part.values():
        if among:
            yield _solved_part(list(dict.fromkeys(key for pair in among for key in pair)), among)


def _solved_part(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> tuple[_Part, float]:
    """Ask the library, by the numbers 0, 1, 2, …: higher ones are the bends that it puts in.

    It gets one part at a time, for in a later one its bends would have numbers of keys.
    """
    try:
        from fast_sugiyama import from_edges
    except ImportError:
        raise LayoutMissing from None
    number = {key: index for index, key in enumerate(names)}
    ((points, _, _, ways),) = from_edges(
        [(number[a], number[b]) for a, b in edges], vertex_spacing=1
    )
    top = max(y for _, (_, y) in points)
    first = min(x for _, (x, _) in points)
    at = {int(n): (round(top - y), round(x - first, 3)) for n, (x, y) in points}
    chains = [(int(a), int(b)) for a, b in ways or ()]
    onward = {a: b for a, b in chains if a >= len(names)}
    routes = []
    for start, passed in sorted(pair for pair in chains if pair[0] < len(names)):
        route = []
        while passed >= len(names):
            route.append(at[passed])
            passed = onward[passed]
        routes.append(((names[start], names[passed]), tuple(route)))
    places = {names[n]: at[n] for n in sorted(at) if n < len(names)}
    return _Part(places, routes), max(row for _, row in at.values())


def _turning_back(keys: Sequence[str], pairs: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the edges that close circles, for the library takes none (it would not come back)."""
    following: dict[str, list[str]] = {key: [] for key in keys}
    entered = {key: 0 for key in keys}
    for one, other in pairs:
        following[one].append(other)
        entered[other] += 1
    back: set[tuple[str, str]] = set()
    seen: set[str] = set()
    open_: dict[str, Iterator[str]] = {}
    for root in sorted(keys, key=lambda key: entered[key] > 0):
        if root not in seen:
            seen.add(root)
            open_[root] = iter(following[root])
        while open_:
            key = next(reversed(open_))
            for other in open_[key]:
                if other in open_:
                    back.add((key, other))
                elif other not in seen:
                    seen.add(other)
                    open_[other] = iter(following[other])
                    break
            else:
                del open_[key]
    return back
