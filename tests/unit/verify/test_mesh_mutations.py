"""Every change to the mesh's objects that widens or narrows is caught, by a true counterexample."""

from collections.abc import Callable
from typing import Any

import pytest

from polc.verify.mesh.compare import mesh_findings
from unit.verify.meshed import Body, build, get, manifests, policy, told

Change = Callable[[list[Body]], Any]


def api(bodies: list[Body]) -> list[Any]:
    """Return the rules of `api`, that of `web` with paths first."""
    rules = get(bodies, "AuthorizationPolicy", "api")["spec"]["rules"]
    return sorted(rules, key=lambda each: "paths" not in str(each))


def named(bodies: list[Body], part: str) -> Any:
    return next(each for each in api(bodies) if part in str(each))


def operation(bodies: list[Body], part: str) -> Any:
    return next(each["operation"] for each in named(bodies, part)["to"] if part in str(each))


def spec(bodies: list[Body], kind: str, name: str) -> Any:
    return get(bodies, kind, name)["spec"]


def drop(bodies: list[Body], kind: str, name: str) -> None:
    bodies.remove(get(bodies, kind, name))


STRANGER = "`cluster.local/ns/elsewhere/sa/stranger`"
SITE = "`cluster.local/ns/shop/sa/site`"
WORKER = "`cluster.local/ns/shop/sa/worker`"

SIDECAR: dict[str, tuple[Change, str]] = {
    "a path wider": (
        lambda b: operation(b, "/v1/orders")["paths"].append("/*"),
        f"POL930 {SITE} may ask for `POST /admin` on port 8080 of `shop/api`",
    ),
    "a path without its slash": (
        lambda b: operation(b, "/v1/*")["paths"].append("/v1*"),
        f"POL930 {SITE} may ask for `GET /v1x` on port 8080 of `shop/api`",
    ),
    "a path lost": (
        lambda b: operation(b, "/v1/*")["paths"].remove("/v1"),
        f"POL931 {SITE} may not ask for `GET /v1` on port 8080 of `shop/api`",
    ),
    "paths lost": (
        lambda b: operation(b, "/metrics").pop("paths"),
        "POL930 `cluster.local/ns/monitoring/sa/prometheus` may ask for `GET /admin`",
    ),
    "a method more": (
        lambda b: operation(b, "/v1/orders")["methods"].append("DELETE"),
        f"POL930 {SITE} may ask for `DELETE /v1/orders` on port 8080 of `shop/api`",
    ),
    "no methods": (
        lambda b: operation(b, "/metrics").pop("methods"),
        "POL930 `cluster.local/ns/monitoring/sa/prometheus` may ask for `DELETE /metrics`",
    ),
    "a method less": (
        lambda b: operation(b, "/v1/*")["methods"].remove("HEAD"),
        f"POL931 {SITE} may not ask for `HEAD /v1/admin`",
    ),
    "no callers": (
        lambda b: named(b, "/metrics").pop("from"),
        f"POL930 {STRANGER} may ask for `GET /metrics` on port 8080 of `shop/api`",
    ),
    "an empty list of callers": (
        lambda b: named(b, "5432").update({"from": []}),
        f"POL930 {STRANGER} may ask for port 5432 of `shop/api`",
    ),
    "spiffe": (
        lambda b: named(b, "5432")["from"][0]["source"].update(
            principals=["spiffe://cluster.local/ns/shop/sa/worker"]
        ),
        f"POL931 {WORKER} may not ask for",
    ),
    "a principal with a star": (
        lambda b: named(b, "5432")["from"][0]["source"].update(
            principals=["cluster.local/ns/shop/sa/worker*"]
        ),
        "POL930 `cluster.local/ns/shop/sa/workerx` may ask for",
    ),
    "another namespace": (
        lambda b: named(b, "5432")["from"][0]["source"].update(
            principals=["*/sa/worker"]
        ),
        "POL930 `x/ns/x/sa/worker` may ask for",
    ),
    "no ports": (
        lambda b: [each["operation"].pop("ports") for each in named(b, "5432")["to"]],
        f"POL930 {WORKER} may ask for",
    ),
    "the Service's port": (
        lambda b: operation(b, "/metrics").update(ports=["80"]),
        "POL931 `cluster.local/ns/monitoring/sa/prometheus` may not ask for `GET /metrics`",
    ),
    "a rule lost": (
        lambda b: spec(b, "AuthorizationPolicy", "api")["rules"].remove(named(b, "/metrics")),
        "POL931 `cluster.local/ns/monitoring/sa/prometheus` may not ask for `GET /metrics`",
    ),
    "an empty rule": (
        lambda b: spec(b, "AuthorizationPolicy", "api")["rules"].append({}),
        f"POL930 {STRANGER} may ask for `DELETE /admin` on port 9999 of `shop/api`",
    ),
    "two items for one": (
        lambda b: named(b, "/metrics")["to"].append({"operation": {"methods": ["GET"]}}),
        "POL930 `cluster.local/ns/monitoring/sa/prometheus` may ask for `GET /admin`",
    ),
    "requests on a TCP port, allowed": (
        lambda b: [each["operation"].update(methods=["POST"]) for each in named(b, "5432")["to"]],
        f"POL931 {WORKER} may not ask for",
    ),
    "requests on a TCP port, denied": (
        lambda b: b.append(
            policy(
                "no-delete",
                {
                    "selector": {"matchLabels": {"app": "api"}},
                    "action": "DENY",
                    "rules": [{"to": [{"operation": {"methods": ["DELETE"], "ports": ["5432"]}}]}],
                },
            )
        ),
        f"POL931 {WORKER} may not ask for port 5432 of `shop/api`",
    ),
    "a DENY rule on HTTP": (
        lambda b: b.append(
            policy(
                "no",
                {"action": "DENY", "rules": [{"to": [{"operation": {"methods": ["HEAD"]}}]}]},
            )
        ),
        "POL931",
    ),
    "allow nothing lost": (
        lambda b: drop(b, "AuthorizationPolicy", "allow-nothing"),
        f"POL930 {STRANGER} may ask for `DELETE /admin` on port 9999 of `shop/worker`",
    ),
    "allow nothing previewed only": (
        lambda b: get(b, "AuthorizationPolicy", "allow-nothing")["metadata"].update(
            annotations={"istio.io/dry-run": "true"}
        ),
        f"POL930 {STRANGER} may ask for `DELETE /admin` on port 9999 of `shop/worker`",
    ),
    "a selector that selects less": (
        lambda b: spec(b, "AuthorizationPolicy", "site")["selector"]["matchLabels"].update(v="2"),
        "POL931 `cluster.local/ns/partners/sa/x` may not ask for",
    ),
    "a selector lost": (
        lambda b: spec(b, "AuthorizationPolicy", "site").pop("selector"),
        "POL930 `cluster.local/ns/partners/sa/x` may ask for",
    ),
    "a selector of other pods": (
        lambda b: spec(b, "AuthorizationPolicy", "site").update(
            selector={"matchLabels": {"tier": "front"}}
        ),
        "POL930 `cluster.local/ns/partners/sa/x` may ask for `DELETE /admin` on port 8080 of"
        " `shop/api (tier: front)`",
    ),
    "a mesh-wide policy": (
        lambda b: b.append(policy("open", {"rules": [{}]}, "istio-system")),
        f"POL930 {STRANGER} may ask for `DELETE /admin`",
    ),
    "a foreign trust domain": (
        lambda b: named(b, "5432")["from"][0]["source"]["principals"].append(
            "evil.example/ns/shop/sa/worker"
        ),
        "POL930 `evil.example/ns/shop/sa/worker` may ask for",
    ),
    "addresses": (
        lambda b: named(b, "5432")["from"].append({"source": {"ipBlocks": ["203.0.113.0/24"]}}),
        f"POL930 {STRANGER} at 203.0.113.0 may ask for",
    ),
    "not these": (
        lambda b: named(b, "5432")["from"][0].update(
            source={"notPrincipals": ["cluster.local/ns/shop/sa/site"]}
        ),
        f"POL930 {STRANGER} may ask for",
    ),
    "a condition": (
        lambda b: named(b, "5432").update(
            when=[{"key": "source.ip", "values": ["10.0.0.0/8"]}]
        ),
        f"POL931 {WORKER} at 0.0.0.0 may not ask for",
    ),
    "a header": (
        lambda b: named(b, "/metrics").update(
            when=[{"key": "request.headers[x-team]", "values": ["a"]}]
        ),
        "POL931 `cluster.local/ns/monitoring/sa/prometheus` may not ask for `GET /metrics` on"
        " port 8080 of `shop/api` with no header x-team",
    ),
    "a host": (
        lambda b: operation(b, "/metrics").update(hosts=["api.shop*"]),
        "POL931 `cluster.local/ns/monitoring/sa/prometheus` may not ask for `GET /metrics`",
    ),
    "plain text": (
        lambda b: spec(b, "PeerAuthentication", "default")["mtls"].update(mode="PERMISSIVE"),
        "POL932 port 5432 of `shop/api` takes plain text",
    ),
    "no word on plain text": (
        lambda b: drop(b, "PeerAuthentication", "default"),
        "POL932 port 5432 of `shop/api` takes plain text",
    ),
    "certificates off": (
        lambda b: spec(b, "PeerAuthentication", "default")["mtls"].update(mode="DISABLE"),
        "POL931",
    ),
    "plain text on a port": (
        lambda b: b.append(
            {
                "apiVersion": "security.istio.io/v1",
                "kind": "PeerAuthentication",
                "metadata": {"name": "api", "namespace": "shop"},
                "spec": {
                    "selector": {"matchLabels": {"app": "api"}},
                    "portLevelMtls": {"5432": {"mode": "PERMISSIVE"}},
                },
            }
        ),
        "POL932 port 5432 of `shop/api` takes plain text",
    ),
    "no sidecars": (
        lambda b: get(b, "Namespace", "shop")["metadata"]["labels"].pop("istio-injection"),
        "POL930 a caller without identity may ask for any port of `shop/api`",
    ),
}  # fmt: skip

AMBIENT: dict[str, tuple[Change, str]] = {
    "another Service": (
        lambda b: spec(b, "AuthorizationPolicy", "api.waypoint")["targetRefs"][0].update(
            name="other"
        ),
        f"POL931 {WORKER} may not ask for",
    ),
    "the waypoint open": (
        lambda b: drop(b, "AuthorizationPolicy", "allow-nothing.waypoint"),
        f"POL930 {STRANGER} may ask for `DELETE /admin` on port 9999 of `shop/any other service`",
    ),
    "the waypoint not admitted": (
        lambda b: named(b, "sa/waypoint")["from"][0]["source"].update(
            principals=["cluster.local/ns/shop/sa/other"]
        ),
        "POL93",
    ),
    "around the waypoint": (
        lambda b: named(b, "sa/waypoint")["from"][0]["source"]["principals"].append(
            "cluster.local/ns/shop/sa/site"
        ),
        f"POL930 {SITE} may ask for port",
    ),
    "container ports at the Service": (
        lambda b: [
            each["operation"].update(ports=["8080"])
            for rule in spec(b, "AuthorizationPolicy", "api.waypoint")["rules"]
            if "/metrics" in str(rule)
            for each in rule["to"]
        ],
        "POL931 `cluster.local/ns/monitoring/sa/prometheus` may not ask for `GET /metrics`",
    ),
    "requests at ztunnel": (
        lambda b: [
            each["operation"].update(methods=["GET"]) for each in named(b, "sa/waypoint")["to"]
        ],
        "POL931",
    ),
    "no waypoint asked for": (
        lambda b: get(b, "Namespace", "shop")["metadata"]["labels"].pop("istio.io/use-waypoint"),
        "POL93",
    ),
    "no waypoint": (lambda b: drop(b, "Gateway", "waypoint"), "POL93"),
    "allow nothing lost": (
        lambda b: drop(b, "AuthorizationPolicy", "allow-nothing"),
        "POL930",
    ),
    "not in the mesh": (
        lambda b: get(b, "Namespace", "shop")["metadata"]["labels"].pop("istio.io/dataplane-mode"),
        "POL930 a caller without identity may ask for any port of `shop/api`",
    ),
    "a path wider": (
        lambda b: [
            each["operation"]["paths"].append("/*")
            for rule in spec(b, "AuthorizationPolicy", "api.waypoint")["rules"]
            if "/metrics" in str(rule)
            for each in rule["to"]
        ],
        "POL930 `cluster.local/ns/monitoring/sa/prometheus` may ask for `GET /admin` on port 8080",
    ),
}


@pytest.mark.parametrize("mesh", ["sidecar", "ambient"])
def test_what_was_built_holds(mesh: str) -> None:
    bodies, program = build(mesh)
    assert mesh_findings(manifests(bodies), program) == ((), ())


@pytest.mark.parametrize("name", SIDECAR)
def test_changes_with_sidecars_are_caught(name: str) -> None:
    change, expected = SIDECAR[name]
    caught("sidecar", change, expected)


@pytest.mark.parametrize("name", AMBIENT)
def test_changes_in_ambient_mode_are_caught(name: str) -> None:
    change, expected = AMBIENT[name]
    caught("ambient", change, expected)


def caught(mesh: str, change: Change, expected: str) -> None:
    bodies, program = build(mesh)
    change(bodies)
    violations, _ = mesh_findings(manifests(bodies), program)
    assert any(each.startswith(expected) for each in told(violations)), told(violations)


@pytest.mark.parametrize(
    "change",
    [
        lambda b: spec(b, "AuthorizationPolicy", "api").update(rules=3),
        lambda b: spec(b, "PeerAuthentication", "default")["mtls"].update(mode=[]),
        lambda b: b.append(policy("x", {"selector": {"matchLabels": {"app": []}}})),
    ],
)
def test_what_is_not_built_right_is_not_decided(change: Change) -> None:
    bodies, program = build()
    change(bodies)
    _, undecided = mesh_findings(manifests(bodies), program)
    assert [each.code.id for each in undecided] == ["POL903"]


@pytest.mark.parametrize("kind", ["EnvoyFilter", "WasmPlugin"])
def test_what_changes_a_proxy_is_not_decided(kind: str) -> None:
    group = "networking" if kind == "EnvoyFilter" else "extensions"
    bodies, program = build()
    meta = {"name": "x", "namespace": "shop"}
    bodies.append(
        {"apiVersion": f"{group}.istio.io/v1alpha3", "kind": kind, "metadata": meta, "spec": {}}
    )
    violations, undecided = mesh_findings(manifests(bodies), program)
    assert violations == ()
    assert [each.code.id for each in undecided] == ["POL903"]


def test_a_provider_outside_is_not_decided() -> None:
    bodies, program = build()
    custom = {"action": "CUSTOM", "provider": {"name": "opa"}, "rules": [{}]}
    bodies.append(policy("ask", custom))
    violations, undecided = mesh_findings(manifests(bodies), program)
    assert violations == ()
    assert [each.code.id for each in undecided] == ["POL903"]


def same_by_namespace(bodies: list[Body]) -> None:
    rule = spec(bodies, "AuthorizationPolicy", "site")["rules"][0]
    rule["from"] = [{"source": {"namespaces": ["partners"]}}]


def same_by_condition(bodies: list[Body]) -> None:
    rule = named(bodies, "/metrics")
    rule["when"] = [{"key": "destination.port", "values": rule["to"][0]["operation"].pop("ports")}]


def same_by_deny(bodies: list[Body]) -> None:
    """Everybody who is not the worker is denied at the worker's port, which was open to all."""
    rule = named(bodies, "5432")
    del rule["from"]
    deny = {"source": {"notPrincipals": ["cluster.local/ns/shop/sa/worker"]}}
    ports = [each["operation"] for each in rule["to"]]
    bodies.append(
        policy(
            "only-worker",
            {
                "selector": {"matchLabels": {"app": "api"}},
                "action": "DENY",
                "rules": [
                    {"from": [deny], "to": [{"operation": {"ports": ["5432"]}}]},
                ],
            },
        )
    )
    rule["to"] = [{"operation": {"ports": ["5432"]}}]
    others = sorted({port for each in ports for port in each["ports"]} - {"5432"})
    if others:
        worker = [{"source": {"principals": ["cluster.local/ns/shop/sa/worker"]}}]
        to = [{"operation": {"ports": others}}]
        spec(bodies, "AuthorizationPolicy", "api")["rules"].append({"from": worker, "to": to})


@pytest.mark.parametrize("change", [same_by_namespace, same_by_condition, same_by_deny])
def test_the_same_in_other_words_holds(change: Change) -> None:
    bodies, program = build()
    change(bodies)
    assert mesh_findings(manifests(bodies), program) == ((), ())
