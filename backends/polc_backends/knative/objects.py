"""The bodies of Knative's objects.

Rules from knative/serving: `pkg/apis/serving` (k8s_validation.go, fieldmask.go),
`pkg/apis/serving/v1` (route_validation.go, revision_validation.go) and the runtime contract.
"""

from typing import Any

from polc.ir.mesh import NO_WAYPOINT
from polc.ir.nodes import Labels, Pods, Port, Probe, Program, Resources, Security, Workload
from polc.source import Span
from polc_backends.k8s import metadata
from polc_backends.knative.limits import RESERVED_LABELS
from polc_backends.knative.volumes import volumes_of

SCALE = "autoscaling.knative.dev"
VISIBILITY = {"networking.knative.dev/visibility": "cluster-local"}
"""Without this label every Knative Service also gets a route for the outside world."""
PROBE_FIELDS = {"ready": "readinessProbe", "live": "livenessProbe", "startup": "startupProbe"}


def service(program: Program, workload: Workload) -> dict[str, Any]:
    """Return the Service: a template for the next revision, and which revisions are served.

    The template has no name: Knative numbers revisions itself. A name given here would have to
    change with every edit of the template, and would have to be none that `traffic` pins.
    """
    meta = metadata(workload.object_name, workload.namespace)
    meta["labels"] |= VISIBILITY
    template = {"metadata": _template_metadata(program, workload), "spec": _pod_spec(workload)}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {
            "template": {part: body for part, body in template.items() if body},
            "traffic": _traffic(workload),
        },
    }


def outside_hosts(program: Program, workload: Workload) -> tuple[tuple[str, tuple[Span, ...]], ...]:
    """Return the host names under which gateways serve a workload, with the lines that say so."""
    hosts: dict[str, tuple[Span, ...]] = {}
    for flow in program.inbound.get(workload.key, ()):
        if isinstance(flow.source, Pods) and flow.source.origin == "gateway":
            for host in flow.hosts:
                hosts[host] = (*hosts.get(host, ()), *flow.spans)
    return tuple(sorted(hosts.items()))


def served_domain(workload: Workload, host: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what serves one outside host name, and no other, from a cluster-local Service.

    Knative takes a mapping only from the namespace that the domain's claim names; by default it
    makes no claims itself (config-network, `autocreate-cluster-domain-claims`).
    """
    claim = {
        "apiVersion": "networking.internal.knative.dev/v1alpha1",
        "kind": "ClusterDomainClaim",
        "metadata": metadata(host),
        "spec": {"namespace": workload.namespace},
    }
    mapping = {
        "apiVersion": "serving.knative.dev/v1beta1",
        "kind": "DomainMapping",
        "metadata": metadata(host, workload.namespace),
        "spec": {
            "ref": {
                "apiVersion": "serving.knative.dev/v1",
                "kind": "Service",
                "name": workload.object_name,
            }
        },
    }
    return claim, mapping


def _template_metadata(program: Program, workload: Workload) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    labels = _template_labels(workload.pods.labels)
    if workload.namespace in program.waypoint_namespaces:
        # Knative copies it to the Services that it makes for a revision; the namespace's waypoint
        # would take these over, and it knows none of their callers.
        labels |= NO_WAYPOINT
    if labels:
        meta["labels"] = labels
    if workload.scale is not None:
        low, high = workload.scale
        # Knative reads them here only, as strings; on the Service itself it refuses them.
        meta["annotations"] = {f"{SCALE}/min-scale": str(low), f"{SCALE}/max-scale": str(high)}
    return meta


def _template_labels(labels: Labels) -> dict[str, str]:
    return {key: value for key, value in labels if not key.startswith(RESERVED_LABELS)}


def _pod_spec(workload: Workload) -> dict[str, Any]:
    spec: dict[str, Any] = {"serviceAccountName": workload.account}
    if not workload.needs_token:
        spec["automountServiceAccountToken"] = False  # Knative refuses an explicit `true`
    if workload.concurrency is not None:
        # The hard limit; the autoscaler aims at a share of it, so no `target` beside it.
        spec["containerConcurrency"] = workload.concurrency
    if workload.timeout is not None:
        spec["timeoutSeconds"] = workload.timeout
    volumes, mounts = volumes_of(workload.security)
    spec["containers"] = [_container(workload, mounts)]
    if volumes:
        spec["volumes"] = volumes
    return spec


def _container(workload: Workload, mounts: list[dict[str, Any]]) -> dict[str, Any]:
    container: dict[str, Any] = {"image": workload.image}
    container["ports"] = [_port(port) for port in workload.ports]
    for probe in workload.probes:
        container[PROBE_FIELDS[probe.kind]] = _probe(probe, workload.ports[0])
    if workload.resources is not None:
        container["resources"] = _resources(workload.resources)
    container["securityContext"] = _security_context(workload.security)
    if mounts:
        container["volumeMounts"] = mounts
    return container


def _port(port: Port) -> dict[str, Any]:
    """Return the one port; its name tells queue-proxy whether to speak HTTP/2 in clear text."""
    name = "http1" if port.protocol == "http" else "h2c"
    return {"name": name, "containerPort": port.container, "protocol": "TCP"}


def _probe(probe: Probe, serving: Port) -> dict[str, Any]:
    """Return a probe, always with its port: Knative fills it in for some kinds of probes only."""
    port = {"port": (probe.port or serving).container}
    match probe.action:
        case "GET":
            return {"httpGet": {"path": probe.path} | port}
        case "tcp":
            return {"tcpSocket": port}
        case "grpc":
            return {"grpc": port}
        case "exec":
            return {"exec": {"command": list(probe.command)}}


def _resources(resources: Resources) -> dict[str, Any]:
    amounts = {"cpu": resources.cpu, "memory": resources.memory}
    given = {name: amount for name, amount in amounts.items() if amount is not None}
    return {
        "requests": {name: low for name, (low, _) in given.items()},
        "limits": {name: high for name, (_, high) in given.items()},
    }


def _security_context(security: Security) -> dict[str, Any]:
    """Return the container's context; Knative takes no pod-wide one by default.

    With nothing relaxed it meets the Pod Security Standard *restricted* on its own, as
    queue-proxy's does (knative/serving, pkg/reconciler/revision/resources/queue.go).
    """
    relaxed = security.relaxes
    context: dict[str, Any] = {
        "runAsNonRoot": "run-as-non-root" not in relaxed,
        "runAsUser": security.user,
        "runAsGroup": security.group,
        "allowPrivilegeEscalation": "privilege-escalation" in relaxed,
        "readOnlyRootFilesystem": "read-only-root" not in relaxed,
    }
    if "drop-capabilities" not in relaxed:
        context["capabilities"] = {"drop": ["ALL"]}
    kind = "Unconfined" if "seccomp" in relaxed else "RuntimeDefault"
    return context | {"seccompProfile": {"type": kind}}


def _traffic(workload: Workload) -> list[dict[str, Any]]:
    """Return the shares of the named revisions, or everything for the latest one.

    The latter is Knative's default, written out so that GitOps tools see no drift. No entry has a
    tag: a tag would give its revision a host name of its own.
    """
    if workload.rollout is None:
        return [{"latestRevision": True, "percent": 100}]
    return [
        {"revisionName": name, "latestRevision": False, "percent": percent}
        for name, percent in workload.rollout.weights
    ]
