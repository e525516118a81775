"""Every container of a workload: its security context and its writable paths.

The values lie in an object of polc's own that Kustomize reads and drops (`local-config`); a
ReplacementTransformer copies them. A mount is added only where a container has none at the path
or above it, so that no volume of the user's, least of all a persistent one, is ever covered:

1. every container's security context becomes a list of marks, one per path: `add`;
2. where the text of `volumeMounts` names the path or one above it, its mark becomes `keep`;
3. containers still marked `add` get the mount;
4. the marks give way to the security context, as a whole: nothing of an older one survives;
5. one of its fields is set once more by its own path. That changes nothing, but fails the build
   where a manifest has `securityContext: null`, which a replacement can't replace.

Where something is relaxed, only the containers that ask for it get it (`asking`). Then the marks
stand beside what the manifest says, as `securityContext.polc`, with one more for each condition;
and in the fourth step containers whose marks are all `relaxed` get the relaxed security context,
and those that still have marks the strict one. The fifth is needless: marks beside a null fail.
"""

from typing import Any

from polc.ir.nodes import Workload
from polc_backends.securitycontext.asking import (
    ASKS,
    EMPTY,
    IS_EMPTY,
    REFUSES,
    RELAXED,
    STRICT,
    conditions,
    meets_all,
    strict_context,
)
from polc_backends.securitycontext.contexts import container_context, mounts
from polc_backends.securitycontext.kinds import Kind
from polc_backends.securitycontext.scaffold import ANNOTATION, BARE, MOUNTED

VALUES = "PodHardening"
_LISTS = ("containers", "initContainers")
# Text around the path in a mount, in block or flow style, with or without quotes.
_BEFORE, _AFTER = "mountPath[\"']?: *[\"']?", "([\"',}\\s]|$)"


def values_name(workload: Workload) -> str:
    """Return a name that holds also where components of two namespaces meet."""
    return f"{workload.namespace}.{workload.name}"


def values(workload: Workload) -> dict[str, Any]:
    """Return the object that the replacements of a workload take their values from."""
    security = workload.security
    asked = conditions(security)
    spec: dict[str, Any] = {"securityContext": container_context(security)}
    if asked:
        spec["strictContext"] = strict_context(security)
        spec["words"] = {STRICT: STRICT, RELAXED: RELAXED}
        spec["scaffold"] = {"empty": EMPTY, "asks": ASKS, "refuses": REFUSES}
    paths = mounts(security)
    if paths:
        spec["volumeMounts"] = {_mark(i): each for i, each in enumerate(paths)}
    if paths or asked:
        spec["marks"] = {each.name: each.otherwise for each in asked}
        spec["marks"] |= {_mark(i): "add" for i, _ in enumerate(paths)}
    if paths:
        spec["keep"] = "keep"
    if "host-ports" not in security.relaxes:
        spec["hostPort"] = 0
    return {
        "apiVersion": "polc/v1",
        "kind": VALUES,
        "metadata": {
            "name": values_name(workload),
            "annotations": {"config.kubernetes.io/local-config": "true"},
        },
        "spec": spec,
    }


def replacements(workload: Workload, kind: Kind) -> dict[str, Any]:
    """Return the transformer that copies the values into every container, in five steps."""
    asked = bool(conditions(workload.security))
    marks = "securityContext.polc" if asked else "securityContext"
    steps = _scaffolded(workload, kind) if asked else []
    if asked or mounts(workload.security):
        steps.append(_copy(workload, "spec.marks", _each(kind, f"*.{marks}"), create=True))
    if asked:
        steps += _conditions(workload, kind)
    steps += _mounts(workload, kind, marks)
    if "host-ports" not in workload.security.relaxes:
        steps.append(_copy(workload, "spec.hostPort", _each(kind, "*.ports.*.hostPort")))
    steps += _by_marks(workload, kind) if asked else _for_all(workload, kind)
    return {
        "apiVersion": "builtin",
        "kind": "ReplacementTransformer",
        "metadata": {"name": workload.name},
        "replacements": steps,
    }


def _scaffolded(workload: Workload, kind: Kind) -> list[dict[str, Any]]:
    """Write empty contexts in block style; let the scaffold ask for everything, and refuse it."""
    empty = _each(kind, f"[securityContext={IS_EMPTY}].securityContext")
    bare, mounted = (_each(kind, f"[name=^{name}$].securityContext") for name in (BARE, MOUNTED))
    return [
        _copy(workload, "spec.scaffold.empty", bare, create=True),
        _copy(workload, "spec.scaffold.empty", empty),
        _copy(workload, "spec.scaffold.asks", mounted, create=True),
        _copy(workload, "spec.scaffold.refuses", bare),
    ]


def _conditions(workload: Workload, kind: Kind) -> list[dict[str, Any]]:
    """Mark what each container asks for, and what it does without; asking counts for more."""
    group = conditions(workload.security)
    found = []
    for word, pairs in (
        (STRICT, [(each.name, each.refused) for each in group if each.refused]),
        (RELAXED, [(each.name, each.asked) for each in group if each.asked]),
    ):
        fields = [
            path
            for name, pattern in pairs
            for path in _each(kind, f"[securityContext={pattern}].securityContext.polc.{name}")
        ]
        if fields:
            found.append(_copy(workload, f"spec.words.{word}", fields))
    return found


def _mounts(workload: Workload, kind: Kind, marks: str) -> list[dict[str, Any]]:
    steps = []
    paths = [mount["mountPath"] for mount in mounts(workload.security)]
    if paths:
        held = [
            path
            for i, at in enumerate(paths)
            for path in _each(kind, f"[volumeMounts={mounted_at(at)}].{marks}.{_mark(i)}")
        ]
        steps.append(_copy(workload, "spec.keep", held))
    for i, name in _shortest_first(workload):
        lacking = _each(kind, f"[securityContext={_mark(i)}: add].volumeMounts.[name={name}]")
        steps.append(_copy(workload, f"spec.volumeMounts.{_mark(i)}", lacking, create=True))
    return steps


def _for_all(workload: Workload, kind: Kind) -> list[dict[str, Any]]:
    contexts, field = _each(kind, "*.securityContext"), "allowPrivilegeEscalation"
    again = _each(kind, f"*.securityContext.{field}")
    return [
        _copy(workload, "spec.securityContext", contexts, create=True),
        _copy(workload, f"spec.securityContext.{field}", again, create=True),
    ]


def _by_marks(workload: Workload, kind: Kind) -> list[dict[str, Any]]:
    group = conditions(workload.security)
    relaxed = _each(kind, f"[securityContext={meets_all(group)}].securityContext")
    marked = _each(kind, "[securityContext=(?m)^polc:].securityContext")
    return [
        _copy(workload, "spec.securityContext", relaxed),
        _copy(workload, "spec.strictContext", marked),
    ]


def mounted_at(path: str) -> str:
    """Return an RE2 pattern that finds a mount at `path`, or above it, in the text of all mounts.

    It stands within a field path, which ends at a dot: everything unusual is written as a number.
    """
    parts = path.strip("/").split("/")
    above = ("/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return f"{_BEFORE}({'|'.join(['/', *(f'{_literal(each)}/?' for each in above)])}){_AFTER}"


def _literal(text: str) -> str:
    return "".join(
        char if (char.isascii() and char.isalnum()) or char in "/-_" else f"\\x{{{ord(char):x}}}"
        for char in text
    )


def _mark(index: int) -> str:
    return f"path{index}"


def _shortest_first(workload: Workload) -> list[tuple[int, str]]:
    """Return index and volume of each path, so that no name is found inside an earlier one.

    Kustomize looks for a name as a pattern: after `polc-tmp-cache` it would take that for
    `polc-tmp` and not add another element.
    """
    names = [mount["name"] for mount in mounts(workload.security)]
    return sorted(enumerate(names), key=lambda pair: (len(pair[1]), pair[1]))


def _each(kind: Kind, tail: str) -> list[str]:
    return [f"{kind.dotted}.{name}.{tail}" for name in _LISTS]


def _copy(
    workload: Workload, source: str, fields: list[str], *, create: bool = False
) -> dict[str, Any]:
    target: dict[str, Any] = {
        "select": {"annotationSelector": f"{ANNOTATION}={workload.name}"},
        "fieldPaths": fields,
    }
    if create:
        target["options"] = {"create": True}
    return {
        "source": {"kind": VALUES, "name": values_name(workload), "fieldPath": source},
        "targets": [target],
    }
