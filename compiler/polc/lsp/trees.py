"""Syntax trees that follow a text: what did not change is not parsed again."""

import re
from bisect import bisect_right
from functools import cached_property
from itertools import chain, pairwise

from attrs import define, field, frozen

from polc.diagnostics import Diagnostic
from polc.parse import Block, parse_block
from polc.parse.rescan import balanced, rescan
from polc.parse.scan import blocks
from polc.source import Anchor, Source
from polc.syntax import Declaration, File

_REMEMBERED = 100
"""Pieces of earlier versions that are kept."""
_words = re.compile(r"[\w-]+").findall


@define(eq=False, slots=False)
class Piece:
    """One block of a text with its syntax tree, alive for as long as its text is unchanged."""

    block: Block
    closed: bool

    @property
    def anchor(self) -> Anchor:
        """Where it starts."""
        return self.block.anchor

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        """What it declares: as a rule, one thing."""
        return self.block.declarations

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word in it: whoever is not among them is not named in it."""
        return frozenset(_words(self.block.text))


@frozen(eq=False)
class Tree:
    """The syntax tree of one version of a text."""

    source: Source
    pieces: tuple[Piece, ...]
    file: File
    diagnostics: tuple[Diagnostic, ...]
    gone: dict[str, Piece] = field(factory=dict)
    """By their text, pieces of earlier versions that an undone edit would bring back."""

    def piece_at(self, offset: int) -> Piece | None:
        """Return the piece that an offset lies in; between two, the one that starts there."""
        index = bisect_right(self.pieces, offset, key=lambda piece: piece.anchor.offset)
        return self.pieces[index - 1] if index else None

    def holds(self, anchor: Anchor) -> bool:
        """Tell whether a place is one of this text, and not of an earlier version."""
        return anchor.source is self.source


def grow(name: str, text: str, line_starts: list[int] | None, before: Tree | None) -> Tree:
    """Return the tree of a text; pieces that it has in common with `before` move over to it.

    What earlier versions held alone keeps pointing into their texts. Of the same text it is the
    same tree.
    """
    if before is not None and before.source.text == text:
        return before
    source = Source(name, text)
    if line_starts is not None and "\r" not in text:
        source.__dict__["line_starts"] = line_starts
    texts, kept, gone = _reusable(text, before)
    pieces: list[Piece] = []
    at = 0
    for each in texts:
        same = kept.get(each)
        piece = same.pop() if same else gone.pop(each, None)
        if piece is None:
            piece = Piece(parse_block(each, Anchor(source, at)), balanced(each))
        else:
            anchor = piece.block.anchor
            anchor.source, anchor.offset = source, at
        pieces.append(piece)
        at += len(each)
    gone |= {piece.block.text: piece for left in kept.values() for piece in left}
    for oldest in list(gone)[:-_REMEMBERED]:
        del gone[oldest]
    declarations = tuple(chain.from_iterable([piece.block.declarations for piece in pieces]))
    found = tuple(chain.from_iterable([piece.block.diagnostics for piece in pieces]))
    return Tree(source, tuple(pieces), File(source, declarations), found, gone)


def _reusable(
    text: str, before: Tree | None
) -> tuple[list[str], dict[str, list[Piece]], dict[str, Piece]]:
    """Return the blocks of a text, and by their texts the pieces of before and of earlier."""
    if before is None:
        return [text[a:b] for a, b in pairwise(blocks(text))], {}, {}
    old = before.pieces
    kept: dict[str, list[Piece]] = {}
    for piece in reversed(old):
        kept.setdefault(piece.block.text, []).append(piece)
    texts = rescan(text, [each.block.text for each in old], [each.closed for each in old])
    return texts, kept, dict(before.gone)
