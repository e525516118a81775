"""AuthorizationPolicies at the pods: everything is denied, then each workload admits its callers.

Without any ALLOW policy a workload admits everyone, so every namespace gets one that matches
nothing (`spec: {}`), and each workload with callers one more; ALLOW policies add up. Only
positive matches are used (istio.io, "Security best practices").

Who enforces what is written here (istio/istio 86c9f01):

- A sidecar, for what reaches the pod's own ports; `ports` are container ports. Kubelet's probes
  do not pass it: injection leads them to the agent's port 15020, which the sidecar does not
  capture (istio.io, "Health Checking of Istio Services"; "Application Requirements").
- ztunnel, for ambient pods. It leaves out rules that speak of requests, so none is written to
  it: behind a waypoint the requests are decided there (`waypoint.py`) and the pods admit the
  waypoint. Kubelet's probes are recognised by their source address and let through (istio/istio,
  cni/README.md).
- A waypoint ignores policies that select pods and those without any target
  (pilot/pkg/model/policyattachment.go). Only with the opt-in
  ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES would the namespace's empty policy close it,
  which errs on the safe side.
- UDP and SCTP pass Istio by; the network layer alone decides about them.
"""

from functools import partial
from typing import Any

from polc.backend import KubernetesObject
from polc.diagnostics import Diagnostic
from polc.ir.mesh import behind_waypoint, decided_by_waypoint
from polc.ir.nodes import Addresses, Flow, Namespace, Port, Program, Transport, Workload
from polc_backends.istio.objects import (
    SECURITY,
    namespace_object,
    spans_of,
    workload_object,
)
from polc_backends.istio.operations import container_ports
from polc_backends.istio.rules import (
    Grant,
    from_waypoint,
    grants,
    items_of,
    not_enforceable,
    rule,
)

KIND = "AuthorizationPolicy"

Emitted = tuple[tuple[KubernetesObject, ...], tuple[Diagnostic, ...]]


def allow_nothing(namespace: Namespace) -> KubernetesObject:
    """Return the policy that denies whatever no other policy of the namespace admits."""
    return namespace_object(namespace.name, SECURITY, KIND, "allow-nothing", {}, namespace.span)


def emit_pod_policy(program: Program, workload: Workload) -> Emitted:
    """Admit a workload's callers at its pods; without callers there is nothing to admit."""
    flows = program.seen_by_mesh.get(workload.key, ())
    trust_domain = program.cluster.trust_domain
    if behind_waypoint(program, workload):
        direct, found = _around_waypoint(program, workload, flows)
        allowed, more = grants(direct, trust_domain, container_ports)
        allowed = from_waypoint(workload.namespace, _relayed(flows), allowed) + allowed
    else:
        allowed, more = grants(flows, trust_domain, container_ports)
        found = ()
    return policy_for_pods(workload, allowed, trust_domain, flows), (*found, *more)


def policy_for_pods(
    workload: Workload, allowed: list[Grant], trust_domain: str, flows: tuple[Flow, ...]
) -> tuple[KubernetesObject, ...]:
    """Return the policy that grants something at a workload's pods; no grants, no policy."""
    if not allowed:
        return ()
    spec: dict[str, Any] = {
        "selector": {"matchLabels": dict(workload.pods.labels)},
        "action": "ALLOW",
        "rules": [rule(grant, trust_domain) for grant in allowed],
    }
    items = partial(items_of, allowed, flows, container_ports)
    return (workload_object(workload, SECURITY, KIND, workload.name, spec, spans_of(flows), items),)


def _relayed(flows: tuple[Flow, ...]) -> set[int]:
    """Return the ports that someone reaches through the waypoint."""
    return {
        number
        for flow in flows
        if not isinstance(flow.source, Addresses) and flow.port.transport is Transport.TCP
        for number in range(flow.port.container, flow.port.end + 1)
    }


def _around_waypoint(
    program: Program, workload: Workload, flows: tuple[Flow, ...]
) -> tuple[list[Flow], tuple[Diagnostic, ...]]:
    """Pick the flows that the pods themselves have to admit.

    They are those to ports where the waypoint decides nothing (`decided_by_waypoint`), and those
    from outside the cluster, which no ztunnel leads to a waypoint.
    """
    decided: dict[Port, bool] = {}
    direct: list[Flow] = []
    found: list[Diagnostic] = []
    for flow in flows:
        outside = isinstance(flow.source, Addresses)
        if outside and flow.requests is not None:
            found.append(
                not_enforceable(
                    flow,
                    "in ambient mode traffic from outside the cluster passes no waypoint, and"
                    " ztunnel reads no requests",
                    "let it in `via` a gateway, or drop the braces",
                )
            )
            continue
        if flow.port not in decided:
            decided[flow.port] = decided_by_waypoint(program, workload, flow.port)
        if outside or not decided[flow.port]:
            direct.append(flow)
    return direct, tuple(found)
