"""Who has to be looked at again when a few declarations were edited."""

from collections.abc import Collection, Iterable, Iterator

from polc import syntax as s
from polc.lower.focus import Focus
from polc.lsp.meant import peers_of
from polc.lsp.trees import Piece
from polc.lsp.uses import Placed
from polc.resolve.symbols import Symbol, Table
from polc.source import Anchor

_MOST_SPEAKERS = 150
_MOST_CARRIERS = 10


def neighbourhood(table: Table, places: Iterable[Placed], changed: Iterable[Piece]) -> Focus:
    """Return the declarations of some blocks, and the services that may share a flow with them."""
    pieces = set(changed)
    anchors = {piece.anchor for piece in pieces}
    inside = [place for place in places if place.piece in pieces]
    outside = [place for place in places if place.piece not in pieces]
    symbols: set[Symbol] = set()
    services: dict[Anchor, list[Symbol]] = {}
    for symbol in table.symbols.values():
        if symbol.span.anchor in anchors:
            symbols.add(symbol)
        elif symbol.kind == "service":
            services.setdefault(symbol.span.anchor, []).append(symbol)
    names, naming = _naming(outside, {(symbol.name, symbol.scope) for symbol in symbols})
    speakers = {symbol: None for symbol in _named(table, inside) if symbol not in symbols}
    speakers |= {symbol: None for anchor in naming for symbol in services.get(anchor, ())}
    carriers = _carriers(inside, outside, services)
    symbols.update(carriers[:_MOST_CARRIERS])
    return Focus(frozenset(symbols), frozenset(list(speakers)[:_MOST_SPEAKERS]), frozenset(names))


def _named(table: Table, places: Iterable[Placed]) -> Iterator[Symbol]:
    """Return the services that those of some places call, or admit."""
    for place in places:
        if isinstance(place.declaration, s.Service):
            for statement in place.declaration.statements:
                if isinstance(statement, s.Allow):
                    found = peers_of(table, statement, place.scope)
                    yield from (each for each in found if each.kind == "service")


def _naming(
    places: Collection[Placed], wanted: set[tuple[str, str]]
) -> tuple[set[str], dict[Anchor, None]]:
    """Return the names under which some declarations are known, and where those are written.

    `wanted` has names with their scopes. Groups and profiles hand on what they name.
    """
    names = {name for name, _ in wanted}
    found: dict[Anchor, None] = {}
    while wanted:
        through: set[tuple[str, str]] = set()
        sought = {name for name, _ in wanted}
        for place in places:
            words = place.piece.words
            if place.piece.anchor in found or sought.isdisjoint(words):
                continue
            if any(name in words and _in_reach(scope, place) for name, scope in wanted):
                found[place.piece.anchor] = None
                if isinstance(place.declaration, s.Group | s.Profile):
                    through.add((place.declaration.name.text, ""))
        wanted = through
        names |= {name for name, _ in through}
    return names, found


def _in_reach(scope: str, place: Placed) -> bool:
    """Tell whether a place may mean what has this scope: it is there too, or has to name it."""
    is_service = isinstance(place.declaration, s.Service)
    return not is_service or scope in ("", place.scope) or scope in place.piece.words


def _carriers(
    inside: Iterable[Placed], outside: Collection[Placed], services: dict[Anchor, list[Symbol]]
) -> list[Symbol]:
    """Return the services that some declarations set something for.

    Some mistakes in profiles, roles, environments, and settings of namespaces show only where they
    are applied to a service.
    """
    applied: set[tuple[str, str]] = set()
    opened, tuned = set[str](), set[str]()
    for place in inside:
        match place.declaration:
            case s.Profile(name=name) | s.Role(name=name):
                applied.add((name.text, ""))
            case s.Namespace(name=name):
                opened.add(name.text)
            case s.Environment():
                tuned |= place.piece.words
    if not (applied or opened or tuned):
        return []
    _, naming = _naming(outside, applied)
    opened |= {
        place.declaration.name.text
        for place in outside
        if place.piece.anchor in naming and isinstance(place.declaration, s.Namespace)
    }
    return [
        each
        for anchor, here in services.items()
        for each in here
        if each.scope in opened or each.name in tuned or anchor in naming
    ]
