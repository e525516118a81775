"""Manifests of a user's, as they come: nothing in them was written with polc in mind."""

from typing import Any

INSECURE: dict[str, Any] = {
    "serviceAccount": "default",
    "hostNetwork": True,
    "hostPID": True,
    "hostIPC": True,
    "securityContext": {
        "runAsUser": 0,
        "supplementalGroups": [0],
        "seccompProfile": {"type": "Unconfined"},
        "sysctls": [{"name": "kernel.msgmax", "value": "65536"}],
        "seLinuxOptions": {"type": "spc_t"},
    },
    "initContainers": [
        {
            "name": "wait",
            "image": "busybox",
            "command": ["sh", "-c", "until nc -z db 5432; do sleep 1; done"],
            "securityContext": {"privileged": True, "runAsUser": 0},
        },
        {"name": "schema", "image": "schema", "volumeMounts": [{"name": "w", "mountPath": "/w"}]},
    ],
    "containers": [
        {
            "name": "server",
            "image": "server",
            "envFrom": [{"configMapRef": {"name": "settings"}}],
            "env": [{"name": "PORT", "value": "8080"}],
            "ports": [{"containerPort": 8080, "hostPort": 80}, {"containerPort": 9090}],
            "securityContext": {
                "runAsNonRoot": False,
                "allowPrivilegeEscalation": True,
                "capabilities": {"add": ["SYS_ADMIN"], "drop": ["KILL"]},
                "procMount": "Unmasked",
                "appArmorProfile": {"type": "Unconfined"},
            },
        },
        {"name": "proxy", "image": "proxy", "securityContext": {}},
        {"name": "logs", "image": "logs", "volumeMounts": [{"name": "w", "mountPath": "/tmp/w"}]},
    ],
    "volumes": [{"name": "w", "emptyDir": {"sizeLimit": "1Gi"}}],
}


def of_kind(
    kind: str, name: str, pod: dict[str, Any], namespace: str | None = None
) -> dict[str, Any]:
    """Wrap a pod's spec into a workload of any of the five kinds."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod}
    group = "batch" if kind in {"Job", "CronJob"} else "apps"
    spec: dict[str, Any]
    match kind:
        case "CronJob":
            spec = {"schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}
        case "Job":
            spec = {"template": template}
        case _:
            spec = {"selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "spec": spec}


def deployment(name: str, namespace: str | None = None, **pod: Any) -> dict[str, Any]:
    """Return a Deployment with one plain container unless `pod` says otherwise."""
    pod.setdefault("containers", [{"name": "server", "image": "server"}])
    return of_kind("Deployment", name, pod, namespace)
