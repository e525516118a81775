"""PeerAuthentication: STRICT for every namespace, and the one exception that a program can ask for.

Callers outside the cluster have no client certificate. Where a program admits some by address
(`internet` without a gateway, an endpoint with `cidr`), the ports concerned, and only these, are
PERMISSIVE: they take plain text as well. That widens nothing by itself, because every rule that
names callers in the cluster still asks for their principal, which only a certificate proves.

`portLevelMtls` needs a selector and counts in container ports (istio/api,
security/v1beta1/peer_authentication.proto). In ambient mode istiod turns it into a policy of
ztunnel's (istio/istio, pilot/pkg/serviceregistry/ambient/authorization.go).
"""

from typing import Any

from polc.backend import KubernetesObject
from polc.ir.nodes import Addresses, Namespace, Program, Transport, Workload
from polc_backends.istio.objects import SECURITY, namespace_object, spans_of, workload_object

KIND = "PeerAuthentication"


def strict(namespace: Namespace) -> KubernetesObject:
    """Return what makes a namespace refuse plain text."""
    spec = {"mtls": {"mode": "STRICT"}}
    return namespace_object(namespace.name, SECURITY, KIND, "default", spec, namespace.span)


def emit_exceptions(program: Program, workload: Workload) -> tuple[KubernetesObject, ...]:
    """Return the ports of a workload that callers without a certificate may use, if any."""
    if workload.kind == "knative":  # Its pods are called by Knative only.
        return ()
    flows = tuple(
        flow
        for flow in program.seen_by_mesh.get(workload.key, ())
        if isinstance(flow.source, Addresses) and flow.port.transport is Transport.TCP
    )
    ports = {number for flow in flows for number in range(flow.port.container, flow.port.end + 1)}
    if not ports:
        return ()
    spec: dict[str, Any] = {
        "selector": {"matchLabels": dict(workload.pods.labels)},
        "mtls": {"mode": "STRICT"},
        "portLevelMtls": {str(port): {"mode": "PERMISSIVE"} for port in sorted(ports)},
    }
    return (workload_object(workload, SECURITY, KIND, workload.name, spec, spans_of(flows)),)
