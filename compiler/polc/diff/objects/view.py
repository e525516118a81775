"""One side as its mesh sees it: policies, modes, who is enrolled, and what ports speak."""

from __future__ import annotations

from functools import cached_property

from attrs import evolve, frozen

from polc.diff.objects.mesh_gains import Way
from polc.diff.objects.protocols import Protocols
from polc.diff.objects.side import Side
from polc.diff.objects.subjects import Subject
from polc.diff.objects.trust import Aligned
from polc.ir.nodes import Mesh
from polc.semantics.mesh.authorization import Policies, policies_of
from polc.semantics.mesh.fields import PORTS
from polc.semantics.mesh.membership import Membership
from polc.semantics.mesh.peer_authentication import Authentications
from polc.semantics.mesh.ways import OWN_PORTS


@frozen(eq=False, slots=False)
class View:
    """One side as its mesh sees it."""

    side: Side
    protocols: Protocols
    trust: str
    mesh: Mesh

    @cached_property
    def policies(self) -> Policies:
        """Its AuthorizationPolicies."""
        return policies_of(self.side.manifests, self.trust, self.side.root)

    @cached_property
    def authentications(self) -> Authentications:
        """Its PeerAuthentications."""
        return Authentications(self.side.manifests, self.side.root)

    @cached_property
    def membership(self) -> Membership:
        """Who is in its mesh."""
        program = self.side.program
        assumed = frozenset(program.waypoint_namespaces) if program else frozenset[str]()
        return Membership(self.side.manifests, self.mesh, assumed)

    def pods(self, subject: Subject) -> Way:
        """Return the way straight to some pods."""
        labels = dict(subject.labels)
        ambient = self.membership.plane(subject.namespace, labels) is Mesh.AMBIENT
        return Way(
            self.policies.at_pods(subject.namespace, labels),
            (("ztunnel", PORTS - OWN_PORTS),) if ambient else self.protocols.of(subject).readings(),
            self.authentications.of(subject.namespace, labels),
            ambient,
        )


def views(old: Side, new: Side, aligned: Aligned) -> tuple[View, View]:
    """Return both sides as they are compared: with one trust domain and what each lacks."""
    one, other = (
        evolve(side, manifests=objects)
        for side, objects in ((old, aligned.old), (new, aligned.new))
    )
    meshes = [side.program.cluster.mesh for side in (new, old) if side.program is not None]
    mesh = next((each for each in meshes if each is not Mesh.NONE), Mesh.SIDECAR)
    return (
        View(one, Protocols(one, other), aligned.domain, mesh),
        View(other, Protocols(other, one), aligned.domain, mesh),
    )
