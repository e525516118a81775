"""Objects and the lines that they stand on."""

from polc.backend import ComponentPart, KubernetesObject
from polc.gaps import gap_finding
from polc.semantics.objects.model import from_artifacts
from polc.semantics.objects.reading import read_files, read_yaml

POLICY = """\
# a comment
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from:
    - podSelector: {}
  - {ports: [{port: 80}]}
"""


def test_lines_of_documents_and_fields() -> None:
    found, problems = read_yaml("a.yaml", f"---\n---\n{POLICY}---\nkind: Other\n")
    assert problems == ()
    policy, other = found
    assert (policy.name, policy.namespace, policy.group, policy.version) == (
        *("api", "shop"),
        *("networking.k8s.io", "v1"),
    )
    assert (policy.line, other.line) == (4, 14)
    assert policy.where("spec", "ingress", 1) == "a.yaml:12"
    assert policy.where("spec", "ingress", 0, "from", 0) == "a.yaml:11"
    assert policy.span("spec", "ingress").text == "ingress:"
    assert policy.where("spec", "egress", 3) == "a.yaml:7", "as far as there is something"
    assert policy.where("spec", "ingress", 7) == "a.yaml:9"


def test_lists_are_unpacked() -> None:
    text = """\
kind: List
apiVersion: v1
items:
- {kind: Pod, apiVersion: v1, metadata: {name: a}}
- kind: Pod
  metadata: {name: b}
"""
    a, b = read_yaml("list.yaml", text)[0]
    assert (a.name, b.name) == ("a", "b")
    assert (a.where(), b.where("metadata")) == ("list.yaml:4", "list.yaml:6")
    typed = "kind: PodList\napiVersion: v1\nitems: [{metadata: {name: c}}]\n"
    (c,), _ = read_yaml("typed.yaml", typed)
    assert (c.kind, c.version, c.name) == ("Pod", "v1", "c")


def test_what_cannot_be_read_is_reported() -> None:
    for text, why in (
        ("a: {{ .Values.x }}\nkind: Pod\n", "a list or mapping stands where a key has to be"),
        ("kind: Pod\nspec:\n  a: 1\n  a: 2\n", "the key `a` stands twice"),
        ("kind: [Pod\n", "a list or mapping in brackets lacks a `,` or its end"),
    ):
        found, (problem,) = read_yaml("bad.yaml", text)
        assert found == ()
        assert gap_finding(problem).code.id == "POL903"
        assert why in problem.message
    assert read_yaml("values.yaml", "image: x\n---\n- op: add\n") == ((), ())


def test_what_kustomize_makes_objects_from_is_no_object() -> None:
    manifests, problems = read_files(
        {
            "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\n"
            "kind: Kustomization\npatches:\n- path: patches/p.yaml\n",
            "patches/p.yaml": "kind: Deployment\nmetadata: {name: api}\n",
            "a/api.yaml": POLICY,
            "a/hardening/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\n"
            "kind: Component\n",
            "a/hardening/values.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v}\n",
            "a/ns.yaml": "apiVersion: v1\nkind: Namespace\n"
            "metadata: {name: a, labels: {team: x}}\n",
        }
    )
    # What kustomizations change is not followed, nor are files that they do not list.
    assert [each.message.rpartition(": ")[2] for each in problems] == [
        "its field `patches` is not followed",
        "`kustomization.yaml` does not list it",
        "`a/hardening/kustomization.yaml` does not list it",
        "`kustomization.yaml` does not list it",
    ]
    assert [each.kind for each in manifests.objects] == ["NetworkPolicy", "Namespace"]
    assert len(manifests.parts) == 4
    assert manifests.namespaces == {"a": {"team": "x"}}
    assert manifests.of_kind("NetworkPolicy", "networking.k8s.io") == manifests.objects[:1]
    assert manifests.of_kind("NetworkPolicy", "crd.projectcalico.org") == ()


def test_artifacts_find_their_lines_in_the_texts() -> None:
    body = read_yaml("x", POLICY)[0][0].body
    objects = [KubernetesObject("shop/a.yaml", body), KubernetesObject("shop/a.yaml", body)]
    part = ComponentPart("shop", "api.patch.yaml", {"kind": "Deployment"}, {})
    text = f"# Written by polc\n{POLICY}---\n{POLICY}"
    manifests = from_artifacts(objects, {"shop/a.yaml": text}, [part])
    first, second = manifests.objects
    assert first.where("spec", "ingress", 1) == "shop/a.yaml:11"
    assert second.where("spec", "ingress", 1) == "shop/a.yaml:22"
    assert manifests.parts[0].path == "shop/hardening/api.patch.yaml"
    assert from_artifacts(objects).objects[0].where("spec") == "shop/a.yaml"
