"""Istio, with sidecars or ambient: who may call whom as whom, and where requests go.

Every namespace refuses plain text and denies what nothing admits; each workload admits its
callers by principal, port, method and path. Rollouts become VirtualServices with sidecars and
HTTPRoutes in ambient mode. Each module says what it relies on, with the sources.

Egress is not enforced: a `Sidecar` object or REGISTRY_ONLY only scope what a proxy knows of, so
outside hosts and addresses are for other targets (istio/api, networking/v1/sidecar.proto).
"""

from attrs import frozen

from polc.backend import Artifact, Feature, NamespaceLabels
from polc.diagnostics import Diagnostic
from polc.ir.mesh import behind_waypoint
from polc.ir.nodes import Cluster, Mesh, Namespace, Program, Workload
from polc_backends.istio import routes_httproute, routes_virtualservice
from polc_backends.istio.authorization import Emitted, allow_nothing, emit_pod_policy
from polc_backends.istio.gateways import Entry, find_entries
from polc_backends.istio.knative import emit_knative_policy
from polc_backends.istio.neighbours import emit_neighbours
from polc_backends.istio.objects import TARGET
from polc_backends.istio.peerauthentication import emit_exceptions, strict
from polc_backends.istio.waypoint import LABELS, emit_service_policy, emit_waypoint

FEATURES = frozenset(
    {
        Feature.IDENTITY,
        Feature.PORTS,
        Feature.HTTP_REQUESTS,
        Feature.RPC_REQUESTS,
        Feature.WEIGHTED_ROUTES,
        Feature.CONDITIONAL_ROUTES,
    }
)
"""What Istio enforces, of callers and for TCP."""


@frozen
class IstioBackend:
    """The target `istio`; it applies where the cluster has a mesh."""

    name: str = TARGET

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        """Return what the mesh enforces; without one, nothing."""
        return frozenset() if cluster.mesh is Mesh.NONE else FEATURES

    def emit(self, program: Program) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Turn flows and rollouts into objects: namespaces first, then workloads, then hosts."""
        if program.cluster.mesh is Mesh.NONE:
            return (), ()
        artifacts: list[Artifact] = []
        found: list[Diagnostic] = []
        for namespace in program.namespaces:
            artifacts += _emit_namespace(program, namespace)
        neighbours, problems = emit_neighbours(program)
        artifacts += neighbours
        found += problems
        for workload in program.workloads:
            emitted, problems = _emit_workload(program, workload)
            artifacts += emitted
            found += problems
        entries, problems = find_entries(program)
        found += problems
        for entry in entries:
            emitted, problems = _emit_entry(program, entry)
            artifacts += emitted
            found += problems
        return tuple(artifacts), tuple(found)


def _emit_namespace(program: Program, namespace: Namespace) -> list[Artifact]:
    waypoint = namespace.name in program.waypoint_namespaces
    if program.cluster.mesh is Mesh.SIDECAR:
        labels = {"istio-injection": "enabled"}
    else:
        labels = {"istio.io/dataplane-mode": "ambient", **(LABELS if waypoint else {})}
    return [
        NamespaceLabels(namespace.name, tuple(sorted(labels.items())), (namespace.span,)),
        strict(namespace),
        allow_nothing(namespace),
        *(emit_waypoint(namespace) if waypoint else ()),
    ]


def _emit_workload(program: Program, workload: Workload) -> Emitted:
    if workload.pods.host_network:  # No proxy stands before it, and ztunnel passes it by.
        return (), ()
    if workload.kind == "knative":
        return emit_knative_policy(program, workload)
    parts: list[Emitted] = [
        (emit_exceptions(program, workload), ()),
        emit_pod_policy(program, workload),
    ]
    if behind_waypoint(program, workload):
        parts.append(emit_service_policy(program, workload))
    if workload.rollout is not None:
        if program.cluster.mesh is Mesh.SIDECAR:
            parts.append(routes_virtualservice.emit_rollout(workload, workload.rollout))
        else:
            parts.append(routes_httproute.emit_rollout(program, workload, workload.rollout))
    return _together(parts)


def _emit_entry(program: Program, entry: Entry) -> Emitted:
    if program.cluster.mesh is Mesh.SIDECAR:
        return routes_virtualservice.emit_entry(entry)
    return routes_httproute.emit_entry(entry)


def _together(parts: list[Emitted]) -> Emitted:
    objects = tuple(each for emitted, _ in parts for each in emitted)
    return objects, tuple(each for _, found in parts for each in found)


BACKEND = IstioBackend()
