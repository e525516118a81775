"""Pods of two sides to what they may do on their node and with which account, on one side only.

A pod is a template among the objects, or what a hardening component makes of the worst pod that it
can be applied to. So a program, or its output, can be held against rendered manifests.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic, Severity
from polc.diff.changes import Change, Kind
from polc.ir.nodes import Level
from polc.source import Span
from polc.verify.component import hardened
from polc.verify.objects import Key, Manifests
from polc.verify.podsecurity import breaches
from polc.verify.reading import items, mapping
from polc.verify.templates import Template, templates, unknown_makers

_ENFORCE = "pod-security.kubernetes.io/enforce"
_LOOSENESS = {Level.RESTRICTED.value: 0, Level.BASELINE.value: 1, Level.PRIVILEGED.value: 2}
_AROUND = "traffic.sidecar.istio.io/"
"""Annotations that lead connections past the sidecar (istio.io, "Resource annotations")."""
_FIXED = frozenset({"configMap", "secret", "projected", "downwardAPI", "image"})
"""Volumes that no container can write (core/v1, VolumeSource)."""
_ANY = "*"
_ROOT, _FOLDER = "may write its root file system", "may write /"


@frozen
class Fact:
    """Something that containers of a pod may do; `container` is its name, `*` for any."""

    container: str
    text: str

    def __str__(self) -> str:
        return self.text if self.container in ("", _ANY) else f"{self.text} ({self.container})"


@frozen(eq=False)
class _Pod:
    """A pod; `real` if a template makes it, and no component only might."""

    title: str
    namespace: str
    facts: Mapping[Fact, Span]
    account: str
    place: Span
    real: bool


_Pods = dict[tuple[str, str, str], _Pod]
"""Pods by kind, namespace and name of what makes them."""


def pod_changes(one: Manifests, other: Manifests) -> Iterator[Change]:
    """Yield what only `one` lets pods do beyond the strictest hardening, and namespaces admit."""
    mine, theirs = _pods(one), _pods(other)
    apart = _apart(mine, other, theirs)
    for key, pod in mine.items():
        before = theirs.get(key)
        if before is None and not pod.real and pod.namespace in apart:
            continue
        known = before.facts if before is not None else {}
        # What a component has to mount is known; what else manifests mount is their own affair.
        unlike = before is not None and before.real is not pod.real
        for fact, span in pod.facts.items():
            if not _holds(known, fact) and not (unlike and fact.text.startswith(_FOLDER)):
                yield Change(
                    Kind.POD, True, pod.title, str(fact), namespaces=(pod.namespace,), span=span
                )
        if before is not None and before.account != pod.account:
            yield Change(
                Kind.POD,
                True,
                pod.title,
                "runs as the service account",
                pod.account,
                notes=(f"it is {before.account} on the other side",),
                namespaces=(pod.namespace,),
                span=pod.place,
            )
    yield from _levels(one, other)


def _apart(mine: _Pods, other: Manifests, theirs: _Pods) -> dict[str, _Pod]:
    """Return the namespaces, with a pod of each, whose pods only one side has a component for.

    The other side has other pods there, or none at all: what is applied is not what a component
    might be applied to.
    """
    known = {each.namespace for each in other.objects}
    hardened_there = {each.namespace for each in theirs.values() if not each.real}
    return {
        each.namespace: each
        for each in mine.values()
        if not each.real and each.namespace in known - hardened_there
    }


def open_pods(old: Manifests, new: Manifests) -> Iterator[Diagnostic]:
    """Yield what of pods can't be told, unless it is the same on both sides."""
    pods = _pods(old), _pods(new)
    for mine, other, theirs in ((pods[0], new, pods[1]), (pods[1], old, pods[0])):
        rendered = {each.namespace for each in theirs.values() if each.real}
        for namespace, pod in _apart(mine, other, theirs).items():
            if namespace not in rendered:
                message = f"pods of `{namespace}` are not compared: one side says nothing of them"
                yield Diagnostic(NOT_DECIDED, message, pod.place, severity=Severity.NOTE)
    before, after = ({each.message: each for each in hardened(side)[1]} for side in (old, new))
    yield from (each for message, each in after.items() if message not in before)
    known = [(each.kind, each.namespace, each.name, each.spec) for each in unknown_makers(old)]
    for found in unknown_makers(new):
        if (found.kind, found.namespace, found.name, found.spec) not in known:
            message = f"{found.kind} `{found.namespace}/{found.name}` makes pods in its own way"
            yield Diagnostic(NOT_DECIDED, message, found.span("kind"))


def _holds(known: Mapping[Fact, Span], fact: Fact) -> bool:
    """Tell whether a pod may do something already: in the same container, or in any.

    Who may write the root file system may write every folder.
    """
    texts = (fact.text, _ROOT) if fact.text.startswith(_FOLDER) else (fact.text,)
    held = {each.container for each in known if each.text in texts}
    return bool(held & {fact.container, _ANY}) or (fact.container == _ANY and bool(held))


def _pods(manifests: Manifests) -> _Pods:
    accounts = {(each.namespace, each.name): each for each in manifests.of_kind("ServiceAccount")}
    found: _Pods = {}
    for made, any_container in ((hardened(manifests)[0], True), (templates(manifests), False)):
        for template in made:
            at = template.found
            account = str(
                template.spec.get("serviceAccountName")
                or template.spec.get("serviceAccount")
                or "default"
            )
            token = accounts.get((at.namespace, account))
            mounts = None if token is None else token.body.get("automountServiceAccountToken")
            facts: dict[Fact, Span] = {}
            made_of = (*_facts(template, mounts is not False), *_added(manifests, template))
            for container, text, path in made_of:
                fact = Fact(_ANY if any_container and container else container, text)
                facts.setdefault(fact, at.span(*template.keys, "spec", *path))
            place = at.span(*template.keys, "spec", "serviceAccountName")
            title = f"{at.kind} {at.namespace}/{at.name}"
            found[at.kind, at.namespace, at.name] = _Pod(
                title, at.namespace, facts, f"{at.namespace}/{account}", place, not any_container
            )
    return found


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


def _added(manifests: Manifests, template: Template) -> _Facts:
    """Yield the folders that a component has its pods write (ADR 8): its values list them."""
    annotations = mapping(template.found.metadata.get("annotations"))
    name = f"{template.namespace}.{annotations.get('polc/hardening')}"
    for part in manifests.parts:
        if part.kind == "PodHardening" and part.name == name:
            for mount in mapping(part.spec.get("volumeMounts")).values():
                yield _ANY, f"may write {mapping(mount).get('mountPath')}", ()


def _levels(one: Manifests, other: Manifests) -> Iterator[Change]:
    """Yield namespaces that admit looser pods; what enforces no level admits all."""
    found = {each.name: each for each in one.of_kind("Namespace", "")}
    for name in sorted({*one.namespaces, *other.namespaces}):
        levels = [
            side.namespaces.get(name, {}).get(_ENFORCE, Level.PRIVILEGED.value)
            for side in (one, other)
        ]
        mine, theirs = (_LOOSENESS.get(level, 2) for level in levels)
        if mine > theirs:
            at = found.get(name) or next(
                each for each in other.of_kind("Namespace", "") if each.name == name
            )
            yield Change(
                Kind.POD,
                True,
                f"namespace {name}",
                f"admits pods of level {levels[0]}",
                besides=(f"level {levels[1]}",),
                namespaces=(name,),
                span=at.span("metadata", "labels", _ENFORCE),
            )
