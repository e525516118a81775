"""Diagnostics as workflow commands, which GitHub Actions turns into annotations.

Source: docs.github.com, "Workflow commands for GitHub Actions"; the escapes are those of the
Actions toolkit (`packages/core/src/command.ts`).
"""

from collections.abc import Sequence

from polc.diagnostics import Diagnostic, Severity
from polc.plain import harmless

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
    Severity.HINT: "notice",
}


def render(diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """Return one `::error file=…::message` line per diagnostic."""
    return "".join(map(_command, diagnostics))


def _command(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    fields = {"file": span.source.name}
    if span.source.text:
        line, column = span.source.line_col(span.offset)
        end_line, end_column = span.source.line_col(span.end_offset)
        fields |= {"line": str(line), "endLine": str(end_line)}
        # Columns are read within one line only, and the last one is included.
        if line == end_line:
            fields |= {"col": str(column), "endColumn": str(max(column, end_column - 1))}
    fields["title"] = f"{diagnostic.code.id} {diagnostic.code.name}"
    text = diagnostic.message + (f"\nhelp: {diagnostic.help}" if diagnostic.help else "")
    text += "".join(f"\n{label.span}: {label.message}" for label in diagnostic.labels)
    listed = ",".join(f"{key}={_property(value)}" for key, value in fields.items())
    return f"::{_COMMANDS[diagnostic.severity]} {listed}::{_data(text)}\n"


def _data(text: str) -> str:
    return "%0A".join(harmless(line.replace("%", "%25")) for line in text.split("\n"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
