"""Who may reach whom and who may do what, in lines: ends that are alike stand in one."""

from __future__ import annotations

from collections.abc import Iterator

from polc.semantics.cluster import Cluster, Connection
from polc.semantics.ends import End
from polc.semantics.groups import EVERY_ADDRESS, EVERY_POD, Groups, joined
from polc.semantics.mesh.ways import OWN_PORTS
from polc.semantics.rbac.bindings import Entry
from polc.semantics.sets.intervals import ALL_PORTS, IntSet
from polc.semantics.sets.regions import PROTOCOLS

_SHOWN = 8
"""So many names stand in a line; of more the rest is counted."""


def survey_text(cluster: Cluster) -> str:
    """Return who may reach whom, and who has which privileges."""
    lines = list(reachability_text(cluster)) if cluster.pods or cluster.expected else []
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
    groups = Groups(cluster)
    yield "who may reach whom:"
    count = 0
    for row in joined(cluster.connections, _words):
        sources = _names(groups, row.sources, row.targets[0] if len(row.targets) == 1 else None)
        if sources:
            count += 1
            yield f"  {sources} -> {_names(groups, row.targets)}: {row.words}"
    if not count:
        yield "  nobody"
    ways = sorted(set(_ways_in(cluster)))
    if ways:
        yield "what comes in from outside, as far as networks let it:"
        yield from (f"  {each}" for each in ways)
    if cluster.gaps:
        yield f"(?) depends on what was not read: {len(cluster.gaps)} named above"


def _words(connection: Connection) -> str:
    return ports_words(connection) + (" (?)" if connection.gaps else "")


def _names(groups: Groups, ends: tuple[End, ...], but: End | None = None) -> str:
    """Return the names of some ends; that its replicas reach an end is no news (`but`)."""
    if but is not None and all(end is but for end in ends):
        return ""
    if but is not None and but.kind != "pods":
        but = None
    found = list(groups.of((*ends, but) if but is not None else ends))
    if found[:2] == [EVERY_POD, EVERY_ADDRESS]:
        return "everybody"
    rest = [each.label for each in found if each.end is None or each.end is not but]
    more = [f"{len(rest) - _SHOWN} more"] if len(rest) > _SHOWN else []
    return ", ".join((*rest[:_SHOWN], *more))


def ports_words(connection: Connection) -> str:
    """Return the ports of a connection, and on which of them some requests pass only.

    The proxies' own ports are no news: `TCP` alone stands for all others as well.
    """
    tcp = tcp_words(connection)
    others = [(name, connection.ports.of_protocol(name)) for name in PROTOCOLS[1:]]
    if tcp == "TCP" and all(numbers == ALL_PORTS for _, numbers in others):
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
    return "" if not ALL_PORTS - OWN_PORTS - ports else f" {ports}"


def _ways_in(cluster: Cluster) -> Iterator[str]:
    for way in cluster.entrances:
        by = {"ingress": "by ingress", "outside": "by its Service"}.get(way.by, f"by {way.by}")
        pods = cluster.behind(way)
        port = "" if way.port is None else f":{way.port}"
        to = f"{way.namespace}/{way.service}{port}"
        ends = ", ".join(f"{end.id} {numbers}" for end, numbers in pods)
        yield f"{way.host} {by} -> {to}" + (f" = {ends}" if ends else " (no pods listed here)")
