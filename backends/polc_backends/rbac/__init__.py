"""The target `rbac`: a service account per workload, and what it may do, in roles of its own.

Every object of a workload is in `<namespace>/<service>.rbac.yaml`, also those that live elsewhere.

- The service account hands out no token; a pod that needs one asks for it itself (target
  `securitycontext`), so that no other pod gets one by naming the account. A Knative Service can
  only say no (Knative's API refuses `automountServiceAccountToken: true`), so there the account
  says yes if the program does.
- Manifests often bring a service account of that name, and Kustomize takes one of each only. So the
  namespace's component (`accounts`) drops the manifests' own.
- A Role and its RoleBinding lie in each namespace of which something is granted; a ClusterRole
  and its binding hold what is granted cluster-wide, and non-resource URLs. What is granted
  cluster-wide is not granted once more by a Role.
- `roleRef` can't be changed, so a binding names a role whose name says nothing about its rules.
  In the workload's own namespace it is the service's name. Elsewhere it is
  `polc:<namespace>:<service>`: no part can hold a colon, so that no two workloads share one, and
  `system:`, which Kubernetes keeps for itself, never comes first. RBAC names are path segments,
  in which a colon is allowed (`pkg/apis/rbac/validation`).
"""

from typing import Any

from attrs import frozen

from polc.backend import Artifact, Feature, KubernetesObject
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Cluster, Grant, Program, UrlGrant, Workload
from polc.source import Span
from polc_backends.k8s import metadata, workload_path
from polc_backends.rbac.accounts import emit_part
from polc_backends.rbac.rules import resource_rules, url_rules

GROUP = "rbac.authorization.k8s.io"


@frozen
class RbacBackend:
    """Gives every workload an identity and exactly the declared privileges."""

    name: str = "rbac"

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        """Return what the output enforces; every cluster has RBAC."""
        return frozenset({Feature.GRANTS})

    def emit(self, program: Program) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Return the objects of each workload."""
        artifacts: list[Artifact] = []
        for workload in program.workloads:
            artifacts += emit_workload(workload)
        for namespace, workloads in program.in_namespace.items():
            artifacts.append(emit_part(namespace, workloads))
        return tuple(artifacts), ()


BACKEND = RbacBackend()


def emit_workload(workload: Workload) -> tuple[KubernetesObject, ...]:
    """Return the service account, then roles and bindings: at home, elsewhere, cluster-wide."""
    objects = [_emit_account(workload)]
    grants = [grant for grant in workload.grants if isinstance(grant, Grant)]
    urls = [grant for grant in workload.grants if isinstance(grant, UrlGrant)]
    everywhere = [grant for grant in grants if grant.namespace is None]
    spaces = {grant.namespace for grant in grants if grant.namespace is not None}
    for space in sorted(spaces, key=lambda name: (name != workload.namespace, name)):
        here = [grant for grant in grants if grant.namespace == space]
        rules = resource_rules(here, covered=everywhere)
        if rules:
            objects += _emit_pair(workload, space, rules, tuple(grant.span for grant in here))
    rules = (*resource_rules(everywhere), *url_rules(urls))
    if rules:
        spans = (*(grant.span for grant in everywhere), *(grant.span for grant in urls))
        objects += _emit_pair(workload, None, rules, spans)
    return tuple(objects)


def role_name(workload: Workload, namespace: str | None) -> str:
    """Return the name of a workload's role, and of its binding, in a namespace or cluster-wide."""
    if namespace == workload.namespace:
        return workload.name
    return f"polc:{workload.namespace}:{workload.name}"


def _emit_account(workload: Workload) -> KubernetesObject:
    token = workload.kind == "knative" and workload.needs_token
    body = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(workload.account, workload.namespace),
        "automountServiceAccountToken": token,
    }
    return KubernetesObject(workload_path(workload, "rbac"), body, (workload.span,))


def _emit_pair(
    workload: Workload,
    namespace: str | None,
    rules: tuple[dict[str, Any], ...],
    spans: tuple[Span, ...],
) -> tuple[KubernetesObject, KubernetesObject]:
    """Return a role and the binding that gives it to the workload; no namespace: cluster-wide."""
    prefix = "Cluster" if namespace is None else ""
    name = role_name(workload, namespace)
    role = {
        "apiVersion": f"{GROUP}/v1",
        "kind": f"{prefix}Role",
        "metadata": metadata(name, namespace),
        "rules": list(rules),
    }
    account = {
        "kind": "ServiceAccount",
        "name": workload.account,
        "namespace": workload.namespace,
    }
    binding = {
        "apiVersion": f"{GROUP}/v1",
        "kind": f"{prefix}RoleBinding",
        "metadata": metadata(name, namespace),
        "subjects": [account],
        "roleRef": {"apiGroup": GROUP, "kind": f"{prefix}Role", "name": name},
    }
    path = workload_path(workload, "rbac")
    return KubernetesObject(path, role, spans), KubernetesObject(path, binding, spans)
