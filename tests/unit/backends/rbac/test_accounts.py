"""Service accounts in a user's manifests, beside polc's, as `kubectl kustomize` sees both."""

from pathlib import Path
from typing import Any

import yaml

from ir_build import program, workload
from oracles import kustomize
from polc.backend import ComponentPart
from polc_backends.rbac import BACKEND
from polc_backends.rbac.accounts import FILE


def account(name: str, namespace: str | None = None, **annotations: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if namespace is not None:
        metadata["namespace"] = namespace
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def lay_out(folder: Path, manifests: list[dict[str, Any]], *resources: str, **more: Any) -> Path:
    artifacts, _ = BACKEND.emit(program([workload("shop/api"), workload("shop/web")]))
    kustomize.lay_out(folder, artifacts, manifests, **more)
    place = folder / "kustomization.yaml"
    body = yaml.safe_load(place.read_text(encoding="utf-8"))
    body["resources"] += resources
    place.write_text(yaml.safe_dump(body), encoding="utf-8")
    return folder


def test_accounts_of_the_manifests_give_way(tmp_path: Path) -> None:
    manifests = [account("api"), account("web"), account("other")]
    folder = lay_out(tmp_path, manifests, "out", namespace="shop")
    found = {
        each["metadata"]["name"]: each.get("automountServiceAccountToken")
        for each in kustomize.build(folder)
    }
    assert found == {"api": False, "web": False, "other": None}


def test_accounts_elsewhere_stay(tmp_path: Path) -> None:
    manifests = [account("api", "elsewhere"), account("api2", "shop"), account("my-api", "shop")]
    assert kustomize.build(lay_out(tmp_path, manifests)) == manifests


def test_account_with_a_cloud_identity_is_never_dropped(tmp_path: Path) -> None:
    manifests = [account("api", "shop", **{"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/x"})]
    assert kustomize.build(lay_out(tmp_path, manifests)) == manifests


def test_one_part_per_namespace() -> None:
    artifacts, _ = BACKEND.emit(program([workload("a/x"), workload("a/y"), workload("b/x")]))
    parts = [each for each in artifacts if isinstance(each, ComponentPart)]
    assert [(each.namespace, each.name) for each in parts] == [("a", FILE), ("b", FILE)]
