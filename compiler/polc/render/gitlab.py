"""Diagnostics as a GitLab code quality report.

Source: docs.gitlab.com, "Code Quality", "Code Quality report format".
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

from polc.diagnostics import Diagnostic, Severity

_SEVERITIES = {
    Severity.ERROR: "critical",
    Severity.WARNING: "minor",
    Severity.NOTE: "info",
    Severity.HINT: "info",
}


def render(diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """Return a JSON array; a finding keeps its fingerprint when lines above it move."""
    seen: Counter[tuple[str, ...]] = Counter()
    entries = []
    for item in diagnostics:
        identity = (item.code.id, item.span.source.name, item.message)
        number = seen[identity]
        seen[identity] += 1
        line, _ = item.span.source.line_col(item.span.offset)
        end, _ = item.span.source.line_col(item.span.end_offset)
        entries.append(
            {
                "description": item.message + (f"; {item.help}" if item.help else ""),
                "check_name": f"{item.code.id} {item.code.name}",
                "fingerprint": _fingerprint(*identity, str(number)),
                "severity": _SEVERITIES[item.severity],
                "location": {
                    "path": item.span.source.name,
                    "lines": {"begin": line, "end": end},
                },
            }
        )
    return json.dumps(entries, indent=2, ensure_ascii=True) + "\n"


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
