"""Objects that may be in no effect: not applied, or another object or revision decides.

Sources: kubernetes.io, "Garbage Collection" (an object goes when its owners are gone);
istio/istio, pkg/config/labels/revision (`istio.io/rev` on configuration: others pass it over).
"""

from collections.abc import Iterator

from polc.codes.proof import LIKELY_MISTAKE, NOT_APPLIED, NOT_DECIDED
from polc.diagnostics import Code, Diagnostic
from polc.ir.nodes import Mesh, Program
from polc.semantics.mesh.peer_authentication import ROOT
from polc.semantics.objects.applying import kept, not_applied
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.verify.verdict import Verdict

_REVISION = "istio.io/rev"
_OF_ISTIO = ("security.istio.io", "networking.istio.io")
_LASTING = (
    *("NetworkPolicy", "Namespace", "ServiceAccount", "AuthorizationPolicy", "PeerAuthentication"),
    *("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
    *("VirtualService", "DestinationRule", "HTTPRoute"),
)
"""Kinds that say what is permitted. Pods and the like have owners as a matter of course."""


def compare(manifests: Manifests, program: Program) -> Verdict:
    """Report objects of a program's namespaces that may not hold, or not for its pods."""
    owned = {each.name for each in program.namespaces}
    found: list[Diagnostic] = []
    left: list[Diagnostic] = []
    for kind in _LASTING:
        for each in manifests.of_kind(kind):
            if each.namespace in owned or not each.metadata.get("namespace"):
                found += _owners(each)
                found += _applied(each)
                left += _kept(each)
            if each.namespace in {*owned, ROOT} and program.cluster.mesh is not Mesh.NONE:
                found += _revision(each, manifests)
    return Verdict(tuple(left), tuple(found))


def _applied(found: Found) -> Iterator[Diagnostic]:
    for why, keys in not_applied(found):
        yield _undecided(found, why, "take it away", *keys, code=NOT_APPLIED)


def _kept(found: Found) -> Iterator[Diagnostic]:
    for what, keys in kept(found):
        yield Diagnostic(
            LIKELY_MISTAKE,
            f"{found.kind} `{found.name}` in `{found.where(*keys)}` stays in the cluster when it is"
            f" gone from what is applied ({what}): what it permits is then permitted on",
            found.span(*keys),
            help="take it away",
        )


def _owners(found: Found) -> Iterator[Diagnostic]:
    if items(found.metadata.get("ownerReferences")):
        why = "it is deleted when the objects among its `ownerReferences` are gone"
        yield _undecided(found, why, "take the references away", "metadata", "ownerReferences")


def _revision(found: Found, manifests: Manifests) -> Iterator[Diagnostic]:
    revision = mapping(found.metadata.get("labels")).get(_REVISION)
    of_pods = manifests.namespaces.get(found.namespace, {}).get(_REVISION)
    if found.group in _OF_ISTIO and revision and revision != of_pods:
        why = f"only the revision `{revision}` of the mesh reads it"
        help_ = f"take its label `{_REVISION}` away: all revisions read it then"
        yield _undecided(found, why, help_, "metadata", "labels")


def _undecided(
    found: Found, why: str, help_: str, *keys: Key, code: Code = NOT_DECIDED
) -> Diagnostic:
    return Diagnostic(
        code,
        f"whether {found.kind} `{found.name}` in `{found.where(*keys)}` holds is not decided:"
        f" {why}",
        found.span(*keys),
        help=help_,
    )
