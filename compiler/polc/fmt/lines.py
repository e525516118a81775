"""Which items stand on which lines: decided from the words and the author's line ends."""

from itertools import pairwise

from attrs import define

from polc.fmt.tree import Bracket, Item, Tree
from polc.fmt.words import REFUSED
from polc.parse.lexer import TABLES
from polc.parse.words import NAMESPACE

WIDTH = 100
INDENT = 2
_IDS = frozenset(TABLES.words[word] for word in ("user", "group", "fs-group"))
"""Statements that may stand side by side: the ids that pods run as."""


@define
class Line:
    """Items that start on one line."""

    items: list[Item]
    end: int
    """The word behind its last: behind the bracket that is opened, if one is."""
    opened: bool
    """What stands in its item's brackets stands on lines of its own."""
    folded: bool
    """It is too wide, or there are comments in it."""
    blank: bool
    """An empty line stands above it."""

    @property
    def start(self) -> int:
        """Its first word."""
        return self.items[0].start


def lines_of(tree: Tree, bracket: Bracket, indent: int) -> list[Line]:
    """Lay out the items of brackets that do not stand on one line."""
    groups: list[list[Item]] = []
    for item in bracket.items:
        if groups and _shares(tree, bracket, groups[-1][-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    lines = []
    for group in groups:
        if len(group) > 1 and not _fits(tree, group[0].start, group[-1].end, indent):
            lines += [_line(tree, [item], indent) for item in group]
        else:
            lines.append(_line(tree, group, indent))
    return lines


def _shares(tree: Tree, bracket: Bracket, above: Item, item: Item) -> bool:
    """Tell whether an item stands on the line of the one before."""
    if tree.gaps[item.start].newline:
        return False
    if bracket.lists:
        return bracket.divided
    return {tree.kinds[above.start], tree.kinds[item.start]} <= _IDS


def declarations(tree: Tree) -> list[Line]:
    """Lay out a file: declarations of several lines have empty lines around them.

    Only the line that says which namespace a declaration is in may stand directly above.
    """
    lines = [_line(tree, [item], 0) for item in tree.items]
    for above, line in pairwise(lines):
        if above.opened or above.folded:
            line.blank = True
        elif line.opened or line.folded:
            line.blank |= tree.kinds[above.start] != NAMESPACE
    return lines


def _line(tree: Tree, items: list[Item], indent: int) -> Line:
    start, end = items[0].start, items[-1].end
    bracket = items[0].bracket if len(items) == 1 else None
    fits = _fits(tree, start, end, indent)
    opened = bracket is not None and (bracket.expanded or (bool(bracket.items) and not fits))
    if bracket is not None and opened:
        end = bracket.open + 1
        fits = _fits(tree, start, end, indent)
    folded = not fits or tree.kinds[start] == REFUSED
    return Line(items, end, opened, folded, tree.gaps[start].divided)


def _fits(tree: Tree, start: int, end: int, indent: int) -> bool:
    return indent + tree.width(start, end) <= WIDTH and not tree.commented(start, end)
