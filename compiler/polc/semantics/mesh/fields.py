"""What the fields of an AuthorizationPolicy range over: the dimensions of a request.

- `who`: the principal that a client certificate proves, `TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT`
  without `spiffe://`; the empty string is a caller that proved none.
- `ip`: the address of the connection; `remote`: that of the original client.
- `port`: of the pod at a pod, of the Service at a waypoint.
- `method`, `path` (without its query), `host`, `sni`, `header NAME`: strings; an absent header is
  the empty string.

Sources: istio/api, security/v1/authorization_policy.proto; istio.io, "Authorization Policy
Conditions"; istio/istio, pilot/pkg/security/authz/{model,matcher}.
"""

from functools import lru_cache
from typing import Literal

from attrs import frozen

from polc.semantics.sets import strings
from polc.semantics.sets.automata import literal, many
from polc.semantics.sets.intervals import EVERY_ADDRESS, AddressSet, IntSet, cidr_set
from polc.semantics.sets.products import Side
from polc.semantics.sets.strings import StringSet

_SEGMENT = many(strings.without("/"), at_least_one=True)
ANONYMOUS = strings.of_texts(("",))
"""Callers that proved no identity."""
IDENTITIES = strings.of_items(*_SEGMENT, *literal("/ns/"), *_SEGMENT, *literal("/sa/"), *_SEGMENT)
"""Every principal that a mesh's certificate can prove, of any trust domain."""
EVERYBODY = IDENTITIES | ANONYMOUS
PATHS = strings.of_items(*literal("/"), *many(strings.without("?# \t\r\n")))
"""Every path that a proxy compares: it has no query, no fragment, and no space in it."""
PORTS = IntSet(((1, 65535),))


def full(name: str) -> Side:
    """Return everything that a dimension ranges over."""
    match name:
        case "who":
            return EVERYBODY
        case "path":
            return PATHS
        case "method":
            return strings.PRESENT
        case "port":
            return PORTS
        case "ip" | "remote":
            return EVERY_ADDRESS
        case _:
            return strings.ALL


class Unreadable(ValueError):
    """A value that no rule can be made of; the message says why."""


@frozen
class Field:
    """What one field asks: a side of dimension `name`; None: nobody can tell from here.

    `level` says who reads it: every proxy (`tcp`), or only one that reads requests (`http`).
    ztunnel leaves the client's own address (`remote`) to the latter as well.
    """

    name: str
    side: StringSet | IntSet | AddressSet | None
    level: Literal["tcp", "http"]


def source_field(field: str, values: tuple[str, ...], namespace: str, trust: str) -> Field:
    """Return what a field of a `source` asks for, without its `not`."""
    match field:
        case "principals":
            return Field("who", _principals(values, trust), "tcp")
        case "namespaces":
            return Field("who", strings.union(_namespace(each, trust) for each in values), "tcp")
        case "serviceAccounts":
            return Field("who", _accounts(values, namespace, trust), "tcp")
        case "ipBlocks":
            return Field("ip", _blocks(values), "tcp")
        case "remoteIpBlocks":
            return Field("remote", _blocks(values), "tcp")
        case "requestPrincipals":
            return Field("token", None, "http")
    raise Unreadable(f"`{field}` is no field of `source`")


def operation_field(field: str, values: tuple[str, ...]) -> Field:
    """Return what a field of an `operation` asks for, without its `not`."""
    match field:
        case "ports":
            return Field("port", _ports(values), "tcp")
        case "methods":
            return Field("method", _starred(values), "http")
        case "paths":
            return Field("path", _paths(values), "http")
        case "hosts":
            return Field("host", _starred(tuple(each.lower() for each in values)), "http")
    raise Unreadable(f"`{field}` is no field of `operation`")


def condition(key: str, values: tuple[str, ...], namespace: str, trust: str) -> Field:
    """Return what a condition (`when`) asks for."""
    match key:
        case "source.principal":
            return source_field("principals", values, namespace, trust)
        case "source.namespace":
            return source_field("namespaces", values, namespace, trust)
        case "source.serviceAccount":
            return source_field("serviceAccounts", values, namespace, trust)
        case "source.ip":
            return source_field("ipBlocks", values, namespace, trust)
        case "remote.ip":
            return source_field("remoteIpBlocks", values, namespace, trust)
        case "destination.port":
            return operation_field("ports", values)
        case "destination.ip":
            return Field("destination", None, "tcp")
        case "connection.sni":
            return Field("sni", _starred(values), "tcp")
    if key.startswith("request.headers[") and key.endswith("]"):
        header = key.removeprefix("request.headers[")[:-1].lower()
        return Field(f"header {header}", _starred(values), "http")
    if key.startswith("request."):
        return Field("token", None, "http")
    return Field("other", None, "tcp")


@lru_cache(maxsize=1 << 16)
def _starred(values: tuple[str, ...]) -> StringSet:
    """Return what some texts match; most of them are plain."""
    listed = strings.of_texts(each for each in values if "*" not in each)
    return listed | strings.union(strings.starred(each) for each in values if "*" in each)


def _principals(values: tuple[str, ...], trust: str) -> StringSet:
    """Match principals; `cluster.local` as the trust domain means the mesh's own, whatever it is.

    (istio/istio, pilot/pkg/security/trustdomain/bundle.go)
    """
    local = "cluster.local/"
    if trust != "cluster.local":
        values = tuple(
            f"{trust}/{each.removeprefix(local)}"
            if each.startswith(local) and each.count("/") == 4
            else each
            for each in values
        )
    return _starred(values)


def _namespace(value: str, trust: str) -> StringSet:
    """Match every account of some namespaces of this mesh.

    Istio compares `.*/ns/VALUE/.*`; proxies refuse certificates of trust domains that are not
    the mesh's (PILOT_SKIP_VALIDATE_TRUST_DOMAIN is off), so those of others need no thought.
    """
    head = f"{trust}/ns/"
    if "*" not in value:
        return strings.prefix(f"{head}{value}/sa/")
    if value.count("*") > 1 or not (value.startswith("*") or value.endswith("*")):
        raise Unreadable(f"`{value}` has a `*` in the middle")
    rest = many(strings.without("/"))
    around = (*literal(value[:-1]), *rest) if value.endswith("*") else (*rest, *literal(value[1:]))
    return strings.of_items(*literal(head), *around, *literal("/sa/"), *_SEGMENT)


def _accounts(values: tuple[str, ...], namespace: str, trust: str) -> StringSet:
    named = (each if "/" in each else f"{namespace}/{each}" for each in values)
    return strings.of_texts(
        f"{trust}/ns/{where}/sa/{account}"
        for where, _, account in (each.partition("/") for each in named)
    )


@lru_cache(maxsize=1 << 14)
def _paths(values: tuple[str, ...]) -> StringSet:
    if not any("{" in each for each in values):
        return _starred(values)
    try:
        return strings.union(strings.path_pattern(each) for each in values)
    except strings.BadTemplate as reason:
        raise Unreadable(f"Envoy refuses the template: {reason}") from None


@lru_cache(maxsize=1 << 12)
def _ports(values: tuple[str, ...]) -> IntSet:
    for value in values:
        if not value.isdecimal() or not 0 < int(value) < 65536:
            raise Unreadable(f"`{value}` is no port")
    return IntSet.of((int(value), int(value)) for value in values)


def _blocks(values: tuple[str, ...]) -> AddressSet:
    found = AddressSet()
    for value in values:
        try:
            found |= cidr_set(value)
        except ValueError:
            raise Unreadable(f"`{value}` is no address") from None
    return found
