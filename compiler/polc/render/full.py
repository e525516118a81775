"""Diagnostics for a person: message, code frames, second places, help."""

from collections.abc import Sequence

from polc.diagnostics import Diagnostic, Label, Severity
from polc.plain import harmless, one_line
from polc.render.frame import Mark, frame, last_line
from polc.render.paint import Paint


def render(diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """Return one block per diagnostic with empty lines between, then a count."""
    if not diagnostics:
        return ""
    paint = Paint(colour)
    blocks = [_block(diagnostic, paint) for diagnostic in diagnostics]
    return "\n".join([*blocks, _closing(diagnostics, paint)])


def count(diagnostics: Sequence[Diagnostic]) -> str:
    """Return how many there are of each severity: `2 errors, 1 warning`."""
    parts = []
    for severity in sorted(Severity, reverse=True):
        number = sum(diagnostic.severity is severity for diagnostic in diagnostics)
        if number:
            parts.append(f"{number} {severity}{'s' if number > 1 else ''}")
    return ", ".join(parts)


def _closing(diagnostics: Sequence[Diagnostic], paint: Paint) -> str:
    worst = max(diagnostics, key=lambda item: item.severity)
    total = paint.severity(worst.severity, count(diagnostics))
    return f"{total}; `polc explain {worst.code.id}` tells more\n"


def _block(diagnostic: Diagnostic, paint: Paint) -> str:
    head = paint.severity(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code.id}]")
    rows = [head + paint.strong(": " + one_line(diagnostic.message))]
    groups = _by_source(diagnostic)
    gutter = max([len(str(last_line(marks))) for marks in groups if _has_text(marks)], default=1)
    for number, marks in enumerate(groups):
        arrow = ":::" if number else "-->"
        if number:
            rows.append(paint.frame(" " * gutter + " |"))
        rows.append(f"{paint.frame(' ' * gutter + arrow)} {_place(marks[0])}")
        if _has_text(marks):
            rows += frame(marks, gutter, paint, diagnostic.severity)
        else:
            rows += [
                f"{paint.frame(' ' * gutter + ' =')} {one_line(mark.message)}"
                for mark in marks
                if mark.message
            ]
    if diagnostic.help:
        rows += _advice(diagnostic.help, gutter, paint)
    return "".join(f"{row}\n" for row in rows)


def _by_source(diagnostic: Diagnostic) -> list[list[Mark]]:
    """Group the places by file, the file of the primary one first."""
    marks = [Mark(diagnostic.span, "", True)]
    marks += [_mark(label) for label in diagnostic.labels]
    groups: dict[int, list[Mark]] = {}
    for mark in marks:
        groups.setdefault(id(mark.span.source), []).append(mark)
    return list(groups.values())


def _mark(label: Label) -> Mark:
    return Mark(label.span, label.message, False)


def _has_text(marks: Sequence[Mark]) -> bool:
    """Tell whether there are lines to show: output files and built-in defaults have none."""
    return bool(marks[0].span.source.text)


def _place(mark: Mark) -> str:
    return harmless(str(mark.span) if mark.span.source.text else mark.span.source.name)


def _advice(text: str, gutter: int, paint: Paint) -> list[str]:
    """Return the help, one row per line: lines to be written stay as they are."""
    bar = paint.frame(" " * gutter + " |")
    lead = paint.frame(" " * gutter + " = ") + paint.help("help") + ": "
    first, *rest = text.split("\n")
    more = [" " * (gutter + len(" = help: ")) + harmless(line) for line in rest]
    return [bar, lead + harmless(first), *(line.rstrip() for line in more)]
