"""Role based access control as the API server decides it: one request, one answer.

Written out plainly after https://kubernetes.io/docs/reference/access-authn-authz/rbac/ and the
RBAC authorizer of Kubernetes. A request is a dict: verb, group, resource, subresource, name and
namespace; or verb and path.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Object = Mapping[str, Any]


def allowed(objects: list[dict[str, Any]], account: tuple[str, str], request: Object) -> bool:
    """Tell whether a service account may do something."""
    user = f"system:serviceaccount:{account[0]}:{account[1]}"
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{account[0]}"]
    groups.append("system:authenticated")
    for binding in objects:
        if binding["kind"] == "ClusterRoleBinding":
            home = ""
        elif binding["kind"] == "RoleBinding":
            home = binding["metadata"]["namespace"]
            if request.get("namespace", "") != home:
                continue
        else:
            continue
        for subject in binding.get("subjects") or []:
            if _is_meant(subject, user, groups, home):
                for rule in _rules(objects, binding, home):
                    if _rule_allows(rule, request):
                        return True
    return False


def _is_meant(subject: Object, user: str, groups: list[str], home: str) -> bool:
    if subject["kind"] == "User":
        return bool(subject["name"] == user)
    if subject["kind"] == "Group":
        return subject["name"] in groups
    namespace = subject.get("namespace") or home
    return bool(namespace) and user == f"system:serviceaccount:{namespace}:{subject['name']}"


def _rules(objects: list[dict[str, Any]], binding: Object, home: str) -> Iterator[Object]:
    ref = binding["roleRef"]
    for role in objects:
        if role["kind"] != ref["kind"] or role["metadata"]["name"] != ref["name"]:
            continue
        if role["kind"] == "Role" and role["metadata"]["namespace"] != home:
            continue
        yield from _effective(objects, role)


def _effective(objects: list[dict[str, Any]], role: Object) -> list[Object]:
    """Return the rules after the aggregation controller has come to rest."""
    roles = [each for each in objects if each["kind"] == "ClusterRole"]
    rules = {each["metadata"]["name"]: list(each.get("rules") or []) for each in roles}
    if role["kind"] == "Role":
        return list(role.get("rules") or [])
    for each in roles:
        if "aggregationRule" in each:
            rules[each["metadata"]["name"]] = []
    for _ in roles:
        for each in roles:
            for selector in (each.get("aggregationRule") or {}).get("clusterRoleSelectors", []):
                for other in roles:
                    labels = other["metadata"].get("labels") or {}
                    wanted = selector.get("matchLabels") or {}
                    name = each["metadata"]["name"]
                    if other is not each and wanted.items() <= labels.items():
                        for rule in rules[other["metadata"]["name"]]:
                            if rule not in rules[name]:
                                rules[name].append(rule)
    return rules[role["metadata"]["name"]]


def _rule_allows(rule: Object, request: Object) -> bool:
    if "*" not in rule["verbs"] and request["verb"] not in rule["verbs"]:
        return False
    if "path" in request:
        return any(_url_matches(url, request["path"]) for url in rule.get("nonResourceURLs") or [])
    if "*" not in rule.get("apiGroups", []) and request["group"] not in rule.get("apiGroups", []):
        return False
    if not any(_resource_matches(each, request) for each in rule.get("resources") or []):
        return False
    names = rule.get("resourceNames") or []
    return not names or request["name"] in names


def _resource_matches(entry: str, request: Object) -> bool:
    subresource = request["subresource"]
    whole = f"{request['resource']}/{subresource}" if subresource else request["resource"]
    if entry in ("*", whole):
        return True
    return bool(subresource) and entry == f"*/{subresource}"


def _url_matches(entry: str, path: str) -> bool:
    if entry in ("*", path):
        return True
    return entry.endswith("*") and path.startswith(entry.rstrip("*"))
