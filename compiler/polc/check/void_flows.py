"""Peers of `allow` lines that make no difference: another line says as much, or more.

Every flow that a place in a list of peers speaks of is an instance of it. The place is void if all
of its instances are covered: by a line of the same flow that is as wide, or by a broad peer's. Of
two that cover each other, the one that speaks of less is void, or the later one.
"""

from collections.abc import Iterable, Iterator

from attrs import define, field, frozen

from polc.check.void_addresses import Addresses
from polc.codes.flows import VOID_LINE
from polc.diagnostics import Diagnostic, Label
from polc.ir import nodes as ir
from polc.ir.paths import covers as path_covers
from polc.lower.declared import Declared, Half, Said
from polc.lower.qualifiers import holds_whenever
from polc.source import Span

_MOST_COMPARED = 24
"""More lines about one flow are compared only with those that have no requests, or the same."""

Place = tuple[str, int, int]
Rank = tuple[int, int]
"""How much a place speaks of, and what is larger for what stands earlier."""


@frozen
class _Instance:
    """What one place says of one flow, the others who say something of it, and broader ones."""

    said: Said
    others: Half
    broader: Half


@define
class _Broad:
    """Broad lines by the end that says them, the port, and whom they mean (all: empty)."""

    lines: dict[tuple[str, object, str], Half] = field(factory=dict)

    def add(self, end: str, port: object, namespace: str, said: Said) -> None:
        self.lines.setdefault((end, port, namespace), []).append(said)

    def around(self, end: str, port: object, namespace: str) -> Half:
        """Return the lines for everybody, and for (not empty) one namespace."""
        everybody = self.lines.get((end, port, ""), [])
        return everybody + self.lines.get((end, port, namespace), []) if namespace else everybody


def void_flows(declared: Declared) -> tuple[Diagnostic, ...]:
    """Warn of every peer in an `allow` that makes no difference."""
    places: dict[Place, list[_Instance]] = {}
    for instance in _instances(declared):
        if instance.said.active:
            places.setdefault(instance.said.span.key(), []).append(instance)
    ranks = {key: (len(places[key]), -at) for at, key in enumerate(sorted(places))}
    found = []
    for instances in places.values():
        by = [_covering(each, ranks) for each in instances]
        if None not in by:
            found.append(_void(instances[0].said, [each for each in by if each is not None]))
    return tuple(found)


def _instances(declared: Declared) -> Iterator[_Instance]:
    callers, callees = _Broad(), _Broad()
    for callee, lines in declared.broad_from.items():
        for broad, port, said in lines:
            callers.add(callee, port, broad.namespace, said)
    for caller, lines in declared.broad_to.items():
        for broad, port, said in lines:
            callees.add(caller, _number(port), broad.namespace, said)
    for (caller, callee, port), half in declared.callee.items():
        # `self` is never meant by a broader peer.
        wide = [] if caller == callee else callers.around(callee, port, _space(caller))
        yield from (_Instance(said, half, wide) for said in half)
    for (caller, callee, port), half in declared.caller.items():
        wide = [] if caller == callee else callees.around(caller, _number(port), _space(callee))
        yield from (_Instance(said, half, wide) for said in half)
    addresses = Addresses.of(declared)
    for (source, target, port), half in declared.direct.items():
        wide = _wider(source, target, port, callers, callees)
        wide = wide + addresses.around(source, target, port)
        yield from (_Instance(said, half, wide) for said in half)


def _wider(
    source: ir.Peer, target: ir.Peer, port: ir.Port, callers: _Broad, callees: _Broad
) -> Half:
    """Return the broader lines of the end that says something of a flow with others."""
    if isinstance(target, ir.Pods) and target.origin == "workload":
        return callers.around(target.key, port, _meant(source)) if _is_pods(source) else []
    if isinstance(source, ir.Pods) and _is_pods(target):
        return callees.around(source.key, _number(port), _meant(target))
    return []


def _is_pods(peer: ir.Peer) -> bool:
    return isinstance(peer, ir.Pods | ir.NamespacePods)


def _meant(peer: ir.Peer) -> str:
    """Return the namespace of pods; none for a whole one, whose own lines are no broader."""
    return peer.namespace if isinstance(peer, ir.Pods) else ""


def _space(key: str) -> str:
    return key.partition("/")[0]


def _number(port: ir.Port) -> tuple[ir.Transport, int, int]:
    return port.transport, port.container, port.end


def _covering(instance: _Instance, ranks: dict[Place, Rank]) -> Said | None:
    """Return the line that makes one of a flow void, if there is one."""
    said = instance.said
    for other in instance.broader:
        if _covers(other, said):
            return other
    if len(instance.others) < 2:
        return None
    many = len(instance.others) > _MOST_COMPARED
    for other in instance.others:
        if other.span == said.span or not other.active:
            continue
        if many and other.requests is not None and other.requests != said.requests:
            continue
        if _covers(other, said) and (
            not _covers(said, other) or ranks[other.span.key()] > ranks[said.span.key()]
        ):
            return other
    return None


def _covers(wide: Said, narrow: Said) -> bool:
    """Tell whether a line permits whatever another one of the same flow does, whenever it does."""
    return (
        wide.active
        and wide.hosts == narrow.hosts
        and (wide.plain_text or not narrow.plain_text)
        and holds_whenever(wide.only_in, wide.until, narrow.only_in, narrow.until)
        and _covers_requests(wide.requests, narrow.requests)
    )


def _covers_requests(
    wide: Iterable[ir.Request] | None, narrow: Iterable[ir.Request] | None
) -> bool:
    if wide is None or narrow is None:
        return wide is None
    return wide == narrow or all(any(_covers_one(w, n) for w in wide) for n in narrow)


def _covers_one(wide: ir.Request, narrow: ir.Request) -> bool:
    if isinstance(wide, ir.RpcRequest) and isinstance(narrow, ir.RpcRequest):
        return wide.service == narrow.service and wide.method in ("", narrow.method)
    if isinstance(wide, ir.HttpRequest) and isinstance(narrow, ir.HttpRequest):
        methods = not wide.methods or (
            bool(narrow.methods) and set(narrow.methods) <= set(wide.methods)
        )
        return methods and path_covers(wide.path, narrow.path)
    return False


def _void(said: Said, by: list[Said]) -> Diagnostic:
    spans: dict[Span, None] = dict.fromkeys(each.span for each in by)
    return Diagnostic(
        VOID_LINE,
        f"`{said.span.text}` makes no difference here: what it permits is permitted anyway",
        said.span,
        tuple(Label(each, "by this") for each in list(spans)[:3]),
        help="delete it, or narrow the other line",
    )
