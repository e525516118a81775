"""The part of a namespace's component that drops service accounts which polc replaces.

A service account in a user's manifests says nothing about its token, and where it has the name of
one of polc's, `kubectl kustomize` refuses both together once they are in one namespace. One that
carries a cloud identity is left alone: without its annotation the workload would lose its rights,
so there the conflict is better, and the annotation has to move.
"""

from collections.abc import Iterable

from polc.backend import ComponentPart
from polc.ir.nodes import Workload
from polc_backends.k8s import MANAGED_BY

FILE = "polc-accounts.yaml"
CLOUD_IDENTITIES = (
    "azure.workload.identity/client-id",
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
)


def emit_part(namespace: str, workloads: Iterable[Workload]) -> ComponentPart:
    """Return a patch that deletes the manifests' accounts with a workload's account's name.

    A manifest without a namespace, which its kustomization adds after the component has run, is
    in `default` at that time.
    """
    names = sorted({workload.account.replace(".", "\\.") for workload in workloads})
    spaces = sorted({namespace, "default"})
    target = {
        "version": "v1",
        "kind": "ServiceAccount",
        "name": f"^({'|'.join(names)})$",
        "namespace": f"^({'|'.join(spaces)})$",
        "labelSelector": ",".join(f"{key}!={value}" for key, value in MANAGED_BY.items()),
        "annotationSelector": ",".join(f"!{key}" for key in CLOUD_IDENTITIES),
    }
    body = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "any"},
        "$patch": "delete",
    }
    return ComponentPart(namespace, FILE, body, {"patches": [{"path": FILE, "target": target}]})
