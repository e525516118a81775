"""Judges a hardening component by what it makes of the worst pod that it can be applied to.

The component's patches and replacements are applied to a pod that breaks every rule, as Kustomize
applies them; what comes out is compared with the program like any pod. The worst pod has what a
component can take away: volumes of the node, hosts of probes and AppArmor annotations of a
manifest stay, and only Pod Security refuses them.

Source of strategic merge patches:
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.codes.proof import LOST_HARDENING, NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Workload
from polc.semantics.objects.kustomized import copied, merge, plain_names, selected_by, write
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.pods.components import KINDS, Component, Hardened, Step, read_components
from polc.semantics.workloads.templates import Template
from polc.verify.pods.hardened import compare_pod

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
            template, problems = _harden(workload, applying)
            found = tuple(compare_pod(template, workload, account))
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
            template, more = _harden(each, applying)
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


def _harden(
    workload: Hardened, applying: list[tuple[Component, list[Found | None]]]
) -> tuple[Template, list[Diagnostic]]:
    """Return the worst pod of a workload after the components, one after the other."""
    _, kind, keys = KINDS[workload.kind]
    body: dict[str, Any] = {"spec": copied(_WORST)}
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
    unfinished: Found | None = None
    for step, has in _walk(component, annotations):
        if step.problem is not None:
            yield _not_followed(workload, step.found, step.problem)
        for path, value, create in _copies(component, step.found, has):
            if "[" in path:
                if "securityContext" in path.rpartition("]")[2]:
                    unfinished = step.found
                continue
            write(whole, path.split("."), value, create=create)
            if path.endswith("containers.*.securityContext") and create:
                unfinished = None
    if unfinished is not None:
        reason = "a security context is changed in a way that is not followed"
        yield _not_followed(workload, unfinished, reason)


def _walk(
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


def _signature(
    workload: Workload,
    applying: list[tuple[Component, list[Found | None]]],
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
    steps = list(_walk(component, annotations))
    if any(step.problem is not None for step, _ in steps):
        return None
    copies = [list(_copies(component, step.found, has)) for step, has in steps]
    token = None if account is None else account.body.get("automountServiceAccountToken")
    rest = {key: value for key, value in pod.items() if key != "serviceAccountName"}
    text = repr((kind, around, rest, copies, token))
    return text, workload.security, workload.needs_token


def _except(value: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return a mapping without the one value at the end of the keys."""
    kept = {key: each for key, each in value.items() if key != keys[0]}
    if len(keys) > 1:
        kept[keys[0]] = _except(mapping(value.get(keys[0])), keys[1:])
    return kept


def _without_name(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a patch's metadata without the name: the target says whom it is for."""
    metadata = mapping(body.get("metadata"))
    return {key: value for key, value in metadata.items() if key not in ("name", "namespace")}


def _copies(
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
