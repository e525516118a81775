"""The routing objects that a reader of the output sees, and what is refused."""

import pytest
from attrs import evolve

from ir_build import INGRESS, flow, pods, port, span, workload
from polc.ir.nodes import Condition, HttpRequest, Path, Rollout, RouteRule, Version
from unit.backends.istio.emitting import AMBIENT, SIDECAR, findings, objects

WEB = port("web", 8080, service=80)
SQL = port("sql", 5432, "postgres")
WORKER = pods("shop/worker")
HOST = "api.shop.svc.cluster.local"
CANARY = Condition("header", "X-Canary", "always")


def when(text: str, version: str, *conditions: Condition) -> RouteRule:
    return RouteRule(conditions, version, span(text))


def path(text: str) -> Condition:
    parts = text.removeprefix("/").split("/")
    rest = parts[-1] == "**"
    return Condition("path", "", Path(tuple(parts[:-1] if rest else parts), rest))


def rollout(*rules: RouteRule) -> Rollout:
    versions = tuple(
        Version(name, (("version", name),), span=span(name)) for name in ("v1", "v2", "v3")
    )
    return Rollout(rules, (("v1", 90), ("v2", 10)), versions, span("rollout"))


def api(*ports, rules=(), **more):
    return workload("shop/api", *(ports or (WEB,)), rollout=rollout(*rules), **more)


# --- sidecars ---------------------------------------------------------------------------------


def test_rules_come_before_weights_and_the_catch_all_is_last():
    """A catch-all in front (a common tutorial's mistake) would never let the rule be tried."""
    found = objects(api(rules=(when("canary", "v2", CANARY),)))
    assert found["VirtualService", "api"] == {
        "hosts": [HOST],
        "http": [
            {
                "match": [{"headers": {"x-canary": {"exact": "always"}}}],
                "route": [{"destination": {"host": HOST, "subset": "v2", "port": {"number": 80}}}],
            },
            {
                "route": [
                    {
                        "destination": {"host": HOST, "subset": "v1", "port": {"number": 80}},
                        "weight": 90,
                    },
                    {
                        "destination": {"host": HOST, "subset": "v2", "port": {"number": 80}},
                        "weight": 10,
                    },
                ]
            },
        ],
    }


def test_every_subset_is_declared_by_its_version_alone():
    spec = objects(api())["DestinationRule", "api"]
    assert spec == {
        "host": HOST,
        "subsets": [{"name": name, "labels": {"version": name}} for name in ("v1", "v2", "v3")],
    }


def test_conditions_of_a_rule_are_one_match():
    rule = when("all", "v2", CANARY, path("/v1/**"), Condition("method", "", "GET"))
    first = objects(api(rules=(rule,)))["VirtualService", "api"]["http"][0]
    rest = {"method": {"exact": "GET"}, "headers": {"x-canary": {"exact": "always"}}}
    assert first["match"] == [
        {"uri": {"exact": "/v1"}, **rest},
        {"uri": {"prefix": "/v1/"}, **rest},
    ]


def test_connections_have_weights_only():
    spec = objects(api(WEB, SQL, rules=(when("canary", "v2", CANARY),)))["VirtualService", "api"]
    assert spec["tcp"][0]["match"] == [{"port": 5432}]
    assert [each["weight"] for each in spec["tcp"][0]["route"]] == [90, 10]
    assert all(match["port"] == 80 for route in spec["http"] for match in route["match"])


def test_a_rule_needs_a_port_with_requests():
    assert findings(api(SQL, rules=(when("canary", "v2", CANARY),))) == [("POL508", "canary")]
    assert findings(api(SQL)) == []


@pytest.mark.parametrize(
    "conditions",
    [
        (CANARY, Condition("header", "x-canary", "never")),
        (Condition("cookie", "a", "1"), Condition("cookie", "b", "1")),
        (Condition("cookie", "a", "1"), Condition("header", "Cookie", "a=1")),
        (Condition("header", "x", ""),),
        (Condition("method", "", "GET"), Condition("method", "", "POST")),
        (path("/a/**"), path("/b")),
    ],
)
@pytest.mark.parametrize("on", [SIDECAR, AMBIENT])
def test_what_no_match_can_say_is_refused(conditions, on):
    assert findings(api(rules=(when("odd", "v2", *conditions),)), on=on) == [("POL508", "odd")]


def test_two_conditions_on_one_thing_are_joined():
    rule = when("both", "v2", path("/v1/**"), path("/*/a"), CANARY, CANARY)
    first = objects(api(rules=(rule,)))["VirtualService", "api"]["http"][0]
    assert first["match"] == [
        {"uri": {"exact": "/v1/a"}, "headers": {"x-canary": {"exact": "always"}}}
    ]


# --- ambient ----------------------------------------------------------------------------------


def test_an_http_route_splits_between_services_of_versions():
    found = objects(api(rules=(when("canary", "v2", CANARY),)), on=AMBIENT)
    assert not {"VirtualService", "DestinationRule"} & {kind for kind, _ in found}
    assert found["HTTPRoute", "api"] == {
        "parentRefs": [{"group": "", "kind": "Service", "name": "api", "port": 80}],
        "rules": [
            {
                "matches": [{"headers": [{"name": "x-canary", "value": "always"}]}],
                "backendRefs": [{"name": "api-v2", "port": 80}],
            },
            {
                "backendRefs": [
                    {"name": "api-v1", "port": 80, "weight": 90},
                    {"name": "api-v2", "port": 80, "weight": 10},
                ]
            },
        ],
    }
    assert found["Service", "api-v2"] == {
        "selector": {"app": "api", "version": "v2"},
        "ports": [
            {
                "name": "web",
                "port": 80,
                "targetPort": 8080,
                "protocol": "TCP",
                "appProtocol": "http",
            }
        ],
    }


def test_a_rule_that_would_be_tried_too_early_is_refused():
    rules = (when("canary", "v2", CANARY), when("beta", "v3", path("/beta/**")))
    assert findings(api(rules=rules), on=AMBIENT) == [("POL508", "beta")]
    assert findings(api(rules=rules[::-1]), on=AMBIENT) == []
    assert findings(api(rules=rules), on=SIDECAR) == []


def test_the_order_does_not_matter_where_no_request_meets_both():
    rules = (
        when("get", "v2", Condition("method", "", "GET"), path("/v1")),
        when("post", "v3", Condition("method", "", "POST"), path("/v1"), CANARY),
    )
    assert findings(api(rules=rules), on=AMBIENT) == []


def test_a_path_with_a_star_is_tried_behind_the_weights():
    rules = (when("star", "v2", path("/v1/*")),)
    assert findings(api(rules=rules), on=AMBIENT) == [("POL508", "star")]
    assert findings(api(rules=rules), on=SIDECAR) == []


def test_connections_are_not_split_in_ambient_mode():
    service = api(WEB, SQL)
    assert findings(service, on=AMBIENT) == []
    used = flow(WORKER, service, SQL)
    assert findings(service, flows=(used,), on=AMBIENT) == [("POL508", "rollout")]


def test_a_version_may_not_take_the_name_of_a_neighbour():
    neighbour = workload("shop/api-v2", WEB)
    assert findings(api(), neighbour, on=AMBIENT) == [("POL805", "v2")]
    assert findings(api(), neighbour, on=SIDECAR) == []


def test_a_version_may_not_make_a_name_too_long():
    long = workload("shop/" + "a" * 61, WEB, rollout=rollout())
    assert [code for code, _ in findings(long, on=AMBIENT)] == ["POL105"] * 3


def test_a_route_has_sixteen_rules():
    many = tuple(when(f"rule {n}", "v2", path(f"/{n:02}")) for n in range(16))
    assert findings(api(rules=many[:15]), on=AMBIENT) == []
    assert findings(api(rules=many), on=AMBIENT) == [("POL508", "rule 15")]


def test_a_rule_has_sixteen_backends():
    names = tuple(f"v{number:02}" for number in range(20))
    versions = tuple(Version(name, (("version", name),)) for name in names)
    many = Rollout((), tuple((name, 5) for name in names), versions, span("rollout"))
    service = workload("shop/api", WEB, rollout=many)
    assert findings(service, on=AMBIENT) == [("POL508", "rollout")]
    assert findings(service, on=SIDECAR) == []


# --- gateways ---------------------------------------------------------------------------------

SHOP = ("shop.example.com",)


def outside(target, *requests, hosts=SHOP, gateway=INGRESS, on=WEB):
    return flow(gateway, target, on, requests=requests or None, hosts=hosts)


def get(text: str) -> HttpRequest:
    value = path(text).value
    assert isinstance(value, Path)
    return HttpRequest(("GET",), value)


PLAIN = workload("shop/api", WEB)
FRONT = workload("front/web", WEB)
NAME = "api.public.shop.example.com"


def test_a_host_goes_to_its_only_service():
    found = objects(PLAIN, flows=(outside(PLAIN, get("/v1/**"), hosts=("a.example", "b.example")),))
    assert found["VirtualService", "api.public.a.example"] == {
        "hosts": ["a.example", "b.example"],
        "gateways": ["istio-ingress/public"],
        "http": [{"route": [{"destination": {"host": HOST, "port": {"number": 80}}}]}],
    }


def test_a_host_follows_the_rollout_and_the_mesh_keeps_its_own_routes():
    service = api(rules=(when("canary", "v2", CANARY),))
    found = objects(service, flows=(outside(service),))
    assert found["VirtualService", NAME]["http"] == found["VirtualService", "api"]["http"]
    assert "gateways" not in found["VirtualService", "api"]


def test_services_that_share_a_host_get_their_paths_the_narrower_first():
    flows = (outside(FRONT), outside(PLAIN, get("/v1/**"), get("/v1/x")))
    (spec,) = [
        spec
        for (kind, _), spec in objects(PLAIN, FRONT, flows=flows).items()
        if kind == "VirtualService"
    ]
    assert spec["http"] == [
        {
            "match": [
                {"uri": {"exact": "/v1/x"}, "method": {"exact": "GET"}},
                {"uri": {"exact": "/v1"}, "method": {"exact": "GET"}},
                {"uri": {"prefix": "/v1/"}, "method": {"exact": "GET"}},
            ],
            "route": [{"destination": {"host": HOST, "port": {"number": 80}}}],
        },
        {
            "route": [
                {
                    "destination": {
                        "host": "web.front.svc.cluster.local",
                        "port": {"number": 80},
                    }
                }
            ]
        },
    ]


def test_a_shared_host_with_a_rollout_keeps_to_its_paths():
    service = api(
        rules=(when("canary", "v2", CANARY, path("/v1/x")), when("no", "v3", path("/v2")))
    )
    flows = (outside(FRONT), outside(service, get("/v1/**")))
    spec = objects(service, FRONT, flows=flows)["VirtualService", "web.public.shop.example.com"]
    assert [route.get("match") for route in spec["http"]] == [
        [
            {
                "uri": {"exact": "/v1/x"},
                "method": {"exact": "GET"},
                "headers": {"x-canary": {"exact": "always"}},
            }
        ],
        [
            {"uri": {"exact": "/v1"}, "method": {"exact": "GET"}},
            {"uri": {"prefix": "/v1/"}, "method": {"exact": "GET"}},
        ],
        None,
    ]


@pytest.mark.parametrize("on", [SIDECAR, AMBIENT])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [((), ()), ((get("/v1"),), (get("/v1"),)), ((get("/*/a"),), (get("/v1/*"),))],
)
def test_two_services_that_want_the_same_requests_are_refused(on, ours, theirs):
    flows = (outside(PLAIN, *ours), outside(FRONT, *theirs))
    assert {code for code, _ in findings(PLAIN, FRONT, flows=flows, on=on)} == {"POL508"}


def test_methods_may_tell_two_services_apart():
    write = HttpRequest(("POST",), Path(("v1",)))
    flows = (outside(PLAIN, get("/v1")), outside(FRONT, write))
    assert findings(PLAIN, FRONT, flows=flows) == []


def test_ambient_gateways_have_one_route_for_each_service():
    service = api(rules=(when("canary", "v2", CANARY),))
    found = objects(
        service, FRONT, flows=(outside(FRONT), outside(service, get("/v1/**"))), on=AMBIENT
    )
    parent = {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        "namespace": "istio-ingress",
        "name": "public",
    }
    assert found["HTTPRoute", NAME] == {
        "parentRefs": [parent],
        "hostnames": ["shop.example.com"],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/v1"}, "method": "GET"}],
                "backendRefs": [{"name": "api", "port": 80}],
            }
        ],
    }
    assert found["HTTPRoute", "web.public.shop.example.com"]["rules"] == [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
            "backendRefs": [{"name": "web", "port": 80}],
        }
    ]


def test_a_star_loses_against_a_neighbour_in_ambient_mode():
    flows = (outside(FRONT), outside(PLAIN, get("/v1/*")))
    assert findings(PLAIN, FRONT, flows=flows) == []
    assert findings(PLAIN, FRONT, flows=flows, on=AMBIENT) == [("POL508", "allow on web")]


@pytest.mark.parametrize(
    "flow_of",
    [
        lambda service: outside(service, gateway=evolve(INGRESS, uses=None)),
        lambda service: outside(service, on=SQL),
    ],
)
@pytest.mark.parametrize("on", [SIDECAR, AMBIENT])
def test_a_host_that_polc_does_not_route_is_told(flow_of, on):
    service = workload("shop/api", WEB, SQL)
    assert [code for code, _ in findings(service, flows=(flow_of(service),), on=on)] == ["POL590"]


def test_knative_routes_its_own_hosts():
    http = port("http", 8080)
    thumbs = workload("shop/thumbs", http, kind="knative")
    found = objects(thumbs, flows=(outside(thumbs, on=http),))
    assert not [kind for kind, _ in found if kind == "VirtualService"]
