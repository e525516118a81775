"""The syntax tree: what a program says, before anything is known about names.

Every node has a span, which equality ignores. Literals keep the text as written; `lower` decides
what it means, so that a bad quantity or date is an error at its own place and costs nothing else.
"""

from typing import Literal

from attrs import field

from polc.records import record
from polc.source import Source, Span


@record
class Node:
    """What has a place in a text."""

    span: Span = field(eq=False, repr=False)


# --- leaves -----------------------------------------------------------------------------------


@record
class Name(Node):
    """A name, quoted or not: `api`, `"2048-game"`; for modules also dotted: `std.ports`."""

    text: str


@record
class String(Node):
    """A quoted string; `value` has its escapes resolved."""

    value: str


@record
class Number(Node):
    """An integer, quantity or duration as written: `8080`, `100m`, `128Mi`, `30s`."""

    text: str


@record
class Percent(Node):
    """A percentage: `90%` has the text `90`."""

    text: str


@record
class Date(Node):
    """A date as written: `2026-12-31`."""

    text: str


@record
class Cidr(Node):
    """An address block as written: `10.0.0.0/8`, `2001:db8::/32`."""

    text: str


@record
class Word(Node):
    """An upper-case word: a method (`GET`), a signal (`SIGTERM`), a capability."""

    text: str


@record
class Range(Node):
    """`low..high`; a single number has no `high`."""

    low: Number
    high: Number | None


@record
class Ref(Node):
    """A use of a declared name: `api`, `shop/api`, `std.platform.prometheus`."""

    namespace: Name | None
    name: Name


# --- parts ------------------------------------------------------------------------------------


@record
class Entry(Node):
    """One label: `app: "api"`."""

    key: Name
    value: String


@record
class Qualifiers(Node):
    """`only in ENV, … until DATE because "…"`; each part may be missing."""

    only_in: tuple[Name, ...] = ()
    until: Date | None = None
    because: String | None = None


@record
class NamespacePeer(Node):
    """`namespace NAME`: every pod of a namespace."""

    name: Name


@record
class BroadPeer(Node):
    """`any`, `internet` or `self`, unquoted, in a list of peers."""

    word: Literal["any", "internet", "self"]


Peer = Ref | NamespacePeer | BroadPeer


@record
class Via(Node):
    """`via GATEWAY host "…", …` behind `internet`."""

    gateway: Ref
    hosts: tuple[String, ...]


@record
class HttpRequest(Node):
    """`GET, HEAD "/v1/**" "/v2"`; the method `ANY` is every method."""

    methods: tuple[Word, ...]
    paths: tuple[String, ...]


@record
class RpcRequest(Node):
    """`rpc "pkg.Service/Method"`."""

    name: String


Request = HttpRequest | RpcRequest


@record
class Resource(Node):
    """`deployments.apps/scale`: `name` `deployments`, `group` `apps`, `subresource` `scale`."""

    name: str
    group: str
    subresource: str


# --- statements of a service ------------------------------------------------------------------


@record
class Image(Node):
    """`image "registry/name:tag@digest"`."""

    ref: String


@record
class Select(Node):
    """`select { app: "api" }`: the labels of the pods."""

    entries: tuple[Entry, ...]


@record
class Account(Node):
    """`account "api"`: the service account."""

    name: Name


@record
class WorkloadKind(Node):
    """`workload deployment api, api-canary`."""

    kind: Name
    names: tuple[Name, ...]


@record
class Port(Node):
    """`port NAME [SERVICE-PORT ->] CONTAINER-PORT[..END] PROTOCOL [known-as "SERVICE"]`."""

    name: Name
    service_port: Number | None
    container_port: Range
    protocol: Name
    known_as: Name | None = None


@record
class PlainText(Node):
    """`plain-text` in an `allow from`: the callers have no identity of the mesh."""


@record
class Allow(Node):
    """`allow from|to PEERS [via …] [on PORTS] [plain-text] [{ REQUESTS }] QUALIFIERS`."""

    direction: Literal["from", "to"]
    peers: tuple[Peer, ...]
    via: Via | None
    ports: tuple[Name | Number, ...]
    requests: tuple[Request, ...] | None
    qualifiers: Qualifiers
    plain_text: PlainText | None = None


@record
class Scope(Node):
    """`in NAMESPACE`, or `cluster-wide` where `namespace` is None."""

    namespace: Name | None


@record
class Can(Node):
    """`can VERBS RESOURCES [named NAMES] [in NAMESPACE | cluster-wide] QUALIFIERS`."""

    verbs: tuple[Name, ...]
    resources: tuple[Resource, ...]
    named: tuple[String, ...]
    scope: Scope | None
    qualifiers: Qualifiers


@record
class CanPath(Node):
    """`can get path "/metrics" QUALIFIERS`."""

    verbs: tuple[Name, ...]
    paths: tuple[String, ...]
    qualifiers: Qualifiers


@record
class HasRole(Node):
    """`has role R [in NAMESPACE | cluster-wide] QUALIFIERS`."""

    role: Ref
    scope: Scope | None
    qualifiers: Qualifiers


@record
class Harden(Node):
    """`harden PROFILE`."""

    profile: Ref


@record
class RunId(Node):
    """`user 10001`, `group 10001` or `fs-group 10001`."""

    kind: Literal["user", "group", "fs-group"]
    value: Number


@record
class Writes(Node):
    """`writes "/tmp", "/var/cache"`."""

    paths: tuple[String, ...]


@record
class Capability(Node):
    """`capability NET_BIND_SERVICE QUALIFIERS`."""

    name: Word
    qualifiers: Qualifiers


@record
class Relax(Node):
    """`relax FIELD QUALIFIERS`."""

    field: Name
    qualifiers: Qualifiers


RunItem = RunId | Writes | Capability | Relax


@record
class Run(Node):
    """`run { … }`."""

    items: tuple[RunItem, ...]


@record
class ResourceRange(Node):
    """`cpu 100m..500m` or `memory 128Mi..256Mi`: request and limit; one number is both."""

    kind: Literal["cpu", "memory"]
    amount: Range


@record
class Resources(Node):
    """`resources { cpu … memory … }`."""

    items: tuple[ResourceRange, ...]


@record
class Probe(Node):
    """`probe ready|live|startup GET "/path" on PORT`, or `tcp`, `grpc` or `exec [...]`."""

    kind: Name
    action: Literal["GET", "tcp", "grpc", "exec"]
    path: String | None
    command: tuple[String, ...]
    port: Name | Number | None


@record
class Stop(Node):
    """`stop { grace 30s signal SIGTERM }`."""

    grace: Number | None
    signal: Word | None


@record
class Condition(Node):
    """One condition of a route: `header "x" = "y"`, `path "/v1/**"`, `method GET`, …."""

    kind: Literal["header", "path", "method", "cookie", "query"]
    key: String | None
    value: String | Word


@record
class When(Node):
    """`when CONDITION and … -> VERSION`."""

    conditions: tuple[Condition, ...]
    version: Name


@record
class Weight(Node):
    """`v1 90%`."""

    version: Name
    percent: Percent


@record
class Version(Node):
    """`version v2 { select { … } image "…" }`."""

    name: Name
    select: Select | None
    image: Image | None


@record
class Rollout(Node):
    """`rollout { when …  v1 90%  version v2 { … } }`, items in the order written."""

    items: tuple[When | Weight | Version, ...]


@record
class Build(Node):
    """`build { base "…" builder "…" app "/app" install [...] command [...] }`."""

    base: String | None
    builder: String | None
    app: String | None
    install: tuple[String, ...] | None
    command: tuple[String, ...] | None


@record
class Scale(Node):
    """`scale 0..20`."""

    amount: Range


@record
class Concurrency(Node):
    """`concurrency 80`."""

    value: Number


@record
class Timeout(Node):
    """`timeout 30s`."""

    value: Number


@record
class Hosts(Node):
    """`host "a", "b"`: of an endpoint, or in an environment the hosts of a service."""

    hosts: tuple[String, ...]


@record
class Blocks(Node):
    """`cidr A, B except C, D`: of an endpoint."""

    cidrs: tuple[Cidr, ...]
    excepts: tuple[Cidr, ...]


@record
class Uses(Node):
    """`uses "namespace/name"`: the Gateway object of a gateway."""

    gateway: String


Statement = (
    Image
    | Select
    | Account
    | WorkloadKind
    | Port
    | Allow
    | Can
    | CanPath
    | HasRole
    | Harden
    | Run
    | Resources
    | Probe
    | Stop
    | Rollout
    | Build
    | Scale
    | Concurrency
    | Timeout
    | Hosts
    | Version
)


# --- declarations -----------------------------------------------------------------------------


@record
class Import(Node):
    """`import std.platform` (a `Name`) or `import "../x.svc"` (a `String`)."""

    target: Name | String


@record
class Owner(Node):
    """`owner "team"`."""

    value: String


@record
class Consent(Node):
    """`consent both|either`."""

    value: Name


@record
class Label(Node):
    """`label "app"`: the key of the label that services without a `select` are known by."""

    key: String


@record
class Namespace(Node):
    """`namespace NAME { owner … harden … consent … label … }`; holds for what comes after it."""

    name: Name
    settings: tuple[Owner | Harden | Consent | Label, ...]
    doc: str = field(default="", eq=False)
    broken: bool = False


@record
class Mesh(Node):
    """`mesh none`, `mesh istio sidecar` or `mesh istio ambient`."""

    words: tuple[Name, ...]


@record
class Cni(Node):
    """`cni kubernetes|cilium`."""

    value: Name


@record
class TrustDomain(Node):
    """`trust-domain "cluster.local"`."""

    value: String


@record
class ApiServer(Node):
    """`api-server 10.0.0.1/32 port 6443`."""

    cidrs: tuple[Cidr, ...]
    port: Number


@record
class Nodes(Node):
    """`nodes 10.0.0.0/16, …`: the addresses of nodes, and so of pods on their network."""

    cidrs: tuple[Cidr, ...]


@record
class Internal(Node):
    """`internal 10.0.0.0/8, …`: the addresses inside the cluster, which `internet` excludes."""

    cidrs: tuple[Cidr, ...]


@record
class Platform(Node):
    """A fact that names an extern service: `dns kube-system/kube-dns`, `istiod …`."""

    kind: Literal["dns", "istiod", "knative-activator", "knative-autoscaler", "knative-gateway"]
    service: Ref


ClusterItem = Mesh | Cni | TrustDomain | ApiServer | Nodes | Internal | Platform


@record
class HostNetwork(Node):
    """`host-network`: the pods of an extern service are on their nodes' network."""


@record
class Cluster(Node):
    """`cluster NAME [extends REF] { … }`."""

    name: Name
    extends: Ref | None
    items: tuple[ClusterItem, ...]
    doc: str = field(default="", eq=False)
    broken: bool = False


@record
class Service(Node):
    """`service NAME { … }`."""

    name: Name
    statements: tuple[Statement, ...]
    doc: str = field(default="", eq=False)
    broken: bool = False


@record
class ExternService(Node):
    """`extern service NAME [in NAMESPACE] { select … account … port … mesh none host-network }`."""

    name: Name
    namespace: Name | None
    statements: tuple[Select | Account | Port | Mesh | HostNetwork, ...]
    doc: str = field(default="", eq=False)
    broken: bool = False


@record
class Gateway(Node):
    """`gateway NAME [in NAMESPACE] { select … account … port … uses … }`."""

    name: Name
    namespace: Name | None
    statements: tuple[Select | Account | Port | Uses, ...]
    doc: str = field(default="", eq=False)
    broken: bool = False


@record
class Endpoint(Node):
    """`endpoint NAME { host … | cidr …  port … }`."""

    name: Name
    statements: tuple[Hosts | Blocks | Port, ...]
    doc: str = field(default="", eq=False)
    broken: bool = False


@record
class Group(Node):
    """`group NAME { PEERS }`."""

    name: Name
    peers: tuple[Peer, ...]
    doc: str = field(default="", eq=False)
    broken: bool = False


@record
class Role(Node):
    """`role NAME { VERBS RESOURCES [named …] QUALIFIERS … }`; items have no scope."""

    name: Name
    grants: tuple[Can | CanPath, ...]
    doc: str = field(default="", eq=False)
    broken: bool = False


@record
class Profile(Node):
    """`profile NAME extends REF { writes … user … capability … relax … }`."""

    name: Name
    extends: Ref | None
    items: tuple[RunItem, ...]
    doc: str = field(default="", eq=False)
    broken: bool = False


@record
class EnvironmentService(Node):
    """`service REF { … }` inside an environment."""

    service: Ref
    statements: tuple[Statement, ...]


@record
class EnvironmentCluster(Node):
    """`cluster NAME` inside an environment."""

    cluster: Ref


@record
class Environment(Node):
    """`environment NAME { cluster NAME  service REF { … } }`.

    Statements of a service written directly in it are kept, so that they can be refused by name.
    """

    name: Name
    items: tuple[EnvironmentService | EnvironmentCluster | Statement, ...]
    doc: str = field(default="", eq=False)
    broken: bool = False


Declaration = (
    Import
    | Namespace
    | Cluster
    | Service
    | ExternService
    | Gateway
    | Endpoint
    | Group
    | Role
    | Profile
    | Environment
)


@record
class File:
    """One parsed file: its declarations in the order written.

    A declaration in which a statement could not be read is there without that statement and has
    `broken` set; one of which not even the name could be read is absent.
    """

    source: Source = field(eq=False)
    declarations: tuple[Declaration, ...]
