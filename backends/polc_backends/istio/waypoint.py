"""Ambient mode: the waypoint of a namespace, and what it admits.

How a request travels, and what has to admit it (istio/istio 86c9f01):

1. The caller's ztunnel leads what is sent to a Service of the namespace to the waypoint (label
   `istio.io/use-waypoint`). A gateway does so only with `istio.io/ingress-use-waypoint`
   (pilot/pkg/serviceregistry/ambient/services.go).
2. The waypoint enforces the policies whose `targetRefs` name that Service, or the waypoint
   itself (pilot/pkg/model/policyattachment.go). It sees the caller's own principal. `ports` are
   ports of the Service there: the connection's address is still the Service's
   (pilot/pkg/networking/core/listener_waypoint.go; the access log in istio/istio#43476).
3. ztunnel at the pod sees the waypoint's principal, on the container port (`authorization.py`).

A Service that no policy names, such as a second one for the same pods or one of a rollout's
versions, would be open at the waypoint, and the pod admits the waypoint. So one more policy,
which admits nothing, names the waypoint itself.
"""

from functools import partial
from typing import Any

from polc.backend import KubernetesObject
from polc.ir.mesh import WAYPOINT
from polc.ir.nodes import Addresses, Namespace, Program, Workload
from polc_backends.istio.authorization import KIND, Emitted
from polc_backends.istio.objects import (
    GATEWAY_API,
    SECURITY,
    namespace_object,
    spans_of,
    workload_object,
)
from polc_backends.istio.operations import service_ports
from polc_backends.istio.rules import grants, items_of, rule

LABELS = {
    "istio.io/ingress-use-waypoint": "true",
    "istio.io/use-waypoint": WAYPOINT,
}
"""What sends the traffic of a namespace's Services through its waypoint."""


def emit_waypoint(namespace: Namespace) -> tuple[KubernetesObject, ...]:
    """Return the waypoint of a namespace, and the policy that closes it."""
    gateway = namespace_object(
        namespace.name,
        GATEWAY_API,
        "Gateway",
        WAYPOINT,
        {
            "gatewayClassName": "istio-waypoint",
            "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
        },
        namespace.span,
    )
    gateway.body["metadata"]["labels"]["istio.io/waypoint-for"] = "service"
    closed = {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": WAYPOINT}],
        "action": "ALLOW",
    }
    name = f"allow-nothing.{WAYPOINT}"
    return (
        gateway,
        namespace_object(namespace.name, SECURITY, KIND, name, closed, namespace.span),
    )


def emit_service_policy(program: Program, workload: Workload) -> Emitted:
    """Admit a workload's callers where the waypoint stands for its Service."""
    flows = tuple(
        flow
        for flow in program.seen_by_mesh.get(workload.key, ())
        if not isinstance(flow.source, Addresses)
    )
    trust_domain = program.cluster.trust_domain
    allowed, found = grants(flows, trust_domain, service_ports)
    if not allowed:
        return (), found
    spec: dict[str, Any] = {
        "targetRefs": [{"group": "", "kind": "Service", "name": workload.name}],
        "action": "ALLOW",
        "rules": [rule(grant, trust_domain) for grant in allowed],
    }
    name = f"{workload.name}.{WAYPOINT}"
    items = partial(items_of, allowed, flows, service_ports)
    return (workload_object(workload, SECURITY, KIND, name, spec, spans_of(flows), items),), found
