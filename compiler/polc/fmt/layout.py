"""From the items of a text to what stands between its words."""

from polc.fmt.columns import line_up
from polc.fmt.lines import INDENT, WIDTH, Line, declarations, lines_of
from polc.fmt.tree import Bracket, Item, Tree
from polc.fmt.words import REFUSED
from polc.parse.lexer import TABLES

_TWO_WORDS = frozenset(TABLES.words[word] for word in ("allow", "has", "extern"))
"""What starts with two words of the language."""


def lay_out(tree: Tree) -> list[str]:
    """Return what stands before each word of a file, and behind the last one."""
    printer = _Printer(tree)
    printer.block(declarations(tree), 0)
    printer.end()
    return printer.between


class _Printer:
    """Fills in the gaps from the first to the last."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.between = [""] * len(tree.gaps)
        self.moved: dict[int, int] = {}
        """How many more spaces than usual stand in gaps, so that columns line up."""

    def block(self, lines: list[Line], indent: int) -> None:
        """Write lines of one indentation."""
        self.moved |= line_up(self.tree, lines, indent)
        for nth, line in enumerate(lines):
            gap = self.tree.gaps[line.start]
            above = self._above(line.start)
            above[0] = nth > 0 and (above[0] or (line.blank and not gap.divided))
            stays = self.tree.kinds[line.start] == REFUSED
            start = gap.indent if stays else " " * indent
            self._break(line.start, " " * indent, above, start)
            if line.opened or line.folded:
                self._fold(line, indent)
            else:
                for at in range(line.start + 1, line.end):
                    self._space(at)

    def end(self) -> None:
        """Write what stands behind the last word, and see to both ends of the file."""
        last = len(self.tree.words)
        if last or self.tree.gaps[last].own:
            above = self._above(last)
            above[0] = above[0] and last > 0
            self._break(last, "", [*above[:-1], False], "")
        self.between[0] = self.between[0].removeprefix("\n")

    def _above(self, at: int) -> list[bool]:
        """Return for each line in a gap, the next word's included, if an empty one is above."""
        gap = self.tree.gaps[at]
        return [*(blank for blank, _ in gap.own), gap.blank]

    def _space(self, at: int) -> None:
        self.between[at] = " " * (self.tree.spaces[at] + self.moved.get(at, 0))

    def _break(self, at: int, indent: str, above: list[bool], start: str) -> None:
        """End a line; comments stand at an indentation, the next word behind `start`."""
        gap = self.tree.gaps[at]
        text = "  " + " " * self.moved.get(at, 0) + gap.trailing if gap.trailing else ""
        for empty, (_, comment) in zip(above, gap.own, strict=False):
            text += "\n" * (1 + empty) + indent + comment
        self.between[at] = text + "\n" * (1 + above[-1]) + start

    def _fold(self, line: Line, indent: int) -> None:
        """Write an item of several lines: broken where it is too wide, with its brackets opened."""
        item, tree = line.items[0], self.tree
        column = indent + len(tree.words[item.start])
        hang = self._words(item, item.start + 1, line.end, column, indent + INDENT)
        if line.opened and item.bracket is not None:
            self._opened(item.bracket, indent)
            self._words(item, item.bracket.close + 1, item.end, indent + 1, hang)

    def _opened(self, bracket: Bracket, indent: int) -> None:
        self.block(lines_of(self.tree, bracket, indent + INDENT), indent + INDENT)
        above = self._above(bracket.close)
        above[0] = above[0] and bool(bracket.items)
        inside, outside = " " * (indent + INDENT), " " * indent
        self._break(bracket.close, inside, [*above[:-1], False], outside)

    def _words(self, item: Item, start: int, end: int, column: int, hang: int) -> int:
        """Write words from a column on; return where lines go on that were broken."""
        tree = self.tree
        for at in range(start, end):
            gap = tree.gaps[at]
            if gap.commented:
                self._break(at, " " * hang, [False] * (1 + len(gap.own)), " " * hang)
                column = hang
            elif self._overflows(at, end, column):
                self.between[at] = "\n" + " " * hang
                column = hang
            else:
                self._space(at)
                column += len(self.between[at])
            if at == item.start + self._head(item):
                hang = column
            column += len(tree.words[at])
        return hang

    def _head(self, item: Item) -> int:
        """Return with how many words an item starts before what it is about."""
        if not item.keyword:
            return 0
        return 1 + (self.tree.kinds[item.start] in _TWO_WORDS)

    def _overflows(self, at: int, end: int, column: int) -> bool:
        """Tell whether the words from one up to where the line may be broken next don't fit."""
        tree = self.tree
        if not tree.breaks[at]:
            return False
        behind = at + 1
        while behind < end and not tree.breaks[behind] and not tree.gaps[behind].commented:
            behind += 1
        return column + tree.spaces[at] + tree.width(at, behind) > WIDTH
