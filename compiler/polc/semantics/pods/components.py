"""Hardening components as data: which patches and transformers apply to a workload's object.

Sources: kustomize `api/types/{selector,replacement}.go` (patterns match from end to end), and the
order of transformers in `api/internal/target/kusttarget.go`.
"""

import posixpath
from collections.abc import Mapping, Sequence
from itertools import product
from operator import itemgetter
from typing import Any, Protocol

from attrs import define, field, frozen

from polc.semantics.objects.kustomized import matches, plain_names, selected_by
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping

KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "deployment": ("apps", "Deployment", ("spec", "template")),
    "statefulset": ("apps", "StatefulSet", ("spec", "template")),
    "daemonset": ("apps", "DaemonSet", ("spec", "template")),
    "job": ("batch", "Job", ("spec", "template")),
    "cronjob": ("batch", "CronJob", ("spec", "jobTemplate", "spec", "template")),
}
"""API group, kind and the way to the pod template, by the word in the program."""
_SENSITIVE = (
    *("securityContext", "hostNetwork", "hostPID", "hostIPC", "hostPath", "hostUsers"),
    *("serviceAccount", "automountServiceAccountToken", "ephemeralContainers"),
)
"""What a patch whose effect is not followed must not speak of."""


class Hardened(Protocol):
    """What names the object that a component changes; a workload does."""

    @property
    def kind(self) -> str:
        """The word for its kind, as in a program."""

    @property
    def namespace(self) -> str:
        """Its namespace."""

    @property
    def object_name(self) -> str:
        """Its name."""

    @property
    def key(self) -> str:
        """What messages call it."""


@frozen
class Step:
    """A transformer, with the annotation (if any) that its targets need."""

    number: int
    found: Found
    problem: str | None = None


Patch = tuple[int, Mapping[str, Any], Found | None]
"""A patch's place in the list, its target, and its file; None is a file that is not there."""
Target = tuple[str, str, str]
"""Kind, name and namespace of an object; an empty namespace is any."""


@define
class Component:
    """Patches and transformers of one component, by what they can apply to."""

    files: dict[str, Found] = field(factory=dict)
    patches: dict[Target, list[Patch]] = field(factory=dict)
    open_patches: list[Patch] = field(factory=list)
    steps: dict[tuple[str, str], list[Step]] = field(factory=dict)
    open_steps: list[Step] = field(factory=list)
    values: dict[tuple[str, str], Found] = field(factory=dict)

    def patches_of(self, workload: Hardened) -> list[Found | None]:
        """Return the patches for a workload's object."""
        group, kind, _ = KINDS[workload.kind]
        name, namespace = workload.object_name, workload.namespace
        known = list(self.open_patches)
        for key in _keys(workload):
            known += self.patches.get(key, ())
        return [
            patch
            for _, target, patch in sorted(known, key=itemgetter(0))
            if matches(target, group, kind, name, namespace)
        ]

    def steps_of(self, annotations: Mapping[str, str]) -> list[Step]:
        """Return the transformers that may apply to an object with these annotations, in order."""
        found = list(self.open_steps)
        for pair in annotations.items():
            found += self.steps.get(pair, ())
        return sorted(found, key=lambda step: step.number)


@frozen
class Components:
    """All components; `by_target` are those that patch certain objects, `rest` any object."""

    by_target: Mapping[Target, Sequence[Component]]
    rest: Sequence[Component]

    def of(self, workload: Hardened) -> list[tuple[Component, list[Found | None]]]:
        """Return the components that patch a workload's object, with their patches for it."""
        known = {id(each): each for key in _keys(workload) for each in self.by_target.get(key, ())}
        found = [(each, each.patches_of(workload)) for each in (*known.values(), *self.rest)]
        return [(component, patches) for component, patches in found if patches]


def _keys(workload: Hardened) -> tuple[Target, Target]:
    """Return under which keys patches for a workload's object stand."""
    kind, name = KINDS[workload.kind][1], workload.object_name
    return (kind, name, workload.namespace), (kind, name, "")


def read_components(manifests: Manifests) -> Components:
    """Read the parts of every component among the manifests, folder by folder."""
    folders: dict[str, Component] = {}
    for found in manifests.parts:
        one = folders.setdefault(posixpath.dirname(found.path), Component())
        one.files[found.path] = found
        one.values[found.kind, found.name] = found
    by_target: dict[Target, list[Component]] = {}
    rest: list[Component] = []
    for folder, one in folders.items():
        for kustomization in one.files.values():
            if kustomization.kind == "Component":
                _fill(one, folder, kustomization.body)
        for key in one.patches:
            by_target.setdefault(key, []).append(one)
        if one.open_patches:
            rest.append(one)
    return Components(by_target, rest)


def _fill(component: Component, folder: str, kustomization: Mapping[str, Any]) -> None:
    for number, entry in enumerate(items(kustomization.get("patches"))):
        _add_patch(component, folder, number, mapping(entry))
    for number, name in enumerate(items(kustomization.get("transformers"))):
        step = component.files.get(posixpath.join(folder, str(name)))
        if step is not None:
            _add_step(component, number, step)


def _add_patch(component: Component, folder: str, number: int, entry: Mapping[str, Any]) -> None:
    target = mapping(entry.get("target"))
    found = component.files.get(posixpath.join(folder, str(entry.get("path", ""))))
    patch = number, target, found
    kinds, names = (plain_names(str(target.get(word, ""))) for word in ("kind", "name"))
    if kinds is None or names is None:
        component.open_patches.append(patch)
        return
    for key in product(kinds, names, plain_names(str(target.get("namespace", ""))) or ("",)):
        component.patches.setdefault(key, []).append(patch)


def _add_step(component: Component, number: int, found: Found) -> None:
    """Index a transformer by the annotation that all its targets ask for, if there is one."""
    if found.kind == "ReplacementTransformer":
        selectors = {
            selected_by(mapping(mapping(target).get("select")))
            for replacement in items(found.body.get("replacements"))
            for target in items(mapping(replacement).get("targets"))
        }
        step = Step(number, found)
    else:
        selectors = {selected_by(mapping(found.body.get("target")))}
        text = (
            str(found.body.get("patch", "")) if found.kind == "PatchTransformer" else _SENSITIVE[0]
        )
        word = next((word for word in _SENSITIVE if word in text), None)
        step = Step(number, found, word and f"it changes `{word}` in a way that is not followed")
    pair = selectors.pop() if len(selectors) == 1 else None
    if pair is None:
        component.open_steps.append(step)
    else:
        component.steps.setdefault(pair, []).append(step)
