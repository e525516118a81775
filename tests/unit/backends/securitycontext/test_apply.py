"""What `kubectl kustomize` makes of a user's manifests when the component is added."""

import copy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from attrs import evolve

from ir_build import program, workload
from oracles import kustomize
from polc.ir.nodes import Level, Relaxation, Security, Workload
from polc_backends.securitycontext import BACKEND
from semantics import pss
from unit.backends.securitycontext.manifests import INSECURE, deployment, of_kind

RESTRICTED = Security(
    "restricted", Level.RESTRICTED, 10001, 10002, fs_group=10003, writes=("/tmp", "/var/cache/api")
)
KINDS = {
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "job": "Job",
    "cronjob": "CronJob",
}


def api(kind: str = "deployment", **more: Any) -> Workload:
    more.setdefault("security", RESTRICTED)
    return workload("shop/api", kind=kind, **more)


def lay_out(folder: Path, workloads: list[Workload], manifests: Any, **more: Any) -> Path:
    artifacts, found = BACKEND.emit(program(workloads))
    assert found == ()
    return kustomize.lay_out(folder, artifacts, manifests, **more)


def apply(
    folder: Path, manifests: Any, *workloads: Workload, **more: Any
) -> dict[str, dict[str, Any]]:
    """Return the workloads of the result by name; nothing else may be in it."""
    objects = kustomize.build(lay_out(folder, list(workloads) or [api()], manifests, **more))
    assert {each["kind"] for each in objects} <= set(KINDS.values()), "something was left over"
    return {each["metadata"]["name"]: each for each in objects}


def pod_of(each: dict[str, Any]) -> Any:
    return pss.template_of(each)["spec"]


def mounts(container: dict[str, Any]) -> dict[str, str]:
    paths = [each["mountPath"] for each in container.get("volumeMounts", ())]
    assert len(paths) == len(set(paths)), "a path may be mounted once only"
    return {each["mountPath"]: each["name"] for each in container.get("volumeMounts", ())}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("namespace", [None, "shop"])
def test_insecure_pod_becomes_restricted(kind: str, namespace: str | None, tmp_path: Path) -> None:
    """Three containers, two init containers, all five kinds, with and without a namespace."""
    manifest = of_kind(KINDS[kind], "api", INSECURE, namespace)
    assert len(pss.violations(pss.template_of(manifest))) > 15
    applied = apply(tmp_path, [manifest], api(kind), namespace="shop")["api"]
    assert pss.violations(pss.template_of(applied)) == []
    assert applied["metadata"] == {"name": "api", "namespace": "shop"}
    pod = pod_of(applied)
    assert pod["serviceAccountName"] == "api"
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10002,
        "fsGroup": 10003,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for container in (*pod["containers"], *pod["initContainers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }
        assert mounts(container).items() >= {
            ("/tmp", "polc-tmp"),
            ("/var/cache/api", "polc-var-cache-api"),
        }
    assert not {"hostNetwork", "hostPID", "hostIPC", "serviceAccount"} & set(pod)
    kubernetes_validate.validate(_complete(applied), "1.36", strict=True)


def _complete(each: dict[str, Any]) -> dict[str, Any]:
    """Add what the schema asks of a StatefulSet and has nothing to do with hardening."""
    if each["kind"] == "StatefulSet":
        each["spec"]["serviceName"] = "api"
    return each


def test_everything_else_stays(tmp_path: Path) -> None:
    applied = apply(tmp_path, [of_kind("Deployment", "api", INSECURE, "shop")])["api"]
    expected = copy.deepcopy(INSECURE)
    ours = ("securityContext", "volumeMounts", "ports")
    for field in ("containers", "initContainers"):
        after = [dict(each) for each in pod_of(applied)[field]]
        before = expected[field]
        for container in (*after, *before):
            for key in ours:
                container.pop(key, None)
        assert after == before, "in their order, with image, command and environment"
    volumes = pod_of(applied)["volumes"]
    assert {"name": "w", "emptyDir": {"sizeLimit": "1Gi"}} in volumes
    assert {each["name"] for each in volumes} == {"w", "polc-tmp", "polc-var-cache-api"}


def test_ports_of_the_host_are_given_back(tmp_path: Path) -> None:
    applied = apply(tmp_path, [of_kind("Deployment", "api", INSECURE, "shop")])["api"]
    first = pod_of(applied)["containers"][0]
    assert first["ports"] == [{"containerPort": 8080, "hostPort": 0}, {"containerPort": 9090}]


# --- mounts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mount",
    [
        "- {name: data, mountPath: /var/cache/api}",
        "- {mountPath: /var/cache/api, name: data}",
        "- {mountPath: /var/cache/api/, name: data}",
        "- {name: data, mountPath: /var/cache}",
        '- {name: data, mountPath: "/var"}',
        '- {"name": "data", "mountPath": "/var/cache/api"}',
        "- name: data\n          mountPath: '/var/cache/api'  # the volume claim",
        "- mountPath: /var/cache/api\n          name: data\n          readOnly: true",
        "- mountPath:   /var/cache/api/\n          name: data",
    ],
)
def test_mount_at_the_path_or_above_is_kept(mount: str, tmp_path: Path) -> None:
    """A persistent volume must never be covered by an empty one."""
    text = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: api}}
spec:
  selector: {{matchLabels: {{app: api}}}}
  template:
    metadata: {{labels: {{app: api}}}}
    spec:
      containers:
      - name: server
        image: server
        volumeMounts:
        {mount}
      - {{name: other, image: other}}
      volumes:
      - {{name: data, persistentVolumeClaim: {{claimName: data}}}}
"""
    server, other = pod_of(apply(tmp_path, text, namespace="shop")["api"])["containers"]
    assert "data" in mounts(server).values()
    assert mounts(server)["/tmp"] == "polc-tmp"
    assert "polc-var-cache-api" not in mounts(server).values()
    assert mounts(other) == {"/tmp": "polc-tmp", "/var/cache/api": "polc-var-cache-api"}


@pytest.mark.parametrize(
    "path",
    ["/var/cache/api2", "/var/cache/ap", "/cache/api", "/x/var/cache/api", "/tmp/x", "/vari"],
)
def test_mount_elsewhere_does_not_count(path: str, tmp_path: Path) -> None:
    container = {
        "name": "server",
        "image": "server",
        "volumeMounts": [{"name": "data", "mountPath": path, "subPath": "tmp"}],
    }
    manifest = deployment("api", "shop", containers=[container])
    (server,) = pod_of(apply(tmp_path, [manifest])["api"])["containers"]
    assert mounts(server) == {
        path: "data",
        "/tmp": "polc-tmp",
        "/var/cache/api": "polc-var-cache-api",
    }


def test_unusual_paths_are_mounted_apart(tmp_path: Path) -> None:
    paths = (
        "/a.b",
        "/a/b",
        "/a-b",
        "/A/b",
        "/a b",
        "/tmp",
        "/tmp/cache",
        "/x[1]",
        "/é",
        "/" + "y" * 80,
    )
    security = evolve(RESTRICTED, writes=tuple(sorted(paths)))
    applied = apply(tmp_path, [deployment("api", "shop")], api(security=security))["api"]
    (server,) = pod_of(applied)["containers"]
    assert set(mounts(server)) == set(paths)
    assert len(set(mounts(server).values())) == len(paths)
    kubernetes_validate.validate(applied, "1.36", strict=True)
    again = tmp_path / "again"
    again.mkdir()
    twice = apply(again, [applied], api(security=security))["api"]
    assert twice == applied, "mounts that are there are found"


def test_many_paths(tmp_path: Path) -> None:
    """Marks of paths are told apart though one number is the start of another."""
    paths = tuple(sorted(f"/p{index}" for index in range(13)))
    container = {
        "name": "server",
        "image": "server",
        "volumeMounts": [{"name": "data", "mountPath": paths[1]}],
    }
    manifest = deployment("api", "shop", containers=[container, {"name": "b", "image": "b"}])
    security = evolve(RESTRICTED, writes=paths)
    server, other = pod_of(apply(tmp_path, [manifest], api(security=security))["api"])["containers"]
    assert set(mounts(server)) == set(mounts(other)) == set(paths)
    assert mounts(server)[paths[1]] == "data"


def test_without_read_only_root_nothing_is_mounted(tmp_path: Path) -> None:
    relaxed = (Relaxation("read-only-root", "it writes reports everywhere"),)
    security = evolve(RESTRICTED, relaxed=relaxed)
    applied = apply(tmp_path, [deployment("api", "shop")], api(security=security))["api"]
    pod = pod_of(applied)
    assert "volumes" not in pod
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is False
    assert pss.violations(pss.template_of(applied)) == []


# --- which objects --------------------------------------------------------------------------------


def test_only_the_workload_is_touched(tmp_path: Path) -> None:
    strangers = [
        deployment("api-v3", "shop"),
        deployment("myapi", "shop"),
        deployment("api", "elsewhere"),
        of_kind("StatefulSet", "api", {"containers": [{"name": "c", "image": "c"}]}, "shop"),
    ]
    folder = lay_out(tmp_path, [api()], [deployment("api", "shop"), *strangers])
    objects = kustomize.build(folder)
    assert all(stranger in objects for stranger in strangers)
    assert len(objects) == len(strangers) + 1


def test_absent_workload_does_not_matter(tmp_path: Path) -> None:
    other = deployment("other", "shop")
    assert apply(tmp_path, [other], api(), workload("shop/absent", kind="cronjob")) == {
        "other": other
    }


def test_components_of_two_namespaces_meet(tmp_path: Path) -> None:
    """Services of one name; each gets the hardening of its own namespace."""
    security = evolve(RESTRICTED, user=7, writes=())
    folder = lay_out(
        tmp_path,
        [api(), workload("depot/api", security=security)],
        [deployment("api", "shop"), deployment("api", "depot")],
    )
    users = {
        each["metadata"]["namespace"]: pod_of(each)["securityContext"]["runAsUser"]
        for each in kustomize.build(folder)
    }
    assert users == {"shop": 10001, "depot": 7}


def test_annotations_of_the_object_stay(tmp_path: Path) -> None:
    manifest = deployment("api", "shop")
    manifest["metadata"]["annotations"] = {"team": "checkout"}
    applied = apply(tmp_path, [manifest])["api"]
    assert applied["metadata"]["annotations"] == {"team": "checkout"}


def test_security_context_that_is_null_fails_the_build(tmp_path: Path) -> None:
    """Kustomize can't replace it; passing over it would leave a container as it was."""
    containers = [
        {"name": "server", "image": "server"},
        {"name": "b", "image": "b", "securityContext": None},
    ]
    folder = lay_out(tmp_path, [api()], [deployment("api", "shop", containers=containers)])
    done = kustomize.run(folder)
    assert done.returncode != 0
    assert "securityContext" in done.stderr


@pytest.mark.parametrize("field", ["ports", "resources"])
def test_other_fields_may_be_null(field: str, tmp_path: Path) -> None:
    containers = [{"name": "server", "image": "server", field: None}]
    applied = apply(tmp_path, [deployment("api", "shop", containers=containers)])["api"]
    assert pss.violations(pss.template_of(applied)) == []
    assert set(mounts(pod_of(applied)["containers"][0])) == {"/tmp", "/var/cache/api"}
