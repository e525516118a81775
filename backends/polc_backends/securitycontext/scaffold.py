"""What makes Kustomize reach containers whose names and number nobody knows.

Kustomize has one tool for "every container": the wildcard in a replacement's field path. It fails
where a path matches nothing, as `initContainers.*` does in a pod without init containers, and it
has no condition. So, between two patches, each pod has two containers more in either list: one
with a mount at `/` and a host port, one with neither. Every path then matches something, and
what matched only those two leaves with them.

Sources: `api/filters/replacement/replacement.go` and `kyaml/yaml/match.go` of kustomize.
"""

from collections.abc import Iterable
from typing import Any

from polc.backend import ComponentPart
from polc_backends.securitycontext.kinds import Kind

ANNOTATION = "polc/hardening"
"""On an object while the component works on it; its value is the service's name."""

MOUNTED, BARE = "polc-mounted", "polc-bare"
_SCAFFOLD: tuple[dict[str, Any], ...] = (
    {
        "name": MOUNTED,
        "ports": [{"containerPort": 1, "hostPort": 1}],
        "volumeMounts": [{"name": MOUNTED, "mountPath": "/"}],
    },
    {"name": BARE},
)


def patch_text(kind: Kind, containers: Iterable[Any]) -> str:
    """Return a strategic merge patch for both lists of containers, as YAML on few lines.

    Its own kind and name are placeholders: the target of a patch decides.
    """
    items = ", ".join(_flow(container) for container in containers)
    lines = [
        f"apiVersion: {kind.api_version}",
        f"kind: {kind.name}",
        "metadata:",
        "  name: any",
    ]
    for depth, key in enumerate(kind.pod):
        lines.append(f"{'  ' * depth}{key}:")
    pad = "  " * len(kind.pod)
    lines += [f"{pad}{field}: [{items}]" for field in ("containers", "initContainers")]
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return str(value)


def build_up(
    namespace: str, kinds: Iterable[Kind], *, plain: bool = False
) -> tuple[ComponentPart, ...]:
    """Return the transformers that add the scaffold to what carries the annotation.

    `plain`: the text of the objects is going to be looked at. A JSON Patch, even one that changes
    nothing, leaves them in block style with sorted keys, without comments and anchors.
    """
    parts = [
        _part(namespace, f"polc-scaffold{suffix}", target, {"patch": patch_text(kind, _SCAFFOLD)})
        for suffix, target, kind in _shapes(kinds)
    ]
    if plain:
        text = "- {op: copy, from: /kind, path: /kind}\n"
        target = {"annotationSelector": ANNOTATION}
        parts.append(_part(namespace, "polc-plain", target, {"patch": text}))
    return tuple(parts)


def take_down(namespace: str, kinds: Iterable[Kind]) -> tuple[ComponentPart, ...]:
    """Return the transformers that remove the scaffold, and last of all the annotation."""
    gone = [{"name": container["name"], "$patch": "delete"} for container in _SCAFFOLD]
    parts = [
        _part(namespace, f"polc-finish{suffix}", target, {"patch": patch_text(kind, gone)})
        for suffix, target, kind in _shapes(kinds)
    ]
    pointer = "/metadata/annotations/" + ANNOTATION.replace("/", "~1")
    text = f"- {{op: remove, path: {pointer}}}\n"
    parts.append(
        _part(namespace, "polc-unmark", {"annotationSelector": ANNOTATION}, {"patch": text})
    )
    return tuple(parts)


def _shapes(kinds: Iterable[Kind]) -> list[tuple[str, dict[str, str], Kind]]:
    """Return one target for each place at which a pod template lies."""
    shapes: dict[str, list[Kind]] = {}
    for kind in kinds:
        shapes.setdefault(kind.dotted, []).append(kind)
    return [
        (
            "" if len(group[0].pod) == 3 else f"-{group[0].name.lower()}",
            {"kind": "|".join(kind.name for kind in group), "annotationSelector": ANNOTATION},
            group[0],
        )
        for _, group in sorted(shapes.items(), reverse=True)
    ]


def _part(namespace: str, name: str, target: dict[str, str], more: dict[str, Any]) -> ComponentPart:
    body = {
        "apiVersion": "builtin",
        "kind": "PatchTransformer",
        "metadata": {"name": name},
        "target": target,
        **more,
    }
    return ComponentPart(namespace, f"{name}.yaml", body, {"transformers": [f"{name}.yaml"]})
