"""The ends of connections: pods that some object makes, pods that nobody described, addresses.

What a live cluster lists several times is one end: a Pod and the ReplicaSet above it belong to the
Deployment that controls them (`metadata.ownerReferences`, where `controller` is true or the only
one). Pods of one controller that differ in labels are ends of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from attrs import evolve, field, frozen

from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets.intervals import AddressSet
from polc.semantics.sets.labels import NAME_LABEL, Witness
from polc.semantics.sets.regions import PortSet, port_set
from polc.semantics.workloads.ports import container_ports
from polc.semantics.workloads.templates import Template, templates

Kind = Literal["pods", "other pods", "addresses"]


@frozen(eq=False)
class End:
    """One end. `id` is unique and what people call it: `shop/web`, `10.0.0.0/8`.

    `maker` is the kind of the object that makes the pods. Of `other pods`, which nobody described,
    `witness` is one of them, and `is_ruled` tells that some policy is about it. `account` is None
    where no service account is known.
    """

    id: str
    kind: Kind
    namespace: str = ""
    name: str = ""
    maker: str = ""
    account: str | None = None
    witness: Witness | None = None
    addresses: AddressSet | None = None
    template: Template | None = field(default=None, repr=False)
    is_ruled: bool = False

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of its pods."""
        return self.witness.pod if self.witness is not None else {}

    @property
    def on_node(self) -> bool:
        """Whether its pods are on the network of their node."""
        return spec_of(self).get("hostNetwork") is True

    @property
    def found(self) -> Found | None:
        """The object that makes its pods."""
        return self.template.found if self.template is not None else None


def pod_ends(manifests: Manifests) -> tuple[End, ...]:
    """Return the pods that the objects make, sorted by their names."""
    made = [_End(each, *_controller(each.found)) for each in templates(manifests) if _runs(each)]
    known = {(each.kind, each.namespace, each.name) for each in made if not each.owned}
    ends: dict[tuple[str, str, str, tuple[tuple[str, str], ...]], End] = {}
    for each in made:
        if each.owned and _is_known(each, known, made):
            continue
        labels = tuple(sorted(each.template.labels.items()))
        key = (each.namespace, each.name, each.kind, labels)
        ends.setdefault(key, each.end(manifests))
    return tuple(sorted(_distinct(ends.values()), key=lambda each: each.id))


def _runs(template: Template) -> bool:
    """Tell whether it makes pods by itself: a PodTemplate is for others to use."""
    return template.found.kind != "PodTemplate"


@frozen
class _End:
    """A template and what controls it: kind and name, its own where nothing does."""

    template: Template
    kind: str
    name: str
    owned: bool

    @property
    def namespace(self) -> str:
        return self.template.namespace

    def end(self, manifests: Manifests) -> End:
        template = self.template
        spaces = manifests.namespaces.get(template.namespace, {})
        spec = template.spec
        account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
        return End(
            f"{template.namespace}/{self.name}",
            "pods",
            template.namespace,
            self.name,
            self.kind,
            str(account),
            Witness({**spaces, NAME_LABEL: template.namespace}, template.labels),
            template=template,
        )


def _controller(found: Found) -> tuple[str, str, bool]:
    owners = [mapping(each) for each in items(found.metadata.get("ownerReferences"))]
    chosen = [each for each in owners if each.get("controller") is True] or owners
    # A static pod is its node's, which makes no others (`kubelet`, "Static Pods").
    if len(chosen) != 1 or not chosen[0].get("name") or chosen[0].get("kind") == "Node":
        return found.kind, found.name or str(found.metadata.get("generateName", "")), False
    return str(chosen[0].get("kind") or found.kind), str(chosen[0]["name"]), True


def _is_known(each: _End, known: set[tuple[str, str, str]], made: Iterable[_End]) -> bool:
    """Tell whether what controls some pods stands among the objects, or what controls that."""
    key = (each.kind, each.namespace, each.name)
    return key in known or any(
        (other.template.found.kind, other.namespace, other.template.found.name) == key
        for other in made
    )


def _distinct(ends: Iterable[End]) -> Iterator[End]:
    """Give ends of one name names of their own: by what makes them, else by the object."""
    groups: dict[str, list[End]] = {}
    for each in ends:
        groups.setdefault(each.id, []).append(each)
    for same in groups.values():
        if len(same) == 1:
            yield same[0]
            continue
        kinds = [each.maker for each in same]
        for number, each in enumerate(same, 1):
            alone = kinds.count(each.maker) == 1
            found = each.found
            own = found.name if found is not None and found.name != each.name else f"{number}"
            yield evolve(each, id=f"{each.id} ({each.maker if alone else own})")


def spec_of(end: End) -> Mapping[str, Any]:
    """Return the specification of an end's pods, empty where nobody described them."""
    return end.template.spec if end.template is not None else {}


def named_ports(end: End) -> Mapping[str, PortSet]:
    """Return the ports of an end's containers by their names."""
    found: dict[str, PortSet] = {}
    for port in container_ports(end.template) if end.template is not None else ():
        if port.name:
            more = port_set(((port.protocol, port.number, port.number),))
            found[port.name] = found.get(port.name, PortSet()) | more
    return found
