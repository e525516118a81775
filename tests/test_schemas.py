"""Every object that a case or an example compiles to is valid against its real schema."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from oracles import crds, hadolint, kustomize
from support import CASES, EXAMPLES, REPO, documents, tree

# The newest that the schemas know, and one that many clusters still run.
KUBERNETES = ("1.31", "1.36")
BUILT_IN = ("v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1")
KUSTOMIZE = {"Kustomization", "Component"}

OUTPUTS = sorted(out for root in (CASES, EXAMPLES) for out in root.glob("**/out") if out.is_dir())
PARAMETERS = [pytest.param(out, id=out.parent.relative_to(REPO).as_posix()) for out in OUTPUTS]


def objects(out: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return what the API server would get, by file; patches are tested where they apply."""
    return [
        (path, document)
        for path, text in tree(out).items()
        if path.endswith(".yaml") and "/hardening/" not in path
        for document in documents(text)
        if document["kind"] not in KUSTOMIZE
    ]


@pytest.mark.parametrize("out", PARAMETERS)
def test_built_in_objects_are_valid(out: Path) -> None:
    for path, document in objects(out):
        if str(document["apiVersion"]) in BUILT_IN:
            for version in KUBERNETES:
                try:
                    kubernetes_validate.validate(document, version, strict=True)
                except kubernetes_validate.ValidationError as error:
                    pytest.fail(f"{path}: {error.message}")


@pytest.mark.parametrize("out", PARAMETERS)
def test_custom_resources_are_valid(out: Path) -> None:
    for _, document in objects(out):
        if str(document["apiVersion"]) not in BUILT_IN:
            crds.check(document)


@pytest.mark.parametrize("out", PARAMETERS)
def test_kustomization_lists_everything_once(out: Path) -> None:
    kustomization = yaml.safe_load((out / "kustomization.yaml").read_text(encoding="utf-8"))
    listed = kustomization.get("resources", [])
    written = {
        path
        for path in tree(out)
        if path.endswith(".yaml") and "/hardening/" not in path and path != "kustomization.yaml"
    }
    assert sorted(listed) == sorted(written)


@pytest.mark.parametrize("out", PARAMETERS)
def test_kustomize_takes_it(out: Path) -> None:
    def identity(document: dict[str, Any]) -> tuple[str, str, str]:
        meta = document["metadata"]
        return document["kind"], meta.get("namespace", ""), meta["name"]

    applied = {identity(document): document for document in kustomize.build(out)}
    written = {identity(document): document for _, document in objects(out)}
    assert applied == written


@pytest.mark.parametrize("out", PARAMETERS)
def test_objects_are_named_once(out: Path) -> None:
    names = [
        (d["apiVersion"], d["kind"], d["metadata"].get("namespace"), d["metadata"]["name"])
        for _, d in objects(out)
    ]
    assert len(names) == len(set(names))
    assert all(len(str(name[-1])) <= 63 for name in names)


@pytest.mark.parametrize("out", PARAMETERS)
def test_nothing_admits_everyone_unasked(out: Path) -> None:
    """No empty peer, no empty list of peers or ports, no bare 0.0.0.0/0 in any NetworkPolicy."""
    for path, document in objects(out):
        if document["kind"] != "NetworkPolicy":
            continue
        spec = document["spec"]
        assert set(spec["policyTypes"]) == {"Ingress", "Egress"} or spec["podSelector"], path
        for rule in (*spec.get("ingress", ()), *spec.get("egress", ())):
            peers = rule.get("from", rule.get("to"))
            assert peers, f"{path}: a rule without peers admits everyone"
            assert rule.get("ports"), f"{path}: a rule without ports admits every port"
            for peer in peers:
                block = peer.get("ipBlock", {"cidr": "", "except": ["-"]})
                assert block["cidr"] not in {"0.0.0.0/0", "::/0"} or block.get("except"), path
                assert "ipBlock" in peer or "namespaceSelector" in peer or peer["podSelector"], path


DOCKERFILES = sorted(path for out in OUTPUTS for path in out.glob("**/*.Dockerfile"))


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda p: p.relative_to(REPO).as_posix())
def test_dockerfiles_pass_hadolint(path: Path) -> None:
    hadolint.check(path.read_text(encoding="utf-8"))


def test_there_is_something_to_judge() -> None:
    assert len(OUTPUTS) > 20
    assert DOCKERFILES
    kinds = {document["kind"] for out in OUTPUTS for _, document in objects(out)}
    assert kinds >= {
        "AuthorizationPolicy",
        "DestinationRule",
        "HTTPRoute",
        "Namespace",
        "NetworkPolicy",
        "PeerAuthentication",
        "Role",
        "RoleBinding",
        "Service",
        "ServiceAccount",
        "VirtualService",
    }
