"""Flows to the rules of one AuthorizationPolicy: joined where that is exact, and only there.

A rule admits each of its callers to each of its operations. Flows are therefore joined only into
full rectangles: callers that may do exactly the same on one port, then ports that exactly the
same callers may use in exactly the same way.
"""

from collections.abc import Callable, Iterable
from typing import Any

from attrs import frozen

from polc.codes.flows import NO_IDENTITY, NOT_ENFORCEABLE
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Addresses, Flow, Peer, Port, Request, Transport
from polc_backends.istio.operations import Inexpressible, operations
from polc_backends.istio.sources import (
    from_entries,
    peer_order,
    principal,
    without_covered,
)

Requests = tuple[Request, ...] | None


@frozen
class Grant:
    """Callers that may make the same requests on the same ports."""

    callers: tuple[Peer, ...]
    ports: tuple[int, ...]
    requests: Requests


def grants(
    flows: Iterable[Flow], trust_domain: str, numbers: Callable[[Port], tuple[int, ...]]
) -> tuple[list[Grant], tuple[Diagnostic, ...]]:
    """Turn flows into grants; UDP and SCTP pass Istio by and get none.

    `numbers` says which numbers a port has where the rules are enforced.
    """
    found: list[Diagnostic] = []
    by_port: dict[tuple[tuple[int, ...], Requests], dict[Peer, None]] = {}
    for flow in without_covered(flow for flow in flows if flow.port.transport is Transport.TCP):
        problem = _unidentified(flow, trust_domain)
        if problem is None:
            try:
                ports = numbers(flow.port)
                operations(ports, flow.requests)
            except Inexpressible as reason:
                problem = not_enforceable(flow, str(reason), reason.help_line)
            else:
                by_port.setdefault((ports, flow.requests), {})[flow.source] = None
        if problem is not None:
            found.append(problem)
    return _joined(by_port), tuple(found)


def _joined(by_port: dict[tuple[tuple[int, ...], Requests], dict[Peer, None]]) -> list[Grant]:
    by_callers: dict[tuple[tuple[Peer, ...], Requests], list[int]] = {}
    for (ports, requests), callers in by_port.items():
        ordered = tuple(sorted(callers, key=peer_order))
        by_callers.setdefault((ordered, requests), []).extend(ports)
    joined = [
        Grant(callers, tuple(sorted(set(ports))), requests)
        for (callers, requests), ports in by_callers.items()
    ]
    return sorted(
        joined, key=lambda grant: (grant.ports, [peer_order(each) for each in grant.callers])
    )


def _unidentified(flow: Flow, trust_domain: str) -> Diagnostic | None:
    if isinstance(flow.source, Addresses) or principal(flow.source, trust_domain) is not None:
        return None
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
        "to": operations(grant.ports, grant.requests),
    }
