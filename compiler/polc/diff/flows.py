"""Two sets of flows to what one permits beyond the other."""

from collections.abc import Iterable, Iterator
from datetime import date

from attrs import evolve

from polc.diff.changes import Change, Kind
from polc.diff.index import FlowIndex
from polc.diff.sets import Rules, peer_covers, port_covers, requests_outside
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Flow,
    Mesh,
    NamespacePods,
    Peer,
    Pods,
    Port,
    Program,
    Request,
)
from polc.ir.show import request_text
from polc.source import nowhere


def flow_changes(program: Program, other: Program, *, is_gain: bool) -> Iterator[Change]:
    """Yield what `program` permits and `other` does not."""
    plain = Rules(identities=other.cluster.mesh is not Mesh.NONE)
    rules = evolve(plain, owned=frozenset(each.name for each in other.namespaces))
    index = FlowIndex.of(other.flows, plain)
    renamed = _renamed(program, other)
    found: list[Change] = []
    for flow in program.flows:
        found += _outside(flow, tuple(index.near(flow)), rules, is_gain, renamed)
    yield from _without_repeats(found, evolve(plain, identities=False))


def _without_repeats(changes: list[Change], rules: Rules) -> Iterator[Change]:
    """Leave out what a broader change says already: `any` may call, so `web` may."""
    broad: dict[Peer, list[Change]] = {}
    for change in changes:
        if change.flow is not None and _is_broad(change.flow):
            broad.setdefault(change.flow.target, []).append(change)
    anywhere = [each for end, group in broad.items() if not isinstance(end, Pods) for each in group]
    for change in changes:
        assert change.flow is not None
        near = (*broad.get(change.flow.target, ()), *anywhere)
        if not any(_says(each, change, rules) for each in near if each is not change):
            yield change


def _is_broad(flow: Flow) -> bool:
    return any(isinstance(end, AllPods | NamespacePods) for end in (flow.source, flow.target))


def _says(wide: Change, narrow: Change, rules: Rules) -> bool:
    assert wide.flow is not None
    assert narrow.flow is not None
    return (
        wide.what == narrow.what
        and set(narrow.besides) <= set(wide.besides)
        and wide.beyond == narrow.beyond
        and lasts(wide.until, narrow.until)
        and _ends_cover(wide.flow, narrow.flow, rules)
        and requests_outside(narrow.flow.requests, wide.flow.requests) == ()
    )


def _outside(
    flow: Flow, others: tuple[Flow, ...], rules: Rules, is_gain: bool, renamed: frozenset[str]
) -> Iterator[Change]:
    """Yield what of a flow none of the others permits."""
    covering = [each for each in others if _ends_cover(each, flow, rules)]
    lasting = [each for each in covering if lasts(each.until, flow.until)]
    rest = _beyond(flow.requests, lasting)
    change = _change(flow, is_gain, renamed)
    if rest == ():
        if hosts := _new_hosts(flow, lasting):
            yield evolve(change, hosts=hosts, what="is the way in for")
        return
    shown = tuple(map(request_text, rest or ()))
    ending = [each.until for each in covering if each.until is not None and each not in lasting]
    if ending and _beyond(rest, covering) == ():
        yield evolve(change, requests=shown, beyond=max(ending))
        return
    if lasting:  # what was admitted before are some of the requests
        besides = {request_text(each) for flow in lasting for each in flow.requests or ()}
    else:
        inner = evolve(rules, owned=frozenset())
        besides = {flow_name(each) for each in others if _ends_cover(flow, each, inner)}
    yield evolve(change, requests=shown, besides=tuple(sorted(besides)))


def _beyond(
    requests: tuple[Request, ...] | None, flows: Iterable[Flow]
) -> tuple[Request, ...] | None:
    """Return which requests none of the flows admits."""
    for flow in flows:
        requests = requests_outside(requests, flow.requests)
    return requests


def _new_hosts(flow: Flow, covering: Iterable[Flow]) -> tuple[str, ...]:
    known = {host for each in covering for host in each.hosts}
    return tuple(host for host in flow.hosts if host not in known)


def _ends_cover(wide: Flow, narrow: Flow, rules: Rules) -> bool:
    return (
        port_covers(wide.port, narrow.port)
        and peer_covers(wide.source, narrow.source, rules)
        and peer_covers(wide.target, narrow.target, rules)
        and (wide.plain_text or not narrow.plain_text)
    )


def lasts(wide: date | None, narrow: date | None) -> bool:
    """Tell whether something that ends at `wide` outlives what ends at `narrow`."""
    return wide is None or (narrow is not None and narrow <= wide)


def _change(flow: Flow, is_gain: bool, renamed: frozenset[str]) -> Change:
    return Change(
        Kind.FLOW,
        is_gain,
        peer_name(flow.source, renamed),
        "may call",
        f"{peer_name(flow.target, renamed)}:{port_name(flow.port)}"
        f"{' in plain text' if flow.plain_text else ''}",
        hosts=flow.hosts,
        because=flow.because,
        until=flow.until,
        span=flow.spans[0] if flow.spans else nowhere(),
        flow=flow,
    )


def _renamed(program: Program, other: Program) -> frozenset[str]:
    """Return keys that mean other pods in the two programs: these are shown with their labels."""
    ours, theirs = _pods(program), _pods(other)
    return frozenset(
        key
        for key, pods in ours.items()
        if key in theirs
        and (pods.labels, pods.account) != (theirs[key].labels, theirs[key].account)
    )


def _pods(program: Program) -> dict[str, Pods]:
    ends = [end for flow in program.flows for end in (flow.source, flow.target)]
    return {end.key: end for end in ends if isinstance(end, Pods)}


def flow_name(flow: Flow) -> str:
    """Return a flow as a reader would say it."""
    text = f"{peer_name(flow.source)} -> {peer_name(flow.target)}:{port_name(flow.port)}"
    return f"{text} {', '.join(map(request_text, flow.requests or ()))}".rstrip()


def peer_name(peer: Peer, renamed: frozenset[str] = frozenset()) -> str:
    """Return what a reader calls a peer."""
    match peer:
        case Pods(key=key, labels=labels, account=account):
            if key not in renamed:
                return key
            shown = ", ".join(f"{name}: {value}" for name, value in labels)
            return f"{key} {{ {shown} }} as {account or 'anybody'}"
        case NamespacePods(namespace=name):
            return f"namespace {name}"
        case AllPods():
            return "any"
        case Addresses(name="internet"):
            return "internet"
        case Addresses(name=name, blocks=blocks):
            return f"{name} ({', '.join(block.cidr for block in blocks)})"
        case _:
            return f"{peer.name} ({peer.host})"


def port_name(port: Port) -> str:
    """Return a port by its name and the number that packets carry."""
    end = f"-{port.end}" if port.end != port.container else ""
    number = f"{port.container}{end}/{port.transport.value}"
    return number if port.name == str(port.container) else f"{port.name} ({number})"
