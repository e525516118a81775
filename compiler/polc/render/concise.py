"""Diagnostics one per line, as editors and `grep` read them."""

from collections.abc import Sequence

from polc.diagnostics import Diagnostic
from polc.plain import harmless, one_line
from polc.render.paint import Paint


def render(diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """Return `file:line:column: severity[code] message` per diagnostic."""
    paint = Paint(colour)
    return "".join(map(lambda item: _line(item, paint), diagnostics))


def _line(diagnostic: Diagnostic, paint: Paint) -> str:
    span = diagnostic.span
    place = harmless(str(span) if span.source.text else span.source.name)
    head = paint.severity(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code.id}]")
    return f"{paint.strong(place)}: {head} {one_line(diagnostic.message)}\n"
