"""Hardening components applied to pods that nobody has: the worst one, and one that refuses.

The component's patches and replacements are applied as Kustomize applies them. What they do under
a condition is followed where the condition is one that polc writes (`semantics.pods.conditions`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.semantics.objects.kustomized import copied, merge, selected_by, write
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.pods.components import KINDS, Component, Hardened, Step
from polc.semantics.pods.conditions import EMPTY, MARKED, Conditional, conditional
from polc.semantics.workloads.templates import Template

BAD_CONTEXT = {
    **{"privileged": True, "allowPrivilegeEscalation": True, "readOnlyRootFilesystem": False},
    **{"runAsNonRoot": False, "runAsUser": 0, "runAsGroup": 0, "procMount": "Unmasked"},
    "capabilities": {"add": ["ALL"]},
    "seccompProfile": {"type": "Unconfined"},
    "appArmorProfile": {"type": "Unconfined"},
    "seLinuxOptions": {"type": "spc_t", "user": "root"},
}
_WORST = {
    **{"hostNetwork": True, "hostPID": True, "hostIPC": True},
    **{"serviceAccountName": "any-other", "serviceAccount": "any-other"},
    "securityContext": {
        **{"runAsNonRoot": False, "runAsUser": 0, "runAsGroup": 0, "fsGroup": 0},
        "supplementalGroups": [0],
        "seccompProfile": {"type": "Unconfined"},
        "sysctls": [{"name": "kernel.msgmax", "value": "1"}],
        "appArmorProfile": {"type": "Unconfined"},
        "seLinuxOptions": {"type": "spc_t", "user": "root"},
    },
}
_CONTAINERS: tuple[dict[str, Any], ...] = (
    {
        "name": "worst",
        "ports": [{"containerPort": 80, "hostPort": 80}],
        "securityContext": BAD_CONTEXT,
    },
    {"name": "bare"},
)
LISTS = ("containers", "initContainers")


Applying = Sequence[tuple[Component, Sequence[Found | None]]]
"""Components, each with its patches for an object."""


def harden(
    workload: Hardened, applying: Applying, more: Iterable[Mapping[str, Any]] = ()
) -> tuple[Template, list[Diagnostic]]:
    """Return the worst pod of a workload after the components, one after the other.

    `more` are containers that it has besides the worst and one that says nothing.
    """
    _, kind, keys = KINDS[workload.kind]
    containers = [*_CONTAINERS, *more]
    body: dict[str, Any] = {"spec": copied({**_WORST, **dict.fromkeys(LISTS, containers)})}
    for key in reversed(keys):
        body = {key: body}
    whole: dict[str, Any] = {
        "kind": kind,
        "metadata": {"name": workload.object_name, "namespace": workload.namespace},
        **body,
    }
    problems: list[Diagnostic] = []
    first: Found | None = None
    for component, patches in applying:
        for patch in patches:
            if patch is not None:
                first = first or patch
                merge(whole, {**patch.body, "metadata": _without_name(patch.body)})
        problems += _transform(component, workload, whole)
    template: Any = whole
    for key in keys:
        template = mapping(template).get(key)
    assert first is not None, "a component without patches for it is left out"
    place = Found(whole, first.path, first.line, first.text, first.document)
    return Template(place, keys, mapping(template)), problems


def _transform(
    component: Component, workload: Hardened, whole: dict[str, Any]
) -> Iterator[Diagnostic]:
    """Apply the transformers of a component in their order; report what is not followed."""
    annotations = mapping(mapping(whole["metadata"]).get("annotations"))
    state = _State()
    for step, has in walk(component, annotations):
        if step.problem is not None:
            yield _not_followed(workload, step.found, step.problem)
        state.plain = state.plain or makes_plain(step, has)
        for path, value, create in copies(component, step.found, has):
            if "[" not in path:
                write(whole, path.split("."), value, create=create)
                if path.endswith("containers.*.securityContext") and create:
                    state.unfinished = None
            elif not _write_some(state, step.found, whole, (path, value, create)):
                reason = "which container gets what depends on a condition that is not followed"
                yield _not_followed(workload, step.found, reason)
    if state.unfinished is not None:
        reason = "a security context is changed in a way that is not followed"
        yield _not_followed(workload, state.unfinished, reason)


@define
class _State:
    """How far the transformers have come: what has changed something that was not followed."""

    unfinished: Found | None = None
    plain: bool = False
    written_out: set[str] = field(factory=set)


def _write_some(
    state: _State, found: Found, whole: dict[str, Any], copy: tuple[str, Any, bool]
) -> bool:
    """Write to the containers that meet a condition; tell whether that was followed."""
    path, value, create = copy
    which = conditional(path)
    if which is None or not which.rest.startswith("securityContext"):
        if "securityContext" in path.rpartition("]")[2]:
            state.unfinished = found
        return True
    if which.condition is None:
        state.unfinished = found
        # Marks of paths decide about mounts, and give way to the context in the end.
        return which.rest.removeprefix("securityContext.").startswith(("path", "polc.path"))
    if not _is_text_known(state, which):
        return False
    for container in _containers(whole, which.containers):
        if which.condition(container):
            write(container, which.rest.split("."), value, create=create)
    if which.rest == "securityContext" and which.pattern == MARKED:
        state.unfinished = None
    return True


def _is_text_known(state: _State, which: Conditional) -> bool:
    """Tell whether a pattern means on the text what it means of the data."""
    if which.field != "securityContext":
        return True
    if which.pattern == EMPTY and state.plain:
        state.written_out.add(which.containers)
    return state.plain and which.containers in state.written_out


def _containers(whole: dict[str, Any], path: str) -> list[dict[str, Any]]:
    value: Any = whole
    for key in path.split("."):
        value = mapping(value).get(key)
    return [each for each in items(value) if isinstance(each, dict)]


def makes_plain(step: Step, annotations: Mapping[str, str]) -> bool:
    """Tell whether a step certainly is a JSON Patch of an object: what it leaves is plain."""
    target = mapping(step.found.body.get("target"))
    return (
        step.found.kind == "PatchTransformer"
        and str(step.found.body.get("patch", "")).startswith("- {op: ")
        and set(target) == {"annotationSelector"}
        and target["annotationSelector"] in annotations
    )


def walk(
    component: Component, annotations: Mapping[str, str]
) -> Iterator[tuple[Step, Mapping[str, str]]]:
    """Yield the steps for an object in order, each with the annotations that it then has."""
    left = dict(annotations)
    for step in component.steps_of(annotations):
        yield step, dict(left)
        patch = str(step.found.body.get("patch", ""))
        for key in annotations:
            escaped = key.replace("~", "~0").replace("/", "~1")
            if f"/metadata/annotations/{escaped}" in patch:
                left.pop(key, None)  # Later steps that ask for it pass the object by.


def _without_name(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a patch's metadata without the name: the target says whom it is for."""
    metadata = mapping(body.get("metadata"))
    return {key: value for key, value in metadata.items() if key not in ("name", "namespace")}


def copies(
    component: Component, found: Found, annotations: Mapping[str, str]
) -> Iterator[tuple[str, Any, bool]]:
    """Yield the writes of a transformer that concern an object: path, value, and if it may add."""
    for replacement in items(found.body.get("replacements")):
        source = mapping(mapping(replacement).get("source"))
        origin = component.values.get((str(source.get("kind")), str(source.get("name"))))
        value: Any = None if origin is None else origin.body
        for key in str(source.get("fieldPath", "")).split("."):
            value = mapping(value).get(key)
        for target in items(mapping(replacement).get("targets")):
            pair = selected_by(mapping(mapping(target).get("select")))
            if pair is not None and annotations.get(pair[0]) != pair[1]:
                continue
            create = mapping(mapping(target).get("options")).get("create") is True
            for path in items(mapping(target).get("fieldPaths")):
                if value is not None:
                    yield str(path), value, create


def _not_followed(workload: Hardened, found: Found, reason: str) -> Diagnostic:
    return Diagnostic(
        NOT_DECIDED,
        f"whether the pods of `{workload.key}` are as hard as declared is not decided: {reason}",
        found.span(),
        help="verify what `kubectl kustomize` makes of the workloads and this component",
    )
