"""The objects beside the program's output, and what of the program they may be about."""

from collections.abc import Mapping
from functools import cached_property

from attrs import frozen

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Program, Workload
from polc.semantics.objects.model import Found, Key, Manifests

ISTIO, GATEWAY = "networking.istio.io", "gateway.networking.k8s.io"


@frozen(eq=False, slots=False)
class Around:
    """All objects, and the namespaces and services of the program."""

    manifests: Manifests
    program: Program

    @cached_property
    def owned(self) -> frozenset[str]:
        """The names of the program's namespaces."""
        return frozenset(each.name for each in self.program.namespaces)

    @cached_property
    def known(self) -> Mapping[str, Workload]:
        """The services, by namespace and name."""
        return {f"{each.namespace}/{each.name}": each for each in self.program.workloads}

    @cached_property
    def by_label(self) -> Mapping[tuple[str, str, str], list[Workload]]:
        """The services that have a label on their pods, by namespace, key and value."""
        groups: dict[tuple[str, str, str], list[Workload]] = {}
        for each in self.known.values():
            for pair in each.pods.labels if each.kind != "knative" else ():
                groups.setdefault((each.namespace, *pair), []).append(each)
        return groups


def undecided(found: Found, why: str, *keys: Key) -> Diagnostic:
    """Say that an object changes something that nothing here follows."""
    # What names no namespace may have none: most of these kinds are of the cluster.
    inside = "namespace" in found.metadata
    name = f"{found.namespace}/{found.name}" if inside else found.name
    return Diagnostic(
        NOT_DECIDED,
        f"what {found.kind} `{name}` in `{found.where(*keys)}` changes is not decided: {why}",
        found.span(*keys),
        help="verify the objects without it, and judge it by its own means",
    )
