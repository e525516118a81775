"""The usual case, decided without any algebra: the rules are word for word what flows come to.

Both sides are written in one plain form: principals, ports, methods and paths of each entry. Where
the forms are equal so are the sets, and so they are if both are equal once they are taken apart and
what lies within something else is left out. Where they differ, or a rule has anything else in it,
nothing is said, and the sets are compared.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from polc.ir.nodes import (
    HTTP_PROTOCOLS,
    AllPods,
    Flow,
    HttpRequest,
    NamespacePods,
    Pods,
    Port,
    Request,
)
from polc.semantics.mesh.authorization import Policy
from polc.semantics.mesh.peer_authentication import Mtls

Words = frozenset[str]
Entry = tuple[Words, Words, Words, Words]
"""Principals, ports, methods and paths; none of the last two: no matter which."""
Plain = frozenset[Entry]
_NONE: Words = frozenset()


def strict(mtls: Mtls) -> bool:
    """Tell whether every port asks for a certificate."""
    return mtls.mode == "STRICT" and not mtls.ports and not mtls.reasons


def plain_rules(policies: Iterable[Policy]) -> Plain | None:
    """Return the entries of ALLOW policies; None: they say more than this form can hold."""
    found: set[Entry] = set()
    allowing = False
    for policy in policies:
        if policy.action != "ALLOW" or policy.unknown:
            return None
        allowing = True
        for rule in policy.found.spec.get("rules") or ():
            entries = _rule(rule)
            if entries is None:
                return None
            found.update(entries)
    return frozenset(found) if allowing else None


def _rule(rule: object) -> list[Entry] | None:
    if not isinstance(rule, Mapping) or rule.keys() != {"from", "to"}:
        return None
    sources, operations = rule["from"], rule["to"]
    if not isinstance(sources, list) or len(sources) != 1 or not isinstance(operations, list):
        return None
    principals = _only(sources[0], "source", {"principals"})
    if principals is None or not operations:
        return None
    found: list[Entry] = []
    for each in operations:
        body = _only(each, "operation", {"ports", "methods", "paths"})
        if body is None or not body.get("ports"):
            return None
        found.append(
            (
                frozenset(principals.get("principals", ())),
                frozenset(body["ports"]),
                frozenset(body.get("methods", ())),
                frozenset(body.get("paths", ())),
            )
        )
    # Where no requests are read the whole rule is left out if a part of it speaks of them.
    mixed = len({bool(methods or paths) for _, _, methods, paths in found}) > 1
    return found if principals.get("principals") and not mixed else None


def _only(entry: object, word: str, fields: set[str]) -> Mapping[str, Any] | None:
    """Return the body of an entry if it has no other fields, and lists of texts in these."""
    if not isinstance(entry, Mapping) or entry.keys() != {word}:
        return None
    body = entry[word]
    if not isinstance(body, Mapping) or not fields >= body.keys():
        return None
    lists = (value for value in body.values())
    if all(
        isinstance(each, list) and all(isinstance(text, str) for text in each) for each in lists
    ):
        return body
    return None


def same(one: Collection[Entry], other: Collection[Entry] | None) -> bool:
    """Tell whether two plain forms come to the same; in doubt no."""
    if other is None:
        return False
    return set(one) == set(other) or _apart(one) == _apart(other)


Pair = tuple[str, str]
"""One method and one path; nothing: no matter which."""


def _apart(entries: Iterable[Entry]) -> set[tuple[str, str, Pair]]:
    """Return the ports, principals and pairs of some entries that none other of them holds."""
    ports: dict[str, dict[str, set[Pair]]] = {}
    for callers, numbers, methods, paths in entries:
        pairs = {(method, path) for method in methods or ("",) for path in paths or ("",)}
        for port in numbers:
            for who in callers:
                ports.setdefault(port, {}).setdefault(who, set()).update(pairs)
    return {(port, who, pair) for port, callers in ports.items() for who, pair in _kept(callers)}


def _kept(callers: Mapping[str, set[Pair]]) -> Iterator[tuple[str, Pair]]:
    wild = [(who[:-1], pairs) for who, pairs in callers.items() if who.endswith("*")]
    for who, pairs in callers.items():
        wider = [each for head, each in wild if who.startswith(head) and who != f"{head}*"]
        for pair in pairs:
            if any(_holds(each, pair) for more in wider for each in more):
                continue
            if not any(each != pair and _holds(each, pair) for each in pairs):
                yield who, pair


def _holds(wide: Pair, narrow: Pair) -> bool:
    if wide[0] not in ("", narrow[0]):
        return False
    path = wide[1]
    return path in ("", narrow[1]) or (path.endswith("*") and narrow[1].startswith(path[:-1]))


def plain_flows(
    flows: Iterable[Flow], trust: str, first: Callable[[Port], int]
) -> dict[Entry, None] | None:
    """Return what flows come to where a port is known by the number `first`; None: no such form.

    Callers that may do the same on a port stand together, then ports on which the same callers may.
    """
    callers: dict[tuple[int, int, tuple[Request, ...] | None], set[str]] = {}
    for flow in flows:
        port, source = flow.port, flow.source
        match source:
            case Pods(account=str(account)):
                who = f"{trust}/ns/{source.namespace}/sa/{account}"
            case NamespacePods():
                who = f"{trust}/ns/{source.namespace}/sa/*"
            case AllPods():
                who = f"{trust}/*"
            case _:
                return None
        if flow.requests is not None and port.protocol not in HTTP_PROTOCOLS:
            return None
        low = first(port)
        key = low, low + port.end - port.container, flow.requests
        callers.setdefault(key, set()).add(who)
    ports: dict[tuple[Words, tuple[Request, ...] | None], set[str]] = {}
    for (low, high, requests), names in callers.items():
        if high - low > 256:
            return None
        numbers = ports.setdefault((frozenset(names), requests), set())
        numbers.update(map(str, range(low, high + 1)))
    found: dict[Entry, None] = {}
    for (who_all, requests), numbers in ports.items():
        asked = _requests(requests)
        if asked is None:
            return None
        here = frozenset(numbers)
        found.update(dict.fromkeys((who_all, here, methods, paths) for methods, paths in asked))
    return found


@lru_cache(maxsize=1 << 14)
def _requests(requests: tuple[Request, ...] | None) -> tuple[tuple[Words, Words], ...] | None:
    if requests is None:
        return ((_NONE, _NONE),)
    groups: dict[Words, set[str]] = {}
    for request in requests:
        if not isinstance(request, HttpRequest):
            name = f"/{request.service}/{request.method or '*'}"
            groups.setdefault(frozenset(("POST",)), set()).add(name)
            continue
        path = request.path
        if any("*" in each or "{" in each for each in path.segments):
            return None
        text = "".join(f"/{segment}" for segment in path.segments)
        texts = [text] if text else []
        if path.rest:
            texts.append(f"{text}/*")
        groups.setdefault(frozenset(request.methods), set()).update(texts)
    return tuple((methods, frozenset(paths)) for methods, paths in groups.items())
