"""Changes as a JSON document for scripts."""

import json
from typing import Any

from polc.diff.changes import Change, gained, lost
from polc.ir.show import request_text


def render(changes: tuple[Change, ...], colour: bool = False) -> str:
    """Return the changes and how many are gained and lost."""
    document = {
        "format": "polc diff",
        "version": 1,
        "gained": len(gained(changes)),
        "lost": len(lost(changes)),
        "changes": [_entry(change) for change in changes],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _entry(change: Change) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "kind": change.kind.name.lower(),
        "change": "gained" if change.gained else "lost",
        "subject": change.subject,
        "what": change.what,
        "target": change.target,
        "requests": list(change.requests),
        "besides": list(change.besides),
        "beyond": change.beyond.isoformat() if change.beyond else None,
        "hosts": list(change.hosts),
        "because": list(change.because),
        "until": change.until.isoformat() if change.until else None,
        "place": None,
    }
    if change.span.source.text:
        entry["place"] = {"file": change.span.source.name, "line": change.span.line}
    if change.flow is not None:
        entry["flow"] = _flow(change)
    return entry


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
