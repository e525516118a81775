"""Flows to the rules of one AuthorizationPolicy: joined where that is exact, and only there.

A rule admits each of its callers to each of its operations. Flows are therefore joined only into
full rectangles: callers that may do exactly the same on one port, then ports that exactly the
same callers may use in exactly the same way. What a broader caller may do anyway, or the same one
by another flow, is left out before that (`minimal.py`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from attrs import frozen

from polc.backend import Item
from polc.codes.flows import NO_IDENTITY, NOT_ENFORCEABLE
from polc.diagnostics import Diagnostic
from polc.ir.mesh import waypoint_pods
from polc.ir.nodes import Addresses, AllPods, Flow, NamespacePods, Peer, Port, Transport
from polc.source import Span
from polc_backends.istio.minimal import Asked, reduced, settle
from polc_backends.istio.operations import Inexpressible, asked, operations
from polc_backends.istio.sources import (
    from_entries,
    peer_order,
    principal,
    without_covered,
)

Numbers = Callable[[Port], tuple[int, ...]]


@frozen
class Grant:
    """Callers that may ask for the same on the same ports; None: for everything."""

    callers: tuple[Peer, ...]
    ports: tuple[int, ...]
    asked: Asked | None


def grants(
    flows: Iterable[Flow], trust_domain: str, numbers: Numbers
) -> tuple[list[Grant], tuple[Diagnostic, ...]]:
    """Turn flows into grants, none of which holds a part of another one.

    UDP and SCTP pass Istio by and get none. `numbers` says which numbers a port has where the rules
    are enforced.
    """
    found: list[Diagnostic] = []
    by_port: dict[int, dict[Peer, Asked | None]] = {}
    named: dict[str, Peer] = {}
    for flow in without_covered(flow for flow in flows if flow.port.transport is Transport.TCP):
        name = principal(flow.source, trust_domain)
        if name is None and not isinstance(flow.source, Addresses):
            found.append(_unidentified(flow))
            continue
        try:
            ports, what = numbers(flow.port), asked(flow.requests)
        except Inexpressible as reason:
            found.append(not_enforceable(flow, str(reason), reason.help_line))
            continue
        caller = flow.source if name is None else named.setdefault(name, flow.source)
        for port in ports:
            callers = by_port.setdefault(port, {})
            callers[caller] = _either(callers[caller], what) if caller in callers else what
    return _joined({port: settle(callers) for port, callers in by_port.items()}), tuple(found)


def _either(one: Asked | None, other: Asked | None) -> Asked | None:
    return None if one is None or other is None else reduced((*one, *other))


def _joined(by_port: Mapping[int, Mapping[Peer, Asked | None]]) -> list[Grant]:
    by_asked: dict[tuple[int, Asked | None], list[Peer]] = {}
    for port, callers in by_port.items():
        for caller, what in callers.items():
            by_asked.setdefault((port, what), []).append(caller)
    by_callers: dict[tuple[tuple[Peer, ...], Asked | None], list[int]] = {}
    for (port, what), several in by_asked.items():
        ordered = tuple(sorted(several, key=peer_order))
        by_callers.setdefault((ordered, what), []).append(port)
    joined = [
        Grant(callers, tuple(sorted(ports)), what) for (callers, what), ports in by_callers.items()
    ]
    return sorted(
        joined, key=lambda grant: (grant.ports, [peer_order(each) for each in grant.callers])
    )


def from_waypoint(namespace: str, ports: Iterable[int], beside: Iterable[Grant]) -> list[Grant]:
    """Admit the waypoint of a namespace on ports, as far as no grant `beside` does it anyway."""
    broad = {NamespacePods(namespace), AllPods()}
    admitted = {
        port
        for grant in beside
        if grant.asked is None and not broad.isdisjoint(grant.callers)
        for port in grant.ports
    }
    left = tuple(sorted(set(ports) - admitted))
    return [Grant((waypoint_pods(namespace),), left, None)] if left else []


def items_of(
    allowed: Sequence[Grant], flows: Iterable[Flow], numbers: Numbers
) -> Iterator[tuple[Item, tuple[Span, ...]]]:
    """Return which lines each rule comes from: its callers' flows to its ports."""
    by_caller: dict[Peer, list[tuple[frozenset[int], tuple[Span, ...]]]] = {}
    for flow in flows:
        with suppress(Inexpressible):
            ports = frozenset(numbers(flow.port))
            by_caller.setdefault(flow.source, []).append((ports, flow.spans))
    for number, grant in enumerate(allowed):
        spans = (
            span
            for caller in grant.callers
            for ports, found in by_caller.get(caller, ())
            for span in (() if ports.isdisjoint(grant.ports) else found)
        )
        yield (("spec", "rules"), number), tuple(dict.fromkeys(spans))


def _unidentified(flow: Flow) -> Diagnostic:
    name = getattr(flow.source, "key", "this caller")
    return Diagnostic(
        NO_IDENTITY,
        f"the mesh can't recognise `{name}`: its service account is not known",
        flow.spans[0] if flow.spans else flow.port.span,
        help='say `account "…"` in its declaration',
    )


def not_enforceable(flow: Flow, reason: str, help_line: str) -> Diagnostic:
    """Say that Istio can't hold what a flow says, at the flow."""
    return Diagnostic(
        NOT_ENFORCEABLE,
        f"not enforceable: {reason}",
        flow.spans[0] if flow.spans else flow.port.span,
        help=help_line,
    )


def rule(grant: Grant, trust_domain: str) -> dict[str, Any]:
    """Return one rule: some caller of `from` and some operation of `to`."""
    return {
        "from": from_entries(grant.callers, trust_domain),
        "to": operations(grant.ports, grant.asked),
    }
