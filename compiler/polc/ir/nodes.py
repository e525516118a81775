"""The intermediate representation: all that a backend may read.

It is target-neutral, has no names left to resolve, and holds nothing that is not permitted:
expired grants and grants for other environments are gone (`Program.expired` reports the former).
Every collection is sorted, so a backend that walks it in order is deterministic. Every node that
came from the program keeps the span it came from, which equality ignores.

Units: durations in seconds; quantities stay Kubernetes quantities.
"""

from datetime import date
from functools import cached_property
from typing import Literal

from attrs import evolve, field, frozen

from polc.source import Span, nowhere
from polc.terms import HTTP_PROTOCOLS as HTTP_PROTOCOLS
from polc.terms import Block as Block
from polc.terms import Labels as Labels
from polc.terms import Level as Level
from polc.terms import Member
from polc.terms import Mesh as Mesh

# --- ports and requests -----------------------------------------------------------------------


class Transport(Member):
    """The protocols that NetworkPolicy knows."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


@frozen(cache_hash=True)
class Port:
    """A port of a callee. `end` closes a range and equals `container` otherwise.

    `known_as` names the Service in front of it, where it is not called like the callee.
    """

    name: str
    service: int
    container: int
    end: int
    protocol: str
    transport: Transport
    span: Span = field(factory=nowhere, eq=False, repr=False)
    known_as: str | None = None


@frozen
class Path:
    """`/v1/*/items/**` is segments `v1 * items` with `rest`; `/` is one empty segment.

    A segment `*` is any one non-empty segment, every other one is literal. `rest` admits any
    further segments, none included: `/v1/**` matches `/v1`, `/v1/` and `/v1/a/b`.
    """

    segments: tuple[str, ...]
    rest: bool = False

    def __str__(self) -> str:
        parts = (*self.segments, "**") if self.rest else self.segments
        return "/" + "/".join(parts)


@frozen(order=True)
class HttpRequest:
    """Some methods (empty: every method) on one path."""

    methods: tuple[str, ...]
    path: Path = field(order=str)


@frozen(order=True)
class RpcRequest:
    """One gRPC method, or with an empty `method` every method of `service` (`pkg.Name`)."""

    service: str
    method: str


Request = HttpRequest | RpcRequest


# --- peers ------------------------------------------------------------------------------------


@frozen(cache_hash=True)
class Pods:
    """The pods of one workload, extern service or gateway. `key` is `namespace/name`.

    `account` is the service account's name, or None for a callee that nobody identified. Pods on
    the `host_network` are their nodes to the network: no policy selects them, and no mesh captures
    them. Pods that are not `in_mesh` have no identity there.
    """

    key: str
    namespace: str
    labels: Labels
    account: str | None
    origin: Literal["workload", "extern", "gateway"]
    knative: bool = False
    uses: str | None = None
    host_network: bool = False
    in_mesh: bool = True
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class NamespacePods:
    """Every pod of a namespace, also those that the program has never heard of."""

    namespace: str


@frozen
class AllPods:
    """Every pod of the cluster."""


@frozen
class Addresses:
    """Addresses outside the cluster: an endpoint (`name`), or `internet`. Never empty.

    With `nodes` they are those of the nodes, for the pods called `name` that are on their network.
    """

    name: str
    blocks: tuple[Block, ...]
    nodes: bool = False


PLAIN_TEXT = Addresses("plain text", (Block("0.0.0.0/0"), Block("::/0")))
"""What a mesh sees of callers that are not in it: no identity. The network says who they are."""


@frozen
class Host:
    """A host name outside the cluster; `name` is the endpoint's."""

    name: str
    host: str


Peer = Pods | NamespacePods | AllPods | Addresses | Host


@frozen
class Flow:
    """`source` may open connections to `port` of `target`; one per such triple.

    `requests` None means everything; it is never empty. `hosts` are the outside host names under
    which a gateway serves this flow. With `plain_text` the mesh admits callers without an identity
    and leaves it to the network who they are. `spans` are the declarations, the callee's first, and
    `narrowed` is where the requests are listed.
    """

    source: Peer
    target: Peer
    port: Port
    requests: tuple[Request, ...] | None = None
    hosts: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    until: date | None = None
    plain_text: bool = False
    spans: tuple[Span, ...] = field(default=(), eq=False, repr=False)
    narrowed: Span | None = field(default=None, eq=False, repr=False)


# --- what must be let through on the network (made by `passes.network`) --------------------------


class Purpose(Member):
    """Why packets have to flow: declared, or for the rest to work (language.md 5.2)."""

    DECLARED = "declared"
    DNS = "dns"
    MESH = "mesh"
    KNATIVE = "knative"
    PROBE = "probe"
    API_SERVER = "api-server"


@frozen(order=True, cache_hash=True)
class TransportPort:
    """A port or range of pod ports."""

    transport: Transport = field(order=lambda transport: transport.value)
    port: int
    end: int


@frozen
class NetworkRule:
    """One peer with which pods may exchange packets on some ports (never empty, sorted)."""

    peer: Pods | NamespacePods | AllPods | Addresses
    ports: tuple[TransportPort, ...]
    purpose: Purpose = Purpose.DECLARED
    spans: tuple[Span, ...] = field(default=(), eq=False, repr=False)


@frozen
class Isolation:
    """Everything that the pods of one owned workload (or one waypoint) may receive and send.

    A direction without rules is closed. `key` is that of the workload; `waypoint` tells that the
    pods are the namespace's waypoint proxy instead, which no service of the program declares.
    """

    key: str
    name: str
    namespace: str
    labels: Labels
    ingress: tuple[NetworkRule, ...]
    egress: tuple[NetworkRule, ...]
    waypoint: bool = False
    span: Span = field(factory=nowhere, eq=False, repr=False)


# --- privileges -------------------------------------------------------------------------------


@frozen
class Grant:
    """Verbs on one resource. `namespace` None is cluster-wide; no `names` means all of them."""

    verbs: tuple[str, ...]
    group: str
    resource: str
    subresource: str = ""
    names: tuple[str, ...] = ()
    namespace: str | None = None
    because: str | None = None
    until: date | None = None
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class UrlGrant:
    """Verbs on non-resource URLs, which only a cluster-wide binding can give."""

    verbs: tuple[str, ...]
    paths: tuple[str, ...]
    because: str | None = None
    until: date | None = None
    span: Span = field(factory=nowhere, eq=False, repr=False)


# --- hardening and run time -------------------------------------------------------------------


@frozen
class Relaxation:
    """One loosened field or added capability (`name`), with its reason."""

    name: str
    because: str
    until: date | None = None
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class Security:
    """What a pod may do. `relaxed` and `capabilities` are the exceptions, with reasons.

    `unprivileged_port_start` is set where a container port is below 1024 and the user is not 0.
    `writes` are absolute paths that get an emptyDir where the root file system is read-only.
    """

    profile: str
    level: Level
    user: int
    group: int
    fs_group: int | None = None
    writes: tuple[str, ...] = ()
    capabilities: tuple[Relaxation, ...] = ()
    relaxed: tuple[Relaxation, ...] = ()
    unprivileged_port_start: int | None = None
    span: Span = field(factory=nowhere, eq=False, repr=False)

    @cached_property
    def relaxes(self) -> frozenset[str]:
        """The names of the relaxed fields."""
        return frozenset(relaxation.name for relaxation in self.relaxed)


@frozen
class Resources:
    """Request and limit of each, as Kubernetes quantities: `("100m", "500m")`."""

    cpu: tuple[str, str] | None = None
    memory: tuple[str, str] | None = None
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class Probe:
    """A health check on a container port: `GET` path, `tcp`, `grpc`, or `exec` command."""

    kind: Literal["ready", "live", "startup"]
    action: Literal["GET", "tcp", "grpc", "exec"]
    port: Port | None = None
    path: str = ""
    command: tuple[str, ...] = ()
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class Stop:
    """Grace period in seconds and the signal that asks the process to end."""

    grace: int | None = None
    signal: str | None = None
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class Condition:
    """One condition of a route. `key` names the header, cookie or parameter; else it is empty.

    `value` is the exact value, or for `path` a path pattern and for `method` the method.
    """

    kind: Literal["header", "path", "method", "cookie", "query"]
    key: str
    value: str | Path


@frozen
class RouteRule:
    """Requests that meet every condition go to `version`; rules are tried in order."""

    conditions: tuple[Condition, ...]
    version: str
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class Version:
    """A version of a workload: pods with `labels` (on top of the workload's own)."""

    name: str
    labels: Labels
    image: str | None = None
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class Rollout:
    """Rules first, in order; what is left is split by weights, which total 100.

    For a knative workload versions are names of revisions.
    """

    rules: tuple[RouteRule, ...]
    weights: tuple[tuple[str, int], ...]
    versions: tuple[Version, ...]
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class Build:
    """What a Dockerfile is made from; `install` runs in the builder stage."""

    base: str
    app: str
    command: tuple[str, ...]
    builder: str | None = None
    install: tuple[str, ...] = ()
    span: Span = field(factory=nowhere, eq=False, repr=False)


# --- the program ------------------------------------------------------------------------------


WorkloadKind = Literal["deployment", "statefulset", "daemonset", "job", "cronjob", "knative"]


@frozen
class Workload:
    """A service that the program owns. `object_name` names the Deployment (or the like).

    Further ones of that kind are its `more_objects`: they run the same service.

    `versions` are all that the program names, in whatever environment: this one's rollout may send
    nothing to some of them, and their pods run on all the same.
    """

    key: str
    name: str
    namespace: str
    kind: WorkloadKind
    object_name: str
    pods: Pods
    account: str
    security: Security
    ports: tuple[Port, ...] = ()
    image: str | None = None
    grants: tuple[Grant | UrlGrant, ...] = ()
    resources: Resources | None = None
    probes: tuple[Probe, ...] = ()
    stop: Stop | None = None
    rollout: Rollout | None = None
    versions: tuple[str, ...] = ()
    more_objects: tuple[str, ...] = ()
    build: Build | None = None
    scale: tuple[int, int] | None = None
    concurrency: int | None = None
    timeout: int | None = None
    doc: str = ""
    span: Span = field(factory=nowhere, eq=False, repr=False)

    @property
    def needs_token(self) -> bool:
        """Whether the pods talk to the Kubernetes API."""
        return bool(self.grants)


@frozen
class Namespace:
    """A namespace with workloads of the program; `level` is what its loosest workload needs."""

    name: str
    owner: str | None
    level: Level
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class Extern:
    """Pods that the program does not own, with the ports that it knows of."""

    pods: Pods
    ports: tuple[Port, ...]


@frozen
class Cluster:
    """Facts about where the program runs. `api_server` holds addresses and their port.

    `dns_caches` are resolvers on the nodes, which no selector reaches, with their ports. `nodes`
    are the addresses that nodes have, if the program says.
    """

    name: str
    mesh: Mesh
    cni: Literal["kubernetes", "cilium"]
    trust_domain: str
    dns: Extern
    istiod: Extern
    knative_activator: Extern
    knative_autoscaler: Extern
    knative_gateway: Extern
    api_server: tuple[Addresses, int] | None
    internal: tuple[str, ...]
    dns_caches: tuple[tuple[Addresses, tuple[Port, ...]], ...] = ()
    nodes: tuple[Block, ...] = ()
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen
class Expired:
    """A grant that is past its date and was left out; `what` is the line in one phrase."""

    what: str
    until: date
    span: Span = field(factory=nowhere, eq=False, repr=False)


@frozen(slots=False)
class Program:
    """The whole program for one environment on one day."""

    environment: str | None
    today: date
    cluster: Cluster
    namespaces: tuple[Namespace, ...]
    workloads: tuple[Workload, ...]
    flows: tuple[Flow, ...]
    isolations: tuple[Isolation, ...] = ()
    expired: tuple[Expired, ...] = ()

    @cached_property
    def inbound(self) -> dict[str, tuple[Flow, ...]]:
        """Flows by the key of the owned workload that is called; none: no entry."""
        return _grouped(self.flows, "target")

    @cached_property
    def seen_by_mesh(self) -> dict[str, tuple[Flow, ...]]:
        """Like `inbound`, with the callers as a mesh tells them: plain text has no identity."""
        return {
            key: tuple(each for flow in flows for each in _as_mesh_sees(flow))
            for key, flows in self.inbound.items()
        }

    @cached_property
    def outbound(self) -> dict[str, tuple[Flow, ...]]:
        """Flows by the key of the owned workload that calls; none: no entry."""
        return _grouped(self.flows, "source")

    @cached_property
    def waypoint_namespaces(self) -> frozenset[str]:
        """Namespaces in which the mesh needs a waypoint proxy; `polc.ir.mesh` says why."""
        if self.cluster.mesh is not Mesh.AMBIENT:
            return frozenset()
        return frozenset(
            workload.namespace
            for workload in self.workloads
            if workload.kind != "knative"
            and (
                workload.rollout is not None
                or any(flow.requests is not None for flow in self.inbound.get(workload.key, ()))
            )
        )

    @cached_property
    def in_namespace(self) -> dict[str, tuple[Workload, ...]]:
        """Workloads by namespace."""
        groups: dict[str, list[Workload]] = {}
        for workload in self.workloads:
            groups.setdefault(workload.namespace, []).append(workload)
        return {name: tuple(group) for name, group in groups.items()}


def _as_mesh_sees(flow: Flow) -> tuple[Flow, ...]:
    source = flow.source
    if not flow.plain_text or isinstance(source, Addresses):
        return (flow,)
    plain = evolve(flow, source=PLAIN_TEXT)
    return (plain,) if isinstance(source, Pods) and not source.in_mesh else (flow, plain)


def _grouped(flows: tuple[Flow, ...], end: str) -> dict[str, tuple[Flow, ...]]:
    groups: dict[str, list[Flow]] = {}
    for flow in flows:
        peer = getattr(flow, end)
        if isinstance(peer, Pods) and peer.origin == "workload":
            groups.setdefault(peer.key, []).append(flow)
    return {key: tuple(group) for key, group in groups.items()}
