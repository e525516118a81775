"""Routes send each request where the program says: rules in order, then weights."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ir_build import port, program, span, workload
from polc.ir.nodes import Condition, Path, Rollout, RouteRule, Version
from semantics.routes import Request, http_routes, virtual_service
from unit.backends.istio.emitting import AMBIENT, SIDECAR, emit

WEB = port("web", 8080, service=80)
ADMIN = port("admin", 9090, service=90)

CONDITIONS = (
    Condition("header", "X-Canary", "yes"),
    Condition("header", "x-canary", "no"),
    Condition("header", "x-team", "a.b"),
    Condition("cookie", "canary", "1"),
    Condition("cookie", "canary", "1.0"),
    Condition("query", "v", "2"),
    Condition("method", "", "POST"),
    Condition("path", "", Path(("v1",))),
    Condition("path", "", Path(("v1",), rest=True)),
    Condition("path", "", Path(("v1", "*"))),
    Condition("path", "", Path(("*", "b"), rest=True)),
    Condition("path", "", Path(("*", "b.c"))),
    Condition("path", "", Path(("v1", "a"), rest=True)),
)
REQUESTS = tuple(
    Request(path, method, headers, query)
    for path, method, headers, query in product(
        ("/", "/v1", "/v1x", "/v1/", "/v1/a", "/v1/ab/", "/v1/a/b", "/a/b.c", "/v1/bxc", "/v1/b/c"),
        ("GET", "POST"),
        (
            {},
            {"x-canary": "yes"},
            {"x-canary": "no", "x-team": "a.b", "cookie": "a=b; canary=1"},
            {"x-team": "axb", "cookie": "xcanary=1"},
            {"cookie": "canary=1;b=2"},
            {"cookie": "canary=12"},
            {"cookie": "canary=1x0"},
            {"cookie": "canary=1.0"},
        ),
        ({}, {"v": "2"}),
    )
)


def rule(version: str, *conditions: Condition) -> RouteRule:
    return RouteRule(conditions, version, span(f"when -> {version}"))


def rollout(*rules: RouteRule, weights: tuple[tuple[str, int], ...] = (("v1", 90), ("v2", 10))):
    names = sorted({name for name, _ in weights} | {each.version for each in rules})
    versions = tuple(Version(name, (("version", name),), span=span(name)) for name in names)
    return Rollout(rules, weights, versions, span("rollout"))


def rollouts() -> st.SearchStrategy[Rollout]:
    conditions = st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3, unique=True)
    rules = st.builds(
        lambda version, found: rule(version, *found), st.sampled_from(("v2", "v3")), conditions
    )
    return st.lists(rules, max_size=4).map(lambda found: rollout(*found))


def wanted(made: Rollout, request: Request) -> dict[str, int]:
    for each in made.rules:
        if all(_meets(condition, request) for condition in each.conditions):
            return {each.version: 100}
    return dict(made.weights)


def _meets(condition: Condition, request: Request) -> bool:
    match condition.kind:
        case "path":
            pattern = re.sub(r"(?<=/)\*(?!\*)", "[^/]+", str(condition.value).replace(".", "[.]"))
            pattern = pattern.replace("/**", "(/.*)?")
            return re.fullmatch(pattern, request.path) is not None
        case "method":
            return request.method == condition.value
        case "header":
            return request.headers.get(condition.key.lower()) == condition.value
        case "query":
            return request.query.get(condition.key) == condition.value
        case "cookie":
            pairs = re.split(" *; *", request.headers.get("cookie", ""))
            return f"{condition.key}={condition.value}" in pairs


@given(rollouts())
def test_virtual_services_try_rules_in_order(made: Rollout) -> None:
    bodies, _, found = emit(program([workload("shop/api", WEB, rollout=made)], on=SIDECAR))
    assert {each.code.id for each in found} <= {"POL508"}
    if found:
        return
    (spec,) = [each["spec"] for each in bodies if each["kind"] == "VirtualService"]
    for request in REQUESTS:
        shares = virtual_service(spec, request)
        assert shares is not None
        assert {subset: weight for (_, subset), weight in shares.items()} == wanted(made, request)


@given(rollouts())
def test_http_routes_agree_with_the_order_or_are_refused(made: Rollout) -> None:
    bodies, _, found = emit(program([workload("shop/api", WEB, rollout=made)], on=AMBIENT))
    assert {each.code.id for each in found} <= {"POL508"}
    specs = [each["spec"] for each in bodies if each["kind"] == "HTTPRoute"]
    if found:
        return
    for request in REQUESTS:
        shares = http_routes(specs, request)
        assert shares is not None
        named = {name.removeprefix("api-"): weight for (name, _), weight in shares.items()}
        assert named == wanted(made, request)


@pytest.mark.parametrize("on", [SIDECAR, AMBIENT])
def test_every_port_with_requests_is_routed_to_itself(on) -> None:
    made = rollout(rule("v2", CONDITIONS[0]))
    api = workload("shop/api", WEB, ADMIN, rollout=made)
    bodies, _, found = emit(program([api], on=on))
    assert not found
    for each in (WEB, ADMIN):
        request = Request(port=each.service, headers={"x-canary": "yes"})
        if on is SIDECAR:
            (spec,) = [body["spec"] for body in bodies if body["kind"] == "VirtualService"]
            assert virtual_service(spec, request) == {("api.shop.svc.cluster.local", "v2"): 100}
            ports = [
                to["destination"]["port"]["number"]
                for route in spec["http"]
                for to in route["route"]
                if route["match"][0]["port"] == each.service
            ]
            assert set(ports) == {each.service}
        else:
            (route,) = [
                body["spec"]
                for body in bodies
                if body["kind"] == "HTTPRoute"
                and body["spec"]["parentRefs"][0]["port"] == each.service
            ]
            assert http_routes([route], request) == {("api-v2", ""): 100}
            backends = [b for rule in route["rules"] for b in rule["backendRefs"]]
            assert {backend["port"] for backend in backends} == {each.service}
