"""Accounts, roles and bindings: where they lie, what they are called, whom they bind."""

from typing import Any

import kubernetes_validate
import pytest

from ir_build import cluster, program, workload
from polc.backend import Feature, KubernetesObject
from polc.ir.nodes import Grant, UrlGrant, Workload
from polc_backends.rbac import BACKEND

PODS = Grant(("get",), "", "pods", namespace="shop")
JOBS = Grant(("create",), "batch", "jobs", namespace="shop-jobs")
NODES = Grant(("get", "list"), "", "nodes")
METRICS = UrlGrant(("get",), ("/metrics",))


def emit(*workloads: Workload) -> list[KubernetesObject]:
    artifacts, found = BACKEND.emit(program(workloads))
    assert found == ()
    return [each for each in artifacts if isinstance(each, KubernetesObject)]


def named(objects: list[KubernetesObject]) -> list[tuple[str, str, str | None]]:
    return [
        (each.body["kind"], each.body["metadata"]["name"], each.body["metadata"].get("namespace"))
        for each in objects
    ]


def bodies(objects: list[KubernetesObject], kind: str) -> list[Any]:
    return [each.body for each in objects if each.body["kind"] == kind]


def test_it_grants() -> None:
    assert BACKEND.name == "rbac"
    assert BACKEND.features(cluster()) == {Feature.GRANTS}


def test_workload_without_grants_gets_an_account_without_a_token_and_nothing_else() -> None:
    (only,) = emit(workload("shop/web"))
    assert only.path == "shop/web.rbac.yaml"
    assert only.body == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "labels": {"app.kubernetes.io/managed-by": "polc"},
        },
        "automountServiceAccountToken": False,
    }


def test_account_hands_out_no_token_even_where_one_is_needed() -> None:
    (account,) = bodies(emit(workload("shop/api", grants=(PODS,))), "ServiceAccount")
    assert account["automountServiceAccountToken"] is False


@pytest.mark.parametrize("grants", [(), (PODS,)])
def test_account_of_a_knative_service_decides_itself(grants: tuple[Grant, ...]) -> None:
    objects = emit(workload("shop/thumbs", kind="knative", grants=grants))
    (account,) = bodies(objects, "ServiceAccount")
    assert account["automountServiceAccountToken"] is bool(grants)


def test_objects_lie_where_they_grant_and_in_one_file() -> None:
    objects = emit(workload("shop/api", grants=(NODES, METRICS, JOBS, PODS)))
    assert named(objects) == [
        ("ServiceAccount", "api", "shop"),
        ("Role", "api", "shop"),
        ("RoleBinding", "api", "shop"),
        ("Role", "polc:shop:api", "shop-jobs"),
        ("RoleBinding", "polc:shop:api", "shop-jobs"),
        ("ClusterRole", "polc:shop:api", None),
        ("ClusterRoleBinding", "polc:shop:api", None),
    ]
    assert {each.path for each in objects} == {"shop/api.rbac.yaml"}


def test_binding_names_account_and_role() -> None:
    objects = emit(workload("shop/api", grants=(JOBS,)))
    (binding,) = bodies(objects, "RoleBinding")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "api", "namespace": "shop"}]
    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "polc:shop:api",
    }


def test_role_ref_does_not_change_with_the_rules() -> None:
    references = [
        [each.body["roleRef"] for each in emit(workload("shop/api", grants=grants))[2::2]]
        for grants in ((PODS, NODES), (Grant(("list",), "", "pods", namespace="shop"), METRICS))
    ]
    assert references[0] == references[1]


def test_urls_and_resources_do_not_share_a_rule() -> None:
    (role,) = bodies(emit(workload("shop/api", grants=(NODES, METRICS))), "ClusterRole")
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list"]},
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ]


def test_cluster_wide_grant_leaves_no_role_for_the_same() -> None:
    everywhere = Grant(("get", "list"), "", "pods")
    objects = emit(workload("shop/api", grants=(everywhere, PODS)))
    assert [kind for kind, _, _ in named(objects)] == [
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
    ]


def test_names_never_collide() -> None:
    """Services of one name in two namespaces that grant in a third, and one that lives there."""
    grant = Grant(("get",), "", "pods", namespace="c")
    objects = emit(*(workload(f"{ns}/api", grants=(grant, NODES)) for ns in ("a", "b", "c")))
    names = named(objects)
    assert len(names) == len(set(names))
    assert not any(name.startswith("system:") for _, name, _ in names)


def test_objects_are_valid() -> None:
    for each in emit(workload("shop/api", grants=(PODS, JOBS, NODES, METRICS))):
        kubernetes_validate.validate(dict(each.body), "1.36", strict=True)


def test_objects_come_from_their_grants() -> None:
    objects = emit(workload("shop/api", grants=(PODS,)))
    assert [len(each.spans) for each in objects] == [1, 1, 1]
    assert objects[0].spans[0].text == "service api"
