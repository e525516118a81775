"""Which AuthorizationPolicies, rules and parts of rules can be left out without a difference.

That is: the same callers get through with the same requests, at all pods and Services, whatever
labels the pods carry besides. It is judged at the pods that a policy's own labels select, where the
fewest others apply: what another rule lets in there, or a DENY policy refuses, is let in or refused
at all pods that have more labels, too. What a DENY rule refuses has to be let in by somebody, so it
is also judged at the pods that both it and an ALLOW policy select.

A policy goes as a whole if no rule of it stays, and an ALLOW policy only where another one closes
the same pods: without any, everybody is admitted. AUDIT, CUSTOM, and what is only previewed say
nothing of what is permitted, and a mesh-wide policy makes nothing needless: it belongs to others,
who may take it away. Each layer is judged by itself: the pods, and the waypoint before them.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from attrs import define, field, frozen

from polc.semantics.mesh.authorization import Policy
from polc.semantics.mesh.parts import Body, Keys, Part, change, may_go, parts, without
from polc.semantics.mesh.places import Place, Places
from polc.semantics.mesh.plain import Handle, Ref, handle, rivals, tidy
from polc.semantics.mesh.rules import NEVER, Match, Reading, match_rule
from polc.semantics.sets import products
from polc.semantics.sets.products import box

Why = Literal["covered", "futile"]
"""Other rules do what it does, or it does nothing."""


@frozen
class Finding:
    """A part of a rule that can go."""

    policy: Policy
    number: int
    part: Part
    why: Why

    @property
    def value(self) -> object:
        """What stands there."""
        found = self.policy.found.spec["rules"][self.number]
        for key in self.part.keys:
            found = found[key]
        return found


@frozen(eq=False)
class _Near:
    """A place, and the rules there that may do what a rule does, or undo it."""

    place: Place
    rivals: tuple[Ref, ...]
    denials: tuple[Ref, ...]


@define(eq=False)
class Needless:
    """What of the policies of a namespace can go, all of it at once, so that of equals one stays.

    `gone` is what goes of each rule, `found` the same with reasons, and `dropped` the policies that
    go as a whole.
    """

    places: Places
    gone: dict[Ref, frozenset[Keys]] = field(factory=dict)
    found: list[Finding] = field(factory=list)
    dropped: list[Policy] = field(factory=list)
    _handles: dict[Policy, dict[Ref, Handle]] = field(factory=dict)

    def judge(self, policies: Iterable[Policy]) -> None:
        """Find out what of some policies can go."""
        known = [each for each in policies if not each.unknown]
        for policy in reversed(known):
            if policy.action in ("ALLOW", "DENY") and (places := self.places.of(policy)):
                self._judge(policy, places)

    def _judge(self, policy: Policy, places: tuple[Place, ...]) -> None:
        rules = policy.found.spec.get("rules") or ()
        near: list[list[_Near]] = [[] for _ in rules]
        for place in places:
            for number, each in enumerate(self._near(policy, place)):
                near[number].append(each)
        for number in reversed(range(len(rules))):
            if not all(self._settled((policy, number), each) for each in near[number]):
                self._parts((policy, number), rules[number], near[number])
        stays = any(() not in self.gone.get((policy, each), ()) for each in range(len(rules)))
        if not stays and (policy.action == "DENY" or self._closed_without(policy, places)):
            self.dropped.append(policy)

    def _closed_without(self, policy: Policy, places: Iterable[Place]) -> bool:
        """Tell whether other ALLOW policies apply wherever one does."""
        return all(
            any(
                each is not policy and each not in self.dropped
                for each in self._own(place, "ALLOW")
            )
            for place in places
        )

    def _own(self, place: Place, action: str) -> list[Policy]:
        """Return the policies with an action at a place that can make another one needless."""
        return [
            each
            for each in place.policies
            if each.action == action
            and each.found.namespace == self.places.namespace
            and not each.unknown
        ]

    def _near(self, policy: Policy, place: Place) -> Iterator[_Near]:
        """Yield for each rule of a policy what is near it at a place."""
        refs = self._handled(policy)
        denials = tuple(ref for each in self._own(place, "DENY") for ref in self._handled(each))
        if policy.action == "DENY":
            for ref in refs:
                yield _Near(place, tuple(each for each in denials if each != ref), ())
            return
        handles: dict[Ref, Handle] = {}
        for each in self._own(place, "ALLOW"):
            handles |= self._handled(each)
        if denials:  # What they leave of a rule may be held by something that holds less of it.
            for ref in refs:
                yield _Near(place, tuple(each for each in handles if each != ref), denials)
            return
        for found in rivals(handles, refs):
            yield _Near(place, found, ())

    def _handled(self, policy: Policy) -> dict[Ref, Handle]:
        found = self._handles.get(policy)
        if found is None:
            rules = policy.found.spec.get("rules") or ()
            found = {(policy, at): handle(each, policy.trust) for at, each in enumerate(rules)}
            self._handles[policy] = found
        return found

    def _settled(self, ref: Ref, near: _Near) -> bool:
        """Tell at a glance that no part of a rule can go."""
        if ref[0].action == "DENY" or near.rivals or near.denials:
            return False
        return tidy(self._handled(ref[0])[ref], near.place.unread)

    # --- one rule ---------------------------------------------------------------------------------

    def _parts(self, ref: Ref, rule: Body, near: list[_Near]) -> None:
        """Find the parts of a rule that can go."""
        for part in parts(rule):
            gone = self.gone.get(ref, frozenset())
            if () in gone:
                return
            if not may_go(rule, gone, part):
                continue
            rules = change(rule, gone, part)
            states = [rules]
            if gone and part.rivals is None:
                # Where it keeps something out, that has to hold beside what went before it, too.
                states.append(change(rule, frozenset(), part))
            if not any(self._needed(ref, part, each, at) for each in states for at in near):
                alone = [_Near(each.place, (), each.denials) for each in near]
                futile = part.restricts or not any(
                    self._needed(ref, part, (rules[0], None), each) for each in alone
                )
                self.found.append(Finding(*ref, part, "futile" if futile else "covered"))
                self.gone[ref] = gone | {part.keys}

    def _needed(self, ref: Ref, part: Part, rules: tuple[Body, Body | None], near: _Near) -> bool:
        """Tell whether anything at a place differs by a part of a rule."""
        policy, place = ref[0], near.place
        for reading, aside in place.views:
            if part.rivals is not None and not self._match(ref, reading).may:
                continue  # Without one of several values it matches nothing either.
            first, second = (_matched(policy, each, reading) for each in rules)
            pairs = [(first, second)]
            if part.rivals is None and rules[1] is not None:
                pairs.append((second, first))  # Without a condition it may match more.
            cut = (box(port=aside),) if aside else products.NONE
            # A condition goes only if the rule itself means the same without it.
            for each in () if part.restricts else (*near.rivals, *near.denials):
                cut = (*cut, *self._match(each, reading).must)
            for more, less in pairs:
                region = more.may
                if policy.action == "DENY":
                    region = products.both(region, place.let_in(reading))
                if place.exceeds(region, (*less.must, *cut), policy.trust):
                    return True
        return False

    def _match(self, ref: Ref, reading: Reading) -> Match:
        """Return what is matched by what stays of a rule."""
        policy, number = ref
        gone = self.gone.get(ref)
        if not gone:
            found: Match = policy.matches(reading)[number]
            return found
        if () in gone:
            return NEVER
        return _matched(policy, without(policy.found.spec["rules"][number], gone), reading)


def _matched(policy: Policy, rule: Body | None, reading: Reading) -> Match:
    if rule is None:
        return NEVER
    action: Literal["ALLOW", "DENY"] = "DENY" if policy.action == "DENY" else "ALLOW"
    return match_rule(rule, policy.found.namespace, policy.trust, reading, action)
