"""Policies of cluster admins: tiers above and below the NetworkPolicies of a pod.

AdminNetworkPolicy and BaselineAdminNetworkPolicy (policy.networking.k8s.io/v1alpha1), and
ClusterNetworkPolicy (v1alpha2, v1beta1), which takes the place of both. Sources:
network-policy-api, apis/v1alpha1 and apis/v1alpha2, types.go:

- The tier `Admin` is asked first, by `priority` from low to high, rule by rule: the first rule that
  matches decides. `Pass` leaves the connection to the NetworkPolicies of the pod, and to the tier
  `Baseline` where none isolates it. What no rule matches goes on to the next tier, and is admitted
  at the end.
- A rule is about all ports unless it names some; the name of a port is looked up in the pods that
  receive, in every protocol.
- Peers are pods by labels of theirs and of their namespaces, and for egress address blocks. Nodes
  and domain names are peers, too, which this model does not know: a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import define, field, frozen

from polc.semantics.gaps import Gap
from polc.semantics.network.networkpolicy import DIRECTIONS, Direction, Peer
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.selectors import read_selector
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets.intervals import IntSet, cidr_set
from polc.semantics.sets.labels import NAMESPACE, POD, Axis, LabelBox, Values, box
from polc.semantics.sets.regions import EVERY_PORT, PROTOCOLS, PortSet
from polc.terms import Block

GROUP = "policy.networking.k8s.io"
KINDS = ("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy")
Action = Literal["Accept", "Deny", "Pass"]
Tier = Literal["Admin", "Baseline"]
_ACTIONS: Mapping[str, Action] = {
    "Allow": "Accept", "Accept": "Accept", "Deny": "Deny", "Pass": "Pass"
}  # fmt: skip
_UNKNOWN_PEERS = ("nodes", "domainNames")
NamedPorts = Mapping[str, PortSet]
"""The ports of some pods by name."""


@frozen(eq=False)
class AdminRule:
    """One rule: what it does with some peers on some ports; `names` are ports by name."""

    action: Action
    peers: tuple[Peer, ...]
    ports: PortSet
    names: tuple[str, ...]
    index: int

    def on(self, named: NamedPorts) -> PortSet:
        """Return the ports that it is about where pods receive that give ports these names."""
        found = self.ports
        for name in self.names:
            found |= named.get(name, PortSet())
        return found


@frozen(eq=False)
class AdminPolicy:
    """One policy, and the pods that it is about."""

    found: Found
    tier: Tier
    priority: int
    subject: LabelBox | None
    ingress: tuple[AdminRule, ...]
    egress: tuple[AdminRule, ...]

    def rules(self, direction: Direction) -> tuple[AdminRule, ...]:
        """Return the rules of a direction, in the order that decides."""
        return self.ingress if direction == "ingress" else self.egress


@frozen(eq=False)
class AdminPolicies:
    """All of them, in the order in which they are asked."""

    policies: tuple[AdminPolicy, ...] = ()

    def of(self, tier: Tier) -> Iterator[AdminPolicy]:
        """Yield the policies of a tier."""
        return (each for each in self.policies if each.tier == tier)


def read_admin_policies(manifests: Manifests) -> tuple[AdminPolicies, tuple[Gap, ...]]:
    """Read all policies of admins, and what of them is not understood."""
    found: list[AdminPolicy] = []
    gaps: list[Gap] = []
    for kind in KINDS:
        for each in manifests.of_kind(kind, GROUP):
            reader = _Reader(each)
            found.append(reader.policy())
            gaps += reader.gaps
    found.sort(key=lambda each: (each.tier, each.priority, each.found.name))
    gaps += _equal_priorities(found)
    return AdminPolicies(tuple(found)), tuple(gaps)


def _equal_priorities(policies: list[AdminPolicy]) -> Iterator[Gap]:
    """Yield policies of one tier and priority: which of them is asked first is not defined."""
    seen: dict[tuple[Tier, int], AdminPolicy] = {}
    for each in policies:
        other = seen.setdefault((each.tier, each.priority), each)
        if other is not each:
            yield Gap(
                "equal-priorities",
                f"{each.found.kind} `{each.found.name}` and `{other.found.name}` have the same"
                f" priority in tier {each.tier}: which one is asked first is not defined",
                each.found,
                ("spec", "priority"),
                "give each a priority of its own",
                "network",
            )


@define
class _Reader:
    """Reads one policy; what it does not understand is a gap, and matches nothing."""

    found: Found
    gaps: list[Gap] = field(factory=list)

    def policy(self) -> AdminPolicy:
        found, spec = self.found, self.found.spec
        tier: Tier = "Baseline" if found.kind == KINDS[1] else "Admin"
        if found.kind == "ClusterNetworkPolicy":
            tier = "Baseline" if spec.get("tier") == "Baseline" else "Admin"
        priority = spec.get("priority", 0)
        if type(priority) is not int or not 0 <= priority <= 1000:
            self.report("its priority is a number from 0 to 1000", "spec", "priority")
            priority = 0
        boxes = self._pods(mapping(spec.get("subject")), "spec", "subject")
        ingress, egress = (tuple(self._rules(direction)) for direction in DIRECTIONS)
        return AdminPolicy(found, tier, priority, boxes, ingress, egress)

    def report(self, what: str, *keys: Key) -> None:
        found = self.found
        self.gaps.append(
            Gap(
                "admin-policy",
                f"what {found.kind} `{found.name}` in `{found.where(*keys)}` permits is not"
                f" decided: {what}",
                found,
                keys,
                layer="network",
            )
        )

    def _rules(self, direction: Direction) -> Iterator[AdminRule]:
        side = "from" if direction == "ingress" else "to"
        for index, rule in enumerate(map(mapping, items(self.found.spec.get(direction)))):
            at: tuple[Key, ...] = ("spec", direction, index)
            action = _ACTIONS.get(str(rule.get("action")))
            if action is None:
                self.report(f"there is no action `{rule.get('action')}`", *at)
                continue
            peers = [
                peer
                for number, each in enumerate(map(mapping, items(rule.get(side))))
                for peer in self._peers(each, *at, side, number)
            ]
            ports, names = self._ports(rule, *at)
            yield AdminRule(action, tuple(peers), ports, names, index)

    def _peers(self, body: Mapping[str, Any], *at: Key) -> Iterator[Peer]:
        for name in _UNKNOWN_PEERS:
            if name in body:
                self.report(f"polc does not know which addresses `{name}` are", *at)
        for cidr in items(body.get("networks")):
            try:
                cidr_set(str(cidr))
            except ValueError:
                self.report(f"`{cidr}` is no address block", *at)
                continue
            yield Block(str(cidr))
        pods = self._pods(body, *at) if {"namespaces", "pods"} & set(body) else None
        if pods is not None:
            yield pods

    def _pods(self, body: Mapping[str, Any], *at: Key) -> LabelBox | None:
        """Return the pods of a subject or a peer; None: nobody can tell, or none."""
        pods = mapping(body.get("pods"))
        chosen = {
            NAMESPACE: body.get("namespaces") or pods.get("namespaceSelector") or {},
            POD: pods.get("podSelector") or {},
        }
        if ("namespaces" in body) == ("pods" in body):
            self.report("it names either `namespaces` or `pods`", *at)
            return None
        conditions: dict[Axis, Values] = {}
        for side, selector in chosen.items():
            found, problems = read_selector(side, selector)
            conditions.update(found)
            for problem in problems:
                self.report(problem, *at)
            if problems:
                return None
        return box(conditions)

    def _ports(self, rule: Mapping[str, Any], *at: Key) -> tuple[PortSet, tuple[str, ...]]:
        said = items(rule.get("ports")) or items(rule.get("protocols"))
        if not said:
            return EVERY_PORT, ()
        found: list[tuple[str, IntSet]] = []
        names: list[str] = []
        for each in map(mapping, said):
            name = each.get("namedPort") or each.get("destinationNamedPort")
            if name:
                names.append(str(name))
                continue
            ranges = list(_ranges(each))
            if not ranges:
                self.report("a port is not understood", *at)
            found += ranges
        return PortSet.of(found), tuple(names)


def _ranges(port: Mapping[str, Any]) -> Iterator[tuple[str, IntSet]]:
    """Yield the ports of one entry, in the form of either version of the API."""
    for key in ("portNumber", "portRange"):
        if key in port:
            body = mapping(port[key])
            first = body.get("port", body.get("start"))
            last = body.get("port", body.get("end"))
            protocol = str(body.get("protocol") or "TCP")
            if type(first) is int and type(last) is int and protocol in PROTOCOLS:
                yield protocol, IntSet.of(((first, last),))
    for protocol in PROTOCOLS:
        if protocol.lower() in port:
            body = mapping(mapping(port[protocol.lower()]).get("destinationPort"))
            between = mapping(body.get("range"))
            first = body.get("number", between.get("start", 1))
            last = body.get("number", between.get("end", 65535))
            if type(first) is int and type(last) is int:
                yield protocol, IntSet.of(((first, last),))
