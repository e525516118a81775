"""Changes in the format `sarif` of diagnostics."""

from polc.diagnostics import Diagnostic
from polc.diff.changes import Change
from polc.diff.findings import diagnostics
from polc.render.sarif import render as render_diagnostics


def render(
    changes: tuple[Change, ...], colour: bool = False, left_open: tuple[Diagnostic, ...] = ()
) -> str:
    """Return one result per change, then what was not compared."""
    return render_diagnostics((*diagnostics(changes), *left_open))
