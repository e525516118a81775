"""What to write so that a flow is permitted: a line for each end that has to declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polc.ir.nodes import HTTP_PROTOCOLS, Flow
from polc.why.answer import Reason
from polc.why.ends import End

if TYPE_CHECKING:
    from polc.why.flow import FlowQuestion


def missing_lines(
    question: FlowQuestion, declared: tuple[Flow, ...], *, opened: bool
) -> tuple[Reason, ...]:
    """Return the lines to add, each with the place of the service that it belongs to.

    `opened` tells that the callee admits the caller already, as one of many.
    """
    caller, callee = question.caller, question.callee
    lines = []
    if callee.workload is not None and not opened:
        line = f"allow from {_named(caller, callee)} on {question.port.name}"
        line += _requests(question) + _because(caller)
        lines.append(_in(callee, line))
    across = callee.workload is None or (
        caller.workload is not None and caller.workload.namespace != callee.workload.namespace
    )
    if caller.workload is not None and across and not declared:
        on = f" on {question.port.name}" if callee.workload is not None else ""
        lines.append(_in(caller, f"allow to {_named(callee, caller)}{on}{_because(callee)}"))
    return tuple(lines)


def _in(end: End, line: str) -> Reason:
    assert end.workload is not None
    span = end.workload.span
    return Reason(f"in service {end.workload.key}: {line}", f"{span.source.name}:{span.line}")


def _named(end: End, other: End) -> str:
    """Return what a program calls one end in the service of the other."""
    if end.name == "internet":
        return 'internet via GATEWAY host "…"'
    if end.name.startswith("internet via "):
        return f'{end.name} host "…"'
    if not end.known:
        namespace = end.pods.namespace if end.pods is not None else ""
        return "any" if end.name == "any other pod" else f"namespace {namespace}"
    if end.workload is not None and other.workload is not None:
        same = end.workload.namespace == other.workload.namespace
        return end.workload.name if same else end.workload.key
    return end.name if end.address is None or end.name != end.address else "ENDPOINT"


def _requests(question: FlowQuestion) -> str:
    if question.path is None or question.port.protocol not in HTTP_PROTOCOLS:
        return ""
    path = question.path.partition("?")[0]
    if question.port.protocol == "grpc":
        return f' {{ rpc "{path.removeprefix("/")}" }}'
    return f' {{ {question.method or "ANY"} "{path}" }}'


def _because(end: End) -> str:
    broad = not end.known or end.name.startswith("internet")
    return ' because "…"' if broad else ""
