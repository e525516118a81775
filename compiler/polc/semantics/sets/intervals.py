"""Sets of integers as sorted, disjoint, closed intervals: ports, and addresses of one family."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from attrs import frozen

Interval = tuple[int, int]


@frozen(cache_hash=True)
class IntSet:
    """Intervals in order, with a gap between any two: equal sets are equal objects."""

    intervals: tuple[Interval, ...] = ()

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> IntSet:
        """Return the union of closed intervals; one that ends before it starts is empty."""
        merged: list[Interval] = []
        for low, high in sorted(intervals):
            if low > high:
                continue
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = merged[-1][0], max(merged[-1][1], high)
            else:
                merged.append((low, high))
        return cls(tuple(merged))

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __contains__(self, number: int) -> bool:
        return any(low <= number <= high for low, high in self.intervals)

    def __or__(self, other: IntSet) -> IntSet:
        if not other.intervals or self == other:
            return self
        return IntSet.of((*self.intervals, *other.intervals)) if self.intervals else other

    def __and__(self, other: IntSet) -> IntSet:
        found: list[Interval] = []
        mine, theirs = list(self.intervals), list(other.intervals)
        at = to = 0
        while at < len(mine) and to < len(theirs):
            low = max(mine[at][0], theirs[to][0])
            high = min(mine[at][1], theirs[to][1])
            if low <= high:
                found.append((low, high))
            if mine[at][1] < theirs[to][1]:
                at += 1
            else:
                to += 1
        return IntSet(tuple(found))

    def __sub__(self, other: IntSet) -> IntSet:
        found: list[Interval] = []
        for low, high in self.intervals:
            for cut_low, cut_high in other.intervals:
                if cut_high < low:
                    continue
                if cut_low > high:
                    break
                if low < cut_low:
                    found.append((low, cut_low - 1))
                low = cut_high + 1
            if low <= high:
                found.append((low, high))
        return IntSet(tuple(found))

    def __le__(self, other: IntSet) -> bool:
        return self == other or not self - other

    def sample(self) -> int:
        """Return the smallest member; the set must not be empty."""
        return self.intervals[0][0]

    def __str__(self) -> str:
        return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in self.intervals)


EMPTY = IntSet()
ALL_PORTS = IntSet(((1, 65535),))
"""Every port that a connection can have: 0 is reserved (RFC 6335, section 6)."""


@frozen(cache_hash=True)
class AddressSet:
    """Addresses of both families."""

    v4: IntSet = EMPTY
    v6: IntSet = EMPTY

    def __bool__(self) -> bool:
        return bool(self.v4 or self.v6)

    def __or__(self, other: AddressSet) -> AddressSet:
        return AddressSet(self.v4 | other.v4, self.v6 | other.v6)

    def __and__(self, other: AddressSet) -> AddressSet:
        return AddressSet(self.v4 & other.v4, self.v6 & other.v6)

    def __sub__(self, other: AddressSet) -> AddressSet:
        return AddressSet(self.v4 - other.v4, self.v6 - other.v6)

    def __le__(self, other: AddressSet) -> bool:
        return self.v4 <= other.v4 and self.v6 <= other.v6

    def sample(self) -> str:
        """Return one address in text; the set must not be empty."""
        if self.v4:
            return str(ipaddress.IPv4Address(self.v4.sample()))
        return str(ipaddress.IPv6Address(self.v6.sample()))


EVERY_ADDRESS = AddressSet(IntSet(((0, 2**32 - 1),)), IntSet(((0, 2**128 - 1),)))


@lru_cache(maxsize=4096)
def cidr_set(cidr: str) -> AddressSet:
    """Return the addresses of a block, `10.0.0.0/8`, or raise ValueError.

    Host bits are ignored, as the API does (validation warns of them).
    """
    network = ipaddress.ip_network(cidr, strict=False)
    numbers = IntSet(((int(network.network_address), int(network.broadcast_address)),))
    return AddressSet(v4=numbers) if network.version == 4 else AddressSet(v6=numbers)


@lru_cache(maxsize=4096)
def block_set(cidr: str, excepts: tuple[str, ...] = ()) -> AddressSet:
    """Return the addresses of a block without its exceptions; see `cidr_set`."""
    found = cidr_set(cidr)
    for each in excepts:
        found -= cidr_set(each)
    return found
