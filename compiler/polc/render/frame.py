"""Code frames: the lines of one file that a diagnostic speaks of, with marks under them.

    12 |   allow to stripe
       |            ^^^^^^

Columns are those of a terminal: tabs go to four columns, wide characters take two, combining
ones none. A long line is cut around its mark.
"""

from collections.abc import Iterable, Sequence

from attrs import frozen

from polc.diagnostics import Severity
from polc.plain import harmless, one_line, width
from polc.render.paint import Paint
from polc.source import Source, Span

_TAB = 4
_MAX_COLUMNS = 140
_LEFT_OF_MARK = 40


@frozen
class Mark:
    """A span with what is said of it; the primary one gets carets, the others dashes."""

    span: Span
    message: str
    primary: bool


@frozen
class _Under:
    """Marks below one line, in code points of it; `end` is behind the last."""

    line: int
    start: int
    end: int
    mark: Mark
    says: bool


def frame(
    marks: Sequence[Mark], gutter: int, paint: Paint, severity: Severity = Severity.ERROR
) -> list[str]:
    """Draw the marks of one source, in the order of its lines."""
    source = marks[0].span.source
    under = sorted(
        (item for mark in marks for item in _split(mark)),
        key=lambda item: (item.line, not item.mark.primary, item.start),
    )
    by_line: dict[int, list[_Under]] = {}
    for item in under:
        by_line.setdefault(item.line, []).append(item)
    _add_context(by_line, source)
    bar = paint.frame(" " * gutter + " |")
    rows = [bar]
    before = None
    for number in sorted(by_line):
        if before is not None and number == before + 2:
            rows += _line(source, before + 1, (), gutter, paint, severity)
        elif before is not None and number > before + 1:
            rows.append(paint.frame("..."))
        rows += _line(source, number, by_line[number], gutter, paint, severity)
        before = number
    return rows


def last_line(marks: Iterable[Mark]) -> int:
    """Return the highest line number that frames of these marks show."""
    return max(_end_line(mark.span) for mark in marks)


def _end_line(span: Span) -> int:
    end = max(span.offset, span.end_offset - 1)
    return span.source.line_col(min(end, len(span.source.text)))[0]


def _split(mark: Mark) -> list[_Under]:
    """Turn a span into marks below its first and its last line."""
    span = mark.span
    first, column = span.source.line_col(span.offset)
    last = _end_line(span)
    if first == last:
        end = column - 1 + max(span.end_offset - span.offset, 1)
        limit = max(len(span.source.line_text(first)), column)
        return [_Under(first, column - 1, min(end, limit), mark, True)]
    top = span.source.line_text(first)
    bottom = span.source.line_text(last)
    indent = len(bottom) - len(bottom.lstrip())
    end = span.source.line_col(span.end_offset - 1)[1]
    return [
        _Under(first, column - 1, max(len(top.rstrip()), column), mark, False),
        _Under(last, min(indent, end - 1), min(end, max(len(bottom), 1)), mark, True),
    ]


def _add_context(by_line: dict[int, list[_Under]], source: Source) -> None:
    """Show a line above an empty one, such as that at the end of the file."""
    for number in list(by_line):
        above = number - 1
        if not source.line_text(number).strip() and above >= 1:
            by_line.setdefault(above, [])


def _line(
    source: Source,
    number: int,
    under: Sequence[_Under],
    gutter: int,
    paint: Paint,
    severity: Severity,
) -> list[str]:
    """Draw one line of text and what stands below it."""
    text = source.line_text(number)
    low, high = _window(text, under)
    cells = [_cell(char) for char in text[low:high]]
    lead = "…" if low else ""
    tail = "…" if high < len(text) else ""
    shown = lead + "".join(shape for shape, _ in cells) + tail
    head = f"{number:>{gutter}} |"
    rows = [(paint.frame(head) + (" " + shown if shown else "")).rstrip()]
    empty = paint.frame(" " * gutter + " |")
    for item in under:
        start = min(max(item.start - low, 0), len(cells))
        end = min(max(item.end - low, start + 1), max(len(cells), start + 1))
        blank = len(lead) + sum(size for _, size in cells[:start])
        size = max(sum(size for _, size in cells[start:end]), 1)
        sign = ("^" if item.mark.primary else "-") * size
        words = f" {one_line(item.mark.message)}" if item.mark.message and item.says else ""
        said = sign + words
        said = paint.severity(severity, said) if item.mark.primary else paint.frame(said)
        rows.append(f"{empty} {' ' * blank}{said}")
    return rows


def _cell(char: str) -> tuple[str, int]:
    if char == "\t":
        return " " * _TAB, _TAB
    shape = harmless(char)
    return shape, width(shape)


def _window(text: str, under: Sequence[_Under]) -> tuple[int, int]:
    """Return which part of a line to show, in code points; its cost does not grow with the line."""
    if len(text) <= _MAX_COLUMNS:
        return 0, len(text)
    start = under[0].start if under else 0
    low = max(0, min(start, len(text)) - _LEFT_OF_MARK)
    return low, min(len(text), low + _MAX_COLUMNS)
