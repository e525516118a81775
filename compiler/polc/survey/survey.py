"""What stands out in manifests by themselves: mistakes, and what can't be decided."""

from collections.abc import Iterator

from polc.codes.proof import BELOW_STANDARD, NOT_DECIDED
from polc.diagnostics import Diagnostic, Severity
from polc.gaps import gap_finding
from polc.semantics.mesh.model import MeshModel
from polc.semantics.network.policies import read_network
from polc.semantics.objects.model import Manifests
from polc.semantics.objects.shapes import guarded
from polc.semantics.pods.standards import breaches
from polc.semantics.rbac.bindings import read_rbac
from polc.semantics.workloads import makers
from polc.semantics.workloads.templates import templates
from polc.survey.mesh import mesh_mistakes
from polc.survey.network import network_mistakes
from polc.survey.rbac import rbac_mistakes
from polc.survey.routes import route_mistakes
from polc.survey.shown import Shown
from polc.terms import Level


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
        *network_mistakes(shown, network),
        *rbac_mistakes(shown),
        *_mesh(manifests, shown),
        *_pods(manifests),
    )


def _mesh(manifests: Manifests, shown: Shown) -> tuple[Diagnostic, ...]:
    """Report mistakes in the objects of a mesh, and what can't be decided of them."""

    def find(objects: Manifests) -> tuple[Diagnostic, ...]:
        return (*mesh_mistakes(MeshModel(objects), shown), *route_mistakes(objects, shown))

    found, odd = guarded(find, manifests)
    return (*found, *map(gap_finding, odd))


def _pods(manifests: Manifests) -> Iterator[Diagnostic]:
    """Report what Pod Security refuses: each field for *baseline*, all in one for *restricted*."""
    for template in templates(manifests):
        found = breaches(template, Level.RESTRICTED)
        for breach in found:
            if breach.level is Level.BASELINE:
                yield Diagnostic(
                    BELOW_STANDARD,
                    f"{template.title}: `{template.path(*breach.path)}`: {breach.message}",
                    template.found.span(*template.keys, "spec", *breach.path),
                    help="forbidden by the Pod Security Standard `baseline`",
                    severity=Severity.WARNING,
                )
        short = [breach for breach in found if breach.level is Level.RESTRICTED]
        if short:
            checks = ", ".join(sorted({breach.check for breach in short}))
            yield Diagnostic(
                BELOW_STANDARD,
                f"{template.title}: refused by the Pod Security Standard `restricted` ({checks})",
                template.found.span(*template.keys, "spec", *short[0].path),
                help=f"the first of it is at `{template.path(*short[0].path)}`",
                severity=Severity.NOTE,
            )
