"""A gap of the model as a finding: what is not decided, where, and what would help."""

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic, Severity
from polc.semantics.gaps import Gap


def gap_finding(gap: Gap) -> Diagnostic:
    """Return what people are told of a gap where something was to be decided."""
    return Diagnostic(NOT_DECIDED, gap.message, gap.span, help=gap.help or None)


def gap_warning(gap: Gap) -> Diagnostic:
    """Return what people are told of a gap beside answers that do without what was not read."""
    finding = gap_finding(gap)
    return Diagnostic(
        finding.code, finding.message, finding.span, help=finding.help, severity=Severity.WARNING
    )
