"""What NetworkPolicies mean, read off the API's own documentation and nothing else.

Plain on purpose: no indexes, no sharing with the backend but the objects themselves. Sources: the
field comments of k8s.io/api/networking/v1 (NetworkPolicySpec, …Rule, …Peer, …Port, IPBlock) and the
conformance rules of kubernetes.io, "Network Policies".

Whether an `ipBlock` matches the address of a pod is left open by the API: `blocks_match_pods`
chooses the reading, and a claim about an output should hold under both.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

Policy = Mapping[str, Any]
NAME_LABEL = "kubernetes.io/metadata.name"


@frozen
class Pod:
    """A pod somewhere; its namespace carries the label that the control plane sets, and `space`."""

    namespace: str
    labels: Mapping[str, str] = field(converter=dict, hash=False)
    ip: str = "10.244.0.1"
    space: Mapping[str, str] = field(factory=dict, converter=dict, hash=False)


Endpoint = Pod | str
"""A pod, or an address outside the cluster."""


def allowed(
    policies: Iterable[Policy],
    source: Endpoint,
    target: Endpoint,
    protocol: str,
    port: int,
    *,
    blocks_match_pods: bool = False,
) -> bool:
    """Tell whether a connection is let through at both of its ends."""
    policies = list(policies)
    return all(
        passes(policies, direction, here, there, protocol, port, blocks_match_pods)
        for direction, here, there in (("Egress", source, target), ("Ingress", target, source))
        if isinstance(here, Pod)
    )


def passes(
    policies: Iterable[Policy],
    direction: str,
    here: Pod,
    there: Endpoint,
    protocol: str,
    port: int,
    blocks_match_pods: bool = False,
) -> bool:
    """Tell whether the policies of one pod let a connection pass in one direction."""
    applying = [each for each in policies if selects(each, here) and direction in types(each)]
    if not applying:
        return True  # A pod that no policy isolates in a direction is open in it.
    field_name, peers_name = ("egress", "to") if direction == "Egress" else ("ingress", "from")
    return any(
        _peer_matches(rule.get(peers_name), each, there, blocks_match_pods)
        and _port_matches(rule.get("ports"), protocol, port)
        for each in applying
        for rule in each["spec"].get(field_name) or ()
    )


def selects(policy: Policy, pod: Pod) -> bool:
    """Tell whether a policy is about a pod."""
    same = policy["metadata"].get("namespace", "default") == pod.namespace
    return same and selector_matches(policy["spec"]["podSelector"], pod.labels)


def types(policy: Policy) -> list[str]:
    """Return the directions of a policy; by default ingress, and egress if it has such rules."""
    spec = policy["spec"]
    if spec.get("policyTypes"):
        return list(spec["policyTypes"])
    return ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _peer_matches(
    peers: list[Any] | None, policy: Policy, there: Endpoint, blocks_match_pods: bool
) -> bool:
    if not peers:
        return True  # Missing or empty: every peer.
    return any(_one_peer_matches(peer, policy, there, blocks_match_pods) for peer in peers)


def _one_peer_matches(
    peer: Mapping[str, Any], policy: Policy, there: Endpoint, blocks_match_pods: bool
) -> bool:
    assert peer, "the API server rejects a peer that says nothing"
    if "ipBlock" in peer:
        assert set(peer) == {"ipBlock"}, "ipBlock excludes selectors"
        if isinstance(there, Pod):
            return blocks_match_pods and _block_matches(peer["ipBlock"], there.ip)
        return _block_matches(peer["ipBlock"], there)
    if not isinstance(there, Pod):
        return False
    if "namespaceSelector" in peer:
        space = {**there.space, NAME_LABEL: there.namespace}
        if not selector_matches(peer["namespaceSelector"], space):
            return False
    elif there.namespace != policy["metadata"].get("namespace", "default"):
        return False
    return selector_matches(peer.get("podSelector", {}), there.labels)


def _block_matches(block: Mapping[str, Any], address: str) -> bool:
    cidr, ip = ipaddress.ip_network(block["cidr"]), ipaddress.ip_address(address)
    for hole in block.get("except", ()):
        inner = ipaddress.ip_network(hole)
        assert inner != cidr, "an exception is a strict subset"
        assert inner.subnet_of(cidr), "an exception is a strict subset"
    return ip in cidr and not any(
        ip in ipaddress.ip_network(hole) for hole in block.get("except", ())
    )


def selector_matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a `metav1.LabelSelector` matches some labels."""
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_expression_matches(each, labels) for each in selector.get("matchExpressions") or ())


def _expression_matches(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case unknown:
            raise AssertionError(f"no such operator: {unknown}")


def _port_matches(ports: list[Any] | None, protocol: str, port: int) -> bool:
    if not ports:
        return True  # Missing or empty: every port of every protocol.
    return any(
        each.get("protocol", "TCP") == protocol
        and ("port" not in each or each["port"] <= port <= each.get("endPort", each["port"]))
        for each in ports
    )
