"""A text to the same words in the one layout: whole, or as edits."""

from itertools import pairwise
from typing import NamedTuple

from polc.diagnostics import Diagnostic
from polc.fmt.gaps import read_gap
from polc.fmt.layout import lay_out
from polc.fmt.tree import grow
from polc.fmt.words import REFUSED, Words, read
from polc.parse import parse_block
from polc.parse.lexer import lex
from polc.source import Anchor, Source
from polc_grammar.tables import END


class TextEdit(NamedTuple):
    """Put `text` where the offsets `start` to `end` are."""

    start: int
    end: int
    text: str


def format_text(text: str) -> str:
    """Return a text formatted; declarations that can't be read stay as they are."""
    return _joined(*_format(text))


def format_source(source: Source) -> tuple[str, tuple[Diagnostic, ...]]:
    """Return a text formatted, and what is wrong with the declarations that stay as they are."""
    found, between = _format(source.text)
    diagnostics: list[Diagnostic] = []
    for block in found.blocks:
        if found.kinds[block.head] == REFUSED:
            text = source.text[block.start : block.end]
            diagnostics += parse_block(text, Anchor(source, block.start)).diagnostics
    return _joined(found, between), tuple(diagnostics)


def format_edits(text: str, touched: tuple[int, int] | None = None) -> tuple[TextEdit, ...]:
    """Return the smallest edits that format a text, in order and apart from each other.

    With `touched`, a range of offsets, only it and the declarations that it touches are formatted.
    """
    found, between = _format(text)
    ends = _ends(found)
    low, high = _whole(found, ends, touched or (0, len(text)))
    edits = (
        _smallest(old, new, end)
        for old, new, end in zip(found.between, between, ends, strict=True)
        if old != new
    )
    return tuple(edit for edit in edits if edit.end >= low and edit.start <= high)


def _format(text: str) -> tuple[Words, list[str]]:
    """Take a text apart, and return what will stand between its words."""
    found = read(text)
    between = lay_out(grow(found))
    # INVARIANT: formatting adds and loses no word and no comment. What would is left alone.
    broken = lost(found, between)
    if broken:
        found = read(text, broken)
        between = lay_out(grow(found))
    return found, between


def lost(found: Words, between: list[str]) -> frozenset[int]:
    """Return the blocks, by their offset, that would hold other words or comments than before."""
    heads = (*(block.head for block in found.blocks), len(found.words))
    return frozenset(
        block.start
        for block, (first, end) in zip(found.blocks, pairwise(heads), strict=True)
        if found.kinds[first] != REFUSED
        and found.between[first + 1 : end] != between[first + 1 : end]
        and not _is_same(found, between, first, end)
    )


def _is_same(found: Words, between: list[str], first: int, end: int) -> bool:
    parts = [found.words[first]]
    for at in range(first + 1, end):
        parts += (between[at], found.words[at])
    tokens = lex("".join(parts))
    words = [piece for piece, kind in zip(tokens.pieces, tokens.kinds, strict=True) if kind > END]
    gaps = zip(found.between[first + 1 : end], between[first + 1 : end], strict=True)
    return words == found.words[first:end] and all(
        _comments(old) == _comments(new) for old, new in gaps if "#" in old or "#" in new
    )


def _comments(text: str) -> tuple[str, ...]:
    gap = read_gap(text)
    return (gap.trailing, *(comment for _, comment in gap.own))


def _joined(found: Words, between: list[str]) -> str:
    parts = [between[0]]
    for word, behind in zip(found.words, between[1:], strict=True):
        parts += (word, behind)
    return "".join(parts)


def _ends(found: Words) -> list[int]:
    """Return the offsets at which the gaps of a text end."""
    ends = []
    at = 0
    for gap, word in zip(found.between, (*found.words, ""), strict=True):
        ends.append(at + len(gap))
        at = ends[-1] + len(word)
    return ends


def _whole(found: Words, ends: list[int], touched: tuple[int, int]) -> tuple[int, int]:
    """Widen a range of offsets to the whole of each declaration that it touches."""
    low, high = touched
    heads = (*(block.head for block in found.blocks), len(found.words))
    for first, end in pairwise(heads):
        start, stop = ends[first], ends[end - 1] + len(found.words[end - 1])
        if start <= touched[1] and stop >= touched[0]:
            low, high = min(low, start), max(high, stop)
    return low, high


def _smallest(old: str, new: str, end: int) -> TextEdit:
    """Return the edit of a gap without what stays; it never parts CR from LF."""
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    if last and old[-last] == "\n" and old[-last - 1 : -last] == "\r":
        last -= 1
    return TextEdit(end - len(old) + first, end - last, new[first : len(new) - last])


def _common(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their start."""
    pairs = zip(one, other, strict=False)
    shorter = min(len(one), len(other))
    return next((at for at, (left, right) in enumerate(pairs) if left != right), shorter)
