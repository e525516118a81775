"""Who can do what with the API that is more than it looks like, by which objects."""

from collections.abc import Iterator

from polc.diagnostics import Diagnostic
from polc.survey.rbac.bindings import binding_mistakes
from polc.survey.rbac.powers import power_findings
from polc.survey.rbac.roles import role_mistakes
from polc.survey.shown import Shown


def rbac_mistakes(shown: Shown) -> Iterator[Diagnostic]:
    """Report roles and bindings that give more, or less, than a reader would think."""
    yield from power_findings(shown.rbac)
    yield from role_mistakes(shown.rbac)
    yield from binding_mistakes(shown)
