"""Attacks by one object beside a program's output, or by one setting of a workload.

Each of these took an application down, or left it open, and was called proved.
"""

import copy

import pytest

from polc.semantics.objects.model import Manifests
from polc.semantics.objects.reading import read_files
from polc.verify.decide import verify
from unit.verify.meshed import TEXT, Body, build, compiled, manifests
from unit.verify.with_workloads import deployment, findings, messages, service

MESH = TEXT.format(mesh="sidecar", more="")
NONE = """
cluster test { cni kubernetes }
namespace shop
service api { select { app: "api" }  port web 80 -> 8080 http  allow from site on web }
service site { select { app: "site" }  allow to api }
"""
ISTIO = "networking.istio.io/v1"


def said(policy: str, objects: str) -> list[str]:
    """Return what is not decided, or violated, because of some objects beside the output."""
    before = set(messages(findings(policy, deployment()), "POL903", "POL902", "POL965"))
    found = messages(findings(policy, deployment() + objects), "POL903", "POL902", "POL965")
    return [each for each in found if each not in before]


def rule(policy: str, host: str = "api", space: str = "shop") -> str:
    return (
        f"apiVersion: {ISTIO}\nkind: DestinationRule\nmetadata: {{name: d, namespace: {space}}}\n"
        f"spec: {{host: {host}, trafficPolicy: {policy}}}\n---\n"
    )


@pytest.mark.parametrize(
    "policy",
    [
        "{tls: {mode: DISABLE}}",
        "{portLevelSettings: [{port: {number: 80}, tls: {mode: DISABLE}}]}",
        "{proxyProtocol: {version: V2}}",
    ],
)
def test_how_connections_are_made_is_told_for_single_ports_too(policy: str) -> None:
    assert "DestinationRule `shop/d`" in "".join(said(MESH, rule(policy)))


def test_pools_and_retries_are_no_matter_of_permissions() -> None:
    assert said(MESH, rule("{connectionPool: {tcp: {maxConnections: 9}}}")) == []


def _moved(bodies: list[Body], kind: str, **metadata: str) -> list[Body]:
    bodies = copy.deepcopy(bodies)
    for each in bodies:
        if each["kind"] == kind:
            each["metadata"].update(metadata)
    return bodies


def test_versions_of_a_rule_in_another_namespace_are_not_found() -> None:
    """Istio looks in the namespaces of the caller, of the Service and of the mesh only."""
    bodies, program = build(more="rollout { v1 90%  v2 10% }")
    assert not verify(manifests(bodies), program, ("routes", "bystanders")).undecided
    moved = manifests(_moved(bodies, "DestinationRule", namespace="elsewhere"))
    found = verify(moved, program, ("routes", "bystanders")).undecided
    assert "callers in other namespaces do not see" in found[0].message


SERVICE = "selector: {{app: api}}, ports: [{{name: {name}, port: 80, targetPort: 8080{more}}}]"


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("tcp", ""),
        ("tls-web", ""),
        ("https", ""),
        ("mongo", ""),
        ("http", ", appProtocol: tcp"),
        ("http", ", protocol: UDP"),
    ],
)
@pytest.mark.parametrize("called", ["api", "second"])
def test_a_port_that_speaks_something_else_has_no_rules_on_requests(
    called: str, name: str, more: str
) -> None:
    found = said(MESH, service(called, SERVICE.format(name=name, more=more)))
    assert f"Service `shop/{called}`" in found[0]


@pytest.mark.parametrize("name", ["http", "grpc-web", "web", "http2"])
def test_what_speaks_http_or_is_looked_at_is_fine(name: str) -> None:
    assert said(MESH, service("api", SERVICE.format(name=name, more=""))) == []


def test_a_database_is_no_http() -> None:
    ports = "selector: {app: api}, ports: [{name: http-sql, port: 5432}]"
    assert "Service `shop/api`" in said(MESH, service("api", ports))[0]
    assert said(MESH, service("api", ports.replace("http-sql", "tcp-sql"))) == []


@pytest.mark.parametrize("policy", [MESH, NONE])
def test_a_name_that_leads_out_of_the_cluster(policy: str) -> None:
    spec = "type: ExternalName, externalName: evil.example, selector: {app: api}"
    assert "`evil.example`" in said(policy, service("api", spec))[0]


@pytest.mark.parametrize(
    ("api", "kind", "spec"),
    [
        ("install.istio.io/v1alpha1", "IstioOperator", "{meshConfig: {trustDomain: other}}"),
        ("sailoperator.io/v1", "Istio", "{values: {meshConfig: {trustDomain: other}}}"),
        ("sailoperator.io/v1", "IstioRevision", "{values: {meshConfig: {trustDomain: other}}}"),
    ],
)
def test_settings_of_the_mesh_stand_in_the_objects_that_install_it_too(
    api: str, kind: str, spec: str
) -> None:
    text = (
        f"apiVersion: {api}\nkind: {kind}\n"
        f"metadata: {{name: default, namespace: istio-system}}\nspec: {spec}\n"
    )
    assert "trust domain is `other`" in said(MESH, text)[0]
    assert said(MESH, text.replace("other", "cluster.local")) == []


POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: closed, namespace: {space}}}
spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: {rules}}}
---
"""


@pytest.mark.parametrize(("space", "word"), [("kube-system", "DNS"), ("istio-system", "the mesh")])
def test_what_serves_everybody_has_to_let_everybody_in(space: str, word: str) -> None:
    found = said(MESH, POLICY.format(space=space, rules="[]"))
    assert f"which {word} needs" in "".join(found)
    assert said(MESH, POLICY.format(space=space, rules="[{}]")) == []


@pytest.mark.parametrize(
    ("policy", "word"),
    [
        ("dnsPolicy: Default, ", "`dnsPolicy: Default`"),
        ("dnsPolicy: None, dnsConfig: {nameservers: [8.8.8.8]}, ", "`dnsPolicy: None`"),
        ("dnsPolicy: ClusterFirst, ", ""),
    ],
)
def test_pods_that_ask_other_servers_for_names(policy: str, word: str) -> None:
    pod = policy + "containers: [{name: c, image: i}]"
    found = messages(findings(NONE, deployment("site", pod)), "POL903")
    assert [word in each for each in found if "dnsPolicy" in each] == ([True] if word else [])


@pytest.mark.parametrize("label", ["istio-injection: enabled", "istio.io/dataplane-mode: ambient"])
def test_pods_that_join_a_mesh_which_the_program_does_not_know(label: str) -> None:
    text = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{label}}}}}\n---\n"
    assert "the program has no mesh" in "".join(said(NONE, text))
    assert "the program has no mesh" not in "".join(said(MESH, text))


@pytest.mark.parametrize(
    "annotation",
    [
        "linkerd.io/inject: enabled",
        "vault.hashicorp.com/agent-inject: 'true'",
        "dapr.io/enabled: 'true'",
        "sidecar.istio.io/userVolume: x",
        "instrumentation.opentelemetry.io/inject-java: 'true'",
    ],
)
def test_pods_into_which_others_put_containers(annotation: str) -> None:
    found = messages(findings(MESH, deployment(annotations=annotation)), "POL903")
    assert [each for each in found if annotation.partition(":")[0] in each]


@pytest.mark.parametrize(
    "label", ["security.istio.io/tlsMode: disabled", "networking.istio.io/tunnel: http"]
)
def test_labels_by_which_callers_speak_otherwise_to_pods(label: str) -> None:
    found = messages(findings(MESH, deployment(labels=f"app: api, {label}")), "POL903")
    assert [each for each in found if label.partition(":")[0] in each]


WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {{name: w}}
webhooks:
- name: {name}
  namespaceSelector: {{matchLabels: {labels}}}
  rules: [{{apiGroups: {group}, apiVersions: ['*'], operations: [CREATE], resources: {resource}}}]
"""


@pytest.mark.parametrize(
    ("name", "group", "resource", "labels", "told"),
    [
        ("a.b.c", "['']", "[pods]", "{}", True),
        ("a.b.c", "['*']", "['*/*']", "{}", True),
        ("a.b.c", "[networking.k8s.io]", "[networkpolicies]", "{}", True),
        ("a.b.c", "[cert-manager.io]", "[certificaterequests]", "{}", False),
        ("a.b.c", "['']", "[pods]", "{kubernetes.io/metadata.name: other}", False),
        ("namespace.sidecar-injector.istio.io", "['']", "[pods]", "{}", False),
    ],
)
def test_webhooks_that_change_what_was_looked_at(
    name: str, group: str, resource: str, labels: str, *, told: bool
) -> None:
    text = WEBHOOK.format(name=name, group=group, resource=resource, labels=labels)
    found = [each for each in said(MESH, text) if f"`{name}`" in each]
    assert bool(found) is told
    assert all("MutatingWebhookConfiguration `w`" in each for each in found)


@pytest.mark.parametrize(
    ("api", "kind", "spec"),
    [
        ("kyverno.io/v1", "ClusterPolicy", "{rules: [{name: x, mutate: {}}]}"),
        ("mutations.gatekeeper.sh/v1", "Assign", "{location: spec.hostNetwork}"),
        ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", "{}"),
        ("apps.kruise.io/v1alpha1", "SidecarSet", "{selector: {matchLabels: {app: api}}}"),
        ("cilium.io/v2", "CiliumEnvoyConfig", "{services: [{name: api, namespace: shop}]}"),
    ],
)
def test_policies_that_change_objects(api: str, kind: str, spec: str) -> None:
    text = f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: m}}\nspec: {spec}\n"
    assert [each for each in said(MESH, text) if kind in each]


def test_a_policy_of_kyverno_that_only_validates_changes_nothing() -> None:
    text = "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: m}\n"
    assert said(MESH, text + "spec: {rules: [{name: x, validate: {}}]}\n") == []


@pytest.mark.parametrize("group", ["x.y", None, "gateway.networking.k8s.iox"])
def test_a_target_of_another_group_is_no_waypoint(group: str | None) -> None:
    bodies, program = build("ambient")
    assert not verify(manifests(bodies), program, ("mesh",)).undecided
    bodies = copy.deepcopy(bodies)
    changed = 0
    for each in bodies:
        for ref in each.get("spec", {}).get("targetRefs", ()):
            if ref["kind"] == "Gateway":
                changed += 1
                ref["group"] = group
                if group is None:
                    del ref["group"]
    assert changed
    verdict = verify(manifests(bodies), program, ("mesh",))
    assert verdict.undecided or verdict.violations


def test_versions_without_pods() -> None:
    policy = TEXT.format(mesh="sidecar", more="rollout { v1 90%  v2 10% }")
    policy = policy.replace("  port sql 5432 postgres\n", "").replace("web, sql", "web")
    one = deployment(labels="app: api, version: v1", called="one")
    two = deployment(labels="app: api, version: v2", called="two")
    assert "version `v2`" in "".join(messages(findings(policy, one), "POL965"))
    assert messages(findings(policy, one + two), "POL965") == []


def test_a_selector_that_is_not_of_its_own_pods_is_refused() -> None:
    text = deployment().replace("{matchLabels: {app: api}}", "{matchLabels: {app: old}}")
    _, gaps = read_files({"app.yaml": text})
    assert [each.message for each in gaps] == [
        "what Deployment `api` in `app.yaml:5` comes to is not decided: its `selector` does not"
        " match the labels of its own pods"
    ]
    assert read_files({"app.yaml": deployment()})[1] == ()


@pytest.mark.parametrize(
    "mark", ["kluctl.io/delete: 'true'", "janitor/ttl: 1h", "janitor/expires: '2030-01-01'"]
)
def test_policies_that_go_after_a_while(mark: str) -> None:
    bodies, program = compiled(MESH)
    bodies = copy.deepcopy(bodies)
    key, _, value = mark.partition(": ")
    for each in bodies:
        if each["kind"] == "NetworkPolicy":
            each["metadata"]["annotations"] = {key: value.strip("'")}
    found = verify(manifests(bodies), program, ("network",)).undecided
    assert [each for each in found if key in each.message and each.code.id == "POL973"]


def test_without_any_of_that_all_is_proved() -> None:
    read, gaps = read_files({"app.yaml": service("api", SERVICE.format(name="http", more=""))})
    bodies, program = compiled(MESH)
    assert gaps == ()
    kept = Manifests(manifests(bodies).objects)
    assert verify(kept + read, program, ("network", "mesh", "bystanders", "needs")).proved
