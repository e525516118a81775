"""What every Kubernetes target shares: metadata, selectors, and the files that objects go to."""

from typing import Any

from polc.ir.nodes import Isolation, Labels, Workload

MANAGED_BY = {"app.kubernetes.io/managed-by": "polc"}
NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that the control plane sets on every namespace (KEP-2161)."""
NAME_LIMIT = 57
"""The longest name of a NetworkPolicy that every agent enforces.

With Amazon's VPC CNI a policy whose name has 58 characters or more is accepted and does nothing
(aws/aws-network-policy-agent#145, #665).
"""


def metadata(name: str, namespace: str | None = None) -> dict[str, Any]:
    """Return the metadata of an object that polc owns; no namespace: cluster-scoped."""
    if namespace is None:
        return {"name": name, "labels": dict(MANAGED_BY)}
    return {"name": name, "namespace": namespace, "labels": dict(MANAGED_BY)}


def match_labels(labels: Labels) -> dict[str, Any]:
    """Return a label selector; no labels select everything (`{}`)."""
    return {"matchLabels": dict(labels)} if labels else {}


def workload_path(workload: Workload | Isolation, target: str) -> str:
    """Return the file that holds what `target` says of one workload."""
    return f"{workload.namespace}/{workload.name}.{target}.yaml"


def namespace_path(namespace: str, target: str) -> str:
    """Return the file that holds what `target` says of a whole namespace."""
    return f"{namespace}/{target}.yaml"
