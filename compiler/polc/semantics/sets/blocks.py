"""Addresses in the words of blocks, as they were written where they were."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from polc.semantics.sets.intervals import AddressSet, block_set, cidr_set
from polc.terms import Block


def block_words(part: AddressSet, written: Iterable[Block]) -> str:
    """Return a part of all addresses as a written block, less other written ones, or as ranges."""
    written = tuple(written)
    within = [each for each in written if part <= cidr_set(each.cidr)]
    for base in sorted(within, key=lambda each: _size(cidr_set(each.cidr))):
        if part == block_set(base.cidr, base.excepts):
            return _words(base.cidr, base.excepts)
        around = cidr_set(base.cidr)
        inner = {
            cidr
            for each in written
            for cidr in (each.cidr, *each.excepts)
            if cidr_set(cidr) <= around and not cidr_set(cidr) & part
        }
        excepts = tuple(sorted(_outermost(inner)))
        if part == block_set(base.cidr, excepts):
            return _words(base.cidr, excepts)
    return ", ".join(ranges(part))


def ranges(part: AddressSet) -> Iterator[str]:
    """Yield the ranges of some addresses, `10.0.0.0-10.0.0.255`, one address alone as it is."""
    for numbers, make in ((part.v4, ipaddress.IPv4Address), (part.v6, ipaddress.IPv6Address)):
        for low, high in numbers.intervals:
            first, last = str(make(low)), str(make(high))
            yield first if low == high else f"{first}-{last}"


def _words(cidr: str, excepts: tuple[str, ...]) -> str:
    return f"{cidr} except {', '.join(excepts)}" if excepts else cidr


def _outermost(cidrs: set[str]) -> Iterator[str]:
    for each in cidrs:
        mine = cidr_set(each)
        if not any(each != other and mine <= cidr_set(other) for other in cidrs):
            yield each


def _size(part: AddressSet) -> int:
    return sum(high - low for each in (part.v4, part.v6) for low, high in each.intervals)
