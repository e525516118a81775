"""What a rule amounts to beyond what it says, wildcards by what they include.

A rule has a power if it allows one of the requests that amount to it (`polc.powers.table`): a star
is every verb, group or resource, and names that a request can't have allow nothing.
"""

from collections.abc import Iterator
from functools import cached_property

from attrs import field, frozen

from polc.powers.table import (
    ALL_POWERS,
    IMPERSONATES,
    RULES,
    SPECIAL,
    VERB_POWERS,
    Power,
    impersonates,
)
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.bindings import Entry, Rbac, role_key, subject_key
from polc.semantics.rbac.defaults import RULES as DEFAULTS
from polc.semantics.rbac.privileges import NO_NAME_VERBS, Access, rule_access
from polc.semantics.sets.boxes import Box
from polc.semantics.sets.words import ALL, Words

_BY_GROUP: dict[str, list[str]] = {}
for _group, _name in RULES:
    _BY_GROUP.setdefault(_group, []).append(_name)


@frozen
class Held:
    """A power, by which verbs on which resource; `named`: only for objects with certain names."""

    power: Power
    verbs: tuple[str, ...]
    group: str
    resource: str
    named: bool = False


def held(access: Access) -> Iterator[Held]:
    """Yield what a set of requests amounts to."""
    for box in access.resources:
        yield from _of_box(box)


def _of_box(box: Box) -> Iterator[Held]:
    verbs, groups, resources, below, names, _ = box
    assert isinstance(verbs, Words)
    assert isinstance(names, Words)
    named = "" not in names
    if verbs == groups == resources == below == names == ALL:
        yield Held(ALL_POWERS, ("*",), "*", "*")
        return
    for verb, group, plural in SPECIAL:
        given = _special(verb, verbs) if group in groups else ()
        for resource in plural if given else ():
            # Each key of `userextras` is a subresource.
            if resource in resources and ("" in below or resource == "userextras"):
                yield Held(VERB_POWERS.get(verb, IMPERSONATES), given, group, resource, named)
    for group, full_names in _BY_GROUP.items():
        for full in full_names if group in groups else ():
            resource, _, sub = full.partition("/")
            if resource not in resources or sub not in below:
                continue
            for wanted, power in RULES[group, full]:
                if given := _given(wanted, verbs, sub, names):
                    yield Held(power, given, group, full, named)


def _special(verb: str, verbs: Words) -> tuple[str, ...]:
    if verb in verbs:
        return ("*",) if verbs.rest else (verb,)
    if verb != "impersonate":
        return ()
    return tuple(sorted(filter(impersonates, verbs.names)))


def _given(
    wanted: frozenset[str] | None, verbs: Words, below: str, names: Words
) -> tuple[str, ...]:
    """Return the verbs that amount to something and are given."""
    if wanted is None:
        return ("*",) if verbs.rest else tuple(sorted(verbs.names))
    nameless = () if below or "" in names else NO_NAME_VERBS
    given = sorted(each for each in wanted if each in verbs and each not in nameless)
    return ("*",) if given and verbs.rest else tuple(given)


def entries(rbac: Rbac, binding: Found) -> tuple[Entry, ...]:
    """Return the rules that a binding gives, those of Kubernetes' own roles among them."""
    key = role_key(binding)
    if key in rbac.roles or key[0] is not None:
        return rbac.given(binding, "")[0]
    where = binding.namespace if binding.kind == "RoleBinding" else None
    return tuple(Entry(rule_access(rule, where), binding, "") for rule in DEFAULTS.get(key[1], ()))


def _is_for_programs(binding: Found) -> bool:
    """Tell whether a binding gives something to service accounts."""
    keys = (subject_key(mapping(each), binding) for each in items(binding.body.get("subjects")))
    return any(
        key is not None and (key[0] == "ServiceAccount" or key[2].startswith("system:"))
        for key in keys
    )


@frozen(eq=False, slots=False)
class Makers:
    """What programs may create, by the bindings of the input: it may exist, and not be in it.

    What people may create is taken to be in the input.
    """

    rbac: Rbac
    _known: dict[tuple[object, ...], bool] = field(factory=dict, init=False, repr=False)

    @cached_property
    def _given(self) -> tuple[Box, ...]:
        return tuple(
            box
            for binding in self.rbac.bindings
            if _is_for_programs(binding)
            for entry in entries(self.rbac, binding)
            for box in entry.access.resources
        )

    def make(self, group: str, resource: str, namespace: str, *verbs: str) -> bool:
        """Tell whether somebody may create objects of a kind in a namespace, or do `verbs`."""
        asked = verbs or ("create",)
        key = (group, resource, namespace, asked)
        if key not in self._known:
            self._known[key] = self._may(group, resource, namespace, asked)
        return self._known[key]

    def _may(self, group: str, resource: str, namespace: str, asked: tuple[str, ...]) -> bool:
        return any(
            group in groups
            and resource in resources
            and "" in below
            and namespace in spaces
            and any(verb in given for verb in asked)
            for given, groups, resources, below, _, spaces in self._given
        )

    def make_pods(self, namespace: str) -> bool:
        """Tell whether somebody may make pods in a namespace, or give them labels."""
        return self.make("", "pods", namespace, "create", "patch", "update") or any(
            self.make(group, resource, namespace) for group, resource in _WORKLOADS
        )


_WORKLOADS = (
    *(("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets")),
    *(("batch", "jobs"), ("batch", "cronjobs"), ("apps", "replicasets")),
)
