"""Open what has to flow for the rest to work (language.md 5.2): each under its own purpose."""

from collections.abc import Iterable

from polc.codes.privileges import NO_API_SERVER
from polc.diagnostics import Diagnostic
from polc.ir.nodes import (
    Addresses,
    Block,
    Cluster,
    Extern,
    Mesh,
    NetworkRule,
    Port,
    Program,
    Purpose,
    Transport,
    TransportPort,
    Workload,
)
from polc.passes.network.drafts import Draft, add, let
from polc.passes.network.flows import HBONE, QUEUE_H2C, QUEUE_HTTP1, Drafts

KUBELET_PROBES = Addresses(
    "kubelet-probes",
    (Block("169.254.7.127/32"), Block("fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128")),
)
"""Where kubelet's probes come from in ambient mode, by family (istio/istio, cni/README.md)."""

XDS = 15012
"""Istiod's port for configuration and certificates (istio.io, "Ports used by Istio")."""

AUTOSCALER = TransportPort(Transport.TCP, 9090, 9090)
"""Queue-proxy's metrics for Knative's autoscaler."""


def open_platform(program: Program, drafts: Drafts, waypoints: Drafts) -> tuple[Diagnostic, ...]:
    """Open DNS, the mesh's control plane, probes, Knative's autoscaler and the API server."""
    cluster = program.cluster
    found: list[Diagnostic] = []
    for workload in program.workloads:
        draft = drafts.get(workload.key)
        if draft is None:  # It is on its node's network, where nothing holds it.
            continue
        if workload.needs_token:
            found += _open_api_server(cluster, workload, draft)
        if workload.kind == "knative":
            _open_autoscaler(cluster, draft)
        if cluster.mesh is Mesh.AMBIENT:
            _open_probes(workload, draft)
    proxies = {Mesh.SIDECAR: drafts, Mesh.AMBIENT: waypoints}.get(cluster.mesh, {})
    istiod = NetworkRule(cluster.istiod.pods, ports_of(cluster.istiod, XDS), Purpose.MESH)
    for draft in proxies.values():
        draft.needs_dns = True
        if istiod.ports:
            add(draft.egress, istiod)
    resolvers = [NetworkRule(cluster.dns.pods, dns_ports(cluster.dns.ports), Purpose.DNS)]
    for addresses, ports in cluster.dns_caches:
        resolvers.append(NetworkRule(addresses, dns_ports(ports), Purpose.DNS))
    for draft in (*drafts.values(), *waypoints.values()):
        for dns in resolvers if draft.needs_dns else ():
            if dns.ports:
                add(draft.egress, dns)
    return tuple(found)


def ports_of(extern: Extern, number: int) -> tuple[TransportPort, ...]:
    """Return the port with this number where the facts name it, and every port otherwise."""
    ports = [port for port in extern.ports if port.container == number] or extern.ports
    return _sorted(TransportPort(port.transport, port.container, port.end) for port in ports)


def dns_ports(known: tuple[Port, ...]) -> tuple[TransportPort, ...]:
    """Return the DNS server's ports, each over both transports.

    A reply that does not fit into UDP is fetched again over TCP (RFC 7766), so one is never enough.
    Ports for other ends, such as CoreDNS's metrics, are told by name and number.
    """
    ports = [
        port for port in known if port.container in (53, 5353) or port.name.startswith("dns")
    ] or known
    return _sorted(
        TransportPort(transport, port.container, port.end)
        for port in ports
        for transport in (Transport.TCP, Transport.UDP)
    )


def _sorted(ports: Iterable[TransportPort]) -> tuple[TransportPort, ...]:
    return tuple(sorted(dict.fromkeys(ports)))


def _open_api_server(cluster: Cluster, workload: Workload, draft: Draft) -> list[Diagnostic]:
    """Open the API server to a workload with a token; warn where nobody said where it is.

    No selector reaches it (its pods use the host's network), and to guess means to open too much.
    """
    if cluster.api_server is not None:
        addresses, number = cluster.api_server
        port = TransportPort(Transport.TCP, number, number)
        spans = tuple(grant.span for grant in workload.grants)
        let(draft.egress, addresses, (port,), Purpose.API_SERVER, spans)
        return []
    return [
        Diagnostic(
            NO_API_SERVER,
            f"`{workload.key}` may use the Kubernetes API, but its network policy does not let it"
            f" get there: cluster `{cluster.name}` does not say where that is",
            workload.grants[0].span,
            help="add `api-server <CIDR> port <PORT>` to the cluster, after"
            " `kubectl get endpointslices --selector kubernetes.io/service-name=kubernetes`",
        )
    ]


def _open_autoscaler(cluster: Cluster, draft: Draft) -> None:
    ports = (AUTOSCALER, HBONE) if cluster.mesh is Mesh.AMBIENT else (AUTOSCALER,)
    let(draft.ingress, cluster.knative_autoscaler.pods, ports, Purpose.KNATIVE)


def _open_probes(workload: Workload, draft: Draft) -> None:
    """Open the probed ports to kubelet, whose packets do not look like the node's in ambient mode.

    A knative pod's readiness is that of its queue-proxy. Its live and startup probes go to the
    user's port, which stays closed all the same: it would let callers go past the queue-proxy.
    """
    if workload.kind == "knative":
        h2c = any(port.protocol in ("http2", "grpc") for port in workload.ports)
        port = QUEUE_H2C if h2c else QUEUE_HTTP1
        let(draft.ingress, KUBELET_PROBES, (port,), Purpose.PROBE)
        return
    for probe in workload.probes:
        if probe.port is not None and probe.action != "exec":
            number = probe.port.container
            port = TransportPort(Transport.TCP, number, number)
            let(draft.ingress, KUBELET_PROBES, (port,), Purpose.PROBE, (probe.span,))
