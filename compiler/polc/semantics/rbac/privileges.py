"""What a subject may ask of the Kubernetes API, as exact sets of requests.

A request on resources is (verb, API group, resource, subresource, name, namespace); the name is
empty where a request names no object, the namespace where it is in none. A request on any other
URL is (verb, path). Sources: `RuleAllows` in kubernetes `plugin/pkg/auth/authorizer/rbac`, and
`evaluation_helpers.go` of `pkg/apis/rbac/v1`, from which these rules are:

- a resource `*` is every resource with every subresource; `*/log` is the subresource `log` of
  every one; `pods` has none of its subresources; a star elsewhere is an ordinary character;
- no `resourceNames` is every name and requests without one; `create` and `deletecollection` on a
  collection name no object, so a rule with names never allows them;
- a path may end in stars, which stand for any rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from polc.semantics.sets.boxes import Box, difference
from polc.semantics.sets.words import ALL, Urls, Words, urls, words

NO_NAME_VERBS = frozenset({"create", "deletecollection"})
"""Verbs that on a collection name no object; `list` and `watch` may, by a field selector."""

_VERBS = ("delete", "create", "update", "patch", "get", "list", "watch", "deletecollection")
_GROUPS = ("", "apps", "batch", "networking.k8s.io")
_RESOURCES = {
    "": ("secrets", "pods", "configmaps"),
    "apps": ("deployments", "statefulsets"),
    "batch": ("jobs", "cronjobs"),
    "networking.k8s.io": ("networkpolicies", "ingresses"),
}
_NAMESPACES = ("kube-system", "default")
_NAMES = ("any-other",)
_PATHS = ("/metrics", "/logs", "/debug/pprof")


@frozen
class Request:
    """One request on the API server; `path` is set for what is no resource."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    path: str | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return f"`{self.verb}` on the path `{self.path}`"
        what = f"{self.resource}.{self.group}" if self.group else self.resource
        if self.subresource:
            what += f"/{self.subresource}"
        named = f" named `{self.name}`" if self.name else ""
        where = f" in namespace `{self.namespace}`" if self.namespace else " outside any namespace"
        return f"`{self.verb}` on `{what}`{named}{where}"


@frozen
class Access:
    """A set of requests: boxes over the six parts of one on resources, and over (verb, path)."""

    resources: tuple[Box, ...] = ()
    paths: tuple[Box, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.resources or self.paths)

    def __or__(self, other: "Access") -> "Access":
        return Access(self.resources + other.resources, self.paths + other.paths)

    def __sub__(self, other: "Access") -> "Access":
        if not self:
            return self
        return Access(
            difference(self.resources, other.resources), difference(self.paths, other.paths)
        )

    def __contains__(self, request: object) -> bool:
        if not isinstance(request, Request):
            return False
        if request.path is not None:
            return any(request.verb in box[0] and request.path in box[1] for box in self.paths)
        parts = (
            *(request.verb, request.group, request.resource),
            *(request.subresource, request.name, request.namespace),
        )
        return any(
            all(part in side for part, side in zip(parts, box, strict=True))
            for box in self.resources
        )

    def sample(self) -> Request:
        """Return a request of the set, which is not empty; a telling one if possible."""
        if not self.resources:
            asked, path = self.paths[0]
            return Request(asked.sample(("get",)), path=path.sample(_PATHS))
        verbs, groups, resources, subresources, names, namespaces = self.resources[0]
        verb, group = verbs.sample(_VERBS), groups.sample(_GROUPS)
        below = subresources.sample(("", "status", "exec", "log"))
        nameless = verb in NO_NAME_VERBS | {"list", "watch"} and not below
        return Request(
            verb,
            group,
            resources.sample(_RESOURCES.get(group, ())),
            below,
            names.sample(("",) if nameless else _NAMES),
            namespaces.sample(_NAMESPACES),
        )


def union(parts: Iterable[Access]) -> Access:
    """Return the union of many sets."""
    resources: list[Box] = []
    paths: list[Box] = []
    for part in parts:
        resources += part.resources
        paths += part.paths
    return Access(tuple(resources), tuple(paths))


def rule_access(rule: Mapping[str, Any], namespace: str | None) -> Access:
    """Return what a well-formed rule gives when bound in a namespace, or (None) cluster-wide."""
    verbs = _set(rule.get("verbs"))
    if not verbs:
        return Access()
    if rule.get("nonResourceURLs"):
        # A RoleBinding is asked only about requests in its namespace; a path is in none.
        texts = tuple(map(str, rule["nonResourceURLs"]))
        return Access() if namespace is not None else Access(paths=((verbs, urls(*texts)),))
    groups = _set(rule.get("apiGroups"))
    named = tuple(map(str, rule.get("resourceNames") or ()))
    names = words(*named) if named else ALL
    where = ALL if namespace is None else words(namespace)
    return union(
        resource_access((verbs, groups, resources, subresources, names, where))
        for resources, subresources in _resource_sets(rule.get("resources") or ())
        if groups
    )


def resource_access(box: Box) -> Access:
    """Return a set of requests on resources, without those on Namespace objects that can't be made.

    A request on one carries its name as namespace, or none: `NewRequestInfo` in kubernetes
    `apiserver/pkg/endpoints/request`. So a rule that is bound in a namespace is about that one.
    """
    verbs, groups, resources, subresources, names, where = box
    if where == ALL or "" not in groups or "namespaces" not in resources or resources == ALL:
        return Access((box,))
    own = words("namespaces")
    boxes = ((verbs, groups, resources - own, subresources, names, where),
             (verbs, groups - words(""), own, subresources, names, where),
             (verbs, words(""), own, subresources, names & where, where))  # fmt: skip
    return Access(tuple(each for each in boxes if all(each)))


def _set(values: Sequence[str] | None) -> Words:
    """Read verbs or API groups: a star alone is every one."""
    given = tuple(map(str, values or ()))
    return ALL if "*" in given else words(*given)


def _resource_sets(entries: Iterable[str]) -> list[tuple[Words, Words]]:
    """Group entries of `resources` by their subresource."""
    groups: dict[str, set[str]] = {}
    for entry in map(str, entries):
        if entry == "*":
            return [(ALL, ALL)]
        resource, slash, subresource = entry.partition("/")
        if slash and not subresource:
            continue  # `pods/` is the name of nothing
        groups.setdefault(subresource, set()).add(resource)
    return [
        (ALL if "*" in names else Words(frozenset(names)), words(sub))
        for sub, names in groups.items()
    ]


def _reviews(group: str, *names: str) -> Box:
    return words("create"), words(group), words(*names), words(""), ALL, ALL


_OPEN_PATHS = (
    *("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/readyz"),
    *("/openapi", "/openapi/*", "/version", "/version/"),
    *("/.well-known/openid-configuration", "/.well-known/openid-configuration/"),
    *("/openid/v1/jwks", "/openid/v1/jwks/"),
)
EVERYONE = Access(
    (
        _reviews("authentication.k8s.io", "selfsubjectreviews"),
        _reviews("authorization.k8s.io", "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
    ),
    ((words("get"), urls(*_OPEN_PATHS)),),
)
"""What every cluster lets every service account do: to ask about itself, and to discover the API.

Source: the default cluster roles `system:basic-user`, `system:discovery`,
`system:public-info-viewer` and `system:service-account-issuer-discovery`, `bootstrappolicy`.
"""

EVERYTHING = Access(((ALL,) * 6,), ((ALL, Urls(urls("*").regions)),))
"""What the default cluster role `cluster-admin` gives."""
