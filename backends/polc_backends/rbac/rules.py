"""Grants to RBAC rules that grant exactly the same: nothing twice, nothing by a cross product.

A rule grants each of its verbs on each of its resources under each of its names. So resources
share a rule only where verbs, API group and names are all equal, and names share one only where
the verbs are. Source: `rbac.authorization.k8s.io/v1` types.go and
https://kubernetes.io/docs/reference/access-authn-authz/rbac/.
"""

from collections.abc import Iterable
from typing import Any

from polc.ir.nodes import Grant, UrlGrant

_VERB_ORDER = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")

Verbs = frozenset[str]
_Resource = tuple[str, str]
"""API group, and resource with its subresource."""


def resource_of(grant: Grant) -> _Resource:
    """Return the resource of a grant as a rule names it."""
    name = f"{grant.resource}/{grant.subresource}" if grant.subresource else grant.resource
    return grant.group, name


def resource_rules(
    grants: Iterable[Grant], covered: Iterable[Grant] = ()
) -> tuple[dict[str, Any], ...]:
    """Return the rules for grants of one scope; `covered` are held on a wider one anyway."""
    wide, narrow = _expand(grants)
    above_wide, above_narrow = _expand(covered)
    for each, held in above_wide.items():
        wide[each] = wide.get(each, set()) - held
    for key, held in above_narrow.items():
        narrow[key] = narrow.get(key, set()) - held
    for key in narrow:
        narrow[key] -= wide.get(key[0], set()) | above_wide.get(key[0], set())

    rules: dict[tuple[str, tuple[str, ...], Verbs], list[str]] = {}
    everything: list[_Held] = [
        (each, (), frozenset(verbs)) for each, verbs in wide.items() if verbs
    ]
    for (group, resource), names, same in (*everything, *_by_verbs(narrow)):
        rules.setdefault((group, names, same), []).append(resource)
    return tuple(
        _rule(group, sorted(resources), names, verbs)
        for (group, names, verbs), resources in sorted(rules.items(), key=_order)
    )


def url_rules(grants: Iterable[UrlGrant]) -> tuple[dict[str, Any], ...]:
    """Return the rules for non-resource URLs, which share none with resources."""
    held: dict[str, set[str]] = {}
    for grant in grants:
        for path in grant.paths:
            held.setdefault(path, set()).update(grant.verbs)
    rules: dict[tuple[str, ...], list[str]] = {}
    for path, verbs in held.items():
        rules.setdefault(in_order(verbs), []).append(path)
    return tuple(
        {"nonResourceURLs": paths, "verbs": list(verbs)}
        for paths, verbs in sorted((sorted(paths), verbs) for verbs, paths in rules.items())
    )


def in_order(verbs: Iterable[str]) -> tuple[str, ...]:
    """Sort verbs as people read them; those of special resources come last."""
    known = {verb: place for place, verb in enumerate(_VERB_ORDER)}
    return tuple(sorted(verbs, key=lambda verb: (known.get(verb, len(known)), verb)))


_Wide = dict[_Resource, set[str]]
_Narrow = dict[tuple[_Resource, str], set[str]]
_Held = tuple[_Resource, tuple[str, ...], Verbs]
"""A resource, the names that matter (none: all objects), and the verbs on them."""


def _expand(grants: Iterable[Grant]) -> tuple[_Wide, _Narrow]:
    """Return the verbs on all objects of a resource, and those on single ones."""
    wide: _Wide = {}
    narrow: _Narrow = {}
    for grant in grants:
        resource = resource_of(grant)
        for name in grant.names:
            narrow.setdefault((resource, name), set()).update(grant.verbs)
        if not grant.names:
            wide.setdefault(resource, set()).update(grant.verbs)
    return wide, narrow


def _by_verbs(narrow: _Narrow) -> list[_Held]:
    """Collect the names of each resource that have the same verbs."""
    groups: dict[tuple[_Resource, Verbs], list[str]] = {}
    for (resource, name), verbs in narrow.items():
        if verbs:
            groups.setdefault((resource, frozenset(verbs)), []).append(name)
    return [(resource, tuple(sorted(names)), verbs) for (resource, verbs), names in groups.items()]


def _order(
    item: tuple[tuple[str, tuple[str, ...], Verbs], list[str]],
) -> tuple[str, list[str], tuple[str, ...], tuple[str, ...]]:
    (group, names, verbs), resources = item
    return group, sorted(resources), names, in_order(verbs)


def _rule(group: str, resources: list[str], names: tuple[str, ...], verbs: Verbs) -> dict[str, Any]:
    rule: dict[str, Any] = {"apiGroups": [group], "resources": resources}
    if names:
        rule["resourceNames"] = list(names)
    rule["verbs"] = list(in_order(verbs))
    return rule
