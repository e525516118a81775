"""What each level of the Pod Security Standards lets a profile loosen.

From "Pod Security Standards" of kubernetes.io and k8s.io/pod-security-admission, `policy/`.
"""

from polc.ir.nodes import Level

LEVELS: dict[str, Level] = {level.value: level for level in Level}
"""The profiles that need no declaration."""

FIELDS: dict[str, Level] = {
    # Pod Security says nothing of it, so even its strictest level allows it.
    "read-only-root": Level.RESTRICTED,
    "run-as-non-root": Level.BASELINE,
    "privilege-escalation": Level.BASELINE,
    "drop-capabilities": Level.BASELINE,
    "seccomp": Level.PRIVILEGED,
    "privileged": Level.PRIVILEGED,
    "host-network": Level.PRIVILEGED,
    "host-pid": Level.PRIVILEGED,
    "host-ipc": Level.PRIVILEGED,
    "host-ports": Level.PRIVILEGED,
}
"""Fields that `relax` can name, each with the strictest level that permits it."""

_RESTRICTED = ("NET_BIND_SERVICE",)
_BASELINE = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
    *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
)
CAPABILITIES = (
    *_BASELINE,
    *("AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE"),
    *("DAC_READ_SEARCH", "IPC_LOCK", "IPC_OWNER", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN"),
    *("MAC_OVERRIDE", "NET_ADMIN", "NET_BROADCAST", "NET_RAW", "PERFMON", "SYSLOG"),
    *("SYS_ADMIN", "SYS_BOOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE"),
    *("SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM"),
)
"""The capabilities of Linux (capabilities(7)), as Kubernetes names them."""


def capability_level(name: str) -> Level:
    """Return the strictest level under which a capability may be added."""
    if name in _RESTRICTED:
        return Level.RESTRICTED
    return Level.BASELINE if name in _BASELINE else Level.PRIVILEGED
