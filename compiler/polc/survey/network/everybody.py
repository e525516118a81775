"""Rules for whoever there is, in every spelling.

All rules of a direction count together: two blocks that are halves of all addresses are all of
them. What is opened on every port to those who come in is a warning. Certain ports for everybody,
all pods of the cluster, and pods that may connect to all, are what many mean: told as a note, once
for all policies of a namespace that do the same.
"""

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from polc.codes.proof import FOR_EVERYBODY
from polc.diagnostics import Diagnostic, Label, Severity
from polc.prose import prose
from polc.semantics.network.networkpolicy import (
    DIRECTIONS,
    Direction,
    Peer,
    Policy,
    Rule,
    region_of,
)
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets.intervals import EVERY_ADDRESS, AddressSet, IntSet
from polc.semantics.sets.labels import EVERY_POD, LabelBox, World
from polc.semantics.sets.regions import EVERY_PORT, PROTOCOLS, PortSet, Region
from polc.survey.mistakes import counted_rest, title
from polc.terms import Block

_REAL = PortSet.of((name, IntSet(((1, 65535),))) for name in PROTOCOLS)
_NAMES = PortSet.of((name, IntSet(((53, 53), (5353, 5353)))) for name in ("TCP", "UDP"))
"""Ports on which pods ask for names; who is asked there is mostly left open."""
_V4, _V6 = AddressSet(v4=EVERY_ADDRESS.v4), AddressSet(v6=EVERY_ADDRESS.v6)


@frozen
class _Open:
    """Whom a policy is open to in a direction, on which ports; the rule that says so."""

    policy: Policy
    direction: Direction
    whom: str
    ports: PortSet
    rule: int

    @property
    def every_port(self) -> bool:
        return self.ports >= _REAL

    @property
    def severity(self) -> Severity:
        wide = self.direction == "ingress" and self.every_port and self.whom != _PODS
        return Severity.WARNING if wide else Severity.NOTE


_MOST_NAMES = 4
_WIDEST = 8
_EVERYBODY, _ADDRESSES, _PODS = "everybody", "every address", "every pod of the cluster"


def for_everybody(policies: Iterable[Policy]) -> Iterator[Diagnostic]:
    """Report what policies open to everybody, every address, or every pod of the cluster."""
    told: dict[object, list[_Open]] = {}
    for policy in policies:
        for direction in DIRECTIONS:
            for each in _opened(policy, direction):
                alone = each.severity is Severity.WARNING
                key = (id(policy), direction) if alone else (policy.namespace, direction)
                told.setdefault((*key, each.whom, each.severity), []).append(each)
    for group in told.values():
        yield _finding(group)


def _opened(policy: Policy, direction: Direction) -> Iterator[_Open]:
    rules = [each for each in policy.rules(direction) or () if not _empty(policy, direction, each)]
    if not any(_is_wide(peer) for rule in rules for peer in rule.peers):
        return
    region = region_of([(peer, rule.ports) for rule in rules for peer in rule.peers])
    pods = _ports(Region(((EVERY_POD, EVERY_PORT),)), Region(region.pods))
    four = _ports(Region((), ((_V4, EVERY_PORT),)), Region((), region.addresses))
    six = _ports(Region((), ((_V6, EVERY_PORT),)), Region((), region.addresses))
    all_of_them = pods & (four | six)
    addresses = (four | six) - all_of_them
    for whom, ports in (
        (_EVERYBODY, all_of_them),
        (_ADDRESSES, addresses),
        (_PODS, pods - all_of_them),
    ):
        if ports - _NAMES if direction == "egress" else ports:
            if whom == _ADDRESSES and not (four and six):
                whom = "every IPv4 address" if four else "every IPv6 address"
            yield _Open(policy, direction, whom, ports, _first(rules, ports))


def _is_wide(peer: Peer) -> bool:
    """Tell whether peers of its kind can be everybody: few are, and the rest is soon told apart."""
    if isinstance(peer, Block):
        return int(peer.cidr.rpartition("/")[2]) <= _WIDEST
    return isinstance(peer, LabelBox)


def _empty(policy: Policy, direction: Direction, rule: Rule) -> bool:
    """Tell whether a rule has a list of peers that is empty, which is told by itself."""
    body = mapping(items(policy.found.spec.get(direction))[rule.index])
    side = "from" if direction == "ingress" else "to"
    return side in body and not items(body[side])


def _ports(everything: Region, given: Region) -> PortSet:
    """Return the ports on which all of something is given."""
    left = everything.minus(given, World())
    missing = PortSet()
    for _, ports in (*left.pods, *left.addresses):
        missing |= ports
    return _REAL - missing


def _first(rules: Sequence[Rule], ports: PortSet) -> int:
    """Return the place of the first rule that has to do with it."""
    wide = (each for each in rules if each.ports & ports)
    return next(wide, rules[0]).index


def _finding(group: list[_Open]) -> Diagnostic:
    first = group[0]
    plural = len({id(each.policy) for each in group}) > 1
    ingress = first.direction == "ingress"
    who = _policies(list({id(each.policy): each.policy for each in group}.values()))
    verb = (
        ("admit" if plural else "admits")
        if ingress
        else ("let their pods connect to" if plural else "lets its pods connect to")
    )
    ports = prose(dict.fromkeys(_port_words(each) for each in group)) if not plural else ""
    message = f"{who} {verb} {first.whom}{f' on {ports}' if ports else ''}"
    places = [each.policy.found.span("spec", each.direction, each.rule) for each in group]
    labels = [
        Label(place, f"on {_port_words(each)}")
        for place, each in zip(places, group, strict=True)
        if plural
    ]
    return Diagnostic(
        FOR_EVERYBODY,
        message,
        places[0],
        tuple(labels),
        help=_help(first),
        severity=first.severity,
    )


def _policies(policies: Sequence[Policy]) -> str:
    """Name one policy, or some of one namespace."""
    if len(policies) == 1:
        return title(policies[0].found)
    some = prose(counted_rest((f"`{each.found.name}`" for each in policies), _MOST_NAMES))
    return f"{len(policies)} NetworkPolicies of the namespace `{policies[0].namespace}` ({some})"


def _port_words(each: _Open) -> str:
    return "every port" if each.every_port else str(each.ports)


def _help(first: _Open) -> str:
    if first.severity is Severity.WARNING:
        side = "`from`, or ports"
        return f"name who is meant in {side}: as it is, the policy keeps nobody out"
    if first.direction == "egress":
        return "fine if they may call everything; otherwise name whom they call in `to`"
    if first.whom == _PODS:
        return "fine if all of the cluster may call; otherwise name the namespaces that are meant"
    return "fine if these ports are public; otherwise name who is meant in `from`"
