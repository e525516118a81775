"""Who may reach whom, as whom and over what: the flows of the last compilation."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from polc.ir import nodes as ir
from polc.ir.show import port_text, request_text
from polc.lsp.explain.text import escaped
from polc.report.summary import peer_name

_MOST = 12
"""Lines of a list before it is cut."""


class Reach(NamedTuple):
    """The names of those that may call something, and of those that it may call, sorted."""

    callers: tuple[str, ...]
    callees: tuple[str, ...]


def reach_of(program: ir.Program, key: str) -> Reach:
    """Return who may reach the pods that a program calls `key`, and whom they may reach."""
    callers = {source_name(flow) for flow in flows_to(program, key)}
    callees = {peer_name(flow.target) for flow in flows_from(program, key)}
    return Reach(tuple(sorted(callers)), tuple(sorted(callees)))


def flows_to(program: ir.Program, key: str) -> tuple[ir.Flow, ...]:
    """Return the flows whose target is called `key`."""
    return program.inbound.get(key) or tuple(
        flow for flow in program.flows if _is_called(flow.target, key)
    )


def flows_from(program: ir.Program, key: str) -> tuple[ir.Flow, ...]:
    """Return the flows whose source is called `key`."""
    return program.outbound.get(key) or tuple(
        flow for flow in program.flows if _is_called(flow.source, key)
    )


def source_name(flow: ir.Flow) -> str:
    """Return what a program calls the caller of a flow."""
    name = peer_name(flow.source)
    return f"internet via {name}" if flow.hosts else name


def principal(program: ir.Program, pods: ir.Pods) -> str | None:
    """Return the SPIFFE ID of pods in the mesh (Istio, "Istio identity"); None without one."""
    if program.cluster.mesh is ir.Mesh.NONE or pods.account is None:
        return None
    return f"spiffe://{program.cluster.trust_domain}/ns/{pods.namespace}/sa/{pods.account}"


def counted(reach: Reach) -> str:
    """Return both numbers in words."""
    return f"reachable by {len(reach.callers)} · reaches {len(reach.callees)}"


def page(program: ir.Program, key: str) -> str:
    """Return all flows of a service, as Markdown."""
    there = reach_of(program, key)
    callers = "\n".join(f"- {_caller(program, flow)}" for flow in flows_to(program, key))
    callees = "\n".join(f"- {_callee(flow)}" for flow in flows_from(program, key))
    return "\n".join(
        (
            *(f"# {key}", "", f"## Reachable by {len(there.callers)}", "", callers or "Nobody."),
            *("", f"## Reaches {len(there.callees)}", "", callees or "Nothing.", ""),
        )
    )


def callers_text(program: ir.Program, flows: Iterable[ir.Flow]) -> str:
    """Return who may send what, one caller a line."""
    return cut([f"- {_caller(program, flow)}" for flow in flows])


def callees_text(flows: Iterable[ir.Flow]) -> str:
    """Return what may be called, one port a line."""
    return cut([f"- {_callee(flow)}" for flow in flows])


def cut(lines: list[str]) -> str:
    """Join lines, of a long list only the first ones."""
    more = len(lines) - _MOST
    return "\n".join(lines if more <= 1 else [*lines[:_MOST], f"- … and {more} more"])


def _caller(program: ir.Program, flow: ir.Flow) -> str:
    parts = [f"`{source_name(flow)}` on `{flow.port.name}`"]
    if isinstance(flow.source, ir.Pods) and flow.source.account is not None:
        identity = principal(program, flow.source)
        parts.append(f"as `{identity or f'{flow.source.namespace}/{flow.source.account}'}`")
    return ", ".join((*parts, *_terms(flow)))


def _callee(flow: ir.Flow) -> str:
    return ", ".join((f"`{peer_name(flow.target)}` on `{port_text(flow.port)}`", *_terms(flow)))


def _terms(flow: ir.Flow) -> Iterator[str]:
    """Return what limits a flow, and why it is there."""
    if flow.requests is not None:
        yield "only " + ", ".join(f"`{request_text(each)}`" for each in flow.requests)
    if flow.until is not None:
        yield f"until {flow.until.isoformat()}"
    if flow.because:
        yield "because " + "; ".join(map(escaped, flow.because))


def _is_called(peer: ir.Peer, key: str) -> bool:
    return peer_name(peer) == key or getattr(peer, "name", None) == key
