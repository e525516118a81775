"""Flows found by their ends: which of a program's flows may have to do with a given one.

Almost every end is one service, whose related ends are itself and the few broad peers; a search
costs about as much as there is to find, so that comparing programs is linear in practice.
"""

from collections.abc import Iterable, Iterator

from attrs import define, field

from polc.diff.sets import Rules, peers_meet
from polc.ir.nodes import Flow, Peer, Pods

_MANY = 64


@define(eq=False)
class FlowIndex:
    """The flows of one program."""

    rules: Rules
    by_ends: dict[tuple[Peer, Peer], list[Flow]] = field(factory=dict)
    by_target: dict[Peer, list[Flow]] = field(factory=dict)
    pods: dict[str, list[Pods]] = field(factory=dict)
    broad: list[Peer] = field(factory=list)
    related: dict[Peer, tuple[Peer, ...]] = field(factory=dict)

    @classmethod
    def of(cls, flows: Iterable[Flow], rules: Rules) -> "FlowIndex":
        """Index some flows."""
        index = cls(rules)
        ends: dict[Peer, None] = {}
        for flow in flows:
            index.by_ends.setdefault((flow.source, flow.target), []).append(flow)
            index.by_target.setdefault(flow.target, []).append(flow)
            ends[flow.source] = ends[flow.target] = None
        for end in ends:
            if isinstance(end, Pods):
                index.pods.setdefault(end.namespace, []).append(end)
            else:
                index.broad.append(end)
        return index

    def near(self, flow: Flow) -> Iterator[Flow]:
        """Yield every flow whose ends contain those of `flow`, or are contained in them."""
        sources, targets = self._related(flow.source), self._related(flow.target)
        if len(sources) * len(targets) <= _MANY:
            for source in sources:
                for target in targets:
                    yield from self.by_ends.get((source, target), ())
            return
        wanted = set(sources)
        for target in targets:
            for each in self.by_target.get(target, ()):
                if each.source in wanted:
                    yield each

    def _related(self, end: Peer) -> tuple[Peer, ...]:
        if end not in self.related:
            if isinstance(end, Pods):
                pods: Iterable[Pods] = self.pods.get(end.namespace, ())
            else:
                pods = (each for group in self.pods.values() for each in group)
            found = (*pods, *self.broad)
            self.related[end] = tuple(each for each in found if peers_meet(each, end, self.rules))
        return self.related[end]
