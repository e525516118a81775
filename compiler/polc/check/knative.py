"""Callers of knative workloads: behind the activator they all look alike."""

from polc.codes import flows as codes
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import AllPods, Flow, Pods, Program
from polc.parse.names import spelled


def check_knative_callers(program: Program) -> tuple[Diagnostic, ...]:
    """Refuse a rule that names the callers of a knative workload.

    Knative's activator stands between caller and workload and calls in its own name
    (knative/serving issue 12466), so no target can tell the callers apart.
    """
    found: list[Diagnostic] = []
    for workload in program.workloads:
        if workload.kind != "knative":
            continue
        inbound = program.inbound.get(workload.key, ())
        open_to_all = {flow.port: flow for flow in inbound if isinstance(flow.source, AllPods)}
        for flow in inbound:
            if not _covered(flow, open_to_all.get(flow.port)):
                caller = flow.source.key if isinstance(flow.source, Pods) else "these callers"
                found.append(
                    Diagnostic(
                        codes.KNATIVE_CALLER,
                        f"no target can tell `{caller}` from other callers of the knative"
                        f" workload `{workload.name}`",
                        flow.spans[0],
                        (Label(workload.span, "Knative's activator calls it for everyone"),),
                        help=f'write `allow from any on {spelled(flow.port.name)} because "…"` in'
                        f" `{workload.name}`, or make it a deployment",
                    )
                )
    return tuple(found)


def _covered(flow: Flow, broad: Flow | None) -> bool:
    """Tell whether what `flow` admits is admitted from everyone anyway."""
    if broad is None:
        return False
    if broad.requests is None or flow is broad:
        return True
    return flow.requests is not None and set(flow.requests) <= set(broad.requests)
