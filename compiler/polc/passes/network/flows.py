"""Open what was declared: each flow on its owned ends, where its packets really pass.

A flow to a workload behind a waypoint, and one to a knative workload, takes another way than from
the caller's pod to the declared port; the package's docstring gives the reasons and sources.
"""

from polc.ir.mesh import decided_by_waypoint, waypoint_namespaces, waypoint_pods
from polc.ir.nodes import (
    Addresses,
    Cluster,
    Flow,
    Host,
    Mesh,
    Pods,
    Program,
    Purpose,
    Transport,
    TransportPort,
)
from polc.passes.network.drafts import Draft, Side, let
from polc.passes.network.minimal import NetworkPeer

Drafts = dict[str, Draft]
"""By the key of the pods, or by the namespace of the waypoint."""

HBONE = TransportPort(Transport.TCP, 15008, 15008)
"""Where ambient pods and waypoints take the mesh's tunnels (istio.io, "Ports used by Istio")."""

QUEUE_HTTP1 = TransportPort(Transport.TCP, 8012, 8012)
QUEUE_H2C = TransportPort(Transport.TCP, 8013, 8013)
QUEUE_TLS = TransportPort(Transport.TCP, 8112, 8112)
"""Queue-proxy's ports, and the activator's (knative/networking, pkg/apis/networking/ports.go)."""


def start_drafts(program: Program) -> tuple[Drafts, Drafts]:
    """Return a closed draft for every pod set that the program isolates, and every waypoint."""
    drafts = {
        each.key: Draft(each.pods, each.span)
        for each in program.workloads
        if not each.pods.host_network
    }
    owned = {namespace.name: namespace for namespace in program.namespaces}
    for flow in program.flows:
        for end in (flow.source, flow.target):
            if isinstance(end, Pods) and end.origin != "workload" and end.namespace in owned:
                if end.host_network:
                    continue
                drafts.setdefault(end.key, Draft(end, end.span))
    waypoints = {
        name: Draft(waypoint_pods(name), owned[name].span, waypoint=True)
        for name in waypoint_namespaces(program)
    }
    return drafts, waypoints


def open_flows(program: Program, drafts: Drafts, waypoints: Drafts) -> None:
    """Open every flow on the ends that have a draft, and on the waypoint between them."""
    cluster = program.cluster
    decided = _decided(program)
    ports: dict[tuple[Transport, int, int], TransportPort] = {}
    for flow in program.flows:
        source, target = flow.source, flow.target
        where = flow.port.transport, flow.port.container, flow.port.end
        port = ports.get(where) or ports.setdefault(where, TransportPort(*where))
        caller = drafts.get(source.key) if isinstance(source, Pods) else None
        callee = drafts.get(target.key) if isinstance(target, Pods) else None
        if caller is not None:
            caller.needs_dns = True
        if isinstance(target, Pods) and target.knative:
            _open_knative(cluster, flow, target, caller, callee)
            continue
        if caller is not None and not isinstance(target, Host):
            let(caller.egress, target, (port,), Purpose.DECLARED, flow.spans)
        if callee is not None and not isinstance(source, Host):
            let(callee.ingress, source, (port,), Purpose.DECLARED, flow.spans)
        if cluster.mesh is not Mesh.AMBIENT or where[0] is not Transport.TCP:
            continue
        meshed = not _is_outside(source)
        if meshed and isinstance(target, Pods) and target.namespace in waypoints:
            _open_waypoint(flow, target, caller, callee, waypoints[target.namespace])
            if (target.key, port) in decided:
                continue
        if caller is not None:
            _tunnel(caller.egress, target, flow)
        if callee is not None:
            _tunnel(callee.ingress, source, flow)


def _decided(program: Program) -> frozenset[tuple[str, TransportPort]]:
    """Return the ports that are not to be reached around the waypoint."""
    return frozenset(
        (each.key, TransportPort(port.transport, port.container, port.end))
        for each in program.workloads
        for port in each.ports
        if decided_by_waypoint(program, each, port)
    )


def data_port(flow: Flow) -> TransportPort:
    """Return the port on which a queue-proxy takes the requests of a flow."""
    return QUEUE_H2C if flow.port.protocol in ("http2", "grpc") else QUEUE_HTTP1


def _tunnel(side: Side, peer: NetworkPeer | Host, flow: Flow) -> None:
    """Open HBONE beside a flow's own port; what is outside the cluster has no part in the mesh."""
    if not _is_outside(peer):
        assert not isinstance(peer, Host)
        let(side, peer, (HBONE,), Purpose.MESH, flow.spans)


def _is_outside(peer: NetworkPeer | Host) -> bool:
    """Tell whether a peer has no part in the mesh."""
    return isinstance(peer, Addresses | Host) or (isinstance(peer, Pods) and not peer.in_mesh)


def _open_waypoint(
    flow: Flow, target: Pods, caller: Draft | None, callee: Draft | None, waypoint: Draft
) -> None:
    """Lead a flow through its callee's waypoint: caller to waypoint, waypoint to callee."""
    if caller is not None:
        let(caller.egress, waypoint.pods, (HBONE,), Purpose.MESH, flow.spans)
    _tunnel(waypoint.ingress, flow.source, flow)
    let(waypoint.egress, target, (HBONE,), Purpose.MESH, flow.spans)
    if callee is not None:
        let(callee.ingress, waypoint.pods, (HBONE,), Purpose.MESH, flow.spans)


def _open_knative(
    cluster: Cluster, flow: Flow, target: Pods, caller: Draft | None, callee: Draft | None
) -> None:
    """Open the way of a request to a knative workload; its declared port is never opened."""
    port, sidecar = data_port(flow), cluster.mesh is Mesh.SIDECAR
    activator, gateway = cluster.knative_activator.pods, cluster.knative_gateway
    if callee is not None:
        if _reaches_pods(flow, sidecar=sidecar):
            assert not isinstance(flow.source, Host)
            let(callee.ingress, flow.source, (port,), Purpose.DECLARED, flow.spans)
        for peer in (activator, gateway.pods):
            let(callee.ingress, peer, (port, QUEUE_TLS), Purpose.KNATIVE, flow.spans)
    if caller is not None and sidecar:
        let(caller.egress, target, (port,), Purpose.DECLARED, flow.spans)
        let(caller.egress, activator, (port,), Purpose.KNATIVE, flow.spans)
    elif caller is not None:
        entry = tuple(TransportPort(p.transport, p.container, p.end) for p in gateway.ports)
        let(caller.egress, gateway.pods, entry, Purpose.KNATIVE, flow.spans)
    if cluster.mesh is not Mesh.AMBIENT:
        return
    if caller is not None:
        _tunnel(caller.egress, gateway.pods, flow)
    if callee is not None:
        direct = (flow.source,) if _reaches_pods(flow, sidecar=sidecar) else ()
        for each in (activator, gateway.pods, *direct):
            _tunnel(callee.ingress, each, flow)


def _reaches_pods(flow: Flow, *, sidecar: bool) -> bool:
    """Tell whether a flow's source connects to the revision's pods itself."""
    source = flow.source
    if isinstance(source, Pods) and source.origin == "gateway":
        return True
    return sidecar and not isinstance(source, Addresses | Host)
