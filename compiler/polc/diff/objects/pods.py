"""Pods of two sides to what they may do on one side only, and what namespaces admit.

A program, or its output, can be held against rendered manifests: what its component makes of the
worst pod is what it declares.
"""

from __future__ import annotations

from collections.abc import Iterator

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic, Severity
from polc.diff.changes import Change, Kind
from polc.diff.objects.pod_facts import FOLDER, Pod
from polc.diff.objects.side import Side
from polc.ir.nodes import Level
from polc.semantics.objects.model import Manifests

_ENFORCE = "pod-security.kubernetes.io/enforce"
_LOOSENESS = {Level.RESTRICTED.value: 0, Level.BASELINE.value: 1, Level.PRIVILEGED.value: 2}


def pod_changes(one: Side, other: Side) -> Iterator[Change]:
    """Yield what only `one` lets pods do beyond the strictest hardening, and namespaces admit."""
    apart = _apart(one, other)
    for key, pod in one.pods.by_maker.items():
        before = other.pods.by_maker.get(key)
        if before is not None or pod.real or pod.namespace not in apart:
            yield from _changes(pod, before)
    yield from _levels(one.manifests, other.manifests)


def _changes(pod: Pod, before: Pod | None) -> Iterator[Change]:
    # What a component has to mount is known; what else manifests mount is their own affair.
    unlike = before is not None and before.real is not pod.real
    space = (pod.namespace,)
    for fact, path in pod.facts.items():
        known = before is not None and before.may(fact)
        if not known and not (unlike and fact.text.startswith(FOLDER)):
            at = pod.span(*path)
            yield Change(Kind.POD, True, pod.title, str(fact), namespaces=space, span=at)
    if before is not None and before.account != pod.account:
        yield Change(
            Kind.POD,
            True,
            pod.title,
            "runs as the service account",
            pod.account,
            notes=(f"it is {before.account} on the other side",),
            namespaces=space,
            span=pod.span("serviceAccountName"),
        )


def _apart(one: Side, other: Side) -> dict[str, Pod]:
    """Return the namespaces, with a pod of each, whose pods only one side has a component for.

    The other side has other pods there, or none at all: what is applied is not what a component
    might be applied to.
    """
    known = {each.namespace for each in other.manifests.objects}
    theirs = {each.namespace for each in other.pods.by_maker.values() if not each.real}
    mine = (each for each in one.pods.by_maker.values() if not each.real)
    return {each.namespace: each for each in mine if each.namespace in known - theirs}


def open_pods(old: Side, new: Side) -> Iterator[Diagnostic]:
    """Yield what of pods can't be told, unless it is the same on both sides."""
    for one, other in ((old, new), (new, old)):
        rendered = {each.namespace for each in other.pods.by_maker.values() if each.real}
        for namespace, pod in _apart(one, other).items():
            if namespace not in rendered:
                message = f"pods of `{namespace}` are not compared: one side says nothing of them"
                yield Diagnostic(NOT_DECIDED, message, pod.span(), severity=Severity.NOTE)
    before = {each.message for each in old.pods.problems}
    yield from (each for each in new.pods.problems if each.message not in before)


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
