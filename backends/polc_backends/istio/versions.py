"""Versions of a workload: subsets of its Service, or Services of their own."""

from polc.backend import KubernetesObject
from polc.codes.names import NAME_TOO_LONG
from polc.codes.output import CONFLICTING_OBJECTS
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Port, Program, Rollout, Version, Workload
from polc_backends import k8s
from polc_backends.istio.objects import NETWORKING, TARGET, fqdn, workload_object

APP_PROTOCOLS = {
    "http": "http",
    "http2": "kubernetes.io/h2c",
    "grpc": "grpc",
}
"""What Istio reads as the protocol of a port (istio.io, "Explicit protocol selection")."""

MAX_SERVICE_NAME = 63


def emit_destination_rule(workload: Workload, rollout: Rollout) -> KubernetesObject:
    """Return the subsets of a workload's Service that its routes name.

    A subset narrows the Service's own selection, so it holds the version's labels only. Mutual TLS
    needs no word here: proxies turn it on by themselves (istio.io, "Auto mutual TLS").
    """
    spec = {
        "host": fqdn(workload),
        "subsets": [
            {"name": version.name, "labels": dict(version.labels)} for version in rollout.versions
        ],
    }
    return workload_object(
        workload, NETWORKING, "DestinationRule", workload.name, spec, (rollout.span,)
    )


def version_service(workload: Workload, version: str) -> str:
    """Return the name of the Service of one version."""
    return f"{workload.name}-{version}"


def emit_version_services(
    program: Program, workload: Workload, rollout: Rollout, ports: tuple[Port, ...]
) -> tuple[tuple[KubernetesObject, ...], tuple[Diagnostic, ...]]:
    """Return one Service for each version: an HTTPRoute knows no subsets, only Services."""
    neighbours = {each.name: each for each in program.in_namespace[workload.namespace]}
    found: list[Diagnostic] = []
    objects: list[KubernetesObject] = []
    for version in rollout.versions:
        name = version_service(workload, version.name)
        if name in neighbours:
            found.append(_collision(name, workload, version, neighbours[name]))
        if len(name) > MAX_SERVICE_NAME:
            found.append(
                Diagnostic(
                    NAME_TOO_LONG,
                    f"the Service of version `{version.name}` would be called `{name}`",
                    version.span,
                    help=f"a Service has at most {MAX_SERVICE_NAME} characters: shorten one name",
                )
            )
        objects.append(_service(name, workload, version, ports))
    return tuple(objects), tuple(found)


def _service(
    name: str, workload: Workload, version: Version, ports: tuple[Port, ...]
) -> KubernetesObject:
    body = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": k8s.metadata(name, workload.namespace),
        "spec": {
            "selector": {**dict(workload.pods.labels), **dict(version.labels)},
            "ports": [
                {
                    "name": port.name,
                    "port": port.service,
                    "targetPort": port.container,
                    "protocol": "TCP",
                    "appProtocol": APP_PROTOCOLS[port.protocol],
                }
                for port in ports
            ],
        },
    }
    path = k8s.workload_path(workload, TARGET)
    return KubernetesObject(path, body, (version.span, workload.span))


def _collision(name: str, workload: Workload, version: Version, other: Workload) -> Diagnostic:
    return Diagnostic(
        CONFLICTING_OBJECTS,
        f"the Service of version `{version.name}` of `{workload.name}` and that of the service"
        f" `{other.name}` would both be called `{name}`",
        version.span,
        (Label(other.span, "this service"),),
        "rename one of them",
    )
