"""The examples, as their users have them: compiled, applied, and judged by what was applied."""

import shutil
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from oracles import kustomize, nca
from semantics import netpol, pss
from semantics.netpol import Endpoint, Pod
from support import EXAMPLES, REPO, TODAY, as_params, changes, codes_of, polc, programs, tree

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
    assert changes(tree(program.parent / "out"), tree(tmp_path / "out")) == ""
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
    return kustomize.build(EXAMPLES / "boutique")


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
        for d in kustomize.build(EXAMPLES / "boutique/manifests")
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


# --- what is let through, by two evaluators that share nothing with polc ------------------------

PORTS = sorted({port for _, _, port in CALLS} | {1, 443, 6379, 15012, 15017, 15090})
DNS, ISTIOD = "coredns", "istiod"


@pytest.fixture(scope="module")
def ours(applied: list[dict[str, Any]]) -> dict[str, Pod]:
    """Return one pod of each Deployment as it was applied."""
    return {
        deployment["metadata"]["name"]: Pod(
            deployment["metadata"]["namespace"],
            deployment["spec"]["template"]["metadata"]["labels"],
            f"10.244.1.{number}",
        )
        for number, deployment in enumerate(of_kind(applied, "Deployment"), 10)
    }


STRANGERS = {
    "stranger": Pod("boutique", {"app": "stranger"}, "10.244.2.1"),
    "impostor": Pod("elsewhere", {"app": "frontend"}, "10.244.2.2"),
    "gateway": Pod("istio-ingress", {"istio": "ingressgateway"}, "10.244.2.3"),
    "impostor-gateway": Pod("elsewhere", {"istio": "ingressgateway"}, "10.244.2.4"),
    DNS: Pod("kube-system", {"k8s-app": "kube-dns"}, "10.244.2.5"),
    ISTIOD: Pod("istio-system", {"app": "istiod"}, "10.244.2.6"),
}
PROBED = (*(("TCP", port) for port in (53, *PORTS)), ("UDP", 53), ("UDP", 7000))
OUTSIDE = ("198.51.100.7", "169.254.169.254", "10.0.0.1", "2001:db8::7")


def expected(source: str, target: str, protocol: str, port: int) -> bool:
    """Tell whether the program lets it through, from `CALLS` and what a sidecar needs."""
    one, other = (name.removesuffix("-v2") for name in (source, target))
    ours = {name for call in CALLS for name in call[:2]}
    if one in ours and other == DNS:
        return port == 53
    if protocol != "TCP":
        return False
    if one in ours and other == ISTIOD:
        return port == 15012
    return (one, other, port) in CALLS | {("gateway", "frontend", 8080)}


def test_connectivity_equals_the_declared_flows(
    applied: list[dict[str, Any]], ours: dict[str, Pod]
) -> None:
    policies = of_kind(applied, "NetworkPolicy")
    for strict in (False, True):
        compare(
            ours,
            lambda a, b, protocol, port, strict=strict: netpol.allowed(
                policies, a, b, protocol, port, blocks_match_pods=strict
            ),
        )


@pytest.mark.oracle
def test_connectivity_as_network_config_analyzer_sees_it(
    applied: list[dict[str, Any]], ours: dict[str, Pod], tmp_path: Path
) -> None:
    pods = (*ours.values(), *STRANGERS.values())
    compare(ours, nca.ask(of_kind(applied, "NetworkPolicy"), pods, tmp_path).allows)


def compare(ours: dict[str, Pod], allows: Callable[[Endpoint, Endpoint, str, int], bool]) -> None:
    ends: dict[str, Endpoint] = {**ours, **STRANGERS, **{each: each for each in OUTSIDE}}
    wrong = [
        (source, target, protocol, port)
        for source, target in permutations(ends, 2)
        if source in ours or target in ours
        for protocol, port in PROBED
        if allows(ends[source], ends[target], protocol, port)
        != expected(source, target, protocol, port)
    ]
    assert wrong == []


def test_pods_pass_the_restricted_standard(applied: list[dict[str, Any]]) -> None:
    for deployment in of_kind(applied, "Deployment"):
        assert pss.violations(pss.template_of(deployment)) == [], deployment["metadata"]["name"]
    (namespace,) = of_kind(applied, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_plain_manifests_do_not_pass() -> None:
    """What the test above shows is polc's doing."""
    for deployment in of_kind(kustomize.build(EXAMPLES / "boutique/manifests"), "Deployment"):
        assert pss.violations(pss.template_of(deployment)) != []


def test_the_root_is_read_only(applied: list[dict[str, Any]]) -> None:
    for deployment in of_kind(applied, "Deployment"):
        for _, container in pss.containers(pss.template_of(deployment)["spec"]):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
