"""What a component changes besides the pods of services: accounts that polc replaces, else nothing.

A component is applied to everything that stands beside it, the program's policies and roles
included, so a patch for another kind can undo what is proved of these. polc's own ask for an
annotation that only hardened workloads have. One patch deletes the service accounts of manifests
that have the name of one of the program's; the program's own, which are labelled, and those with
the identity of a cloud stay.

Sources: kustomize api/types/{selector,patch,kustomization}.go; kubernetes.io, "Labels and
Selectors".
"""

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Program
from polc.semantics.objects.kustomized import plain_names
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.pods.components import KINDS

_MARK = "polc/hardening"
_OWN = frozenset({"app.kubernetes.io/managed-by!=polc"})
_IDENTITIES = frozenset(
    {
        *("!azure.workload.identity/client-id", "!eks.amazonaws.com/role-arn"),
        "!iam.gke.io/gcp-service-account",
    }
)
_WORKLOADS = frozenset(kind for _, kind, _ in KINDS.values())


def reach(manifests: Manifests, program: Program) -> Iterator[Diagnostic]:
    """Report what the components of the input may change that nobody follows."""
    files = {posixpath.normpath(each.path): each for each in manifests.parts}
    counts = Counter(each.path for each in manifests.parts)
    twice = [path for path, number in counts.items() if number > 1]
    accounts: dict[str, set[str]] = {}
    for workload in program.workloads:
        accounts.setdefault(workload.namespace, set()).add(workload.account)
    for component in manifests.parts:
        if component.kind != "Component":
            continue
        folder = posixpath.dirname(component.path)
        for path in (each for each in twice if posixpath.dirname(each) == folder):
            yield _not_followed(component, f"`{path}` holds several objects")
        for index, entry in enumerate(map(mapping, items(component.body.get("patches")))):
            patch = files.get(posixpath.normpath(posixpath.join(folder, str(entry.get("path")))))
            why = _patch(entry, patch, accounts)
            if why is not None:
                yield _not_followed(component, why, "patches", index)
        for index, name in enumerate(items(component.body.get("transformers"))):
            step = files.get(posixpath.normpath(posixpath.join(folder, str(name))))
            for target in () if step is None else _targets(step):
                if str(target.get("annotationSelector", "")).partition("=")[0] != _MARK:
                    why = f"the targets of `{name}` need not have the annotation `{_MARK}`"
                    yield _not_followed(component, why, "transformers", index)
                    break


def _targets(step: Found) -> Iterator[Mapping[str, Any]]:
    if step.kind != "ReplacementTransformer":
        yield mapping(step.body.get("target"))
    for replacement in items(step.body.get("replacements")):
        for target in items(mapping(replacement).get("targets")):
            yield mapping(mapping(target).get("select"))


def _patch(
    entry: Mapping[str, Any], patch: Found | None, accounts: Mapping[str, set[str]]
) -> str | None:
    """Return why it is not known what a patch changes; a file that is not there is told elsewhere.

    Without a target it is for objects of the kind that the patch itself names.
    """
    target = mapping(entry.get("target"))
    kind = target.get("kind") or (patch.kind if patch is not None and not target else None)
    if patch is None or kind in _WORKLOADS:
        return None
    if kind != "ServiceAccount":
        return f"it changes objects of {f'kind `{kind}`' if kind else 'any kind'}"
    if set(patch.body) - {"apiVersion", "kind", "metadata", "$patch"} or (
        patch.body.get("$patch") != "delete"
    ):
        return "it changes service accounts"
    return _accounts(target, accounts)


def _accounts(target: Mapping[str, Any], accounts: Mapping[str, set[str]]) -> str | None:
    """Return how the accounts that a patch deletes differ from those that the program replaces."""
    spaces = set(plain_names(str(target.get("namespace", ""))) or ())
    own = [each for each in accounts if {each, "default"} == spaces]
    if not own:
        return f"it deletes service accounts in namespaces `{target.get('namespace', '*')}`"
    names = set(plain_names(str(target.get("name", ""))) or ("*",))
    if more := sorted(names - accounts[own[0]]):
        return f"it deletes service accounts `{more[0]}`, which no service of `{own[0]}` has"
    if less := sorted(accounts[own[0]] - names):
        return f"it leaves a service account `{less[0]}` of the manifests beside the program's"
    if _terms(target.get("labelSelector")) != _OWN:
        return "it may delete the program's own service accounts (`labelSelector`)"
    if _terms(target.get("annotationSelector")) != _IDENTITIES:
        return "it may delete service accounts with a cloud's identity (`annotationSelector`)"
    return None


def _terms(selector: object) -> frozenset[str]:
    return frozenset(each.strip() for each in str(selector or "").split(","))


def _not_followed(component: Found, why: str, *keys: Key) -> Diagnostic:
    return Diagnostic(
        NOT_DECIDED,
        f"what the component `{component.path}` makes of the objects is not decided: {why}",
        component.span(*keys),
        help="build the component anew, or verify what `kubectl kustomize` makes of it",
    )
