"""A gap of the model as a finding: what is not decided, where, and what would help."""

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.semantics.gaps import Gap


def gap_finding(gap: Gap) -> Diagnostic:
    """Return what people are told of a gap."""
    return Diagnostic(NOT_DECIDED, gap.message, gap.span, help=gap.help or None)
