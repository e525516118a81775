"""Isolations in the making: peers with ports, each port with the reason it is open for.

Two peers are one where the network can't tell them apart: the same labels in the same namespace,
whatever the program calls them. A port that is open already keeps its first purpose, so flows are
added before what the platform needs.
"""

from collections.abc import Iterable

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
    Opening,
    PeerKey,
    Side,
    drop_covered,
)
from polc.source import Span

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
        key = self.pods.key
        return Isolation(
            key=key,
            name=key.partition("/")[2],
            namespace=self.pods.namespace,
            labels=self.pods.labels,
            ingress=_rules(self.ingress),
            egress=_rules(self.egress),
            waypoint=self.waypoint,
            span=self.span,
        )


def let(
    side: Side,
    peer: NetworkPeer,
    ports: Iterable[TransportPort],
    purpose: Purpose,
    spans: tuple[Span, ...] = (),
) -> None:
    """Open ports to a peer on one side; what is open for another reason keeps that reason."""
    ports = tuple(ports)
    if not ports:  # INVARIANT: no ports is no rule, never every port.
        return
    entry = side.get(key := peer_key(peer))
    if entry is None:
        side[key] = peer, {port: (purpose, spans) for port in ports}
        return
    opened = entry[1]
    for port in ports:
        before = opened.get(port)
        if before is None:
            opened[port] = purpose, spans
        elif before[0] is purpose:
            opened[port] = purpose, before[1] + spans


def _rules(side: Side) -> tuple[NetworkRule, ...]:
    if not side:
        return ()
    drop_covered(side)
    rules = [
        (_order(peer, purpose), NetworkRule(peer, ports, purpose, spans))
        for peer, opened in side.values()
        for purpose, ports, spans in _by_purpose(opened)
    ]
    rules.sort(key=lambda each: each[0])
    return tuple(rule for _, rule in rules)


def _by_purpose(
    opened: dict[TransportPort, Opening],
) -> Iterable[tuple[Purpose, tuple[TransportPort, ...], tuple[Span, ...]]]:
    if len(opened) == 1:
        ((port, (purpose, spans)),) = opened.items()
        yield purpose, (port,), tuple(dict.fromkeys(spans)) if len(spans) > 1 else spans
        return
    groups: dict[Purpose, list[TransportPort]] = {}
    for port in sorted(opened):
        groups.setdefault(opened[port][0], []).append(port)
    for purpose, ports in groups.items():
        unique = dict.fromkeys(span for port in ports for span in opened[port][1])
        yield purpose, tuple(ports), tuple(unique)


def _order(peer: NetworkPeer, purpose: Purpose) -> tuple[int, int, str, Labels]:
    """Sort rules by purpose, then pods before the wider peers, then by name."""
    rank = PURPOSE_RANK[purpose]
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
