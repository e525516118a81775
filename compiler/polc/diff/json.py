"""Changes as a JSON document for scripts."""

import json
from typing import Any

from polc.diagnostics import Diagnostic
from polc.diff.changes import Change, gained, lost, shifted
from polc.ir.show import request_text
from polc.source import Span


def render(
    changes: tuple[Change, ...], colour: bool = False, left_open: tuple[Diagnostic, ...] = ()
) -> str:
    """Return the changes, how many are gained and lost, and what was not compared."""
    document = {
        "format": "polc diff",
        "version": 1,
        "gained": len(gained(changes)),
        "lost": len(lost(changes)),
        "shifted": len(shifted(changes)),
        "changes": [_entry(change) for change in changes],
        "open": [_open(each) for each in left_open],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _entry(change: Change) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "kind": change.kind.name.lower(),
        "change": "shifted" if change.shifted else "gained" if change.gained else "lost",
        "subject": change.subject,
        "what": change.what,
        "target": change.target,
        "requests": list(change.requests),
        "besides": list(change.besides),
        "beyond": change.beyond.isoformat() if change.beyond else None,
        "hosts": list(change.hosts),
        "because": list(change.because),
        "until": change.until.isoformat() if change.until else None,
        "notes": list(change.notes),
        "place": _place(change.span),
    }
    if change.flow is not None:
        entry["flow"] = _flow(change)
    return entry


def _place(span: Span) -> dict[str, Any] | None:
    return {"file": span.source.name, "line": span.line} if span.source.text else None


def _open(each: Diagnostic) -> dict[str, Any]:
    return {
        "code": each.code.id,
        "severity": str(each.severity),
        "message": each.message,
        "help": each.help,
        "place": _place(each.span),
    }


def _flow(change: Change) -> dict[str, Any]:
    assert change.flow is not None
    port = change.flow.port
    admitted = change.flow.requests
    return {
        "port": port.name,
        "protocol": port.protocol,
        "transport": port.transport.value,
        "from": port.container,
        "to": port.end,
        "admits": None if admitted is None else [request_text(each) for each in admitted],
    }
