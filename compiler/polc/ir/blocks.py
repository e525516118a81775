"""Address blocks as sets of addresses: which of several hold nothing that is in no other one."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from polc.ir.nodes import Block

Use = TypeVar("Use")
Interval = tuple[int, int, int]
"""IP version, first and last address."""


def apart(blocks: Iterable[Block]) -> bool:
    """Tell whether no address is in two of some blocks."""
    every = sorted(each for block in blocks for each in intervals(block))
    return not any(one[0] == other[0] and other[1] <= one[2] for one, other in pairwise(every))


def covered(uses: Sequence[tuple[Block, Use]], holds: Callable[[Use, Use], bool]) -> frozenset[int]:
    """Return the places of the blocks that can go, all at once, because others hold all of them.

    Each block has a use, and another one counts only if its use `holds` that of the first. Narrow
    blocks go first, and of equals the later ones.
    """
    if apart(block for block, _ in uses):
        return frozenset()
    gone: set[int] = set()
    for place in sorted(range(len(uses)), key=lambda each: (_size(uses[each][0]), -each)):
        block, use = uses[place]
        others = (
            other
            for each, (other, wide) in enumerate(uses)
            if each != place and each not in gone and not apart((block, other)) and holds(wide, use)
        )
        if not _left(block, others):
            gone.add(place)
    return frozenset(gone)


def holds(wide: Iterable[Block], narrow: Iterable[Block]) -> bool:
    """Tell whether every address of some blocks is in others."""
    others = tuple(wide)
    return not any(_left(block, others) for block in narrow)


@lru_cache(maxsize=1 << 12)
def intervals(block: Block) -> tuple[Interval, ...]:
    """Return the addresses of a block without its exceptions."""
    whole = _interval(block.cidr)
    return _without((whole,), map(_interval, block.excepts))


def _interval(cidr: str) -> Interval:
    network = ipaddress.ip_network(cidr)
    return network.version, int(network.network_address), int(network.broadcast_address)


def _left(block: Block, others: Iterable[Block]) -> tuple[Interval, ...]:
    left = intervals(block)
    for other in others:
        left = _without(left, intervals(other))
    return left


def _without(left: tuple[Interval, ...], cuts: Iterable[Interval]) -> tuple[Interval, ...]:
    for version, first, last in cuts:
        parts: list[Interval] = []
        for each in left:
            if each[0] != version or last < each[1] or each[2] < first:
                parts.append(each)
                continue
            parts += [(version, each[1], first - 1)] if each[1] < first else []
            parts += [(version, last + 1, each[2])] if last < each[2] else []
        left = tuple(parts)
    return left


def _size(block: Block) -> int:
    return sum(last - first + 1 for _, first, last in intervals(block))
