"""Which rules reach a service account: roles, bindings, groups, aggregation.

Sources: https://kubernetes.io/docs/reference/access-authn-authz/rbac/, `VisitRulesFor` and
`appliesToUser` in kubernetes `pkg/registry/rbac/validation/rule.go`, `validation.go` of
`pkg/apis/rbac/validation`, and the controller `pkg/controller/clusterroleaggregation`:

- A RoleBinding gives what its role says in the binding's namespace, be it a Role or a ClusterRole;
  a ClusterRoleBinding gives it everywhere. Roles only ever add.
- A service account is the user `system:serviceaccount:NAMESPACE:NAME` and is in the groups
  `system:serviceaccounts`, `system:serviceaccounts:NAMESPACE` and `system:authenticated`.
- A subject of kind ServiceAccount without a namespace is in that of its RoleBinding, and nobody in
  a ClusterRoleBinding.
- The rules of a ClusterRole with `aggregationRule` are replaced by those of the ClusterRoles that
  one of its selectors matches, never itself, over and over until nothing changes. Until the
  controller has run, the written ones hold: they count for what is too much (`sure` is false).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field, frozen

from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping, matches_selector
from polc.semantics.rbac.privileges import EVERYTHING, Access, rule_access

GROUP = "rbac.authorization.k8s.io"
_RULE_FIELDS = {"verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"}
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_ADMIN = "cluster-admin"

Account = tuple[str, str]
"""Namespace and name."""
SubjectKey = tuple[str, str, str]
"""Kind, namespace (of a service account) and name."""


@frozen
class Entry:
    """One rule that reaches a subject, and how. `role` is None for what is built into Kubernetes.

    `place` is the path of keys to the rule in `role`.
    """

    access: Access
    binding: Found
    subject: str
    role: Found | None = None
    place: tuple[str | int, ...] = ()
    sure: bool = True


@frozen
class Gap:
    """Something that could change the answer and can't be read from the input."""

    at: Found
    reason: str
    place: tuple[str | int, ...] = ()


@frozen
class _Rule:
    """A rule with the role that it is written in."""

    role: Found
    place: tuple[str | int, ...]
    body: Mapping[str, Any]
    sure: bool = True


@define
class Rbac:
    """All roles and bindings of the input, by what they are looked up by."""

    roles: dict[tuple[str | None, str], Found] = field(factory=dict)
    bindings: tuple[Found, ...] = ()
    gaps: tuple[Gap, ...] = ()
    _by_subject: dict[SubjectKey, list[tuple[Found, int]]] = field(factory=dict)
    _rules: dict[tuple[str | None, str], tuple[_Rule, ...]] = field(factory=dict)
    _groups: dict[SubjectKey, tuple[tuple[Entry, ...], tuple[Gap, ...]]] = field(factory=dict)

    def accounts(self) -> tuple[Account, ...]:
        """Return every service account that a binding names, sorted."""
        found = {key[1:] for key in map(canonical, self._by_subject) if key[0] == "ServiceAccount"}
        return tuple(sorted(found))

    def bound(self) -> frozenset[tuple[str | None, str]]:
        """Return the roles that some binding with subjects gives to anybody."""
        return frozenset(
            role_key(binding) for binding in self.bindings if binding.body.get("subjects")
        )

    def granted(self, namespace: str, name: str) -> tuple[tuple[Entry, ...], tuple[Gap, ...]]:
        """Return every rule that reaches a service account, and what can't be decided of it."""
        entries: list[Entry] = []
        gaps: list[Gap] = []
        for key in _subjects(namespace, name):
            if key not in self._by_subject:
                continue
            if key not in self._groups:
                self._groups[key] = self._of(key)
            more, open_ends = self._groups[key]
            entries += more
            gaps += open_ends
        return tuple(entries), tuple(gaps)

    def _of(self, key: SubjectKey) -> tuple[tuple[Entry, ...], tuple[Gap, ...]]:
        entries: list[Entry] = []
        gaps: list[Gap] = []
        for binding, _ in self._by_subject[key]:
            more, open_ends = self.given(binding, in_words(key))
            entries += more
            gaps += open_ends
        return tuple(entries), tuple(gaps)

    def given(self, binding: Found, subject: str) -> tuple[tuple[Entry, ...], tuple[Gap, ...]]:
        """Return every rule that a binding gives, and what can't be decided of it.

        `subject` are the words for whom it is given to.
        """
        where = binding.namespace if binding.kind == "RoleBinding" else None
        wanted = role_key(binding)
        if wanted == (None, _ADMIN) and wanted not in self.roles:
            return (Entry(_scoped(EVERYTHING, where), binding, subject),), ()
        if wanted not in self.roles:
            kind = "role" if wanted[0] else "cluster role"
            reason = f"the {kind} `{wanted[1]}` is not in the input"
            return (), (Gap(binding, reason, ("roleRef",)),)
        entries = tuple(
            Entry(rule_access(rule.body, where), binding, subject, rule.role, rule.place, rule.sure)
            for rule in self.rules(wanted)
        )
        if not mapping(self.roles[wanted].body.get("aggregationRule")):
            return entries, ()
        reason = "it also gives what cluster roles outside of the input add by their labels"
        return entries, (Gap(self.roles[wanted], reason, ("aggregationRule",)),)

    def rules(self, key: tuple[str | None, str]) -> tuple[_Rule, ...]:
        """Return the rules of a role, aggregated ones included."""
        if key not in self._rules:
            self._rules[key] = tuple(self._collect(self.roles[key], set()))
        return self._rules[key]

    def _collect(self, role: Found, seen: set[str]) -> Iterator[_Rule]:
        """Yield the rules of a role; `seen` are the names of those that are being collected."""
        aggregation = mapping(role.body.get("aggregationRule"))
        for index, rule in enumerate(items(role.body.get("rules"))):
            yield _Rule(role, ("rules", index), mapping(rule), sure=not aggregation)
        if not aggregation:
            return
        seen.add(role.name)
        selectors = items(aggregation.get("clusterRoleSelectors"))
        for (where, name), other in sorted(
            self.roles.items(), key=lambda item: (item[0][0] or "", item[0][1])
        ):
            if where is not None or name in seen:
                continue
            labels = mapping(other.metadata.get("labels"))
            if any(matches_selector(mapping(selector), labels) for selector in selectors):
                yield from self._collect(other, seen)


def role_key(binding: Found) -> tuple[str | None, str]:
    """Return which role a binding gives: its namespace (None: a ClusterRole) and name."""
    ref = mapping(binding.body.get("roleRef"))
    where = binding.namespace if ref.get("kind") == "Role" else None
    return where, str(ref.get("name", ""))


def read_rbac(manifests: Manifests) -> Rbac:
    """Index the roles and bindings of the input, and note what the API server would refuse."""
    rbac = Rbac()
    gaps: list[Gap] = []
    for kind in ("Role", "ClusterRole"):
        for found in _of_kind(manifests, kind, gaps):
            where = found.namespace if kind == "Role" else None
            rbac.roles[where, found.name] = found
            gaps += _rule_gaps(found)
    bindings: list[Found] = []
    for kind in _BINDINGS:
        for found in _of_kind(manifests, kind, gaps):
            reason = _bad_binding(found)
            if reason is not None:
                gaps.append(Gap(found, reason, ("roleRef",)))
                continue
            bindings.append(found)
            for index, subject in enumerate(items(found.body.get("subjects"))):
                key = subject_key(mapping(subject), found)
                if key is None:
                    reason = "the API server refuses a subject of this kind and API group"
                    gaps.append(Gap(found, reason, ("subjects", index)))
                elif not all(key[1:] if key[0] == "ServiceAccount" else key[2:]):
                    reason = "the API server refuses a subject without a name or a namespace"
                    gaps.append(Gap(found, reason, ("subjects", index)))
                else:
                    rbac._by_subject.setdefault(key, []).append((found, index))
    rbac.bindings = tuple(bindings)
    rbac.gaps = tuple(gaps)
    return rbac


def _of_kind(manifests: Manifests, kind: str, gaps: list[Gap]) -> Iterator[Found]:
    for found in manifests.of_kind(kind, GROUP):
        if found.version != "v1":
            reason = f"no cluster serves `{GROUP}/{found.version}` any more"
            gaps.append(Gap(found, reason, ("apiVersion",)))
        yield found


def _rule_gaps(role: Found) -> Iterator[Gap]:
    aggregation = role.body.get("aggregationRule")
    if aggregation is not None and not items(mapping(aggregation).get("clusterRoleSelectors")):
        yield Gap(role, "an `aggregationRule` without selectors is refused", ("aggregationRule",))
    for index, rule in enumerate(items(role.body.get("rules"))):
        reason = _bad_rule(mapping(rule), namespaced=role.kind == "Role")
        if reason is not None:
            yield Gap(role, reason, ("rules", index))


def _bad_rule(rule: Mapping[str, Any], *, namespaced: bool) -> str | None:
    """Return why the API server would refuse a rule: `ValidatePolicyRule`."""
    unknown = sorted(set(map(str, rule)) - _RULE_FIELDS)
    if unknown:
        return f"a rule has no field `{unknown[0]}`"
    wrong = [key for key in rule if not _is_texts(rule[key])]
    if wrong:
        return f"`{wrong[0]}` has to be a list of texts"
    if not rule.get("verbs"):
        return "a rule without verbs is refused"
    if rule.get("nonResourceURLs"):
        if namespaced:
            return "a Role can't hold `nonResourceURLs`"
        if any(rule.get(key) for key in ("apiGroups", "resources", "resourceNames")):
            return "a rule has either resources or `nonResourceURLs`"
    elif not rule.get("apiGroups") or not rule.get("resources"):
        return "a rule without `apiGroups` or `resources` is refused"
    return None


def _is_texts(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(v, str) for v in value))


def _bad_binding(binding: Found) -> str | None:
    ref = mapping(binding.body.get("roleRef"))
    kind = ref.get("kind")
    allowed = ("Role", "ClusterRole") if binding.kind == "RoleBinding" else ("ClusterRole",)
    if kind not in allowed:
        return f"a {binding.kind} can't name a role of kind `{kind}`"
    if ref.get("apiGroup", GROUP) not in (GROUP, ""):
        return f"roles are of the API group `{GROUP}`"
    return None


def subject_key(subject: Mapping[str, Any], binding: Found) -> SubjectKey | None:
    """Return whom a subject of a binding means, or None: the API server refuses it."""
    kind, name = subject.get("kind"), str(subject.get("name", ""))
    group = subject.get("apiGroup") or ""
    if kind == "ServiceAccount" and not group:
        local = binding.namespace if binding.kind == "RoleBinding" else ""
        return kind, str(subject.get("namespace") or local), name
    if kind in ("User", "Group") and group in ("", GROUP):
        return kind, "", name
    return None


def canonical(subject: SubjectKey) -> SubjectKey:
    """Return a subject as what it is: a service account has a name as a user, too."""
    kind, _, name = subject
    parts = name.split(":")
    if kind == "User" and parts[:2] == ["system", "serviceaccount"] and len(parts) == 4:
        return "ServiceAccount", parts[2], parts[3]
    return subject


def _subjects(namespace: str, name: str) -> tuple[SubjectKey, ...]:
    return (
        ("ServiceAccount", namespace, name),
        ("User", "", f"system:serviceaccount:{namespace}:{name}"),
        ("Group", "", f"system:serviceaccounts:{namespace}"),
        ("Group", "", "system:serviceaccounts"),
        ("Group", "", "system:authenticated"),
    )


def in_words(key: SubjectKey) -> str:
    """Name a subject."""
    kind, namespace, name = key
    if kind == "ServiceAccount":
        return f"the service account `{namespace}/{name}`"
    return f"the {kind.lower()} `{name}`"


def _scoped(access: Access, namespace: str | None) -> Access:
    """Return the part of a cluster-wide set that a RoleBinding gives."""
    if namespace is None:
        return access
    rule = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    return rule_access(rule, namespace)
