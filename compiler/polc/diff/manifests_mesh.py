"""Two sets of manifests to the callers and requests that only one of them lets the mesh admit."""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.diff.changes import Change, Kind
from polc.diff.subjects import Subject
from polc.source import nowhere
from polc.verify.authz import Policies, Policy, admitted, policies_of
from polc.verify.authz_rules import Reading
from polc.verify.authz_sides import full
from polc.verify.objects import Manifests
from polc.verify.sets import products

_TRUST = "cluster.local"
_WAYPOINT = "waypoint"
_READING: Reading = "http"


def mesh_changes(
    one: Manifests, other: Manifests, subjects: tuple[Subject, ...]
) -> Iterator[Change]:
    """Yield the rules by which only `one` admits somebody; all ports are read as HTTP."""
    if not any(each.of_kind("AuthorizationPolicy") for each in (one, other)):
        return
    mine, theirs = policies_of(one, _TRUST), policies_of(other, _TRUST)
    for subject in subjects:
        labels = dict(subject.labels)
        yield from _compare(
            subject.name,
            mine.at_pods(subject.namespace, labels),
            theirs.at_pods(subject.namespace, labels),
        )
    for namespace, service in sorted({*_services(mine), *_services(theirs)}):
        yield from _compare(
            f"{namespace}/{service}",
            mine.at_waypoint(namespace, service, _WAYPOINT),
            theirs.at_waypoint(namespace, service, _WAYPOINT),
        )


def _services(policies: Policies) -> Iterator[tuple[str, str]]:
    for namespace, group in policies.by_namespace.items():
        for policy in group:
            yield from ((namespace, name) for kind, name in policy.targets if kind == "Service")


def _compare(name: str, mine: tuple[Policy, ...], theirs: tuple[Policy, ...]) -> Iterator[Change]:
    held = admitted(theirs, _READING).must
    more = products.subtract(admitted(mine, _READING).may, held, full)
    if not more:
        return
    found = False
    for policy in mine:
        if policy.action != "ALLOW":
            continue
        rules = policy.found.spec.get("rules") or ()
        for number, (rule, match) in enumerate(zip(rules, policy.matches(_READING), strict=True)):
            if products.subtract(products.both(match.may, more), held, full):
                found = True
                yield Change(
                    Kind.FLOW,
                    True,
                    name,
                    "admits in the mesh",
                    rule_text(rule),
                    span=policy.found.span("spec", "rules", number),
                )
    if not found:
        text = "every caller" if not any(p.action == "ALLOW" for p in mine) else "what was denied"
        yield Change(Kind.FLOW, True, name, "admits in the mesh", text, span=nowhere())


def rule_text(rule: Mapping[str, Any]) -> str:
    """Return what a rule says: its callers, then its requests."""
    callers = [_entry(each.get("source")) for each in rule.get("from") or ()]
    requests = [_entry(each.get("operation")) for each in rule.get("to") or ()]
    text = " or ".join(callers) or "every caller"
    if requests:
        text += " with " + " or ".join(requests)
    return text + (" under conditions" if rule.get("when") else "")


def _entry(fields: object) -> str:
    if not isinstance(fields, Mapping):
        return "anything"
    return " and ".join(f"{name} {', '.join(map(str, values))}" for name, values in fields.items())
