"""Leave out what another rule of the same direction covers (language.md 7, "minimal").

A peer covers another one that can't hold pods or addresses outside it: all pods, a namespace, fewer
labels of the same namespace, a wider address block. Pods and addresses never cover each other:
whether an address block matches pods is left open by the API (NetworkPolicyPeer.ipBlock).
"""

import ipaddress
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from polc.ir.nodes import (
    Addresses,
    AllPods,
    Block,
    Labels,
    NamespacePods,
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
Side = dict[PeerKey, tuple[NetworkPeer, dict[TransportPort, Opening]]]
"""One direction of an isolation."""

_MANY_LABELS = 8
"""Above this many labels, look through the peers instead of through the subsets of labels."""


def drop_covered(side: Side) -> None:
    """Drop each port of each peer that another peer or range covers; keep its spans there."""
    if _nothing_to_drop(side):
        return
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
    for key in [key for key, (_, opened) in side.items() if not opened]:
        del side[key]


def _nothing_to_drop(side: Side) -> bool:
    """Tell quickly that no two peers can overlap and no port is a range: the common case."""
    labels = -1
    for key, (_, opened) in side.items():
        if key is None or isinstance(key, Addresses):
            if len(side) > 1:
                return False
        elif labels != len(key[1]):
            if labels >= 0 or not key[1]:
                return False
            labels = len(key[1])
        if any(port.port != port.end for port in opened):
            return False
    return True


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


def _covering(key: PeerKey, side: Side) -> Iterator[PeerKey]:
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


def _covering_port(
    port: TransportPort, opened: dict[TransportPort, Opening], *, same: bool
) -> TransportPort | None:
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
