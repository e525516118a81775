"""One hop of packets: whether policies let it pass, and by which of their rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from polc.ir.nodes import Pods
from polc.semantics.ends import End
from polc.semantics.network.networkpolicy import Direction
from polc.semantics.network.reachability import Deciding, Reachability
from polc.semantics.sets.intervals import IntSet, cidr_set
from polc.semantics.sets.labels import NAME_LABEL, Witness
from polc.semantics.sets.regions import EVERY_PORT, PortSet
from polc.why.answer import Reason, Step, Verdict


@frozen(eq=False)
class Hop:
    """Packets from one end to another, on one port or (without one) on any.

    With `explain` every rule that is about these ends is told, also one for other ports.
    """

    source: End
    target: End
    protocol: str
    port: int | None
    explain: bool = False

    @property
    def title(self) -> str:
        """Who sends what to whom."""
        on = "any port" if self.port is None else f"{self.port}/{self.protocol}"
        return f"{self.source.id} -> {self.target.id} on {on}"

    @property
    def ports(self) -> PortSet:
        """The ports that it is about."""
        if self.port is None:
            return EVERY_PORT
        return PortSet.of(((self.protocol, IntSet(((self.port, self.port),))),))


def end_of(pods: Pods | str, namespaces: Mapping[str, Mapping[str, str]]) -> End:
    """Return pods of a program, or an address, as an end."""
    if isinstance(pods, str):
        return End(pods, "addresses", addresses=cidr_set(pods))
    labels = {**namespaces.get(pods.namespace, {}), NAME_LABEL: pods.namespace}
    name = pods.key.partition("/")[2]
    witness = Witness(labels, dict(pods.labels))
    return End(pods.key, "pods", pods.namespace, name, account=pods.account, witness=witness)


def hop_steps(reach: Reachability, hop: Hop) -> tuple[Step, ...]:
    """Return what the egress of the one end and the ingress of the other say."""
    steps = []
    if hop.source.addresses is None:
        steps.append(_step(reach, hop, hop.source, hop.target, "egress"))
    if hop.target.addresses is None:
        steps.append(_step(reach, hop, hop.target, hop.source, "ingress"))
    return tuple(steps)


def _step(reach: Reachability, hop: Hop, pods: End, other: End, direction: Direction) -> Step:
    mine, theirs = reach.class_of(pods), reach.class_of(other)
    layer = f"{direction} of {pods.id}"
    if not mine.isolated(direction) and not mine.admin:
        reason = Reason("no NetworkPolicy isolates it, so everything passes")
        return Step(layer, hop.title, "allowed", (reason,))
    passes = reach.permitted(mine, theirs, direction) & hop.ports
    verdict: Verdict = "denied"
    if passes:
        verdict = "allowed" if passes == hop.ports else "partly"
    rules = list(reach.deciding(mine, theirs, direction))
    reasons = tuple(_reasons(hop, rules, verdict))
    if not reasons and verdict == "allowed":
        reasons = (Reason("no rule is about it, and no NetworkPolicy isolates it"),)
    return Step(layer, hop.title, verdict, reasons)


def _reasons(hop: Hop, rules: list[Deciding], verdict: Verdict) -> Iterator[Reason]:
    for rule in rules:
        name = _policy(rule)
        if rule.index is None:
            if verdict == "denied" or hop.explain:
                yield Reason(f"no rule of {name} lets it pass", rule.found.where())
        elif rule.ports & hop.ports or hop.explain:
            action = {"Accept": "", "Deny": " (Deny)", "Pass": " (Pass)"}[rule.action]
            only = f", on {rule.ports}" if hop.port is None or not rule.ports & hop.ports else ""
            text = f"rule {rule.index + 1} of {name}{action}{only}"
            yield Reason(text, rule.found.where(*rule.keys))
        elif verdict == "denied":
            what = f"rule {rule.index + 1} of {name} is about {rule.ports}"
            yield Reason(what, rule.found.where(*rule.keys))


def _policy(rule: Deciding) -> str:
    found = rule.found
    if found.kind == "NetworkPolicy":
        return f"NetworkPolicy {found.namespace}/{found.name}"
    return f"{found.kind} {found.name}"
