"""What folds: declarations, statements of several lines, runs of comments and of imports."""

import re
from collections.abc import Iterator

from lsprotocol import types

from polc import syntax as s
from polc.lsp.feature import Feature, of_document
from polc.lsp.session import View
from polc.lsp.text import Text
from polc.lsp.trees import Piece
from polc.lsp.uses import children

_LINE = r"[^\r\n]*(?:\r\n|\r|\n|\Z)"
_RUNS = {
    types.FoldingRangeKind.Comment: re.compile(rf"^(?:[ \t]*#{_LINE}){{2,}}", re.MULTILINE),
    types.FoldingRangeKind.Imports: re.compile(
        rf"^(?:[ \t]*import[ \t]{_LINE}){{2,}}", re.MULTILINE
    ),
}


def ranges(view: View, params: object = None) -> list[types.FoldingRange]:
    """Return the foldable ranges of a document, from top to bottom."""
    text = view.text
    found: dict[tuple[int, int], types.FoldingRangeKind | None] = {}
    for piece in view.tree.pieces:
        top = text.line_at(piece.anchor.offset)
        found.update(((top + first, top + last), None) for first, last in _folds(piece))
    for kind, run in _RUNS.items():
        for match in run.finditer(text.value):
            end = text.line_at(match.start() + len(match.group().rstrip("\r\n")))
            found.setdefault((text.line_at(match.start()), end), kind)
    return [
        types.FoldingRange(first, last, kind=found[first, last]) for first, last in sorted(found)
    ]


def _folds(piece: Piece) -> tuple[tuple[int, int], ...]:
    """Return the first and last lines of what a block can fold, from its own first line on."""
    known: tuple[tuple[int, int], ...] | None = piece.__dict__.get("folds")
    if known is None:
        text = Text.of(piece.block.text)
        nodes = (each for declaration in piece.declarations for each in _long(declaration))
        known = tuple(
            (text.line_at(each.span.start), text.line_at(each.span.end)) for each in nodes
        )
        piece.__dict__["folds"] = known
    return known


def _long(node: s.Node) -> Iterator[s.Node]:
    """Return the nodes of several lines."""
    if "\n" in node.span.text or "\r" in node.span.text:
        yield node
        for each in children(node):
            yield from _long(each)


FEATURES = (Feature(types.TEXT_DOCUMENT_FOLDING_RANGE, of_document(ranges)),)
