"""Objects that are none: wrong types in fields that are judged, kinds that no API has, twins.

An API server refuses or defaults them; what it then permits is not known, so they are reported and
left out. That makes readers further on free of such questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from polc.semantics.gaps import Gap
from polc.semantics.objects.api_types import META, NAMED, OTHER_KINDS, SHAPES, VERSIONS, Shape
from polc.semantics.objects.metadata import refusal
from polc.semantics.objects.model import Found, Key

Problem = tuple[tuple[Key, ...], str]
_WORDS = {str: "a text", int: "a number", bool: "true or false"}
_KINDS = {kind.lower(): kind for group in NAMED.values() for kind in group}
_CLUSTER_WIDE = ("Namespace", "ClusterRole", "ClusterRoleBinding")
"""Kinds whose objects are in no namespace, whatever they say."""
_HELP = "correct it; the API server refuses or drops what is not of the API"


def problem_of(found: Found, *, part: bool = False) -> Gap | None:
    """Return what makes an object undecidable. A `part` (a patch, say) may leave things out."""
    body = found.body
    shape = _shape(found)
    problem = (
        _envelope(found, shape, part=part)
        or (_differs(body, shape, (), required=not part) if shape is not None else None)
        or (refusal(found) if not part else None)
    )
    if problem is None:
        return None
    keys, why = problem
    name = f"`{found.name}` " if found.name else ""
    return Gap(
        "malformed",
        f"what {found.kind} {name}in `{found.where(*keys)}` comes to is not decided: {why}",
        found,
        keys,
        help=_HELP,
    )


def twins(objects: Iterable[Found]) -> Iterable[Gap]:
    """Yield objects that stand twice among the input: only one of them will hold."""
    seen: dict[tuple[str, str, str, str], Found] = {}
    for each in objects:
        if not each.name or each.kind == "NetworkPolicy":
            continue  # The reader of network policies tells it.
        namespace = "" if each.kind in _CLUSTER_WIDE else each.namespace
        key = (each.group, each.kind, namespace, each.name)
        other = seen.setdefault(key, each)
        if other is not each:
            yield Gap(
                "twice",
                f"{each.kind} `{each.name}` stands both in `{other.where()}` and in"
                f" `{each.where()}`: the one that is applied last holds",
                each,
                ("metadata", "name"),
                help="keep one of them",
            )


def _shape(found: Found) -> Shape | None:
    version = found.body.get("apiVersion")
    group = "" if version == "builtin" else found.group
    return SHAPES.get((group, found.kind))


def _envelope(found: Found, shape: Shape | None, *, part: bool) -> Problem | None:
    """Check what all objects have in common."""
    body = found.body
    version = body.get("apiVersion")
    if version is None and part:
        version = "v1"  # The target of a patch says what it is for.
    if not isinstance(version, str) or not version:
        return ("apiVersion",), "it has no `apiVersion`"
    served = VERSIONS.get(found.group, (found.version,)) if shape is not None else ()
    if served and found.version not in (*served, "builtin"):
        return ("apiVersion",), f"no cluster serves `{version}` with a kind `{found.kind}`"
    if shape is None and not part:
        why = _no_kind(found.group, found.kind)
        if why is not None:
            return ("kind",), why
    metadata = body.get("metadata")
    if metadata is None and (part or shape is None):
        return None
    if not isinstance(metadata, Mapping):
        return ("metadata",), "`metadata` is no mapping"
    if (
        shape is not None
        and not part
        and not (metadata.get("name") or metadata.get("generateName"))
    ):
        return ("metadata",), "it has no name"
    return _differs(metadata, META, ("metadata",), required=True)


def _no_kind(group: str, kind: str) -> str | None:
    """Return why no API has a kind that has no shape, or None: some API may have it."""
    known = OTHER_KINDS.get(group)
    if known is not None:
        return None if kind in known else f"its API group has no kind `{kind}`"
    near = _KINDS.get(kind.lower())
    ours = "." not in group or group.endswith((".k8s.io", ".istio.io"))
    if near is not None and ours and group not in ("extensions", "policy.networking.k8s.io"):
        return f"no API group `{group}` with a kind `{kind}` is known"
    return None


def _differs(value: object, shape: Shape, at: tuple[Key, ...], *, required: bool) -> Problem | None:
    """Return the first place where a value is not of its shape."""
    if isinstance(shape, dict):
        return _mapping_differs(value, shape, at, required=required)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return at, f"`{at[-1]}` is no list"
        for index, item in enumerate(value):
            found = _differs(item, shape[0], (*at, index), required=required)
            if found is not None:
                return found
        return None
    kinds = shape if isinstance(shape, tuple) else (shape,)
    if type(value) in kinds:
        return None
    return at, f"`{_last(at)}` is not {' or '.join(_WORDS[each] for each in kinds)}"


def _mapping_differs(
    value: object, shape: dict[str, Shape], at: tuple[Key, ...], *, required: bool
) -> Problem | None:
    if not isinstance(value, Mapping):
        return at, f"`{_last(at)}` is no mapping"
    for name, inner in shape.items():
        key = name.removesuffix("!")
        if not key:
            continue
        item = value.get(key)
        if item is None:
            if required and key != name:
                return (*at, key), f"it has no `{key}`"
            continue
        found = _differs(item, inner, (*at, key), required=required)
        if found is not None:
            return found
    if "" in shape:
        for key, item in value.items():
            if item is not None and key not in shape and f"{key}!" not in shape and key != "$patch":
                found = _differs(item, shape[""], (*at, key), required=required)
                if found is not None:
                    return found
    return None


def _last(at: tuple[Key, ...]) -> str:
    """Return the name of the field that a place belongs to."""
    return next((each for each in reversed(at) if isinstance(each, str)), "it")
