"""Roles by themselves: stars, names that nothing matches, rules that go to the roles of others.

Source: https://kubernetes.io/docs/concepts/security/rbac-good-practices/.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.codes.proof import POWER
from polc.diagnostics import Diagnostic, Severity
from polc.powers.table import ALL_POWERS
from polc.prose import listed, prose
from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.bindings import Rbac
from polc.semantics.rbac.defaults import is_default
from polc.semantics.rbac.powers import Held, held
from polc.semantics.rbac.privileges import NO_NAME_VERBS, rule_access
from polc.survey.mistakes import counted_rest, mistake

_MOST_NAMED = 6
_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"


def role_mistakes(rbac: Rbac) -> Iterator[Diagnostic]:
    """Report what roles give by stars and labels, and what they give to no request."""
    given = {id(rule.role) for key in rbac.bound() & rbac.roles.keys() for rule in rbac.rules(key)}
    for role in rbac.roles.values():
        rules = [mapping(each) for each in items(role.body.get("rules"))]
        yield from _aggregated(role, rules)
        if id(role) not in given:
            yield from _unbound(role, rules)
        yield from _stars(role, rules)
        yield from _nameless(role, rules)
        for index, rule in enumerate(rules):
            yield from _literal(role, rule, index)


def _aggregated(role: Found, rules: list[Mapping[str, Any]]) -> Iterator[Diagnostic]:
    keys = sorted(
        key
        for key, value in mapping(role.metadata.get("labels")).items()
        if str(key).startswith(_AGGREGATE) and value == "true"
    )
    if not keys:
        return
    targets = [str(key).removeprefix(_AGGREGATE) for key in keys]
    plural = "s" if len(targets) > 1 else ""
    message = f"adds its rules to the cluster role{plural} {listed(targets)}, of everybody who has"
    message += " them" if plural else " that"
    powers = dict.fromkeys(each.power.short for each in _powers(rules))
    place: tuple[Key, ...] = ("metadata", "labels", keys[0])
    if powers and "view" in targets:
        message = f"lets everybody who has the cluster role `view` {prose(powers)}: it adds its"
        advice = f"leave the label `{_AGGREGATE}view` out"
        yield mistake(role, f"{message} rules to that role", advice, *place)
        return
    advice = "fine if whoever may do that with all else is to do it with these, too"
    yield mistake(role, message, advice, *place, severity=Severity.NOTE)


def _unbound(role: Found, rules: list[Mapping[str, Any]]) -> Iterator[Diagnostic]:
    """Report what a role would let do whom others bind it to."""
    key = (None if role.kind == "ClusterRole" else role.namespace, role.name)
    added = any("/aggregate-to-" in str(label) for label in mapping(role.metadata.get("labels")))
    powers = dict.fromkeys(each.power.short for each in _powers(rules) if each.power.asks)
    if not powers or added or is_default(*key):
        return
    message = f"lets whoever it is bound to {prose(counted_rest(powers, _MOST_NAMED))}"
    advice = "nobody in the input has it: look at those who bind it"
    yield mistake(role, message, advice, "rules", code=POWER, severity=Severity.NOTE)


def _powers(rules: list[Mapping[str, Any]]) -> Iterator[Held]:
    return (each for rule in rules for each in held(rule_access(rule, None)))


def _stars(role: Found, rules: list[Mapping[str, Any]]) -> Iterator[Diagnostic]:
    """Report stars, all of a role at once: a note where they only stand for verbs."""
    starred: dict[str, list[int]] = {}
    for index, rule in enumerate(rules):
        for field in ("verbs", "resources", "apiGroups"):
            if "*" in items(rule.get(field)):
                starred.setdefault(field, []).append(index)
    if not starred or any(each.power is ALL_POWERS for each in _powers(rules)):
        return  # Who is given everything is told with what it amounts to.
    fields = [field for field in ("verbs", "resources", "apiGroups") if field in starred]
    index = min(starred[fields[0]])
    number = len({each for places in starred.values() for each in places})
    message = f"gives every one of {listed(fields)}"
    message += f" in {number} of its rules" if number > 1 else ""
    # With every verb of some resources nothing unknown is given but verbs that have no meaning.
    severity = Severity.NOTE if fields == ["verbs"] else Severity.WARNING
    yield mistake(
        role,
        f"{message}, also those that do not exist yet",
        "write them out",
        *("rules", index, fields[0]),
        severity=severity,
    )


def _nameless(role: Found, rules: list[Mapping[str, Any]]) -> Iterator[Diagnostic]:
    """Report names that limit what names no object, all of a role at once."""
    found: list[tuple[int, list[str], list[str]]] = []
    for index, rule in enumerate(rules):
        dead = sorted(NO_NAME_VERBS & set(map(str, items(rule.get("verbs")))))
        top = [str(each) for each in items(rule.get("resources")) if "/" not in str(each)]
        if items(rule.get("resourceNames")) and dead and top:
            found.append((index, dead, top))
    if not found:
        return
    verbs = dict.fromkeys(verb for _, dead, _ in found for verb in dead)
    resources = dict.fromkeys(each for _, _, top in found for each in top)
    message = f"limits {listed(verbs)} on {listed(resources)} by `resourceNames`, which never"
    message += " matches: such a request names no object"
    verb = next(iter(verbs))
    advice = f"give `{verb}` in a rule without names, or leave it out: it does nothing there"
    yield mistake(role, message, advice, "rules", found[0][0])


def _literal(role: Found, rule: Mapping[str, Any], index: int) -> Iterator[Diagnostic]:
    """Report stars that mean nothing but themselves, and so match nothing."""
    for field in ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"):
        for value in map(str, items(rule.get(field))):
            if "*" not in value or _means_more(field, value, rule):
                continue
            message = f"has `{value}` in `{field}`, where a star in a text is a character like any"
            yield mistake(
                role,
                f"{message} other: it matches nothing",
                "write each of them out",
                *("rules", index, field),
            )
            break


def _means_more(field: str, value: str, rule: Mapping[str, Any]) -> bool:
    """Tell whether a value with a star means more than its characters."""
    if field == "nonResourceURLs":
        return "*" not in value.rstrip("*")
    if field == "resources":
        return value == "*" or (value.startswith("*/") and "*" not in value[2:])
    if field == "resourceNames":
        # Signers are asked for by this literal name; others can't have a star in their name.
        return value.endswith("/*") and "signers" in items(rule.get("resources"))
    return value == "*"
