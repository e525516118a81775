"""What hardening means as data: security contexts, mounts and volumes of one workload.

Which field is read from where, and what Pod Security asks of it:
https://kubernetes.io/docs/concepts/security/pod-security-standards/ and `core/v1` types.go.
"""

import re
from hashlib import sha256
from typing import Any

from polc.ir.nodes import Security

MAX_VOLUME_NAME = 63
_SECCOMP = {"type": "RuntimeDefault"}
_PORT_START = "net.ipv4.ip_unprivileged_port_start"


def pod_context(security: Security) -> dict[str, Any]:
    """Return the pod's `securityContext`, which every container inherits.

    The seccomp profile stands here and not at the containers because sidecars that a mesh injects
    later have none of their own and would be refused (istio/istio#35894). Without a declared
    `fs-group` volumes belong to the pod's own group: that adds no membership, and a volume that
    root owns would not be writable otherwise.
    """
    context: dict[str, Any] = {}
    if "run-as-non-root" not in security.relaxes:
        context["runAsNonRoot"] = True
    context["runAsUser"] = security.user
    context["runAsGroup"] = security.group
    fs_group = security.group if security.fs_group is None else security.fs_group
    if fs_group or security.fs_group is not None:
        context["fsGroup"] = fs_group
        context["fsGroupChangePolicy"] = "OnRootMismatch"
    if "seccomp" not in security.relaxes:
        context["seccompProfile"] = dict(_SECCOMP)
    # The kubelet refuses sysctls of a network that the pod shares with its node.
    if security.unprivileged_port_start is not None and "host-network" not in security.relaxes:
        value = str(security.unprivileged_port_start)
        context["sysctls"] = [{"name": _PORT_START, "value": value}]
    return context


def container_context(security: Security) -> dict[str, Any]:
    """Return the whole `securityContext` of each container; what is relaxed is written out.

    A privileged container can't be denied privilege escalation: the API server refuses the pair.
    """
    privileged = "privileged" in security.relaxes
    escalates = privileged or "privilege-escalation" in security.relaxes
    context: dict[str, Any] = {"allowPrivilegeEscalation": escalates}
    if privileged:
        context["privileged"] = True
    capabilities: dict[str, Any] = {}
    if "drop-capabilities" not in security.relaxes:
        capabilities["drop"] = ["ALL"]
    if security.capabilities:
        capabilities["add"] = [capability.name for capability in security.capabilities]
    if capabilities:
        context["capabilities"] = capabilities
    context["readOnlyRootFilesystem"] = "read-only-root" not in security.relaxes
    return context


def mounts(security: Security) -> tuple[dict[str, str], ...]:
    """Return a volume mount for each path that has to be writable under a read-only root."""
    if "read-only-root" in security.relaxes:
        return ()
    return tuple({"name": volume_name(path), "mountPath": path} for path in security.writes)


def volume_name(path: str) -> str:
    """Return `polc-var-cache` for `/var/cache`; a path that this can't tell apart gets a digest."""
    slug = re.sub("[^a-z0-9]+", "-", path.lower()).strip("-")
    name = f"polc-{slug}"
    if "/" + slug.replace("-", "/") == path and len(name) <= MAX_VOLUME_NAME:
        return name
    digest = sha256(path.encode()).hexdigest()[:8]
    return f"{name[: MAX_VOLUME_NAME - 9].rstrip('-')}-{digest}"
