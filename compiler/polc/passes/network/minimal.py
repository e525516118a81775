"""Leave out what another rule of the same direction covers (language.md 7, "minimal").

A peer covers another one that can't hold pods or addresses outside it: all pods, a namespace, fewer
labels of the same namespace. Address blocks are looked at one by one, since several may cover one
together. Pods and addresses never cover each other: whether an address block matches pods is left
open by the API (NetworkPolicyPeer.ipBlock).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from polc.ir import blocks
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
    are pods with as many labels as the others, none is wider.
    """
    counts: dict[str, int] = {}
    addresses = [key for key in side if isinstance(key, Addresses)]
    if not blocks.apart(block for each in addresses for block in each.blocks):
        return True
    for key, rules in side.items():
        if key is None:
            if len(side) > 1:
                return True
        elif isinstance(key, tuple) and counts.setdefault(key[0], len(key[1])) != len(key[1]):
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
    pods = [key for key in side if not isinstance(key, Addresses)]
    for key in sorted(pods, key=lambda key: -1 if key is None else len(key[1])):
        opened = side[key][1]
        for port in sorted(opened, key=_width):
            for other in _covering(key, side):
                cover = _covering_port(port, side[other][1], same=other == key)
                if cover is None:
                    continue
                purpose, spans = side[other][1][cover]
                side[other][1][cover] = purpose, spans + opened.pop(port)[1]
                break
    _drop_addresses(side)


def _drop_addresses(side: OpenSide) -> None:
    """Do the same for address blocks: a peer of which some blocks stay becomes a smaller peer."""
    uses = [
        (block, (key, port))
        for key in side
        if isinstance(key, Addresses)
        for port in side[key][1]
        for block in key.blocks
    ]
    gone = blocks.covered(uses, lambda wide, narrow: _port_holds(wide[1], narrow[1]))
    stays: dict[tuple[Addresses, TransportPort], list[Block]] = {use: [] for _, use in uses}
    for place, (block, use) in enumerate(uses):
        if place not in gone:
            stays[use].append(block)
    for place in sorted(gone):
        _hand_on(*uses[place], stays, side)
    for (key, port), left in stays.items():
        if len(left) == len(key.blocks):
            continue
        peer, opened = side[key]
        opening = opened.pop(port)
        if left:
            assert isinstance(peer, Addresses)
            smaller = Addresses(peer.name, tuple(left))
            side.setdefault(Addresses("", smaller.blocks), (smaller, {}))[1][port] = opening


def _hand_on(
    block: Block,
    use: tuple[Addresses, TransportPort],
    stays: Mapping[tuple[Addresses, TransportPort], Sequence[Block]],
    side: OpenSide,
) -> None:
    """Give the spans of a block that goes to something that covers it."""
    key, port = use
    for (other, wide), left in stays.items():
        if _port_holds(wide, port) and not blocks.apart((block, *left)):
            purpose, spans = side[other][1][wide]
            side[other][1][wide] = purpose, spans + side[key][1][port][1]
            return


def _width(port: TransportPort) -> tuple[int, TransportPort]:
    return port.port - port.end, port


def _covering(key: tuple[str, Labels] | None, side: OpenSide) -> Iterator[PeerKey]:
    """Yield the peers of a side that hold all of some pods, themselves among them."""
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
    return next((each for each in opened if each != port and _port_holds(each, port)), None)


def _port_holds(wide: TransportPort, narrow: TransportPort) -> bool:
    same = wide.transport is narrow.transport
    return same and wide.port <= narrow.port and narrow.end <= wide.end
