"""What may flow: peers times ports, as a finite union that can be subtracted exactly.

Pods and addresses are kept apart. Whether an address block matches a pod is left open by the
NetworkPolicy API (networking/v1, IPBlock), so what is declared of the one is never taken to cover
the other: a verdict then holds under both readings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from attrs import frozen

from polc.semantics.sets.intervals import ALL_PORTS, EVERY_ADDRESS, AddressSet, IntSet
from polc.semantics.sets.labels import EVERY_POD, LabelBox, Witness, World

PROTOCOLS = ("TCP", "UDP", "SCTP")
"""What NetworkPolicy speaks of; it says nothing of other protocols."""
RawPort = tuple[str, int, int]
"""Protocol, first and last port."""


@frozen(cache_hash=True)
class PortSet:
    """Ports by protocol, sorted; a protocol without ports is left out."""

    by_protocol: tuple[tuple[str, IntSet], ...] = ()

    @classmethod
    def of(cls, ports: Iterable[tuple[str, IntSet]]) -> PortSet:
        """Return the union of ports by protocol."""
        joined: dict[str, IntSet] = {}
        for protocol, numbers in ports:
            joined[protocol] = joined.get(protocol, IntSet()) | numbers
        return cls(tuple(sorted((each, joined[each]) for each in joined if joined[each])))

    def __bool__(self) -> bool:
        return bool(self.by_protocol)

    def of_protocol(self, protocol: str) -> IntSet:
        """Return the ports of one protocol."""
        for name, numbers in self.by_protocol:
            if name == protocol:
                return numbers
        return IntSet()

    def __or__(self, other: PortSet) -> PortSet:
        return self if self == other else PortSet.of((*self.by_protocol, *other.by_protocol))

    def __and__(self, other: PortSet) -> PortSet:
        return PortSet.of((name, ports & other.of_protocol(name)) for name, ports in self)

    def __sub__(self, other: PortSet) -> PortSet:
        return PortSet.of((name, ports - other.of_protocol(name)) for name, ports in self)

    def __le__(self, other: PortSet) -> bool:
        return self == other or not self - other

    def __iter__(self) -> Iterator[tuple[str, IntSet]]:
        return iter(self.by_protocol)

    def sample(self) -> tuple[str, int]:
        """Return one port with its protocol."""
        name, ports = self.by_protocol[-1] if len(self.by_protocol) == 1 else self._tcp_first()
        return name, ports.sample()

    def _tcp_first(self) -> tuple[str, IntSet]:
        return min(self.by_protocol, key=lambda pair: PROTOCOLS.index(pair[0]))

    def __str__(self) -> str:
        return " and ".join(f"{name} {ports}" for name, ports in self.by_protocol)


EVERY_PORT = PortSet.of((protocol, ALL_PORTS) for protocol in PROTOCOLS)


@lru_cache(maxsize=65536)
def port_set(ports: tuple[RawPort, ...]) -> PortSet:
    """Return the union of ranges; the same ranges give the same object."""
    return PortSet.of((protocol, IntSet.of(((low, high),))) for protocol, low, high in ports)


Part = tuple[LabelBox, PortSet] | tuple[AddressSet, PortSet]


@frozen
class Region:
    """A union of parts: pods with ports, and addresses with ports."""

    pods: tuple[tuple[LabelBox, PortSet], ...] = ()
    addresses: tuple[tuple[AddressSet, PortSet], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pods or self.addresses)

    def __or__(self, other: Region) -> Region:
        return Region(self.pods + other.pods, self.addresses + other.addresses)

    def minus(self, other: Region, world: World) -> Region:
        """Return what is in this region but not in the other; empty if and only if a subset."""
        return Region(
            _minus_pods(self.pods, other.pods, world),
            _minus_addresses(self.addresses, other.addresses),
        )

    def meet(self, other: Region, world: World) -> Region:
        """Return what is in both."""
        pods = (
            (both, ports & others)
            for mine, ports in self.pods
            for theirs, others in other.pods
            if (both := mine & theirs) is not None and ports & others and world.possible(both)
        )
        addresses = (
            (mine & theirs, ports & others)
            for mine, ports in self.addresses
            for theirs, others in other.addresses
            if mine & theirs and ports & others
        )
        return Region(tuple(pods), tuple(addresses))

    def sample(self, world: World) -> tuple[Witness | str, tuple[str, int]]:
        """Return a pod or address, and a port, of a region that is not empty."""
        for chosen, ports in self.pods:
            witness = world.pick(chosen)
            if witness is not None:
                return witness, ports.sample()
        addresses, ports = self.addresses[0]
        return addresses.sample(), ports.sample()

    def holds(self, peer: Witness | str, protocol: str, port: int) -> bool:
        """Tell whether a pod or address is in the region with a port."""
        if isinstance(peer, Witness):
            return any(
                port in ports.of_protocol(protocol) and chosen.holds(peer.namespace, peer.pod)
                for chosen, ports in self.pods
            )
        from polc.semantics.sets.intervals import cidr_set

        return any(
            port in ports.of_protocol(protocol) and cidr_set(peer) <= addresses
            for addresses, ports in self.addresses
        )


EVERYTHING = Region(((EVERY_POD, EVERY_PORT),), ((EVERY_ADDRESS, EVERY_PORT),))


def _minus_pods(
    parts: tuple[tuple[LabelBox, PortSet], ...],
    others: tuple[tuple[LabelBox, PortSet], ...],
    world: World,
) -> tuple[tuple[LabelBox, PortSet], ...]:
    left = [part for part in parts if part[1] and world.possible(part[0])]
    for cut, cut_ports in others:
        if not left:
            break
        pieces: list[tuple[LabelBox, PortSet]] = []
        for chosen, ports in left:
            if not chosen.meets(cut) or not ports & cut_ports:
                pieces.append((chosen, ports))
                continue
            pieces += ((rest, ports) for rest in chosen.minus(cut) if world.possible(rest))
            inside = chosen & cut
            if inside is not None and (rest_ports := ports - cut_ports) and world.possible(inside):
                pieces.append((inside, rest_ports))
        left = pieces
    return tuple(left)


def _minus_addresses(
    parts: tuple[tuple[AddressSet, PortSet], ...],
    others: tuple[tuple[AddressSet, PortSet], ...],
) -> tuple[tuple[AddressSet, PortSet], ...]:
    left = [part for part in parts if part[0] and part[1]]
    for cut, cut_ports in others:
        pieces: list[tuple[AddressSet, PortSet]] = []
        for chosen, ports in left:
            inside = chosen & cut
            if not inside or not ports & cut_ports:
                pieces.append((chosen, ports))
                continue
            pieces.append((chosen - cut, ports))
            pieces.append((inside, ports - cut_ports))
        left = [part for part in pieces if part[0] and part[1]]
    return tuple(left)
