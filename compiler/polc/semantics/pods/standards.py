"""Pod Security Standards *baseline* and *restricted*, check by check, on plain data.

Sources: https://kubernetes.io/docs/concepts/security/pod-security-standards/ and the checks in
kubernetes `staging/src/k8s.io/pod-security-admission/policy`, whose names `Breach.check` keeps.
They speak of containers, init containers and ephemeral containers alike. What depends on the
version that a namespace pins is decided by `minor`, the 37 of 1.37; checks older than 1.25 are
taken as given.

- 1.27, 1.29, 1.32: more sysctls are safe. 1.31: SELinux type `container_engine_t`.
- 1.34: no `host` in probes and lifecycle hooks.
- 1.35: a pod with `hostUsers: false` may run as root, and *baseline* lets it choose `procMount`.
- Windows pods (`os.name`) are exempt from seccomp, capabilities and privilege escalation.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.semantics.objects.model import Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.workloads.templates import Template
from polc.terms import Level

LATEST = 37
Path = tuple[Key, ...]

BASELINE_CAPABILITIES = frozenset(
    (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
        *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    )
)
_SYSCTLS = {
    0: (
        *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies"),
        *("net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start"),
    ),
    27: ("net.ipv4.ip_local_reserved_ports",),
    29: (
        *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout"),
        *("net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"),
    ),
    32: ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
}
_VOLUMES = frozenset(
    (
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"),
        *("persistentVolumeClaim", "projected", "secret"),
    )
)
_SELINUX_TYPES = frozenset(("", "container_t", "container_init_t", "container_kvm_t"))
_PROFILES = ("RuntimeDefault", "Localhost")
_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


@frozen
class Breach:
    """One field that a level forbids. `path` leads to it (or its lack) from the pod's spec.

    `name` is the capability, volume or sysctl that it is about.
    """

    check: str
    level: Level
    path: Path
    message: str
    name: str = ""


def breaches(template: Template, level: Level, minor: int = LATEST) -> tuple[Breach, ...]:
    """Return why pods of this template are not admitted at a level; nothing: they are."""
    if level is Level.PRIVILEGED:
        return ()
    pod = _Pod(template, minor)
    found = [*_baseline(pod)]
    if level is Level.RESTRICTED:
        found += _restricted(pod)
    return tuple(found)


@frozen
class _Pod:
    """A template with what every check asks for."""

    template: Template
    minor: int

    @property
    def spec(self) -> Mapping[str, Any]:
        return self.template.spec

    @property
    def context(self) -> Mapping[str, Any]:
        return mapping(self.spec.get("securityContext"))

    def contexts(self) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """Yield the security contexts of the pod and of every container."""
        yield ("securityContext",), self.context
        yield from self.own_contexts()

    def own_contexts(self) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        for path, container in self.template.containers():
            yield (*path, "securityContext"), mapping(container.get("securityContext"))

    @property
    def in_user_namespace(self) -> bool:
        """Whether the relaxation for pods with users of their own holds."""
        return self.minor >= 35 and self.spec.get("hostUsers") is False

    @property
    def is_windows(self) -> bool:
        return mapping(self.spec.get("os")).get("name") == "windows"


# --- baseline -----------------------------------------------------------------------------------


def _baseline(pod: _Pod) -> Iterator[Breach]:
    yield from _host(pod)
    yield from _shared_context(pod)
    yield from _apparmor_annotations(pod)
    for path, container in pod.template.containers():
        yield from _container_baseline(path, container)
        if pod.minor >= 34:
            yield from _handler_hosts(path, container)
    for path, context in pod.own_contexts():
        if not pod.in_user_namespace:
            yield from _proc_mount(path, context, Level.BASELINE)
    safe = {name for since, names in _SYSCTLS.items() if pod.minor >= since for name in names}
    for index, sysctl in enumerate(items(pod.context.get("sysctls"))):
        name = str(mapping(sysctl).get("name", ""))
        if name not in safe:
            path = ("securityContext", "sysctls", index, "name")
            yield _base("sysctls", path, f"sysctl `{name}` is not one of the safe ones", name)


def _base(check: str, path: Path, message: str, name: str = "") -> Breach:
    return Breach(check, Level.BASELINE, path, message, name)


def _host(pod: _Pod) -> Iterator[Breach]:
    """Check what the pod takes from its node."""
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(field):
            yield _base("hostNamespaces", (field,), f"`{field}` shares the node's", field)
    for index, volume in enumerate(items(pod.spec.get("volumes"))):
        if mapping(volume).get("hostPath") is not None:
            name = str(mapping(volume).get("name", ""))
            path = ("volumes", index, "hostPath")
            yield _base("hostPathVolumes", path, f"volume `{name}` is a path of the node", name)


def _shared_context(pod: _Pod) -> Iterator[Breach]:
    """Check what may stand at the pod and at a container."""
    types = _SELINUX_TYPES | ({"container_engine_t"} if pod.minor >= 31 else set())
    for path, context in pod.contexts():
        profile = mapping(context.get("seccompProfile"))
        if context.get("seccompProfile") is not None and profile.get("type") not in _PROFILES:
            at = (*path, "seccompProfile", "type")
            yield _base("seccompProfile", at, f"seccomp is `{profile.get('type')}`")
        armor = mapping(context.get("appArmorProfile"))
        if context.get("appArmorProfile") is not None and armor.get("type") not in _PROFILES:
            at = (*path, "appArmorProfile", "type")
            yield _base("appArmorProfile", at, f"AppArmor is `{armor.get('type')}`")
        options = mapping(context.get("seLinuxOptions"))
        if (options.get("type") or "") not in types:
            at = (*path, "seLinuxOptions", "type")
            yield _base("seLinuxOptions", at, f"the SELinux type is `{options['type']}`")
        for field in ("user", "role"):
            if options.get(field):
                at = (*path, "seLinuxOptions", field)
                yield _base("seLinuxOptions", at, f"the SELinux {field} is set")
        if mapping(context.get("windowsOptions")).get("hostProcess"):
            at = (*path, "windowsOptions", "hostProcess")
            yield _base("windowsHostProcess", at, "it is a process of the (Windows) host")


def _apparmor_annotations(pod: _Pod) -> Iterator[Breach]:
    """Check the older way to say it; the way to an annotation does not lie below the spec."""
    for key in sorted(map(str, pod.template.annotations)):
        value = str(pod.template.annotations[key] or "")
        fine = value in ("", "runtime/default") or value.startswith("localhost/")
        if key.startswith(_ARMOR) and not fine:
            message = f"the annotation `{key}` says `{value}`"
            yield _base("appArmorProfile", ("metadata", "annotations", key), message)


def _container_baseline(path: Path, container: Mapping[str, Any]) -> Iterator[Breach]:
    context = mapping(container.get("securityContext"))
    if context.get("privileged"):
        at = (*path, "securityContext", "privileged")
        yield _base("privileged", at, "the container is privileged")
    added = items(mapping(context.get("capabilities")).get("add"))
    for index, name in enumerate(map(str, added)):
        if name not in BASELINE_CAPABILITIES:
            at = (*path, "securityContext", "capabilities", "add", index)
            yield _base("capabilities", at, f"capability `{name}` is added", name)
    for index, port in enumerate(items(container.get("ports"))):
        number = mapping(port).get("hostPort")
        if number:
            at = (*path, "ports", index, "hostPort")
            yield _base("hostPorts", at, f"port {number} of the node is taken", str(number))


def _handler_hosts(path: Path, container: Mapping[str, Any]) -> Iterator[Breach]:
    handlers: list[tuple[tuple[str, ...], Any]] = [
        ((probe,), container.get(probe)) for probe in _PROBES
    ]
    lifecycle = mapping(container.get("lifecycle"))
    handlers += [(("lifecycle", hook), lifecycle.get(hook)) for hook in ("postStart", "preStop")]
    for keys, handler in handlers:
        for action in ("httpGet", "tcpSocket"):
            host = mapping(mapping(handler).get(action)).get("host")
            if host:
                at = (*path, *keys, action, "host")
                message = f"`{keys[-1]}` has the kubelet connect to `{host}`"
                yield _base("hostProbesAndHostLifecycle", at, message, str(host))


def _proc_mount(path: Path, context: Mapping[str, Any], level: Level) -> Iterator[Breach]:
    kind = context.get("procMount")
    if kind not in (None, "Default"):
        yield Breach("procMount", level, (*path, "procMount"), f"`/proc` is `{kind}`")


# --- restricted ---------------------------------------------------------------------------------


def _restricted(pod: _Pod) -> Iterator[Breach]:
    for index, volume in enumerate(items(pod.spec.get("volumes"))):
        for source in sorted(set(map(str, mapping(volume))) - {"name", "hostPath"} - _VOLUMES):
            if mapping(volume)[source] is not None:
                name = str(mapping(volume).get("name", ""))
                message = f"volume `{name}` is of the type `{source}`"
                yield _strict("restrictedVolumes", ("volumes", index, source), message, name)
    if pod.in_user_namespace:
        for path, context in pod.own_contexts():
            yield from _proc_mount(path, context, Level.RESTRICTED)
    else:
        yield from _non_root(pod)
    if not pod.is_windows:
        yield from _seccomp(pod)
        for path, context in pod.own_contexts():
            yield from _container_restricted(path, context)


def _strict(check: str, path: Path, message: str, name: str = "") -> Breach:
    return Breach(check, Level.RESTRICTED, path, message, name)


def _non_root(pod: _Pod) -> Iterator[Breach]:
    """Check that nobody is root: said at the pod or at each container, denied nowhere."""
    inherited = pod.context.get("runAsNonRoot") is True
    for path, context in pod.contexts():
        said = context.get("runAsNonRoot")
        at = (*path, "runAsNonRoot")
        if said is False:
            yield _strict("runAsNonRoot", at, "it may run as root")
        elif said is not True and not inherited and len(path) > 1:
            yield _strict("runAsNonRoot", at, "`runAsNonRoot` is not set")
        user = context.get("runAsUser")
        if isinstance(user, int) and user == 0:
            yield _strict("runAsUser", (*path, "runAsUser"), "it runs as user 0")


def _seccomp(pod: _Pod) -> Iterator[Breach]:
    """Check that a profile is set; a forbidden one is baseline's to report."""
    inherited = mapping(pod.context.get("seccompProfile")).get("type") in _PROFILES
    for path, context in pod.own_contexts():
        if context.get("seccompProfile") is None and not inherited:
            yield _strict("seccompProfile", (*path, "seccompProfile"), "no seccomp profile is set")


def _container_restricted(path: Path, context: Mapping[str, Any]) -> Iterator[Breach]:
    if context.get("allowPrivilegeEscalation") is not False:
        at = (*path, "allowPrivilegeEscalation")
        message = "`allowPrivilegeEscalation` is not false"
        yield _strict("allowPrivilegeEscalation", at, message)
    capabilities = mapping(context.get("capabilities"))
    if "ALL" not in items(capabilities.get("drop")):
        at = (*path, "capabilities", "drop")
        yield _strict("capabilities.drop", at, "the default capabilities are not dropped")
    for index, name in enumerate(map(str, items(capabilities.get("add")))):
        if name != "NET_BIND_SERVICE" and name in BASELINE_CAPABILITIES:
            at = (*path, "capabilities", "add", index)
            yield _strict("capabilities", at, f"capability `{name}` is added", name)
