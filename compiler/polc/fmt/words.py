"""A text as words, which formatting leaves alone, and gaps, which are all that it writes."""

from collections.abc import Collection
from itertools import pairwise
from typing import NamedTuple

from attrs import define, field

from polc.fmt.gaps import Gap, read_gap
from polc.fmt.shape import shape
from polc.parse.lexer import NOT_A_WORD, Tokens, lex
from polc.parse.scan import blocks
from polc_grammar.tables import END, TRIVIA

REFUSED = max(NOT_A_WORD) + 1
"""The kind of a word that is a whole block which the grammar refuses: it stays as it is."""


_MARK = "\ufeff"
"""A byte order mark that was decoded; it counts as layout."""


class Block(NamedTuple):
    """A block of the text: where it starts and ends, and which word is its first."""

    start: int
    end: int
    head: int


@define
class Words:
    """A text taken apart: `between[0] + words[0] + between[1] + words[1] + … + between[-1]`."""

    words: list[str] = field(factory=list)
    kinds: list[int] = field(factory=list)
    between: list[str] = field(factory=list)
    gaps: list[Gap] = field(factory=list)
    """What the texts in `between` are."""
    starts: dict[int, str] = field(factory=dict)
    """The words that start an item of a block or list, and of which (see `shape`)."""
    blocks: list[Block] = field(factory=list)
    """The blocks of the text that have words."""

    def add(self, before: str, word: str, kind: int) -> None:
        """Add a word and what stands before it."""
        self.between.append(before)
        self.words.append(word)
        self.kinds.append(kind)


def read(text: str, left_alone: Collection[int] = ()) -> Words:
    """Take a text apart; blocks in `left_alone`, by their offset, count as refused."""
    found = Words()
    marked = len(text) - len(text.removeprefix(_MARK))
    before = text[:marked]
    for start, end in pairwise(marked + start for start in blocks(text[marked:])):
        tokens = lex(text[start:end])
        at = [index for index, kind in enumerate(tokens.kinds) if kind > END]
        if not at:
            before += text[start:end]
            continue
        found.blocks.append(Block(start, end, len(found.words)))
        found.starts[len(found.words)] = "start"
        items = None if start in left_alone else shape([tokens.kinds[index] for index in at])
        if items is None:
            before = _add_whole(found, before, tokens)
        else:
            before = _add_words(found, before, tokens, at, items)
    found.between.append(before)
    # No word stands before the first gap that a comment could trail.
    found.gaps = [read_gap("\n" + found.between[0].removeprefix(_MARK))]
    found.gaps += map(read_gap, found.between[1:])
    return found


def _add_words(
    found: Words, before: str, tokens: Tokens, at: list[int], items: dict[int, str]
) -> str:
    """Add the words of a block; return what stands behind the last one."""
    base = len(found.words)
    done = 0
    for index in at:
        found.add(before + "".join(tokens.pieces[done:index]), *_piece(tokens, index))
        before = ""
        done = index + 1
    found.starts.update((base + nth, name) for nth, name in items.items())
    return "".join(tokens.pieces[done:])


def _piece(tokens: Tokens, index: int) -> tuple[str, int]:
    return tokens.pieces[index], tokens.kinds[index]


def _add_whole(found: Words, before: str, tokens: Tokens) -> str:
    """Add a block with its comments as one word; return the white space behind it."""
    pieces = tokens.pieces[:-1]
    first = _is_space(tokens, 0)
    last = len(pieces) - _is_space(tokens, len(pieces) - 1)
    found.add(before + "".join(pieces[:first]), "".join(pieces[first:last]), REFUSED)
    return "".join(pieces[last:])


def _is_space(tokens: Tokens, at: int) -> bool:
    return tokens.kinds[at] == TRIVIA and not tokens.pieces[at].startswith("#")
