"""Policies of two sides at one proxy to the requests that only one of them admits, by rule.

Rules that stand on both sides word for word cancel each other before anything is computed: what of
them can't be told from here (a token, a provider) is then the same on both sides, and changes
nothing. Of the others, whatever they may admit counts as new, unless it was admitted for sure.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from polc.diff.objects.protocols import Readings
from polc.semantics.mesh.authorization import Policy
from polc.semantics.mesh.fields import PORTS, full
from polc.semantics.mesh.peer_authentication import Mtls
from polc.semantics.mesh.rules import Match, Reading
from polc.semantics.objects.model import Found
from polc.semantics.sets import products
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import Region, box


@frozen(eq=False)
class Way:
    """One proxy on the way to some pods: its policies, and who reads what arrives on which port."""

    policies: tuple[Policy, ...]
    readings: Readings
    mtls: Mtls
    ambient: bool = False


@frozen(eq=False)
class Ruling:
    """One rule of a policy, and what of the requests it matches."""

    policy: Policy
    number: int
    match: Match
    key: tuple[object, ...] = field(repr=False)

    @property
    def found(self) -> Found:
        """The policy's object."""
        return self.policy.found

    @property
    def body(self) -> Mapping[str, Any]:
        """The rule itself."""
        rule: Mapping[str, Any] = self.found.spec["rules"][self.number]
        return rule


@frozen(eq=False)
class Gain:
    """Requests that are new, by the rule that admits them or (`dropped`) no longer refuses them.

    Without a rule: no ALLOW policy applies, so that everything is admitted; on the other side
    `closed_by` did. `reread`: the two sides do not read the port in the same way, as HTTP or not.
    """

    region: Region
    reading: Reading
    ruling: Ruling | None = None
    dropped: bool = False
    reread: bool = False
    closed_by: Found | None = None


@frozen(eq=False)
class _Rules:
    """The rules of one proxy, by what they do.

    `closed`: some ALLOW policy applies, so that only what a rule admits is admitted; `by` is one.
    """

    allow: tuple[Ruling, ...]
    deny: tuple[Ruling, ...]
    closed: bool
    by: Found | None = None

    @property
    def allowed(self) -> tuple[Region, Region]:
        """What ALLOW rules admit, for sure and perhaps."""
        if not self.closed:
            return products.ALL, products.ALL
        must = tuple(each for rule in self.allow for each in rule.match.must)
        return must, tuple(each for rule in self.allow for each in rule.match.may)

    @property
    def admitted(self) -> Region:
        """What is admitted for sure."""
        return products.subtract(self.allowed[0], _may(self.deny), full)


def gains(mine: Way, theirs: Way | None) -> Iterator[Gain]:
    """Yield what the policies of `mine` admit and those of `theirs` do not; modes of TLS aside.

    None: there is no such way on the other side, so that nothing is admitted by it. A port that
    both sides read in several ways is compared way by way: who sends decides how it is read, and is
    read the same on both.
    """
    if theirs and mine.readings == theirs.readings and _specs(mine) == _specs(theirs):
        return
    others = dict(theirs.readings if theirs else mine.readings)
    for reading, ports in mine.readings:
        for other, other_ports in others.items():
            here = ports & other_ports
            if other != reading and reading in others:
                here -= others[reading]
            if here:
                one = rules_of(mine, reading)
                two = rules_of(theirs, other) if theirs else _Rules((), (), closed=True)
                where = () if here == PORTS else (box(port=here),)
                yield from _gains(one, two, reading, where, alike=other == reading)


def _specs(way: Way) -> list[tuple[str, object]]:
    return [(each.found.namespace, each.found.spec) for each in way.policies]


def rules_of(way: Way, reading: Reading) -> _Rules:
    """Return the rules of a proxy as it reads one kind of traffic."""
    allow: list[Ruling] = []
    deny: list[Ruling] = []
    for policy in way.policies:
        if policy.action == "AUDIT" or (reading == "ztunnel" and policy.action == "CUSTOM"):
            continue
        for number, match in enumerate(policy.matches(reading)):
            if policy.action == "CUSTOM":  # A provider is asked: it may refuse, or not.
                match = Match(products.NONE, match.may, match.reasons)
            ruling = Ruling(policy, number, match, _key(policy, number))
            (allow if policy.action == "ALLOW" else deny).append(ruling)
    by = next((each.found for each in way.policies if each.action == "ALLOW"), None)
    return _Rules(tuple(allow), tuple(deny), by is not None, by)


def admits(way: Way, *, sure: bool) -> Region:
    """Return what the policies of a proxy admit on all ports, for sure or perhaps."""
    found: Region = ()
    before: list[tuple[Region, IntSet]] = []
    for reading, ports in way.readings:
        rules = rules_of(way, reading)
        here = rules.admitted if sure else products.subtract(rules.allowed[1], _must(rules), full)
        alone = ports
        for other, other_ports in before if sure else ():
            # A port that is read in two ways admits for sure what both readings of it admit.
            if shared := ports & other_ports:
                there = (box(port=shared),)
                found = products.subtract(found, there, full)
                found += products.both(products.both(here, other), there)
                alone -= shared
        found += products.both(here, (box(port=alone),)) if alone else ()
        before.append((here, ports))
    return found


def _gains(
    mine: _Rules, theirs: _Rules, reading: Reading, where: Region, *, alike: bool
) -> Iterator[Gain]:
    before = {rule.key for rule in (*theirs.allow, *theirs.deny)} if alike else set()
    after = {rule.key for rule in (*mine.allow, *mine.deny)} if alike else set()
    held, refused = theirs.allowed[0], _must(mine)
    if not mine.closed and (theirs.closed or not alike):
        left = _left(products.ALL, where, (*held, *refused))
        if left:
            yield Gain(left, reading, reread=not alike, closed_by=theirs.by)
    for rule in mine.allow:
        if rule.key not in before:
            left = _left(rule.match.may, where, (*held, *refused))
            if left:
                yield Gain(left, reading, rule, reread=not alike)
    for rule in theirs.deny:
        if rule.key not in after:
            met = products.both(rule.match.may, mine.allowed[1])
            left = _left(met, where, refused)
            if left:
                yield Gain(left, reading, rule, dropped=True, reread=not alike)


def _left(region: Region, where: Region, cut: Region) -> Region:
    here = products.both(region, where) if where else region
    return products.subtract(here, cut, full)


def _must(rules: _Rules) -> Region:
    """Return what is refused for sure."""
    return tuple(each for rule in rules.deny for each in rule.match.must)


def _may(rules: tuple[Ruling, ...]) -> Region:
    return tuple(each for rule in rules for each in rule.match.may)


def _key(policy: Policy, number: int) -> tuple[object, ...]:
    """Return what a rule says: two with equal keys mean the same at one proxy."""
    spec = policy.found.spec
    rule = json.dumps(spec["rules"][number], sort_keys=True, default=str)
    provider = json.dumps(spec.get("provider"), default=str)
    return policy.action, policy.found.namespace, rule, provider, policy.unknown
