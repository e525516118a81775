"""Find a counterexample that gets through: what the policies at the other end let pass as well.

A connection needs the egress of the one pod and the ingress of the other (kubernetes.io, "Network
Policies", "The two sorts of pod isolation"). A rule that permits too much is wrong by itself; but
who reads "X can reach Y" should be able to see it happen, so a pod is named that nothing stops: one
of a namespace without policies, or one whose own policies permit it. Where there is none, that is
said.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, evolve, field

from polc.semantics.network.networkpolicy import Direction, region_of
from polc.semantics.network.policies import Network
from polc.semantics.network.search import Cut, Cuts, Leftover, find_leftover
from polc.semantics.sets.labels import NAME_LABEL, NAMESPACE, LabelBox, Values, box, pods_of
from polc.semantics.sets.regions import EVERYTHING, PortSet, Region


@define
class OtherEnds:
    """Answers for one set of policies; what they permit is worked out once."""

    network: Network
    _permitted: dict[tuple[str, Direction], Cuts] = field(factory=dict)
    _isolated: dict[tuple[str, Direction], Cuts] = field(factory=dict)

    def passing(self, found: Leftover, direction: Direction) -> Leftover | None:
        """Return the part of a leftover that gets through, or None if nothing does.

        `direction` is that of the rules which left it over.
        """
        other: Direction = "egress" if direction == "ingress" else "ingress"
        part = next(self._parts(found, other), None)
        if part is not None:
            return evolve(found, region=Region((part,)))
        addresses = found.region.addresses
        return evolve(found, region=Region((), addresses)) if addresses else None

    def _parts(self, found: Leftover, other: Direction) -> Iterator[tuple[LabelBox, PortSet]]:
        world = self.network.world
        isolating = [
            name
            for name in sorted(self.network.by_namespace)
            if any(each.rules(other) is not None for each in self.network.policies(name))
        ]
        free = box({(NAMESPACE, NAME_LABEL): ~Values(frozenset((None, *isolating)))})
        for chosen, ports in found.region.pods:
            outside = chosen & free
            if outside is not None and world.possible(outside):
                yield outside, ports
        for chosen, ports in found.region.pods:
            for name in isolating:
                inside = chosen & pods_of(name)
                if inside is not None and world.possible(inside):
                    yield from self._within(name, inside, ports, found, other)

    def _within(
        self, name: str, inside: LabelBox, ports: PortSet, found: Leftover, other: Direction
    ) -> Iterator[tuple[LabelBox, PortSet]]:
        """Yield the pods of one namespace that are not isolated, or permitted by a policy."""
        world = self.network.world
        permitted, isolated = self._of(name, other)
        everything = find_leftover(inside, EVERYTHING, isolated, world)
        if everything is not None:
            pod = everything.pod
            yield pods_of(name, pod.pod.items()), ports
        for cut in permitted.meeting(inside):
            for peers, their_ports in cut.region.pods:
                both, shared = inside & cut.pods, ports & their_ports
                if not shared or not peers.holds(found.pod.namespace, found.pod.pod):
                    continue
                if both is not None and world.possible(both):
                    yield both, shared

    def _of(self, name: str, other: Direction) -> tuple[Cuts, Cuts]:
        key = (name, other)
        if key not in self._permitted:
            policies = [
                (each.pods, rules)
                for each in self.network.policies(name)
                if (rules := each.rules(other)) is not None
            ]
            self._isolated[key] = Cuts(Cut(pods, EVERYTHING) for pods, _ in policies)
            self._permitted[key] = Cuts(
                Cut(pods, region_of([(peer, rule.ports) for rule in rules for peer in rule.peers]))
                for pods, rules in policies
            )
        return self._permitted[key], self._isolated[key]
