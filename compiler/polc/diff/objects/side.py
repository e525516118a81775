"""One side of a comparison of objects: they themselves, and what else is known of them."""

from __future__ import annotations

from functools import cached_property

from attrs import frozen

from polc.diff.objects.pod_facts import Pods, read_pods
from polc.ir.nodes import Program
from polc.semantics.gaps import Gap
from polc.semantics.mesh.meshconfig import Settings, settings
from polc.semantics.mesh.peer_authentication import ROOT
from polc.semantics.network.policies import Network, read_network
from polc.semantics.objects.model import Manifests


@frozen(eq=False, slots=False)
class Side:
    """The objects of one side, the program that they come from, if any, and what was not read."""

    manifests: Manifests
    program: Program | None = None
    unread: tuple[Gap, ...] = ()

    @cached_property
    def network(self) -> Network:
        """Its network policies."""
        return read_network(self.manifests, assume_names=True)[0]

    @cached_property
    def pods(self) -> Pods:
        """Its pods, and those that its components would make."""
        return read_pods(self.manifests)

    @cached_property
    def mesh_settings(self) -> tuple[Settings, ...]:
        """What its mesh is set to, where that is among the objects."""
        return tuple(settings(self.manifests))

    @property
    def root(self) -> str:
        """The namespace whose policies are the mesh's."""
        for each in self.mesh_settings:
            said = (each.body or {}).get("rootNamespace")
            if isinstance(said, str) and said:
                return said
        return ROOT
