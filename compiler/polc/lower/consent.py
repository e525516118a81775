"""Consent: from what each end declares to the flows that exist (language.md 5.2).

A flow is a caller, a callee and one port of the callee. Across namespaces both ends must declare
it; inside a namespace one is enough unless its `consent` is `both`, or it is the caller's and the
callee says who calls that port. Where both declare, the flow is what both permit. A broad peer
(`any`, `namespace N`) speaks for every service that it covers, but a service in another namespace
that does not name the flow itself is not asked for it.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from polc import syntax as s
from polc.codes import flows as codes
from polc.diagnostics import Diagnostic, Edit, Fix, Label
from polc.ir import nodes as ir
from polc.lower.declared import Declared, FlowKey, Half, Owned, Said
from polc.lower.peers import Broad
from polc.parse.names import spelled
from polc.source import Span

_SILENT: Half = []
"""What an end says that declares nothing."""


def agree(
    declared: Declared, owned: dict[str, Owned]
) -> tuple[tuple[ir.Flow, ...], tuple[Diagnostic, ...]]:
    """Return every flow, sorted by callee, caller and port, and the halves that lack the other."""
    flows = [
        flow
        for (source, target, port), half in declared.direct.items()
        if (flow := make_flow(source, target, port, half)) is not None
    ]
    ranges = {
        _in_range(key): half
        for key, half in declared.callee.items()
        if key[2].end != key[2].container
    }
    missing: dict[tuple[str, str, str], list[tuple[ir.Port, Half]]] = {}
    for key in _candidates(declared, owned):
        caller, callee = owned[key[0]], owned[key[1]]
        admits = declared.callee.get(key) or ranges.get(_in_range(key), _SILENT)
        calls = declared.caller.get(key, _SILENT)
        if key[1] in declared.broad_from:
            admits = admits + _broadly_admits(declared, caller, key)
        if key[0] in declared.broad_to:
            calls = calls + _broadly_calls(declared, callee, key)
        if not (admits and calls) and _needs_other(declared, caller, callee, key[2], admits):
            if key in declared.callee or key in declared.caller:
                side = "to" if admits else "from"
                missing.setdefault((*key[:2], side), []).append((key[2], admits or calls))
            continue
        flow = make_flow(caller.pods, callee.pods, key[2], admits, calls)
        if flow is not None:
            flows.append(flow)
    found = tuple(
        _half_flow(declared, owned[caller], owned[callee], side, halves)
        for (caller, callee, side), halves in sorted(missing.items(), key=lambda item: item[0])
        if not (_broken(owned[caller]) or _broken(owned[callee]))
        and ((caller if side == "to" else callee), side) not in declared.doubtful
    )
    return tuple(sorted(flows, key=flow_key)), found


def _in_range(key: FlowKey) -> tuple[str, str, str]:
    """Return under what an end that speaks of a number in a range finds the whole of it."""
    return key[0], key[1], key[2].name


def flow_key(flow: ir.Flow) -> tuple[str, str, tuple[str, int, int, str]]:
    """Return what flows are sorted by."""
    return _peer_key(flow.target), _peer_key(flow.source), _port_key(flow.port)


@lru_cache(maxsize=4096)
def _port_key(port: ir.Port) -> tuple[str, int, int, str]:
    return port.transport.value, port.container, port.end, port.name


def _peer_key(peer: ir.Peer) -> str:
    """Return a key under which pods come before broad peers and those before addresses."""
    match peer:
        case ir.Pods(key=key):
            return f"0 {key}"
        case ir.NamespacePods(namespace=namespace):
            return f"1 {namespace}"
        case ir.AllPods():
            return "2"
        case ir.Addresses(name=name, blocks=blocks):
            return f"3 {name} {blocks}"
        case ir.Host(name=name, host=host):
            return f"4 {name} {host}"


def make_flow(source: ir.Peer, target: ir.Peer, port: ir.Port, *halves: Half) -> ir.Flow | None:
    """Return what all `halves` permit together (empty ones say nothing), or None.

    Only callees narrow to requests, so the first half that narrows decides.
    """
    requests: tuple[ir.Request, ...] | None = None
    becauses: set[str] = set()
    untils: list[date] = []
    hosts: set[str] = set()
    spans: list[Span] = []
    narrowing: list[Span] = []
    plain_text = False
    for half in halves:
        if not half:
            continue
        active = [said for said in half if said.active]
        if not active:
            return None
        if requests is None:
            requests = _narrowed(active)
        for said in active:
            if said.because:
                becauses.add(said.because)
            hosts.update(said.hosts)
            plain_text = plain_text or said.plain_text
            if said.narrowed is not None:
                narrowing.append(said.narrowed)
        ends = [said.until for said in active if said.until is not None]
        if len(ends) == len(active):
            untils.append(max(ends))
        placed = [said.span for said in active]
        spans += placed if len(placed) == 1 else sorted(placed, key=Span.key)
    if not spans:
        return None
    return ir.Flow(
        source,
        target,
        port,
        requests,
        tuple(sorted(hosts)),
        tuple(sorted(becauses)),
        min(untils, default=None),
        plain_text,
        tuple(spans),
        min(narrowing, key=Span.key, default=None),
    )


def _narrowed(active: Half) -> tuple[ir.Request, ...] | None:
    """Return the requests that one end narrows a flow to; one statement without any means all."""
    requests: set[ir.Request] = set()
    for said in active:
        if said.requests is None:
            return None
        requests.update(said.requests)
    return tuple(sorted(requests, key=repr))


def _candidates(declared: Declared, owned: dict[str, Owned]) -> Iterable[FlowKey]:
    """Return every pair and port that may be a flow, each once."""
    keys = dict.fromkeys([*declared.callee, *declared.caller])
    siblings: dict[str, list[str]] = {}
    for key, service in owned.items():
        siblings.setdefault(service.pods.namespace, []).append(key)
    for callee, entries in declared.broad_from.items():
        home = owned[callee].pods.namespace
        for broad, port, _ in entries:
            if broad.namespace in ("", home):
                keys |= dict.fromkeys((c, callee, port) for c in siblings[home] if c != callee)
    for caller, entries in declared.broad_to.items():
        home = owned[caller].pods.namespace
        for broad, port, _ in entries:
            if broad.namespace in ("", home):
                for callee in siblings[home]:
                    keys |= dict.fromkeys(
                        (caller, callee, own)
                        for own in owned[callee].ports
                        if callee != caller and _covers(port, own)
                    )
    return keys


def _broadly_admits(declared: Declared, caller: Owned, key: FlowKey) -> Half:
    return list(_matching(declared.broad_from.get(key[1], ()), caller, key[2], exactly=True))


def _broadly_calls(declared: Declared, callee: Owned, key: FlowKey) -> Half:
    return list(_matching(declared.broad_to.get(key[0], ()), callee, key[2], exactly=False))


def _matching(
    entries: Iterable[tuple[Broad, ir.Port, Said]], other: Owned, port: ir.Port, exactly: bool
) -> Iterator[Said]:
    for broad, at, said in entries:
        same = _includes(at, port) if exactly else _covers(at, port)
        if same and broad.namespace in ("", other.pods.namespace):
            yield said


def _includes(whole: ir.Port, port: ir.Port) -> bool:
    """Tell whether a port of a callee is another one, or a number in its range."""
    return whole.name == port.name and whole.container <= port.container <= port.end <= whole.end


def _covers(number: ir.Port, port: ir.Port) -> bool:
    """Tell whether a port given by number is all of a callee's port."""
    return (number.transport, number.container, number.end) == (
        port.transport,
        port.container,
        port.end,
    )


def _needs_other(
    declared: Declared, caller: Owned, callee: Owned, port: ir.Port, admits: Half
) -> bool:
    """Tell whether the end that declares a flow is not enough."""
    if caller is callee:
        return False
    if caller.pods.namespace != callee.pods.namespace or callee.model.namespace.consent_both:
        return True
    return not admits and (callee.model.key, port.name) in declared.decided


def _broken(service: Owned) -> bool:
    return service.model.declaration.broken


def _half_flow(
    declared: Declared,
    caller: Owned,
    callee: Owned,
    side: str,
    halves: list[tuple[ir.Port, Half]],
) -> Diagnostic:
    """Report the half that is there, and print the line that is missing on the other side."""
    silent, speaker = (caller, callee) if side == "to" else (callee, caller)
    ports = ", ".join(sorted({_called(port, callee) for port, _ in halves}))
    near = silent.pods.namespace == speaker.pods.namespace
    name = speaker.model.name if near else speaker.model.key
    line = f"allow {side} {spelled(name)}"
    decides = (
        Label(span, f"`{callee.model.name}` says here who calls it")
        for port, _ in halves
        if near and side == "from" and (span := declared.decided.get((callee.model.key, port.name)))
    )
    if side == "from" or len(callee.ports) > 1:
        line += f" on {ports}"
    span = min((said.span for _, half in halves for said in half), key=Span.key)
    where = silent.model.symbol.span
    return Diagnostic(
        codes.HALF_FLOW,
        f"`{speaker.model.key}` declares this flow, and `{silent.model.key}` does not",
        span,
        (Label(where, f"`{silent.model.name}` is declared here"), *tuple(decides)[:1]),
        help=f"add `{line}` to service `{silent.model.name}` ({where.source.name})",
        fix=Fix(f"add `{line}` to service `{silent.model.key}`", (_addition(silent, line),)),
    )


def _called(port: ir.Port, callee: Owned) -> str:
    """Return how a port is written: its name, or its number in a range."""
    return spelled(port.name) if port in callee.ports else str(port.container)


def _addition(service: Owned, line: str) -> Edit:
    """Return the edit that adds a statement: below the last `allow`, or else before the brace."""
    declaration = service.model.declaration
    span, text = declaration.span, declaration.span.text
    last = max(
        declaration.statements,
        key=lambda each: (isinstance(each, s.Allow), each.span.end),
        default=None,
    )
    if last is None or "\n" not in text:
        at = span.start + len(text.rstrip().removesuffix("}").rstrip())
        return Edit(Span(span.anchor, at, at), f"\n  {line}" if "\n" in text else f" {line}")
    within = last.span.start - span.start, last.span.end - span.start
    before = text[text.rfind("\n", 0, within[0]) + 1 : within[0]]
    behind = text[within[1] :].partition("\n")[0].rstrip("\r")
    at = last.span.end + (len(behind) if behind.lstrip().startswith("#") else 0)
    line_end = "\r\n" if "\r\n" in text else "\n"
    indent = before if before.isspace() else "  "
    return Edit(Span(span.anchor, at, at), f"{line_end}{indent}{line}")
