"""What can be left out of the mesh's objects in a namespace, in words."""

from collections.abc import Iterator

from polc.codes.proof import REMOVABLE_RULE
from polc.diagnostics import Diagnostic
from polc.semantics.mesh.authorization import Policy
from polc.semantics.mesh.parts import Keys
from polc.semantics.mesh.places import Places
from polc.verify.mesh import peer_authentication
from polc.verify.mesh.authorization import Finding, Needless

_ENTRIES = {"from": "source", "to": "operation", "when": "condition"}


def removable(places: Places) -> Iterator[Diagnostic]:
    """Yield what can be left out in a namespace: all of it at once, so of equals one stays."""
    if places.namespace == places.policies.root:
        return  # What is said there holds in all namespaces, also in those of others.
    found = Needless(places)
    found.judge(places.policies.by_namespace.get(places.namespace, ()))
    for policy in found.dropped:
        where = policy.found.where("spec")
        what = f"AuthorizationPolicy {_name(policy)} in `{where}`"
        yield _told(policy, ("spec",), f"{what} can be left out: the same is permitted without it")
    lists: dict[tuple[Policy, int, Keys, str], list[Finding]] = {}
    for each in found.found:
        if each.policy not in found.dropped:
            values = len(each.part.keys) > 2
            at = each.part.keys[:-1] if values else each.part.keys
            lists.setdefault((each.policy, each.number, at, each.why), []).append(each)
    for several in lists.values():
        yield _rule(several[::-1])
    yield from peer_authentication.needless(places.authentications, places.namespace)


def _rule(several: list[Finding]) -> Diagnostic:
    """Say that a rule can be left out, or a part of it, or some values of one list."""
    first = several[0]
    policy, keys = first.policy, first.part.keys
    place = ("spec", "rules", first.number, *keys)
    rule = f"rule {first.number + 1} of {_name(policy)} in `{policy.found.where(*place)}`"
    if len(keys) > 2:
        values = " and ".join(f"`{each.value}`" for each in several)
        rule = f"{values} among the `{keys[-2]}` of {rule}"
    elif keys:
        rule = f"{_ENTRIES[str(keys[0])]} {int(keys[1]) + 1} of {rule}"
    return _told(policy, place, f"{rule} can be left out: {_why(first)}")


def _why(finding: Finding) -> str:
    if finding.policy.action == "DENY":
        return "what it denies is denied without it"
    if finding.part.restricts:
        return "it keeps nobody out"
    if finding.why == "futile":
        return "it lets nobody in"
    return f"other{'s' if finding.part.keys else ' rules'} permit all of that"


def _name(policy: Policy) -> str:
    return f"`{policy.found.namespace}/{policy.found.name}`"


def _told(policy: Policy, place: Keys, message: str) -> Diagnostic:
    return Diagnostic(
        REMOVABLE_RULE,
        message,
        policy.found.span(*place),
        help="remove it, so that what stands there is what holds",
    )
