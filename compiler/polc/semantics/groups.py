"""Connections joined into few rows, and many ends into few names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from attrs import frozen

from polc.semantics.cluster import Cluster, Connection
from polc.semantics.ends import End
from polc.semantics.sets.regions import EVERY_PORT

_KINDS = ("pods", "other pods", "addresses")


@frozen(eq=False)
class Row:
    """Each of `sources` may reach each of `targets` as `words` say; `like` is one such case."""

    sources: tuple[End, ...]
    targets: tuple[End, ...]
    words: str
    like: Connection


def joined(
    connections: Iterable[Connection], words: Callable[[Connection], str]
) -> tuple[Row, ...]:
    """Join sources of the same targets and words, then targets of the same sources and words.

    Only what concerns pods that some object makes, or some policy is about, is told: not that pods
    which nobody described are open, nor who else may call addresses.
    """
    by_target: dict[tuple[object, str], tuple[list[End], Connection]] = {}
    for each in connections:
        key = (tuple(end.id for end in each.targets), words(each))
        by_target.setdefault(key, ([], each))[0].extend(each.sources)
    by_source: dict[tuple[object, str], tuple[list[End], list[End], Connection]] = {}
    for (_, text), (sources, like) in by_target.items():
        ids = tuple(sorted(end.id for end in sources))
        by_source.setdefault((ids, text), (sources, [], like))[1].extend(like.targets)
    found = [
        Row(_sorted(told), some, text, like)
        for (_, text), (sources, targets, like) in by_source.items()
        for some in _told(targets, everything=like.ports == EVERY_PORT)
        if (told := [end for end in sources if _is_pods(end) or any(map(_is_pods, some))])
    ]
    found.sort(key=lambda row: ([_key(end) for end in (*row.sources, *row.targets)], row.words))
    return tuple(found)


def _told(targets: Iterable[End], *, everything: bool) -> Iterator[tuple[End, ...]]:
    """Yield the targets that are pods of some object, then the others."""
    told = [end for end in targets if not (everything and end.name == "*")]
    for known in (True, False):
        found = _sorted(end for end in told if _is_pods(end) is known)
        if found:
            yield found


def _is_pods(end: End) -> bool:
    return end.kind == "pods" or end.is_ruled


def _sorted(ends: Iterable[End]) -> tuple[End, ...]:
    return tuple(sorted(ends, key=_key))


def _key(end: End) -> tuple[int, str]:
    return _KINDS.index(end.kind), end.id


@frozen
class Group:
    """Ends that stand together: every pod, every pod of a namespace, every address, or one."""

    id: str
    label: str
    namespace: str = ""
    end: End | None = None


EVERY_POD = Group("any", "every pod")
OTHER_PODS = Group("others", "any other pod")
EVERY_ADDRESS = Group("addresses", "every address")


@frozen(eq=False, slots=False)
class Groups:
    """How the ends of a cluster are named together."""

    cluster: Cluster

    @cached_property
    def _spaces(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for end in self._pods:
            found.setdefault(end.namespace, set()).add(end.id)
        return {name: frozenset(ids) for name, ids in found.items()}

    @cached_property
    def _every_pod(self) -> frozenset[str]:
        return frozenset(end.id for end in self._pods)

    @cached_property
    def _others(self) -> frozenset[str]:
        return frozenset(end.id for end in (*self.cluster.expected, *self.cluster.strangers))

    @property
    def _pods(self) -> Iterator[End]:
        cluster = self.cluster
        return iter((*cluster.pods, *cluster.expected, *cluster.strangers))

    @cached_property
    def _every_address(self) -> frozenset[str]:
        return frozenset(end.id for end in self.cluster.reachability.addresses)

    def of(self, ends: Iterable[End]) -> Iterator[Group]:
        """Yield the groups that make up some ends."""
        left = {end.id: end for end in ends}
        if self._every_pod <= left.keys():
            yield EVERY_POD
            left = {id_: end for id_, end in left.items() if id_ not in self._every_pod}
        for name, ids in self._spaces.items():
            if len(ids) > 2 and ids <= left.keys():
                yield Group(f"{name}/*", f"every pod of {name}", name)
                left = {id_: end for id_, end in left.items() if id_ not in ids}
        if self._others <= left.keys():
            yield OTHER_PODS
            left = {id_: end for id_, end in left.items() if id_ not in self._others}
        if self._every_address <= left.keys():
            yield EVERY_ADDRESS
            left = {id_: end for id_, end in left.items() if id_ not in self._every_address}
        for id_, end in left.items():
            yield Group(id_, name_of(end), end.namespace, end)


def name_of(end: End) -> str:
    """Return what people call an end."""
    if end.kind != "other pods" or end.name != "*":
        return end.id
    if end.id == "*/*":
        return "pods of other namespaces"
    return f"other pods of {end.namespace}"
