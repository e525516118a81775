"""Annotations and labels that keep an object from being applied: then it holds nothing."""

import pytest

from polc.verify.decide import verify
from unit.verify.meshed import compiled, get, manifests, policy

TEXT = """
cluster c { mesh istio sidecar  cni kubernetes }
namespace shop
service web { select { app: "web" }  allow to api }
service api { select { app: "api" }  port web 8080 http  allow from web }
"""
FLUX = "kustomize.toolkit.fluxcd.io"
MARKS = [
    ("helm.sh/hook", "post-install"),
    ("helm.sh/hook", "pre-install,pre-upgrade"),
    ("argocd.argoproj.io/hook", "PreSync"),
    ("argocd.argoproj.io/hook", "Skip"),
    (f"{FLUX}/reconcile", "disabled"),
    (f"{FLUX}/reconcile", "Disabled"),
    (f"{FLUX}/ssa", "Ignore"),
    (f"{FLUX}/ssa", "IfNotPresent"),
    (f"{FLUX}/ssa", "Merge"),
    ("kapp.k14s.io/noop", ""),
    ("configmanagement.gke.io/managed", "disabled"),
    ("addonmanager.kubernetes.io/mode", "EnsureExists"),
]
OBJECTS = [
    ("NetworkPolicy", "default-deny"),
    ("NetworkPolicy", "api"),
    ("PeerAuthentication", "default"),
    ("AuthorizationPolicy", "api"),
    ("Namespace", "shop"),
]


def judge(kind: str, name: str, field: str, key: str, value: str) -> list[tuple[str, str]]:
    bodies, program = compiled(TEXT)
    body = get(bodies, kind, name)
    body["metadata"].setdefault(field, {})[key] = value
    found = verify(manifests(bodies), program, ("network", "mesh"))
    return [(each.code.id, each.message) for each in found.diagnostics]


@pytest.mark.parametrize(("key", "value"), MARKS)
def test_what_is_not_always_applied_is_not_proved(key: str, value: str) -> None:
    ((code, message),) = judge("NetworkPolicy", "default-deny", "annotations", key, value)
    assert code == "POL973"
    assert f"`{key}`" in message


@pytest.mark.parametrize("field", ["annotations", "labels"])
@pytest.mark.parametrize(("kind", "name"), OBJECTS)
def test_every_kind_that_holds_something_is_looked_at(kind: str, name: str, field: str) -> None:
    found = judge(kind, name, field, f"{FLUX}/reconcile", "disabled")
    assert [code for code, _ in found] == ["POL973"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (f"{FLUX}/reconcile", "enabled"),
        (f"{FLUX}/ssa", "Override"),
        ("argocd.argoproj.io/sync-wave", "-1"),
        ("argocd.argoproj.io/sync-options", "ServerSideApply=true"),
        ("meta.helm.sh/release-name", "x"),
        ("helm.sh/resource-policy", "delete"),
        ("addonmanager.kubernetes.io/mode", "Reconcile"),
    ],
)
def test_what_changes_nothing_is_fine(key: str, value: str) -> None:
    assert judge("NetworkPolicy", "default-deny", "annotations", key, value) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("helm.sh/resource-policy", "keep"),
        (f"{FLUX}/prune", "disabled"),
        ("argocd.argoproj.io/sync-options", "ServerSideApply=true, Prune=false"),
    ],
)
def test_what_outlives_its_source_is_a_warning(key: str, value: str) -> None:
    ((code, message),) = judge("NetworkPolicy", "api", "annotations", key, value)
    assert code == "POL970"
    assert "stays in the cluster" in message


def test_objects_of_others_are_theirs() -> None:
    bodies, program = compiled(TEXT)
    theirs = policy("x", {"action": "AUDIT"}, "elsewhere", annotations={"helm.sh/hook": "test"})
    assert verify(manifests([*bodies, theirs]), program, ("network", "mesh")).diagnostics == ()
