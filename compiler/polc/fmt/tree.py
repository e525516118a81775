"""Words grouped into items and brackets, and what can be known of them before their place is."""

from itertools import accumulate

from attrs import define, field

from polc.fmt.gaps import Gap
from polc.fmt.words import REFUSED, Words
from polc.parse.lexer import TABLES
from polc.parse.words import COMMA, CONNECTIVES, LEFT, RIGHT, WORDS
from polc_grammar.tables import END

_MARKS, _WORDS = TABLES.punctuation, TABLES.words
_OPENING = frozenset((LEFT, _MARKS["["]))
_CLOSING = frozenset((RIGHT, _MARKS["]"], END))
_TIGHT_BEFORE = frozenset(_MARKS[mark] for mark in (",", ":", "/", "..", "]"))
_TIGHT_AFTER = frozenset(_MARKS[mark] for mark in ("/", "..", "["))
_CLAUSES = (CONNECTIVES | {_WORDS["except"], _MARKS["->"]}) - {_WORDS["from"], _WORDS["to"]}
"""What a line may be broken before; also behind a comma."""
_UNMARKED = frozenset(("items{string}", "list{resource}"))
"""Lists whose items, or whose first one, no comma and no word announces: likewise."""
_ELEMENTS = frozenset(("entries", "list{peer}", "list{string}"))
"""Lists in brackets whose items are no statements."""


@define
class Bracket:
    """A pair of brackets with its items."""

    open: int
    close: int
    items: "list[Item]"
    lists: bool
    """Its items are elements of a list, and no statements."""
    divided: bool
    """Its items stand, or begin, on lines of their own."""
    expanded: bool
    """It can't stand on one line: it is divided, or holds what is, or comments."""


@define
class Item:
    """Words from `start` up to `end`: a declaration, a statement, an element of a list."""

    start: int
    end: int
    keyword: bool
    """It starts with a word of the language."""
    bracket: Bracket | None = None
    """Where it has one; no item has two beside each other."""


@define
class Tree:
    """The items of a text, and how its words would stand if there were only one line."""

    words: list[str]
    kinds: list[int]
    gaps: list[Gap]
    spaces: list[int]
    """How many spaces stand before a word on one line."""
    breaks: list[bool]
    """A line may be broken before a word."""
    comments: list[int]
    """How many gaps up to the one before a word have comments."""
    items: list[Item] = field(factory=list)
    offsets: list[int] = field(factory=list)
    """Where a word would stand."""

    def width(self, start: int, end: int) -> int:
        """Return how wide words are on one line."""
        return self.offsets[end - 1] + len(self.words[end - 1]) - self.offsets[start]

    def commented(self, start: int, end: int) -> bool:
        """Tell whether there are comments between words."""
        return self.comments[end - 1] > self.comments[start]


def grow(found: Words) -> Tree:
    """Group the words of a text."""
    before = [REFUSED, *found.kinds][: len(found.kinds)]
    spaces = list(map(_spaces, found.kinds, before))
    tree = Tree(
        found.words,
        [*found.kinds, END],
        found.gaps,
        spaces,
        _breaks(found, before, spaces),
        list(accumulate(gap.commented for gap in found.gaps)),
    )
    tree.items = _Grower(tree, found.starts).items(0)
    at = 0
    for word, space in zip(tree.words, spaces, strict=True):
        tree.offsets.append(at + space)
        at += space + len(word)
    return tree


def _spaces(kind: int, before: int) -> int:
    return int(kind not in _TIGHT_BEFORE and before not in _TIGHT_AFTER)


def _breaks(found: Words, before: list[int], spaces: list[int]) -> list[bool]:
    breaks = [
        previous == COMMA or (kind in _CLAUSES and previous != _WORDS["only"] and bool(space))
        for kind, previous, space in zip(found.kinds, before, spaces, strict=True)
    ]
    for at, name in found.starts.items():
        if name in _UNMARKED:
            breaks[at] = True
    return breaks


class _Grower:
    """Makes items and brackets, and notes how far apart the items stand."""

    def __init__(self, tree: Tree, starts: dict[int, str]) -> None:
        self.tree = tree
        self.starts = starts

    def items(self, at: int) -> list[Item]:
        """Make the items from a word up to the bracket that closes, or the end."""
        kinds = self.tree.kinds
        listed = self.starts.get(at)
        made: list[Item] = []
        while kinds[at] not in _CLOSING:
            if self.starts.get(at) == listed:
                made.append(Item(at, at, kinds[at] in WORDS and listed not in _ELEMENTS))
                if len(made) > 1:
                    self.tree.spaces[at] = 1 if kinds[at - 1] == COMMA else 2
            if kinds[at] in _OPENING:
                made[-1].bracket = self._bracket(at)
                at = made[-1].bracket.close
            at += 1
            made[-1].end = at
        return made

    def _bracket(self, start: int) -> Bracket:
        tree, listed = self.tree, self.starts.get(start + 1)
        items = self.items(start + 1)
        close = items[-1].end if items else start + 1
        bounds = [*(item.start for item in items), close] if items else []
        divided = any(tree.gaps[at].newline for at in bounds)
        inside = any(item.bracket and item.bracket.expanded for item in items)
        expanded = divided or inside or tree.commented(start, close + 1)
        return Bracket(start, close, items, listed in _ELEMENTS, divided, expanded)
