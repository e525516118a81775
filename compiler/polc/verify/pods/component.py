"""Judges a hardening component by what it makes of the worst pod that it can be applied to.

The component's patches and replacements are applied to a pod that breaks every rule, as Kustomize
applies them; what comes out is compared with the program like any pod, and with what went in: no
container may get looser than its manifest (`samples`). The worst pod has what a component can take
away: volumes of the node, hosts of probes and AppArmor annotations of a
manifest stay, and only Pod Security refuses them.

Source of strategic merge patches:
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from attrs import frozen

from polc.codes.proof import LOST_HARDENING, NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Workload
from polc.semantics.objects.kustomized import plain_names
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import mapping
from polc.semantics.pods.components import KINDS, read_components
from polc.semantics.workloads.templates import Template
from polc.verify.pods.hardened import compare_pod
from polc.verify.pods.samples import kept_as_hard, samples, without
from polc.verify.pods.worst import Applying, copies, harden, makes_plain, walk


def check_components(
    manifests: Manifests, workloads: Iterable[Workload]
) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """Report workloads that the components of the input do not harden, and what is not decided."""
    components = read_components(manifests)
    accounts = {(each.namespace, each.name): each for each in manifests.of_kind("ServiceAccount")}
    violations: list[Diagnostic] = []
    undecided: list[Diagnostic] = []
    clean: set[Hashable] = set()
    for workload in workloads:
        if workload.kind not in KINDS:
            undecided.append(_absent(workload, "its Knative Service is not in the input"))
            continue
        applying = components.of(workload)
        if not applying and not (components.by_target or components.rest):
            reason = "neither its pods nor the component that hardens them are in the input"
            undecided.append(_absent(workload, reason))
        elif not applying or any(None in patches for _, patches in applying):
            violations.append(_lost(workload))
        else:
            account = accounts.get((workload.namespace, workload.account))
            signature = _signature(workload, applying, account)
            if signature is not None and signature in clean:
                continue
            given = samples(workload.security)
            template, problems = harden(workload, applying, given)
            found = (
                *compare_pod(without(template, given), workload, account),
                *kept_as_hard(template, workload, given),
            )
            undecided += problems
            violations += found
            if signature is not None and not found and not problems:
                clean.add(signature)
    return tuple(violations), tuple(undecided)


@frozen
class Target:
    """An object that a component has a patch for: what of a workload names its pods."""

    kind: str
    namespace: str
    object_name: str

    @property
    def key(self) -> str:
        """What messages call it."""
        return f"{self.namespace}/{self.object_name}"


def hardened(manifests: Manifests) -> tuple[tuple[Template, ...], tuple[Diagnostic, ...]]:
    """Return the worst pod of each object that components name, hardened; and what is not decided.

    What comes out is what a pod may be beyond the strictest hardening.
    """
    components = read_components(manifests)
    words = {kind: word for word, (_, kind, _) in KINDS.items()}
    targets: dict[Target, None] = {}
    for key, group in components.by_target.items():
        kind, name, _ = key
        for component in group:
            for _, target, _ in component.patches[key]:
                spaces = plain_names(str(target.get("namespace", ""))) or ("default",)
                # polc's own also take the manifests that leave out their namespace.
                named = [space for space in spaces if space != "default"] or spaces
                if kind in words:
                    targets.update((Target(words[kind], space, name), None) for space in named)
    found: list[Template] = []
    problems: list[Diagnostic] = []
    for each in targets:
        applying = components.of(each)
        if applying and not any(None in patches for _, patches in applying):
            template, more = harden(each, applying)
            found.append(template)
            problems += more
    return tuple(found), tuple(problems)


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


def _signature(
    workload: Workload,
    applying: Applying,
    account: Found | None,
) -> Hashable | None:
    """Return what alone decides on a workload, but for its names; None: it is not that simple.

    Two workloads with one signature differ in nothing that is looked at: the account that the patch
    names is the workload's own in both, and all else is part of it.
    """
    [(component, patches), *others] = applying
    if others or len(patches) != 1 or patches[0] is None:
        return None
    patch = patches[0].body
    _, kind, keys = KINDS[workload.kind]
    nested: Any = patch
    for key in (*keys, "spec"):
        nested = mapping(nested).get(key)
    pod = mapping(nested)
    if pod.get("serviceAccountName") != workload.account:
        return None
    around = _except({keys[0]: patch.get(keys[0])}, (*keys, "spec"))
    annotations = mapping(mapping(patch.get("metadata")).get("annotations"))
    steps = list(walk(component, annotations))
    if any(step.problem is not None for step, _ in steps):
        return None
    writes = [
        (makes_plain(step, has), list(copies(component, step.found, has))) for step, has in steps
    ]
    token = None if account is None else account.body.get("automountServiceAccountToken")
    rest = {key: value for key, value in pod.items() if key != "serviceAccountName"}
    text = repr((kind, around, rest, writes, token))
    return text, workload.security, workload.needs_token


def _except(value: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return a mapping without the one value at the end of the keys."""
    kept = {key: each for key, each in value.items() if key != keys[0]}
    if len(keys) > 1:
        kept[keys[0]] = _except(mapping(value.get(keys[0])), keys[1:])
    return kept
