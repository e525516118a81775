"""One rule of an AuthorizationPolicy: which requests match it, for sure and perhaps.

A rule matches what some entry of `from` and some entry of `to` match and every condition of
`when`. All fields of an entry must hold, and some value of a field; a `not` field holds where no
value does. A list that is empty is one that was left out: protobuf knows no difference. An entry
without fields asks for nothing: validation refuses it, but what gets past matches all. Sources:
istio/api, security/v1/authorization_policy.proto; istio/istio, pilot/pkg/security/authz/model.

Where a proxy reads no requests (a TCP port, or ztunnel) an ALLOW rule that speaks of requests
never matches, and a DENY rule matches whatever the rest of it matches (istio.io, "Authorization
for TCP traffic"; istio/istio, ambient/authorization.go).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from attrs import frozen

from polc.semantics.mesh.fields import (
    Field,
    Unreadable,
    condition,
    full,
    operation_field,
    source_field,
)
from polc.semantics.sets import products
from polc.semantics.sets.products import Box, Region, box

Reading = Literal["http", "tcp", "ztunnel"]
"""Who reads: a proxy on a port that speaks HTTP, the same on any other port, or ztunnel."""
Action = Literal["ALLOW", "DENY", "CUSTOM"]


def _plain_names(*names: str) -> Mapping[str, tuple[str, bool]]:
    """Return what a field asks for, by its own name, and whether it is negated."""
    negated = {f"not{name[0].upper()}{name[1:]}": (name, True) for name in names}
    return {**{name: (name, False) for name in names}, **negated}


_SOURCE = _plain_names(
    "principals", "namespaces", "serviceAccounts", "requestPrincipals", "ipBlocks",
    "remoteIpBlocks",
)  # fmt: skip
_OPERATION = _plain_names("hosts", "ports", "methods", "paths")
_REQUESTS = frozenset(_plain_names("hosts", "methods", "paths"))


@frozen
class Match:
    """What matches for sure, what may match, and why the two differ where they do."""

    must: Region
    may: Region
    reasons: tuple[str, ...] = ()


NEVER = Match(products.NONE, products.NONE)
ALWAYS = Match(products.ALL, products.ALL)


class _Skipped(Exception):
    """An ALLOW rule that speaks of requests where there are none to be read."""


@frozen
class _Reader:
    """How rules of one policy are read by one kind of proxy."""

    namespace: str
    trust: str
    reading: Reading
    action: Action

    def drops(self, field: Field) -> bool:
        """Tell whether a field is passed over here; raise where the whole rule is."""
        unread = self.reading == "ztunnel" and (field.name in ("remote", "sni"))
        if self.reading == "http" or not (field.level == "http" or unread):
            return False
        if self.action == "ALLOW":
            raise _Skipped
        return True


def match_rule(
    rule: Mapping[str, Any], namespace: str, trust: str, reading: Reading, action: Action
) -> Match:
    """Return what a rule of a policy in `namespace` matches, in a mesh with a trust domain."""
    reader = _Reader(namespace, trust, reading, action)
    try:
        reasons = _unknown(rule, ("from", "to", "when"))
        parts = [
            _entries(rule.get("to"), "operation", _OPERATION, reader, _operation),
            _entries(rule.get("from"), "source", _SOURCE, reader, _source),
            *(_condition(each, reader) for each in rule.get("when") or ()),
        ]
    except _Skipped:
        return NEVER
    except Unreadable as reason:
        return Match(products.NONE, products.ALL, (str(reason),))
    except (AttributeError, TypeError):
        return Match(products.NONE, products.ALL, ("it is not built like a rule",))
    found = ALWAYS
    for part in parts:
        found = Match(
            products.both(found.must, part.must),
            products.both(found.may, part.may),
            (*found.reasons, *part.reasons),
        )
    return Match(products.NONE, found.may, (*reasons, *found.reasons)) if reasons else found


def _entries(
    entries: Iterable[Mapping[str, Any]] | None,
    word: str,
    fields: Mapping[str, tuple[str, bool]],
    reader: _Reader,
    read: Callable[[str, tuple[str, ...], _Reader], Field],
) -> Match:
    """Return what some entry matches; without any, everything does."""
    if not entries:
        return ALWAYS
    found = NEVER
    for entry in entries:
        reasons = _unknown(entry, (word,))
        body = entry.get(word) or {}
        if not fields.keys() >= body.keys():
            reasons += _unknown(body, fields)
        if not all(each is None or isinstance(each, list) for each in body.values()):
            raise Unreadable("a field holds no list")
        unread = reader.action == "ALLOW" and reader.reading != "http"
        # Asked before anything is built: so it is for every rule that speaks of requests.
        if unread and any(body[name] for name in _REQUESTS & body.keys()):
            raise _Skipped
        asked = [
            (read(fields[name][0], tuple(values), reader), fields[name][1])
            for name, values in body.items()
            if values and name in fields
        ]
        one = _fields(asked, reader, reasons)
        found = Match(
            (*found.must, *one.must), (*found.may, *one.may), (*found.reasons, *one.reasons)
        )
    return found


def _source(name: str, values: tuple[str, ...], reader: _Reader) -> Field:
    return source_field(name, values, reader.namespace, reader.trust)


def _operation(name: str, values: tuple[str, ...], _reader: _Reader) -> Field:
    return operation_field(name, values)


def _condition(when: Mapping[str, Any], reader: _Reader) -> Match:
    reasons = _unknown(when, ("key", "values", "notValues"))
    if not all(isinstance(when.get(word) or [], list) for word in ("values", "notValues")):
        raise Unreadable("a condition holds no list")
    asked = [
        (condition(when["key"], values, reader.namespace, reader.trust), word == "notValues")
        for word in ("values", "notValues")
        if (values := tuple(when.get(word) or ()))
    ]
    if not asked:
        reasons.append("a condition without values is refused by Istio's validation")
    return _fields(asked, reader, reasons)


def _fields(asked: Iterable[tuple[Field, bool]], reader: _Reader, unknown: Iterable[str]) -> Match:
    """Return what all fields match together, each of them told whether it is negated."""
    reasons = list(unknown)
    met: Box | None = Box()
    for field, negated in asked:
        if reader.drops(field):
            continue
        if field.side is None:
            reasons.append(_WHY[field.name])
            continue
        side = full(field.name) - field.side if negated else field.side
        met = products.intersect(met, box(**{field.name: side})) if met and side else None
    region = products.NONE if met is None else (met,)
    return Match(products.NONE if reasons else region, region, tuple(reasons))


_WHY = {
    "token": "it depends on a token, which a RequestAuthentication checks",
    "destination": "it depends on the address of the pod",
    "other": "its condition is not known",
}


def _unknown(body: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    return [f"the field `{name}` is not known" for name in sorted(body.keys() - set(known))]
