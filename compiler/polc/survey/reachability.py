"""Who may reach whom and who may do what, in lines: ends that are alike stand in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from polc.semantics.cluster import Cluster, Connection
from polc.semantics.ends import End
from polc.semantics.mesh.ways import OWN_PORTS
from polc.semantics.rbac.bindings import Entry
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.regions import PROTOCOLS

_SHOWN = 8
"""So many names stand in a line; of more the rest is counted."""
_ALL = IntSet(((1, 65535),))


def survey_text(cluster: Cluster) -> str:
    """Return who may reach whom, and who has which privileges."""
    lines = list(reachability_text(cluster)) if cluster.pods else []
    rbac = cluster.rbac
    held = [(account, rbac.granted(*account)[0]) for account in rbac.accounts()]
    rows = [
        f"  {namespace}/{name}: {', '.join(sorted({_role(each) for each in entries}))}"
        for (namespace, name), entries in held
        if entries
    ]
    if rows:
        lines += ["who has privileges on the Kubernetes API:", *rows]
    return "".join(f"{line}\n" for line in lines)


def _role(entry: Entry) -> str:
    wide = entry.binding.kind == "ClusterRoleBinding"
    scope = "cluster-wide" if wide else entry.binding.namespace
    name = entry.role.name if entry.role is not None else "cluster-admin"
    return f"{name} ({scope})"


def reachability_text(cluster: Cluster) -> Iterator[str]:
    """Yield who may reach whom, what comes in, and what all of it depends on."""
    names = _Names(cluster)
    lines = [
        f"  {callers} -> {names.of(targets)}: {ports}{doubt}"
        for sources, targets, ports, doubt in _joined(cluster.connections)
        if (callers := names.of(sources, but=targets[0] if len(targets) == 1 else None))
    ]
    yield "who may reach whom:"
    yield from lines or ("  nobody",)
    ways = sorted(_ways_in(cluster))
    if ways:
        yield "what comes in from outside, as far as networks let it:"
        yield from (f"  {each}" for each in ways)
    if cluster.gaps:
        yield f"(?) depends on what was not read: {len(cluster.gaps)} named above"


def _joined(
    connections: Iterable[Connection],
) -> list[tuple[tuple[End, ...], tuple[End, ...], str, str]]:
    """Join sources of the same targets and ports, then targets of the same sources and ports."""
    by_target: dict[tuple[object, str, str], tuple[list[End], tuple[End, ...]]] = {}
    for each in connections:
        key = (tuple(end.id for end in each.targets), ports_words(each), _doubt(each))
        by_target.setdefault(key, ([], each.targets))[0].extend(each.sources)
    by_source: dict[tuple[object, str, str], tuple[list[End], list[End]]] = {}
    for (_, ports, doubt), (sources, targets) in by_target.items():
        ids = tuple(sorted(end.id for end in sources))
        by_source.setdefault((ids, ports, doubt), (sources, []))[1].extend(targets)
    found = [
        (_sorted(sources), _sorted(targets), ports, doubt)
        for (_, ports, doubt), (sources, targets) in by_source.items()
    ]
    return sorted(found, key=lambda each: ([_key(end) for end in (*each[0], *each[1])], each[2]))


def _doubt(connection: Connection) -> str:
    return " (?)" if connection.gaps else ""


def _sorted(ends: Iterable[End]) -> tuple[End, ...]:
    return tuple(sorted(ends, key=_key))


def _key(end: End) -> tuple[int, str]:
    return ("pods", "other pods", "addresses").index(end.kind), end.id


def ports_words(connection: Connection) -> str:
    """Return the ports of a connection, and on which of them some requests pass only.

    The proxies' own ports are no news: `TCP` alone stands for all others as well.
    """
    tcp = tcp_words(connection)
    others = [(name, connection.ports.of_protocol(name)) for name in PROTOCOLS[1:]]
    if tcp == "TCP" and all(numbers == _ALL for _, numbers in others):
        return "every port"
    more = [f"{name}{_numbers(numbers)}" for name, numbers in others if numbers]
    return ", ".join(filter(None, (tcp, *more)))


def tcp_words(connection: Connection) -> str:
    """Return the TCP ports of a connection."""
    tcp, some, maybe = (
        connection.ports.of_protocol("TCP"), connection.partly, connection.perhaps
    )  # fmt: skip
    parts = ((tcp - some - maybe, ""), (some, " (some requests)"), (maybe, " (perhaps)"))
    return ", ".join(f"TCP{_numbers(ports)}{words}" for ports, words in parts if ports)


def _numbers(ports: IntSet) -> str:
    return "" if not _ALL - OWN_PORTS - ports else f" {ports}"


class _Names:
    """The names of many ends, shorter where they are all there are."""

    def __init__(self, cluster: Cluster) -> None:
        self.pods = {end.id for end in cluster.pods}
        self.strangers = {end.id for end in cluster.strangers}
        self.addresses = {end.id for end in cluster.reachability.addresses}

    def of(self, ends: tuple[End, ...], but: End | None = None) -> str:
        """Return the names of some ends; that its replicas reach an end is no news (`but`)."""
        if but is not None:
            ends = tuple(end for end in ends if end is not but)
        ids = {end.id for end in (*ends, *([but] if but is not None and ends else ()))}
        if ids >= self.pods | self.strangers | self.addresses:
            return "everybody"
        found: list[str] = []
        if self.strangers <= ids and self.pods <= ids:
            found.append("every pod")
            ids -= self.pods | self.strangers
        elif len(self.pods) > 3 and self.pods <= ids:
            found.append("every pod listed here")
            ids -= self.pods
        if self.addresses <= ids:
            found.append("every address")
            ids -= self.addresses
        rest = [_name(end) for end in ends if end.id in ids]
        shown = rest if len(rest) <= _SHOWN else [*rest[: _SHOWN - 1], f"{len(rest) - 7} more"]
        return ", ".join((*found, *shown))


def _name(end: End) -> str:
    if end.kind != "other pods" or end.name != "*":
        return end.id
    if end.id == "*/*":
        return "pods of other namespaces"
    return f"other pods of {end.namespace}"


def _ways_in(cluster: Cluster) -> Iterator[str]:
    for way in cluster.entrances:
        by = {"ingress": "by ingress", "outside": "by its Service"}.get(way.by, f"by {way.by}")
        pods = cluster.behind(way)
        port = "" if way.port is None else f":{way.port}"
        to = f"{way.namespace}/{way.service}{port}"
        ends = ", ".join(f"{end.id} {numbers}" for end, numbers in pods)
        yield f"{way.host} {by} -> {to}" + (f" = {ends}" if ends else " (no pods listed here)")
