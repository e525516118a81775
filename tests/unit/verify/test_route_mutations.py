"""Routes that send requests elsewhere than the program says are caught, with such a request."""

from collections.abc import Callable
from typing import Any

import pytest

from polc.verify.routes.compare import route_findings
from unit.verify.meshed import ROLLOUT, Body, get, manifests, routed, told

Change = Callable[[list[Body]], Any]


def http(bodies: list[Body]) -> list[Any]:
    found: list[Any] = get(bodies, "VirtualService", "api")["spec"]["http"]
    return found


def rules(bodies: list[Body]) -> list[Any]:
    found: list[Any] = get(bodies, "HTTPRoute", "api")["spec"]["rules"]
    return found


def subsets(bodies: list[Body]) -> list[Any]:
    found: list[Any] = get(bodies, "DestinationRule", "api")["spec"]["subsets"]
    return found


SIDECAR: dict[str, tuple[Change, str]] = {
    "catch-all first": (
        lambda b: http(b).insert(0, http(b).pop()),
        "POL941 this route of `shop/api` gets no request",
    ),
    "catch-all first, the rest goes elsewhere": (
        lambda b: http(b).insert(0, http(b).pop()),
        "POL940 `GET /` with header x-canary `always` to `shop/api` goes to 90% `shop/api@v1`",
    ),
    "other weights": (
        lambda b: http(b)[-1]["route"][0].update(weight=80),
        "POL940 `GET /` to `shop/api` goes to 88.8889% `shop/api@v1`",
    ),
    "one version only": (
        lambda b: http(b)[-1]["route"].pop(),
        "POL940 `GET /` to `shop/api` goes to `shop/api@v1`",
    ),
    "another subset": (
        lambda b: http(b)[0]["route"][0]["destination"].update(subset="v1"),
        "POL940 `GET /` with header x-canary `always` to `shop/api` goes to `shop/api@v1`",
    ),
    "no subset": (
        lambda b: http(b)[0]["route"][0]["destination"].pop("subset"),
        "POL940 `GET /` with header x-canary `always` to `shop/api` goes to `shop/api`",
    ),
    "a subset that nobody defines": (
        lambda b: subsets(b).pop(),
        "POL942 a route of `shop/api` names the subset `v2`",
    ),
    "a subset without pods": (
        lambda b: subsets(b)[1]["labels"].update(version="v3"),
        "POL942 a route of `shop/api` selects no version of `shop/api` with version: v3",
    ),
    "a subset of other pods": (
        lambda b: subsets(b)[1].update(labels={"app": "site"}),
        "POL942 a route of `shop/api` selects no pods of `shop/api`",
    ),
    "a rule lost": (
        lambda b: http(b).pop(0),
        "POL940 `GET /` with header x-canary `always` to `shop/api` goes to 90% `shop/api@v1`",
    ),
    "a rule wider": (
        lambda b: http(b)[1]["match"][0].pop("method"),
        "POL940 `GET /v1/beta` to `shop/api` goes to `shop/api@v2`",
    ),
    "a prefix without its slash": (
        lambda b: http(b)[1]["match"][-1].update(uri={"prefix": "/v1/beta"}),
        "POL940 `POST /v1/betax` to `shop/api` goes to `shop/api@v2`",
    ),
    "a header with another value": (
        lambda b: http(b)[0]["match"][0]["headers"].update({"x-canary": {"exact": "never"}}),
        "POL940 `GET /` with header x-canary `never` to `shop/api` goes to `shop/api@v2`",
    ),
    "no weights": (
        lambda b: http(b).pop(),
        "POL940 the rollout of `shop/api` is not what is routed: nothing routes `GET /`",
    ),
    "another host": (
        lambda b: get(b, "VirtualService", "api")["spec"].update(hosts=["other"]),
        "POL940 the rollout of `shop/api` is not what is routed: no VirtualService routes it",
    ),
    "half of its name": (
        lambda b: get(b, "VirtualService", "api")["spec"].update(hosts=["api.shop"]),
        "POL940 the rollout of `shop/api` is not what is routed: no VirtualService routes it",
    ),
    "gateways without the mesh": (
        lambda b: get(b, "VirtualService", "api")["spec"].update(gateways=["shop/public"]),
        "POL940 the rollout of `shop/api` is not what is routed: no VirtualService routes it",
    ),
    "half a name": (
        lambda b: http(b)[-1]["route"][0]["destination"].update(host="api.shop"),
        "POL942 a route of `shop/api` goes to `api.shop`, which is not the whole name of a Service",
    ),
    "another port": (
        lambda b: http(b)[-1]["route"][0]["destination"].update(port={"number": 8080}),
        "POL942 a route of `shop/api` goes to port 8080",
    ),
}

AMBIENT: dict[str, tuple[Change, str]] = {
    "other weights": (
        lambda b: rules(b)[-1]["backendRefs"][0].update(weight=50),
        "POL940 `GET /` to `shop/api` goes to 83.3333% `shop/api@v1`",
    ),
    "no weight": (
        lambda b: [each.pop("weight") for each in rules(b)[-1]["backendRefs"]],
        "POL940 `GET /` to `shop/api` goes to 50% `shop/api@v1` and 50% `shop/api@v2`",
    ),
    "no catch-all": (
        lambda b: rules(b).pop(),
        "POL940 the rollout of `shop/api` is not what is routed: nothing routes `GET /`",
    ),
    "another backend": (
        lambda b: rules(b)[1]["backendRefs"][0].update(name="api-v1"),
        "POL940 `GET /` with header x-canary `always` to `shop/api` goes to `shop/api@v1`",
    ),
    "no such Service": (
        lambda b: b.remove(get(b, "Service", "api-v2")),
        "POL942 a route of `shop/api` goes to the Service `shop/api-v2`, which is not among",
    ),
    "a Service of other pods": (
        lambda b: get(b, "Service", "api-v2")["spec"]["selector"].update(version="v1"),
        "POL940 `GET /` with header x-canary `always` to `shop/api` goes to `shop/api@v1`",
    ),
    "a Service of all pods": (
        lambda b: get(b, "Service", "api-v2")["spec"]["selector"].pop("version"),
        "POL942 a route of `shop/api` selects several versions",
    ),
    "the wrong port behind it": (
        lambda b: get(b, "Service", "api-v2")["spec"]["ports"][0].update(targetPort=5432),
        "POL942 a route of `shop/api` goes to port 5432 of the pods",
    ),
    "a more specific rule": (
        lambda b: rules(b).append(
            {
                "matches": [{"path": {"type": "Exact", "value": "/v1/beta"}, "method": "POST"}],
                "backendRefs": [{"name": "api-v1", "port": 80}],
            }
        ),
        "POL940 `POST /v1/beta` to `shop/api` goes to `shop/api@v1`; declared is `shop/api@v2`",
    ),
    "another parent": (
        lambda b: get(b, "HTTPRoute", "api")["spec"]["parentRefs"][0].update(name="site"),
        "POL940 the rollout of `shop/api` is not what is routed: no HTTPRoute routes it",
    ),
}
ORDERED = """rollout {
    when path "/v1/beta/**" and method POST -> v2
    when header "x-canary" = "always" -> v2
    v1 90%
    v2 10%
  }"""


@pytest.mark.parametrize("mesh", ["sidecar", "ambient"])
def test_what_was_built_holds(mesh: str) -> None:
    bodies, program = routed(mesh, ORDERED if mesh == "ambient" else ROLLOUT)
    assert route_findings(manifests(bodies), program) == ((), ())


@pytest.mark.parametrize("name", SIDECAR)
def test_changed_virtual_services_are_caught(name: str) -> None:
    change, expected = SIDECAR[name]
    bodies, program = routed("sidecar", ROLLOUT)
    change(bodies)
    caught(bodies, program, expected)


@pytest.mark.parametrize("name", AMBIENT)
def test_changed_http_routes_are_caught(name: str) -> None:
    change, expected = AMBIENT[name]
    bodies, program = routed("ambient", ORDERED)
    change(bodies)
    caught(bodies, program, expected)


def caught(bodies: list[Body], program: Any, expected: str) -> None:
    violations, _ = route_findings(manifests(bodies), program)
    assert any(each.startswith(expected) for each in told(violations)), told(violations)


@pytest.mark.parametrize(
    "change",
    [
        lambda route: route.update(mirror={"host": "elsewhere"}),
        lambda route: route.update(fault={}),
        lambda route: route["match"][0].update(sourceLabels={"app": "site"}),
        lambda route: route["match"][0].update(uri={"regex": "/v{2}"}),
    ],
)
def test_what_is_not_known_is_not_decided(change: Callable[[Any], None]) -> None:
    bodies, program = routed("sidecar", ROLLOUT)
    change(http(bodies)[0])
    violations, undecided = route_findings(manifests(bodies), program)
    assert violations == ()
    assert [each.code.id for each in undecided] == ["POL903"]


@pytest.mark.parametrize("field", ["headers", "queryParams"])
def test_a_match_without_a_name_is_not_decided(field: str) -> None:
    bodies, program = routed("ambient", ORDERED)
    rules(bodies)[0]["matches"][0][field] = [{"value": "x"}]
    violations, undecided = route_findings(manifests(bodies), program)
    assert violations == ()
    assert [each.code.id for each in undecided] == ["POL903"]
