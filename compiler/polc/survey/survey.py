"""What stands out in manifests by themselves: mistakes, and what can't be decided."""

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.gaps import gap_finding
from polc.semantics.mesh.model import MeshModel
from polc.semantics.network.policies import read_network
from polc.semantics.objects.model import Manifests
from polc.semantics.objects.shapes import guarded
from polc.semantics.rbac.bindings import read_rbac
from polc.semantics.workloads import makers
from polc.survey.mesh import mesh_mistakes
from polc.survey.network import network_mistakes
from polc.survey.pods import pod_findings
from polc.survey.rbac import rbac_mistakes
from polc.survey.routes import route_mistakes
from polc.survey.services import service_mistakes
from polc.survey.shown import Shown


def survey(manifests: Manifests) -> tuple[Diagnostic, ...]:
    """Report what is wrong with manifests whatever they are meant for, and what is undecided."""
    network, unread = read_network(manifests)
    rbac = read_rbac(manifests)
    shown = Shown(manifests, rbac)
    gaps = (
        Diagnostic(
            NOT_DECIDED, f"{gap.at.kind} `{gap.at.name}`: {gap.reason}", gap.at.span(*gap.place)
        )
        for gap in rbac.gaps
    )
    return (
        *map(gap_finding, (*unread, *makers.unread(manifests))),
        *gaps,
        *service_mistakes(shown),
        *network_mistakes(shown, network),
        *rbac_mistakes(shown),
        *_mesh(manifests, shown),
        *pod_findings(manifests),
    )


def _mesh(manifests: Manifests, shown: Shown) -> tuple[Diagnostic, ...]:
    """Report mistakes in the objects of a mesh, and what can't be decided of them."""

    def find(objects: Manifests) -> tuple[Diagnostic, ...]:
        return (*mesh_mistakes(MeshModel(objects), shown), *route_mistakes(objects, shown))

    found, odd = guarded(find, manifests)
    return (*found, *map(gap_finding, odd))
