"""Single settings: what a program declares, in the pod that `kubectl kustomize` makes."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from attrs import evolve

from ir_build import cluster, port, program, span, workload
from oracles import kustomize
from polc.backend import ComponentPart, Feature, NamespaceLabels
from polc.ir.nodes import (
    Grant,
    Level,
    Namespace,
    Probe,
    Relaxation,
    Resources,
    Rollout,
    Security,
    Stop,
    Version,
    Workload,
)
from polc_backends.securitycontext import BACKEND, emit_labels
from polc_backends.securitycontext.contexts import (
    MAX_VOLUME_NAME,
    container_context,
    pod_context,
    volume_name,
)
from semantics import pss
from unit.backends.securitycontext.manifests import deployment

HEADERS = [{"name": "Cookie", "value": "probe=1"}]
SECURITY = Security("restricted", Level.RESTRICTED, 10001, 10001)


def relaxed(*names: str, **more: Any) -> Security:
    reasons = tuple(Relaxation(name, "a reason") for name in sorted(names))
    return evolve(SECURITY, level=Level.PRIVILEGED, relaxed=reasons, **more)


def applied(folder: Path, each: Workload, **pod: Any) -> dict[str, Any]:
    artifacts, _ = BACKEND.emit(program([each]))
    names = [each.object_name, f"{each.object_name}-v2"]
    manifests = [deployment(name, each.namespace, **pod) for name in names]
    objects = kustomize.build(kustomize.lay_out(folder, artifacts, manifests))
    found = next(item for item in objects if item["metadata"]["name"] == each.object_name)
    kubernetes_validate.validate(found, "1.36", strict=True)
    spec: dict[str, Any] = pss.template_of(found)["spec"]
    return spec


# --- contexts -------------------------------------------------------------------------------------


def test_volumes_belong_to_the_group_unless_told_otherwise() -> None:
    assert pod_context(SECURITY)["fsGroup"] == 10001
    assert pod_context(evolve(SECURITY, fs_group=2000))["fsGroup"] == 2000
    assert "fsGroup" not in pod_context(relaxed("run-as-non-root", user=0, group=0))


def test_low_port_gets_the_sysctl() -> None:
    context = pod_context(evolve(SECURITY, unprivileged_port_start=80))
    sysctl = {"name": "net.ipv4.ip_unprivileged_port_start", "value": "80"}
    assert context["sysctls"] == [sysctl]
    assert pss.violations({"spec": {"securityContext": context, "containers": []}}) == []


def test_no_sysctl_in_the_network_of_the_node() -> None:
    assert "sysctls" not in pod_context(relaxed("host-network", unprivileged_port_start=80))


@pytest.mark.parametrize(
    ("relaxation", "missing"), [("run-as-non-root", "runAsNonRoot"), ("seccomp", "seccompProfile")]
)
def test_relaxed_field_of_the_pod_is_not_set(relaxation: str, missing: str) -> None:
    strict, loose = pod_context(SECURITY), pod_context(relaxed(relaxation))
    assert set(strict) - set(loose) == {missing}


def test_relaxed_fields_of_containers() -> None:
    assert container_context(relaxed("privilege-escalation"))["allowPrivilegeEscalation"] is True
    assert container_context(relaxed("read-only-root"))["readOnlyRootFilesystem"] is False
    assert "capabilities" not in container_context(relaxed("drop-capabilities"))


def test_privileged_container_is_not_denied_escalation() -> None:
    """The API server refuses `privileged: true` with `allowPrivilegeEscalation: false`."""
    context = container_context(relaxed("privileged"))
    assert (context["privileged"], context["allowPrivilegeEscalation"]) == (True, True)


def test_capability_is_added_to_nothing() -> None:
    added = (Relaxation("NET_BIND_SERVICE", "a reason"),)
    context = container_context(evolve(SECURITY, capabilities=added))
    assert context["capabilities"] == {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}


@pytest.mark.parametrize(
    ("path", "name"), [("/tmp", "polc-tmp"), ("/var/cache/nginx", "polc-var-cache-nginx")]
)
def test_volume_is_called_like_its_path(path: str, name: str) -> None:
    assert volume_name(path) == name


def test_volumes_of_different_paths_have_different_names() -> None:
    paths = ["/a-b", "/a/b", "/A/b", "/a.b", "/a_b", "/" + "x" * 99, "/" + "x" * 98, "/-", "/é"]
    names = [volume_name(path) for path in paths]
    assert len(set(names)) == len(paths)
    assert all(len(name) <= MAX_VOLUME_NAME for name in names)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in names)


# --- the pod --------------------------------------------------------------------------------------


def test_host_fields_that_are_relaxed_stay_as_they_are(tmp_path: Path) -> None:
    each = workload("shop/api", security=relaxed("host-network", "host-ports"))
    ports = [{"containerPort": 80, "hostPort": 80}]
    containers = [{"name": "server", "image": "server", "ports": ports}]
    pod = applied(tmp_path, each, hostNetwork=True, hostPID=True, containers=containers)
    assert pod["hostNetwork"] is True
    assert "hostPID" not in pod
    assert pod["containers"][0]["ports"] == ports


def test_token_only_where_it_is_needed(tmp_path: Path) -> None:
    grant = Grant(("get",), "", "pods", namespace="shop")
    pod = applied(tmp_path, workload("shop/api", grants=(grant,)))
    assert pod["automountServiceAccountToken"] is True


def test_grace_period(tmp_path: Path) -> None:
    pod = applied(tmp_path, workload("shop/api", stop=Stop(grace=45, signal="SIGINT")))
    assert pod["terminationGracePeriodSeconds"] == 45
    assert "lifecycle" not in pod["containers"][0]


def test_versions_are_the_workload_too(tmp_path: Path) -> None:
    """All of them: a rollout that sends everything to one does not stop the other's pods."""
    rollout = Rollout((), (("v1", 100),), (Version("v1", ()),))
    each = workload("shop/api", rollout=rollout, versions=("v1", "v2"))
    artifacts, _ = BACKEND.emit(program([each]))
    manifests = [deployment(f"api{suffix}", "shop") for suffix in ("", "-v1", "-v2", "-v3")]
    objects = kustomize.build(kustomize.lay_out(tmp_path, artifacts, manifests))
    hardened = [
        item["metadata"]["name"] for item in objects if not pss.violations(pss.template_of(item))
    ]
    assert hardened == ["api", "api-v1", "api-v2"]


def test_version_with_the_name_of_another_workload_is_that(tmp_path: Path) -> None:
    versions = (Version("v2", ()),)
    first = workload("shop/api", rollout=Rollout((), (("v2", 100),), versions), versions=("v2",))
    second = workload("shop/api-v2", security=evolve(SECURITY, user=7))
    artifacts, _ = BACKEND.emit(program([first, second]))
    manifests = [deployment("api-v2", "shop")]
    (item,) = kustomize.build(kustomize.lay_out(tmp_path, artifacts, manifests))
    assert pss.template_of(item)["spec"]["securityContext"]["runAsUser"] == 7


# --- resources and probes of the first container --------------------------------------------------


def test_resources_are_set_on_the_first_container_and_others_kept(tmp_path: Path) -> None:
    each = workload("shop/api", resources=Resources(("100m", "500m"), ("64Mi", "128Mi")))
    containers = [
        {
            "name": "server",
            "image": "server",
            "resources": {"limits": {"cpu": 1, "memory": 1073741824, "nvidia.com/gpu": 1}},
        },
        {"name": "b", "image": "b"},
    ]
    first, second = applied(tmp_path, each, containers=containers)["containers"]
    assert first["resources"] == {
        "requests": {"cpu": "100m", "memory": "64Mi"},
        "limits": {"cpu": "500m", "memory": "128Mi", "nvidia.com/gpu": 1},
    }
    assert "resources" not in second


def test_probe_replaces_the_handler_and_keeps_the_timing(tmp_path: Path) -> None:
    web = port("web", 8443, "https")
    each = workload(
        "shop/api",
        web,
        probes=(
            Probe("live", "grpc", port("rpc", 9000, "grpc")),
            Probe("ready", "GET", web, "/readyz"),
            Probe("startup", "exec", command=("true",)),
        ),
    )
    server = {
        "name": "server",
        "image": "server",
        "livenessProbe": {"tcpSocket": {"port": 1}, "initialDelaySeconds": 10},
        "readinessProbe": {
            "httpGet": {"path": "/old", "port": 1, "host": "a.example", "httpHeaders": HEADERS}
        },
    }
    containers = [server, {"name": "b", "image": "b"}]
    first, second = applied(tmp_path, each, containers=containers)["containers"]
    assert first["livenessProbe"] == {"grpc": {"port": 9000}, "initialDelaySeconds": 10}
    assert first["readinessProbe"] == {
        "httpGet": {"path": "/readyz", "port": 8443, "scheme": "HTTPS", "httpHeaders": HEADERS}
    }
    assert first["startupProbe"] == {"exec": {"command": ["true"]}}
    assert set(second) == {"name", "image", "securityContext"}


# --- namespaces -----------------------------------------------------------------------------------


@pytest.mark.parametrize("level", list(Level))
def test_namespace_enforces_its_level_and_warns_of_the_rest(level: Level) -> None:
    labels = dict(emit_labels(Namespace("shop", None, level)).labels)
    assert labels == {
        "pod-security.kubernetes.io/enforce": level.value,
        "pod-security.kubernetes.io/enforce-version": "latest",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/audit-version": "latest",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "latest",
    }


def test_knative_workload_has_labels_and_no_component() -> None:
    artifacts, _ = BACKEND.emit(program([workload("shop/thumbs", kind="knative")]))
    assert [type(each) for each in artifacts] == [NamespaceLabels]


def test_parts_know_where_they_come_from() -> None:
    security = evolve(SECURITY, span=span("run"))
    artifacts, _ = BACKEND.emit(program([workload("shop/api", security=security)]))
    patch = next(
        each
        for each in artifacts
        if isinstance(each, ComponentPart) and each.name == "api.patch.yaml"
    )
    assert [each.text for each in patch.spans] == ["service api", "run"]


def test_it_hardens() -> None:
    assert BACKEND.name == "securitycontext"
    assert BACKEND.features(cluster()) == {Feature.POD_SECURITY}


def test_baseline_with_what_it_lets_relax_stays_baseline(tmp_path: Path) -> None:
    names = ("drop-capabilities", "privilege-escalation", "read-only-root", "run-as-non-root")
    capabilities = (Relaxation("CHOWN", "it owns its spool"),)
    security = relaxed(*names, user=0, group=0, capabilities=capabilities)
    pod = applied(tmp_path, workload("shop/api", security=security))
    assert pss.violations({"spec": pod}, "baseline") == []
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": True,
        "capabilities": {"add": ["CHOWN"]},
        "readOnlyRootFilesystem": False,
    }
