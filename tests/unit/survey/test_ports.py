"""Ports of the wrong side, and policies for nobody, in manifests that no program declares."""

import pytest

from polc.semantics.objects.reading import read_files
from polc.survey.survey import survey

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: TARGET}]}
"""
PODS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec: {template: {metadata: {labels: {app: api, tier: back}}, spec: {containers: [{name: c,
  image: i, ports: [{name: http, containerPort: 8080}]}]}}}
"""
POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: SPEC
"""
DNS = "{ports: [{port: 53, protocol: UDP}]}"


def told(spec: str, *, target: object = 8080, pods: bool = True) -> list[tuple[str, str]]:
    """What is said of a policy: the message, and the line that it is about."""
    texts = [SERVICE.replace("TARGET", str(target)), POLICY.replace("SPEC", spec)]
    manifests, found = read_files({"all.yaml": "---".join([*texts, *([PODS] if pods else [])])})
    assert not found
    about = ("names port", "selects none")
    return [
        (each.message.partition("` ")[2], each.span.text)
        for each in survey(manifests)
        if any(word in each.message for word in about)
    ]


def ingress(ports: str, selector: str = "{matchLabels: {app: api}}") -> str:
    peer = "{podSelector: {matchLabels: {app: web}}}"
    return f"{{podSelector: {selector}, ingress: [{{from: [{peer}], ports: [{ports}]}}]}}"


def egress(peer: str, ports: str = "{port: 80}") -> str:
    own = "podSelector: {}, policyTypes: [Egress]"
    return f"{{{own}, egress: [{{to: [{peer}], ports: [{ports}]}}, {DNS}]}}"


SAID = "names port 80, which is that of Service `shop/api`: its pods listen on 8080"
API = "podSelector: {matchLabels: {app: api}}"
SHOP = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}"


@pytest.mark.parametrize("pods", [True, False])
@pytest.mark.parametrize(
    "spec",
    [
        ingress("{port: 80}"),
        ingress("{protocol: TCP, port: 80}", "{matchLabels: {app: api, tier: back}}"),
        egress(f"{{{API}}}"),
        egress(f"{{{API}, {SHOP}}}"),
        egress("{ipBlock: {cidr: 10.0.0.0/8}}, {" + API + "}"),
    ],
)
def test_a_services_port_is_not_its_pods(spec: str, pods: bool) -> None:
    [(message, _)] = told(spec, pods=pods)
    assert message == SAID


@pytest.mark.parametrize(
    "spec",
    [
        ingress("{port: 8080}"),
        ingress("{port: http}"),
        ingress("{port: 80, protocol: UDP}"),
        ingress("{port: 80, endPort: 9000}"),
        ingress("{port: 80}", "{}"),
        egress("{podSelector: {matchLabels: {app: db}}}"),
        egress("{" + API + ", namespaceSelector: {matchLabels: {team: x}}}"),
        egress("{" + API + ", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}"),
        egress("{ipBlock: {cidr: 10.0.0.0/8}}"),
    ],
)
def test_what_may_be_meant_is_left_alone(spec: str) -> None:
    assert told(spec) == []


def test_a_port_that_the_pods_do_have_is_left_alone() -> None:
    assert told(ingress("{port: 80}"), target=80) == []
    assert told(ingress("{port: 80}"), target="http", pods=False) == []
    assert told(ingress("{port: 80}"), target="http") != []


def test_a_policy_for_none_of_the_pods_beside_it_is_told() -> None:
    spec = ingress("{port: 8080}", "{matchLabels: {app: apj}}")
    [(message, text)] = told(spec)
    assert message == "selects none of the pods that the input makes in its namespace"
    assert "podSelector" in text
    assert told(spec, pods=False) == []


@pytest.mark.parametrize("odd", ["{port: []}", "7", "{port: 80, protocol: {}}"])
def test_what_is_no_port_breaks_nothing(odd: str) -> None:
    assert told(ingress(odd)) == []


def test_a_selector_of_odd_values_breaks_nothing() -> None:
    texts = SERVICE.replace("{app: api}", "{app: [1]}").replace("TARGET", "8080")
    policy = POLICY.replace("SPEC", ingress("{port: 80}", "{matchLabels: {app: [1]}}"))
    manifests, _ = read_files({"a.yaml": f"{texts}---{policy}---{PODS}"})
    assert survey(manifests) is not None
