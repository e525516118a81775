"""Compare NetworkPolicies with a program: each pod of each owned namespace, both directions.

Both sides are functions from a pod's labels to what it may exchange: policies that select it on the
one, declarations that mean it on the other, each joined by union. They are equal for every pod if
they are equal selector by selector, which a look at the sets tells (`_same`), and that is how it is
in what polc wrote. Where they are not, it is decided exactly (`polc.semantics.network.search`):

- **sound**: each rule permits, for every pod that its policy selects, only what is declared of it;
  and every pod is isolated in both directions, also one that the program has never heard of.
- **complete**: what is declared of any pod is permitted to it, also at an end that the program does
  not own, as far as there are policies for that among the objects.
- **minimal**: no rule, peer or port is covered by the others of the same pods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from attrs import define, field

from polc.declared.network import Declared, Side, Subject, declared, peers_of
from polc.diagnostics import Diagnostic
from polc.gaps import gap_finding
from polc.ir.nodes import Labels, Pods, Program
from polc.ir.nodes import Peer as ProgramPeer
from polc.semantics.network.networkpolicy import (
    DIRECTIONS,
    Direction,
    Peer,
    Policy,
    Rule,
    region_of,
)
from polc.semantics.network.policies import Network, read_network
from polc.semantics.network.search import Cut, Cuts, find_leftover
from polc.semantics.objects.model import Manifests
from polc.semantics.sets.labels import EVERY_POD, LabelBox, pods_of
from polc.semantics.sets.regions import EVERYTHING, port_set
from polc.semantics.workloads.makers import networks
from polc.verify.network.redundant import removable_rules
from polc.verify.network.words import Words
from polc.verify.verdict import Verdict

Selector = Labels | LabelBox


def compare(
    manifests: Manifests, program: Program, speak: Callable[[Program, Network], Words] = Words
) -> Verdict:
    """Decide whether the policies among the objects are what the program declares."""
    network, unread = read_network(manifests)
    owned = {each.name for each in program.namespaces}
    gaps = (*unread, *(each for each in networks(manifests) if each.namespace in owned))
    wanted = declared(program)
    words = speak(program, network)
    violations: list[Diagnostic] = []
    for namespace in wanted.by_namespace:
        violations += _Namespace(namespace, network, wanted, words).judge()
    violations += _foreign_ends(program, network, wanted, words)
    violations += _foreign_needs(program, network, wanted, words)
    counts = (("flows", len(program.flows)), ("network rules", network.rule_count))
    return Verdict(tuple(violations), tuple(map(gap_finding, gaps)), counts)


@define
class _Namespace:
    """One owned namespace; `permits` joins the rules of all policies with one selector."""

    name: str
    network: Network
    wanted: Declared
    words: Words
    policies: tuple[Policy, ...] = ()
    subjects: dict[Labels, Subject] = field(factory=dict)
    by_selector: dict[Selector, list[Policy]] = field(factory=dict)
    declarations: dict[Direction, Cuts] = field(factory=dict)
    permissions: dict[Direction, Cuts] = field(factory=dict)

    def judge(self) -> Iterator[Diagnostic]:
        """Yield what is wrong."""
        self.policies = self.network.policies(self.name)
        self.subjects = self.wanted.by_namespace[self.name]
        for policy in self.policies:
            self.by_selector.setdefault(policy.selector, []).append(policy)
        clear = self.name not in self.network.unclear
        for direction in DIRECTIONS:
            if clear:
                yield from self._isolation(direction)
            for selector in self._differing(direction):
                yield from self._sound(selector, direction)
                if clear and isinstance(selector, tuple) and selector in self.subjects:
                    yield from self._complete(self.subjects[selector], direction)
            yield from removable_rules(self.policies, direction, self.network.world)

    def _declarations(self, direction: Direction) -> Cuts:
        """Return what is declared of which pods."""
        if direction not in self.declarations:
            self.declarations[direction] = Cuts(
                Cut(pods_of(self.name, each.labels), region_of(each.side(direction)))
                for each in self.subjects.values()
                if each.side(direction)
            )
        return self.declarations[direction]

    def _permissions(self, direction: Direction) -> Cuts:
        """Return what is permitted to which pods."""
        if direction not in self.permissions:
            self.permissions[direction] = _permissions(self.policies, direction)
        return self.permissions[direction]

    # --- the quick look ---

    def _differing(self, direction: Direction) -> Iterator[Selector]:
        """Yield the selectors for which the two sides are not one and the same."""
        for selector, policies in self.by_selector.items():
            subject = self.subjects.get(selector) if isinstance(selector, tuple) else None
            if not _same(policies, subject, direction):
                yield selector
        for labels, subject in self.subjects.items():
            if labels not in self.by_selector and subject.side(direction):
                yield labels

    # --- isolation ---

    def _isolation(self, direction: Direction) -> Iterator[Diagnostic]:
        """Yield a pod that no policy isolates in a direction."""
        isolating = [each for each in self.policies if each.rules(direction) is not None]
        if any(each.selector == () for each in isolating):
            return
        cuts = Cuts(Cut(each.pods, EVERYTHING) for each in isolating)
        open_pod = find_leftover(pods_of(self.name), EVERYTHING, cuts, self.network.world)
        if open_pod is not None:
            yield self.words.not_isolated(self.name, open_pod.pod, direction)

    # --- soundness ---

    def _sound(self, selector: Selector, direction: Direction) -> Iterator[Diagnostic]:
        """Yield, for each rule that permits too much, one thing that it does."""
        subject = self.subjects.get(selector) if isinstance(selector, tuple) else None
        side = subject.side(direction) if subject is not None else {}
        for policy in self.by_selector.get(selector, ()):
            for rule in policy.rules(direction) or ():
                peers = [peer for peer in rule.peers if not _within(peer, rule, side)]
                if not peers:
                    continue
                cuts = self._declarations(direction)
                left = region_of([(peer, rule.ports) for peer in peers])
                found = find_leftover(policy.pods, left, cuts, self.network.world)
                if found is not None:
                    yield self.words.undeclared(policy, rule, direction, found)

    # --- completeness ---

    def _complete(self, subject: Subject, direction: Direction) -> Iterator[Diagnostic]:
        """Yield one thing that is declared of a subject and that some pod of it is denied."""
        pods = pods_of(self.name, subject.labels)
        for peer, ports in subject.side(direction).items():
            cuts = self._permissions(direction)
            needed = region_of({peer: ports})
            found = find_leftover(pods, needed, cuts, self.network.world, needs_cut=True)
            if found is not None:
                yield self.words.denied(subject, direction, found)


def _same(policies: list[Policy], subject: Subject | None, direction: Direction) -> bool:
    """Tell at a glance whether policies with one selector permit what is declared of it."""
    side: Side = {}
    for policy in policies:
        for rule in policy.rules(direction) or ():
            ports = port_set(rule.raw)
            for peer in rule.peers:
                before = side.get(peer)
                side[peer] = ports if before is None else before | ports
    wanted = subject.side(direction) if subject is not None else {}
    return side == wanted or _without_covered(side) == _without_covered(wanted)


def _without_covered(side: Side) -> Side:
    """Leave out pods that every pod, or all of their namespace, has among it on the same ports."""
    kept: Side = {}
    for peer, ports in side.items():
        wider: list[Peer] = []
        if isinstance(peer, tuple):
            wider = [EVERY_POD, (peer[0], ())] if peer[1] else [EVERY_POD]
        if not (ports and any(each in side and ports <= side[each] for each in wider)):
            kept[peer] = ports
    return kept


def _within(peer: Peer, rule: Rule, side: Side) -> bool:
    declared_ports = side.get(peer)
    return declared_ports is not None and rule.ports <= declared_ports


def _permissions(policies: Iterable[Policy], direction: Direction) -> Cuts:
    cuts = []
    for each in policies:
        rules = each.rules(direction)
        if rules is not None:
            parts = [(peer, rule.ports) for rule in rules for peer in rule.peers]
            cuts.append(Cut(each.pods, region_of(parts)))
    return Cuts(cuts)


def _foreign_ends(
    program: Program, network: Network, wanted: Declared, words: Words
) -> Iterator[Diagnostic]:
    """Yield declared flows that a policy at an end outside the owned namespaces denies."""
    foreign = set(network.by_namespace) - set(wanted.by_namespace) - network.unclear
    if not foreign:
        return
    for flow in program.flows:
        port = port_set(((flow.port.transport.value, flow.port.container, flow.port.end),))
        if isinstance(flow.target, Pods) and flow.target.knative:
            continue
        pairs: tuple[tuple[ProgramPeer, ProgramPeer, Direction], ...] = (
            (flow.source, flow.target, "egress"),
            (flow.target, flow.source, "ingress"),
        )
        for end, other, direction in pairs:
            if not isinstance(end, Pods) or end.namespace not in foreign:
                continue
            subject = Subject(end.key, end.namespace, end.labels, flow.spans[0])
            needed = region_of([(peer, port) for peer in peers_of(other)])
            cuts = _permissions(network.policies(end.namespace), direction)
            pods = pods_of(end.namespace, end.labels)
            found = find_leftover(pods, needed, cuts, network.world, needs_cut=True)
            if found is not None:
                yield words.denied(subject, direction, found)


def _foreign_needs(
    program: Program, network: Network, wanted: Declared, words: Words
) -> Iterator[Diagnostic]:
    """Yield, once for each, what serves everybody (DNS, istiod) and does not let a caller in."""
    for served in (program.cluster.dns.pods, program.cluster.istiod.pods):
        if served.namespace in wanted.by_namespace or served.namespace in network.unclear:
            continue
        policies = network.policies(served.namespace)
        if not policies:
            continue
        cuts, pods = _permissions(policies, "ingress"), pods_of(served.namespace, served.labels)
        keys = peers_of(served)
        for subject in (each for group in wanted.by_namespace.values() for each in group.values()):
            caller = (subject.namespace, subject.labels)
            parts = [ports for key, ports in subject.egress.items() if key in keys]
            region = region_of([(caller, ports) for ports in parts])
            found = find_leftover(pods, region, cuts, network.world, needs_cut=True)
            if parts and found is not None:
                end = Subject(served.key, served.namespace, served.labels, subject.span)
                yield words.denied(end, "ingress", found)
                break
