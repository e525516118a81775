"""Artifacts to files."""

from textwrap import dedent

import pytest
import yaml

from polc.backend import ComponentPart, KubernetesObject, NamespaceLabels, TextFile
from polc.codes.output import CONFLICTING_OBJECTS
from polc.output.layout import HEADER, arrange
from polc.output.stream import stream
from polc.source import Anchor, Source, Span

SOURCE = Source("policy.svc", "namespace shop\nservice api {\n}\nservice web {\n}\n")


def under(text):
    at = SOURCE.text.index(text)
    return (Span(Anchor(SOURCE), at, at + len(text)),)


def thing(name, path="shop/api.rbac.yaml", spans=(), kind="Role", namespace="shop"):
    body = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace} if namespace else {"name": name},
    }
    return KubernetesObject(path, body, spans)


def laid_out(*artifacts):
    layout, found = arrange(artifacts)
    assert found == ()
    return layout


def test_objects_of_one_file_are_documents_in_the_order_of_the_backends():
    layout = laid_out(thing("b"), thing("a"))
    text = layout.files["shop/api.rbac.yaml"]
    assert text.startswith(HEADER)
    assert [document["metadata"]["name"] for document in yaml.safe_load_all(text)] == ["b", "a"]


def test_namespace_labels_of_all_backends_are_merged():
    layout = laid_out(
        NamespaceLabels("shop", (("pod-security.kubernetes.io/enforce", "restricted"),)),
        NamespaceLabels("shop", (("istio-injection", "enabled"),)),
    )
    assert layout.files["shop/namespace.yaml"] == HEADER + dedent(
        """\
        apiVersion: v1
        kind: Namespace
        metadata:
          name: shop
          labels:
            app.kubernetes.io/managed-by: polc
            istio-injection: enabled
            pod-security.kubernetes.io/enforce: restricted
        """
    )


def test_backends_that_want_different_labels_conflict():
    _, found = arrange(
        (
            NamespaceLabels("shop", (("istio-injection", "enabled"),), under("namespace shop")),
            NamespaceLabels("shop", (("istio-injection", "disabled"),), under("service api")),
        )
    )
    (diagnostic,) = found
    assert diagnostic.code is CONFLICTING_OBJECTS
    assert diagnostic.span.text == "service api"
    assert diagnostic.labels[0].span.text == "namespace shop"
    assert "`enabled` and `disabled`" in diagnostic.message


def test_two_objects_of_one_name_conflict():
    _, found = arrange(
        (thing("x", spans=under("service api")), thing("x", "b.yaml", under("service web")))
    )
    (diagnostic,) = found
    assert diagnostic.code is CONFLICTING_OBJECTS
    assert diagnostic.span.text == "service web"
    assert [label.span.text for label in diagnostic.labels] == ["service api"]
    assert "rbac.authorization.k8s.io/v1/Role shop/x" in diagnostic.message


@pytest.mark.parametrize(
    "other", [thing("x", kind="RoleBinding"), thing("x", namespace="web"), thing("y")]
)
def test_objects_that_differ_in_kind_namespace_or_name_do_not(other):
    laid_out(thing("x"), other)


def test_two_targets_that_want_one_file_conflict():
    path = "shop/api.rbac.yaml"
    _, found = arrange((thing("x", path), TextFile(path, "text", under("service web"))))
    (diagnostic,) = found
    assert diagnostic.code is CONFLICTING_OBJECTS
    assert f"`{path}`" in diagnostic.message
    _, found = arrange((TextFile("kustomization.yaml", "text"),))
    assert [each.code for each in found] == [CONFLICTING_OBJECTS]


def test_root_kustomization_lists_the_resources_and_tells_of_components():
    layout = laid_out(
        thing("b", "shop/web.rbac.yaml"),
        thing("a", "shop/api.rbac.yaml"),
        NamespaceLabels("shop", ()),
        ComponentPart(
            "shop", "api.yaml", {"kind": "Deployment"}, {"patches": [{"path": "api.yaml"}]}
        ),
        TextFile("shop/api.Dockerfile", "FROM x\n"),
    )
    assert layout.files["kustomization.yaml"] == HEADER + dedent(
        """\
        # Apply it with `kubectl apply -k` on this folder.
        # What the pods themselves need is a component. Add it to the kustomization of the
        # namespace's workloads, by the path from there to here:
        #   components:
        #   - <this folder>/shop/hardening
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        resources:
        - shop/api.rbac.yaml
        - shop/namespace.yaml
        - shop/web.rbac.yaml
        """
    )
    assert list(layout.files) == sorted(layout.files)


def test_parts_of_a_component_are_joined():
    layout = laid_out(
        ComponentPart("shop", "a.yaml", {"a": 1}, {"patches": [{"path": "a.yaml"}]}),
        ComponentPart(
            "shop", "b.yaml", [{"op": "add"}], {"patches": [{"path": "b.yaml"}], "resources": ["r"]}
        ),
        ComponentPart("web", "a.yaml", {"a": 1}, {"patches": [{"path": "a.yaml"}]}),
    )
    assert layout.files["shop/hardening/kustomization.yaml"] == HEADER + dedent(
        """\
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        patches:
        - path: a.yaml
        - path: b.yaml
        resources:
        - r
        """
    )
    assert layout.files["shop/hardening/b.yaml"] == HEADER + "- op: add\n"
    assert "web/hardening/kustomization.yaml" in layout.files


def test_header_of_a_dockerfile_stands_behind_its_directives():
    layout = laid_out(
        TextFile("shop/a.Dockerfile", "# syntax=docker/dockerfile:1\n# escape=\\\nFROM x\n"),
        TextFile("shop/b.Dockerfile", "FROM x\n"),
        TextFile("shop/c.json", "{}"),
    )
    assert layout.files["shop/a.Dockerfile"] == (
        f"# syntax=docker/dockerfile:1\n# escape=\\\n{HEADER}FROM x\n"
    )
    assert layout.files["shop/b.Dockerfile"] == f"{HEADER}FROM x\n"
    assert layout.files["shop/c.json"] == "{}"


def test_stream_holds_objects_only_and_namespaces_first():
    layout = laid_out(
        thing("a", "a/a.yaml"),
        NamespaceLabels("shop", ()),
        ComponentPart("shop", "a.yaml", {"a": 1}, {}),
        TextFile("shop/api.Dockerfile", "FROM x\n"),
    )
    documents = list(yaml.safe_load_all(stream(layout)))
    assert [document["kind"] for document in documents] == ["Namespace", "Role"]
    assert stream(laid_out()) == ""


def test_an_empty_program_has_an_empty_kustomization():
    assert laid_out().files["kustomization.yaml"].endswith("resources: []\n")
