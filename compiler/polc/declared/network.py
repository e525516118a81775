"""What a program declares for the network, worked out from its flows and the facts alone.

This is written from the reference (language.md 5.2 and the targets' documentation), not from what
the compiler made of it: `Program.isolations` is not read, so a mistake there shows as a difference.
For every set of pods that an owned namespace is known to hold (its workloads, pods that a flow
names, its waypoint) it says what they may receive and send; every other pod there may do nothing.

Sources of what is needed beside the flows: DNS over UDP and TCP (RFC 7766); istiod's 15012 for
proxies, HBONE on 15008 between ambient pods, kubelet's probes from a fixed address (istio.io,
"Ports used by Istio", "Ambient and Kubernetes NetworkPolicy"); queue-proxy's ports and the
autoscaler's (knative/networking, pkg/apis/networking/ports.go).
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field, frozen

from polc.ir.mesh import decided_by_waypoint, waypoint_pods
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Block,
    Extern,
    Flow,
    Host,
    Labels,
    Mesh,
    NamespacePods,
    Pods,
    Program,
    Workload,
)
from polc.ir.nodes import Peer as ProgramPeer
from polc.semantics.network.networkpolicy import Direction, Peer
from polc.semantics.sets.labels import EVERY_POD
from polc.semantics.sets.regions import PortSet, RawPort, port_set
from polc.source import Span

HBONE: RawPort = ("TCP", 15008, 15008)
KUBELET = ("169.254.7.127/32", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128")
AUTOSCALER: RawPort = ("TCP", 9090, 9090)
QUEUE_TLS: RawPort = ("TCP", 8112, 8112)

Side = dict[Peer, PortSet]


@define
class Subject:
    """Some pods of an owned namespace, and all that they may exchange."""

    key: str
    namespace: str
    labels: Labels
    span: Span
    ingress: Side = field(factory=dict)
    egress: Side = field(factory=dict)

    def side(self, direction: Direction) -> Side:
        """Return one direction."""
        return self.ingress if direction == "ingress" else self.egress


@frozen
class Declared:
    """Subjects by namespace and labels; the namespaces are exactly the owned ones."""

    by_namespace: dict[str, dict[Labels, Subject]]


def declared(program: Program) -> Declared:
    """Work out what is declared, with what that needs to work."""
    return _Work(program).done()


def peers_of(peer: ProgramPeer) -> tuple[Peer, ...]:
    """Return what the network tells a peer by; a host name is nothing to it."""
    match peer:
        case Pods():
            return ((peer.namespace, peer.labels),)
        case NamespacePods():
            return ((peer.namespace, ()),)
        case AllPods():
            return (EVERY_POD,)
        case Addresses():
            return tuple(Block(each.cidr, tuple(sorted(each.excepts))) for each in peer.blocks)
        case Host():
            return ()


class _Work:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.cluster = program.cluster
        self.ambient = program.cluster.mesh is Mesh.AMBIENT
        self.sidecar = program.cluster.mesh is Mesh.SIDECAR
        self.found: dict[str, dict[Labels, Subject]] = {
            each.name: {} for each in program.namespaces
        }
        self.spans = {each.name: each.span for each in program.namespaces}
        self.waypoints = program.waypoint_namespaces
        self.peers: dict[str, tuple[Peer, ...]] = {}
        self.waypoint_only: dict[tuple[str, RawPort], bool] = {}

    def done(self) -> Declared:
        program = self.program
        callers: dict[str, Pods] = {}
        for workload in program.workloads:
            self._subject(workload.pods, workload.span)
        for flow in program.flows:
            self._flow(flow)
            if isinstance(flow.source, Pods):
                callers[flow.source.key] = flow.source
        for workload in program.workloads:
            self._workload(workload)
        for pods in callers.values():
            self._dns(pods)
        if self.sidecar:
            for group in self.found.values():
                for subject in group.values():
                    self._proxy(subject)
        for namespace in self.waypoints:
            waypoint = self._subject(waypoint_pods(namespace), self.spans[namespace])
            assert waypoint is not None
            self._proxy(waypoint)
        return Declared(self.found)

    def _subject(self, peer: ProgramPeer, span: Span | None = None) -> Subject | None:
        """Return the subject that a peer is, if it lives in an owned namespace."""
        if not isinstance(peer, Pods):
            return None
        group = self.found.get(peer.namespace)
        if group is None or peer.host_network:  # No policy selects pods on their node's network.
            return None
        subject = group.get(peer.labels)
        if subject is None:
            subject = Subject(peer.key, peer.namespace, peer.labels, span or peer.span)
            group[peer.labels] = subject
        return subject

    def _peers(self, peer: ProgramPeer) -> tuple[Peer, ...]:
        if not isinstance(peer, Pods):
            return peers_of(peer)
        known = self.peers.get(peer.key)
        if known is None:
            known = self.peers[peer.key] = peers_of(peer)
        return known

    def _let(
        self, end: ProgramPeer, direction: Direction, other: ProgramPeer, *ports: RawPort
    ) -> None:
        """Open ports at one end, if the program owns that."""
        subject = self._subject(end)
        if subject is None or not ports:
            return
        side = subject.ingress if direction == "ingress" else subject.egress
        opened = port_set(ports)
        for peer in self._peers(other):
            before = side.get(peer)
            side[peer] = opened if before is None or before is opened else before | opened

    def _pair(self, source: ProgramPeer, target: ProgramPeer, port: RawPort) -> None:
        self._let(source, "egress", target, port)
        self._let(target, "ingress", source, port)

    # --- flows ---

    def _flow(self, flow: Flow) -> None:
        source, target = flow.source, flow.target
        for end in (source, target):
            self._subject(end)
        if isinstance(target, Pods) and target.knative:
            self._knative(flow, target)
            return
        port = (flow.port.transport.value, flow.port.container, flow.port.end)
        self._pair(source, target, port)
        if not self.ambient or port[0] != "TCP":
            return
        direct = True
        if (
            isinstance(target, Pods)
            and target.namespace in self.waypoints
            and not _outside_mesh(source)
        ):
            between = waypoint_pods(target.namespace)
            self._pair(source, between, HBONE)
            self._pair(between, target, HBONE)
            direct = not self._decided(target.key, port)
        if direct:
            self._tunnel(source, target)

    def _tunnel(self, source: ProgramPeer, target: ProgramPeer) -> None:
        """Open HBONE, at each end whose other one can be in the mesh."""
        if not _outside_mesh(target):
            self._let(source, "egress", target, HBONE)
        if not _outside_mesh(source):
            self._let(target, "ingress", source, HBONE)

    def _decided(self, key: str, port: RawPort) -> bool:
        """Tell whether a waypoint decides on a port, so that nothing may go around it."""
        if not self.waypoint_only:
            self.waypoint_only[("", HBONE)] = False
            for workload in self.program.workloads:
                for each in workload.ports:
                    number = (each.transport.value, each.container, each.end)
                    if decided_by_waypoint(self.program, workload, each):
                        self.waypoint_only[workload.key, number] = True
        return self.waypoint_only.get((key, port), False)

    def _knative(self, flow: Flow, target: Pods) -> None:
        """Open the way over activator, gateway and queue-proxy; the declared port stays closed."""
        number = 8013 if flow.port.protocol in ("http2", "grpc") else 8012
        queue: RawPort = ("TCP", number, number)
        cluster, source = self.cluster, flow.source
        activator, gateway = cluster.knative_activator.pods, cluster.knative_gateway
        for proxy in (activator, gateway.pods):
            self._let(target, "ingress", proxy, queue, QUEUE_TLS)
            if self.ambient:
                self._let(target, "ingress", proxy, HBONE)
        if (isinstance(source, Pods) and source.origin == "gateway") or (
            self.sidecar and not isinstance(source, Addresses | Host)
        ):
            self._let(target, "ingress", source, queue)
            if self.ambient:
                self._let(target, "ingress", source, HBONE)
        if self.sidecar:  # The caller's own proxy picks the pod or the activator.
            self._let(source, "egress", target, queue)
            self._let(source, "egress", activator, queue)
        else:
            entry = tuple((p.transport.value, p.container, p.end) for p in gateway.ports)
            self._let(source, "egress", gateway.pods, *entry)
            if self.ambient:
                self._let(source, "egress", gateway.pods, HBONE)

    # --- what flows need ---

    def _workload(self, workload: Workload) -> None:
        pods, cluster = workload.pods, self.cluster
        if workload.needs_token and cluster.api_server is not None:
            addresses, number = cluster.api_server
            self._let(pods, "egress", addresses, ("TCP", number, number))
        if workload.kind == "knative":
            ports = (AUTOSCALER, HBONE) if self.ambient else (AUTOSCALER,)
            self._let(pods, "ingress", cluster.knative_autoscaler.pods, *ports)
        if self.ambient:
            kubelet = Addresses("kubelet", tuple(map(Block, KUBELET)))
            for number in _probed(workload):
                self._let(pods, "ingress", kubelet, ("TCP", number, number))

    def _dns(self, pods: Pods) -> None:
        dns = self.cluster.dns
        serving = [
            port
            for port in dns.ports
            if port.container in (53, 5353) or port.name.startswith("dns")
        ] or dns.ports
        both = [(name, p.container, p.end) for p in serving for name in ("TCP", "UDP")]
        self._let(pods, "egress", dns.pods, *sorted(set(both)))

    def _proxy(self, subject: Subject) -> None:
        """Let a proxy of the mesh find istiod and talk to it."""
        pods = Pods(subject.key, subject.namespace, subject.labels, None, "workload")
        self._dns(pods)
        self._let(pods, "egress", self.cluster.istiod.pods, *_ports(self.cluster.istiod, 15012))


def _outside_mesh(peer: ProgramPeer) -> bool:
    """Tell whether packets to or from a peer never travel in the mesh's tunnels."""
    return isinstance(peer, Addresses | Host) or (isinstance(peer, Pods) and not peer.in_mesh)


def _ports(extern: Extern, number: int) -> Iterable[RawPort]:
    named = [port for port in extern.ports if port.container == number] or extern.ports
    return tuple((port.transport.value, port.container, port.end) for port in named)


def _probed(workload: Workload) -> Iterable[int]:
    """Yield the ports that kubelet probes: a knative pod's are those of its queue-proxy."""
    if workload.kind == "knative":
        h2c = any(port.protocol in ("http2", "grpc") for port in workload.ports)
        yield 8013 if h2c else 8012
        return
    for probe in workload.probes:
        if probe.port is not None and probe.action != "exec":
            yield probe.port.container
