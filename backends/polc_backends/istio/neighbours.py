"""Pods that the program knows but does not own, in a namespace that it owns.

The namespace's empty policy closes them like everything else there, so those that a flow leads to
admit their declared callers too. Their Service is taken to be named like the extern service.
"""

from typing import Any

from polc.backend import KubernetesObject
from polc.diagnostics import Diagnostic
from polc.ir.mesh import WAYPOINT
from polc.ir.nodes import Flow, Pods, Program
from polc_backends.istio.authorization import KIND, Emitted
from polc_backends.istio.objects import SECURITY, namespace_object
from polc_backends.istio.operations import container_ports, service_ports
from polc_backends.istio.rules import Grant, from_waypoint, grants, rule


def emit_neighbours(program: Program) -> Emitted:
    """Admit declared callers at every such set of pods, and at the waypoint in front of it."""
    owned = {namespace.name for namespace in program.namespaces}
    called: dict[str, tuple[Pods, list[Flow]]] = {}
    for flow in program.flows:
        target = flow.target
        if isinstance(target, Pods) and target.origin != "workload" and target.namespace in owned:
            called.setdefault(target.key, (target, []))[1].append(flow)
    objects: list[KubernetesObject] = []
    found: list[Diagnostic] = []
    for _, (pods, flows) in sorted(called.items()):
        emitted, problems = _emit(program, pods, flows)
        objects += emitted
        found += problems
    return tuple(objects), tuple(found)


def _emit(program: Program, pods: Pods, flows: list[Flow]) -> Emitted:
    trust_domain = program.cluster.trust_domain
    name = pods.key.partition("/")[2]
    at_pods, found = grants(flows, trust_domain, container_ports)
    at_service: list[Grant] = []
    if at_pods and pods.namespace in program.waypoint_namespaces:
        at_service, _ = grants(flows, trust_domain, service_ports)
        ports = {port for grant in at_pods for port in grant.ports}
        at_pods = from_waypoint(pods.namespace, ports, at_pods) + at_pods
    selected = {"selector": {"matchLabels": dict(pods.labels)}}
    referred = {"targetRefs": [{"group": "", "kind": "Service", "name": name}]}
    policies: tuple[tuple[str, dict[str, Any], list[Grant]], ...] = (
        (name, selected, at_pods),
        (f"{name}.{WAYPOINT}", referred, at_service),
    )
    objects = tuple(
        namespace_object(
            pods.namespace,
            SECURITY,
            KIND,
            called,
            {**subject, "action": "ALLOW", "rules": [rule(each, trust_domain) for each in allowed]},
            pods.span,
        )
        for called, subject, allowed in policies
        if allowed
    )
    return objects, found
