"""The examples, as their users have them: compiled, applied, and judged by what was applied."""

import json
import os
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import EXAMPLES, REPO, TODAY, as_params, codes_of, kustomize, polc, programs, tree

SHARED_PROGRAMS = ("boutique.svc", "cloud-native.svc")

# Who calls whom in Google's Online Boutique, by container port, read off the programs' own
# environment variables (`CART_SERVICE_ADDR` and the like) and not off the policy.
CALLS = {
    ("frontend", "adservice", 9555),
    ("frontend", "cartservice", 7070),
    ("frontend", "checkoutservice", 5050),
    ("frontend", "currencyservice", 7000),
    ("frontend", "productcatalogservice", 3550),
    ("frontend", "recommendationservice", 8080),
    ("frontend", "shippingservice", 50051),
    ("checkoutservice", "cartservice", 7070),
    ("checkoutservice", "currencyservice", 7000),
    ("checkoutservice", "emailservice", 8080),
    ("checkoutservice", "paymentservice", 50051),
    ("checkoutservice", "productcatalogservice", 3550),
    ("checkoutservice", "shippingservice", 50051),
    ("recommendationservice", "productcatalogservice", 3550),
    ("cartservice", "redis-cart", 6379),
    ("loadgenerator", "frontend", 8080),
}


@pytest.mark.parametrize("program", as_params(programs(EXAMPLES), EXAMPLES))
def test_output_is_fresh(
    program: Path, update: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`out/` is what the README's command writes; the source map names files from the root."""
    monkeypatch.chdir(REPO)
    path = program.relative_to(REPO)
    if update:
        assert polc("build", path, "-o", path.parent / "out").status == 0
    run = polc("build", path, "-o", tmp_path / "out", "--today", TODAY, "--color", "never")
    assert run.status == 0, run.err
    assert tree(program.parent / "out") == tree(tmp_path / "out")
    check = polc("build", path, "-o", path.parent / "out", "--check", "--today", TODAY)
    assert check.status == 0, check.err


@pytest.mark.parametrize("program", as_params(programs(EXAMPLES), EXAMPLES))
def test_check_tells_stale_output(program: Path, tmp_path: Path) -> None:
    shutil.copytree(program.parent, tmp_path / "example")
    copy = tmp_path / "example" / "policy.svc"
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text.replace("port   grpc 9555", "port   grpc 9556").replace("5432", "5433"))
    run = polc("build", copy, "-o", tmp_path / "example/out", "--check", "--today", TODAY)
    assert run.status == 1
    assert tree(tmp_path / "example/out") == tree(program.parent / "out"), "--check writes nothing"


@pytest.mark.parametrize("name", SHARED_PROGRAMS)
def test_shared_program_compiles(name: str, shared: Path, tmp_path: Path) -> None:
    run = polc("build", shared / "examples" / name, "-o", tmp_path / "out", "--today", TODAY)
    assert run.status == 0, run.err
    assert codes_of(run) == ()


# --- the boutique as it is applied ---------------------------------------------------------------


@pytest.fixture(scope="module")
def applied() -> list[dict[str, Any]]:
    return kustomize(EXAMPLES / "boutique")


def of_kind(objects: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [each for each in objects if each["kind"] in kinds]


def test_manifests_are_those_of_the_boutique(applied: list[dict[str, Any]]) -> None:
    deployments = {each["metadata"]["name"] for each in of_kind(applied, "Deployment")}
    called = {name for call in CALLS for name in call[:2]}
    assert deployments == called | {"productcatalogservice-v2"}
    services = {each["metadata"]["name"] for each in of_kind(applied, "Service")}
    assert services == called - {"loadgenerator"}


def test_every_workload_runs_as_itself(applied: list[dict[str, Any]]) -> None:
    accounts = {each["metadata"]["name"] for each in of_kind(applied, "ServiceAccount")}
    for deployment in of_kind(applied, "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        app = deployment["metadata"]["labels"]["app"]
        assert spec["serviceAccountName"] == app
        assert spec["automountServiceAccountToken"] is False
        assert app in accounts


def test_volumes_are_mounted_once(applied: list[dict[str, Any]]) -> None:
    for deployment in of_kind(applied, "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        volumes = [volume["name"] for volume in spec.get("volumes", ())]
        assert len(volumes) == len(set(volumes))
        for container in (*spec["containers"], *spec.get("initContainers", ())):
            mounts = container.get("volumeMounts", ())
            paths = [mount["mountPath"] for mount in mounts]
            assert len(paths) == len(set(paths)), deployment["metadata"]["name"]
            assert {mount["name"] for mount in mounts} <= set(volumes)
    (redis,) = (d for d in of_kind(applied, "Deployment") if d["metadata"]["name"] == "redis-cart")
    (container,) = redis["spec"]["template"]["spec"]["containers"]
    assert "/data" in [mount["mountPath"] for mount in container["volumeMounts"]]


def test_containers_keep_what_was_theirs(applied: list[dict[str, Any]]) -> None:
    plain = {
        d["metadata"]["name"]: d
        for d in kustomize(EXAMPLES / "boutique/manifests")
        if d["kind"] == "Deployment"
    }
    for deployment in of_kind(applied, "Deployment"):
        before = plain[deployment["metadata"]["name"]]["spec"]["template"]["spec"]
        after = deployment["spec"]["template"]["spec"]
        for kind in ("containers", "initContainers"):
            for old, new in zip(before.get(kind, ()), after.get(kind, ()), strict=True):
                assert new["name"] == old["name"]
                assert new["image"] == old["image"]
                assert new.get("env") == old.get("env")
                assert new.get("ports") == old.get("ports")
                assert new.get("command") == old.get("command")


# --- connectivity, as an independent implementation reads it --------------------------------------


@pytest.mark.oracle
def test_connectivity_equals_the_declared_flows(
    applied: list[dict[str, Any]], tmp_path: Path
) -> None:
    nca = os.environ.get("NCA")
    if nca is None:
        pytest.skip("NOT CHECKED: network-config-analyzer is not here; run `make oracles`")
    dump(tmp_path / "policies.yaml", of_kind(applied, "NetworkPolicy"))
    dump(tmp_path / "workloads.yaml", [*of_kind(applied, "Deployment"), *STRANGERS])
    dump(tmp_path / "namespaces.yaml", [*of_kind(applied, "Namespace"), *NAMESPACES])
    command = [
        str(REPO / nca),
        *("--connectivity", "policies.yaml", "-p", "workloads.yaml", "-n", "namespaces.yaml"),
        *("--output_format", "json", "--output_endpoints", "deployments"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = flows_of(
        json.loads(done.stdout[done.stdout.index("\n[") : done.stdout.rindex("]") + 1])
    )
    among = {flow for flow in found if flow[0] in BOUTIQUE and flow[1] in BOUTIQUE}
    declared = {(a, b, port) for call in CALLS for a, b, port in versions(*call)}
    assert among == declared
    inward = {flow for flow in found if flow[0] not in BOUTIQUE and flow[1] in BOUTIQUE}
    assert {flow[:2] for flow in inward} == {("istio-ingressgateway", "frontend")}
    outward = {flow for flow in found if flow[0] in BOUTIQUE and flow[1] not in BOUTIQUE}
    assert {flow[1] for flow in outward} <= {"coredns", "istiod"}


BOUTIQUE = {name for call in CALLS for name in call[:2]} | {"productcatalogservice-v2"}


def versions(caller: str, callee: str, port: int) -> set[tuple[str, str, int]]:
    """Return a call for each Deployment that stands behind a name."""
    name = "productcatalogservice"
    callers = {caller, f"{name}-v2"} if caller == name else {caller}
    callees = {callee, f"{name}-v2"} if callee == name else {callee}
    return {(a, b, port) for a, b in product(callers, callees)}


def stranger(name: str, namespace: str, **labels: str) -> dict[str, Any]:
    """Return a Deployment that the program has nothing to do with, or knows as extern."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": "main"}]},
            },
        },
    }


STRANGERS = [
    stranger("stranger", "boutique", app="stranger"),
    stranger("impostor", "elsewhere", app="frontend"),
    stranger("coredns", "kube-system", **{"k8s-app": "kube-dns"}),
    stranger("istiod", "istio-system", app="istiod", istio="pilot"),
    stranger("istio-ingressgateway", "istio-system", app="x", istio="ingressgateway"),
    stranger("istio-ingressgateway", "istio-ingress", app="x", istio="ingressgateway"),
]
NAMESPACES = [
    {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
    }
    for name in ("elsewhere", "kube-system", "istio-system", "istio-ingress")
]


def dump(path: Path, objects: list[dict[str, Any]]) -> None:
    path.write_text(yaml.safe_dump_all(objects), encoding="utf-8")


def flows_of(answer: list[dict[str, Any]]) -> set[tuple[str, str, int]]:
    """Return (source, target, port) of every rule of a connectivity map."""
    found = set()
    for explanation in answer[0]["explanation"]:
        for rule in explanation["rules"]:
            sources = rule.get("src_pods") or rule.get("src_ip_block") or ["?"]
            targets = rule.get("dst_pods") or rule.get("dst_ip_block") or ["?"]
            connections = rule["connection"]
            ports = [
                int(port)
                for connection in (connections if isinstance(connections, list) else [])
                for port in connection.get("dst_ports", [0])
            ] or [0]
            found |= set(product(sources, targets, ports))
    return found
