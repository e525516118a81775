"""Routes that nothing gets to, that lead nowhere, and that match otherwise than they look."""

from collections.abc import Iterator

from polc.diagnostics import Diagnostic
from polc.semantics.objects.model import Manifests
from polc.survey.routes.literals import literal_mistakes
from polc.survey.routes.reached import unreached
from polc.survey.routes.targets import target_mistakes
from polc.survey.shown import Shown


def route_mistakes(manifests: Manifests, shown: Shown) -> Iterator[Diagnostic]:
    """Report mistakes in routes."""
    yield from unreached(manifests)
    yield from target_mistakes(shown)
    yield from literal_mistakes(manifests)
