"""Objects that undo what other layers prove: they send requests elsewhere, or around a proxy.

Layers judge the kinds that polc writes. Others can change what those mean: they are reported as not
decided, unless the program's own routes say the same.
"""

from collections.abc import Iterator

from polc.diagnostics import Diagnostic
from polc.ir.nodes import Mesh, Program
from polc.semantics.objects.model import Manifests
from polc.verify.bypass.admission import changing
from polc.verify.bypass.around import Around, undecided
from polc.verify.bypass.hosts import hosts
from polc.verify.bypass.injected import injected
from polc.verify.bypass.knative import public, ways_of_knative
from polc.verify.bypass.proxies import proxies, settings
from polc.verify.bypass.routes import routes
from polc.verify.bypass.services import addresses, names_abroad, services
from polc.verify.verdict import Verdict

_IN_A_MESH = (settings, proxies, hosts, routes, services, addresses)


def compare(manifests: Manifests, program: Program) -> Verdict:
    """Report what the other layers do not see."""
    around = Around(manifests, program)
    violations = (*public(around), *ways_of_knative(around))
    always = (*_changes(around), *names_abroad(around))
    if program.cluster.mesh is Mesh.NONE:
        return Verdict(violations, always)
    more = (each for look in _IN_A_MESH for each in look(around))
    return Verdict(violations, (*always, *more))


def _changes(around: Around) -> Iterator[Diagnostic]:
    """Yield what makes something else of objects, or of their pods."""
    for look in (changing, injected):
        for found, why, keys in look(around.manifests, around.program):
            yield undecided(found, why, *keys)
