"""Which rules, peers and ports of policies can be left out without a difference to any pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from attrs import frozen

from polc.codes.proof import REMOVABLE_RULE
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Block
from polc.semantics.network.networkpolicy import Direction, Peer, Policy, Rule, region_of
from polc.semantics.network.search import Cut, Cuts, find_leftover
from polc.semantics.sets.intervals import AddressSet, block_set
from polc.semantics.sets.labels import LabelBox, World
from polc.semantics.sets.regions import RawPort, Region, port_set


@frozen
class _Atom:
    """One peer with one port of one rule."""

    policy: Policy
    rule: Rule
    peer: Peer
    port: RawPort

    @property
    def region(self) -> Region:
        return region_of([(self.peer, port_set((self.port,)))])


def removable_rules(
    policies: Sequence[Policy], direction: Direction, world: World
) -> Iterator[Diagnostic]:
    """Yield what can be left out of one direction: all of it at once, so of equals one stays."""
    shared = _share_pods(policies, direction)
    kept: dict[int, list[_Atom]] = {}
    for policy in reversed(policies):
        rules = policy.rules(direction)
        if rules and (shared or _may_overlap(rules)):
            yield from _removable(policy, policies, direction, kept, world)


def _removable(
    policy: Policy,
    policies: Sequence[Policy],
    direction: Direction,
    kept: dict[int, list[_Atom]],
    world: World,
) -> Iterator[Diagnostic]:
    """Yield what of one policy can be left out; `kept` is what stays of those looked at before."""
    others = [
        Cut(each.pods, _joined(_left(each, direction, kept)))
        for each in policies
        if each is not policy and each.rules(direction) and each.pods.meets(policy.pods)
    ]
    own = kept[id(policy)] = _atoms(policy, direction)
    dropped: list[_Atom] = []
    for atom in reversed(tuple(own)):
        rest = [each for each in own if each is not atom]
        cuts = Cuts([Cut(policy.pods, _joined(rest)), *others])
        if find_leftover(policy.pods, atom.region, cuts, world) is None:
            own = kept[id(policy)] = rest
            dropped.append(atom)
    for rule in {atom.rule.index: atom.rule for atom in dropped}.values():
        yield _told(policy, rule, direction, own, dropped)


def _atoms(policy: Policy, direction: Direction) -> list[_Atom]:
    return [
        _Atom(policy, rule, peer, port)
        for rule in policy.rules(direction) or ()
        for peer in rule.peers
        for port in rule.raw
    ]


def _left(policy: Policy, direction: Direction, kept: dict[int, list[_Atom]]) -> list[_Atom]:
    known = kept.get(id(policy))
    return _atoms(policy, direction) if known is None else known


def _joined(atoms: Sequence[_Atom]) -> Region:
    found = Region()
    for atom in atoms:
        found |= atom.region
    return found


def _told(
    policy: Policy, rule: Rule, direction: Direction, kept: list[_Atom], dropped: list[_Atom]
) -> Diagnostic:
    place = ("spec", direction, rule.index)
    where = policy.found.where(*place)
    whole = not any(atom.rule is rule for atom in kept)
    ports = [atom.port for atom in dropped if atom.rule is rule]
    shown = " and ".join(dict.fromkeys(str(port_set((port,))) for port in ports))
    what = "can be left out" if whole else f"permits {shown} needlessly to some of its peers"
    return Diagnostic(
        REMOVABLE_RULE,
        f"{direction} rule {rule.index + 1} of {policy.label} in `{where}` {what}: other rules"
        " permit all of that",
        policy.found.span(*place),
        help="remove it, so that what stands there is what holds",
    )


# --- quick looks: nearly always nothing can cover anything ----------------------------------------


def _share_pods(policies: Sequence[Policy], direction: Direction) -> bool:
    """Tell whether policies with rules may select all pods of another one."""
    seen: set[object] = set()
    sizes: set[int] = set()
    for policy in policies:
        if not policy.rules(direction):
            continue
        if isinstance(policy.selector, LabelBox) or policy.selector in seen:
            return True
        seen.add(policy.selector)
        sizes.add(len(policy.selector))
    return len(sizes) > 1 or (0 in sizes and len(seen) > 1)


def _may_overlap(rules: Sequence[Rule]) -> bool:
    """Tell whether a rule may cover a part of another one.

    Pods of one namespace with as many labels as other pods, but not the same, never hold them.
    """
    seen: dict[Peer, Rule] = {}
    sizes: dict[str, int] = {}
    addresses, others = AddressSet(), 0
    for rule in rules:
        if len(rule.raw) > 1 and not _apart(rule.raw):
            return True
        for peer in rule.peers:
            before = seen.get(peer)
            if before is not None and (before is rule or before.ports & rule.ports):
                return True
            seen[peer] = rule
            if isinstance(peer, tuple):
                namespace, labels = peer
                if sizes.setdefault(namespace, len(labels)) != len(labels):
                    return True
            elif isinstance(peer, Block):
                block = block_set(peer.cidr, peer.excepts)
                if addresses & block:
                    return True
                addresses |= block
            else:
                others += 1
    return others > 1 or (others == 1 and bool(sizes))


@lru_cache(maxsize=4096)
def _apart(raw: tuple[RawPort, ...]) -> bool:
    """Tell whether the ports of a rule are plain and differ."""
    return len(set(raw)) == len(raw) and all(low == high for _, low, high in raw)
