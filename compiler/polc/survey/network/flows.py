"""Connections that one end permits and the other denies, with both policies in the input.

Asked of the rules that name pods by their labels: who lets whole namespaces in says little of each
pod in them.
"""

from collections.abc import Iterator
from functools import cached_property

from attrs import field, frozen

from polc.codes.proof import HALF_FLOW
from polc.diagnostics import Diagnostic
from polc.prose import listed
from polc.semantics.network.networkpolicy import DIRECTIONS, Direction, Policy, Rule, peer_box
from polc.semantics.network.policies import Network
from polc.semantics.sets.labels import NAME_LABEL, POD
from polc.semantics.sets.regions import EVERY_PORT, PortSet, Region
from polc.semantics.workloads.templates import Template
from polc.survey.mistakes import full_name, mistake
from polc.survey.shown import Shown
from polc.terms import Block

_MOST_PAIRS = 40
"""So many pairs of one rule are looked at: who names more means them all."""


@frozen(eq=False, slots=False)
class _Ends:
    """What pods of the input may exchange; each is worked out once."""

    shown: Shown
    network: Network
    _regions: dict[tuple[int, Direction], Region | None] = field(factory=dict)

    def permitted(self, pod: Template, direction: Direction) -> Region | None:
        key = id(pod.found), direction
        if key not in self._regions:
            found = self.network.permitted(pod.namespace, pod.labels, direction)
            self._regions[key] = found
        return self._regions[key]

    @cached_property
    def labels(self) -> dict[str, dict[str, str]]:
        spaces = self.shown.manifests.namespaces
        return {name: {**spaces.get(name, {}), NAME_LABEL: name} for name in self.shown.pods}

    def denied(self, pod: Template, other: Template, direction: Direction, ports: PortSet) -> bool:
        """Tell whether the policies of a pod permit nothing of some ports with another."""
        region = self.permitted(pod, direction)
        if region is None or region.addresses:  # Blocks may hold the address of a pod.
            return False
        return not any(
            more & ports and box.holds(self.labels[other.namespace], other.labels)
            for box, more in region.pods
        )


def half_flows(shown: Shown, network: Network) -> Iterator[Diagnostic]:
    """Report rules that the policies of the other end undo."""
    ends = _Ends(shown, network)
    for group in network.by_namespace.values():
        for policy in group:
            if policy.namespace in network.unclear:
                continue
            mine = list(shown.held(policy.pods))
            for direction in DIRECTIONS:
                for rule in policy.rules(direction) or ():
                    yield from _undone(policy, direction, rule, mine, ends)


def _undone(
    policy: Policy, direction: Direction, rule: Rule, mine: list[Template], ends: _Ends
) -> Iterator[Diagnostic]:
    other: Direction = "egress" if direction == "ingress" else "ingress"
    pairs: list[tuple[Template, Template]] = []
    ports = rule.ports
    for peer in rule.peers:
        box = None if isinstance(peer, Block) else peer_box(peer)
        if box is None or not any(side == POD for (side, _), _ in box.conditions):
            continue
        theirs = list(ends.shown.held(box))
        if len(mine) * len(theirs) > _MOST_PAIRS:
            return
        for pod in mine:
            for end in theirs:
                if end.found is pod.found or end.namespace in ends.network.unclear:
                    continue
                if ports and ends.denied(end, pod, other, ports):
                    pairs.append((pod, end))
    if not pairs:
        return
    pod, end = pairs[0]
    on = "every port" if ports == EVERY_PORT else str(ports)
    number = "" if len(pairs) == 1 else f", and {len(pairs) - 1} more such pairs"
    deciding = ends.network.applying(end.namespace, end.labels, other)
    names = listed(dict.fromkeys(full_name(each.found) for each in deciding[:3]))
    if direction == "egress":
        message = f"lets {pod.title} connect to {end.title} on {on}, and the policies there"
        advice = f"admit it in {names}, or leave this rule out"
        message += f" ({names}) do not admit it{number}"
    else:
        message = f"admits {end.title} at {pod.title} on {on}, and the policies there ({names})"
        message += f" do not let it connect{number}"
        advice = f"add the egress to {names}, or leave this rule out"
    place = ("spec", direction, rule.index)
    yield mistake(policy.found, message, advice, *place, code=HALF_FLOW)
