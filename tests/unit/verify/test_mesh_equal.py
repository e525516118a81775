"""Rules that are the same word for word, or once they are taken apart, decide the same."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from polc.semantics.mesh.authorization import policies_of
from polc.verify.mesh.compare import mesh_findings
from polc.verify.mesh.equal import plain_rules, same
from semantics.policies import Call, admits
from unit.verify.meshed import Body, compiled, get, manifests, policy, told

WHO = [f"cluster.local/{rest}" for rest in ("*", "ns/shop/sa/*", "ns/shop/sa/api", "ns/x/sa/api")]
PATHS = ["/", "/v1", "/v1/*", "/v1/a", "/*"]
CALLS = tuple(
    Call(f"cluster.local/ns/{space}/sa/{account}", "10.0.0.1", port, method, path)
    for space in ("shop", "x")
    for account in ("api", "web")
    for port in (80, 8080)
    for method in (None, "GET", "POST")
    for path in ("/", "/v1", "/v1/a", "/v1/b", "/w")
)


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


OPERATIONS = st.fixed_dictionaries(
    {"ports": some(["80", "8080"])},
    optional={"methods": some(["GET", "POST"]), "paths": some(PATHS)},
)
RULES = st.builds(
    lambda who, bodies: {
        "from": [{"source": {"principals": who}}],
        "to": [{"operation": body} for body in bodies],
    },
    some(WHO),
    st.lists(OPERATIONS, min_size=1, max_size=2),
)


def form(*rules: Body) -> Any:
    made = manifests([policy("p", {"rules": list(rules)})])
    return plain_rules(policies_of(made, "cluster.local").at_pods("shop", {}))


@given(st.lists(RULES, min_size=1, max_size=3), st.data())
def test_what_is_the_same_decides_the_same(rules: list[Body], data: st.DataObject) -> None:
    """The other rules are some of these, and perhaps one more: most such pairs say the same."""
    others = data.draw(st.lists(st.sampled_from(rules), min_size=1, unique_by=id))
    others += data.draw(st.lists(RULES, max_size=1))
    one, other = form(*rules), form(*others)
    assume(one is not None and same(one, other))
    requests = "methods" in str(rules + others) or "paths" in str(rules + others)
    for call in CALLS:
        # What speaks of requests stands on ports that have some: of others nothing is said.
        if call.method is not None or not requests:
            decided = [admits([policy("p", {"rules": each})], call) for each in (rules, others)]
            assert decided[0] == decided[1], call


def rule(who: str, **fields: list[str]) -> Body:
    return {
        "from": [{"source": {"principals": [f"cluster.local/{who}"]}}],
        "to": [{"operation": {"ports": ["80"], **fields}}],
    }


GET = {"methods": ["GET"]}
ANYBODY, API = "*", "ns/shop/sa/api"


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ((rule(ANYBODY), rule(API)), (rule(ANYBODY),)),
        ((rule("ns/shop/sa/*"), rule(API)), (rule("ns/shop/sa/*"),)),
        ((rule(API), rule(API, **GET)), (rule(API),)),
        ((rule(API, **GET), rule(API, **GET, paths=["/a"])), (rule(API, **GET),)),
        (
            (rule(API, **GET, paths=["/a/*"]), rule(API, **GET, paths=["/a/b", "/a/b/*"])),
            (rule(API, **GET, paths=["/a/*"]),),
        ),
    ],
)
def test_what_lies_within_something_else_is_left_out(
    more: tuple[Body, ...], less: tuple[Body, ...]
) -> None:
    assert same(form(*more), form(*less))
    assert not same(form(*less), form(*more[1:]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (rule(API), rule("ns/shop/sa/api2")),
        (rule("ns/shop/sa/*"), rule("ns/shop2/sa/*")),
        (rule(API, **GET), rule(API, methods=["POST"])),
        (rule(API, paths=["/a"]), rule(API, paths=["/a/*"])),
        (rule(API, paths=["/*"]), rule(API)),
    ],
)
def test_what_differs_is_not_the_same(one: Body, other: Body) -> None:
    assert not same(form(one), form(other))
    assert not same(form(one, other), form(one)) or not same(form(one, other), form(other))


def test_a_rule_that_speaks_of_requests_in_part_is_none_where_there_are_none() -> None:
    """Istio leaves out a rule for TCP as a whole if one of its operations is about requests."""
    bodies, program = compiled(
        "cluster c { mesh istio sidecar  cni kubernetes }\nnamespace shop\n"
        'service api { select { app: "api" }  port web 80 http  port sql 5432 postgres\n'
        '  allow from worker on web { GET "/a" }\n  allow from worker on sql }\n'
        'service worker { select { app: "worker" } }\n'
    )
    assert mesh_findings(manifests(bodies), program) == ((), ())
    spec = get(bodies, "AuthorizationPolicy", "api")["spec"]
    one, other = spec["rules"]
    spec["rules"] = [{"from": one["from"], "to": one["to"] + other["to"]}]
    violations, _ = mesh_findings(manifests(bodies), program)
    assert told(violations)[0].startswith("POL931 `cluster.local/ns/shop/sa/worker` may not ask")
