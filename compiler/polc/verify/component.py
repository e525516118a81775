"""Judges a hardening component by what it makes of the worst pod that it can be applied to.

The component's patches and replacements are applied to a pod that breaks every rule, as Kustomize
applies them; what comes out is compared with the program like any pod. The worst pod has what a
component can take away: volumes of the node, hosts of probes and AppArmor annotations of a
manifest stay, and only Pod Security refuses them.

Sources: kustomize `api/types/{selector,replacement}.go` (patterns match from end to end), the
order of transformers in `api/internal/target/kusttarget.go`, and strategic merge patches:
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from attrs import define, field, frozen

from polc.codes.proof import LOST_HARDENING, NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Workload
from polc.verify.hardened import compare_pod
from polc.verify.kustomized import matches, merge, plain_names, selected_by, write
from polc.verify.objects import Found, Manifests
from polc.verify.reading import items, mapping
from polc.verify.templates import Template

_KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "deployment": ("apps", "Deployment", ("spec", "template")),
    "statefulset": ("apps", "StatefulSet", ("spec", "template")),
    "daemonset": ("apps", "DaemonSet", ("spec", "template")),
    "job": ("batch", "Job", ("spec", "template")),
    "cronjob": ("batch", "CronJob", ("spec", "jobTemplate", "spec", "template")),
}
_SENSITIVE = (
    *("securityContext", "hostNetwork", "hostPID", "hostIPC", "hostPath", "hostUsers"),
    *("serviceAccount", "automountServiceAccountToken", "ephemeralContainers"),
)
"""What a patch whose effect is not followed must not speak of."""

_BAD_CONTEXT = {
    **{"privileged": True, "allowPrivilegeEscalation": True, "readOnlyRootFilesystem": False},
    **{"runAsNonRoot": False, "runAsUser": 0, "runAsGroup": 0, "procMount": "Unmasked"},
    "capabilities": {"add": ["SYS_ADMIN"]},
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
    **{
        name: [
            {
                "name": "worst",
                "ports": [{"containerPort": 80, "hostPort": 80}],
                "securityContext": _BAD_CONTEXT,
            },
            {"name": "bare"},
        ]
        for name in ("containers", "initContainers")
    },
}


@frozen
class _Step:
    """A transformer, with the annotation (if any) that its targets need."""

    number: int
    found: Found
    problem: str | None = None


@define
class _Components:
    """Patches and transformers of all components, by what they can apply to."""

    files: dict[str, Found] = field(factory=dict)
    patches: dict[tuple[str, str], list[tuple[Mapping[str, Any], Found | None]]] = field(
        factory=dict
    )
    open_patches: list[tuple[Mapping[str, Any], Found | None]] = field(factory=list)
    steps: dict[tuple[str, str], list[_Step]] = field(factory=dict)
    open_steps: list[_Step] = field(factory=list)
    values: dict[tuple[str, str], Found] = field(factory=dict)

    def patches_of(self, kind: str, workload: Workload) -> list[Found | None]:
        """Return the patches for a workload's object; None is a file that is not there."""
        group = next(group for group, name, _ in _KINDS.values() if name == kind)
        known = (*self.patches.get((kind, workload.object_name), ()), *self.open_patches)
        return [
            patch
            for target, patch in known
            if matches(target, group, kind, workload.object_name, workload.namespace)
        ]

    def steps_of(self, annotations: Mapping[str, str]) -> list[_Step]:
        """Return the transformers that may apply to an object with these annotations, in order."""
        found = list(self.open_steps)
        for pair in annotations.items():
            found += self.steps.get(pair, ())
        return sorted(found, key=lambda step: step.number)


def check_components(
    manifests: Manifests, workloads: Iterable[Workload]
) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """Report workloads that the components of the input do not harden, and what is not decided."""
    components = _read(manifests)
    accounts = {(each.namespace, each.name): each for each in manifests.of_kind("ServiceAccount")}
    violations: list[Diagnostic] = []
    undecided: list[Diagnostic] = []
    for workload in workloads:
        if workload.kind not in _KINDS:
            undecided.append(_absent(workload, "its Knative Service is not in the input"))
            continue
        patches = components.patches_of(_KINDS[workload.kind][1], workload)
        if not patches and not components.files:
            reason = "neither its pods nor the component that hardens them are in the input"
            undecided.append(_absent(workload, reason))
        elif not patches or None in patches:
            violations.append(_lost(workload))
        else:
            template, problems = _harden(components, workload, [each for each in patches if each])
            undecided += problems
            account = accounts.get((workload.namespace, workload.account))
            violations += compare_pod(template, workload, account)
    return tuple(violations), tuple(undecided)


def _lost(workload: Workload) -> Diagnostic:
    return Diagnostic(
        LOST_HARDENING,
        f"no patch of the component hardens the pods of `{workload.key}`",
        workload.span,
        help="build the component anew; it has one patch for each service",
    )


def _absent(workload: Workload, reason: str) -> Diagnostic:
    return Diagnostic(
        NOT_DECIDED,
        f"whether the pods of `{workload.key}` are as hard as declared is not decided: {reason}",
        workload.span,
        help="verify the folder that polc wrote, or what `kubectl kustomize` makes of it and the"
        " workloads",
    )


# --- reading components ---------------------------------------------------------------------------


def _read(manifests: Manifests) -> _Components:
    components = _Components({found.path: found for found in manifests.parts})
    for found in manifests.parts:
        if found.kind == "PodHardening":
            components.values["PodHardening", found.name] = found
    number = 0
    for kustomization in manifests.parts:
        if kustomization.kind != "Component":
            continue
        folder = posixpath.dirname(kustomization.path)
        for entry in items(kustomization.body.get("patches")):
            _add_patch(components, folder, mapping(entry))
        for name in items(kustomization.body.get("transformers")):
            number += 1
            step = components.files.get(posixpath.join(folder, str(name)))
            if step is not None:
                _add_step(components, number, step)
    return components


def _add_patch(components: _Components, folder: str, entry: Mapping[str, Any]) -> None:
    target = mapping(entry.get("target"))
    found = components.files.get(posixpath.join(folder, str(entry.get("path", ""))))
    names = plain_names(str(target.get("name", "")))
    if names is None:
        components.open_patches.append((target, found))
        return
    for name in names:
        key = (str(target.get("kind", "")), name)
        components.patches.setdefault(key, []).append((target, found))


def _add_step(components: _Components, number: int, found: Found) -> None:
    """Index a transformer by the annotation that all its targets ask for, if there is one."""
    if found.kind == "ReplacementTransformer":
        selectors = {
            selected_by(mapping(mapping(target).get("select")))
            for replacement in items(found.body.get("replacements"))
            for target in items(mapping(replacement).get("targets"))
        }
        step = _Step(number, found)
    else:
        selectors = {selected_by(mapping(found.body.get("target")))}
        text = (
            str(found.body.get("patch", "")) if found.kind == "PatchTransformer" else _SENSITIVE[0]
        )
        word = next((word for word in _SENSITIVE if word in text), None)
        step = _Step(number, found, word and f"it changes `{word}` in a way that is not followed")
    pair = selectors.pop() if len(selectors) == 1 else None
    if pair is None:
        components.open_steps.append(step)
    else:
        components.steps.setdefault(pair, []).append(step)


# --- applying them --------------------------------------------------------------------------------


def _harden(
    components: _Components, workload: Workload, patches: list[Found]
) -> tuple[Template, list[Diagnostic]]:
    """Return the worst pod of a workload after the component."""
    _, kind, keys = _KINDS[workload.kind]
    body: dict[str, Any] = {"spec": deepcopy(_WORST)}
    for key in reversed(keys):
        body = {key: body}
    whole: dict[str, Any] = {
        "kind": kind,
        "metadata": {"name": workload.object_name, "namespace": workload.namespace},
        **body,
    }
    for patch in patches:
        merge(whole, {**patch.body, "metadata": _without_name(patch.body)})
    problems: list[Diagnostic] = []
    annotations = mapping(mapping(whole["metadata"]).get("annotations"))
    unfinished = False
    for step in components.steps_of(annotations):
        if step.problem is not None:
            problems.append(_not_followed(workload, step.found, step.problem))
        for path, value, create in _copies(components, step.found, annotations):
            if "[" in path:
                unfinished |= "securityContext" in path.rpartition("]")[2]
                continue
            write(whole, path.split("."), value, create=create)
            if path.endswith("containers.*.securityContext") and create:
                unfinished = False
    if unfinished:
        reason = "a security context is changed in a way that is not followed"
        problems.append(_not_followed(workload, patches[0], reason))
    template: Any = whole
    for key in keys:
        template = mapping(template).get(key)
    place = Found(whole, patches[0].path, patches[0].line, patches[0].text, patches[0].document)
    return Template(place, keys, mapping(template)), problems


def _without_name(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a patch's metadata without the name: the target says whom it is for."""
    metadata = mapping(body.get("metadata"))
    return {key: value for key, value in metadata.items() if key not in ("name", "namespace")}


def _copies(
    components: _Components, found: Found, annotations: Mapping[str, str]
) -> Iterator[tuple[str, Any, bool]]:
    """Yield the writes of a transformer that concern an object: path, value, and if it may add."""
    for replacement in items(found.body.get("replacements")):
        source = mapping(mapping(replacement).get("source"))
        origin = components.values.get((str(source.get("kind")), str(source.get("name"))))
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


def _not_followed(workload: Workload, found: Found, reason: str) -> Diagnostic:
    return Diagnostic(
        NOT_DECIDED,
        f"whether the pods of `{workload.key}` are as hard as declared is not decided: {reason}",
        found.span(),
        help="verify what `kubectl kustomize` makes of the workloads and this component",
    )
