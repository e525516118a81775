"""Two sides to the pods that they speak of: who is compared with whom, and what they are called."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from polc.diff.objects.side import Side
from polc.ir.nodes import Labels, Pods
from polc.semantics.mesh.peer_authentication import selector
from polc.semantics.network.networkpolicy import DIRECTIONS
from polc.semantics.network.policies import Network
from polc.semantics.objects.model import Manifests
from polc.semantics.sets.labels import NAME_LABEL, Witness
from polc.semantics.workloads.templates import templates

_GROUP = "security.istio.io"
_Key = tuple[str, Labels]


@frozen
class Subject:
    """Pods with exactly these labels; `name` is what a reader calls them.

    `mixed`: selectors choose them, and nobody says that there are such pods. What is told of pods
    with fewer labels, or with more, need not be told of these.
    """

    namespace: str
    labels: Labels
    name: str
    mixed: bool = False

    def is_near(self, other: "Subject") -> bool:
        """Tell whether the one pods have all labels of the other."""
        mine, theirs = set(self.labels), set(other.labels)
        return self.namespace == other.namespace and (mine <= theirs or theirs <= mine)

    def witness(self, network: Network) -> Witness:
        """Return one of them, with what is known of its namespace."""
        known = network.world.namespaces.get(self.namespace, {})
        return Witness({**known, NAME_LABEL: self.namespace}, dict(self.labels))


ELSEWHERE = Subject("", (), "every pod of any other namespace")
"""Pods of a namespace that neither side speaks of."""


def subjects_of(sides: tuple[Side, Side]) -> tuple[Subject, ...]:
    """Return pods of every workload, and of every selector that chooses no workload's pods."""
    declared = dict(pair for side in sides for pair in _declared(side))
    found: dict[_Key, str] = {}
    for side in sides:
        for template in templates(side.manifests):
            key = (template.namespace, _labels(template.labels))
            name = _declared_as(key, declared) or f"{template.namespace}/{template.found.name}"
            found.setdefault(key, name)
    for key, name in declared.items():
        if not _chooses(key, found):
            found.setdefault(key, name)
    named = dict(found)
    unknown: dict[_Key, None] = {}
    for side in sides:
        for namespace in side.manifests.namespaces:
            found.setdefault((namespace, ()), name_of(namespace, {}))
        by_mesh = [(namespace, chosen, True) for namespace, chosen in _by_mesh(side.manifests)]
        selected = [(namespace, chosen, False) for namespace, chosen in _selected(side.network)]
        for namespace, chosen, counts in (*selected, *by_mesh):
            key = (namespace, _labels(chosen))
            if not chosen or not _chooses(key, named):
                found.setdefault(key, name_of(namespace, chosen))
                unknown.update({key: None} if counts else {})
    others = Counter(namespace for namespace, _ in found)
    for namespace, labels in found:
        if not labels and others[namespace] == 1:
            found[namespace, labels] = f"every pod of {namespace}"
    return (
        *(Subject(*key, name) for key, name in sorted(found.items())),
        *_mixed(found, unknown),
    )


def _mixed(found: Mapping[_Key, str], unknown: Iterable[_Key]) -> Iterator[Subject]:
    """Yield pods of two selectors at once, one of which is the mesh's and chooses no workload."""
    told = set(found)
    for namespace, labels in sorted(unknown):
        for space, others in sorted(found):
            both = dict((*labels, *others))
            key = (namespace, _labels(both))
            agree = all(pair in both.items() for pair in (*labels, *others))
            if space == namespace and agree and key not in told:
                told.add(key)
                yield Subject(*key, name_of(namespace, both), mixed=True)


def name_of(namespace: str, labels: Mapping[str, str]) -> str:
    """Return what pods with some labels are called."""
    if not labels:
        return f"any other pod of {namespace}"
    shown = ", ".join(f"{key}: {value}" for key, value in sorted(labels.items()))
    return f"{namespace} {{ {shown} }}"


def _labels(labels: Mapping[str, str]) -> Labels:
    return tuple(sorted((str(key), str(value)) for key, value in labels.items()))


def _declared(side: Side) -> Iterator[tuple[_Key, str]]:
    """Yield the pods that a side's program knows: its own and others', by its names."""
    if side.program is None:
        return
    for workload in side.program.workloads:
        yield (workload.namespace, workload.pods.labels), workload.key
    for flow in side.program.flows:
        for end in (flow.source, flow.target):
            if isinstance(end, Pods) and end.labels:
                yield (end.namespace, end.labels), end.key


def _declared_as(key: _Key, declared: Mapping[_Key, str]) -> str | None:
    """Return the one name that programs have for pods with these labels, or more of them."""
    names = {
        name
        for (namespace, labels), name in declared.items()
        if namespace == key[0] and set(labels) <= set(key[1])
    }
    return names.pop() if len(names) == 1 else None


def _chooses(key: _Key, known: Mapping[_Key, str]) -> bool:
    namespace, labels = key
    return any(space == namespace and set(labels) <= set(more) for space, more in known)


def _selected(network: Network) -> Iterator[tuple[str, Mapping[str, str]]]:
    for namespace, policies in network.by_namespace.items():
        yield namespace, {}
        for policy in policies:
            witness = network.world.pick(policy.pods)
            if witness is not None and any(policy.rules(each) is not None for each in DIRECTIONS):
                yield namespace, witness.pod


def _by_mesh(manifests: Manifests) -> Iterator[tuple[str, Mapping[str, str]]]:
    for kind in ("AuthorizationPolicy", "PeerAuthentication"):
        for each in manifests.of_kind(kind, _GROUP):
            yield each.namespace, {str(key): str(value) for key, value in selector(each).items()}
