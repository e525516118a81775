"""What all objects for Istio share: versions of their APIs, names, hosts, and their files.

Names that polc derives hold a dot, which no name of a service does, so they never collide with
the name of a neighbour.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from polc.backend import Item, KubernetesObject
from polc.ir.nodes import Flow, Workload
from polc.source import Span
from polc_backends import k8s

Items = Callable[[], Iterable[tuple[Item, tuple[Span, ...]]]]

TARGET = "istio"
SECURITY = "security.istio.io/v1"
NETWORKING = "networking.istio.io/v1"
GATEWAY_API = "gateway.networking.k8s.io/v1"


def workload_object(
    workload: Workload,
    api_version: str,
    kind: str,
    name: str,
    spec: Mapping[str, Any],
    spans: Iterable[Span] = (),
    items: Items = tuple,
) -> KubernetesObject:
    """Return an object in the file of one workload."""
    body = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": k8s.metadata(name, workload.namespace),
        "spec": spec,
    }
    path = k8s.workload_path(workload, TARGET)
    return KubernetesObject(path, body, (workload.span, *spans), items)


def namespace_object(
    namespace: str, api_version: str, kind: str, name: str, spec: Mapping[str, Any], span: Span
) -> KubernetesObject:
    """Return an object in the file of a whole namespace."""
    body = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": k8s.metadata(name, namespace),
        "spec": spec,
    }
    return KubernetesObject(k8s.namespace_path(namespace, TARGET), body, (span,))


def fqdn(workload: Workload) -> str:
    """Return the full name of a workload's Service; Istio reads short ones as its own namespace's.

    Istio's registry ends the names of Services in its `domain`, `cluster.local` unless the mesh
    was installed otherwise; the trust domain is another matter.
    """
    return f"{workload.name}.{workload.namespace}.svc.cluster.local"


def spans_of(flows: Iterable[Flow]) -> tuple[Span, ...]:
    """Return the lines that declare some flows."""
    return tuple(span for flow in flows for span in flow.spans)
