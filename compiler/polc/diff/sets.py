"""Peers, ports and requests as sets: what contains what, and what of one is outside another.

Containment is by what a packet shows, not by what a program calls it: pods by namespace, labels
and (where identities are checked) account, addresses by number, ports by number.
"""

from functools import cache
from ipaddress import ip_network

from attrs import frozen

from polc.ir.nodes import (
    Addresses,
    AllPods,
    Host,
    HttpRequest,
    NamespacePods,
    Path,
    Peer,
    Pods,
    Port,
    Request,
    RpcRequest,
)
from polc.ir.paths import covers

Interval = tuple[int, int, int]
"""IP version, first and last address."""


@frozen
class Rules:
    """What the wide side holds peers to: it may check accounts, and isolates owned namespaces.

    Pods of an owned namespace need a flow of their own: what another end says of `any` or
    `namespace X` opens that end only (language.md 5.2, "Consent").
    """

    identities: bool = False
    owned: frozenset[str] = frozenset()


def peer_covers(wide: Peer, narrow: Peer, rules: Rules) -> bool:
    """Tell whether all that `narrow` can be is in `wide`."""
    match wide:
        case AllPods():
            return isinstance(narrow, AllPods) or _broadly(narrow, rules)
        case NamespacePods(namespace=name):
            return _broadly(narrow, rules, name)
        case Pods():
            return isinstance(narrow, Pods) and _pods_cover(wide, narrow, rules)
        case Addresses():
            return isinstance(narrow, Addresses) and _inside(_intervals(narrow), _intervals(wide))
        case Host(host=host):
            return isinstance(narrow, Host) and narrow.host == host


def _broadly(narrow: Peer, rules: Rules, name: str | None = None) -> bool:
    """Tell whether a broad peer (of namespace `name`, or of all) contains a narrower one."""
    if not isinstance(narrow, Pods | NamespacePods) or name not in (None, narrow.namespace):
        return False
    return isinstance(narrow, NamespacePods) or narrow.namespace not in rules.owned


def _pods_cover(wide: Pods, narrow: Pods, rules: Rules) -> bool:
    """More labels choose fewer pods; another account is somebody else where it is checked."""
    if wide.namespace != narrow.namespace or not set(wide.labels) <= set(narrow.labels):
        return False
    return not rules.identities or wide.account in (None, narrow.account)


def peers_meet(one: Peer, other: Peer, rules: Rules) -> bool:
    """Tell whether one of them contains the other; peers that merely overlap don't count."""
    return peer_covers(one, other, rules) or peer_covers(other, one, rules)


def port_covers(wide: Port, narrow: Port) -> bool:
    """Tell whether the pod ports of `narrow` are among those of `wide`."""
    return (
        wide.transport is narrow.transport
        and wide.container <= narrow.container
        and narrow.end <= wide.end
    )


@cache
def _intervals(addresses: Addresses) -> tuple[Interval, ...]:
    """Return disjoint intervals of addresses, the exceptions cut out, in order."""
    found: list[Interval] = []
    for block in addresses.blocks:
        network = ip_network(block.cidr)
        begin, last = int(network.network_address), int(network.broadcast_address)
        for text in sorted(block.excepts, key=lambda each: int(ip_network(each).network_address)):
            hole = ip_network(text)
            if int(hole.network_address) > begin:
                found.append((network.version, begin, int(hole.network_address) - 1))
            begin = max(begin, int(hole.broadcast_address) + 1)
        if begin <= last:
            found.append((network.version, begin, last))
    return _joined(found)


def _joined(intervals: list[Interval]) -> tuple[Interval, ...]:
    joined: list[Interval] = []
    for version, begin, last in sorted(intervals):
        if joined and joined[-1][0] == version and begin <= joined[-1][2] + 1:
            joined[-1] = (version, joined[-1][1], max(last, joined[-1][2]))
        else:
            joined.append((version, begin, last))
    return tuple(joined)


def _inside(narrow: tuple[Interval, ...], wide: tuple[Interval, ...]) -> bool:
    return all(
        any(v == version and low <= begin and last <= high for v, low, high in wide)
        for version, begin, last in narrow
    )


def requests_outside(
    wanted: tuple[Request, ...] | None, given: tuple[Request, ...] | None
) -> tuple[Request, ...] | None:
    """Return the part of `wanted` that is not in `given`; `()` where all of it is.

    None means everything; of everything, what is outside is told as everything.
    """
    if given is None:
        return ()
    if wanted is None:
        return None
    rest: list[Request] = []
    for request in wanted:
        methods = _methods_outside(request, given)
        if methods is None:
            rest.append(request)
        elif methods:
            assert isinstance(request, HttpRequest)
            rest.append(HttpRequest(methods, request.path))
    return tuple(rest)


def _methods_outside(request: Request, given: tuple[Request, ...]) -> tuple[str, ...] | None:
    """Return which methods of a request are not given, None for the request as it stands."""
    wanted, path = _as_http(request)
    admitted: set[str] = set()
    for each in given:
        methods, other = _as_http(each)
        if covers(other, path):
            if not methods:
                return ()
            admitted.update(methods)
    rest = tuple(method for method in wanted if method not in admitted)
    return None if not wanted or rest == wanted else rest


def _as_http(request: Request) -> tuple[tuple[str, ...], Path]:
    """Return methods and path; a gRPC call is a POST (gRPC over HTTP/2, "Requests")."""
    match request:
        case HttpRequest(methods=methods, path=path):
            return methods, path
        case RpcRequest(service=service, method=method):
            return ("POST",), Path((service, method or "*"))
