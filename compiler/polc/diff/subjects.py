"""Two sets of manifests to the pods that they speak of: who is compared with whom."""

from collections.abc import Iterator, Mapping

from attrs import frozen

from polc.verify.mtls import selector
from polc.verify.netpol import DIRECTIONS
from polc.verify.objects import Manifests
from polc.verify.policies import Network
from polc.verify.sets.labels import NAME_LABEL, Witness
from polc.verify.templates import templates

_GROUP = "security.istio.io"


@frozen
class Subject:
    """Pods with exactly these labels; `name` is what a reader calls them."""

    namespace: str
    labels: tuple[tuple[str, str], ...]
    name: str

    def witness(self, network: Network) -> Witness:
        """Return one of them, with what is known of its namespace."""
        known = network.world.namespaces.get(self.namespace, {})
        return Witness({**known, NAME_LABEL: self.namespace}, dict(self.labels))


def subjects_of(sides: tuple[tuple[Manifests, Network], ...]) -> tuple[Subject, ...]:
    """Return pods of every workload, and of every selector that chooses no workload's pods."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}
    for manifests, _ in sides:
        for template in templates(manifests):
            labels = tuple(sorted(template.labels.items()))
            found.setdefault(
                (template.namespace, labels), f"{template.namespace}/{template.found.name}"
            )
    named = dict(found)
    for manifests, network in sides:
        for namespace, chosen in (*_selected(network), *_by_mesh(manifests)):
            labels = tuple(sorted(chosen.items()))
            if labels and any(
                space == namespace and chosen.items() <= dict(known).items()
                for space, known in named
            ):
                continue
            found.setdefault((namespace, labels), name_of(namespace, chosen))
    return tuple(Subject(*key, name) for key, name in sorted(found.items()))


def name_of(namespace: str, labels: Mapping[str, str]) -> str:
    """Return what pods with some labels are called."""
    if not labels:
        return f"any other pod of {namespace}"
    shown = ", ".join(f"{key}: {value}" for key, value in sorted(labels.items()))
    return f"{namespace} {{ {shown} }}"


def _selected(network: Network) -> Iterator[tuple[str, Mapping[str, str]]]:
    for namespace, policies in network.by_namespace.items():
        yield namespace, {}
        for policy in policies:
            witness = network.world.pick(policy.pods)
            if witness is not None and any(policy.rules(each) is not None for each in DIRECTIONS):
                yield namespace, witness.pod


def _by_mesh(manifests: Manifests) -> Iterator[tuple[str, Mapping[str, str]]]:
    for each in manifests.of_kind("AuthorizationPolicy", _GROUP):
        yield each.namespace, {str(key): str(value) for key, value in selector(each).items()}
