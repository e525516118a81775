"""What policies admit, as sets: against a plain evaluator, and facts of Istio's documentation."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polc.semantics.mesh.authorization import admitted, authenticated, policies_of
from polc.semantics.mesh.peer_authentication import Authentications
from polc.semantics.sets import products, strings
from polc.semantics.sets.intervals import IntSet, cidr_set
from polc.semantics.sets.products import Box, Region, box
from semantics.policies import Call, admits
from unit.verify.meshed import Body, manifests, policy

PRINCIPALS = (
    "", "cluster.local/ns/shop/sa/api", "cluster.local/ns/shop/sa/api2",
    "cluster.local/ns/front/sa/web", "other/ns/shop/sa/api",
)  # fmt: skip
ADDRESSES = ("10.1.2.3", "203.0.113.9")
PATHS = ("/", "/v1", "/v1/", "/v1/a", "/v1/a/b", "/admin", "/v1/a=b")
CALLS = tuple(
    Call(principal, address, port, method, path, headers)
    for principal, address, port, (method, path), headers in product(
        PRINCIPALS, ADDRESSES, (80, 8080),
        ((None, "/"), *product(("GET", "DELETE"), PATHS)), ({}, {"x": "1"}),
    )
)  # fmt: skip


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True)


def bodies(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    return st.fixed_dictionaries({}, optional=fields)


WHO = some(*PRINCIPALS[1:], "*", "cluster.local/ns/shop/*", "*/sa/api", "cluster.local/*")
SPACES = some("shop", "sh*", "*nt", "front")
BLOCKS = some("10.0.0.0/8", "203.0.113.9/32", "0.0.0.0/0")
NUMBERS = some("80", "8080", "81")
METHODS = some("GET", "DELETE", "G*", "*")
PATTERNS = some("/", "/v1", "/v1/*", "/v1*", "*/b", "*", "/v1/{*}", "/{*}/a", "/v1/{**}")
SOURCES = bodies(
    principals=WHO, notPrincipals=WHO, namespaces=SPACES, notNamespaces=SPACES,
    ipBlocks=BLOCKS, notIpBlocks=BLOCKS,
)  # fmt: skip
OPERATIONS = bodies(
    ports=NUMBERS, notPorts=NUMBERS, methods=METHODS, notMethods=METHODS, paths=PATTERNS,
    notPaths=PATTERNS,
)  # fmt: skip
WHENS = st.one_of(
    st.builds(
        lambda words, values: {"key": "request.headers[x]", words: values},
        st.sampled_from(("values", "notValues")),
        st.sampled_from((["1"], ["2"], ["*"])),
    ),
    st.just({"key": "destination.port", "values": ["80"]}),
)
RULES = bodies(
    **{
        "from": st.lists(st.fixed_dictionaries({"source": SOURCES}), max_size=2),
        "to": st.lists(st.fixed_dictionaries({"operation": OPERATIONS}), max_size=2),
        "when": st.lists(WHENS, max_size=1),
    }
)
POLICIES = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "action": st.sampled_from(("ALLOW", "DENY")),
            "rules": st.lists(RULES, max_size=2),
        },
    ),
    max_size=3,
)  # fmt: skip


def point(call: Call) -> Box:
    sides: dict[str, Any] = {
        "who": strings.of_texts((call.principal,)),
        "ip": cidr_set(call.address),
        "port": IntSet(((call.port, call.port),)),
    }
    if call.method is not None:
        sides["method"] = strings.of_texts((call.method,))
        sides["path"] = strings.of_texts((call.path,))
        sides["header x"] = strings.of_texts((call.headers.get("x", ""),))
    return box(**sides)


def admits_call(region: Region, call: Call) -> bool:
    return bool(products.both(region, (point(call),)))


@given(POLICIES)
def test_sets_agree_with_an_evaluator_call_by_call(specs: list[Body]) -> None:
    made = [policy(f"p{number}", spec) for number, spec in enumerate(specs)]
    found = policies_of(manifests(made), "cluster.local").at_pods("shop", {"app": "api"})
    http, tcp = admitted(found, "http"), admitted(found, "tcp")
    assert http.must == http.may, http.reasons
    for call in CALLS:
        sets = tcp if call.method is None else http
        assert admits_call(sets.must, call) == admits(made, call), call


def let_in(specs: list[Body], reading: Any = "http", **call: Any) -> bool:
    """Tell whether policies admit `GET /` on port 80 from `shop/api`, or another call."""
    facts: dict[str, Any] = {
        "principal": PRINCIPALS[1], "address": "10.1.2.3", "port": 80, "method": "GET", "path": "/",
    }  # fmt: skip
    asked = Call(**(facts | call))
    found = policies_of(manifests(specs), "cluster.local").at_pods("shop", {"app": "api"})
    sets = admitted(found, reading)
    assert admits_call(sets.must, asked) == admits_call(sets.may, asked)
    return admits_call(sets.must, asked)


GET_ONLY = {"rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]}


def test_no_policy_admits_all() -> None:
    assert let_in([])


@pytest.mark.parametrize("spec", [None, {}, {"action": "ALLOW"}, {"rules": []}])
def test_a_policy_without_rules_admits_nothing(spec: Body | None) -> None:
    assert not let_in([policy("p", spec)])


def test_an_empty_rule_admits_all() -> None:
    assert let_in([policy("p", {}), policy("q", {"rules": [{}]})], principal="")


def test_a_denied_request_is_refused_whatever_else_admits_it() -> None:
    deny = policy("d", {**GET_ONLY, "action": "DENY"})
    assert not let_in([deny, policy("a", {"rules": [{}]})])
    assert let_in([deny], method="POST")


def test_deny_without_rules_denies_nothing() -> None:
    assert let_in([policy("d", {"action": "DENY"})])


def test_requests_on_a_tcp_port() -> None:
    # istio.io, "Authorization for TCP traffic": ALLOW is ignored, DENY denies by what is left.
    rules = [{"to": [{"operation": {"methods": ["GET"], "ports": ["80"]}}]}]
    for reading in ("tcp", "ztunnel"):
        assert not let_in([policy("a", {"rules": rules})], reading, method=None)
        deny = policy("d", {"action": "DENY", "rules": rules})
        assert not let_in([deny], reading, method=None)
        assert let_in([deny], reading, method=None, port=8080)


def test_dry_run_and_audit_change_nothing() -> None:
    assert let_in([policy("p", {}, annotations={"istio.io/dry-run": "true"})])
    assert let_in([policy("p", {**GET_ONLY, "action": "AUDIT"})], method="POST")


@pytest.mark.parametrize(
    ("namespace", "labels", "applies"),
    [
        ("shop", {}, True),
        ("shop", {"app": "api"}, True),
        ("shop", {"app": "api", "version": "v2"}, False),
        ("other", {}, False),
        ("istio-system", {}, True),
        ("istio-system", {"app": "api"}, True),
        ("istio-system", {"app": "other"}, False),
    ],
)
def test_where_a_policy_applies(namespace: str, labels: dict[str, str], applies: bool) -> None:
    spec = {"selector": {"matchLabels": labels}} if labels else {}
    assert let_in([policy("p", spec, namespace)]) is not applies


def test_a_policy_with_targets_is_not_for_pods() -> None:
    refs = [{"kind": "Service", "group": "", "name": "api"}]
    made = manifests([policy("p", {"targetRefs": refs})])
    found = policies_of(made, "cluster.local")
    assert found.at_pods("shop", {"app": "api"}) == ()
    assert [each.found.name for each in found.at_waypoint("shop", "api", "waypoint")] == ["p"]
    assert found.at_waypoint("shop", "other", "waypoint") == ()


def test_cluster_local_is_the_meshs_own_trust_domain() -> None:
    made = policy(
        "p", {"rules": [{"from": [{"source": {"principals": ["cluster.local/ns/a/sa/b"]}}]}]}
    )
    found = policies_of(manifests([made]), "prod.example").at_pods("shop", {})
    side = admitted(found, "http").must[0].by_name["who"]
    assert side == strings.of_texts(("prod.example/ns/a/sa/b",))


@pytest.mark.parametrize(
    "spec",
    [
        {"action": "CUSTOM", "provider": {"name": "opa"}, "rules": [{}]},
        {"rules": [{"from": [{"source": {"requestPrincipals": ["*"]}}]}]},
        {"rules": [{"when": [{"key": "request.auth.claims[iss]", "values": ["x"]}]}]},
        {"rules": [{"when": [{"key": "experimental.envoy.filters.x", "values": ["x"]}]}]},
        {"rules": [{"from": [{"source": {"colour": ["x"]}}]}]},
        {"rules": [{"to": [{"operation": {"paths": ["/a/{**}/{*}"]}}]}]},
        {"rules": [{"unless": []}]},
        {"rules": [{}], "priority": 3},
    ],
)
def test_what_nobody_can_tell_is_a_gap(spec: Body) -> None:
    found = policies_of(manifests([policy("p", spec)]), "cluster.local").at_pods("shop", {})
    sets = admitted(found, "http")
    assert sets.must == ()
    assert sets.may != ()
    assert sets.reasons


# --- PeerAuthentication -----------------------------------------------------------------------


def peer(name: str, spec: Body, namespace: str = "shop") -> Body:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


STRICT, PERMISSIVE = {"mtls": {"mode": "STRICT"}}, {"mtls": {"mode": "PERMISSIVE"}}
API = {"selector": {"matchLabels": {"app": "api"}}}


@pytest.mark.parametrize(
    ("made", "mode", "ports"),
    [
        ([], "PERMISSIVE", ()),
        ([peer("m", STRICT, "istio-system")], "STRICT", ()),
        ([peer("m", STRICT, "istio-system"), peer("n", PERMISSIVE)], "PERMISSIVE", ()),
        ([peer("n", STRICT), peer("w", {**API, **PERMISSIVE})], "PERMISSIVE", ()),
        ([peer("n", STRICT), peer("w", {**API, "mtls": {"mode": "UNSET"}})], "STRICT", ()),
        ([peer("n", STRICT, "other")], "PERMISSIVE", ()),
        (
            [peer("w", {**API, **STRICT, "portLevelMtls": {"80": {"mode": "DISABLE"}}})],
            "STRICT",
            ((80, "DISABLE"),),
        ),
        ([peer("n", {**STRICT, "portLevelMtls": {"80": {"mode": "DISABLE"}}})], "STRICT", ()),
    ],
)
def test_the_narrowest_authentication_decides(made: list[Body], mode: str, ports: Any) -> None:
    found = Authentications(manifests(made)).of("shop", {"app": "api"})
    assert (found.mode, found.ports) == (mode, ports)


def test_who_is_left_by_mode() -> None:
    made = [peer("w", {**API, **STRICT, "portLevelMtls": {"80": {"mode": "DISABLE"}}})]
    mtls = Authentications(manifests(made)).of("shop", {"app": "api"})
    region = authenticated(products.ALL, mtls, ambient=False)
    named = Call(PRINCIPALS[1], "10.0.0.1", 80)
    nameless = Call("", "10.0.0.1", 80)
    assert not admits_call(region, named)
    assert admits_call(region, nameless)
    strict = Call("", "10.0.0.1", 8080)
    assert not admits_call(region, strict)
