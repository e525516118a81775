"""Who can do what with the API that is more than it looks like, by which objects."""

from collections.abc import Iterator

from polc.diagnostics import Diagnostic
from polc.semantics.objects.model import Manifests
from polc.semantics.rbac.bindings import Rbac
from polc.survey.rbac.bindings import binding_mistakes
from polc.survey.rbac.powers import power_findings
from polc.survey.rbac.roles import role_mistakes


def rbac_mistakes(manifests: Manifests, rbac: Rbac) -> Iterator[Diagnostic]:
    """Report roles and bindings that give more, or less, than a reader would think."""
    yield from power_findings(rbac)
    yield from role_mistakes(rbac)
    yield from binding_mistakes(manifests, rbac)
