"""Random RBAC objects and requests, from few words, so that they often meet."""

import random
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
GROUP = "rbac.authorization.k8s.io"
NAMESPACES = ("a", "b")
ACCOUNTS = ("x", "y")
ROLES = ("one", "two", "three")

_VERBS = ("get", "list", "create", "deletecollection", "*")
_GROUPS = ("", "apps", "*", "app*")
_RESOURCES = (
    *("pods", "secrets", "*", "pods/log", "pods/*", "*/log", "*/*", "pods/", "/log", "**"),
    *("pods/log/more", "*/scale", "po*"),
)
_NAMES = ("n", "m", "*", "", "n*")
_URLS = ("/api", "/api/*", "/api*", "*", "/*", "/a*c", "/api/**", "/metrics", "", "api")
_LABELS = ({}, {"to": "admin"}, {"to": "view"}, {"to": "admin", "also": "view"}, {"to": ""})
_SELECTORS = (
    *({"matchLabels": {"to": "admin"}}, {"matchLabels": {"also": "view"}}, {}),
    {"matchLabels": {"to": "admin", "also": "view"}},
    {"matchExpressions": [{"key": "to", "operator": "In", "values": ["admin", "view"]}]},
    {"matchExpressions": [{"key": "to", "operator": "NotIn", "values": ["admin"]}]},
    {"matchExpressions": [{"key": "also", "operator": "Exists"}]},
    {"matchExpressions": [{"key": "also", "operator": "DoesNotExist"}]},
    {
        "matchLabels": {"to": "admin"},
        "matchExpressions": [{"key": "also", "operator": "DoesNotExist", "values": []}],
    },
)
_SUBJECTS = (
    *({"kind": "ServiceAccount", "name": "x", "namespace": "a"},),
    *({"kind": "ServiceAccount", "name": "y", "namespace": "b"},),
    *({"kind": "User", "name": "system:serviceaccount:a:x"}, {"kind": "User", "name": "x"}),
    *({"kind": "Group", "name": "system:serviceaccounts"},),
    *({"kind": "Group", "name": "system:serviceaccounts:a", "apiGroup": GROUP},),
    *({"kind": "Group", "name": "system:authenticated"}, {"kind": "Group", "name": "other"}),
    *({"kind": "Group", "name": "system:unauthenticated"}, {"kind": "User", "name": "*"}),
)
_LOCAL = {"kind": "ServiceAccount", "name": "x"}
"""A service account of the binding's own namespace, and in a ClusterRoleBinding of none."""


def _few(values: tuple[Any, ...], least: int = 1) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=2, unique_by=repr)


_RESOURCE_RULES = st.fixed_dictionaries(
    {"verbs": _few(_VERBS), "apiGroups": _few(_GROUPS), "resources": _few(_RESOURCES)},
    optional={"resourceNames": st.one_of(st.none(), _few(_NAMES, least=0))},
)
_URL_RULES = st.fixed_dictionaries(
    {"verbs": _few(_VERBS), "nonResourceURLs": _few(_URLS)},
    optional={"resources": st.just([]), "resourceNames": st.none()},
)
_REFUSED_RULES = st.sampled_from(
    (
        {"verbs": ["get"], "apiGroups": [""], "resources": []},
        {"verbs": [], "apiGroups": [""], "resources": ["pods"]},
        {"verbs": ["get"], "resources": ["pods"]},
        {"apiGroups": [""], "resources": ["pods"]},
        {"verbs": ["get"], "nonResourceURLs": ["/api"], "resources": ["pods"]},
        {"verbs": ["get"], "nonResourceURLs": ["/api"], "apiGroups": [""]},
        {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resource": ["secrets"]},
        {"verbs": "get", "apiGroups": [""], "resources": ["pods"]},
        {"verbs": ["get"], "apiGroups": [""], "resources": [1]},
    )
)


def _rules(*, urls: bool, refused: bool) -> st.SearchStrategy[list[Json] | None]:
    kinds = [_RESOURCE_RULES, _RESOURCE_RULES]
    kinds += [_URL_RULES] * urls + [_REFUSED_RULES, _URL_RULES] * refused
    some = st.lists(st.one_of(kinds), min_size=1, max_size=3)
    return st.one_of(some, some, some, st.just([]), st.none())


def _head(kind: str, name: str, namespace: str | None, labels: Json | None = None) -> Json:
    metadata: Json = {"name": name}
    if namespace is not None:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata}


@st.composite
def objects(draw: Callable[..., Any], *, refused: bool = False) -> list[Json]:
    """Draw roles and bindings; with `refused`, some that the API server does not take."""
    made = []
    for name in ROLES:
        role = _head("ClusterRole", name, None, draw(st.sampled_from(_LABELS)))
        rules = draw(_rules(urls=True, refused=refused))
        if draw(st.integers(0, 3)) == 0:
            selectors = _few(_SELECTORS, least=0 if refused else 1)
            role["aggregationRule"] = {"clusterRoleSelectors": draw(selectors)}
        made.append(role if rules is None else {**role, "rules": rules})
        where = draw(st.sampled_from((*NAMESPACES, *NAMESPACES, None)))
        if where is not None:
            rules = draw(_rules(urls=False, refused=refused))
            made.append({**_head("Role", name, where), "rules": rules})
    for number in range(draw(st.integers(1, 4))):
        made.append(draw(_bindings(f"binding-{number}", refused=refused)))
    return draw(st.permutations(made))


@st.composite
def _bindings(draw: Callable[..., Any], name: str, *, refused: bool) -> Json:
    where = draw(st.sampled_from((*NAMESPACES, None)))
    kind = "RoleBinding" if where else "ClusterRoleBinding"
    role = draw(st.sampled_from(("Role", "ClusterRole"))) if where else "ClusterRole"
    ref = {
        "apiGroup": GROUP,
        "kind": role,
        "name": draw(st.sampled_from((*ROLES, *ROLES, "missing"))),
    }
    all_subjects = (*_SUBJECTS, _LOCAL) if where or refused else _SUBJECTS
    subjects = draw(st.lists(st.sampled_from(all_subjects), max_size=4, unique_by=repr))
    if refused:
        ref.update(draw(st.sampled_from(({}, {"kind": "Role"}, {"apiGroup": ""}, {"kind": "x"}))))
        wrong = ({"kind": "Group", "apiGroup": "apps"}, {"kind": "Pod"}, {"apiGroup": GROUP}, {})
        subjects = [{**each, **draw(st.sampled_from(wrong))} for each in subjects]
    return {**_head(kind, name, where), "roleRef": ref, "subjects": subjects}


_REQUEST = {
    "verb": ("get", "get", "get", "list", "create", "deletecollection", "patch"),
    "group": ("", "", "", "apps", "app*", "example.com"),
    "resource": ("pods", "pods", "pods", "secrets", "services", "po*"),
    "subresource": ("", "", "log", "log", "scale", "log/more"),
    "name": ("", "", "n", "m", "*", "other"),
    "namespace": ("a", "a", "b", "", "c"),
}
"""What rules name, often, and what only a star covers."""
_PATHS = ("/api", "/api/", "/api/v1", "/apis", "/", "", "/abc", "/a*c", "/metrics", "api")


def requests() -> st.SearchStrategy[int]:
    """Draw a hundred requests, by the seed that `asked` makes them of."""
    return st.integers(0, 2**32)


def asked(seed: int) -> list[Json]:
    """Return the requests."""
    chance = random.Random(seed)
    made: list[Json] = [{"verb": "get", "path": path} for path in _PATHS]
    made += [{"verb": "create", "path": path} for path in _PATHS]
    made += [{key: chance.choice(_REQUEST[key]) for key in _REQUEST} for _ in range(80)]
    return made
