"""Print isolations as NetworkPolicies: a default deny per namespace, one policy per isolation.

The rules for what is written here, after the API's documentation (k8s.io/api/networking/v1):

- `policyTypes` always holds both: what it leaves out is not isolated.
- A direction without rules has no field. An empty rule, and an empty list of peers or ports, mean
  everything, so none is ever written.
- One rule per peer with that peer's ports: joining peers would give each of them all ports.
- A peer of pods has both selectors in one item (that is *and*), also for pods of the same
  namespace. So a rule means the same wherever it is read; and should a later tool move the policy
  to another namespace, it closes, where `podSelector` alone would turn to pods there.
- Ports are numbers of pod ports, with their protocol. A range whose end a plug-in ignores gets
  narrower, not wider.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import Any

from polc.backend import Artifact, Feature, Item, KubernetesObject
from polc.diagnostics import Diagnostic
from polc.ir.mesh import WAYPOINT
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Block,
    Cluster,
    Isolation,
    Labels,
    Namespace,
    NamespacePods,
    NetworkRule,
    Pods,
    Program,
    Transport,
    TransportPort,
)
from polc.source import Span
from polc_backends.k8s import (
    NAMESPACE_NAME_LABEL,
    match_labels,
    metadata,
    namespace_path,
    workload_path,
)

DEFAULT_DENY = "default-deny"
RESERVED = (DEFAULT_DENY, WAYPOINT)
"""Names of policies that no service declares."""

Data = dict[str, Any]
NetworkPeer = Pods | NamespacePods | AllPods | Addresses
MakeRule = Callable[[str, NetworkPeer, tuple[TransportPort, ...]], Data]
PeerKey = tuple[str, Labels] | str | tuple[Block, ...] | None
"""What tells peers apart on the network."""


class NetworkPolicyBackend:
    """Writes what `passes.network` worked out; it decides nothing of its own."""

    name = "networkpolicy"

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        """Return what NetworkPolicy enforces: labels, address blocks and ports, no more.

        Cilium matches address blocks against nothing that it has an identity for, such as nodes.
        """
        found = {Feature.POD_PEERS, Feature.ADDRESS_PEERS, Feature.PORTS}
        return frozenset(found if cluster.cni == "cilium" else found | {Feature.NODE_PEERS})

    def emit(self, program: Program) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Return the default deny of each owned namespace, then one policy per isolation."""
        denials = [deny_all(namespace) for namespace in program.namespaces]
        rule = cache(make_rule)  # the callers of one service have a rule in common
        return (*denials, *(policy(isolation, rule) for isolation in program.isolations)), ()


BACKEND = NetworkPolicyBackend()


def deny_all(namespace: Namespace) -> KubernetesObject:
    """Return the policy that isolates every pod of a namespace, the unknown ones included."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    body = _object(DEFAULT_DENY, namespace.name, spec)
    return KubernetesObject(
        namespace_path(namespace.name, "networkpolicy"), body, (namespace.span,)
    )


def make_rule(side: str, peer: NetworkPeer, ports: tuple[TransportPort, ...]) -> Data:
    """Return one rule for one peer."""
    return {side: _peers(peer), "ports": _ports(ports)}


def policy(isolation: Isolation, rule: MakeRule = make_rule) -> KubernetesObject:
    """Return the policy of one workload or waypoint, with rules made by `rule`."""
    # INVARIANT: an isolation has labels; `podSelector: {}` would open the whole namespace.
    assert isolation.labels
    spec: Data = {
        "podSelector": match_labels(isolation.labels),
        "policyTypes": ["Ingress", "Egress"],
    }
    if isolation.ingress:
        spec["ingress"] = _rules("from", isolation.ingress, rule)
    if isolation.egress:
        spec["egress"] = _rules("to", isolation.egress, rule)
    path = (
        namespace_path(isolation.namespace, "networkpolicy")
        if isolation.waypoint
        else workload_path(isolation, "networkpolicy")
    )
    body = _object(policy_name(isolation), isolation.namespace, spec)
    return KubernetesObject(path, body, _spans(isolation), partial(_items, isolation))


def policy_name(isolation: Isolation) -> str:
    """Return the name of a policy: that of the service, made unlike the reserved ones.

    No service's name holds a dot, so the result is nobody else's.
    """
    if isolation.name in RESERVED and not isolation.waypoint:
        return f"{isolation.name}.service"
    return isolation.name


def _object(name: str, namespace: str, spec: Data) -> Data:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, namespace),
        "spec": spec,
    }


def _spans(isolation: Isolation) -> tuple[Span, ...]:
    spans = [isolation.span]
    for rule in (*isolation.ingress, *isolation.egress):
        spans += rule.spans
    return tuple(spans)


def _items(isolation: Isolation) -> Iterator[tuple[Item, tuple[Span, ...]]]:
    """Return which lines each rule comes from, in the order of `_rules`."""
    for field, rules in (("ingress", isolation.ingress), ("egress", isolation.egress)):
        spans: dict[PeerKey, tuple[Span, ...]] = {}
        for rule in rules:
            key = _key(rule.peer)
            spans[key] = spans.get(key, ()) + rule.spans
        for number, found in enumerate(spans.values()):
            yield (("spec", field), number), found


def _rules(side: str, rules: tuple[NetworkRule, ...], make: MakeRule) -> list[Data]:
    """Return one rule per peer: its ports of every purpose, at the place of the first of them."""
    if rules[0].purpose is rules[-1].purpose:  # Sorted by purpose: no peer stands twice.
        return [make(side, rule.peer, rule.ports) for rule in rules]
    joined: dict[PeerKey, NetworkRule] = {}
    more: dict[PeerKey, list[TransportPort]] = {}
    for rule in rules:
        key = _key(rule.peer)
        if key in joined:
            more.setdefault(key, list(joined[key].ports)).extend(rule.ports)
        else:
            joined[key] = rule
    return [
        make(side, rule.peer, tuple(sorted(more[key])) if key in more else rule.ports)
        for key, rule in joined.items()
    ]


def _key(peer: NetworkPeer) -> PeerKey:
    match peer:
        case Pods():
            return peer.namespace, peer.labels
        case NamespacePods():
            return peer.namespace
        case Addresses():
            return peer.blocks
        case AllPods():
            return None


def _peers(peer: NetworkPeer) -> list[Data]:
    match peer:
        case Pods() if peer.labels:
            pods = {"matchLabels": dict(peer.labels)}
            return [{"namespaceSelector": _namespace(peer.namespace), "podSelector": pods}]
        case Pods() | NamespacePods():
            return [{"namespaceSelector": _namespace(peer.namespace)}]
        case AllPods():
            return [{"namespaceSelector": {}}]
        case Addresses():
            return [{"ipBlock": _ip_block(block)} for block in peer.blocks]


def _namespace(name: str) -> Data:
    return {"matchLabels": {NAMESPACE_NAME_LABEL: name}}


def _ip_block(block: Block) -> Data:
    if block.excepts:
        return {"cidr": block.cidr, "except": list(block.excepts)}
    return {"cidr": block.cidr}


def _ports(ports: Iterable[TransportPort]) -> list[Data]:
    return [
        {"protocol": _protocol(port), "port": port.port}
        if port.end == port.port
        else {"protocol": _protocol(port), "port": port.port, "endPort": port.end}
        for port in ports
    ]


def _protocol(port: TransportPort) -> str:
    # An enum's `value` costs more than the rest of a port, and nearly all of them are TCP.
    return "TCP" if port.transport is Transport.TCP else port.transport.value
