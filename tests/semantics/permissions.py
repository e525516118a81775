"""What roles and bindings permit, spelt out one permission at a time.

Source: the field comments of k8s.io/api/rbac/v1 and kubernetes.io, "Using RBAC Authorization".
Wildcards and aggregated roles are not understood and fail: no output has any.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

Body = Mapping[str, Any]


def permissions(objects: Iterable[Body]) -> Iterator[str]:
    """Yield `ACCOUNT: VERB RESOURCE[.GROUP][/SUB] [named NAME] in NAMESPACE` for each permission.

    What holds for the cluster ends in `everywhere`.
    """
    objects = list(objects)
    roles = {
        (each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]): each["rules"]
        for each in objects
        if each["kind"] in ("Role", "ClusterRole")
    }
    for binding in objects:
        if binding["kind"] not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        namespace, ref = binding["metadata"].get("namespace"), binding["roleRef"]
        rules = roles[ref["kind"], namespace if ref["kind"] == "Role" else None, ref["name"]]
        scope = f"in {namespace}" if binding["kind"] == "RoleBinding" else "everywhere"
        for subject, rule in product(binding["subjects"], rules):
            assert subject["kind"] == "ServiceAccount"
            assert subject["namespace"]
            for verb, what in product(rule["verbs"], _resources(rule)):
                assert verb != "*"
                yield f"{subject['name']}: {verb} {what} {scope}"


def _resources(rule: Body) -> Iterator[str]:
    assert "*" not in str(rule)
    yield from rule.get("nonResourceURLs", ())
    for group, resource in product(rule.get("apiGroups", ()), rule.get("resources", ())):
        first, slash, sub = resource.partition("/")
        full = f"{first}.{group}{slash}{sub}" if group else resource
        for name in rule.get("resourceNames") or [""]:
            yield f"{full} named {name}" if name else full
