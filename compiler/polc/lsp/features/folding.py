"""What can be folded: declarations, statements in braces, runs of comments and of imports."""

from collections.abc import Iterator
from typing import Any

from lsprotocol import types

from polc import syntax as s
from polc.lsp.feature import Feature, of_document
from polc.lsp.session import View
from polc.lsp.uses import children


def ranges(view: View, params: Any = None) -> list[types.FoldingRange]:
    """Return the foldable ranges of a document, from top to bottom."""
    line_of = view.text.line_at
    found: dict[tuple[int, int], types.FoldingRange] = {}

    def add(first: int, last: int, kind: types.FoldingRangeKind | None = None) -> None:
        if last > first:
            found.setdefault((first, last), types.FoldingRange(first, last, kind=kind))

    for declaration in view.tree.file.declarations:
        for node in _nodes(declaration):
            add(line_of(node.span.offset), line_of(node.span.end_offset))
    lines = view.text.value.split("\n")
    for kind, mark in (
        (types.FoldingRangeKind.Comment, "#"),
        (types.FoldingRangeKind.Imports, "import "),
    ):
        start: int | None = None
        for number, line in enumerate([*lines, ""]):
            inside = line.lstrip().startswith(mark)
            if inside and start is None:
                start = number
            elif not inside and start is not None:
                add(start, number - 1, kind)
                start = None
    return [found[key] for key in sorted(found)]


def _nodes(node: s.Node) -> Iterator[s.Node]:
    yield node
    for each in children(node):
        yield from _nodes(each)


FEATURES = (Feature(types.TEXT_DOCUMENT_FOLDING_RANGE, of_document(ranges)),)
