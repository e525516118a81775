"""Objects that the API server refuses for their metadata are not there, and not counted."""

import pytest

from polc.semantics.objects.reading import read_files

POLICY = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
SPEC = "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n"


def read(metadata: str, head: str = POLICY, spec: str = SPEC) -> list[str]:
    manifests, gaps = read_files({"a.yaml": f"{head}metadata: {{{metadata}}}\n{spec}"})
    assert len(manifests.objects) == 1 - len(gaps)
    assert all(each.name == "malformed" for each in gaps)
    return [each.message for each in gaps]


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ("name: Default-Deny", "`Default-Deny` is no name for it"),
        ("name: a_b", "`a_b` is no name for it"),
        ("name: -a", "`-a` is no name for it"),
        ("name: a..b", "`a..b` is no name for it"),
        (f"name: {'a' * 254}", "is no name for it: at most 253"),
        ("name: a, namespace: Shop", "`Shop` is no name of a namespace"),
        (f"name: a, namespace: {'a' * 64}", "is no name of a namespace"),
        ("name: a, labels: {'a b': x}", "`a b` is no key of a label"),
        (f"name: a, labels: {{{'a' * 64}: x}}", "is no key of a label"),
        ("name: a, labels: {A/b: x}", "`A/b` is no key of a label"),
        ("name: a, labels: {a/b/c: x}", "`a/b/c` is no key of a label"),
        ("name: a, labels: {x: 'a b'}", "`a b` is no value of a label"),
        ("name: a, labels: {x: team-}", "`team-` is no value of a label"),
        (f"name: a, labels: {{x: {'a' * 64}}}", "is no value of a label"),
        ("name: a, annotations: {'a b': x}", "`a b` is no key of an annotation"),
        (f"name: a, annotations: {{x: {'a' * 300_000}}}", "larger than 256 KiB"),
    ],
)
def test_what_the_api_server_refuses_is_left_out(metadata: str, why: str) -> None:
    (message,) = read(metadata)
    assert why in message


@pytest.mark.parametrize(
    "metadata",
    [
        "name: a.b-c.1",
        f"name: {'a' * 253}",
        f"name: a, labels: {{example.com/a_b.C: {'x' * 63}, empty: ''}}",
        "name: a, annotations: {Example.com/x: 'any text: \"at\" all'}",
    ],
)
def test_what_the_api_server_takes_is_kept(metadata: str) -> None:
    assert read(metadata) == []


@pytest.mark.parametrize(
    ("kind", "name", "fits"),
    [
        ("v1\nkind: Service", "web", True),
        ("v1\nkind: Service", "1web", False),
        ("v1\nkind: Service", "a.b", False),
        ("v1\nkind: Service", "a" * 64, False),
        ("v1\nkind: Namespace", "1shop", True),
        ("v1\nkind: Namespace", "a.b", False),
        ("v1\nkind: ConfigMap", "kube-root-ca.crt", True),
        ("rbac.authorization.k8s.io/v1\nkind: ClusterRole", "system:node-Proxier", True),
        ("rbac.authorization.k8s.io/v1\nkind: ClusterRole", "a/b", False),
        ("example.com/v1\nkind: Thing", "Any:Name", True),
    ],
)
def test_each_kind_has_names_of_its_own(kind: str, name: str, fits: bool) -> None:
    found = read(f"name: '{name}'", f"apiVersion: {kind}\n", "spec: {}\n")
    assert (found == []) is fits


def test_the_labels_of_pods_are_looked_at_too() -> None:
    spec = "spec: {selector: {}, template: {metadata: {labels: {app: 'a b'}}, spec: {}}}\n"
    (message,) = read("name: a", "apiVersion: apps/v1\nkind: Deployment\n", spec)
    assert "`a b` is no value of a label" in message
