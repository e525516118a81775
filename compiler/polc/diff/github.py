"""Changes in the format `github` of diagnostics."""

from polc.diff.changes import Change
from polc.diff.findings import diagnostics
from polc.render.github import render as render_diagnostics


def render(changes: tuple[Change, ...], colour: bool = False) -> str:
    """Return one result per change."""
    return render_diagnostics(diagnostics(changes))
