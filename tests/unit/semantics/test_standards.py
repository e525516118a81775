"""Pod Security Standards: field by field, and against the plain reading of their page."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polc.ir.nodes import Level
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.pods.standards import breaches
from polc.semantics.workloads.makers import makers
from polc.semantics.workloads.templates import Template, templates
from semantics import pss

STRICT = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
GOOD: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [{"name": "app", "securityContext": STRICT}],
}


def pod(spec: dict[str, Any], **metadata: Any) -> Template:
    meta = {"name": "p", **metadata}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
    [template] = templates(Manifests((Found(body, "pod.yaml"),)))
    return template


def refused(spec: dict[str, Any], level: Level = Level.RESTRICTED, minor: int = 37) -> list[str]:
    template = pod(spec)
    return [template.path(*breach.path) for breach in breaches(template, level, minor)]


def put(*path: str | int, value: Any) -> dict[str, Any]:
    """Return the good pod with one field changed; a field of None is taken away."""
    spec = deepcopy(GOOD)
    at: Any = spec
    for key in path[:-1]:
        at = at[key] if isinstance(key, int) else at.setdefault(key, {})
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return spec


C, S = ("containers", 0), "securityContext"


def test_the_good_pod_is_admitted() -> None:
    assert refused(GOOD) == []


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (put("hostNetwork", value=True), "spec.hostNetwork"),
        (put("hostPID", value=True), "spec.hostPID"),
        (put("hostIPC", value=True), "spec.hostIPC"),
        (
            put("volumes", value=[{"name": "v", "hostPath": {"path": "/"}}]),
            "spec.volumes[0].hostPath",
        ),
        (
            put(*C, "ports", value=[{"containerPort": 80, "hostPort": 80}]),
            "spec.containers[0].ports[0].hostPort",
        ),
        (put(*C, S, "privileged", value=True), "spec.containers[0].securityContext.privileged"),
        (
            put(*C, S, "capabilities", value={"drop": ["ALL"], "add": ["NET_RAW"]}),
            "spec.containers[0].securityContext.capabilities.add[0]",
        ),
        (
            put(*C, S, "procMount", value="Unmasked"),
            "spec.containers[0].securityContext.procMount",
        ),
        (
            put(S, "seccompProfile", value={"type": "Unconfined"}),
            "spec.securityContext.seccompProfile.type",
        ),
        (
            put(S, "appArmorProfile", value={"type": "Unconfined"}),
            "spec.securityContext.appArmorProfile.type",
        ),
        (
            put(*C, S, "seLinuxOptions", value={"type": "spc_t"}),
            "spec.containers[0].securityContext.seLinuxOptions.type",
        ),
        (
            put(S, "seLinuxOptions", value={"role": "r"}),
            "spec.securityContext.seLinuxOptions.role",
        ),
        (
            put(S, "sysctls", value=[{"name": "kernel.msgmax", "value": "1"}]),
            "spec.securityContext.sysctls[0].name",
        ),
        (
            put(*C, "livenessProbe", value={"httpGet": {"host": "1.2.3.4", "port": 1}}),
            "spec.containers[0].livenessProbe.httpGet.host",
        ),
        (
            put(*C, "lifecycle", value={"preStop": {"tcpSocket": {"host": "x", "port": 1}}}),
            "spec.containers[0].lifecycle.preStop.tcpSocket.host",
        ),
        (
            put(*C, S, "windowsOptions", value={"hostProcess": True}),
            "spec.containers[0].securityContext.windowsOptions.hostProcess",
        ),
    ],
)
def test_baseline(spec: dict[str, Any], path: str) -> None:
    assert path in refused(spec, Level.BASELINE)
    assert path in refused(spec, Level.RESTRICTED)
    assert refused(spec, Level.PRIVILEGED) == []


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (
            put(*C, S, "allowPrivilegeEscalation", value=None),
            "spec.containers[0].securityContext.allowPrivilegeEscalation",
        ),
        (
            put(*C, S, "capabilities", value={"drop": ["all"]}),
            "spec.containers[0].securityContext.capabilities.drop",
        ),
        (
            put(*C, S, "capabilities", value={"drop": ["ALL"], "add": ["CHOWN"]}),
            "spec.containers[0].securityContext.capabilities.add[0]",
        ),
        (
            put(S, "runAsNonRoot", value=None),
            "spec.containers[0].securityContext.runAsNonRoot",
        ),
        (put(S, "runAsNonRoot", value=False), "spec.securityContext.runAsNonRoot"),
        (
            put(*C, S, "runAsNonRoot", value=False),
            "spec.containers[0].securityContext.runAsNonRoot",
        ),
        (put(S, "runAsUser", value=0), "spec.securityContext.runAsUser"),
        (put(*C, S, "runAsUser", value=0), "spec.containers[0].securityContext.runAsUser"),
        (
            put(S, "seccompProfile", value=None),
            "spec.containers[0].securityContext.seccompProfile",
        ),
        (put("volumes", value=[{"name": "v", "nfs": {}}]), "spec.volumes[0].nfs"),
        (put("initContainers", value=[{"name": "i"}]), "spec.initContainers[0]"),
        (put("ephemeralContainers", value=[{"name": "e"}]), "spec.ephemeralContainers[0]"),
    ],
)
def test_restricted(spec: dict[str, Any], path: str) -> None:
    assert any(each.startswith(path) for each in refused(spec))
    assert refused(spec, Level.BASELINE) == []


@pytest.mark.parametrize(
    ("spec", "minor", "admitted"),
    [
        (put("hostUsers", value=False) | {S: {"seccompProfile": {"type": "Localhost"}}}, 34, False),
        (put("hostUsers", value=False) | {S: {"seccompProfile": {"type": "Localhost"}}}, 35, True),
        (put(*C, "readinessProbe", value={"tcpSocket": {"host": "x"}}), 33, True),
        (put(*C, "readinessProbe", value={"tcpSocket": {"host": "x"}}), 34, False),
        (put(S, "sysctls", value=[{"name": "net.ipv4.tcp_rmem"}]), 31, False),
        (put(S, "sysctls", value=[{"name": "net.ipv4.tcp_rmem"}]), 32, True),
        (put(S, "seLinuxOptions", value={"type": "container_engine_t"}), 30, False),
        (put(S, "seLinuxOptions", value={"type": "container_engine_t"}), 31, True),
    ],
)
def test_versions(spec: dict[str, Any], minor: int, admitted: bool) -> None:
    assert (refused(spec, minor=minor) == []) is admitted


def test_proc_mount_of_pods_with_users_of_their_own() -> None:
    spec = put(*C, S, "procMount", value="Unmasked") | {"hostUsers": False}
    assert refused(spec, Level.BASELINE) == []
    assert refused(spec, Level.BASELINE, 34) != []
    assert refused(spec) == ["spec.containers[0].securityContext.procMount"]


def test_windows_pods_need_no_more_than_not_to_be_administrators() -> None:
    windows: dict[str, Any] = {"os": {"name": "windows"}, "containers": [{"name": "app"}]}
    assert refused(windows | {S: {"runAsNonRoot": True}}) == []
    assert refused(windows) == ["spec.containers[0].securityContext.runAsNonRoot"]


def test_apparmor_annotations() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/app"
    found = breaches(pod(GOOD, annotations={key: "unconfined"}), Level.BASELINE)
    assert [each.check for each in found] == ["appArmorProfile"]
    for value in ("runtime/default", "localhost/x"):
        assert breaches(pod(GOOD, annotations={key: value}), Level.BASELINE) == ()


def test_every_kind_of_workload_is_read() -> None:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"hostPID": True}}
    spec = {"template": template}
    kinds = [
        ("apps/v1", "Deployment", spec),
        ("apps/v1", "StatefulSet", spec),
        ("apps/v1", "DaemonSet", spec),
        ("apps/v1", "ReplicaSet", spec),
        ("v1", "ReplicationController", spec),
        ("batch/v1", "Job", spec),
        ("batch/v1", "CronJob", {"jobTemplate": {"spec": spec}}),
        ("serving.knative.dev/v1", "Service", spec),
    ]
    for version, kind, body in kinds:
        meta = {"name": "x", "namespace": "n"}
        found = Found({"apiVersion": version, "kind": kind, "metadata": meta, "spec": body}, "f")
        [one] = templates(Manifests((found,)))
        assert [each.check for each in breaches(one, Level.BASELINE)] == ["hostNamespaces"]
        assert one.labels["app"] == "x"


def test_kinds_that_make_pods_in_their_own_way() -> None:
    spec = {"template": {"spec": {"containers": [{"name": "x"}]}}}
    body = {"apiVersion": "example.com/v1", "kind": "Release", "spec": spec}
    manifests = Manifests((Found(body, "f"),))
    assert list(templates(manifests)) == []
    assert [each.found.kind for each in makers(manifests)] == ["Release"]


@pytest.mark.parametrize("junk", [None, [], "text", {"containers": "x"}, {"containers": [None]}])
def test_nothing_is_taken_for_granted(junk: Any) -> None:
    breaches(pod(junk), Level.RESTRICTED)


# --- against the plain reading ------------------------------------------------------------------


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


PROFILES = optional(type=st.sampled_from(["RuntimeDefault", "Localhost", "Unconfined"])).filter(
    bool
)
SHARED: dict[str, st.SearchStrategy[Any]] = {
    "runAsNonRoot": st.booleans(),
    "runAsUser": st.sampled_from([0, 1000]),
    "seccompProfile": PROFILES,
    "appArmorProfile": PROFILES,
    "seLinuxOptions": optional(type=st.sampled_from(["", "container_t", "spc_t"])),
}
NAMES = st.lists(st.sampled_from(["ALL", "CHOWN", "NET_BIND_SERVICE", "SYS_ADMIN"]), max_size=2)
CONTEXTS = optional(
    **SHARED,
    privileged=st.booleans(),
    allowPrivilegeEscalation=st.booleans(),
    capabilities=optional(drop=NAMES, add=NAMES),
    procMount=st.sampled_from(["Default", "Unmasked"]),
)
CONTAINERS = st.fixed_dictionaries(
    {"name": st.just("c")},
    optional={
        "securityContext": CONTEXTS,
        "ports": st.just([{"containerPort": 1, "hostPort": 2}]) | st.just([{"containerPort": 1}]),
    },
)
SPECS = st.fixed_dictionaries(
    {"containers": st.lists(CONTAINERS, min_size=1, max_size=2)},
    optional={
        "initContainers": st.lists(CONTAINERS, max_size=1),
        "securityContext": optional(**SHARED),
        "hostNetwork": st.booleans(),
        "volumes": st.sampled_from(
            [[], [{"name": "v", "emptyDir": {}}], [{"name": "v", "hostPath": {}}]]
        ),
    },
)


def _mostly_good(spec: dict[str, Any]) -> dict[str, Any]:
    for container in (*spec["containers"], *spec.get("initContainers", ())):
        container["securityContext"] = {**STRICT, **container.get("securityContext", {})}
    return spec


@settings(max_examples=300, deadline=None)
@given(SPECS | SPECS.map(_mostly_good), st.sampled_from(list(Level)))
def test_agrees_with_the_plain_reading(spec: dict[str, Any], level: Level) -> None:
    plain = pss.violations({"spec": spec}, level.value)
    assert bool(refused(spec, level)) is bool(plain), plain
