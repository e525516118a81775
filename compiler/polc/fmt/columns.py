"""Columns: what the author lined up stays lined up, and exactly so; nothing else is.

A column holds the words at the same place of neighbouring lines: what follows the first word, a
name, an `on`. Where more than one space stands before one of them, all of them are lined up, so
that a column is kept when a line is added to it. Lines with single spaces keep these.
"""

from collections.abc import Iterator
from itertools import groupby

from attrs import define, field

from polc.fmt.lines import WIDTH, Line
from polc.fmt.tree import Tree
from polc.parse.lexer import TABLES
from polc.parse.words import COMMA, IN_BLOCKS, SPELLING

_APART = frozenset(
    TABLES.words[word] for word in ("import", "namespace", "extern", "allow", "can", "has", "when")
)
"""What lines up with its own kind only; all else may line up behind the first word."""
_WHEN = TABLES.words["when"]
_ARROW = TABLES.punctuation["->"]
_ENDLESS = 1 << 30


@define
class _Row:
    """A line as the start of each of its columns."""

    line: Line
    width: int
    room: int
    """How far its end may move to the right."""
    names: list[str] = field(factory=list)
    words: list[int] = field(factory=list)
    places: list[int] = field(factory=list)
    shift: int = 0
    """How far its end moved."""

    def name(self, nth: int) -> str:
        """Return what its nth column is called, so that other lines may have it too."""
        return self.names[nth] if nth < len(self.names) else ""


def line_up(tree: Tree, lines: list[Line], indent: int) -> dict[int, int]:
    """Return how many more spaces than usual stand in gaps, by the word behind each."""
    moved: dict[int, int] = {}
    for paragraph in _paragraphs(lines):
        if any(gap.wide for gap in tree.gaps[paragraph[0].start : paragraph[-1].end + 1]):
            rows = [_row(tree, line, indent) for line in paragraph]
            _line_up(tree, rows, 0, moved)
            _line_up_comments(tree, rows, moved)
    return moved


def _paragraphs(lines: list[Line]) -> Iterator[list[Line]]:
    """Split lines where one is empty."""
    paragraph: list[Line] = []
    for line in lines:
        if paragraph and line.blank:
            yield paragraph
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield paragraph


def _row(tree: Tree, line: Line, indent: int) -> _Row:
    width = tree.width(line.start, line.end)
    item = line.items[0]
    foldable = item.bracket is not None or any(tree.breaks[line.start + 1 : line.end])
    row = _Row(line, width, WIDTH - indent - width if foldable and not line.folded else _ENDLESS)
    if len(line.items) > 1 or tree.commented(line.start, line.end):
        return row
    alone = not item.keyword or tree.kinds[line.start] in _APART
    name = SPELLING[tree.kinds[line.start]] if item.keyword else "·"
    at = line.start + 1
    while at < line.end and not (line.folded and tree.breaks[at]):
        opens = item.bracket is not None and at == item.bracket.open
        if opens and line.opened:
            break
        if _starts_column(tree, at, tree.kinds[line.start]):
            name += " " + _label(tree.kinds[at])
            row.names.append(name if alone or row.names else "·")
            row.words.append(at)
            row.places.append(tree.offsets[at] - tree.offsets[line.start])
        at = item.bracket.close if opens and item.bracket else at
        at += 1
    return row


def _starts_column(tree: Tree, at: int, head: int) -> bool:
    """Tell whether a word could line up with others; of a `when`, only what it leads to."""
    if head == _WHEN:
        return tree.kinds[at] == _ARROW
    return tree.spaces[at] > 0 and tree.kinds[at - 1] != COMMA


def _label(kind: int) -> str:
    """Return what a word is called in the name of a column: itself, if it only connects."""
    text = "·" if kind in IN_BLOCKS else SPELLING.get(kind, "·")
    return "from" if text == "to" else text


def _line_up(tree: Tree, rows: list[_Row], nth: int, moved: dict[int, int]) -> None:
    """Line up the nth column of neighbouring lines that have it, then those behind."""
    for name, group in groupby(rows, lambda row: row.name(nth)):
        run = list(group)
        if not name or len(run) == 1:
            continue
        if any(tree.gaps[row.words[nth]].wide for row in run):
            _move(run, nth, moved)
        _line_up(tree, run, nth + 1, moved)


def _move(rows: list[_Row], nth: int, moved: dict[int, int]) -> None:
    """Move a column of these lines as far as its last place, but no line beyond the margin."""
    column = max(row.places[nth] + row.shift for row in rows)
    fitting = [row for row in rows if column - row.places[nth] <= row.room]
    if len(fitting) < len(rows):
        return _move(fitting, nth, moved)
    for row in rows:
        shift = column - row.places[nth]
        moved[row.words[nth]] = shift - row.shift
        row.shift = shift
    return None


def _line_up_comments(tree: Tree, rows: list[_Row], moved: dict[int, int]) -> None:
    """Line up the comments behind the lines of a paragraph."""
    whole = [row for row in rows if not (row.line.opened or row.line.folded)]
    commented = [row for row in whole if tree.gaps[row.line.end].trailing]
    if any(tree.gaps[row.line.end].wide for row in commented):
        column = max(row.width + row.shift for row in commented)
        for row in commented:
            moved[row.line.end] = column - row.width - row.shift
