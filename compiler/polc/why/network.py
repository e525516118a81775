"""One hop of packets: whether NetworkPolicies let it pass, and by which of their rules."""

from attrs import frozen

from polc.ir.nodes import Pods
from polc.semantics.network.networkpolicy import Direction, Policy, region_of
from polc.semantics.network.policies import Network
from polc.semantics.sets.labels import NAME_LABEL, Witness
from polc.why.answer import Reason, Step


@frozen
class Hop:
    """Packets from one end to another on one port. An end is pods, or an address."""

    source: Pods | str
    target: Pods | str
    protocol: str
    port: int

    @property
    def title(self) -> str:
        """Who sends what to whom."""
        return f"{_name(self.source)} -> {_name(self.target)} on {self.port}/{self.protocol}"


def hop_steps(network: Network, hop: Hop) -> tuple[Step, ...]:
    """Return what the egress of the one end and the ingress of the other say."""
    steps = []
    if isinstance(hop.source, Pods):
        steps.append(_step(network, hop, hop.source, hop.target, "egress"))
    if isinstance(hop.target, Pods):
        steps.append(_step(network, hop, hop.target, hop.source, "ingress"))
    return tuple(steps)


def _step(network: Network, hop: Hop, pods: Pods, other: Pods | str, direction: Direction) -> Step:
    applying = network.applying(pods.namespace, dict(pods.labels), direction)
    layer = f"{direction} of {_name(pods)}"
    if not applying:
        reason = Reason("no NetworkPolicy isolates it, so everything passes")
        return Step(layer, hop.title, "allowed", (reason,))
    peer = _peer(network, other)
    found = [
        Reason(f"rule {rule.index + 1} of {_policy(policy)}", _place(policy, direction, rule.index))
        for policy in applying
        for rule in policy.rules(direction) or ()
        if region_of([(each, rule.ports) for each in rule.peers]).holds(
            peer, hop.protocol, hop.port
        )
    ]
    if found:
        return Step(layer, hop.title, "allowed", tuple(found))
    named = tuple(
        Reason(f"no rule of {_policy(policy)} lets it pass", policy.found.where())
        for policy in applying
    )
    return Step(layer, hop.title, "denied", named)


def _peer(network: Network, end: Pods | str) -> Witness | str:
    if isinstance(end, str):
        return end
    labels = {**network.world.namespaces.get(end.namespace, {}), NAME_LABEL: end.namespace}
    return Witness(labels, dict(end.labels))


def _policy(policy: Policy) -> str:
    return f"NetworkPolicy {policy.namespace}/{policy.found.name}"


def _place(policy: Policy, direction: Direction, index: int) -> str:
    return policy.found.where("spec", direction, index)


def _name(end: Pods | str) -> str:
    return end if isinstance(end, str) else end.key
