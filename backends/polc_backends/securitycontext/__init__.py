"""The target `securitycontext`: one Kustomize component per namespace, and Pod Security labels.

`<namespace>/hardening/` is added to the kustomization that has the workloads:

    components:
    - out/shop/hardening

It works in the order of its `kustomization.yaml`: `<service>.patch.yaml` hardens the pod and marks
the object; `<service>.first-container.yaml` sets resources and probes; `polc-scaffold.yaml`,
`<service>.containers.yaml` and `polc-finish.yaml` harden every container and init container,
whatever they are called (`scaffold`, `containers`), those that ask for what is relaxed less than
the others (`asking`); `polc-unmark.yaml` removes the mark. A workload that is not in the
kustomization is passed over.

What a component can't do: take away `hostPath` volumes, hosts in the manifest's own probes and
lifecycle hooks, or AppArmor annotations. Such a pod is refused by the namespace's labels. Where a
manifest says `securityContext: null` the build fails; where it says `volumeMounts: null` that
container gets no mounts. An emptyDir is shared by the containers of a pod, and declared even where
every container has a mount of its own at the path. The stop signal is the image's: the field
`lifecycle.stopSignal` is alpha (KEP-4960) and asks for `spec.os.name`.
"""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from polc.backend import Artifact, ComponentPart, Feature, NamespaceLabels
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Cluster, Namespace, Program, Workload
from polc_backends.securitycontext import asking, containers, first, pod, scaffold
from polc_backends.securitycontext.kinds import KINDS, Kind, names_taken

_PREFIX = "pod-security.kubernetes.io"


@frozen
class SecurityContextBackend:
    """Hardens pods, and has the namespace refuse those that are not."""

    name: str = "securitycontext"

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        """Return what the output enforces: Pod Security is built into every cluster."""
        return frozenset({Feature.POD_SECURITY})

    def emit(self, program: Program) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Return labels and component of each namespace."""
        artifacts: list[Artifact] = []
        for namespace in program.namespaces:
            artifacts.append(emit_labels(namespace))
            artifacts += emit_component(program, namespace.name)
        return tuple(artifacts), ()


BACKEND = SecurityContextBackend()


def emit_labels(namespace: Namespace) -> NamespaceLabels:
    """Return the Pod Security labels of a namespace.

    The version is `latest`: polc does not know the cluster's, and with an older one the checks that
    came later would silently not be made. Whatever is enforced, violations of *restricted* are
    warned of and audited.
    """
    modes = (("enforce", namespace.level.value), ("audit", "restricted"), ("warn", "restricted"))
    labels = tuple(
        pair
        for mode, level in modes
        for pair in ((f"{_PREFIX}/{mode}", level), (f"{_PREFIX}/{mode}-version", "latest"))
    )
    return NamespaceLabels(namespace.name, labels, (namespace.span,))


def emit_component(program: Program, namespace: str) -> tuple[ComponentPart, ...]:
    """Return the parts of a namespace's component, in the order in which they work."""
    patched = [
        (workload, KINDS[workload.kind])
        for workload in program.in_namespace.get(namespace, ())
        if workload.kind in KINDS
    ]
    if not patched:
        return ()
    kinds = tuple(dict.fromkeys(kind for _, kind in patched))
    taken = names_taken(workload for workload, _ in patched)
    parts: list[ComponentPart] = []
    for workload, kind in patched:
        parts += _emit_pod(workload, kind, taken)
    for workload, kind in patched:
        if first.parents(workload):
            parts.append(_emit_first(workload, kind))
    plain = any(asking.conditions(workload.security) for workload, _ in patched)
    parts += scaffold.build_up(namespace, kinds, plain=plain)
    for workload, kind in patched:
        name = f"{workload.name}.containers.yaml"
        body = containers.replacements(workload, kind)
        parts.append(_part(workload, name, body, {"transformers": [name]}))
    parts += scaffold.take_down(namespace, kinds)
    return tuple(parts)


def _emit_pod(
    workload: Workload, kind: Kind, taken: Mapping[str, frozenset[str]]
) -> tuple[ComponentPart, ...]:
    values, patch = f"{workload.name}.values.yaml", f"{workload.name}.patch.yaml"
    entry = {"patches": [{"path": patch, "target": pod.target(workload, kind, taken)}]}
    return (
        _part(workload, values, containers.values(workload), {"resources": [values]}),
        _part(workload, patch, pod.patch(workload, kind), entry),
    )


def _emit_first(workload: Workload, kind: Kind) -> ComponentPart:
    name = f"{workload.name}.first-container.yaml"
    entry = {"replacements": [first.scratch(workload, kind)], "transformers": [name]}
    return _part(workload, name, first.patch(workload, kind), entry)


def _part(workload: Workload, name: str, body: object, entry: Mapping[str, Any]) -> ComponentPart:
    security, grants = workload.security, workload.grants
    spans = (
        workload.span,
        security.span,
        *(item.span for item in security.relaxed),
        *(item.span for item in security.capabilities),
        *(grant.span for grant in grants[:1]),
    )
    return ComponentPart(workload.namespace, name, body, entry, spans)
