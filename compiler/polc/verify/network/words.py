"""Counterexamples of the network in words: which pod, which port, by which rule, and what is near.

Everything here is slow and runs only when something is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import frozen

from polc.codes.proof import DENIES_DECLARED, PERMITS_UNDECLARED
from polc.declared.network import Subject, peers_of
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Extern, Flow, Pods, Program, Workload
from polc.semantics.network.networkpolicy import Direction, Policy, Rule, region_of
from polc.semantics.network.passing import OtherEnds
from polc.semantics.network.policies import Network
from polc.semantics.network.search import Leftover
from polc.semantics.sets.labels import NAME_LABEL, Witness
from polc.semantics.sets.regions import EVERY_PORT, port_set
from polc.source import Span, nowhere


@frozen(slots=False)
class Words:
    """Says what was found about a program."""

    program: Program
    network: Network

    def not_isolated(self, namespace: str, pod: Witness, direction: Direction) -> Diagnostic:
        """Say that a pod may receive or send everything."""
        who = self._subject(pod)
        opens = "takes connections from" if direction == "ingress" else "may open connections to"
        spans = [each.span for each in self.program.namespaces if each.name == namespace]
        return Diagnostic(
            PERMITS_UNDECLARED,
            f"{who} {opens} anything on any port: no policy of namespace `{namespace}` isolates it"
            f" for {direction}; nothing in the program declares that",
            spans[0] if spans else nowhere("<objects>"),
            help="keep the policy that selects every pod of the namespace (`podSelector: {}`) and"
            " isolates both directions",
        )

    def undeclared(
        self, policy: Policy, rule: Rule, direction: Direction, found: Leftover
    ) -> Diagnostic:
        """Say what a rule permits that nothing declares: something that gets through, if any."""
        passing = self._ends.passing(found, direction)
        peer, (protocol, port) = (passing or found).region.sample(self.network.world)
        place = ("spec", direction, rule.index)
        side = "from" if direction == "ingress" else "to"
        at = rule_peer(policy, rule, direction, peer, side)
        mine, other = self._subject(found.pod), self._peer(peer)
        source, target = (other, mine) if direction == "ingress" else (mine, other)
        near = self._nearest(found.pod, direction, peer, protocol, port)
        can, but = "can reach", ""
        if passing is None:
            end = "egress of the caller" if direction == "ingress" else "ingress of the callee"
            can, but = "is let through to", f", and only the {end} still stops it"
        return Diagnostic(
            PERMITS_UNDECLARED,
            f"{source} {can} {protocol} port {port} of {target}{but}; permitted by {direction} rule"
            f" {rule.index + 1} of {policy.label} in `{policy.found.where(*place)}`; nothing in the"
            " program declares it",
            policy.found.span(*place, *at),
            labels=(Label(near, "the nearest declaration"),) if near is not None else (),
            help="take that out of the rule, or declare the flow",
            about=(target.strip("`"), protocol, port),
        )

    def denied(self, subject: Subject, direction: Direction, found: Leftover) -> Diagnostic:
        """Say what is declared and permitted by no rule."""
        peer, (protocol, port) = found.region.sample(self.network.world)
        mine, other = self._subject(found.pod), self._peer(peer)
        source, target = (other, mine) if direction == "ingress" else (mine, other)
        applying = self.network.applying(subject.namespace, found.pod.pod, direction)
        own = [each for each in applying if each.selector != ()] or list(applying)
        rules = (
            f"no {direction} rule of {' or '.join(each.label for each in own)} in"
            f" `{own[0].found.where('spec', direction)}` permits it"
            if own
            else f"nothing permits it for {direction}"
        )
        why, near = self._need(found.pod, direction, peer, protocol, port)
        return Diagnostic(
            DENIES_DECLARED,
            f"{source} can't reach {protocol} port {port} of {target}, {why}: {rules}",
            near or subject.span,
            labels=tuple(
                Label(each.found.span("spec", direction), "this policy") for each in own[:1]
            ),
            help="build again, or put the rule back",
            about=(target.strip("`"), protocol, port),
        )

    @cached_property
    def _ends(self) -> OtherEnds:
        return OtherEnds(self.network)

    # --- who ---

    def _subject(self, pod: Witness) -> str:
        """Name a pod of an owned namespace: by its service if it is one's."""
        own = self._workloads(pod)
        if own:
            return f"`{own[0].key}`"
        return _pod(pod, self.network.world.namespaces.get(pod.namespace_name, {}))

    def _workloads(self, pod: Witness) -> list[Workload]:
        """Return the workloads that a pod is one of."""
        candidates = [
            each
            for pair in pod.pod.items()
            for each in self._by_label.get((pod.namespace_name, *pair), ())
        ]
        return [each for each in candidates if dict(each.pods.labels).items() <= pod.pod.items()]

    @cached_property
    def _by_label(self) -> dict[tuple[str, str, str], list[Workload]]:
        """Workloads by namespace and the first of their labels."""
        found: dict[tuple[str, str, str], list[Workload]] = {}
        for each in self.program.workloads:
            if each.pods.labels:
                found.setdefault((each.namespace, *each.pods.labels[0]), []).append(each)
        return found

    def _peer(self, peer: Witness | str) -> str:
        if isinstance(peer, str):
            return f"address `{peer}`"
        return self._subject(peer)

    # --- what is near ---

    def _flows(self, pod: Witness, direction: Direction) -> Iterator[Flow]:
        """Yield the flows that a pod of an owned namespace takes part in, in a direction."""
        program = self.program
        groups = program.inbound if direction == "ingress" else program.outbound
        own = self._workloads(pod)
        for workload in own:
            yield from groups.get(workload.key, ())
        if own:
            return
        for flow in program.flows:
            end = flow.target if direction == "ingress" else flow.source
            if (
                isinstance(end, Pods)
                and end.namespace == pod.namespace_name
                and dict(end.labels).items() <= pod.pod.items()
            ):
                yield flow

    def _nearest(
        self, pod: Witness, direction: Direction, peer: Witness | str, protocol: str, port: int
    ) -> Span | None:
        """Return the declaration that speaks of most of this, or that of the service."""
        best: tuple[int, Span] | None = None
        for flow in self._flows(pod, direction):
            if not flow.spans:
                continue
            other = flow.source if direction == "ingress" else flow.target
            known = region_of({each: EVERY_PORT for each in peers_of(other)})
            on = flow.port
            score = 2 * known.holds(peer, "TCP", 1) + (
                on.transport.value == protocol and on.container <= port <= on.end
            )
            if best is None or score > best[0]:
                best = score, flow.spans[0]
        if best is not None:
            return best[1]
        own = self._workloads(pod)
        if own:
            return own[0].span
        spans = [n.span for n in self.program.namespaces if n.name == pod.namespace_name]
        return spans[0] if spans else None

    def _need(
        self, pod: Witness, direction: Direction, peer: Witness | str, protocol: str, port: int
    ) -> tuple[str, Span | None]:
        """Say why something has to pass, and where that is declared."""
        near = self._nearest(pod, direction, peer, protocol, port)
        for flow in self._flows(pod, direction):
            other = flow.source if direction == "ingress" else flow.target
            on = flow.port
            ports = port_set(((on.transport.value, on.container, on.end),))
            region = region_of({each: ports for each in peers_of(other)})
            if region.holds(peer, protocol, port):
                return "which is declared", near
        cluster = self.program.cluster
        for what, extern in (
            ("DNS", cluster.dns),
            ("the mesh", cluster.istiod),
            ("Knative", cluster.knative_activator),
            ("Knative", cluster.knative_autoscaler),
            ("Knative", cluster.knative_gateway),
        ):
            if _is(extern, peer) or _is(extern, pod):
                return f"which {what} needs", near
        if isinstance(peer, str):
            probe = direction == "ingress"
            return f"which {'a probe' if probe else 'the Kubernetes API'} needs", near
        return "which the mesh needs", near


def _is(extern: Extern, peer: Witness | str) -> bool:
    parts = {each: EVERY_PORT for each in peers_of(extern.pods)}
    return isinstance(peer, Witness) and region_of(parts).holds(peer, "TCP", 1)


def _pod(pod: Witness, known: Mapping[str, str]) -> str:
    """Describe a pod by its labels and its namespace, whose known labels need no words."""
    labels = _labels(pod.pod)
    extra = {
        key: value
        for key, value in pod.namespace.items()
        if key != NAME_LABEL and known.get(key) != value
    }
    space = f"namespace `{pod.namespace_name}`" + (f" (with {_labels(extra)})" if extra else "")
    return f"pod {labels} of {space}" if labels else f"a pod without labels of {space}"


def _labels(labels: Mapping[str, str]) -> str:
    return ", ".join(f"`{key}: {value}`" for key, value in sorted(labels.items()))


def rule_peer(
    policy: Policy, rule: Rule, direction: Direction, peer: Witness | str, side: str
) -> tuple[str | int, ...]:
    """Return the way to the peer of a rule that means a pod or an address, or to the rule."""
    listed = policy.found.spec.get(direction)
    entry = listed[rule.index] if isinstance(listed, list) else None
    if not isinstance(entry, Mapping) or not entry.get(side):
        return ()
    if len(entry[side]) != len(rule.peers):
        return ()
    for at, each in enumerate(rule.peers):
        if region_of({each: EVERY_PORT}).holds(peer, "TCP", 1):
            return side, at
    return ()
