"""Call hierarchy as an explorer of flows: who may reach a service, and whom it may reach.

The flows are those of the last whole compilation, as far as the lines that permit them are still
there.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from lsprotocol import types

from polc import syntax as s
from polc.ir import nodes as ir
from polc.ir.show import request_text
from polc.lsp.convert import location, range_of
from polc.lsp.explain.reach import counted, principal, reach_of
from polc.lsp.feature import Feature, at_position
from polc.lsp.guess import guess_at
from polc.lsp.meant import peers_of
from polc.lsp.occurrences import use_at
from polc.lsp.outline import KINDS
from polc.lsp.session import Session, View
from polc.lsp.uses import owner_key, path_to, placed
from polc.resolve.symbols import Symbol
from polc.source import Span

_Item = types.CallHierarchyItem
_INTERNET = "internet"
_REACHABLE = (s.Service, s.ExternService, s.Gateway, s.Endpoint)
_MOST_REQUESTS = 3


def prepare(view: View, offset: int) -> list[_Item] | None:
    """Return who stands under the cursor: by name, by a word such as `any`, or around it."""
    items = (_item(view, name, ()) for name in dict.fromkeys(_names_at(view, offset)))
    return [each for each in items if each is not None] or None


def incoming(
    session: Session, params: types.CallHierarchyIncomingCallsParams
) -> list[types.CallHierarchyIncomingCall] | None:
    """Return who may reach an item, with the lines of each caller that permit it."""
    asked = _asked(session, params.item)
    if asked is None:
        return None
    view, name = asked
    calls = []
    for caller, flows in _grouped(
        (source, flow) for source, target, flow in _ends(view) if target == name
    ):
        spans = [span for flow in flows for span in flow.spans]
        item = _item(view, caller, spans, _detail(view, caller, flows))
        if item is not None:
            ranges = _ranges(view, item, caller, spans)
            calls.append(types.CallHierarchyIncomingCall(item, ranges))
    return calls


def outgoing(
    session: Session, params: types.CallHierarchyOutgoingCallsParams
) -> list[types.CallHierarchyOutgoingCall] | None:
    """Return whom an item may reach, with the lines of the item that permit it."""
    asked = _asked(session, params.item)
    if asked is None:
        return None
    view, name = asked
    calls = []
    for callee, flows in _grouped(
        (target, flow) for source, target, flow in _ends(view) if source == name
    ):
        spans = [span for flow in flows for span in flow.spans]
        item = _item(view, callee, spans, _detail(view, name, flows))
        if item is not None:
            ranges = _ranges(view, params.item, name, spans)
            calls.append(types.CallHierarchyOutgoingCall(item, ranges))
    return calls


# --- names --------------------------------------------------------------------------------------


def _names_at(view: View, offset: int) -> list[str]:
    """Return what a program calls those who are meant at an offset; a group is its members."""
    use = use_at(view, offset) or guess_at(view, offset)
    piece = view.tree.piece_at(offset)
    names: list[str] = []
    for kind, key, owner in use.targets if use else ():
        symbol = view.table.symbols.get(("peer", key if kind == "peer" else owner))
        if kind == "namespace":
            names.append(_namespace(key))
        elif symbol is not None:
            names += map(_name, _opened(view, symbol))
    if names or piece is None:
        return names
    for place in placed(view.tree):
        if place.piece is piece and isinstance(place.declaration, _REACHABLE):
            path = path_to(place.declaration, offset)
            broad = path[-1].word if isinstance(path[-1], s.BroadPeer) else "self"
            around = view.table.symbols.get(("peer", owner_key(place)))
            if broad != "self":
                names.append(broad)
            elif around is not None and path[0].span.offset <= offset <= path[0].span.end_offset:
                names.append(_name(around))
    return names


def _opened(view: View, symbol: Symbol) -> Iterator[Symbol]:
    if not isinstance(symbol.declaration, s.Group):
        yield symbol
        return
    at = symbol.span
    peers = symbol.declaration.peers
    allow = s.Allow(at, "to", peers, None, (), None, s.Qualifiers(at))
    yield from peers_of(view.table, allow, symbol.scope)


def _name(symbol: Symbol) -> str:
    return symbol.name if isinstance(symbol.declaration, s.Endpoint) else symbol.key


def _namespace(name: str) -> str:
    return f"namespace {name}"


def _called(peer: ir.Peer) -> str:
    """Return what a program calls one end of a flow."""
    match peer:
        case ir.Pods(key=key):
            return key
        case ir.NamespacePods(namespace=namespace):
            return _namespace(namespace)
        case ir.AllPods():
            return "any"
        case ir.Addresses(name=name) | ir.Host(name=name):
            return name


def _symbol(view: View, name: str) -> Symbol | None:
    """Return the declaration of one end of a flow."""
    symbol = view.table.symbols.get(("peer", name))
    if symbol is not None or "/" in name:
        return symbol
    endpoints = view.table.of_kind("endpoint")
    return next((each for each in endpoints if each.name == name), None)


# --- flows --------------------------------------------------------------------------------------


def _program(view: View) -> ir.Program | None:
    return view.compiled.program if view.compiled else None


def _ends(view: View) -> Iterator[tuple[str, str, ir.Flow]]:
    """Return the flows that still hold, with the names of both ends.

    What comes through a gateway under a host name comes from the internet, too.
    """
    program = _program(view)
    for flow in program.flows if program else ():
        if flow.spans and all(map(view.snapshot.is_live, flow.spans)):
            source = _called(flow.source)
            yield source, _called(flow.target), flow
            if flow.hosts:
                yield _INTERNET, source, flow


def _grouped(ends: Iterable[tuple[str, ir.Flow]]) -> list[tuple[str, list[ir.Flow]]]:
    groups: dict[str, list[ir.Flow]] = {}
    for name, flow in ends:
        groups.setdefault(name, []).append(flow)
    return sorted(groups.items())


def _detail(view: View, caller: str, flows: list[ir.Flow]) -> str:
    """Return over what and as whom one end may reach the other."""
    program = _program(view)
    assert program is not None
    parts = [", ".join(dict.fromkeys(_port(flow) for flow in flows))]
    source = flows[0].source
    if caller == _INTERNET and flows[0].hosts:
        parts = ["as " + ", ".join(sorted({host for flow in flows for host in flow.hosts}))]
    elif isinstance(source, ir.Pods) and source.account is not None:
        identity = principal(program, source) or f"{source.namespace}/{source.account}"
        parts.append(f"as {identity}")
    ends = {flow.until for flow in flows}
    if None not in ends:
        parts.append(f"until {max(filter(None, ends)).isoformat()}")
    return " · ".join(parts)


def _port(flow: ir.Flow) -> str:
    requests = [request_text(each) for each in flow.requests or ()]
    more = len(requests) - _MOST_REQUESTS
    shown = "  ".join(requests if more <= 1 else [*requests[:_MOST_REQUESTS], f"… {more} more"])
    return f"on {flow.port.name}" + (f" {{ {shown} }}" if requests else "")


# --- items --------------------------------------------------------------------------------------


def _item(view: View, name: str, spans: Iterable[Span], detail: str = "") -> _Item | None:
    """Return one end of flows as an item; one that nothing declares stands where it is named."""
    symbol, program = _symbol(view, name), _program(view)
    info = view.table.namespaces.get(name.removeprefix("namespace "))
    if symbol is not None and isinstance(symbol.declaration, _REACHABLE):
        kind, whole, at = KINDS[type(symbol.declaration)], symbol.declaration.span, symbol.span
        detail = detail or symbol.kind + (
            f" · {counted(reach_of(program, name))}" if program else ""
        )
    elif name.startswith("namespace ") and info is not None:
        kind, whole, at = types.SymbolKind.Namespace, info.span, info.span
    else:
        named = [span for span in (*spans, *_named(view, name)) if view.snapshot.is_live(span)]
        if not named:
            return None
        kind, whole, at = types.SymbolKind.Package, named[0], named[0]
    place = location(view.session, whole)
    data = {"name": name, "uri": view.document.uri}
    here = range_of(view.session, at)
    return _Item(name, kind, place.uri, place.range, here, detail=detail or None, data=data)


def _named(view: View, name: str) -> list[Span]:
    """Return a line that permits something to a peer that nothing declares."""
    flows = (flow for source, target, flow in _ends(view) if name in (source, target))
    return list(next((flow.spans for flow in flows), ()))


def _ranges(view: View, item: _Item, name: str, spans: Iterable[Span]) -> list[types.Range]:
    """Return which of the lines that permit a flow are in the file of an item.

    Best those in its own declaration; there is always one, for editors to go to.
    """
    places = [(location(view.session, span), span) for span in dict.fromkeys(spans)]
    near = [(place, span) for place, span in places if place.uri == item.uri]
    symbol = _symbol(view, name)
    own = [place for place, span in near if symbol and span.anchor is symbol.span.anchor]
    chosen = own or [place for place, _ in near]
    ranges = sorted({_key(each.range): each.range for each in chosen}.items())
    return [each for _, each in ranges] or [item.selection_range]


def _key(span: types.Range) -> tuple[int, int, int, int]:
    return span.start.line, span.start.character, span.end.line, span.end.character


def _asked(session: Session, item: _Item) -> tuple[View, str] | None:
    """Return what an item is about, from what was put into it when it was made."""
    data: Any = item.data
    if not isinstance(data, dict):
        return None
    name, uri = data.get("name"), data.get("uri")
    view = session.view(uri) if isinstance(uri, str) else None
    return (view, name) if view is not None and isinstance(name, str) else None


FEATURES: tuple[Feature, ...] = (
    Feature(types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY, at_position(prepare)),
    Feature(types.CALL_HIERARCHY_INCOMING_CALLS, incoming),
    Feature(types.CALL_HIERARCHY_OUTGOING_CALLS, outgoing),
)
