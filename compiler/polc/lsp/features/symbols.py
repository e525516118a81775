"""What a document declares, as a tree, and what all programs of the workspace declare, by name."""

import re
from collections.abc import Iterator
from contextlib import suppress

from attrs import define, evolve
from lsprotocol import types

from polc.lsp.convert import location
from polc.lsp.feature import Feature, of_document
from polc.lsp.outline import KINDS, Entry, Place, outline
from polc.lsp.session import Session, View
from polc.lsp.text import Encoding, Position
from polc.lsp.trees import Piece, Tree
from polc.lsp.uses import placed
from polc.source import Span
from polc.syntax import Import, Namespace

_OUTSIDE = (types.SymbolKind.Constant, types.SymbolKind.Package, types.SymbolKind.Module)
"""Clusters, environments and imports: they are in no namespace, wherever they stand."""
_MOST = 1000
"""Symbols in an answer about the whole workspace."""
_parts = re.compile(r"[^/.-]+").findall


def document_symbols(
    view: View, params: object = None
) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
    """Return a document's outline: what stands below a namespace is inside of it.

    A list without depth for clients that know no other.
    """
    found: list[types.DocumentSymbol] = []
    for inside in _by_namespace(_symbols(view)):
        first, *below = inside
        if first.kind == types.SymbolKind.Namespace:
            after = len(below)
            while after and below[after - 1].kind in _OUTSIDE:
                after -= 1
            end = [first, *below][after].range.end
            span = types.Range(first.range.start, end)
            found.append(evolve(first, range=span, children=below[:after] or None))
            found += below[after:]
        else:
            found += inside
    if view.session.abilities.nested_symbols:
        return found
    return list(_flat(found, view.document.uri, None))


def _symbols(view: View) -> Iterator[types.DocumentSymbol]:
    encoding = view.session.encoding
    for piece in view.tree.pieces:
        yield from _of_piece(piece, view.text.position(piece.anchor.offset, encoding), encoding)


@define(eq=False)
class _Placed:
    """The symbols of a block, where it starts for now, and all positions in them."""

    encoding: Encoding
    start: Position
    symbols: list[types.DocumentSymbol]
    positions: list[types.Position]

    def move(self, line: int) -> None:
        """Move to another line: a third of the cost of making them anew."""
        by = line - self.start[0]
        if by:
            self.start = line, self.start[1]
            for each in self.positions:
                object.__setattr__(each, "line", each.line + by)  # checks nothing, for speed


def _of_piece(piece: Piece, start: Position, encoding: Encoding) -> list[types.DocumentSymbol]:
    """Return the symbols of a block, which the next answer may move with it."""
    known: _Placed | None = piece.__dict__.get("symbols")
    if known is None or (known.encoding, known.start[1]) != (encoding, start[1]):
        positions: list[types.Position] = []
        made = [_symbol(each, start, positions) for each in outline(piece, encoding)]
        known = piece.__dict__["symbols"] = _Placed(encoding, start, made, positions)
    known.move(start[0])
    return known.symbols


def _symbol(entry: Entry, start: Position, positions: list[types.Position]) -> types.DocumentSymbol:
    span = _range(entry.span, start, positions)
    return types.DocumentSymbol(
        entry.name,
        entry.kind,
        span,
        span if entry.at is entry.span else _range(entry.at, start, positions),
        entry.detail or None,
        children=[_symbol(each, start, positions) for each in entry.children] or None,
    )


def _range(place: Place, start: Position, positions: list[types.Position]) -> types.Range:
    """Return a place in a block that starts somewhere."""
    line, character = start
    first, first_at, last, last_at = place
    begin = types.Position(line + first, first_at if first else first_at + character)
    end = types.Position(line + last, last_at if last else last_at + character)
    positions += (begin, end)
    return types.Range(begin, end)


def _by_namespace(
    symbols: Iterator[types.DocumentSymbol],
) -> Iterator[list[types.DocumentSymbol]]:
    """Cut a list where a namespace starts."""
    run: list[types.DocumentSymbol] = []
    for each in symbols:
        if each.kind == types.SymbolKind.Namespace and run:
            yield run
            run = []
        run.append(each)
    if run:
        yield run


def _flat(
    symbols: list[types.DocumentSymbol], uri: str, container: str | None
) -> Iterator[types.SymbolInformation]:
    for each in symbols:
        place = types.Location(uri, each.range)
        yield types.SymbolInformation(place, each.name, each.kind, container_name=container)
        yield from _flat(list(each.children or ()), uri, each.name)


def workspace_symbols(
    session: Session, params: types.WorkspaceSymbolParams
) -> list[types.WorkspaceSymbol]:
    """Return what the files of the workspace, and of all programs, declare under a name like this.

    The query's characters have to occur in the name in their order; in `namespace/name` where the
    query has a slash. The nearest come first.
    """
    query = params.query.strip().lower()
    found: list[tuple[tuple[int, int, str], str, Span, types.SymbolKind, str]] = []
    for tree in _trees(session):
        for declaration, scope, _ in placed(tree):
            kind = KINDS[type(declaration)]
            if isinstance(declaration, Import):
                continue
            name = declaration.name.text
            space = "" if kind in _OUTSIDE or isinstance(declaration, Namespace) else scope
            rank = nearness(query, f"{space}/{name}" if "/" in query else name)
            if rank is not None:
                found.append(((rank, len(name), name), space, declaration.name.span, kind, name))
    found.sort(key=lambda each: (each[0], each[1], each[2].key()))
    return [
        types.WorkspaceSymbol(location(session, span), name, kind, container_name=space or None)
        for _, space, span, kind, name in found[:_MOST]
    ]


def nearness(query: str, name: str) -> int | None:
    """Return how well a name answers a query, 0 being best; None where it does not."""
    if query == name:
        return 0
    if name.startswith(query):
        return 1
    if any(part.startswith(query) for part in _parts(name)):
        return 2
    if query in name:
        return 3
    rest = iter(name)
    return 4 if all(each in rest for each in query) else None


def _trees(session: Session) -> list[Tree]:
    """Return the syntax trees of every file that there is to know of."""
    paths = set(session.projects.files())
    for program in session.all_programs():
        paths.update(program.snapshot().trees)
    found = []
    for path in sorted(paths):
        with suppress(OSError):
            found.append(session.documents.tree(path))
    return found


FEATURES: tuple[Feature, ...] = (
    Feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, of_document(document_symbols)),
    Feature(types.WORKSPACE_SYMBOL, workspace_symbols),
)
