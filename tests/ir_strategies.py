"""Hypothesis strategies for programs in the IR: every mesh, kind of peer, port and purpose."""

from hypothesis import strategies as st

from ir_build import API_SERVER, INGRESS, blocks, cluster, flow, pods, port, program
from ir_build import workload as make_workload
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Block,
    Grant,
    Host,
    HttpRequest,
    Mesh,
    NamespacePods,
    Path,
    Probe,
    Program,
)

PORTS = (
    port("web", 8080, service=80),
    port("metrics", 9090),
    port("range", 8000, end=8100),
    port("udp", 8080, "udp"),
    port("rpc", 9000, "grpc"),
)
KEYS = ("shop/a", "shop/b", "data/c", "data/d")
PROMETHEUS = pods("monitoring/prometheus", "extern")
CACHE = pods("shop/cache", "extern")
OFFICE = blocks("office", "203.0.113.0/24")
PARTNER = Addresses("partner", (Block("198.51.100.0/24", ("198.51.100.64/26",)),))
INTERNET = Addresses(
    "internet",
    (
        Block("0.0.0.0/0", ("10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")),
        Block("::/0", ("fc00::/7", "fe80::/10")),
    ),
)
BROAD = (AllPods(), NamespacePods("shop"), NamespacePods("monitoring"))
OUTSIDE = (INTERNET, OFFICE, PARTNER)
KNOWN = (PROMETHEUS, CACHE)
_REQUESTS = (HttpRequest(("GET",), Path(("v1",), rest=True)),)


@st.composite
def ir_programs(
    draw: st.DrawFn, keys: tuple[str, ...] = KEYS, flows: int = 0, knative: bool = True
) -> Program:
    """Return a program whose callees are owned, known or outside, in any mesh."""
    mesh = draw(st.sampled_from(list(Mesh)))
    probes = st.sampled_from([(), (Probe("ready", "GET", PORTS[0], "/"),)])
    grants = st.sampled_from([(), (Grant(("get",), "", "pods", namespace="shop"),)])
    kinds = st.sampled_from(["deployment"] * 3 + ["knative"] * knative)
    owned = [
        make_workload(key, *PORTS, kind=draw(kinds), probes=draw(probes), grants=draw(grants))
        for key in draw(st.lists(st.sampled_from(keys), min_size=1, unique=True))
    ]
    ours = st.sampled_from([each.pods for each in owned])
    callers = ours | st.sampled_from((*BROAD, *OUTSIDE, *KNOWN, INGRESS))
    callees = ours | st.sampled_from((*OUTSIDE, *KNOWN, Host("stripe", "api.stripe.com")))
    pairs = st.tuples(callers, ours) | st.tuples(ours, callees)
    triples = draw(
        st.lists(st.tuples(pairs, st.sampled_from(PORTS)), min_size=flows, max_size=8, unique=True)
    )
    made = []
    for (source, target), on in triples:
        limited = mesh is not Mesh.NONE and on.protocol == "http" and draw(st.booleans())
        made.append(flow(source, target, on, requests=_REQUESTS if limited else None))
    return program(owned, made, on=cluster(mesh, api_server=API_SERVER))
