"""What a comparison of objects leaves open: said, never skipped, unless both sides say the same.

Kinds that are compared elsewhere are listed, and kinds that permit nothing. Whatever else differs
may permit anything. What is there on both sides and says the same is no change; that it
can change what other changes come to is a note.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic, Severity
from polc.diff.changes import Change, Kind
from polc.diff.objects.side import Side
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import mapping
from polc.semantics.workloads.templates import templates

_COMPARED = {
    "": ("Namespace", "Service", "ServiceAccount"),
    "networking.k8s.io": ("NetworkPolicy", "Ingress"),
    "rbac.authorization.k8s.io": (*("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"),),
    "security.istio.io": ("AuthorizationPolicy", "PeerAuthentication"),
    "networking.istio.io": ("VirtualService", "DestinationRule", "Gateway"),
    "gateway.networking.k8s.io": ("HTTPRoute", "Gateway"),
    "serving.knative.dev": ("Service",),
}
_HARMLESS = {
    "": (
        *("ConfigMap", "Event", "LimitRange", "PersistentVolume", "PersistentVolumeClaim"),
        *("ResourceQuota", "Secret"),
    ),
    "apiextensions.k8s.io": ("CustomResourceDefinition",),
    "apps": ("ControllerRevision",),
    "autoscaling": ("HorizontalPodAutoscaler",),
    "coordination.k8s.io": ("Lease",),
    "policy": ("PodDisruptionBudget",),
    "scheduling.k8s.io": ("PriorityClass",),
    "storage.k8s.io": ("StorageClass", "VolumeAttachment"),
}
_HARMLESS_GROUPS = frozenset(
    {
        *("autoscaling.k8s.io", "cert-manager.io", "external-secrets.io", "keda.sh"),
        *("monitoring.coreos.com", "snapshot.storage.k8s.io", "telemetry.istio.io"),
        *("bitnami.com", "metrics.k8s.io"),
    }
)
"""API groups of objects that measure, scale, store, or make Secrets."""
_IDENTITIES = (*("azure.workload.identity/", "eks.amazonaws.com/", "iam.gke.io/"),)
"""Annotations by which a cloud gives an account privileges of its own."""
_NOISE = frozenset(
    {
        *("annotations", "creationTimestamp", "generation", "managedFields", "resourceVersion"),
        *("selfLink", "uid", "ownerReferences", "finalizers"),
    }
)
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_TLS = ("host", "subsets", "trafficPolicy", "exportTo", "workloadSelector")
_KNOWN_TRAFFIC = frozenset({"connectionPool", "loadBalancer", "outlierDetection"})
_MOST_NAMES = 3
_Key = tuple[str, str, str, str]


def meaning(found: Found) -> Mapping[str, Any]:
    """Return what an object says, without what a cluster notes on it."""
    metadata = {key: value for key, value in found.metadata.items() if key not in _NOISE}
    said = {
        key: value
        for key, value in mapping(found.metadata.get("annotations")).items()
        if key != _APPLIED
    }
    body = {key: value for key, value in found.body.items() if key not in ("status", "metadata")}
    return {**body, "metadata": {**metadata, "namespace": found.namespace, "annotations": said}}


def undecided(old: Side, new: Side) -> Iterator[Diagnostic]:
    """Yield objects that differ, and what they permit is not compared."""
    before, after = dict(_aside(old.manifests)), dict(_aside(new.manifests))
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        if one is None or other is None or meaning(one) != meaning(other):
            there = other or one
            assert there is not None
            yield _open(there, "what it permits is not compared")
    yield from _identities(old.manifests, new.manifests)
    yield from _settings(old, new)
    yield from _encryption(old.manifests, new.manifests)


def followers(old: Manifests, new: Manifests, changes: Iterable[Change]) -> Iterator[Diagnostic]:
    """Yield a note for what is the same on both sides, and can change what changes come to."""
    touched = {
        name
        for change in changes
        if change.kind not in (Kind.VERB, Kind.POD)
        for name in change.namespaces
    }
    before = dict(_aside(old))
    same: dict[str, list[Found]] = {}
    for key, found in _aside(new):
        other = before.get(key)
        mesh = found.namespace == "istio-system" or "namespace" not in found.metadata
        near = touched and (mesh or found.namespace in touched)
        if near and other is not None and meaning(other) == meaning(found):
            same.setdefault(found.kind, []).append(found)
    for kind, group in same.items():
        names = ", ".join(f"`{each.name}`" for each in group[:_MOST_NAMES])
        more = f" and {len(group) - _MOST_NAMES} more" if len(group) > _MOST_NAMES else ""
        yield Diagnostic(
            NOT_DECIDED,
            f"{kind} {names}{more}: the same on both sides, and not followed; what is told here may"
            " come to more or less with it",
            group[0].span(),
            severity=Severity.NOTE,
        )


def _aside(manifests: Manifests) -> Iterator[tuple[_Key, Found]]:
    made = {id(template.found) for template in templates(manifests)}
    for found in manifests.objects:
        if id(found) in made and found.group != "serving.knative.dev":
            continue
        is_old = found.kind == "NetworkPolicy" and found.version != "v1"
        known = (*_COMPARED.get(found.group, ()), *_HARMLESS.get(found.group, ()))
        if found.group in _HARMLESS_GROUPS or (found.kind in known and not is_old):
            continue
        yield (found.group, found.kind, found.namespace, found.name), found


def _open(found: Found, why: str, *keys: str) -> Diagnostic:
    name = found.name if "namespace" not in found.metadata else f"{found.namespace}/{found.name}"
    return Diagnostic(
        NOT_DECIDED,
        f"{found.kind} `{name}` differs, and {why}",
        found.span(*keys),
        help="compare it by its own means, and the rest without it",
    )


# --- parts of objects that are compared otherwise ----------------------------------------------


def _both(
    old: Manifests, new: Manifests, kind: str, group: str
) -> Iterator[tuple[Found | None, Found | None]]:
    before, after = (
        {(each.namespace, each.name): each for each in side.of_kind(kind, group)}
        for side in (old, new)
    )
    for key in sorted(before.keys() | after.keys()):
        yield before.get(key), after.get(key)


def _identities(old: Manifests, new: Manifests) -> Iterator[Diagnostic]:
    for one, other in _both(old, new, "ServiceAccount", ""):
        said = [_cloud(each) for each in (one, other)]
        there = other or one
        if said[0] != said[1] and there is not None:
            yield _open(there, "what its account in a cloud may do is not compared", "metadata")


def _cloud(account: Found | None) -> Mapping[str, Any]:
    annotations = mapping(account.metadata.get("annotations")) if account is not None else {}
    return {key: value for key, value in annotations.items() if str(key).startswith(_IDENTITIES)}


def _settings(old: Side, new: Side) -> Iterator[Diagnostic]:
    """Yield settings of the mesh that differ in more than its trust domain."""
    before, after = ({each.found.name: each for each in side.mesh_settings} for side in (old, new))
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        there = other or one
        assert there is not None
        bodies = [
            None
            if each is None or each.body is None
            else {key: value for key, value in each.body.items() if key != "trustDomain"}
            for each in (one, other)
        ]
        if one is not None and other is not None and bodies[0] != bodies[1]:
            yield _open(there.found, "what it makes of the mesh's objects is not compared", "data")


def _encryption(old: Manifests, new: Manifests) -> Iterator[Diagnostic]:
    """Yield DestinationRules that differ in how connections are made."""
    for one, other in _both(old, new, "DestinationRule", "networking.istio.io"):
        said = [_connections(each) for each in (one, other)]
        there = other or one
        if said[0] != said[1] and there is not None:
            yield _open(there, "how it has connections made is not compared", "spec")


def _connections(rule: Found | None) -> object:
    if rule is None:
        return [], {}
    subsets = [mapping(each) for each in rule.spec.get("subsets") or ()]
    policies = [
        {key: value for key, value in mapping(each.get("trafficPolicy")).items()}
        for each in (rule.spec, *subsets)
    ]
    told = [
        {key: value for key, value in each.items() if key not in _KNOWN_TRAFFIC}
        for each in policies
    ]
    rest = {key: value for key, value in rule.spec.items() if key not in _TLS[:3]}
    return [each for each in told if each], rest
