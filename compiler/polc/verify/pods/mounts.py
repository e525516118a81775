"""Where pods can write, and what of their node they see: no more than the program names.

A mount that can be written to has to be in `writes`, whatever volume it is of. Scratch space in an
`emptyDir` is no more than a root file system that may be written to.
"""

from collections.abc import Iterator

from polc.ir.nodes import Level, Workload
from polc.semantics.objects.model import Key
from polc.semantics.workloads.templates import Template
from polc.semantics.workloads.volumes import WORDS, Mount, mounts, volumes

Finding = tuple[tuple[Key, ...], str, str]
"""Where it is, what is wrong, and what to write."""


def undeclared_mounts(template: Template, workload: Workload) -> Iterator[Finding]:
    """Yield volumes that the program does not name.

    Paths of the node are refused by Pod Security below *privileged*, which says so by itself.
    """
    unlimited = workload.security.level is Level.PRIVILEGED
    for volume in volumes(template) if unlimited else ():
        if volume.kind == "hostPath":
            path = str(volume.body.get("path", ""))
            message = f"the volume `{volume.name}` is the path `{path}` of the node"
            yield volume.keys, message, _NOT_YET
    for mount in mounts(template):
        if mount.volume.kind != "hostPath" and mount.writable and not _named(mount, workload):
            what = WORDS.get(mount.volume.kind, f"a volume `{mount.volume.kind}`")
            container = f"container `{mount.container}`"
            if mount.volume.kind == "device":
                message = (
                    f"{container} has the block device `{mount.path}` of `{mount.volume.name}`"
                )
            else:
                message = f"{container} can write to `{mount.path}`, {what}"
            yield mount.keys, message, f'write `run {{ writes "{mount.path}" }}`'


_NOT_YET = "take it away; no line of a program names a path of the node yet"


def _named(mount: Mount, workload: Workload) -> bool:
    security = workload.security
    if mount.volume.kind == "emptyDir" and "read-only-root" in security.relaxes:
        return True
    path = _plain(mount.path)
    return any(path == each or path.startswith(f"{each}/") for each in map(_plain, security.writes))


def _plain(path: str) -> str:
    """Return a path without what means nothing; Windows' has a drive and other slashes."""
    plain = path.replace("\\", "/")
    if plain[1:2] == ":":
        plain = plain[2:]
    return plain.rstrip("/") or "/"
