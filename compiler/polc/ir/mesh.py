"""Which traffic passes a waypoint proxy: asked where the network is opened and configured."""

from polc.ir.nodes import HTTP_PROTOCOLS, Pods, Port, Program, Workload
from polc.terms import WAYPOINT as WAYPOINT

NO_WAYPOINT = {"istio.io/use-waypoint": "none"}
"""What exempts a Service from its namespace's waypoint (istio/istio, ambient/waypoints.go)."""


def behind_waypoint(program: Program, workload: Workload) -> bool:
    """Tell whether what is sent to the Service of `workload` passes a waypoint.

    In ambient mode ztunnel reads no requests: rules on requests and routes need a waypoint
    (istio.io, "Use Layer 7 features"). A namespace enrols all of its Services at once
    (label `istio.io/use-waypoint`), so one workload that needs a waypoint puts its neighbours
    behind it too. The Services that Knative makes opt out (`NO_WAYPOINT`): their callers are
    masked anyway.
    """
    return workload.kind != "knative" and workload.namespace in program.waypoint_namespaces


def waypoint_namespaces(program: Program) -> tuple[str, ...]:
    """Return the namespaces that need a waypoint, sorted."""
    return tuple(sorted(program.waypoint_namespaces))


def decided_by_waypoint(program: Program, workload: Workload, port: Port) -> bool:
    """Tell whether the waypoint has something to decide on a port: requests or a route.

    Only such a port must not be reached around the waypoint. Every other one is admitted both
    ways, because a waypoint for Services sees nothing of the connections that are opened to the
    address of a pod: those to a headless Service, or those of a scraping Prometheus.
    """
    if not behind_waypoint(program, workload):
        return False
    if workload.rollout is not None and port.protocol in HTTP_PROTOCOLS:
        return True
    flows = program.inbound.get(workload.key, ())
    return any(flow.requests is not None for flow in flows if flow.port == port)


def waypoint_pods(namespace: str) -> Pods:
    """Return the pods that Istio deploys for a namespace's waypoint.

    It labels them with the name of their Gateway and runs them as a service account of that name
    (istio/istio, manifests/charts/istio-control/istio-discovery/files/waypoint.yaml).
    """
    labels = (("gateway.networking.k8s.io/gateway-name", WAYPOINT),)
    return Pods(f"{namespace}/{WAYPOINT}", namespace, labels, WAYPOINT, "gateway")
