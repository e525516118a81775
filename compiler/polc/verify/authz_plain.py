"""A quick look at rules as they are written: of most of them nothing can be left out.

Such a rule lists plain callers, ports, methods and paths, each once, and no other rule of the same
pods has one of its callers on one of its ports.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any

from polc.verify.authz import Policy
from polc.verify.sets.intervals import IntSet

Words = frozenset[str]
Handle = tuple[Words | None, Words | None]
"""The principals and ports that a rule lists; None: not only by plain texts."""

_LOCAL = "cluster.local"
_PRINCIPAL = re.compile(r"[^/*]+/ns/[^/*]+/sa/[^/*]+|[^/*]+/(ns/[^/*]+/sa/)?\*")
_PORT = re.compile(r"[1-9][0-9]{0,3}|[1-5][0-9]{4}")
_METHOD = re.compile(r"[A-Za-z-]+")
_PATH = re.compile(r"/[^*{}?# \t\r\n]*\*?")
_OPERATION = {"ports": _PORT, "methods": _METHOD, "paths": _PATH}


def handle(rule: Mapping[str, Any], trust: str) -> Handle:
    """Return what a rule can be found by."""
    who = _listed(rule.get("from"), "source", "principals")
    if who is not None and _renamed(who, trust):
        who = None
    return who, _listed(rule.get("to"), "operation", "ports")


def _renamed(principals: Iterable[str], trust: str) -> bool:
    """Tell whether some principal has the trust domain of the mesh by another name."""
    return trust != _LOCAL and any(each.startswith(f"{_LOCAL}/") for each in principals)


def _listed(entries: Iterable[Mapping[str, Any]] | None, word: str, field: str) -> Words | None:
    found: set[str] = set()
    for entry in entries or ({},):
        values = (entry.get(word) or {}).get(field)
        if not values or any("*" in each for each in values):
            return None
        found.update(values)
    return frozenset(found)


Ref = tuple[Policy, int]
"""A policy, and the number of a rule of it."""


def overlaps(handles: Mapping[Ref, Handle], refs: Iterable[Ref]) -> Iterator[tuple[Ref, ...]]:
    """Yield for each of some rules those among all that may hold one of its callers on a port."""
    by_caller: dict[str | None, list[Ref]] = {}
    for ref, (who, _) in handles.items():
        for name in (None,) if who is None else who:
            by_caller.setdefault(name, []).append(ref)
    for ref in refs:
        who, ports = handles[ref]
        near: Iterable[Ref] = handles
        if who is not None:
            near = dict.fromkeys(each for name in (None, *who) for each in by_caller.get(name, ()))
        yield tuple(each for each in near if each != ref and _meet(ports, handles[each][1]))


def _meet(one: Words | None, other: Words | None) -> bool:
    return one is None or other is None or not one.isdisjoint(other)


def tidy(rule: Mapping[str, Any], trust: str, unread: IntSet) -> bool:
    """Tell whether no part of a rule can stand for another; on `unread` ports no requests are read.

    In doubt it says no.
    """
    if rule.keys() != {"from", "to"} or len(rule["from"]) != 1 or not rule["to"]:
        return False
    source, operations = rule["from"][0], rule["to"]
    if source.keys() != {"source"} or source["source"].keys() != {"principals"}:
        return False
    principals = tuple(source["source"]["principals"])
    if not _apart(principals, _PRINCIPAL) or _renamed(principals, trust):
        return False
    bodies = [each["operation"] for each in operations if each.keys() == {"operation"}]
    if len(bodies) != len(operations) or not all(_plain(each, unread) for each in bodies):
        return False
    return not any(
        _meet(frozenset(one["ports"]), frozenset(other["ports"]))
        and _meet(_methods(one), _methods(other))
        for one, other in combinations(bodies, 2)
    )


def _methods(body: Mapping[str, Any]) -> Words | None:
    return frozenset(body["methods"]) if "methods" in body else None


def _plain(body: Mapping[str, Any], unread: IntSet) -> bool:
    if not body.keys() <= _OPERATION.keys() or "ports" not in body:
        return False
    if not all(_apart(tuple(values), _OPERATION[name]) for name, values in body.items()):
        return False
    return len(body) == 1 or not any(int(port) in unread for port in body["ports"])


@lru_cache(maxsize=1 << 12)
def _apart(values: Sequence[str], shape: "re.Pattern[str]") -> bool:
    """Tell whether texts have a shape, and none of them means what another one means as well."""
    if not values or len(set(values)) != len(values) or not all(map(shape.fullmatch, values)):
        return False
    wild = [each for each in values if each.endswith("*")]
    return not any(each.startswith(one[:-1]) and each != one for one in wild for each in values)
