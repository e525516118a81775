"""What pods may do on their node and with which account, as facts that can be compared.

A pod is a template among the objects, or what a hardening component makes of the worst pod that it
can be applied to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.diagnostics import Diagnostic
from polc.ir.nodes import Level
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.pods.standards import breaches
from polc.semantics.workloads.templates import Template, templates
from polc.source import Span
from polc.verify.pods.component import hardened

_AROUND = "traffic.sidecar.istio.io/"
"""Annotations that lead connections past the sidecar (istio.io, "Resource annotations")."""
_FIXED = frozenset({"configMap", "secret", "projected", "downwardAPI", "image"})
"""Volumes that no container can write (core/v1, VolumeSource)."""
_ANY = "*"
_ROOT, FOLDER = "may write its root file system", "may write /"


@frozen
class Fact:
    """Something that containers of a pod may do; `container` is its name, `*` for any."""

    container: str
    text: str

    def __str__(self) -> str:
        return self.text if self.container in ("", _ANY) else f"{self.text} ({self.container})"


@frozen(eq=False)
class Pod:
    """A pod; `real` if a template makes it, and no component only might.

    The facts lead to the fields that say them, from the pod's specification on.
    """

    template: Template
    facts: Mapping[Fact, tuple[Key, ...]]
    account: str
    real: bool

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.template.namespace

    @property
    def title(self) -> str:
        """What a reader calls it."""
        return self.template.title.replace("`", "")

    def span(self, *keys: Key) -> Span:
        """Return the place of a field of its specification."""
        return self.template.found.span(*self.template.keys, "spec", *keys)

    def may(self, fact: Fact) -> bool:
        """Tell whether it may do something: in the same container, or in any.

        Who may write the root file system may write every folder.
        """
        texts = (fact.text, _ROOT) if fact.text.startswith(FOLDER) else (fact.text,)
        held = {each.container for each in self.facts if each.text in texts}
        return bool(held & {fact.container, _ANY}) or (fact.container == _ANY and bool(held))


@frozen(eq=False)
class Pods:
    """Pods by kind, namespace and name of what makes them, and what of them is not followed."""

    by_maker: Mapping[tuple[str, str, str], Pod]
    problems: tuple[Diagnostic, ...]


def read_pods(manifests: Manifests) -> Pods:
    """Return all pods of some objects."""
    accounts = {(each.namespace, each.name): each for each in manifests.of_kind("ServiceAccount")}
    values = {each.name: each for each in manifests.parts if each.kind == "PodHardening"}
    made, problems = hardened(manifests)
    found: dict[tuple[str, str, str], Pod] = {}
    for template, real in (
        *((each, False) for each in made),
        *((each, True) for each in templates(manifests)),
    ):
        at, spec = template.found, template.spec
        account = str(spec.get("serviceAccountName") or spec.get("serviceAccount") or "default")
        token = accounts.get((at.namespace, account))
        mounts = None if token is None else token.body.get("automountServiceAccountToken")
        facts: dict[Fact, tuple[Key, ...]] = {}
        for container, text, path in (
            *_facts(template, mounts is not False),
            *_added(values, template),
        ):
            facts.setdefault(Fact(container if real or not container else _ANY, text), path)
        name = f"{at.namespace}/{account}"
        found[at.kind, at.namespace, at.name] = Pod(template, facts, name, real)
    return Pods(found, problems)


_Facts = Iterator[tuple[str, str, tuple[Key, ...]]]


def _facts(template: Template, account_mounts: bool) -> _Facts:
    """Yield what a pod may do: by which container (or none), in words, and where it is said."""
    names = {path: str(container.get("name", "")) for path, container in template.containers()}
    for breach in breaches(template, Level.RESTRICTED):
        text = f"is beyond {breach.level.value}: {breach.message.replace('`', '')}"
        yield names.get(breach.path[:2], ""), text, breach.path
    for path, container in template.containers():
        context = mapping(container.get("securityContext"))
        if context.get("readOnlyRootFilesystem") is not True:
            at = (*path, "securityContext", "readOnlyRootFilesystem")
            yield names[path], _ROOT, at
        yield from _mounts(template, path, container)
    said = template.spec.get("automountServiceAccountToken")
    if said is True or (said is None and account_mounts):
        at = ("automountServiceAccountToken",)
        yield "", "gets a token for the Kubernetes API", at
    for group in items(mapping(template.spec.get("securityContext")).get("supplementalGroups")):
        yield "", f"is in the group {group}", ("securityContext", "supplementalGroups")
    for key, value in template.annotations.items():
        if str(key).startswith(_AROUND):
            yield "", f"leads connections past the sidecar ({key}: {value})", ()


def _mounts(template: Template, path: tuple[Key, ...], container: Mapping[str, Any]) -> _Facts:
    """Yield the folders that a container can write, tokens among its volumes aside."""
    fixed = {
        each.get("name")
        for each in map(mapping, items(template.spec.get("volumes")))
        if _FIXED & each.keys()
    }
    for index, mount in enumerate(map(mapping, items(container.get("volumeMounts")))):
        if mount.get("readOnly") is not True and mount.get("name") not in fixed:
            where = str(mount.get("mountPath", "")).rstrip("/") or "/"
            yield (
                str(container.get("name", "")),
                f"may write {where}",
                (*path, "volumeMounts", index),
            )


def _added(values: Mapping[str, Found], template: Template) -> _Facts:
    """Yield the folders that a component has its pods write (ADR 8): its values list them."""
    annotations = mapping(template.found.metadata.get("annotations"))
    name = f"{template.namespace}.{annotations.get('polc/hardening')}"
    if name in values:
        for mount in mapping(values[name].spec.get("volumeMounts")).values():
            yield _ANY, f"may write {mapping(mount).get('mountPath')}", ()
