"""The roles that every cluster has without anybody making them.

Source: kubernetes `plugin/pkg/auth/authorizer/rbac/bootstrappolicy` (`policy.go`,
`namespace_policy.go`). Of the roles for people only what amounts to more than it says is written
out: what they give depends on the version, and on what custom resources add.
"""

from collections.abc import Mapping
from typing import Any

_ENTRIES = "pods/attach pods/exec pods/portforward pods/proxy services/proxy"
_APPS = "daemonsets deployments replicasets statefulsets"
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]


def _rule(group: str, resources: str, verbs: list[str]) -> Mapping[str, Any]:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs}


_EDIT = (
    _rule("", _ENTRIES, _READ),
    _rule("", "secrets", _READ + _WRITE),
    _rule("", "serviceaccounts", ["impersonate"]),
    _rule("", f"pods replicationcontrollers {_ENTRIES}", _WRITE),
    _rule("", "serviceaccounts/token pods/eviction", ["create"]),
    _rule("apps", _APPS, _WRITE),
    _rule("batch", "cronjobs jobs", _WRITE),
    _rule("networking.k8s.io", "ingresses networkpolicies", _WRITE),
)
RULES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "cluster-admin": (
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ),
    "edit": _EDIT,
    "admin": (
        *_EDIT,
        _rule("rbac.authorization.k8s.io", "rolebindings roles", _READ + _WRITE),
    ),
    "view": (_rule("", "configmaps pods pods/log services", _READ),),
}
"""What the default cluster roles that people are given amount to, at least."""

PUBLIC = frozenset({
    *("system:basic-user", "system:discovery", "system:public-info-viewer"),
    "system:service-account-issuer-discovery",
})  # fmt: skip
"""What every cluster gives to all, or to all who have an account."""

_NAMESPACED = frozenset({
    ("kube-system", "extension-apiserver-authentication-reader"),
    ("kube-system", "system::leader-locking-kube-controller-manager"),
    ("kube-system", "system::leader-locking-kube-scheduler"),
})  # fmt: skip


def is_default(namespace: str | None, name: str) -> bool:
    """Tell whether a role is Kubernetes' own: a cluster role, or one of a namespace."""
    if namespace is None:
        return name in RULES or name.startswith("system:")
    return name.startswith("system:") or (namespace, name) in _NAMESPACED
