"""Who may open which connection to whom, by everything that rules over packets.

Ends that the same policies select, and that the same peers mean, are of one class: what is asked
of two classes is asked once, however many pods are in them. Addresses are cut into the parts that
no block tells apart.

In each direction the tiers are asked in their order: policies of admins, the NetworkPolicies of
the pod, and where none isolates it the baseline (`admin.py`). A connection needs the egress of the
one end and the ingress of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import evolve, field, frozen

from polc.semantics.ends import End, named_ports
from polc.semantics.network.admin import Action, AdminPolicies, AdminPolicy, NamedPorts, Tier
from polc.semantics.network.networkpolicy import DIRECTIONS, Direction, Peer, Policy, peer_box
from polc.semantics.network.policies import Network
from polc.semantics.objects.model import Found, Key
from polc.semantics.sets.blocks import block_words
from polc.semantics.sets.intervals import EVERY_ADDRESS, AddressSet, block_set
from polc.semantics.sets.labels import NAME, POD, LabelBox, Witness
from polc.semantics.sets.regions import EVERY_PORT, PortSet
from polc.terms import Block


@frozen
class Deciding:
    """A rule that decides about a connection, or (without an index) a policy none of whose does.

    `action` is what the rule does; rules of NetworkPolicies only accept.
    """

    found: Found
    direction: Direction
    index: int | None
    ports: PortSet
    action: Action = "Accept"

    @property
    def keys(self) -> tuple[Key, ...]:
        """Where it stands in its object."""
        return () if self.index is None else ("spec", self.direction, self.index)


@frozen(eq=False)
class Class:
    """Ends that no policy tells apart."""

    ends: tuple[End, ...]
    peers: frozenset[int]
    sides: Mapping[Direction, tuple[Policy, ...]]
    admin: tuple[AdminPolicy, ...] = ()
    named: NamedPorts = field(factory=dict)
    by_peer: dict[Direction, Mapping[int, PortSet]] = field(factory=dict, init=False)
    """The ports that rules give each peer, once they were asked for."""

    def isolated(self, direction: Direction) -> bool:
        """Tell whether some policy isolates these pods in a direction."""
        return bool(self.sides[direction])


@frozen(eq=False, slots=False)
class Reachability:
    """The classes of some pods, of the addresses that policies tell apart, and what they may do."""

    network: Network
    pods: tuple[End, ...]
    admin: AdminPolicies = field(factory=AdminPolicies)

    @cached_property
    def peers(self) -> Mapping[Peer, int]:
        """All peers of all rules, numbered."""
        policies = (each for group in self.network.by_namespace.values() for each in group)
        ruled: list[Policy | AdminPolicy] = [*policies, *self.admin.policies]
        peers = (
            peer
            for direction in DIRECTIONS
            for policy in ruled
            for rule in policy.rules(direction) or ()
            for peer in rule.peers
        )
        return {peer: number for number, peer in enumerate(dict.fromkeys(peers))}

    @cached_property
    def addresses(self) -> tuple[End, ...]:
        """The addresses outside, in parts that no block tells apart."""
        blocks = sorted({peer for peer in self.peers if isinstance(peer, Block)}, key=_order)
        return tuple(
            End(words, "addresses", addresses=part) for words, part in address_parts(blocks)
        )

    @cached_property
    def _boxes(self) -> _Boxes:
        return _Boxes(self.peers)

    @cached_property
    def _blocks(self) -> tuple[tuple[int, AddressSet], ...]:
        return tuple(
            (number, block_set(peer.cidr, peer.excepts))
            for peer, number in self.peers.items()
            if isinstance(peer, Block)
        )

    @cached_property
    def classes(self) -> tuple[Class, ...]:
        """Everybody, by class."""
        groups: dict[object, list[End]] = {}
        made: dict[object, Class] = {}
        for end in (*self.pods, *self.addresses):
            each = self._describe(end, self._boxes, self._blocks)
            key = (
                *(end.kind, end.on_node, each.peers),
                *(tuple(map(id, each.admin)), tuple(each.named.items())),
                *(tuple(map(id, each.sides[direction])) for direction in DIRECTIONS),
            )
            groups.setdefault(key, []).append(end)
            made[key] = each
        return tuple(evolve(made[key], ends=tuple(group)) for key, group in groups.items())

    def _describe(self, end: End, boxes: _Boxes, blocks: Iterable[tuple[int, AddressSet]]) -> Class:
        """Return what policies and peers say of one end."""
        sides: dict[Direction, tuple[Policy, ...]] = {"ingress": (), "egress": ()}
        if end.addresses is not None:
            part = end.addresses
            peers = frozenset(number for number, held in blocks if part <= held)
            return Class((end,), peers, sides)
        pod = end.witness
        assert pod is not None
        for direction in DIRECTIONS:
            sides[direction] = self.network.applying(end.namespace, end.labels, direction)
        admin = tuple(
            each
            for each in self.admin.policies
            if each.subject is not None and each.subject.holds(pod.namespace, pod.pod)
        )
        named = named_ports(end) if self._has_names else {}
        return Class((end,), boxes.holding(pod), sides, admin, named)

    @cached_property
    def _has_names(self) -> bool:
        return any(
            rule.names
            for policy in self.admin.policies
            for direction in DIRECTIONS
            for rule in policy.rules(direction)
        )

    def targets(self, source: Class) -> tuple[Class, ...]:
        """Return every class that a class may reach, and few others: of the rest nobody need ask.

        A pair of which a rule has to name the one or the other end is found by the rules.
        """
        found = self._unruled.union(*(self._naming.get(each, ()) for each in source.peers))
        if source.isolated("egress") and not source.admin:
            known = self._by_peer(source, "egress")
            held = frozenset[int]().union(*(self._holding.get(each, ()) for each in known))
            found &= held
        outside = source.ends[0].kind == "addresses"
        chosen = (self.classes[number] for number in sorted(found))
        return tuple(each for each in chosen if not (outside and each.ends[0].kind == "addresses"))

    @cached_property
    def _unruled(self) -> frozenset[int]:
        """The classes that may let somebody in whom no rule of theirs names."""
        return frozenset(
            number
            for number, each in enumerate(self.classes)
            if each.admin or not each.isolated("ingress")
        )

    @cached_property
    def _naming(self) -> Mapping[int, set[int]]:
        """The classes that have a rule on ingress from a peer, by peer."""
        found: dict[int, set[int]] = {}
        for number, each in enumerate(self.classes):
            for peer in self._by_peer(each, "ingress"):
                found.setdefault(peer, set()).add(number)
        return found

    @cached_property
    def _holding(self) -> Mapping[int, set[int]]:
        """The classes that a peer means, by peer."""
        found: dict[int, set[int]] = {}
        for number, each in enumerate(self.classes):
            for peer in each.peers:
                found.setdefault(peer, set()).add(number)
        return found

    def between(self, source: Class, target: Class) -> PortSet:
        """Return the ports of `target` to which `source` may open connections."""
        outside = source.ends[0].kind == target.ends[0].kind == "addresses"
        if outside:
            return PortSet()
        sent = self.permitted(source, target, "egress")
        return sent & self.permitted(target, source, "ingress") if sent else sent

    def permitted(self, pods: Class, other: Class, direction: Direction) -> PortSet:
        """Return what some pods may exchange with another end in a direction, tier by tier."""
        if not pods.admin:
            isolated = pods.isolated(direction)
            return self._by_policies(pods, other, direction) if isolated else EVERY_PORT
        receiver = pods if direction == "ingress" else other
        accepted, passed, rest = _asked(pods, other, direction, "Admin", receiver, self.peers)
        rest |= passed
        if pods.isolated(direction):
            return accepted | (self._by_policies(pods, other, direction) & rest)
        more, passed, left = _asked(pods, other, direction, "Baseline", receiver, self.peers, rest)
        return accepted | more | passed | left

    def _by_policies(self, pods: Class, other: Class, direction: Direction) -> PortSet:
        rules = self._by_peer(pods, direction)
        found = PortSet()
        few, many = sorted((rules.keys(), other.peers), key=len)
        for peer in few:
            if peer in many:
                found |= rules[peer]
        return found

    def _by_peer(self, pods: Class, direction: Direction) -> Mapping[int, PortSet]:
        known = pods.by_peer.get(direction)
        if known is None:
            found: dict[int, PortSet] = {}
            for policy in pods.sides[direction]:
                for rule in policy.rules(direction) or ():
                    for peer in rule.peers:
                        number = self.peers[peer]
                        found[number] = found.get(number, PortSet()) | rule.ports
            known = pods.by_peer[direction] = found
        return known

    def deciding(self, pods: Class, other: Class, direction: Direction) -> Iterator[Deciding]:
        """Yield the rules that match in a direction, and the policies none of whose rules does.

        Those of admins come in the order in which they are asked.
        """
        receiver = pods if direction == "ingress" else other
        for policy in pods.admin:
            for rule in policy.rules(direction):
                if any(self.peers[peer] in other.peers for peer in rule.peers):
                    ports = rule.on(receiver.named)
                    yield Deciding(policy.found, direction, rule.index, ports, rule.action)
        # A policy with names of ports is in parts, one for the pods of each workload.
        hits: dict[int, list[Deciding]] = {}
        for each in pods.sides[direction]:
            mine = hits.setdefault(id(each.found), [])
            for own in each.rules(direction) or ():
                if any(self.peers[peer] in other.peers for peer in own.peers):
                    mine.append(Deciding(each.found, direction, own.index, own.ports))
        for each in {id(each.found): each for each in pods.sides[direction]}.values():
            yield from hits[id(each.found)] or (Deciding(each.found, direction, None, PortSet()),)

    def class_of(self, end: End) -> Class:
        """Return the class of an end, which may be one that is not among the pods."""
        known = self._class_of.get(id(end))
        return known or self._describe(end, self._boxes, self._blocks)

    @cached_property
    def _class_of(self) -> Mapping[int, Class]:
        return {id(end): each for each in self.classes for end in each.ends}


def _asked(
    pods: Class,
    other: Class,
    direction: Direction,
    tier: Tier,
    receiver: Class,
    peers: Mapping[Peer, int],
    rest: PortSet = EVERY_PORT,
) -> tuple[PortSet, PortSet, PortSet]:
    """Return what a tier accepts, what it passes on, and what it has no word on."""
    accepted = passed = PortSet()
    for policy in pods.admin:
        for rule in policy.rules(direction) if policy.tier == tier else ():
            if not rest or not any(peers[peer] in other.peers for peer in rule.peers):
                continue
            mine = rule.on(receiver.named) & rest
            rest -= mine
            if rule.action == "Accept":
                accepted |= mine
            elif rule.action == "Pass":
                passed |= mine
    return accepted, passed, rest


class _Boxes:
    """The peers that are pods, found by the namespace that they are of and a label they ask for."""

    def __init__(self, peers: Mapping[Peer, int]) -> None:
        self._found: dict[tuple[str | None, object], list[tuple[int, LabelBox]]] = {}
        for peer, number in peers.items():
            if isinstance(peer, Block):
                continue
            box = peer_box(peer)
            names = box.by_axis.get(NAME)
            spaces: Iterable[str | None] = (
                (None,) if names is None or names.negated else names.members
            )
            chosen = next(
                (
                    (axis[1], values)
                    for axis, values in box.conditions
                    if axis[0] == POD and not values.negated
                ),
                None,
            )
            labels: Iterable[object] = (
                (None,) if chosen is None else [(chosen[0], each) for each in chosen[1].members]
            )
            labels = tuple(labels)
            for space in spaces:
                for label in labels:
                    self._found.setdefault((space, label), []).append((number, box))

    def holding(self, pod: Witness) -> frozenset[int]:
        """Return the numbers of the peers that a pod is one of."""
        labels: list[object] = [None, *pod.pod.items()]
        keys = {key for _, label in self._found if isinstance(label, tuple) for key in label[:1]}
        labels += [(key, None) for key in keys if key not in pod.pod]
        return frozenset(
            number
            for space in (None, pod.namespace_name)
            for label in labels
            for number, box in self._found.get((space, label), ())
            if box.holds(pod.namespace, pod.pod)
        )


def _order(block: Block) -> tuple[str, tuple[str, ...]]:
    return block.cidr, block.excepts


def address_parts(blocks: Iterable[Block]) -> Iterator[tuple[str, AddressSet]]:
    """Yield the parts of all addresses that no block tells apart, in words as they were written.

    What no block holds comes last: all other addresses.
    """
    blocks = tuple(blocks)
    rest = EVERY_ADDRESS
    parts: list[tuple[AddressSet, tuple[Block, ...]]] = []
    for block in blocks:
        mine = block_set(block.cidr, block.excepts)
        cut: list[tuple[AddressSet, tuple[Block, ...]]] = []
        for part, within in parts:
            if inside := part & mine:
                cut.append((inside, (*within, block)))
            if outside := part - mine:
                cut.append((outside, within))
        if new := rest & mine:
            cut.append((new, (block,)))
        rest -= mine
        parts = cut
    for part, _ in parts:
        yield block_words(part, blocks), part
    if rest:
        yield "other addresses" if parts else "every address", rest
