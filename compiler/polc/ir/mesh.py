"""Which workloads need a waypoint proxy: asked where the network is opened and configured."""

from polc.ir.nodes import Mesh, Program, Workload

WAYPOINT = "waypoint"
"""The name of a namespace's waypoint Gateway, and so of its service account."""


def behind_waypoint(program: Program, workload: Workload) -> bool:
    """Tell whether traffic to `workload` passes a waypoint.

    In ambient mode ztunnel reads no requests: rules on requests and routes need a waypoint
    (istio.io, "Use Layer 7 features").
    """
    if program.cluster.mesh is not Mesh.AMBIENT or workload.kind == "knative":
        return False
    if workload.rollout is not None:
        return True
    return any(flow.requests is not None for flow in program.inbound.get(workload.key, ()))


def waypoint_namespaces(program: Program) -> tuple[str, ...]:
    """Return the namespaces that need a waypoint, sorted."""
    return tuple(sorted({w.namespace for w in program.workloads if behind_waypoint(program, w)}))
