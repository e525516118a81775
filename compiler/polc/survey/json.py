"""Findings and connectivity as data: who may reach whom, by which rules, and what is not known.

A row of `connections` is a product: each of its sources may reach each of its targets. Ends are
told apart by `id`; replicas of one end may stand on both sides. Ports are ranges, both ends
included; `every` stands for all ports of TCP, UDP and SCTP.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from polc.semantics.cluster import Cluster, Connection
from polc.semantics.ends import End
from polc.semantics.gaps import Gap
from polc.semantics.network.networkpolicy import Direction
from polc.semantics.objects.model import Key
from polc.semantics.rbac.bindings import Entry
from polc.semantics.sets.blocks import ranges
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.regions import EVERY_PORT, PortSet


def render(cluster: Cluster, findings: Sequence[Any]) -> str:
    """Return a JSON object; `findings` are plain data."""
    numbers = {id(gap): number for number, gap in enumerate(cluster.gaps)}
    data = {
        "format": "polc verify",
        "version": 1,
        "findings": findings,
        "gaps": [_gap(gap) for gap in cluster.gaps],
        "peers": [_peer(end) for group in cluster.reachability.classes for end in group.ends],
        "connections": [_connection(cluster, each, numbers) for each in cluster.connections],
        "entrances": list(_entrances(cluster)),
        "privileges": list(_privileges(cluster)),
    }
    return json.dumps(data, indent=2, ensure_ascii=True) + "\n"


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "name": gap.name,
        "message": gap.message,
        "place": gap.found.where(*gap.keys),
        "layer": gap.layer,
        "namespace": gap.namespace,
    }


def _peer(end: End) -> dict[str, Any]:
    if end.addresses is not None:
        return {"id": end.id, "kind": end.kind, "ranges": list(ranges(end.addresses))}
    return {
        "id": end.id,
        "kind": end.kind,
        "namespace": end.namespace,
        "name": end.name,
        "maker": end.maker or None,
        "account": end.account,
        "labels": dict(end.labels),
        "place": end.found.where() if end.found is not None else None,
    }


def _connection(
    cluster: Cluster, connection: Connection, numbers: dict[int, int]
) -> dict[str, Any]:
    source, target = connection.sources[0], connection.targets[0]
    found: dict[str, Any] = {
        "sources": [end.id for end in connection.sources],
        "targets": [end.id for end in connection.targets],
        "ports": ports_data(connection.ports),
        "rules": [
            *_rules(cluster, source, target, "egress"),
            *_rules(cluster, target, source, "ingress"),
        ],
        "gaps": [numbers[id(gap)] for gap in connection.gaps],
    }
    if connection.mesh is not None:
        found["network"] = ports_data(connection.network)
        found["some_requests"] = _ranges(connection.partly)
        found["undecided"] = _ranges(connection.perhaps)
    return found


def _rules(cluster: Cluster, pods: End, other: End, direction: Direction) -> Iterator[Any]:
    reach = cluster.reachability
    for each in reach.deciding(reach.class_of(pods), reach.class_of(other), direction):
        if each.index is not None:
            yield {
                "layer": "network",
                "direction": direction,
                "object": f"{each.found.kind} {each.found.namespace}/{each.found.name}",
                "rule": each.index,
                "action": each.action,
                "place": each.found.where(*each.keys),
            }


def ports_data(ports: PortSet) -> Any:
    """Return ports by protocol, as ranges."""
    if ports == EVERY_PORT:
        return "every"
    return {name: _ranges(numbers) for name, numbers in ports}


def _ranges(numbers: IntSet) -> list[list[int]]:
    return [[low, high] for low, high in numbers.intervals]


def _entrances(cluster: Cluster) -> Iterator[dict[str, Any]]:
    for way in cluster.entrances:
        yield {
            "by": way.by,
            "host": way.host,
            "service": f"{way.namespace}/{way.service}",
            "port": way.port,
            "targets": [
                {"id": end.id, "ports": _ranges(ports)} for end, ports in cluster.behind(way)
            ],
            "place": way.found.where(*way.keys),
        }


def _privileges(cluster: Cluster) -> Iterator[dict[str, Any]]:
    rbac = cluster.rbac
    for namespace, name in rbac.accounts():
        for entry in rbac.granted(namespace, name)[0]:
            yield {"account": f"{namespace}/{name}", **_grant(entry)}


def _grant(entry: Entry) -> dict[str, Any]:
    wide = entry.binding.kind == "ClusterRoleBinding"
    return {
        "namespace": None if wide else entry.binding.namespace,
        "role": entry.role.name if entry.role is not None else "cluster-admin",
        "rule": _at(entry.role.body, entry.place) if entry.role is not None else None,
        "place": entry.role.where(*entry.place) if entry.role is not None else None,
        "binding": entry.binding.where(),
    }


def _at(body: Any, keys: Sequence[Key]) -> Any:
    for key in keys:
        body = body[key]
    return body
