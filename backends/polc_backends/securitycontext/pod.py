"""The patch of a workload's pod: identity, security context, volumes, time to stop."""

from collections.abc import Mapping
from typing import Any

from polc.ir.nodes import Workload
from polc_backends.securitycontext.contexts import mounts, pod_context
from polc_backends.securitycontext.kinds import Kind, object_names
from polc_backends.securitycontext.scaffold import ANNOTATION

_HOST_FIELDS = {
    "host-network": "hostNetwork",
    "host-pid": "hostPID",
    "host-ipc": "hostIPC",
}


def patch(workload: Workload, kind: Kind) -> dict[str, Any]:
    """Return a strategic merge patch; null removes a field.

    The security context is replaced as a whole, so that no supplemental group, sysctl or SELinux
    option of the manifest survives that the program does not declare. `serviceAccount` is the old
    name of `serviceAccountName`.
    """
    pod: dict[str, Any] = {
        "serviceAccountName": workload.account,
        "serviceAccount": None,
        "automountServiceAccountToken": workload.needs_token,
    }
    for relaxation, field in _HOST_FIELDS.items():
        if relaxation not in workload.security.relaxes:
            pod[field] = None
    pod["securityContext"] = {"$patch": "replace", **pod_context(workload.security)}
    if workload.stop is not None and workload.stop.grace is not None:
        pod["terminationGracePeriodSeconds"] = workload.stop.grace
    volumes = [{"name": mount["name"], "emptyDir": {}} for mount in mounts(workload.security)]
    if volumes:
        pod["volumes"] = volumes
    body: dict[str, Any] = pod
    for key in reversed(kind.pod):
        body = {key: body}
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {
            "name": workload.object_name,
            "annotations": {ANNOTATION: workload.name},
        },
        **body,
    }


def target(workload: Workload, kind: Kind, taken: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Return which objects are the workload: patterns, from end to end.

    `taken` are the names of the namespace's workloads.
    A manifest without a namespace, which its kustomization adds after the component has run, is
    in `default` at that time; so that is one of the two.
    """
    names = "|".join(name.replace(".", "\\.") for name in object_names(workload, taken))
    namespaces = "|".join(sorted({workload.namespace, "default"}))
    return {
        "group": kind.group,
        "kind": kind.name,
        "name": f"^({names})$",
        "namespace": f"^({namespaces})$",
    }
