"""Which packets must flow, and why: one small program per rule of the network pass."""

from typing import Any

import pytest
from attrs import evolve

from ir_build import (
    API_SERVER,
    INGRESS,
    INTERNET,
    KUBE_DNS,
    blocks,
    cluster,
    extern,
    flow,
    labels,
    pods,
    port,
    program,
    span,
    workload,
)
from polc.codes.privileges import NO_API_SERVER
from polc.diagnostics import Diagnostic
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Block,
    Grant,
    Host,
    HttpRequest,
    Mesh,
    NamespacePods,
    NetworkRule,
    Path,
    Pods,
    Port,
    Probe,
    Program,
    Transport,
    UrlGrant,
)
from polc.passes import add_isolations

WEB = port("web", 8080)
SQL = port("sql", 5432, "postgres", service=15432)
DNS = "dns kube-system/kube-dns TCP/53 UDP/53"
ISTIOD = "mesh istio-system/istiod TCP/15012"
V1 = (HttpRequest(("GET",), Path(("v1",), rest=True)),)

Sides = dict[str, list[str]]


def written(rule: NetworkRule) -> str:
    """Return a rule as `PURPOSE PEER PORTS`."""
    match rule.peer:
        case Pods(key=key):
            peer = key
        case NamespacePods(namespace=namespace):
            peer = f"{namespace}/*"
        case Addresses(name=name):
            peer = name
        case AllPods():
            peer = "*"
    ports = [
        f"{each.transport.value}/{each.port}" + (f"-{each.end}" if each.end != each.port else "")
        for each in rule.ports
    ]
    return " ".join([rule.purpose.value, peer, *ports])


def isolations(made: Program) -> dict[str, Sides]:
    result, diagnostics = add_isolations(made)
    assert diagnostics == ()
    return {
        each.key: {
            "in": [written(rule) for rule in each.ingress],
            "out": [written(rule) for rule in each.egress],
        }
        for each in result.isolations
    }


def test_without_flows_both_directions_are_closed() -> None:
    assert isolations(program([workload("shop/a", WEB)])) == {"shop/a": {"in": [], "out": []}}


def test_a_flow_opens_the_container_port_at_both_ends_and_dns_for_the_caller() -> None:
    api, db = workload("shop/api", WEB), workload("data/db", SQL)
    assert isolations(program([api, db], [flow(api, db, SQL)])) == {
        "data/db": {"in": ["declared shop/api TCP/5432"], "out": []},
        "shop/api": {"in": [], "out": ["declared data/db TCP/5432", DNS]},
    }


def test_isolations_carry_selector_and_place() -> None:
    api = workload("shop/api", pods=pods("shop/api", select=labels(app="x", tier="y")))
    (only,) = add_isolations(program([api]))[0].isolations
    assert (only.name, only.namespace, only.labels) == ("api", "shop", labels(app="x", tier="y"))
    assert (only.waypoint, only.span.text) == (False, "service api")


def test_ports_of_one_peer_share_a_rule_and_peers_never_do() -> None:
    a, b, c = workload("shop/a", WEB, SQL), workload("shop/b"), workload("shop/c")
    flows = [flow(b, a, WEB), flow(b, a, SQL), flow(c, a, WEB)]
    assert isolations(program([a, b, c], flows))["shop/a"]["in"] == [
        "declared shop/b TCP/5432 TCP/8080",
        "declared shop/c TCP/8080",
    ]


def test_a_rule_remembers_the_lines_of_all_its_flows() -> None:
    a, b = workload("shop/a", WEB, SQL), workload("shop/b")
    flows = [flow(b, a, WEB), flow(b, a, SQL)]
    result, _ = add_isolations(program([a, b], flows))
    (rule,) = result.isolations[0].ingress
    assert [each.text for each in rule.spans] == ["allow on sql", "allow on web"]


def test_a_service_may_talk_to_itself() -> None:
    a = workload("shop/a", WEB)
    assert isolations(program([a], [flow(a, a, WEB)])) == {
        "shop/a": {
            "in": ["declared shop/a TCP/8080"],
            "out": ["declared shop/a TCP/8080", DNS],
        }
    }


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        (AllPods(), "declared * TCP/8080"),
        (NamespacePods("debug"), "declared debug/* TCP/8080"),
        (pods("monitoring/prometheus", "extern"), "declared monitoring/prometheus TCP/8080"),
        (INGRESS, "declared istio-ingress/public TCP/8080"),
        (INTERNET, "declared internet TCP/8080"),
    ],
)
def test_callers_that_nobody_owns_open_the_callee_only(source: Any, rule: str) -> None:
    a = workload("shop/a", WEB)
    assert isolations(program([a], [flow(source, a, WEB)])) == {"shop/a": {"in": [rule], "out": []}}


@pytest.mark.parametrize(
    ("target", "rules"),
    [
        (blocks("stripe", "203.0.113.0/24"), ["declared stripe TCP/8080", DNS]),
        (Host("stripe", "api.stripe.com"), [DNS]),
        (NamespacePods("other"), ["declared other/* TCP/8080", DNS]),
        (AllPods(), ["declared * TCP/8080", DNS]),
    ],
)
def test_callees_that_nobody_owns_open_the_caller_only(target: Any, rules: list[str]) -> None:
    a = workload("shop/a")
    made = isolations(program([a], [flow(a, target, WEB)]))
    assert made == {"shop/a": {"in": [], "out": rules}}


def test_ranges_and_transports_are_kept() -> None:
    media = port("media", 30000, "udp", end=30100)
    a, b = workload("shop/a", media), workload("shop/b")
    made = isolations(program([a, b], [flow(b, a, media)]))
    assert made["shop/a"]["in"] == ["declared shop/b UDP/30000-30100"]


def test_a_declared_flow_to_dns_needs_no_second_rule() -> None:
    a = workload("shop/a")
    flows = [flow(a, KUBE_DNS.pods, each) for each in KUBE_DNS.ports]
    assert isolations(program([a], flows))["shop/a"]["out"] == [
        "declared kube-system/kube-dns TCP/53 UDP/53"
    ]


def test_dns_facts_are_followed_and_completed() -> None:
    facts = extern(
        "openshift-dns/dns", labels(dns="default"), port("dns", 5353, "udp"), port("metrics", 9154)
    )
    a = workload("shop/a")
    made = program([a], [flow(a, a, WEB)], on=cluster(dns=facts))
    assert isolations(made)["shop/a"]["out"][-1] == "dns openshift-dns/dns TCP/5353 UDP/5353"


def test_pods_that_are_only_known_get_their_flows_in_an_owned_namespace() -> None:
    a, cache = workload("shop/a", WEB), pods("shop/cache", "extern")
    flows = [flow(a, cache, SQL), flow(cache, a, WEB)]
    assert isolations(program([a], flows)) == {
        "shop/a": {
            "in": ["declared shop/cache TCP/8080"],
            "out": ["declared shop/cache TCP/5432", DNS],
        },
        "shop/cache": {
            "in": ["declared shop/a TCP/5432"],
            "out": ["declared shop/a TCP/8080", DNS],
        },
    }


# --- the API server ---------------------------------------------------------------------------

GET_PODS = Grant(("get",), "", "pods", namespace="shop", span=span("can get pods"))


def test_a_token_opens_the_api_server_and_no_dns() -> None:
    a = workload("shop/a", grants=(GET_PODS,))
    made = program([a], on=cluster(api_server=API_SERVER))
    assert isolations(made)["shop/a"]["out"] == ["api-server api-server TCP/6443"]


@pytest.mark.parametrize("grant", [GET_PODS, UrlGrant(("get",), ("/metrics",))])
def test_a_token_without_a_known_api_server_is_a_warning(grant: Grant | UrlGrant) -> None:
    a = workload("shop/a", grants=(evolve(grant, span=span("can get it")), GET_PODS))
    made, found = add_isolations(program([a]))
    assert made.isolations[0].egress == ()
    assert [(each.code, each.span.text) for each in found] == [(NO_API_SERVER, "can get it")]
    assert "`api-server <CIDR> port <PORT>`" in help_of(found[0])
    assert "`test`" in found[0].message


def help_of(diagnostic: Diagnostic) -> str:
    assert diagnostic.help is not None
    return diagnostic.help


# --- meshes -----------------------------------------------------------------------------------


def test_every_sidecar_needs_istiod_and_its_name() -> None:
    a, b = workload("shop/a", WEB), workload("shop/b")
    made = program([a, b], [flow(b, a, WEB)], on=cluster(Mesh.SIDECAR))
    assert isolations(made) == {
        "shop/a": {"in": ["declared shop/b TCP/8080"], "out": [ISTIOD, DNS]},
        "shop/b": {"in": [], "out": ["declared shop/a TCP/8080", ISTIOD, DNS]},
    }


def test_ambient_peers_tunnel_and_the_quiet_need_nothing() -> None:
    a, b = workload("shop/a", WEB), workload("shop/b")
    made = program([a, b], [flow(b, a, WEB)], on=cluster(Mesh.AMBIENT))
    assert isolations(made) == {
        "shop/a": {"in": ["declared shop/b TCP/8080", "mesh shop/b TCP/15008"], "out": []},
        "shop/b": {
            "in": [],
            "out": ["declared shop/a TCP/8080", "mesh shop/a TCP/15008", DNS],
        },
    }


def test_ambient_tunnels_neither_udp_nor_what_is_outside() -> None:
    echo = port("echo", 7, "udp")
    a, b = workload("shop/a", WEB, echo), workload("shop/b")
    flows = [flow(b, a, echo), flow(INTERNET, a, WEB)]
    made = isolations(program([a, b], flows, on=cluster(Mesh.AMBIENT)))
    assert made["shop/a"]["in"] == ["declared shop/b UDP/7", "declared internet TCP/8080"]


def test_ambient_probes_come_from_a_fixed_address_of_either_family() -> None:
    probes = (
        Probe("ready", "GET", WEB, "/ready"),
        Probe("live", "exec", command=("true",)),
        Probe("startup", "tcp", SQL),
    )
    a, b = workload("shop/a", WEB, SQL, probes=probes), workload("shop/b", WEB)
    made, _ = add_isolations(program([a, b], on=cluster(Mesh.AMBIENT)))
    probed, quiet = made.isolations
    assert [written(rule) for rule in probed.ingress] == ["probe kubelet-probes TCP/5432 TCP/8080"]
    assert probed.ingress[0].peer.blocks == (
        Block("169.254.7.127/32"),
        Block("fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128"),
    )
    assert quiet.ingress == ()


@pytest.mark.parametrize("mesh", [Mesh.NONE, Mesh.SIDECAR])
def test_probes_from_the_own_node_need_no_rule_elsewhere(mesh: Mesh) -> None:
    a = workload("shop/a", WEB, probes=(Probe("ready", "GET", WEB, "/"),))
    assert isolations(program([a], on=cluster(mesh)))["shop/a"]["in"] == []


def test_a_waypoint_stands_between_caller_and_requests() -> None:
    a, b = workload("shop/a", WEB), workload("front/b")
    made = program([a, b], [flow(b, a, WEB, requests=V1)], on=cluster(Mesh.AMBIENT))
    assert isolations(made) == {
        "front/b": {
            "in": [],
            "out": ["declared shop/a TCP/8080", "mesh shop/waypoint TCP/15008", DNS],
        },
        "shop/a": {"in": ["declared front/b TCP/8080", "mesh shop/waypoint TCP/15008"], "out": []},
        "shop/waypoint": {
            "in": ["mesh front/b TCP/15008"],
            "out": [ISTIOD, "mesh shop/a TCP/15008", DNS],
        },
    }


def test_what_a_waypoint_does_not_decide_may_go_around_it() -> None:
    a, c = workload("shop/a", WEB), workload("shop/c", SQL)
    flows = [flow(AllPods(), a, WEB, requests=V1), flow(a, c, SQL)]
    made = isolations(program([a, c], flows, on=cluster(Mesh.AMBIENT)))
    assert made["shop/c"]["in"] == [
        "declared shop/a TCP/5432",
        "mesh shop/a TCP/15008",
        "mesh shop/waypoint TCP/15008",
    ]
    assert made["shop/waypoint"]["in"] == ["mesh * TCP/15008"]


def test_a_waypoint_is_an_isolation_of_its_own_kind() -> None:
    a = workload("shop/a", WEB)
    made = program([a], [flow(a, a, WEB, requests=V1)], on=cluster(Mesh.AMBIENT))
    waypoint = add_isolations(made)[0].isolations[-1]
    assert (waypoint.name, waypoint.waypoint) == ("waypoint", True)
    assert waypoint.labels == (("gateway.networking.k8s.io/gateway-name", "waypoint"),)
    assert waypoint.span.text == "namespace shop"


# --- Knative ----------------------------------------------------------------------------------

THUMBNAILS = workload("shop/thumbs", WEB, kind="knative")
QUEUE = [
    "knative istio-system/knative-local-gateway TCP/8012 TCP/8112",
    "knative knative-serving/activator TCP/8012 TCP/8112",
    "knative knative-serving/autoscaler TCP/9090",
]


def test_requests_reach_the_queue_proxy_and_never_the_users_port() -> None:
    a = workload("shop/a")
    flows = [flow(AllPods(), THUMBNAILS, WEB), flow(a, THUMBNAILS, WEB)]
    assert isolations(program([a, THUMBNAILS], flows)) == {
        "shop/a": {
            "in": [],
            "out": ["knative istio-system/knative-local-gateway TCP/8081", DNS],
        },
        "shop/thumbs": {"in": QUEUE, "out": []},
    }


def test_nobody_may_call_a_knative_service_without_flows() -> None:
    made = isolations(program([THUMBNAILS]))
    assert made["shop/thumbs"]["in"] == ["knative knative-serving/autoscaler TCP/9090"]


@pytest.mark.parametrize(("protocol", "queue"), [("http", 8012), ("http2", 8013), ("grpc", 8013)])
def test_http2_has_a_queue_port_of_its_own(protocol: str, queue: int) -> None:
    web = port("web", 8080, protocol)
    thumbs = workload("shop/thumbs", web, kind="knative")
    made = isolations(program([thumbs], [flow(AllPods(), thumbs, web)]))
    assert f"knative knative-serving/activator TCP/{queue} TCP/8112" in made["shop/thumbs"]["in"]


def test_with_sidecars_callers_go_straight_to_the_revision_or_its_activator() -> None:
    a = workload("shop/a")
    flows = [flow(AllPods(), THUMBNAILS, WEB), flow(a, THUMBNAILS, WEB)]
    made = isolations(program([a, THUMBNAILS], flows, on=cluster(Mesh.SIDECAR)))
    assert made["shop/a"]["out"] == [
        "declared shop/thumbs TCP/8012",
        "knative knative-serving/activator TCP/8012",
        ISTIOD,
        DNS,
    ]
    assert made["shop/thumbs"]["in"] == [
        "declared * TCP/8012",
        "knative istio-system/knative-local-gateway TCP/8112",
        "knative knative-serving/activator TCP/8112",
        "knative knative-serving/autoscaler TCP/9090",
    ]


def test_a_named_gateway_reaches_the_queue_proxy() -> None:
    made = isolations(program([THUMBNAILS], [flow(INGRESS, THUMBNAILS, WEB)]))
    assert made["shop/thumbs"]["in"] == ["declared istio-ingress/public TCP/8012", *QUEUE]


def test_ambient_tunnels_lead_through_knative_too() -> None:
    a = workload("shop/a")
    flows = [flow(AllPods(), THUMBNAILS, WEB), flow(a, THUMBNAILS, WEB)]
    made = isolations(program([a, THUMBNAILS], flows, on=cluster(Mesh.AMBIENT)))
    assert made["shop/a"]["out"] == [
        "knative istio-system/knative-local-gateway TCP/8081",
        "mesh istio-system/knative-local-gateway TCP/15008",
        DNS,
    ]
    assert made["shop/thumbs"]["in"] == [
        *QUEUE[:2],
        "knative knative-serving/autoscaler TCP/9090 TCP/15008",
        "mesh istio-system/knative-local-gateway TCP/15008",
        "mesh knative-serving/activator TCP/15008",
        "probe kubelet-probes TCP/8012",
    ]


def test_no_ports_among_the_facts_is_no_rule() -> None:
    nothing = extern("kube-system/kube-dns", labels(app="dns"))
    a = workload("shop/a")
    made = program([a], [flow(a, a, WEB)], on=cluster(dns=nothing))
    assert isolations(made)["shop/a"]["out"] == ["declared shop/a TCP/8080"]


def test_the_order_of_flows_changes_nothing() -> None:
    a, b = workload("shop/a", WEB, SQL), workload("shop/b", WEB)
    flows = [flow(b, a, WEB), flow(b, a, SQL), flow(AllPods(), a, SQL), flow(a, b, WEB)]
    made = program([a, b], flows)
    backwards = evolve(made, flows=tuple(reversed(made.flows)))
    assert add_isolations(made)[0].isolations == add_isolations(backwards)[0].isolations


def test_udp_and_sctp_of_one_number_stay_apart() -> None:
    both = [Port("u", 5, 5, 5, "udp", Transport.UDP), Port("s", 5, 5, 5, "sctp", Transport.SCTP)]
    a, b = workload("shop/a", *both), workload("shop/b")
    made = isolations(program([a, b], [flow(b, a, each) for each in both]))
    assert made["shop/a"]["in"] == ["declared shop/b SCTP/5 UDP/5"]
