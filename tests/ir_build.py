"""Small programs in the IR, built by hand: for tests of passes and backends.

Everything has a default that means "nothing special"; the facts of the cluster are those of
`std.platform`.
"""

from datetime import date
from typing import Any

from polc.ir.nodes import (
    Addresses,
    AllPods,
    Block,
    Cluster,
    Extern,
    Flow,
    Grant,
    HttpRequest,
    Labels,
    Level,
    Mesh,
    Namespace,
    NamespacePods,
    Path,
    Peer,
    Pods,
    Port,
    Probe,
    Program,
    Security,
    Transport,
    Workload,
)
from polc.source import Anchor, Source, Span

TODAY = date(2026, 12, 1)
_TRANSPORTS = {"udp": Transport.UDP, "sctp": Transport.SCTP}


def span(text: str) -> Span:
    """Return a span over a line of its own, to tell later where something came from."""
    return Span(Anchor(Source("test.svc", text)), 0, len(text))


def labels(**pairs: str) -> Labels:
    return tuple(sorted(pairs.items()))


def pods(key: str, origin: str = "workload", select: Labels = (), **more: Any) -> Pods:
    namespace, _, name = key.partition("/")
    more.setdefault("account", name)
    return Pods(key, namespace, select or (("app", name),), origin=origin, **more)


def port(
    name: str = "web", container: int = 8080, protocol: str = "http", end: int = 0, service: int = 0
) -> Port:
    transport = _TRANSPORTS.get(protocol, Transport.TCP)
    return Port(name, service or container, container, end or container, protocol, transport)


def workload(key: str, *ports: Port, kind: str = "deployment", **more: Any) -> Workload:
    namespace, _, name = key.partition("/")
    knative = kind == "knative"
    select = (("serving.knative.dev/service", name),) if knative else ()
    more.setdefault("pods", pods(key, select=select, knative=knative))
    more.setdefault("security", Security("restricted", Level.RESTRICTED, 10001, 10001))
    more.setdefault("span", span(f"service {name}"))
    return Workload(
        key,
        name,
        namespace,
        kind,
        object_name=name,
        account=more["pods"].account,
        ports=ports,
        **more,
    )


def flow(source: Peer | Workload, target: Peer | Workload, on: Port, **more: Any) -> Flow:
    ends = [end.pods if isinstance(end, Workload) else end for end in (source, target)]
    more.setdefault("spans", (span(f"allow on {on.name}"),))
    return Flow(*ends, on, **more)


def blocks(name: str, *cidrs: str) -> Addresses:
    return Addresses(name, tuple(Block(cidr) for cidr in cidrs))


def extern(key: str, select: Labels, *ports: Port) -> Extern:
    return Extern(pods(key, "extern", select), ports)


KUBE_DNS = extern(
    "kube-system/kube-dns",
    (("k8s-app", "kube-dns"),),
    port("dns", 53, "udp"),
    port("dns-tcp", 53, "tcp"),
)
ISTIOD = extern("istio-system/istiod", labels(app="istiod"), port("xds", 15012, "tls"))
ACTIVATOR = extern("knative-serving/activator", labels(app="activator"), port("http1", 8012))
AUTOSCALER = extern("knative-serving/autoscaler", labels(app="autoscaler"), port("metrics", 9090))
KNATIVE_GATEWAY = extern(
    "istio-system/knative-local-gateway",
    labels(istio="ingressgateway"),
    port("http2", 8081, "http2", service=80),
)
INGRESS = pods(
    "istio-ingress/public", "gateway", labels(istio="ingressgateway"), uses="istio-ingress/public"
)
INTERNET = Addresses(
    "internet",
    (
        Block("0.0.0.0/0", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")),
        Block("::/0", ("fc00::/7",)),
    ),
)
API_SERVER = blocks("api-server", "10.0.0.1/32"), 6443


def cluster(mesh: Mesh = Mesh.NONE, **more: Any) -> Cluster:
    facts: dict[str, Any] = {
        "name": "test",
        "cni": "kubernetes",
        "trust_domain": "cluster.local",
        "dns": KUBE_DNS,
        "istiod": ISTIOD,
        "knative_activator": ACTIVATOR,
        "knative_autoscaler": AUTOSCALER,
        "knative_gateway": KNATIVE_GATEWAY,
        "api_server": None,
        "internal": ("10.0.0.0/8",),
    }
    return Cluster(mesh=mesh, **(facts | more))


def program(
    workloads: tuple[Workload, ...] | list[Workload],
    flows: tuple[Flow, ...] | list[Flow] = (),
    *,
    on: Cluster | None = None,
) -> Program:
    """Return a program with the namespaces of its workloads, everything sorted as lowering does."""
    ordered = tuple(sorted(workloads, key=lambda each: each.key))
    namespaces = sorted({each.namespace for each in ordered})
    return Program(
        environment=None,
        today=TODAY,
        cluster=on or cluster(),
        namespaces=tuple(
            Namespace(name, None, Level.RESTRICTED, span(f"namespace {name}"))
            for name in namespaces
        ),
        workloads=ordered,
        flows=tuple(sorted(flows, key=_flow_order)),
    )


def rich_program(mesh: Mesh = Mesh.NONE) -> Program:
    """Return a program with every kind of peer, port and purpose."""
    web, media = port("web", 8080, service=80), port("media", 30000, "udp", end=30100)
    grants = (Grant(("get",), "", "pods", namespace="shop"),)
    probes = (Probe("ready", "GET", web, "/ready"),)
    api = workload("shop/api", web, media, grants=grants, probes=probes)
    site, db = workload("front/web", web), workload("shop/db", port("sql", 5432, "postgres"))
    thumbs = workload("shop/thumbs", web, kind="knative")
    items = (HttpRequest(("GET",), Path(("v1", "items"), rest=True)),)
    flows = [
        flow(site, api, web, requests=items if mesh is Mesh.AMBIENT else None),
        flow(site, api, media),
        flow(api, db, db.ports[0]),
        flow(api, INTERNET, port("https", 443, "tls")),
        flow(INGRESS, site, web),
        flow(NamespacePods("monitoring"), api, web),
        flow(AllPods(), thumbs, web),
        flow(api, thumbs, web),
    ]
    return program([api, site, db, thumbs], flows, on=cluster(mesh, api_server=API_SERVER))


def _flow_order(each: Flow) -> tuple[str, str, int]:
    return str(each.target), str(each.source), each.port.container
