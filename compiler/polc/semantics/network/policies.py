"""All NetworkPolicies of some objects: what any pod of any namespace may receive and send.

A pod is isolated in a direction if a policy that selects it isolates that direction; then it may
exchange what the union of these policies permits, and otherwise everything (kubernetes.io, "Network
Policies", "The two sorts of pod isolation"). A connection needs the egress of the one end and the
ingress of the other.

The name of a port is looked up in the pods that receive: a policy that uses one is split into
policies for the pods of each workload among the objects, with that workload's number. Pods that
nobody described may give the name to any port, so a name that no workload has is not decided.

Other kinds that rule over packets are not read here, and so reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from operator import itemgetter

from attrs import evolve, frozen

from polc.semantics.gaps import Gap
from polc.semantics.network.networkpolicy import (
    DIRECTIONS,
    Direction,
    Policy,
    Rule,
    peer_box,
    read_policy,
    region_of,
)
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.sets.labels import EVERY_POD, POD, LabelBox, World, box, pods_of
from polc.semantics.sets.regions import EVERYTHING, Region
from polc.semantics.workloads.ports import container_ports
from polc.semantics.workloads.templates import templates

GROUP = "networking.k8s.io"
OTHERS = {
    "cilium.io": (
        *("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "CiliumLocalRedirectPolicy"),
    ),
    "crd.projectcalico.org": ("NetworkPolicy", "GlobalNetworkPolicy"),
    "projectcalico.org": ("NetworkPolicy", "GlobalNetworkPolicy"),
    "crd.antrea.io": ("NetworkPolicy", "ClusterNetworkPolicy"),
    "policy.networking.k8s.io": (
        *("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"),
    ),
    "k8s.cni.cncf.io": ("MultiNetworkPolicy",),
    "k8s.ovn.org": ("EgressFirewall",),
    "extensions": ("NetworkPolicy",),
}
"""Kinds that permit or deny packets too, by API group."""
_WIDE = frozenset({
    *("CiliumClusterwideNetworkPolicy", "CiliumLocalRedirectPolicy", "GlobalNetworkPolicy"),
    *("ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"),
})  # fmt: skip
"""Those of them that concern pods of every namespace; the others select pods of their own."""


@frozen(slots=False)
class Network:
    """Policies by namespace. `unclear` are the namespaces with one that was not understood."""

    by_namespace: Mapping[str, tuple[Policy, ...]]
    world: World
    unclear: frozenset[str] = frozenset()

    def policies(self, namespace: str) -> tuple[Policy, ...]:
        """Return the policies of a namespace."""
        return self.by_namespace.get(namespace, ())

    def applying(
        self, namespace: str, labels: Mapping[str, str], direction: Direction
    ) -> tuple[Policy, ...]:
        """Return the policies that isolate a pod in a direction."""
        index = self._by_label.get(namespace, {})
        near = [each for pair in (None, *labels.items()) for each in index.get(pair, ())]
        return tuple(
            each
            for _, each in sorted(near, key=itemgetter(0))
            if each.rules(direction) is not None and each.selects(labels)
        )

    @cached_property
    def _by_label(self) -> Mapping[str, Mapping[tuple[str, str] | None, list[tuple[int, Policy]]]]:
        """The policies of each namespace, numbered, by a label that they ask for, if any."""
        found: dict[str, dict[tuple[str, str] | None, list[tuple[int, Policy]]]] = {}
        for namespace, group in self.by_namespace.items():
            index = found.setdefault(namespace, {})
            for number, each in enumerate(group):
                plain = () if isinstance(each.selector, LabelBox) else each.selector
                index.setdefault(next(iter(plain), None), []).append((number, each))
        return found

    def permitted(
        self, namespace: str, labels: Mapping[str, str], direction: Direction
    ) -> Region | None:
        """Return what a pod may exchange in a direction, or None if it is not isolated there."""
        applying = self.applying(namespace, labels, direction)
        if not applying:
            return None
        found = Region()
        for each in applying:
            found |= region_of(
                [(peer, rule.ports) for rule in each.rules(direction) or () for peer in rule.peers]
            )
        return found

    def allows(self, namespace: str, labels: Mapping[str, str], direction: Direction) -> Region:
        """Return what a pod may exchange in a direction, everything where it is not isolated."""
        found = self.permitted(namespace, labels, direction)
        return EVERYTHING if found is None else found

    @cached_property
    def rule_count(self) -> int:
        """How many rules there are."""
        return sum(
            len(policy.rules(direction) or ())
            for group in self.by_namespace.values()
            for policy in group
            for direction in DIRECTIONS
        )


def read_network(
    manifests: Manifests, *, assume_names: bool = False
) -> tuple[Network, tuple[Gap, ...]]:
    """Read every policy, and report what was not understood.

    With `assume_names` pods that nobody described give the names of ports to the numbers that all
    described ones do: so it can be compared what somebody meant, not proved what any pod may get.
    """
    found: list[Gap] = []
    unclear: set[str] = set()
    groups: dict[str, dict[str, Policy]] = {}
    templates: _Templates | None = None
    for each in manifests.of_kind("NetworkPolicy"):
        if each.body.get("apiVersion") != "networking.k8s.io/v1":
            continue  # Reported below.
        policy, problems = read_policy(each)
        group = groups.setdefault(policy.namespace, {})
        if each.name in group:
            problems = (*problems, _twice(policy, group[each.name]))
        name = each.name or f"#{len(group)}"
        group[name] = policy
        if _has_names(policy):
            templates = templates or _Templates(manifests, assume_names)
            parts, more = templates.split(policy)
            problems = (*problems, *more)
            group[name] = parts[0]
            group.update({f"{name}#{at}": part for at, part in enumerate(parts[1:])})
        if problems:
            unclear.add(policy.namespace)
            found += problems
    found += map(_other, _others(manifests))
    by_namespace = {name: tuple(group.values()) for name, group in groups.items()}
    return Network(by_namespace, World(manifests.namespaces), frozenset(unclear)), tuple(found)


def _others(manifests: Manifests) -> Iterator[Found]:
    for group, kinds in OTHERS.items():
        for kind in kinds:
            yield from manifests.of_kind(kind, group)
    for each in manifests.of_kind("NetworkPolicy", GROUP):
        if each.version != "v1":
            yield each


def _other(each: Found) -> Gap:
    return Gap(
        "other-policies",
        f"`{each.body.get('apiVersion')}` `{each.kind}` `{each.name}` in `{each.where()}` may"
        " permit or deny packets, and its meaning is not decided",
        each,
        help="verify the objects without it, and judge it by its own means",
        layer="network",
        namespace=None if each.kind in _WIDE else each.namespace or None,
    )


def _twice(policy: Policy, other: Policy) -> Gap:
    return Gap(
        "twice",
        f"two policies are named {policy.label}, in `{other.found.where()}` and"
        f" `{policy.found.where()}`: the one that is applied last holds",
        policy.found,
        ("metadata", "name"),
        "keep one of them",
        "network",
        policy.namespace,
    )


# --- ports by name -----------------------------------------------------------------------------


def _has_names(policy: Policy) -> bool:
    for rules in (policy.ingress, policy.egress):
        for rule in rules or ():
            if rule.names:
                return True
    return False


@frozen
class _Pods:
    """The pods of one workload among the objects, and their ports by protocol and name."""

    pods: LabelBox
    ports: Mapping[tuple[str, str], int]


class _Templates:
    """Looks up the names of ports in the workloads among the objects."""

    def __init__(self, manifests: Manifests, assume: bool) -> None:
        self.known = tuple(_templates(manifests))
        self.assume = assume

    def split(self, policy: Policy) -> tuple[list[Policy], list[Gap]]:
        """Return policies that say the same with numbers: the first holds what had no names."""
        problems: list[Gap] = []
        egress = policy.egress and tuple(
            each for rule in policy.egress for each in self._to(policy, rule, problems)
        )
        plain = policy.ingress and tuple(
            evolve(rule, names=()) for rule in policy.ingress if rule.raw
        )
        parts = [evolve(policy, ingress=plain, egress=egress)]
        for rule in policy.ingress or ():
            for name in rule.names:
                known = [each for each in self.known if policy.pods.meets(each.pods)]
                numbers = [(each, each.ports[name]) for each in known if name in each.ports]
                if not numbers:
                    problems.append(_unknown(policy, "ingress", rule, name))
                if self.assume and len({number for _, number in numbers}) == 1:
                    only = Rule(rule.peers, ((name[0], numbers[0][1], numbers[0][1]),), rule.index)
                    parts.append(evolve(policy, ingress=(only,), egress=None))
                    continue
                for each, number in numbers:
                    raw = ((name[0], number, number),)
                    only = Rule(rule.peers, raw, rule.index)
                    for own in self._own(policy.pods, each, name):
                        pods = {axis: values for axis, values in own.conditions if axis[0] == POD}
                        part = evolve(policy, selector=box(pods), ingress=(only,), egress=None)
                        parts.append(part)
        return parts, problems

    def _own(self, pods: LabelBox, each: _Pods, name: tuple[str, str]) -> Iterable[LabelBox]:
        """Return the pods that a workload gives the name to.

        A workload that has all its labels and more has pods of its own, with names of their own.
        """
        both = pods & each.pods
        left = [] if both is None else [both]
        for other in self.known:
            more = other.pods <= each.pods and other.pods != each.pods
            if more and other.ports.get(name) != each.ports[name]:
                left = [rest for part in left for rest in part.minus(other.pods)]
        return left

    def _to(self, policy: Policy, rule: Rule, problems: list[Gap]) -> Iterable[Rule]:
        if rule.raw:
            yield evolve(rule, names=())
        for name in rule.names:
            found = False
            for peer in rule.peers:
                if not isinstance(peer, tuple | LabelBox):
                    # What is no pod has no names of ports; but pods may be among the addresses.
                    if EVERY_POD not in rule.peers:
                        problems.append(_unknown(policy, "egress", rule, name, " of addresses"))
                        found = True
                    continue
                for each in self.known:
                    if name not in each.ports:
                        continue
                    number = each.ports[name]
                    for own in self._own(peer_box(peer), each, name):
                        found = True
                        yield Rule((own,), ((name[0], number, number),), rule.index)
            if not found:
                problems.append(_unknown(policy, "egress", rule, name))


def _unknown(
    policy: Policy, direction: Direction, rule: Rule, name: tuple[str, str], where: str = ""
) -> Gap:
    place = ("spec", direction, rule.index)
    why = where or ", which no workload among the objects has"
    return Gap(
        "port-name",
        f"{direction} rule {rule.index + 1} of {policy.label} in `{policy.found.where(*place)}`"
        f" names the {name[0]} port `{name[1]}`{why}",
        policy.found,
        (*place, "ports"),
        "write the number of the container port, or verify together with the workloads",
        "network",
        policy.namespace,
    )


def _templates(manifests: Manifests) -> Iterator[_Pods]:
    for each in templates(manifests):
        ports = {
            (port.protocol, port.name): port.number for port in container_ports(each) if port.name
        }
        pairs = [(key, value) for key, value in each.labels.items() if isinstance(value, str)]
        yield _Pods(pods_of(each.namespace, pairs), ports)
