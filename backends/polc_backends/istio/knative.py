"""AuthorizationPolicies for the pods of knative workloads.

Requests reach the queue-proxy of a pod (8012, or 8013 for HTTP/2 without TLS), never the
declared port, from a gateway, from Knative's activator, or with net-istio's VirtualService for
`mesh` from the caller's own sidecar (knative/serving, docs/; knative-extensions/net-istio). The
activator calls in its own name, so the program lets only `any` in (POL212), and that holds all
of these.

Where `any` is narrowed to requests, what Knative itself asks has to be added:

- activator and gateway look whether a pod lives with `GET /healthz` on the same port;
- the autoscaler reads `GET /metrics` on 9090 (knative.dev, "Enabling requests to Knative
  services when additional authorization policies are enabled").

ztunnel reads no requests. In ambient mode the autoscaler's rule names the port alone, and a
narrowed `any` is an error.
"""

from collections.abc import Iterable

from attrs import evolve

from polc.diagnostics import Diagnostic
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Cluster,
    Flow,
    HttpRequest,
    Mesh,
    NamespacePods,
    Path,
    Pods,
    Port,
    Program,
    Workload,
)
from polc_backends.istio.authorization import Emitted, policy_for_pods
from polc_backends.istio.operations import container_ports
from polc_backends.istio.rules import grants, not_enforceable

QUEUE_HTTP1, QUEUE_H2C, QUEUE_METRICS = 8012, 8013, 9090
"""Ports of the queue-proxy (knative/networking, pkg/apis/networking/ports.go)."""

_HEALTH = (HttpRequest(("GET",), Path(("healthz",))),)
_METRICS = (HttpRequest(("GET",), Path(("metrics",))),)


def emit_knative_policy(program: Program, workload: Workload) -> Emitted:
    """Admit callers, and Knative itself, at the queue-proxies of a knative workload."""
    cluster = program.cluster
    declared = tuple(
        flow
        for flow in program.seen_by_mesh.get(workload.key, ())
        # From outside nothing reaches a pod itself: it comes through a gateway, as that gateway.
        if not isinstance(flow.source, Addresses)
    )
    ambient = cluster.mesh is Mesh.AMBIENT
    found: list[Diagnostic] = []
    if ambient:
        found += _unreadable(declared)
    moved = [evolve(flow, port=_queue_port(flow.port)) for flow in declared]
    moved += _platform(cluster, moved, readable=not ambient)
    allowed, more = grants(moved, cluster.trust_domain, container_ports)
    objects = policy_for_pods(workload, allowed, cluster.trust_domain, declared)
    return objects, (*found, *more)


def _queue_port(port: Port) -> Port:
    number = QUEUE_H2C if port.protocol in ("http2", "grpc") else QUEUE_HTTP1
    return evolve(port, name="queue", service=number, container=number, end=number)


def _platform(cluster: Cluster, declared: Iterable[Flow], *, readable: bool) -> list[Flow]:
    """Return what Knative itself asks of a pod."""
    declared = tuple(declared)
    added: list[Flow] = []
    if readable and any(isinstance(f.source, AllPods) and f.requests for f in declared):
        added += (
            Flow(_identity(extern.pods), declared[0].target, port, _HEALTH)
            for port in dict.fromkeys(flow.port for flow in declared)
            for extern in (cluster.knative_activator, cluster.knative_gateway)
        )
    if declared:
        metrics = evolve(
            declared[0].port,
            name="metrics",
            service=QUEUE_METRICS,
            container=QUEUE_METRICS,
            end=QUEUE_METRICS,
        )
        autoscaler = _identity(cluster.knative_autoscaler.pods)
        requests = _METRICS if readable else None
        added.append(Flow(autoscaler, declared[0].target, metrics, requests))
    return added


def _identity(pods: Pods) -> Pods | NamespacePods:
    """Return a part of Knative, or its namespace where the cluster's facts name no account."""
    return pods if pods.account is not None else NamespacePods(pods.namespace)


def _unreadable(flows: Iterable[Flow]) -> Iterable[Diagnostic]:
    for flow in flows:
        if flow.requests is not None:
            yield not_enforceable(
                flow,
                "in ambient mode ztunnel reads no requests, and knative workloads have no waypoint",
                "drop the braces, or make it a deployment",
            )
