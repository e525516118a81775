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

from collections.abc import Iterable
from typing import Any

from polc.backend import Artifact, Feature, KubernetesObject
from polc.diagnostics import Diagnostic
from polc.ir.mesh import WAYPOINT
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Block,
    Cluster,
    Isolation,
    Namespace,
    NamespacePods,
    NetworkRule,
    Pods,
    Program,
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


class NetworkPolicyBackend:
    """Writes what `passes.network` worked out; it decides nothing of its own."""

    name = "networkpolicy"

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        """Return what NetworkPolicy enforces: labels, address blocks and ports, no more."""
        return frozenset({Feature.POD_PEERS, Feature.ADDRESS_PEERS, Feature.PORTS})

    def emit(self, program: Program) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Return the default deny of each owned namespace, then one policy per isolation."""
        denials = [deny_all(namespace) for namespace in program.namespaces]
        return (*denials, *map(policy, program.isolations)), ()


BACKEND = NetworkPolicyBackend()


def deny_all(namespace: Namespace) -> KubernetesObject:
    """Return the policy that isolates every pod of a namespace, the unknown ones included."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    body = _object(DEFAULT_DENY, namespace.name, spec)
    return KubernetesObject(
        namespace_path(namespace.name, "networkpolicy"), body, (namespace.span,)
    )


def policy(isolation: Isolation) -> KubernetesObject:
    """Return the policy of one workload or waypoint."""
    # INVARIANT: an isolation has labels; `podSelector: {}` would open the whole namespace.
    assert isolation.labels
    spec: Data = {
        "podSelector": match_labels(isolation.labels),
        "policyTypes": ["Ingress", "Egress"],
    }
    if isolation.ingress:
        spec["ingress"] = _rules("from", isolation.ingress)
    if isolation.egress:
        spec["egress"] = _rules("to", isolation.egress)
    path = (
        namespace_path(isolation.namespace, "networkpolicy")
        if isolation.waypoint
        else workload_path(isolation, "networkpolicy")
    )
    body = _object(policy_name(isolation), isolation.namespace, spec)
    return KubernetesObject(path, body, _spans(isolation))


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
    rules = (*isolation.ingress, *isolation.egress)
    return (isolation.span, *(span for rule in rules for span in rule.spans))


def _rules(side: str, rules: Iterable[NetworkRule]) -> list[Data]:
    """Return one rule per peer: its ports of every purpose, at the place of the first of them."""
    joined: dict[object, tuple[NetworkRule, list[TransportPort]]] = {}
    for rule in rules:
        key = _key(rule)
        if key in joined:
            joined[key][1].extend(rule.ports)
        else:
            joined[key] = rule, list(rule.ports)
    return [{side: _peers(rule), "ports": _ports(ports)} for rule, ports in joined.values()]


def _key(rule: NetworkRule) -> object:
    match rule.peer:
        case Pods(namespace=namespace, labels=labels):
            return namespace, labels
        case Addresses(blocks=blocks):
            return blocks
        case peer:
            return peer


def _peers(rule: NetworkRule) -> list[Data]:
    match rule.peer:
        case Pods(namespace=namespace, labels=labels) if labels:
            return [{**_namespace(namespace), "podSelector": {"matchLabels": dict(labels)}}]
        case Pods(namespace=namespace) | NamespacePods(namespace=namespace):
            return [_namespace(namespace)]
        case AllPods():
            return [{"namespaceSelector": {}}]
        case Addresses(blocks=blocks):
            return [{"ipBlock": _ip_block(block)} for block in blocks]


def _namespace(name: str) -> Data:
    return {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME_LABEL: name}}}


def _ip_block(block: Block) -> Data:
    if block.excepts:
        return {"cidr": block.cidr, "except": list(block.excepts)}
    return {"cidr": block.cidr}


def _ports(ports: list[TransportPort]) -> list[Data]:
    if len(ports) > 1:
        ports = sorted(ports, key=lambda port: (port.port, port.end, port.transport.value))
    return [_port(port) for port in ports]


def _port(port: TransportPort) -> Data:
    if port.end == port.port:
        return {"protocol": port.transport.value, "port": port.port}
    return {"protocol": port.transport.value, "port": port.port, "endPort": port.end}
