"""Writable paths as emptyDir volumes, the one writable kind that Knative takes by default."""

import hashlib
import re
from typing import Any

from polc.ir.nodes import Security

_LIMIT = 63


def volumes_of(security: Security) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return volumes and their mounts; none where the whole root file system is writable."""
    if "read-only-root" in security.relaxes:
        return [], []
    names = volume_names(security.writes)
    volumes: list[dict[str, Any]] = [{"name": names[path], "emptyDir": {}} for path in names]
    return volumes, [{"name": names[path], "mountPath": path} for path in names]


def volume_names(paths: tuple[str, ...]) -> dict[str, str]:
    """Name a volume after each path: `/var/cache/api` is `var-cache-api`.

    Paths that would share a name (`/a-b`, `/a/b`), and those that are no DNS label as they stand,
    get a hash of the path, so that no name depends on which other paths there are by accident.
    """
    return {path: _name(path) for path in sorted(set(paths))}


def _name(path: str) -> str:
    plain = re.fullmatch(r"(/[a-z0-9]+)+", path) and len(path) <= _LIMIT
    slug = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    if plain:
        return slug
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{slug[: _LIMIT - 9].strip('-')}-{digest}".strip("-")
