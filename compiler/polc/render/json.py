"""Diagnostics as a JSON array with everything that polc knows of them.

Lines and columns count from 1, columns and offsets in code points; ends are exclusive.
"""

import json
from collections.abc import Sequence
from typing import Any

from polc.diagnostics import Diagnostic, Fix
from polc.source import Span


def render(diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """Return a JSON array, one object per diagnostic."""
    return json.dumps(as_data(diagnostics), indent=2, ensure_ascii=True) + "\n"


def as_data(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Return diagnostics as plain data."""
    return [_entry(item) for item in diagnostics]


def _entry(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code.id,
        "name": diagnostic.code.name,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "help": diagnostic.help,
        **_place(diagnostic.span),
        "labels": [{"message": label.message, **_place(label.span)} for label in diagnostic.labels],
        "fix": _fix(diagnostic.fix) if diagnostic.fix else None,
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.source.name,
        "start": _position(span, span.offset),
        "end": _position(span, span.end_offset),
    }


def _position(span: Span, offset: int) -> dict[str, int]:
    line, column = span.source.line_col(offset)
    return {"line": line, "column": column, "offset": offset}


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{**_place(edit.span), "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "edits": edits}
