"""Manifests get every question: who reaches whom as data, as a graph, and why."""

import json
from pathlib import Path
from typing import Any

import pytest

from support import polc

FOLDER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {serviceAccountName: web, containers: [{name: c, image: x, ports: [{containerPort: 80}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: c, image: x, ports: [{containerPort: 8080, name: http}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, ports: [{name: web, port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api}
spec:
  rules:
  - host: api.example.com
    http: {paths: [{path: /, backend: {service: {name: api, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}
    ports: [{port: http}]
"""
ROLE = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: web}]
"""
OTHER_POLICY = """
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: other, namespace: shop}
spec: {}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "all.yaml").write_text(FOLDER)
    return tmp_path


def verified(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(polc("verify", folder, "-n", "shop", "--format", "json").out)
    return found


def pairs(data: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {
        (source, target): each["ports"]
        for each in data["connections"]
        for source in each["sources"]
        for target in each["targets"]
    }


def test_connectivity_is_data(folder: Path) -> None:
    data = verified(folder)
    kinds = {each["id"]: each["kind"] for each in data["peers"]}
    assert kinds["shop/web"] == "pods"
    assert kinds["shop/*"] == kinds["*/*"] == "other pods"
    assert kinds["10.0.0.0/8 except 10.1.0.0/16"] == "addresses"
    found = pairs(data)
    assert found["shop/web", "shop/api"] == {"TCP": [[8080, 8080]]}
    assert found["shop/api", "shop/web"] == "every"
    assert found["10.0.0.0/8 except 10.1.0.0/16", "shop/api"] == {"TCP": [[8080, 8080]]}
    assert ("other addresses", "shop/api") not in found
    assert ("shop/*", "shop/api") not in found
    [entrance] = data["entrances"]
    assert (entrance["by"], entrance["host"]) == ("ingress", "api.example.com")
    assert entrance["targets"] == [{"id": "shop/api", "ports": [[8080, 8080]]}]


def test_ways_in_that_read_alike_stand_once(folder: Path) -> None:
    text = (folder / "all.yaml").read_text()
    paths = text.replace(
        "{paths: [{",
        "{paths: [{path: /static, backend: {service: {name: api, port: {number: 80}}}}, {",
    )
    (folder / "all.yaml").write_text(paths)
    assert len(verified(folder)["entrances"]) == 2
    found = [
        each
        for each in polc("verify", folder, "-n", "shop").out.splitlines()
        if "by ingress" in each
    ]
    assert found == ["  api.example.com by ingress -> shop/api:80 = shop/api 8080"]


def test_rules_that_decide_are_named(folder: Path) -> None:
    [row] = [
        each
        for each in verified(folder)["connections"]
        if each["sources"] == ["shop/web"] and each["targets"] == ["shop/api"]
    ]
    [rule] = row["rules"]
    assert (rule["object"], rule["rule"]) == ("NetworkPolicy shop/api", 0)
    assert rule["place"].endswith("all.yaml:37")


def test_what_is_not_read_is_a_gap_that_answers_name(folder: Path) -> None:
    with (folder / "all.yaml").open("a") as file:
        file.write(OTHER_POLICY)
    data = verified(folder)
    [gap] = data["gaps"]
    assert gap["name"] == "other-policies"
    here = {each["id"] for each in data["peers"] if each.get("namespace") == "shop"}
    for each in data["connections"]:
        concerned = here.intersection((*each["sources"], *each["targets"]))
        assert each["gaps"] == ([0] if concerned else [])
    why = polc("why", "web", "api:http", "--policy", folder, "-n", "shop")
    assert "depends on what was not read: `cilium.io/v2` `CiliumNetworkPolicy` `other`" in why.out
    lines = polc("verify", folder, "-n", "shop").out.splitlines()
    assert "  shop/web, 10.0.0.0/8 except 10.1.0.0/16 -> shop/api: TCP 8080 (?)" in lines
    assert "(?) depends on what was not read: 1 named above" in lines


def test_privileges_are_data(folder: Path) -> None:
    with (folder / "all.yaml").open("a") as file:
        file.write(ROLE)
    [row] = verified(folder)["privileges"]
    assert (row["account"], row["role"], row["namespace"]) == ("shop/web", "reader", "shop")
    assert row["rule"] == {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


@pytest.mark.parametrize(
    ("question", "status", "words"),
    [
        (("web", "api:http"), 0, "rule 1 of NetworkPolicy shop/api"),
        (("web", "api:web"), 0, "shop/web -> shop/api on 8080/TCP"),
        (("web", "api:9090"), 1, "rule 1 of NetworkPolicy shop/api is about TCP 8080"),
        (("web", "api:8080/udp"), 1, "rule 1 of NetworkPolicy shop/api is about TCP 8080"),
        (("10.2.0.1", "api:http"), 0, "allowed: 10.2.0.1 -> shop/api"),
        (("10.1.0.1", "api:http"), 1, "no rule of NetworkPolicy shop/api lets it pass"),
        (("any", "api:http"), 1, "ingress of shop/api: denied"),
        (("web", "api", "--explain"), 0, "rule 1 of NetworkPolicy shop/api, on TCP 8080"),
        (("api", "internet"), 0, "no NetworkPolicy isolates it"),
        (("web", "can", "get", "pods"), 0, "rule 1 of Role reader"),
        (("web", "can", "get", "secrets"), 1, "no role that is bound"),
    ],
)
def test_why(folder: Path, question: tuple[str, ...], status: int, words: str) -> None:
    with (folder / "all.yaml").open("a") as file:
        file.write(ROLE)
    run = polc("why", *question, "--policy", folder, "-n", "shop")
    assert run.status == status, run.out + run.err
    assert words in run.out


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (("wbe", "api:http"), "did you mean `web`?"),
        (("web", "api:grpc"), "`shop/api` has no port `grpc`; it has `http`, `web`"),
        (("web", "api:80/icmp"), "there is no protocol `icmp`"),
        (("10.0.0.1", "internet"), "both ends are addresses"),
        (("web",), "that is no question"),
    ],
)
def test_no_answer(folder: Path, question: tuple[str, ...], words: str) -> None:
    run = polc("why", *question, "--policy", folder, "-n", "shop")
    assert run.status == 2
    assert words in run.err


def test_a_graph(folder: Path) -> None:
    data = json.loads(polc("graph", folder, "-n", "shop", "--format", "json").out)
    edges = {(each["source"], each["target"]): each["links"] for each in data["edges"]}
    assert [link["port"] for link in edges["shop/web", "shop/api"]] == ["TCP 8080"]
    assert edges["internet", "ingress"][0]["hosts"] == ["api.example.com"]
    assert ("ingress", "shop/api") in edges
    for form in ("svg", "html", "dot", "mermaid"):
        assert "api" in polc("graph", folder, "-n", "shop", "--format", form).out


def test_a_program_and_what_it_compiles_to_are_one_graph(tmp_path: Path) -> None:
    policy = tmp_path / "policy.svc"
    policy.write_text("""
namespace shop
service web { select { app: "web" } }
service api { select { app: "api" }  port http 8080 http  allow from web on http }
""")
    assert polc("build", policy, "-o", tmp_path / "out", "-q").status == 0
    run = polc("graph", policy, "--against", tmp_path / "out", "--format", "json")
    data = json.loads(run.out)
    assert data["compares"]
    assert {each["mark"] for each in (*data["nodes"], *data["edges"])} == {"same"}
    rules = tmp_path / "out" / "shop" / "api.networkpolicy.yaml"
    rules.write_text(rules.read_text().replace("port: 8080", "port: 9090"))
    changed = json.loads(
        polc("graph", policy, "--against", tmp_path / "out", "--format", "json").out
    )
    assert {
        (link["port"], link["mark"])
        for edge in changed["edges"]
        if (edge["source"], edge["target"]) == ("shop/web", "shop/api")
        for link in edge["links"]
    } == {("TCP 8080", "added")}


def test_pods_on_the_network_of_their_nodes_are_a_gap_of_their_own(folder: Path) -> None:
    text = (folder / "all.yaml").read_text()
    (folder / "all.yaml").write_text(
        text.replace("spec: {serviceAccountName: web,", "spec: {hostNetwork: true,")
    )
    data = verified(folder)
    [gap] = data["gaps"]
    assert gap["name"] == "host-network"
    for row in data["connections"]:
        assert row["gaps"] == ([0] if "shop/web" in (*row["sources"], *row["targets"]) else [])


def test_policies_alone_speak_of_pods(tmp_path: Path) -> None:
    policy = FOLDER.rpartition("---\n")[2].replace("{port: http}", "{port: 8080}")
    (tmp_path / "policy.yaml").write_text(policy)
    assert polc("verify", tmp_path, "-n", "shop").out.splitlines() == [
        "who may reach whom:",
        "  shop { app: api } -> shop { app: web }: every port",
        "  shop { app: api } -> every address: every port",
        "  shop { app: web }, 10.0.0.0/8 except 10.1.0.0/16 -> shop { app: api }: TCP 8080",
    ]
    data = json.loads(polc("graph", tmp_path, "-n", "shop", "--format", "json").out)
    assert {"app: api", "app: web"} <= {each["label"] for each in data["nodes"]}


MESH = """
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  rules: [{from: [{source: {principals: [cluster.local/ns/PRINCIPAL]}}]}]
"""


@pytest.mark.parametrize(
    ("principal", "verdict"),
    [("shop/sa/site", "partly"), ("shop/sa/*", "allowed"), ("else/sa/site", "denied")],
)
def test_pods_that_nothing_describes_may_be_of_any_account(
    folder: Path, principal: str, verdict: str
) -> None:
    """A policy's selector is all that is known of them."""
    text = FOLDER.replace("{app: web}}\n    - ip", "{app: site}}\n    - ip")
    (folder / "all.yaml").write_text(text + MESH.replace("PRINCIPAL", principal))
    run = polc("why", "shop { app: site }", "api:http", "--policy", folder, "-n", "shop")
    assert run.out.startswith(f"{verdict}: "), run.out
