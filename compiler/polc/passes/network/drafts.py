"""Isolations in the making, and the settled form in which they are handed on.

While an isolation is worked out, rules are only collected by peer, and two peers are one where the
network can't tell them apart: the same labels in the same namespace, whatever the program calls
them. A port keeps the purpose of the first rule that opened it, so flows are added before what
the platform needs.
"""

from collections.abc import Iterator
from operator import itemgetter

from attrs import define, field

from polc.ir.nodes import (
    Addresses,
    AllPods,
    Isolation,
    Labels,
    NamespacePods,
    NetworkRule,
    Pods,
    Purpose,
    TransportPort,
)
from polc.passes.network.minimal import (
    NetworkPeer,
    Opened,
    Opening,
    PeerKey,
    drop_covered,
    may_overlap,
)
from polc.source import Span

Side = dict[PeerKey, list[NetworkRule]]
"""One direction of an isolation: its rules by peer, in the order in which they were added."""

_ORDER = (
    Purpose.DECLARED,
    Purpose.KNATIVE,
    Purpose.API_SERVER,
    Purpose.MESH,
    Purpose.PROBE,
    Purpose.DNS,
)
PURPOSE_RANK = {purpose: rank for rank, purpose in enumerate(_ORDER)}
"""The order of rules: what was declared first, what every pod needs last."""


@define
class Draft:
    """What the pods of one isolation may receive and send, while it is being worked out."""

    pods: Pods
    span: Span
    waypoint: bool = False
    needs_dns: bool = False
    ingress: Side = field(factory=dict)
    egress: Side = field(factory=dict)

    def finish(self) -> Isolation:
        """Return the isolation without rules that others cover, in a settled order."""
        pods = self.pods
        return Isolation(
            key=pods.key,
            name=pods.key.partition("/")[2],
            namespace=pods.namespace,
            labels=pods.labels,
            ingress=_settle(self.ingress),
            egress=_settle(self.egress),
            waypoint=self.waypoint,
            span=self.span,
        )


def let(
    side: Side,
    peer: NetworkPeer,
    ports: tuple[TransportPort, ...],
    purpose: Purpose,
    spans: tuple[Span, ...] = (),
) -> None:
    """Open ports to a peer on one side."""
    if ports:  # INVARIANT: no ports is no rule, never every port.
        add(side, NetworkRule(peer, ports, purpose, spans))


def add(side: Side, rule: NetworkRule) -> None:
    """Add a rule to one side."""
    key = peer_key(rule.peer)
    rules = side.get(key)
    if rules is None:
        side[key] = [rule]
    else:
        rules.append(rule)


def peer_key(peer: NetworkPeer) -> PeerKey:
    """Return what the network tells a peer by."""
    match peer:
        case Pods():
            return peer.namespace, peer.labels
        case NamespacePods():
            return peer.namespace, ()
        case AllPods():
            return None
        case Addresses():
            return Addresses("", peer.blocks)


def _settle(side: Side) -> tuple[NetworkRule, ...]:
    """Return the rules of one side: one per peer and purpose, none that others cover."""
    if may_overlap(side):
        opened = {key: _open(rules) for key, rules in side.items()}
        drop_covered(opened)
        settled = [rule for each in opened.values() for rule in _by_purpose(*each)]
    else:
        settled = []
        for rules in side.values():
            settled += rules if _apart(rules) else _by_purpose(*_open(rules))
    if len(settled) > 1:
        settled.sort(key=_order)
    return tuple(settled)


def _apart(rules: list[NetworkRule]) -> bool:
    """Tell quickly whether rules for one peer can stay as they are."""
    if len(rules) == 1:
        return True
    one, *others = rules
    return len(others) == 1 and (
        one.purpose is not others[0].purpose
        and not any(port in one.ports for port in others[0].ports)
    )


def _open(rules: list[NetworkRule]) -> tuple[NetworkPeer, Opened]:
    """Return a peer's ports, each with its first purpose and the lines that have that purpose."""
    opened: Opened = {}
    for rule in rules:
        for port in rule.ports:
            before = opened.get(port)
            if before is None:
                opened[port] = rule.purpose, rule.spans
            elif before[0] is rule.purpose:
                opened[port] = rule.purpose, before[1] + rule.spans
    return rules[0].peer, opened


def _by_purpose(peer: NetworkPeer, opened: Opened) -> Iterator[NetworkRule]:
    groups: dict[Purpose, list[tuple[TransportPort, Opening]]] = {}
    for port, opening in opened.items():
        groups.setdefault(opening[0], []).append((port, opening))
    for purpose, members in groups.items():
        if len(members) > 1:
            members.sort(key=itemgetter(0))
        spans = [span for _, opening in members for span in opening[1]]
        yield NetworkRule(
            peer,
            tuple(port for port, _ in members),
            purpose,
            tuple(dict.fromkeys(spans) if len(spans) > 1 else spans),
        )


def _order(rule: NetworkRule) -> tuple[int, int, str, Labels]:
    """Sort rules by purpose, then pods before the wider peers, then by name."""
    peer, rank = rule.peer, PURPOSE_RANK[rule.purpose]
    match peer:
        case Pods():
            return rank, 0, peer.namespace, peer.labels
        case NamespacePods():
            return rank, 1, peer.namespace, ()
        case AllPods():
            return rank, 2, "", ()
        case Addresses():
            blocks = tuple((block.cidr, ",".join(block.excepts)) for block in peer.blocks)
            return rank, 3, peer.name, blocks
