"""Leave out what another rule of the same direction covers (language.md 7, "minimal").

A peer covers another one that can't hold pods or addresses outside it: all pods, a namespace, fewer
labels of the same namespace, a wider address block. Pods and addresses never cover each other:
whether an address block matches pods is left open by the API (NetworkPolicyPeer.ipBlock).
"""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations

from polc.ir.nodes import (
    Addresses,
    AllPods,
    Block,
    Labels,
    NamespacePods,
    NetworkRule,
    Pods,
    Purpose,
    TransportPort,
)
from polc.source import Span

NetworkPeer = Pods | NamespacePods | AllPods | Addresses
PeerKey = tuple[str, Labels] | Addresses | None
"""What the network tells a peer by.

Namespace and labels (none: the whole namespace), nameless address blocks, or None for all pods.
"""
Opening = tuple[Purpose, tuple[Span, ...]]
"""Why a port is open, and the lines of the program that want it."""
Opened = dict[TransportPort, Opening]
"""The open ports of one peer."""
OpenSide = dict[PeerKey, tuple[NetworkPeer, Opened]]
"""One direction of an isolation."""

_MANY_LABELS = 8
"""Above this many labels, look through the peers instead of through the subsets of labels."""


def may_overlap(side: Mapping[PeerKey, Sequence[NetworkRule]]) -> bool:
    """Tell quickly whether some port may cover another one; most often none can.

    Only a wider peer or a range covers what differs from it, and where all peers of a namespace
    are pods with as many labels as the others, none is wider. Addresses are wider than addresses.
    """
    counts: dict[str, int] = {}
    blocks = 0
    for key, rules in side.items():
        if key is None:
            if len(side) > 1:
                return True
        elif isinstance(key, Addresses):
            blocks += 1
            if blocks > 1:
                return True
        elif counts.setdefault(key[0], len(key[1])) != len(key[1]):
            return True
        for rule in rules:
            for port in rule.ports:
                if port.port != port.end:
                    return True
    return False


def drop_covered(side: OpenSide) -> None:
    """Drop each port of each peer that another peer or range covers; keep its spans there."""
    # Wider peers and ports first: whatever covers a port is then kept already when its turn comes,
    # or is itself covered by something kept.
    for key in sorted(side, key=_breadth):
        opened = side[key][1]
        for port in sorted(opened, key=_width):
            for other in _covering(key, side):
                cover = _covering_port(port, side[other][1], same=other == key)
                if cover is None:
                    continue
                purpose, spans = side[other][1][cover]
                side[other][1][cover] = purpose, spans + opened.pop(port)[1]
                break


def _breadth(key: PeerKey) -> tuple[int, int]:
    match key:
        case None:
            return 0, 0
        case Addresses():
            return 2, -sum(_network(block.cidr).num_addresses for block in key.blocks)
        case (_, labels):
            return 1, len(labels)


def _width(port: TransportPort) -> tuple[int, TransportPort]:
    return port.port - port.end, port


def _covering(key: PeerKey, side: OpenSide) -> Iterator[PeerKey]:
    """Yield the peers of a side that hold all of this one, itself among them."""
    if isinstance(key, Addresses):
        yield from (other for other in side if isinstance(other, Addresses) and _holds(other, key))
        return
    if None in side:
        yield None
    if key is None:
        return
    namespace, labels = key
    if len(labels) > _MANY_LABELS:
        pods = (each for each in side if each is not None and not isinstance(each, Addresses))
        yield from (each for each in pods if each[0] == namespace and set(each[1]) <= set(labels))
        return
    for size in range(len(labels) + 1):
        for subset in combinations(labels, size):
            if (namespace, subset) in side:
                yield namespace, subset


def _covering_port(port: TransportPort, opened: Opened, *, same: bool) -> TransportPort | None:
    if not same and port in opened:
        return port
    for other in opened:
        if (
            other.transport is port.transport
            and other.port <= port.port
            and port.end <= other.end
            and other != port
        ):
            return other
    return None


def _holds(outer: Addresses, inner: Addresses) -> bool:
    """Tell whether each block of `inner` lies in one block of `outer`."""
    return all(any(_block_holds(o, i) for o in outer.blocks) for i in inner.blocks)


@lru_cache(maxsize=4096)
def _block_holds(outer: Block, inner: Block) -> bool:
    if not _inside(inner.cidr, outer.cidr):
        return False
    return all(
        not _overlap(hole, inner.cidr) or any(_inside(hole, own) for own in inner.excepts)
        for hole in outer.excepts
    )


@lru_cache(maxsize=4096)
def _network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(cidr)


def _inside(inner: str, outer: str) -> bool:
    a, b = _network(inner), _network(outer)
    if isinstance(a, ipaddress.IPv4Network):
        return isinstance(b, ipaddress.IPv4Network) and a.subnet_of(b)
    return isinstance(b, ipaddress.IPv6Network) and a.subnet_of(b)


def _overlap(one: str, other: str) -> bool:
    return _network(one).version == _network(other).version and _network(one).overlaps(
        _network(other)
    )
