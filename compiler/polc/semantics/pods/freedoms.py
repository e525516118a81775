"""What a container may beyond the strictest, by its security context: to compare two of them.

Defaults are those of `core/v1` types.go: what a context leaves out is mostly the looser choice,
but privileges and most capabilities have to be added.
"""

from collections.abc import Mapping
from typing import Any

from polc.semantics.objects.values import items, mapping

_ALWAYS_GIVEN = frozenset(
    (
        *("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE"),
        *("SETGID", "SETPCAP", "SETUID"),
    )
)
"""Capabilities that the defaults of containerd and of CRI-O have in common."""
_SOMETIMES_GIVEN = frozenset(("AUDIT_WRITE", "MKNOD", "NET_RAW", "SETFCAP", "SYS_CHROOT"))
_PROFILES = ("RuntimeDefault", "Localhost")
_INHERITED = ("runAsNonRoot", "runAsUser", "seccompProfile")
_ALL = "capability ALL"


def freedoms(context: Mapping[str, Any], pod: Mapping[str, Any]) -> frozenset[str]:
    """Return what a container may; what its context leaves out, its pod's says."""
    own = {key: pod.get(key) for key in _INHERITED}
    own |= {key: value for key, value in context.items() if value is not None}
    privileged = own.get("privileged") is True
    facts = {
        "privileged": privileged,
        "allowPrivilegeEscalation": privileged or own.get("allowPrivilegeEscalation") is not False,
        "a root file system that can be written to": own.get("readOnlyRootFilesystem") is not True,
        "root": own.get("runAsNonRoot") is not True and own.get("runAsUser") in (None, 0),
        "no seccomp profile": mapping(own.get("seccompProfile")).get("type") not in _PROFILES,
        _ALL: privileged,
    }
    return frozenset(name for name, holds in facts.items() if holds) | _capabilities(own)


def _capabilities(context: Mapping[str, Any]) -> frozenset[str]:
    """Return capabilities that it has, and those that it has where its runtime gives them."""
    said = mapping(context.get("capabilities"))
    added, dropped = (set(map(str, items(said.get(word)))) for word in ("add", "drop"))
    given, perhaps = (
        set() if "ALL" in dropped else group - dropped
        for group in (_ALWAYS_GIVEN, _SOMETIMES_GIVEN)
    )
    return frozenset(
        {f"capability {name}" for name in added | given}
        | {f"capability {name} of the runtime" for name in perhaps | given}
    )


def looser(after: frozenset[str], before: frozenset[str]) -> tuple[str, ...]:
    """Return what a container may now that it could not before, sorted."""
    every = _ALL in before
    return tuple(
        sorted(
            name
            for name in after - before
            if not name.startswith("capability ")
            or not (every or name.removesuffix(" of the runtime") in before)
        )
    )
