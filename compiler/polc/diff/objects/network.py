"""The network policies of two sides to the connections that only one of them lets pass.

They are compared between all pods that either side speaks of, and between each of them and peers
that no workload is: addresses, whole namespaces, pods that are only named.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import frozen

from polc.diff.changes import Change, Kind
from polc.diff.objects.network_pods import differing, within
from polc.diff.objects.side import Side
from polc.diff.objects.subjects import Subject
from polc.diff.objects.words import peer_text
from polc.semantics.network.networkpolicy import DIRECTIONS, Direction, region_of
from polc.semantics.network.policies import Network
from polc.semantics.sets.intervals import AddressSet
from polc.semantics.sets.labels import NAME, Witness, World
from polc.semantics.sets.regions import EVERY_PORT, EVERYTHING, PortSet, Region
from polc.source import Span, nowhere
from polc.terms import Block

_End = tuple[Subject, Direction]
_VERBS: dict[Direction, str] = {"egress": "may send to", "ingress": "may receive from"}
_Allowed = Mapping[_End, Region]
_Pairs = Mapping[tuple[Subject, Subject], PortSet]


def network_changes(one: Side, other: Side, subjects: tuple[Subject, ...]) -> Iterator[Change]:
    """Yield what only `one` lets pass."""
    plain = tuple(each for each in subjects if not each.mixed)
    known = {(each.namespace, each.labels) for each in plain}
    found = {
        (each.namespace, each.labels): each
        for each in differing(one.network, other.network)
        if (each.namespace, each.labels) not in known
    }
    subjects = (*plain, *found.values())
    step = _Step(
        (one.network, other.network),
        subjects,
        _allowed(one.network, subjects),
        _allowed(other.network, subjects),
    )
    pairs = dict(step.pairs())
    yield from step.between(pairs)
    yield from step.outwards(pairs)


def _allowed(network: Network, subjects: tuple[Subject, ...]) -> _Allowed:
    return {
        (subject, direction): network.allows(subject.namespace, dict(subject.labels), direction)
        for subject in subjects
        for direction in DIRECTIONS
    }


@frozen(eq=False, slots=False)
class _Step:
    """What two networks let pass, at each end of each of some pods."""

    networks: tuple[Network, Network]
    subjects: tuple[Subject, ...]
    mine: _Allowed
    theirs: _Allowed

    @cached_property
    def moved(self) -> dict[str, tuple[Mapping[str, str], Mapping[str, str]]]:
        """Namespaces whose labels differ, with those of either side."""
        one, other = (network.world.namespaces for network in self.networks)
        return {
            name: (one.get(name, {}), other.get(name, {}))
            for name in sorted({*one, *other})
            if one.get(name, {}) != other.get(name, {})
        }

    @cached_property
    def written(self) -> tuple[Block, ...]:
        """The address blocks of both sides, as they were written."""
        found = (
            peer
            for network in self.networks
            for policies in network.by_namespace.values()
            for policy in policies
            for direction in DIRECTIONS
            for rule in policy.rules(direction) or ()
            for peer in rule.peers
            if isinstance(peer, Block)
        )
        return tuple(sorted(set(found), key=lambda each: (each.cidr, each.excepts)))

    # --- between known pods ---

    def pairs(self) -> Iterator[tuple[tuple[Subject, Subject], PortSet]]:
        """Yield the ports that are new between two of the pods; both ends have to agree."""
        one, other = self.networks
        still = {
            end for end in self.mine if end[0].namespace not in self.moved and self._is_same(end)
        }
        real = [each for each in self.subjects if not each.mixed]
        for source in real:
            for target in real:
                if (source, "egress") in still and (target, "ingress") in still:
                    continue
                new = self._passes(self.mine, source, target, one)
                if new and (new := new - self._passes(self.theirs, source, target, other)):
                    yield (source, target), new

    def between(self, pairs: _Pairs) -> Iterator[Change]:
        """Yield the new ports of pairs, but for ends that nothing isolates any more."""
        other = self.networks[1]
        for (source, target), new in pairs.items():
            ends: tuple[_End, ...] = ((source, "egress"), (target, "ingress"))
            opened = [end for end in ends if self._is_opened(end)]
            if opened and all(end in opened or self._is_same(end) for end in ends):
                continue  # It is said of the end by itself.
            held = self._passes(self.theirs, source, target, other)
            yield Change(
                Kind.FLOW,
                True,
                source.name,
                "may call",
                f"{target.name} on {_ports(new)}",
                besides=(_ports(held),) if held else (),
                namespaces=(source.namespace, target.namespace),
                span=self._why(source, target, new),
            )

    def _passes(
        self, allowed: _Allowed, source: Subject, target: Subject, network: Network
    ) -> PortSet:
        sent = _towards(allowed[source, "egress"], target.witness(network))
        return sent & _towards(allowed[target, "ingress"], source.witness(network))

    def _is_same(self, end: _End) -> bool:
        return self.mine[end] == self.theirs[end]

    def _is_opened(self, end: _End) -> bool:
        return self.mine[end] is EVERYTHING and bool(
            EVERYTHING.minus(self.theirs[end], self.networks[0].world)
        )

    def _why(self, source: Subject, target: Subject, ports: PortSet) -> Span:
        """Return the rule that lets packets in, or where that is not new the one that sends."""
        one, other = self.networks
        came = _towards(self.theirs[target, "ingress"], source.witness(other))
        if ports <= came:
            return self._rule(source, "egress", target.witness(one), ports)
        return self._rule(target, "ingress", source.witness(one), ports)

    def _rule(self, subject: Subject, direction: Direction, peer: Witness, ports: PortSet) -> Span:
        one, other = self.networks
        labels = dict(subject.labels)
        for policy in one.applying(subject.namespace, labels, direction):
            for rule in policy.rules(direction) or ():
                region = region_of([(each, rule.ports) for each in rule.peers])
                if _towards(region, peer) & ports:
                    return policy.found.span("spec", direction, rule.index)
        return _isolating(other, subject, direction)

    # --- with everybody else ---

    def outwards(self, pairs: _Pairs) -> Iterator[Change]:
        """Yield what known pods may exchange with peers that are none of them."""
        told: list[tuple[Subject, Change]] = []
        for subject in self.subjects:
            for change in self._ends(subject, pairs):
                if not any(
                    (each.what, each.target) == (change.what, change.target)
                    for part, each in (told if subject.mixed else ())
                    if subject.is_near(part)
                ):
                    told.append((subject, change))
                    yield change

    def _ends(self, subject: Subject, pairs: _Pairs) -> Iterator[Change]:
        """Yield what one of the pods may exchange with others, in both directions."""
        for direction in DIRECTIONS:
            end = subject, direction
            if self._is_opened(end):
                target = "everything: no policy isolates it"
                span = _isolating(self.networks[1], subject, direction)
                yield self._outward(end, target, span)
                continue
            if self.mine[end] is not EVERYTHING and not self._is_same(end):
                yield from self._parts(subject, direction, pairs)
            for namespace, (labels, held) in self.moved.items():
                theirs = within(self.theirs[end], namespace, held)
                for part in _separate(within(self.mine[end], namespace, labels)):
                    ports = _all_ports(part.minus(theirs, World()))
                    if ports and not self._is_told(part, ports, end, pairs):
                        span = _isolating(self.networks[0], subject, direction)
                        yield self._outward(
                            end, f"{peer_text(part, self.written)} on {_ports(ports)}", span
                        )

    def _parts(self, subject: Subject, direction: Direction, pairs: _Pairs) -> Iterator[Change]:
        network, end = self.networks[0], (subject, direction)
        for policy in network.applying(subject.namespace, dict(subject.labels), direction):
            for rule in policy.rules(direction) or ():
                region = region_of([(peer, rule.ports) for peer in rule.peers])
                for part in _separate(region):
                    ports = _all_ports(part.minus(self.theirs[end], network.world))
                    if ports and not self._is_told(part, ports, end, pairs):
                        span = policy.found.span("spec", direction, rule.index)
                        yield self._outward(
                            end, f"{peer_text(part, self.written)} on {_ports(ports)}", span
                        )

    def _is_told(self, part: Region, ports: PortSet, end: _End, pairs: _Pairs) -> bool:
        """Tell whether pairs say it: the peers are just pods of one namespace by their labels."""
        said = PortSet()
        subject, direction = end
        own = (
            subject,
            *(each for each in self.subjects if subject.mixed and subject.is_near(each)),
        )
        for chosen, _ in part.pods:
            space = chosen.by_axis.get(NAME)
            labels = [values for axis, values in chosen.conditions if axis[0] == "pod"]
            plain = [values for values in labels if not values.negated and len(values.members) == 1]
            if space is None or space.negated or len(space.members) != 1 or plain != labels:
                return False
            for each in self.subjects:
                witness = each.witness(self.networks[0])
                named = bool(each.labels) is bool(labels)
                if named and chosen.holds(witness.namespace, witness.pod):
                    for one in own:
                        key = (one, each) if direction == "egress" else (each, one)
                        said |= pairs.get(key, PortSet())
        return ports <= said

    def _on(self, part: Region, ports: PortSet) -> str:
        return f"{peer_text(part, self.written)} on {_ports(ports)}"

    def _outward(self, end: _End, target: str, span: Span) -> Change:
        subject, direction = end
        return Change(
            Kind.FLOW,
            True,
            subject.name,
            _VERBS[direction],
            target,
            namespaces=(subject.namespace,),
            span=span,
        )


def _isolating(network: Network, subject: Subject, direction: Direction) -> Span:
    """Return a policy that isolated some pods."""
    applying = network.applying(subject.namespace, dict(subject.labels), direction)
    return applying[0].found.span("spec") if applying else nowhere()


def _separate(region: Region) -> Iterator[Region]:
    """Yield the parts of a region; addresses with the same ports are one."""
    for pods in region.pods:
        yield Region(pods=(pods,))
    blocks: dict[PortSet, AddressSet] = {}
    for addresses, ports in region.addresses:
        blocks[ports] = blocks.get(ports, AddressSet()) | addresses
    for ports, addresses in blocks.items():
        yield Region(addresses=((addresses, ports),))


def _all_ports(region: Region) -> PortSet:
    ports = PortSet()
    for _, more in (*region.pods, *region.addresses):
        ports |= more
    return ports


def _towards(region: Region, peer: Witness) -> PortSet:
    """Return the ports on which a region has a pod."""
    ports = PortSet()
    for chosen, more in region.pods:
        if chosen.holds(peer.namespace, peer.pod):
            ports |= more
    return ports


def _ports(ports: PortSet) -> str:
    return "every port" if ports == EVERY_PORT else str(ports)
