"""The policies that a reader of the output sees, and what is refused."""

import pytest
from attrs import evolve

from ir_build import (
    ACTIVATOR,
    INGRESS,
    INTERNET,
    blocks,
    cluster,
    flow,
    pods,
    port,
    program,
    workload,
)
from polc.backend import Feature
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Block,
    HttpRequest,
    Mesh,
    NamespacePods,
    Path,
    RpcRequest,
)
from polc_backends.istio import BACKEND
from polc_backends.knative import BACKEND as KNATIVE
from unit.backends.istio.emitting import AMBIENT, SIDECAR, emit, findings, objects

WEB = port("web", 8080, service=80)
SQL = port("sql", 5432, "postgres")
API = workload("shop/api", WEB, SQL)
WORKER, MOBILE = pods("shop/worker"), pods("front/mobile")
READ = (HttpRequest(("GET", "HEAD"), Path(("v1",), rest=True)),)
WRITE = (HttpRequest(("POST",), Path(("v1", "orders"))),)

ALLOW, PEER = "AuthorizationPolicy", "PeerAuthentication"


def rules(*flows, on=SIDECAR, name="api"):
    return objects(API, flows=flows, on=on)[ALLOW, name]["rules"]


# --- namespaces -------------------------------------------------------------------------------


def test_without_a_mesh_there_is_nothing():
    built = program([API], [flow(WORKER, API, WEB)])
    assert BACKEND.emit(built) == ((), ())
    assert BACKEND.features(built.cluster) == frozenset()


def test_the_mesh_enforces_callers_and_requests_but_no_egress():
    for facts in (SIDECAR, AMBIENT):
        found = BACKEND.features(facts)
        assert {Feature.IDENTITY, Feature.HTTP_REQUESTS, Feature.CONDITIONAL_ROUTES} <= found
        assert not found & {Feature.HOST_PEERS, Feature.ADDRESS_PEERS, Feature.POD_PEERS}


@pytest.mark.parametrize(
    ("facts", "label"),
    [(SIDECAR, ("istio-injection", "enabled")), (AMBIENT, ("istio.io/dataplane-mode", "ambient"))],
)
def test_a_namespace_is_in_the_mesh_strict_and_closed(facts, label):
    bodies, labels, _ = emit(program([API], on=facts))
    assert labels == {"shop": dict([label])}
    specs = {(b["kind"], b["metadata"]["name"]): b["spec"] for b in bodies}
    assert specs == {
        (PEER, "default"): {"mtls": {"mode": "STRICT"}},
        (ALLOW, "allow-nothing"): {},
    }


# --- rules ------------------------------------------------------------------------------------


def test_a_rule_names_caller_port_methods_and_paths():
    assert objects(API, flows=(flow(MOBILE, API, WEB, requests=READ + WRITE),))[ALLOW, "api"] == {
        "selector": {"matchLabels": {"app": "api"}},
        "action": "ALLOW",
        "rules": [
            {
                "from": [{"source": {"principals": ["cluster.local/ns/front/sa/mobile"]}}],
                "to": [
                    {
                        "operation": {
                            "ports": ["8080"],
                            "methods": ["GET", "HEAD"],
                            "paths": ["/v1", "/v1/*"],
                        }
                    },
                    {
                        "operation": {
                            "ports": ["8080"],
                            "methods": ["POST"],
                            "paths": ["/v1/orders"],
                        }
                    },
                ],
            }
        ],
    }


def test_the_trust_domain_is_the_clusters():
    facts = cluster(Mesh.SIDECAR, trust_domain="example.org")
    (rule,) = rules(flow(MOBILE, API, WEB), on=facts)
    assert rule["from"] == [{"source": {"principals": ["example.org/ns/front/sa/mobile"]}}]


def test_callers_of_one_thing_share_a_rule_and_others_do_not():
    found = rules(
        flow(MOBILE, API, WEB, requests=READ),
        flow(WORKER, API, WEB, requests=READ),
        flow(INGRESS, API, WEB, requests=WRITE),
        flow(WORKER, API, SQL),
    )
    assert [
        (rule["from"][0]["source"]["principals"], rule["to"][0]["operation"]["ports"])
        for rule in found
    ] == [
        (["cluster.local/ns/shop/sa/worker"], ["5432"]),
        (["cluster.local/ns/front/sa/mobile", "cluster.local/ns/shop/sa/worker"], ["8080"]),
        (["cluster.local/ns/istio-ingress/sa/public"], ["8080"]),
    ]


def test_ports_with_equal_callers_share_a_rule():
    (rule,) = rules(flow(WORKER, API, WEB), flow(WORKER, API, SQL))
    assert rule["to"] == [{"operation": {"ports": ["5432", "8080"]}}]


@pytest.mark.parametrize(
    ("caller", "principal"),
    [
        (NamespacePods("front"), "cluster.local/ns/front/sa/*"),
        (AllPods(), "cluster.local/*"),
    ],
)
def test_a_broad_caller_needs_an_identity_and_takes_in_narrower_ones(caller, principal):
    (rule,) = rules(flow(caller, API, WEB), flow(MOBILE, API, WEB, requests=READ))
    assert rule["from"] == [{"source": {"principals": [principal]}}]


def test_a_broad_caller_with_fewer_requests_takes_in_nothing():
    assert len(rules(flow(AllPods(), API, WEB, requests=READ), flow(MOBILE, API, WEB))) == 2


def test_nobody_calls_so_nothing_is_admitted():
    assert set(objects(API)) == {(PEER, "default"), (ALLOW, "allow-nothing")}


@pytest.mark.parametrize(
    ("request_", "paths"),
    [
        (HttpRequest((), Path((), rest=True)), ["/*"]),
        (HttpRequest((), Path(("",))), ["/"]),
        (HttpRequest((), Path(("v1", ""))), ["/v1/"]),
        (HttpRequest((), Path(("v1", "*", "x"))), ["/v1/{*}/x"]),
        (HttpRequest((), Path(("v1", "*"), rest=True)), ["/v1/{*}", "/v1/{*}/{**}"]),
        (RpcRequest("shop.v1.Cart", "Get"), ["/shop.v1.Cart/Get"]),
        (RpcRequest("shop.v1.Cart", ""), ["/shop.v1.Cart/*"]),
    ],
)
def test_forms_of_paths(request_, paths):
    (rule,) = rules(flow(WORKER, API, WEB, requests=(request_,)))
    methods = {"methods": ["POST"]} if isinstance(request_, RpcRequest) else {}
    assert rule["to"] == [{"operation": {"ports": ["8080"], **methods, "paths": paths}}]


@pytest.mark.parametrize("path", [Path(("v1", "*", "")), Path(("a=b", "*"))])
def test_a_template_that_proxies_refuse_is_an_error(path):
    made = flow(WORKER, API, WEB, requests=(HttpRequest((), path),))
    assert findings(API, flows=(made,)) == [("POL204", "allow on web")]


def test_a_range_is_written_out_unless_it_is_absurd():
    media = port("media", 9000, "tcp", end=9002)
    assert rules(flow(WORKER, API, media))[0]["to"] == [
        {"operation": {"ports": ["9000", "9001", "9002"]}}
    ]
    every = evolve(media, end=19000)
    assert findings(API, flows=(flow(WORKER, API, every),)) == [("POL204", "allow on media")]


def test_udp_passes_istio_by():
    assert findings(API, flows=(made := flow(WORKER, API, port("dns", 53, "udp")),)) == []
    assert (ALLOW, "api") not in objects(API, flows=(made,))


def test_a_caller_without_an_account_is_denied_and_told():
    unknown = pods("legacy/app", "extern", account=None)
    assert findings(API, flows=(flow(unknown, API, WEB),)) == [("POL211", "allow on web")]


# --- callers outside the cluster --------------------------------------------------------------


@pytest.mark.parametrize("facts", [SIDECAR, AMBIENT])
def test_addresses_have_no_certificate_on_their_port_only(facts):
    found = objects(
        API,
        flows=(flow(blocks("office", "203.0.113.0/24"), API, WEB), flow(WORKER, API, SQL)),
        on=facts,
    )
    assert found[PEER, "api"] == {
        "selector": {"matchLabels": {"app": "api"}},
        "mtls": {"mode": "STRICT"},
        "portLevelMtls": {"8080": {"mode": "PERMISSIVE"}},
    }
    assert {"source": {"ipBlocks": ["203.0.113.0/24"]}} in [
        each for rule in found[ALLOW, "api"]["rules"] for each in rule["from"]
    ]


def test_exceptions_cut_into_their_own_block_only():
    two = Addresses("two", (Block("10.0.0.0/8", ("10.1.0.0/16",)), Block("10.1.2.0/24")))
    (rule,) = rules(flow(two, API, WEB))
    assert rule["from"] == [
        {"source": {"ipBlocks": ["10.1.2.0/24"]}},
        {"source": {"ipBlocks": ["10.0.0.0/8"], "notIpBlocks": ["10.1.0.0/16"]}},
    ]


def test_the_internet_through_a_gateway_is_the_gateway():
    found = objects(API, flows=(flow(INGRESS, API, WEB, requests=READ),))
    assert (PEER, "api") not in found
    assert found[ALLOW, "api"]["rules"][0]["from"] == [
        {"source": {"principals": ["cluster.local/ns/istio-ingress/sa/public"]}}
    ]


def test_requests_from_outside_are_not_enforceable_in_ambient_mode():
    made = flow(INTERNET, API, WEB, requests=READ)
    assert findings(API, flows=(made,)) == []
    assert findings(API, flows=(made,), on=AMBIENT) == [("POL204", "allow on web")]


# --- ambient ----------------------------------------------------------------------------------


def test_ztunnel_gets_no_rules_about_requests():
    found = objects(
        API, flows=(flow(MOBILE, API, WEB, requests=READ), flow(WORKER, API, SQL)), on=AMBIENT
    )
    waypoint = {"source": {"principals": ["cluster.local/ns/shop/sa/waypoint"]}}
    assert found[ALLOW, "api"]["rules"] == [
        {"from": [waypoint], "to": [{"operation": {"ports": ["5432", "8080"]}}]},
        {
            "from": [{"source": {"principals": ["cluster.local/ns/shop/sa/worker"]}}],
            "to": [{"operation": {"ports": ["5432"]}}],
        },
    ]


def test_callers_are_admitted_at_the_service_by_its_own_ports():
    found = objects(API, flows=(flow(MOBILE, API, WEB, requests=READ),), on=AMBIENT)
    assert found[ALLOW, "api.waypoint"] == {
        "targetRefs": [{"group": "", "kind": "Service", "name": "api"}],
        "action": "ALLOW",
        "rules": [
            {
                "from": [{"source": {"principals": ["cluster.local/ns/front/sa/mobile"]}}],
                "to": [
                    {
                        "operation": {
                            "ports": ["80"],
                            "methods": ["GET", "HEAD"],
                            "paths": ["/v1", "/v1/*"],
                        }
                    }
                ],
            }
        ],
    }


def test_a_waypoint_is_deployed_used_and_closed():
    built = program([API], [flow(MOBILE, API, WEB, requests=READ)], on=AMBIENT)
    bodies, labels, _ = emit(built)
    assert labels["shop"] == {
        "istio.io/dataplane-mode": "ambient",
        "istio.io/ingress-use-waypoint": "true",
        "istio.io/use-waypoint": "waypoint",
    }
    (gateway,) = [each for each in bodies if each["kind"] == "Gateway"]
    assert gateway["metadata"]["name"] == "waypoint"
    assert gateway["metadata"]["labels"]["istio.io/waypoint-for"] == "service"
    assert gateway["spec"] == {
        "gatewayClassName": "istio-waypoint",
        "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
    }
    closed = next(b for b in bodies if b["metadata"]["name"] == "allow-nothing.waypoint")
    assert "rules" not in closed["spec"]


def test_without_requests_and_routes_there_is_no_waypoint():
    found = objects(API, flows=(flow(MOBILE, API, WEB),), on=AMBIENT)
    assert set(found) == {(PEER, "default"), (ALLOW, "allow-nothing"), (ALLOW, "api")}


# --- pods that the program only knows ---------------------------------------------------------


def test_a_known_neighbour_admits_its_declared_callers():
    legacy = pods("shop/legacy", "extern")
    elsewhere = pods("other/legacy", "extern")
    found = objects(API, flows=(flow(API, legacy, WEB), flow(API, elsewhere, SQL)))
    assert found[ALLOW, "legacy"] == {
        "selector": {"matchLabels": {"app": "legacy"}},
        "action": "ALLOW",
        "rules": [
            {
                "from": [{"source": {"principals": ["cluster.local/ns/shop/sa/api"]}}],
                "to": [{"operation": {"ports": ["8080"]}}],
            }
        ],
    }
    assert set(found) == {(PEER, "default"), (ALLOW, "allow-nothing"), (ALLOW, "legacy")}


def test_a_known_neighbour_is_admitted_at_the_waypoint_too():
    legacy = pods("shop/legacy", "extern")
    flows = (flow(API, legacy, WEB), flow(MOBILE, API, WEB, requests=READ))
    found = objects(API, flows=flows, on=AMBIENT)
    callers = [
        (rule["from"][0]["source"]["principals"], rule["to"][0]["operation"]["ports"])
        for rule in found[ALLOW, "legacy"]["rules"]
    ]
    assert callers == [
        (["cluster.local/ns/shop/sa/waypoint"], ["8080"]),
        (["cluster.local/ns/shop/sa/api"], ["8080"]),
    ]
    at_service = found[ALLOW, "legacy.waypoint"]
    assert at_service["targetRefs"] == [{"group": "", "kind": "Service", "name": "legacy"}]
    assert at_service["rules"][0]["to"] == [{"operation": {"ports": ["80"]}}]


# --- Knative ----------------------------------------------------------------------------------

HTTP = port("http", 8080)
THUMBS = workload("shop/thumbs", HTTP, kind="knative")


def knative(*flows, on=SIDECAR):
    found = objects(THUMBS, flows=flows, on=on)
    return [
        (
            rule["from"][0]["source"]["principals"],
            rule["to"][0]["operation"],
        )
        for rule in found[ALLOW, "thumbs"]["rules"]
    ]


def test_knative_is_reached_at_the_queue_proxy():
    assert knative(flow(AllPods(), THUMBS, HTTP)) == [
        (["cluster.local/*"], {"ports": ["8012"]}),
        (
            ["cluster.local/ns/knative-serving/sa/autoscaler"],
            {"ports": ["9090"], "methods": ["GET"], "paths": ["/metrics"]},
        ),
    ]


def test_knative_itself_is_let_in_where_requests_are_narrowed():
    assert knative(flow(AllPods(), THUMBS, HTTP, requests=READ))[0] == (
        [
            "cluster.local/ns/istio-system/sa/knative-local-gateway",
            "cluster.local/ns/knative-serving/sa/activator",
        ],
        {"ports": ["8012"], "methods": ["GET"], "paths": ["/healthz"]},
    )


def test_knative_without_known_accounts_is_known_by_namespace():
    hidden = evolve(ACTIVATOR, pods=evolve(ACTIVATOR.pods, account=None))
    facts = cluster(Mesh.SIDECAR, knative_activator=hidden)
    principals = knative(flow(AllPods(), THUMBS, HTTP, requests=READ), on=facts)[0][0]
    assert "cluster.local/ns/knative-serving/sa/*" in principals


def test_knative_in_ambient_mode_is_layer_four():
    assert knative(flow(AllPods(), THUMBS, HTTP), on=AMBIENT)[1] == (
        ["cluster.local/ns/knative-serving/sa/autoscaler"],
        {"ports": ["9090"]},
    )
    made = flow(AllPods(), THUMBS, HTTP, requests=READ)
    assert findings(THUMBS, flows=(made,), on=AMBIENT) == [("POL204", "allow on http")]


def test_a_knative_workload_without_callers_is_closed():
    assert (ALLOW, "thumbs") not in objects(THUMBS)


def test_knatives_own_services_stay_out_of_the_waypoint():
    image = evolve(THUMBS, image="thumbs:3@sha256:" + "1" * 64)
    for flows, labels in (
        ((flow(MOBILE, API, WEB, requests=READ),), {"istio.io/use-waypoint": "none"}),
        ((), {}),
    ):
        built = program([API, image], flows, on=AMBIENT)
        (service,) = [each.body for each in KNATIVE.emit(built)[0]]
        assert service["spec"]["template"].get("metadata", {}).get("labels", {}) == labels
