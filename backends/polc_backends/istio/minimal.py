"""What callers may ask on one port, without what others of them may ask anyway.

Everything is taken apart into pairs of a method and a path, since a rule may hold a part of another
one only. A pair that some other pair holds is left out, and what stays is put together again. Paths
are compared as proxies do it: a template's `{*}` matches neither `=` nor `*`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

from polc.ir import blocks
from polc.ir.nodes import Addresses, AllPods, Block, NamespacePods, Peer, Pods

Entry = tuple[tuple[str, ...], tuple[str, ...]]
"""Methods (none: all of them) on paths, in the words of an AuthorizationPolicy."""
Asked = tuple[Entry, ...]
Pair = tuple[str, str]
"""A method, or nothing for all, and one path."""
_EVERYTHING: Pair = ("", "")
_EVERY_REQUEST: Pair = ("", "/*")
"""The same as everything, where requests are read; where they are not, nobody asks for them."""
_LITERAL = re.compile(r"[-a-zA-Z0-9._~%!$&'()+,;:@]+")
"""What Envoy takes a segment of a path to be where a template is held against it."""


def settle(callers: Mapping[Peer, Asked | None]) -> dict[Peer, Asked | None]:
    """Return who may ask what on a port, None standing for everything, and nothing twice.

    Of addresses only some blocks may be left, or different requests to some of them.
    """
    found: dict[Peer, Asked | None] = {}
    for peer, asked in callers.items():
        wider = [callers[each] for each in _broader(peer) if each in callers]
        if any(each is None or _EVERY_REQUEST in _pairs(each) for each in wider):
            continue
        if asked is not None and wider:
            asked = reduced(asked, (entry for each in wider for entry in each or ()))
        if asked is None or asked:
            found[peer] = asked
    addresses = [each for each in found if isinstance(each, Addresses)]
    if blocks.apart(block for each in addresses for block in each.blocks):
        return found
    return _settle_addresses(found, addresses)


def _broader(peer: Peer) -> Iterator[Peer]:
    if isinstance(peer, Pods):
        yield NamespacePods(peer.namespace)
    if isinstance(peer, Pods | NamespacePods):
        yield AllPods()


def _settle_addresses(
    callers: dict[Peer, Asked | None], addresses: Iterable[Addresses]
) -> dict[Peer, Asked | None]:
    uses = [
        (block, (peer, pair))
        for peer in addresses
        for block in peer.blocks
        for pair in _pairs(callers[peer])
    ]
    gone = blocks.covered(uses, lambda wide, narrow: _holds(wide[1], narrow[1]))
    stays: dict[tuple[Addresses, Block], list[Pair]] = {}
    for place, (block, (peer, pair)) in enumerate(uses):
        if place not in gone:
            stays.setdefault((peer, block), []).append(pair)
    left: dict[tuple[Addresses, tuple[Pair, ...]], list[Block]] = {}
    for (peer, block), pairs in stays.items():
        left.setdefault((peer, tuple(pairs)), []).append(block)
    found: dict[Peer, Asked | None]
    found = {peer: what for peer, what in callers.items() if not isinstance(peer, Addresses)}
    found |= {Addresses(peer.name, tuple(some)): _joined(use) for (peer, use), some in left.items()}
    return found


def reduced(asked: Iterable[Entry], others: Iterable[Entry] = ()) -> Asked:
    """Return what is asked for without what is held by `others`, or by another pair of its own."""
    every = tuple(asked)
    pairs = tuple(_pairs(every))
    more = {pair: 0 for pair in _pairs(tuple(others))}
    counts = more | dict.fromkeys(pairs, 0)
    for pair in (*more, *pairs):
        counts[pair] += 1
    # Only what is wild holds anything that differs from it, and it starts the same.
    wild: dict[tuple[str, ...], set[Pair]] = {}
    for pair in counts:
        if not pair[0] or not _plain(pair[1]):
            wild.setdefault(_start(pair[1]), set()).add(pair)
    kept: list[Pair] = []
    for pair in reversed(pairs):
        near = (each for start in _starts(pair[1]) for each in wild.get(start, ()))
        if counts[pair] > 1 or any(each != pair and _holds(each, pair) for each in near):
            counts[pair] -= 1
            if not counts[pair] and (found := wild.get(_start(pair[1]))):
                found.discard(pair)
        else:
            kept.append(pair)
    return every if len(kept) == len(pairs) else _joined(reversed(kept)) or ()


def _start(path: str) -> tuple[str, ...]:
    """Return the segments of a path before the first that is wild, or may only be begun."""
    segments = path.split("/")
    if "{" not in path:
        return tuple(segments[:-1] if path.endswith("*") else segments)
    return tuple(takewhile(lambda segment: "{" not in segment, segments))


def _starts(path: str) -> Iterator[tuple[str, ...]]:
    """Yield all starts that a path may have in common with what holds it."""
    segments = path.split("/")
    for length in range(len(segments) + 1):
        yield tuple(segments[:length])


def _pairs(asked: Asked | None) -> Iterator[Pair]:
    if asked is None:
        yield _EVERYTHING
    for methods, paths in asked or ():
        yield from ((method, path) for path in paths for method in methods or ("",))


def _joined(pairs: Iterable[Pair]) -> Asked | None:
    by_path: dict[str, list[str]] = {}
    for method, path in pairs:
        by_path.setdefault(path, []).append(method)
    by_methods: dict[tuple[str, ...], list[str]] = {}
    for path, methods in by_path.items():
        if not path:
            return None
        by_methods.setdefault(() if methods == [""] else tuple(methods), []).append(path)
    return tuple((methods, tuple(paths)) for methods, paths in by_methods.items())


def _plain(path: str) -> bool:
    return bool(path) and not path.endswith("*") and "{" not in path


def _holds(wide: Pair, narrow: Pair) -> bool:
    """Tell whether one pair means all that another one means, or the same."""
    if wide in (_EVERYTHING, _EVERY_REQUEST, narrow):
        return True
    return wide[0] in ("", narrow[0]) and narrow != _EVERYTHING and _matches(wide[1], narrow[1])


def _matches(wide: str, narrow: str) -> bool:
    """Tell the same of paths."""
    if wide == narrow:
        return True
    if "{" not in wide:
        return wide.endswith("*") and narrow.startswith(wide[:-1])
    if narrow.endswith("*"):
        return False  # A prefix has all characters behind it.
    outer, inner = wide.split("/"), narrow.split("/")
    if outer[-1] == "{**}":
        outer, rest = outer[:-1], inner[len(outer) - 1 :]
        if not rest or not all(_segment(each) for each in rest if each):
            return False
        inner = inner[: len(outer)]
    return len(outer) == len(inner) and all(
        one == other or (one == "{*}" and other != "{**}" and _segment(other))
        for one, other in zip(outer, inner, strict=True)
    )


def _segment(text: str) -> bool:
    return text in ("{*}", "{**}") or _LITERAL.fullmatch(text) is not None
