"""The report for machines: the summary as it is, as JSON."""

import json
from datetime import date
from typing import Any

from attrs import asdict

from polc.report.summary import Summary


def render_json(summary: Summary) -> str:
    """Return a JSON object whose keys are those of `Summary`."""
    data: dict[str, Any] = asdict(summary, value_serializer=_plain)
    data["objects"] = dict(summary.objects)
    data["proof"]["counts"] = dict(summary.proof.counts)
    return json.dumps(data, indent=2, ensure_ascii=True) + "\n"


def _plain(_instance: Any, _field: Any, value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
