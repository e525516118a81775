"""Random pods: one that every level admits, with a few fields changed to what is on the edge."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
CONTAINERS = ("containers", "initContainers", "ephemeralContainers")

_PROFILES = (
    None,
    {"type": "RuntimeDefault"},
    {"type": "Localhost", "localhostProfile": "own.json"},
    {"type": "Unconfined"},
)
_SYSCTLS = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "kernel.msgmax"),
    *("net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.core.somaxconn"),
    *("net.ipv4.tcp_rmem", "net.ipv4.ip_unprivileged_port_start"),
)
_SHARED: dict[str, tuple[Any, ...]] = {
    "runAsNonRoot": (True, False, None),
    "runAsUser": (None, 0, 1, 65532),
    "seccompProfile": _PROFILES,
    "appArmorProfile": _PROFILES,
    "seLinuxOptions": (
        *(None, {}, {"type": ""}, {"type": "container_t"}, {"type": "container_init_t"}),
        *({"type": "container_kvm_t"}, {"type": "container_engine_t"}, {"type": "spc_t"}),
        *({"user": "u"}, {"role": "r"}, {"user": "", "role": ""}, {"level": "s0:c1,c2"}),
        {"type": "container_t", "role": "r"},
    ),
    "windowsOptions": (None, {}, {"hostProcess": True}, {"hostProcess": False}),
}
"""Fields that stand in the security context of the pod and of a container."""

_OF_POD: dict[str, tuple[Any, ...]] = {
    **_SHARED,
    "sysctls": (None, [], *([{"name": name, "value": "1"}] for name in _SYSCTLS)),
    "fsGroup": (0, None),
    "supplementalGroups": ([0], []),
}
_OF_CONTAINER: dict[str, tuple[Any, ...]] = {
    **_SHARED,
    "privileged": (True, False, None),
    "allowPrivilegeEscalation": (True, False, None),
    "procMount": ("Default", "Unmasked", None),
    "readOnlyRootFilesystem": (True, False),
    "runAsGroup": (0,),
    "capabilities": (
        *(None, {}, {"drop": []}, {"drop": None}, {"drop": ["ALL"], "add": []}),
        *({"drop": ["all"]}, {"drop": ["CAP_ALL"]}, {"drop": ["NET_RAW"]}, {"add": ["CHOWN"]}),
        {"drop": ["NET_RAW", "ALL"], "add": ["NET_BIND_SERVICE"]},
        {"drop": ["ALL"], "add": ["CHOWN", "NET_BIND_SERVICE"]},
        {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
        {"drop": ["ALL"], "add": ["NET_RAW"]},
        {"drop": ["ALL"], "add": ["CAP_NET_BIND_SERVICE"]},
        {"drop": ["ALL"], "add": ["ALL"]},
    ),
}
_HANDLERS = (
    None,
    {"exec": {"command": ["true"]}},
    {"httpGet": {"port": 80}},
    {"httpGet": {"port": 80, "host": ""}},
    {"httpGet": {"port": 80, "host": "127.0.0.1"}},
    {"tcpSocket": {"port": 80, "host": "10.0.0.1"}},
    {"tcpSocket": {"port": 80}},
)
_IN_CONTAINER: dict[str, tuple[Any, ...]] = {
    "ports": (
        *(None, [], [{"containerPort": 80}], [{"containerPort": 80, "hostPort": 0}]),
        [{"containerPort": 80, "hostPort": 8080}],
        [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81, "protocol": "UDP"}],
    ),
    "livenessProbe": _HANDLERS,
    "readinessProbe": (*_HANDLERS, {"grpc": {"port": 9}}),
    "startupProbe": _HANDLERS,
    "lifecycle": (
        *(None, {}),
        *({hook: handler} for hook in ("preStop", "postStart") for handler in _HANDLERS),
    ),
    "securityContext": (None, {}),
    "volumeMounts": ([{"name": "v0", "mountPath": "/x"}],),
}
_SOURCES: tuple[Json, ...] = (
    *({}, {"emptyDir": {}}, {"emptyDir": None}, {"hostPath": {"path": "/"}}),
    *({"configMap": {"name": "c"}}, {"secret": {"secretName": "s"}}, {"downwardAPI": {}}),
    *({"projected": {"sources": []}}, {"csi": {"driver": "d"}}, {"ephemeral": {}}),
    *({"persistentVolumeClaim": {"claimName": "p"}}, {"image": {"reference": "i"}}),
    *({"nfs": {"server": "s", "path": "/"}}, {"gitRepo": {"repository": "r"}}),
    *({"iscsi": {"targetPortal": "t", "iqn": "i", "lun": 0}}, {"fc": {}}),
)
_IN_SPEC: dict[str, tuple[Any, ...]] = {
    **{field: (True, False, None) for field in ("hostNetwork", "hostPID", "hostIPC")},
    "hostUsers": (True, False, None),
    "os": (None, {"name": "linux"}, {"name": "windows"}),
    "securityContext": (None, {}),
    "automountServiceAccountToken": (True, False),
    "shareProcessNamespace": (True,),
}
_ANNOTATIONS = tuple(
    {key: value}
    for key in (
        "container.apparmor.security.beta.kubernetes.io/c",
        "container.apparmor.security.beta.kubernetes.io/none",
        "seccomp.security.alpha.kubernetes.io/pod",
    )
    for value in ("runtime/default", "localhost/own", "localhost/", "unconfined", "", "docker")
)


def container(name: str) -> Json:
    """Return a container that the level *restricted* admits."""
    return {
        "name": name,
        "image": "app",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def safe_pod(counts: tuple[int, int, int]) -> Json:
    """Return a pod that the level *restricted* admits, with that many containers of each kind."""
    spec: Json = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    }
    for kind, count in zip(CONTAINERS, counts, strict=True):
        if count:
            spec[kind] = [container(f"{kind[0]}{number}") for number in range(count)]
    return {"metadata": {"name": "pod"}, "spec": spec}


def _all_containers(pod: Json) -> list[Json]:
    return [each for kind in CONTAINERS for each in pod["spec"].get(kind) or ()]


def edges() -> Iterator[Json]:
    """Yield every value of every field once, in a pod that is safe but for a field or two."""
    for base in ({}, {"hostUsers": False}, {"os": {"name": "windows"}}):
        for pod in _edges():
            yield {**pod, "spec": {**base, **pod["spec"]}}


def _edges() -> Iterator[Json]:
    for field, value in _pairs(_IN_SPEC):
        yield _with(("spec", field), value)
    for field, value in _pairs(_OF_POD):
        yield _with(("spec", "securityContext", field), value)
    for kind in CONTAINERS:
        for field, value in _pairs(_OF_CONTAINER):
            yield _with(("spec", kind, 0, "securityContext", field), value)
        for field, value in _pairs(_IN_CONTAINER):
            yield _with(("spec", kind, 0, field), value)
    for source in _SOURCES:
        yield _with(("spec", "volumes"), [{"name": "v", **source}])
    for annotations in _ANNOTATIONS:
        yield _with(("metadata", "annotations"), annotations)


def _pairs(table: dict[str, tuple[Any, ...]]) -> Iterator[tuple[str, Any]]:
    return ((field, value) for field, values in table.items() for value in values)


def _with(keys: tuple[str | int, ...], value: Any) -> Json:
    pod = safe_pod((1, 1, 1))
    where: Any = pod
    for key in keys[:-1]:
        where = where[key]
    where[keys[-1]] = copy.deepcopy(value)
    return pod


@st.composite
def pods(draw: Callable[..., Any]) -> Json:
    """Draw a pod: a safe one with up to five fields set, emptied or taken away."""
    pod = safe_pod(draw(st.sampled_from([(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 1, 1)])))
    if draw(st.booleans()):
        _move_to_containers(pod)
    for _ in range(draw(st.integers(0, 5))):
        _edit(draw, pod)
    return pod


def _move_to_containers(pod: Json) -> None:
    """Say at each container what the pod says for all."""
    context = pod["spec"].pop("securityContext")
    for each in _all_containers(pod):
        each["securityContext"].update(copy.deepcopy(context))


def _edit(draw: Callable[..., Any], pod: Json) -> None:
    spec = pod["spec"]
    match draw(st.sampled_from(["spec", "pod", "container", "container", "in", "volume", "note"])):
        case "spec":
            _set(draw, spec, _IN_SPEC)
        case "pod":
            spec["securityContext"] = spec.get("securityContext") or {}
            _set(draw, spec["securityContext"], _OF_POD)
        case "container":
            chosen = draw(st.sampled_from(_all_containers(pod)))
            chosen["securityContext"] = chosen.get("securityContext") or {}
            _set(draw, chosen["securityContext"], _OF_CONTAINER)
        case "in":
            _set(draw, draw(st.sampled_from(_all_containers(pod))), _IN_CONTAINER)
        case "volume":
            volumes = spec.setdefault("volumes", [])
            source = draw(st.sampled_from(_SOURCES))
            volumes.append({"name": f"v{len(volumes)}", **copy.deepcopy(source)})
        case _:
            notes = pod["metadata"].setdefault("annotations", {})
            notes.update(draw(st.sampled_from(_ANNOTATIONS)))


def _set(draw: Callable[..., Any], where: Json, table: dict[str, tuple[Any, ...]]) -> None:
    field = draw(st.sampled_from(sorted(table)))
    if draw(st.integers(0, 5)) == 0:
        where.pop(field, None)
    else:
        where[field] = copy.deepcopy(draw(st.sampled_from(table[field])))
