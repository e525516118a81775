"""Isolations as NetworkPolicies: exact objects, and what must never stand in one."""

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

import kubernetes_validate
import pytest
import yaml
from attrs import evolve

from ir_build import (
    cluster,
    flow,
    pods,
    port,
    program,
    rich_program,
    span,
    workload,
)
from polc.backend import Feature, KubernetesObject
from polc.check.names import MAX_SERVICE_NAME
from polc.ir.nodes import (
    AllPods,
    HttpRequest,
    Mesh,
    Path,
    Program,
)
from polc.passes import add_isolations
from polc_backends import k8s
from polc_backends.networkpolicy import BACKEND
from support import kustomize

WEB = port("web", 8080, service=80)
V1 = (HttpRequest(("GET",), Path(("v1",))),)


def emit(made: Program) -> tuple[KubernetesObject, ...]:
    artifacts, found = BACKEND.emit(add_isolations(made)[0])
    assert found == ()
    for each in artifacts:
        assert isinstance(each, KubernetesObject)
        kubernetes_validate.validate(each.body, "1.36", strict=True)
    return artifacts


def specs(made: Program) -> dict[str, Any]:
    return {each.body["metadata"]["name"]: each.body["spec"] for each in emit(made)}


def test_features_promise_labels_addresses_and_ports_only() -> None:
    assert BACKEND.name == "networkpolicy"
    assert BACKEND.features(cluster(Mesh.AMBIENT)) == {
        Feature.POD_PEERS,
        Feature.ADDRESS_PEERS,
        Feature.NODE_PEERS,
        Feature.PORTS,
    }


def test_cilium_matches_no_addresses_against_nodes() -> None:
    facts = evolve(cluster(Mesh.NONE), cni="cilium")
    assert Feature.NODE_PEERS not in BACKEND.features(facts)


def test_default_deny_selects_everything_in_both_directions() -> None:
    first = emit(program([workload("shop/api")]))[0]
    assert first.path == "shop/networkpolicy.yaml"
    assert [each.text for each in first.spans] == ["namespace shop"]
    assert first.body == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "default-deny", "namespace": "shop", "labels": k8s.MANAGED_BY},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    }


def test_a_workload_without_flows_still_has_a_policy() -> None:
    assert specs(program([workload("shop/api", WEB)]))["api"] == {
        "podSelector": {"matchLabels": {"app": "api"}},
        "policyTypes": ["Ingress", "Egress"],
    }


def test_the_whole_of_a_policy() -> None:
    policy = next(
        each for each in emit(rich_program()) if each.path == "shop/api.networkpolicy.yaml"
    )
    assert yaml.safe_dump(policy.body, sort_keys=False) == EVERYTHING


EVERYTHING = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: api
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: polc
spec:
  podSelector:
    matchLabels:
      app: api
  policyTypes:
  - Ingress
  - Egress
  ingress:
  - from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: front
      podSelector:
        matchLabels:
          app: web
    ports:
    - protocol: TCP
      port: 8080
    - protocol: UDP
      port: 30000
      endPort: 30100
  - from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: monitoring
    ports:
    - protocol: TCP
      port: 8080
  egress:
  - to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: shop
      podSelector:
        matchLabels:
          app: db
    ports:
    - protocol: TCP
      port: 5432
  - to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
        - 10.0.0.0/8
        - 172.16.0.0/12
        - 192.168.0.0/16
    - ipBlock:
        cidr: ::/0
        except:
        - fc00::/7
    ports:
    - protocol: TCP
      port: 443
  - to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: istio-system
      podSelector:
        matchLabels:
          istio: ingressgateway
    ports:
    - protocol: TCP
      port: 8081
  - to:
    - ipBlock:
        cidr: 10.0.0.1/32
    ports:
    - protocol: TCP
      port: 6443
  - to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
    ports:
    - protocol: TCP
      port: 53
    - protocol: UDP
      port: 53
"""


def test_all_ports_of_a_peer_stand_in_one_rule_whatever_they_are_for() -> None:
    a, b = workload("shop/a", WEB), workload("shop/b")
    made = specs(program([a, b], [flow(b, a, WEB)], on=cluster(Mesh.AMBIENT)))
    (rule,) = made["a"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8080}, {"protocol": "TCP", "port": 15008}]


def test_any_is_the_only_empty_selector_of_a_peer() -> None:
    a = workload("shop/a", WEB)
    made = specs(program([a], [flow(AllPods(), a, WEB)]))
    assert made["a"]["ingress"] == [
        {"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": 8080}]}
    ]


@pytest.mark.parametrize("mesh", list(Mesh))
def test_nothing_empty_ever_stands_where_it_means_everything(mesh: Mesh) -> None:
    for each in emit(rich_program(mesh)):
        spec = each.body["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        for rule, peers in rules_of(spec):
            assert peers
            assert rule["ports"]
            assert all(set(one) >= {"protocol", "port"} for one in rule["ports"])
            for peer in peers:
                assert set(peer) in ({"ipBlock"}, AND, {"namespaceSelector"})
                # `any` was written for one service only.
                assert all(peer.values()) or each.body["metadata"]["name"] == "thumbs"


AND = {"namespaceSelector", "podSelector"}


def rules_of(spec: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    for rule in spec.get("ingress", []):
        yield rule, rule["from"]
    for rule in spec.get("egress", []):
        yield rule, rule["to"]


def test_the_waypoints_policy_lies_in_the_namespaces_file() -> None:
    paths = [
        (each.path, each.body["metadata"]["name"]) for each in emit(rich_program(Mesh.AMBIENT))
    ]
    assert paths == [
        ("front/networkpolicy.yaml", "default-deny"),
        ("shop/networkpolicy.yaml", "default-deny"),
        ("front/web.networkpolicy.yaml", "web"),
        ("shop/api.networkpolicy.yaml", "api"),
        ("shop/db.networkpolicy.yaml", "db"),
        ("shop/thumbs.networkpolicy.yaml", "thumbs"),
        ("shop/networkpolicy.yaml", "waypoint"),
    ]


def test_a_service_may_be_called_like_a_policy_that_nobody_declared() -> None:
    deny, waypoint = workload("shop/default-deny", WEB), workload("shop/waypoint", WEB)
    flows = [flow(deny, waypoint, WEB, requests=V1)]
    made = emit(program([deny, waypoint], flows, on=cluster(Mesh.AMBIENT)))
    assert [each.body["metadata"]["name"] for each in made] == [
        "default-deny",
        "default-deny.service",
        "waypoint.service",
        "waypoint",
    ]


def test_an_object_names_the_lines_it_comes_from() -> None:
    a, b = workload("shop/a", WEB), workload("shop/b")
    made = emit(program([a, b], [flow(b, a, WEB, spans=(span("allow from b"),))]))
    assert [each.text for each in made[1].spans] == ["service a", "allow from b"]


def test_labels_that_name_nobody_are_refused() -> None:
    bare = workload("shop/a", pods=evolve(pods("shop/a"), labels=()))
    with pytest.raises(AssertionError):
        BACKEND.emit(add_isolations(program([bare]))[0])


def test_kustomize_keeps_what_is_empty_on_purpose(tmp_path: FilePath) -> None:
    a = workload("shop/a", WEB)
    made = emit(program([a], [flow(AllPods(), a, WEB)]))
    for at, each in enumerate(made):
        (tmp_path / f"{at}.yaml").write_text(yaml.safe_dump(each.body))
    listed = {"resources": [f"{at}.yaml" for at in range(len(made))]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(listed))
    rendered = {each["metadata"]["name"]: each["spec"] for each in kustomize(tmp_path)}
    assert rendered == {each.body["metadata"]["name"]: each.body["spec"] for each in made}


def test_no_service_has_a_longer_name_than_every_agent_enforces() -> None:
    assert MAX_SERVICE_NAME <= k8s.NAME_LIMIT
