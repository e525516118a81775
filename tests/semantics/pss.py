"""The Pod Security Standards, read off their page and written out plainly, check by check.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/ and the checks of
`kubernetes/pod-security-admission` at their latest version. Linux pods without user namespaces.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Spec = Mapping[str, Any]

BASELINE_CAPABILITIES = {
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
}
SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}
RESTRICTED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def template_of(workload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the pod template of a Deployment, StatefulSet, DaemonSet, Job or CronJob."""
    spec = workload["spec"]
    if workload["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template: Mapping[str, Any] = spec["template"]
    return template


def violations(template: Mapping[str, Any], level: str = "restricted") -> list[str]:
    """Return why a pod of this template would be refused at a level; nothing: it is admitted."""
    if level == "privileged":
        return []
    spec = template["spec"]
    annotations = template.get("metadata", {}).get("annotations") or {}
    found = [*_baseline_pod(spec, annotations)]
    for name, container in containers(spec):
        found += (f"{name}: {problem}" for problem in _baseline_container(container))
    if level == "restricted":
        found += _restricted_pod(spec)
        for name, container in containers(spec):
            found += (f"{name}: {problem}" for problem in _restricted_container(spec, container))
    return found


def containers(spec: Spec) -> Iterator[tuple[str, Spec]]:
    """Yield the containers of all three lists."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            yield f"{field}[{container['name']}]", container


def _context(of: Spec) -> Spec:
    return of.get("securityContext") or {}


def _baseline_pod(spec: Spec, annotations: Mapping[str, str]) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield f"{field} is set"
    for volume in spec.get("volumes") or ():
        if "hostPath" in volume:
            yield f"volume {volume['name']} is a hostPath"
    for sysctl in _context(spec).get("sysctls") or ():
        if sysctl["name"] not in SYSCTLS:
            yield f"sysctl {sysctl['name']} is not safe"
    for key, value in annotations.items():
        if key.startswith("container.apparmor.security.beta.kubernetes.io/") and not (
            value == "runtime/default" or value.startswith("localhost/")
        ):
            yield f"annotation {key} is {value}"
    yield from _baseline_context(_context(spec))


def _baseline_container(container: Spec) -> Iterator[str]:
    context = _context(container)
    if context.get("privileged"):
        yield "privileged"
    for name in (context.get("capabilities") or {}).get("add") or ():
        if name not in BASELINE_CAPABILITIES:
            yield f"capability {name} is added"
    for port in container.get("ports") or ():
        if port.get("hostPort"):
            yield f"hostPort {port['hostPort']}"
    if context.get("procMount", "Default") != "Default":
        yield "procMount is not Default"
    lifecycle = container.get("lifecycle") or {}
    handlers = {probe: container.get(probe) for probe in PROBES}
    handlers |= {hook: lifecycle.get(hook) for hook in ("postStart", "preStop")}
    for name, handler in handlers.items():
        for action in ("httpGet", "tcpSocket"):
            if ((handler or {}).get(action) or {}).get("host"):
                yield f"{name}.{action} names a host"
    yield from _baseline_context(context)


def _baseline_context(context: Spec) -> Iterator[str]:
    """Check what may stand at the pod and at a container."""
    if (context.get("seccompProfile") or {}).get("type") == "Unconfined":
        yield "seccompProfile is Unconfined"
    armor = context.get("appArmorProfile") or {}
    if armor.get("type", "RuntimeDefault") not in {"RuntimeDefault", "Localhost"}:
        yield "appArmorProfile is Unconfined"
    selinux = context.get("seLinuxOptions") or {}
    if selinux.get("type", "") not in SELINUX_TYPES:
        yield f"SELinux type {selinux['type']}"
    for field in ("user", "role"):
        if selinux.get(field):
            yield f"SELinux {field} is set"
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield "a Windows host process"


def _restricted_pod(spec: Spec) -> Iterator[str]:
    for volume in spec.get("volumes") or ():
        if not set(volume) - {"name"} <= RESTRICTED_VOLUMES:
            yield f"volume {volume['name']} is of a restricted type"
    yield from _restricted_ids(_context(spec))


def _restricted_container(spec: Spec, container: Spec) -> Iterator[str]:
    pod, context = _context(spec), _context(container)
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    capabilities = context.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or ()):
        yield "capabilities.drop lacks ALL"
    for name in capabilities.get("add") or ():
        if name != "NET_BIND_SERVICE":
            yield f"capability {name} is added"
    if context.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot is not true"
    seccomp = context.get("seccompProfile") or pod.get("seccompProfile") or {}
    if seccomp.get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "no seccompProfile"
    yield from _restricted_ids(context)


def _restricted_ids(context: Spec) -> Iterator[str]:
    if context.get("runAsNonRoot") is False:
        yield "runAsNonRoot is false"
    if context.get("runAsUser") == 0:
        yield "runAsUser is 0"
