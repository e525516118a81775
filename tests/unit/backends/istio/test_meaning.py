"""Emitted policies admit exactly what was declared: random programs against a plain evaluator.

What ought to be admitted is worked out here from the flows alone, for every caller, port, method
and path that is tried: also for callers and ports that the program has never heard of.
"""

import re
from collections.abc import Iterator
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ir_build import INGRESS, INTERNET, blocks, flow, pods, port, program, workload
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Flow,
    HttpRequest,
    NamespacePods,
    Path,
    Peer,
    Pods,
    Port,
    Program,
    RpcRequest,
    Transport,
)
from semantics.authz import Call, Target, admitted_at_pod, admitted_at_waypoint
from unit.backends.istio.emitting import AMBIENT, SIDECAR, emit

WEB = port("web", 8080, service=80)
RPC = port("rpc", 5000, "grpc")
SQL = port("sql", 5432, "postgres", service=15432)
MEDIA = port("media", 9000, "tcp", end=9002)
DNS = port("dns", 53, "udp")
PORTS = (WEB, RPC, SQL, MEDIA, DNS)
OFFICE = blocks("office", "203.0.113.0/24", "2001:db8::/32")
PROMETHEUS = pods("monitoring/prometheus", "extern", account="prometheus-k8s")

API = workload("shop/api", *PORTS)
WORKER = workload("shop/worker", WEB)
MOBILE = workload("front/mobile", WEB)
WORKLOADS = (API, WORKER, MOBILE)
SOURCES: tuple[Peer, ...] = (
    API.pods, WORKER.pods, MOBILE.pods, PROMETHEUS, INGRESS,
    NamespacePods("front"), NamespacePods("monitoring"), AllPods(), OFFICE, INTERNET,
)  # fmt: skip

PATTERNS = tuple(
    Path(segments, rest)
    for segments in ((), ("",), ("v1",), ("v1", ""), ("v1", "*"), ("*", "x"), ("v1", "*", "x"))
    for rest in (False, True)
    if (segments or rest) and not (rest and segments and segments[-1] == "")
)
PATHS = ("/", "/v1", "/v1/", "/v1x", "/v1/a", "/v1/a/", "/v1/a/x", "/a/x", "/v1//x", "/v1/a/x/y")
RPCS = (RpcRequest("shop.Cart", "Get"), RpcRequest("shop.Cart", ""), RpcRequest("shop.Ca", ""))
RPC_PATHS = ("/shop.Cart/Get", "/shop.Cart/GetAll", "/shop.Ca/Get", "/Get")

PRINCIPALS = {
    "api": "cluster.local/ns/shop/sa/api",
    "worker": "cluster.local/ns/shop/sa/worker",
    "mobile": "cluster.local/ns/front/sa/mobile",
    "prometheus": "cluster.local/ns/monitoring/sa/prometheus-k8s",
    "gateway": "cluster.local/ns/istio-ingress/sa/public",
    "other": "cluster.local/ns/other/sa/api",
    "neighbour": "cluster.local/ns/frontier/sa/mobile",
    "longer": "cluster.local/ns/shop/sa/api2",
    "foreign": "evil.example/ns/shop/sa/worker",
}
INSIDE = "10.1.2.3"
OUTSIDE = ("203.0.113.7", "198.51.100.1", "2001:db8::1", "2001:db9::1", INSIDE)


@st.composite
def flows(draw: st.DrawFn) -> tuple[Flow, ...]:
    triples = draw(
        st.sets(
            st.tuples(st.sampled_from(SOURCES), st.sampled_from(WORKLOADS), st.sampled_from(PORTS)),
            max_size=7,
        )
    )
    made = []
    for source, target, on in sorted(triples, key=str):
        if on in target.ports:
            made.append(flow(source, target.pods, on, requests=draw(requests(on))))
    return tuple(made)


def requests(on: Port) -> st.SearchStrategy[tuple[HttpRequest | RpcRequest, ...] | None]:
    if on == WEB:
        methods = st.sampled_from([(), ("GET",), ("GET", "POST")])
        one = st.builds(HttpRequest, methods, st.sampled_from(PATTERNS))
    elif on == RPC:
        one = st.sampled_from(RPCS)
    else:
        return st.none()
    several = st.lists(one, min_size=1, max_size=3, unique=True)
    return st.none() | several.map(lambda found: tuple(sorted(found, key=str)))


# --- what ought to be -------------------------------------------------------------------------


def declared(program: Program, key: str, on: Port, call: Call) -> bool:
    return any(
        isinstance(each.target, Pods)
        and each.target.key == key
        and each.port == on
        and _is(each.source, call)
        and _asks(each, call)
        for each in program.flows
    )


def _is(source: Peer, call: Call) -> bool:
    match source:
        case Pods():
            return call.principal == f"cluster.local/ns/{source.namespace}/sa/{source.account}"
        case NamespacePods():
            return (call.principal or "").startswith(f"cluster.local/ns/{source.namespace}/")
        case AllPods():
            return (call.principal or "").startswith("cluster.local/")
        case Addresses():
            return (
                call.address
                in {
                    "office": ("203.0.113.7", "2001:db8::1"),
                    "internet": tuple(address for address in OUTSIDE if address != INSIDE),
                }[source.name]
            )
        case _:
            raise AssertionError(source)


def _asks(each: Flow, call: Call) -> bool:
    if each.requests is None:
        return True
    for request in each.requests:
        match request:
            case HttpRequest():
                pattern = str(request.path).replace("/**", "(/.*)?")
                pattern = re.sub(r"(?<=/)\*", "[^/]+", pattern)
                methods = request.methods or (call.method,)
                if call.method in methods and re.fullmatch(pattern, call.path):
                    return True
            case RpcRequest():
                wanted = f"/{request.service}/{request.method}"
                if call.method == "POST" and (
                    call.path == wanted if request.method else call.path.startswith(wanted)
                ):
                    return True
    return False


# --- what is tried ----------------------------------------------------------------------------


def callers() -> Iterator[tuple[str | None, str]]:
    yield from ((principal, INSIDE) for principal in PRINCIPALS.values())
    yield from ((None, address) for address in OUTSIDE)


def tries(on: Port) -> Iterator[tuple[str | None, str]]:
    if on == WEB:
        yield from product(("GET", "POST", "DELETE"), PATHS)
    elif on == RPC:
        yield from product(("GET", "POST"), RPC_PATHS)
    else:
        yield None, "/"


def target(name: str) -> Target:
    return Target(
        name.partition("/")[0], (("app", name.partition("/")[2]),), name.partition("/")[2]
    )


@given(flows())
def test_sidecars_admit_exactly_the_declared_flows(made: tuple[Flow, ...]) -> None:
    built = program(WORKLOADS, made, on=SIDECAR)
    bodies, _, found = emit(built)
    assert not found
    for workload_ in WORKLOADS:
        for on, (principal, address) in product(workload_.ports, callers()):
            if on.transport is not Transport.TCP:
                continue
            for method, path in tries(on):
                for number in range(on.container, on.end + 1):
                    call = Call(principal, address, number, method, path)
                    admitted = admitted_at_pod(bodies, target(workload_.key), call, "sidecar")
                    assert admitted == declared(built, workload_.key, on, call), call
        for number, (principal, address) in product((53, 80, 9003, 15432), callers()):
            call = Call(principal, address, number, "GET", "/")
            assert not admitted_at_pod(bodies, target(workload_.key), call, "sidecar"), call


@given(flows())
def test_ambient_admits_exactly_the_declared_flows(made: tuple[Flow, ...]) -> None:
    """Callers in the cluster get through by the Service; around it nobody gets more."""
    inside = tuple(
        each for each in made if each.requests is None or not isinstance(each.source, Addresses)
    )
    built = program(WORKLOADS, inside, on=AMBIENT)
    bodies, labels, found = emit(built)
    assert not found
    for workload_ in WORKLOADS:
        here = target(workload_.key)
        waypoint = labels[here.namespace].get("istio.io/use-waypoint")
        for on, (principal, address) in product(workload_.ports, callers()):
            if on.transport is not Transport.TCP:
                continue
            for method, path in tries(on):
                call = Call(principal, address, on.container, method, path)
                wanted = declared(built, workload_.key, on, call)
                direct = admitted_at_pod(bodies, here, call, "ztunnel")
                assert not direct or wanted, call
                if principal is None or waypoint is None:
                    assert direct == wanted, call
                    continue
                relayed = Call(
                    f"cluster.local/ns/{here.namespace}/sa/{waypoint}", INSIDE, on.container
                )
                at_service = Call(principal, address, on.service, method, path)
                through = admitted_at_waypoint(bodies, here, at_service) and admitted_at_pod(
                    bodies, here, relayed, "ztunnel"
                )
                assert through == wanted, call


@given(flows())
def test_a_service_that_nobody_declared_is_closed_at_the_waypoint(made: tuple[Flow, ...]) -> None:
    bodies, labels, _ = emit(program(WORKLOADS, made, on=AMBIENT))
    for name, has in labels.items():
        unknown = Target(name, (("app", "api"),), "unknown")
        call = Call(PRINCIPALS["worker"], INSIDE, 80, "GET", "/")
        assert "istio.io/use-waypoint" not in has or not admitted_at_waypoint(bodies, unknown, call)
