"""Growing a selection: from a word to its statement, its declaration, its namespace, and all."""

from collections.abc import Iterator
from itertools import takewhile

from lsprotocol import types

from polc import syntax as s
from polc.lsp.convert import range_in
from polc.lsp.feature import Feature, of_document
from polc.lsp.session import View
from polc.lsp.trees import Piece
from polc.lsp.uses import path_to
from polc.parse.lexer import Token, tokens

_Span = tuple[int, int]


def selection_ranges(view: View, params: types.SelectionRangeParams) -> list[types.SelectionRange]:
    """Return, for each position, what is around it, from the smallest to the whole text."""
    encoding = view.session.encoding
    offsets = (view.text.offset((at.line, at.character), encoding) for at in params.positions)
    return [_chain(view, offset) for offset in offsets]


def _chain(view: View, offset: int) -> types.SelectionRange:
    found = {span for span in _around(view, offset) if span[0] <= offset <= span[1]}
    chain: types.SelectionRange | None = None
    outer = (0, len(view.text.value))
    for start, end in sorted({*found, outer}, key=lambda each: each[0] - each[1]):
        # What only crosses what is around it, as half a statement may, is no step.
        if chain is None or (outer[0] <= start and end <= outer[1]):
            outer = start, end
            chain = types.SelectionRange(range_in(view.session, view.text, start, end), chain)
    assert chain is not None
    return chain


def _around(view: View, offset: int) -> Iterator[_Span]:
    """Return what may be selected around an offset, in no order."""
    text = view.text
    start, end = text.bounds(text.line_at(offset))
    line = text.value[start:end]
    yield start + len(line) - len(line.lstrip()), start + len(line.rstrip())
    yield _namespace(view, offset)
    piece = view.tree.piece_at(offset)
    if piece is None:
        return
    origin, whole = piece.anchor.offset, piece.block.text
    yield origin, max(offset, origin + len(whole.rstrip()))
    for declaration in piece.declarations:
        if declaration.span.offset <= offset <= declaration.span.end_offset:
            for node in path_to(declaration, offset):
                yield node.span.offset, node.span.end_offset
    for first, last in _in_piece(piece, offset - origin):
        yield origin + first, origin + last


def _namespace(view: View, offset: int) -> _Span:
    """Return all that stands in the namespace around an offset, or in front of the first one."""
    starts = [0]
    for each in view.tree.file.declarations:
        if isinstance(each, s.Namespace):
            starts.append(each.span.offset)
    before = [*takewhile(lambda start: start <= offset, starts)]
    behind = [*starts[len(before) :], len(view.text.value)]
    end = before[-1] + len(view.text.value[before[-1] : behind[0]].rstrip())
    return before[-1], max(offset, end)


def _in_piece(piece: Piece, at: int) -> Iterator[_Span]:
    """Return words, strings, braces and runs of comments around a place, read or not."""
    words = list(tokens(piece.block.text))
    opened: list[Token] = []
    for word in words:
        if word.text == "{":
            opened.append(word)
        elif word.text == "}" and opened:
            first = opened.pop()
            yield from ((first.start, word.end), (first.end, word.start))
        if word.start <= at <= word.end and word.kind != "WHITESPACE":
            yield word.start, word.end
            if word.kind == "STRING":
                yield word.start + 1, word.end - 1
    for first in opened:
        yield first.start, max(at, len(piece.block.text.rstrip()))
    yield from _comments(words)


def _comments(words: list[Token]) -> Iterator[_Span]:
    """Return the runs of comments that nothing but layout interrupts."""
    run: list[Token] = []
    for word in words:
        if word.kind == "COMMENT":
            run.append(word)
        elif word.kind != "WHITESPACE" or word.text.count("\n") > 1:
            if run:
                yield run[0].start, run[-1].end
            run = []
    if run:
        yield run[0].start, run[-1].end


FEATURES: tuple[Feature, ...] = (
    Feature(types.TEXT_DOCUMENT_SELECTION_RANGE, of_document(selection_ranges)),
)
