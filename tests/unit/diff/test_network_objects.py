"""NetworkPolicies of two folders: which connections are new, and which are gone."""

import pytest

from diffing import compare, told

DENY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
"""
WEB, API = "{podSelector: {matchLabels: {app: web}}}", "{podSelector: {matchLabels: {app: api}}}"


def policy(app: str, ingress: str = "", egress: str = "", name: str = "") -> str:
    sides = [f"ingress: {ingress}"] * bool(ingress) + [f"egress: {egress}"] * bool(egress)
    types = ["Ingress"] * bool(ingress) + ["Egress"] * bool(egress)
    return f"""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name or app}, namespace: shop}}
spec:
  podSelector: {{matchLabels: {{app: {app}}}}}
  policyTypes: [{", ".join(types)}]
  {f"{chr(10)}  ".join(sides)}
---
"""


def pods(*apps: str, ports: str = "") -> str:
    return "".join(
        f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {app}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}, tier: t-{app}}}}}
    spec: {{containers: [{{name: c, image: x{ports}}}]}}
---
"""
        for app in apps
    )


def namespace(name: str, labels: str = "") -> str:
    return f"""
apiVersion: v1
kind: Namespace
metadata: {{name: {name}, labels: {{{labels}}}}}
---
"""


ALL = DENY + pods("api", "web", "cron")
TO_API = policy("api", ingress=f"[{{from: [{WEB}], ports: [{{port: 8080}}]}}]")
FROM_WEB = policy("web", egress=f"[{{to: [{API}], ports: [{{port: 8080}}]}}]")


def test_both_ends_make_a_connection() -> None:
    assert told(ALL, ALL + TO_API + FROM_WEB) == ["+ shop/web may call shop/api on TCP 8080"]
    assert told(ALL + TO_API + FROM_WEB, ALL) == ["- shop/web may call shop/api on TCP 8080"]


def test_one_end_is_told_as_such() -> None:
    assert told(ALL, ALL + TO_API) == [
        "+ shop/api may receive from pods { app: web } of namespace shop on TCP 8080"
    ]


def test_pods_of_one_workload_among_themselves() -> None:
    own = policy("api", f"[{{from: [{API}]}}]", f"[{{to: [{API}]}}]")
    assert told(ALL, ALL + own) == ["+ shop/api may call shop/api on every port"]


def test_a_selector_that_gets_wider_is_told_though_it_has_the_same_pods() -> None:
    wide = TO_API.replace("{matchLabels: {app: web}}", "{matchLabels: {tier: t-web}}")
    assert told(ALL + TO_API + FROM_WEB, ALL + wide + FROM_WEB) == [
        "- shop/api may receive from pods { app: web } of namespace shop on TCP 8080",
        "+ shop/api may receive from pods { tier: t-web } of namespace shop on TCP 8080",
    ]


def test_an_end_that_nothing_isolates_any_more_is_told_once() -> None:
    found = told(ALL + TO_API + FROM_WEB, pods("api", "web", "cron") + TO_API + FROM_WEB)
    assert "+ shop/cron may receive from everything: no policy isolates it" in found
    assert not any("may call" in each for each in found)


def test_labels_of_a_namespace_decide_whom_its_pods_may_call() -> None:
    team = "[{from: [{namespaceSelector: {matchLabels: {team: a}}}], ports: [{port: 8080}]}]"
    both = ALL + policy("api", team) + namespace("shop")
    assert told(both + namespace("tools"), both + namespace("tools", "team: a")) == [
        "+ every pod of tools may call shop/api on TCP 8080"
    ]


def test_the_place_is_the_rule_that_lets_in() -> None:
    (change,) = compare(ALL + FROM_WEB, ALL + FROM_WEB + TO_API).changes
    assert (
        change.span.line
        == (ALL + FROM_WEB).count("\n") + TO_API.partition("ingress:")[0].count("\n") + 1
    )


HTTP = policy("api", ingress="[{ports: [{port: http}]}]")


def test_names_of_ports_are_looked_up_on_each_side() -> None:
    sides = [
        DENY + HTTP + pods("api", ports=f", ports: [{{name: http, containerPort: {number}}}]")
        for number in (8080, 9090)
    ]
    assert "+ shop/api may receive from every pod on TCP 9090" in told(*sides)
    assert "- shop/api may receive from every pod on TCP 8080" in told(*sides)


def test_what_is_not_understood_on_both_sides_is_no_change() -> None:
    assert told(DENY + HTTP, DENY + HTTP) == []
    narrow = HTTP.replace("[{ports", f"[{{from: [{WEB}], ports")
    for sides in ((DENY, DENY + HTTP), (DENY + narrow, DENY + HTTP)):
        assert [str(each.severity) for each in compare(*sides).left_open] == ["error"]
    (open_end,) = compare(DENY, DENY + HTTP).left_open
    assert "`http`, which no workload among the objects has" in open_end.message
    (open_end,) = compare(
        DENY + HTTP + pods("api", ports=", ports: [{name: http, containerPort: 80}]"), DENY + HTTP
    ).left_open
    assert "`http`, which no workload among the objects has" in open_end.message


@pytest.mark.parametrize(
    "kind", ["cilium.io/v2 CiliumNetworkPolicy", "networking.k8s.io/v1beta1 NetworkPolicy"]
)
def test_other_kinds_of_policies(kind: str) -> None:
    version, name = kind.split()
    head = f"apiVersion: {version}\nkind: {name}\nmetadata: {{name: x, namespace: shop}}\n"
    other = head + "spec: {a: %d}\n---\n"
    assert told(ALL + other % 1, ALL + other % 1) == []
    (open_end,) = compare(ALL + other % 1, ALL + other % 2).left_open
    assert open_end.message == f"{name} `shop/x` differs, and what it permits is not compared"
    (note,) = compare(ALL + other % 1, ALL + TO_API + other % 1).left_open
    assert (str(note.severity), "the same on both sides" in note.message) == ("note", True)
