"""Rules of AuthorizationPolicies in the words of flows: who may ask what, of which of it is new."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from attrs import frozen

from polc.diff.objects.mesh_gains import Gain, Ruling
from polc.semantics.mesh.rules import Action, match_rule
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets import products

_MOST = 2000
"""Up to so many single values a rule is taken apart; beyond, it is told as it stands."""


@frozen
class Told:
    """A caller, the ports that it may call (in words, or none), and the requests."""

    caller: str
    ports: str
    requests: tuple[str, ...]


def told(gain: Gain, trust: str) -> tuple[Told, ...]:
    """Return what of a rule is new: value by value, so that what was there before is left out."""
    if gain.ruling is None:
        return (Told("every caller", "", ()),)
    found: dict[tuple[str, str], dict[str, None]] = {}
    for atom in _new_atoms(gain, gain.ruling, trust):
        caller, ports, request = _words(atom, trust)
        if gain.dropped and gain.reread and request:
            request = "every request that it does not name"
        found.setdefault((caller, ports), {})[request] = None
    return tuple(
        Told(caller, ports, () if "" in requests else tuple(requests))
        for (caller, ports), requests in found.items()
    )


def _new_atoms(gain: Gain, ruling: Ruling, trust: str) -> Iterator[Mapping[str, Any]]:
    atoms = list(_atoms(ruling.body))
    if len(atoms) < 2:
        yield from atoms
        return
    action: Action = "ALLOW" if ruling.policy.action == "ALLOW" else "DENY"
    for atom in atoms:
        match = match_rule(atom, ruling.found.namespace, trust, gain.reading, action)
        if products.both(match.may, gain.region):
            yield atom


def _atoms(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield rules of one caller and one request each that together say the same."""
    sources, asked = _all_parts(rule, "from", "source"), _all_parts(rule, "to", "operation")
    rest = {key: value for key, value in rule.items() if key not in ("from", "to")}
    if len(sources) * len(asked) > _MOST:
        yield rule
        return
    for source, operation in product(sources, asked):
        yield {
            **rest,
            **({"from": [{"source": source}]} if source is not None else {}),
            **({"to": [{"operation": operation}]} if operation is not None else {}),
        }


def _all_parts(rule: Mapping[str, Any], name: str, word: str) -> list[Mapping[str, Any] | None]:
    """Return the single entries that a list of them comes to; None where there is no list."""
    found = [part for entry in items(rule.get(name)) for part in _parts(entry, word)]
    return [*found] or [None]


def _parts(entry: object, word: str) -> Iterator[Mapping[str, Any]]:
    """Yield an entry with one value in each field; a `not` field stays whole: all its values hold.

    What is not built like an entry stays as it is.
    """
    body = mapping(entry).get(word)
    fields = mapping(body)
    split = [
        (name, [[value] for value in values])
        for name, values in fields.items()
        if isinstance(values, list) and len(values) > 1 and not str(name).startswith("not")
    ]
    if not split:
        yield fields
        return
    for chosen in product(*(values for _, values in split)):
        yield {**fields, **dict(zip((name for name, _ in split), chosen, strict=True))}


# --- words ------------------------------------------------------------------------------------


def _words(rule: Mapping[str, Any], trust: str) -> tuple[str, str, str]:
    """Return who, on which ports, and for what a rule with one entry each is."""
    sources = [mapping(mapping(each).get("source")) for each in items(rule.get("from"))]
    asked = [mapping(mapping(each).get("operation")) for each in items(rule.get("to"))]
    caller = " or ".join(_caller(each, trust) for each in sources) or "every caller"
    ports = " or ".join(filter(None, (_ports(each) for each in asked)))
    request = " or ".join(filter(None, (_request(each) for each in asked)))
    conditions = [_condition(mapping(each)) for each in items(rule.get("when"))]
    if conditions:
        request = f"{request or 'every request'} where {' and '.join(conditions)}"
    return caller, ports, request


def _caller(source: Mapping[str, Any], trust: str) -> str:
    found = []
    for name, values in source.items():
        identities = name in ("principals", "notPrincipals")
        shown = [principal(str(each), trust) if identities else str(each) for each in items(values)]
        if shown:
            found.append(f"{_SOURCES.get(name, f'{name} ')}{', '.join(shown)}")
    return " and ".join(found) or "every caller"


def _list(values: object) -> str:
    return ", ".join(map(str, items(values)))


def principal(text: str, trust: str) -> str:
    """Return an identity as a reader would say it, without the mesh's own trust domain."""
    own = {f"{trust}/", "cluster.local/"}
    short = next((text.removeprefix(each) for each in own if text.startswith(each)), None)
    if short == "*" or text == "*":
        return "every identity"
    parts = (short or "").split("/")
    if len(parts) == 4 and parts[0] == "ns" and parts[2] == "sa" and "*" not in parts[1]:
        if parts[3] == "*":
            return f"namespace {parts[1]}"
        return f"account {parts[1]}/{parts[3]}"
    if len(parts) == 3 and parts[0] == "ns" and parts[2] == "*" and "*" not in parts[1]:
        return f"namespace {parts[1]}"
    return f"identity {text}"


_SOURCES = {
    "principals": "",
    "namespaces": "namespace ",
    "serviceAccounts": "account ",
    "ipBlocks": "addresses ",
    "remoteIpBlocks": "clients at ",
    "requestPrincipals": "bearers of a token of ",
    "notPrincipals": "anybody but ",
    "notNamespaces": "any namespace but ",
    "notServiceAccounts": "any account but ",
    "notIpBlocks": "any address but ",
    "notRemoteIpBlocks": "clients at any address but ",
    "notRequestPrincipals": "bearers of no token of ",
}


def _ports(operation: Mapping[str, Any]) -> str:
    found = []
    if ports := items(operation.get("ports")):
        found.append(f"port {_list(ports)}")
    if ports := items(operation.get("notPorts")):
        found.append(f"every port but {_list(ports)}")
    return " and ".join(found)


def _request(operation: Mapping[str, Any]) -> str:
    """Return requests much as the language writes them; nothing: every request."""
    methods, paths = items(operation.get("methods")), items(operation.get("paths"))
    found = ""
    if methods or paths:
        quoted = ", ".join(f'"{path}"' for path in paths) or '"/**"'
        found = f"{_list(methods) or 'ANY'} {quoted}"
    more = [
        f"for host {_list(operation.get('hosts'))}" if items(operation.get("hosts")) else "",
        *(
            f"but not {word} {_list(operation.get(name))}"
            for name, word in (("notMethods", "by"), ("notPaths", "to"), ("notHosts", "for host"))
            if items(operation.get(name))
        ),
    ]
    more += [
        f"{name} {_list(values)}" for name, values in operation.items() if name not in _OPERATION
    ]
    text = " ".join(filter(None, more))
    return f"{found or 'every request'} {text}" if text else found


_OPERATION = frozenset(
    {
        *("methods", "paths", "hosts", "ports", "notMethods", "notPaths", "notHosts", "notPorts"),
    }
)


def _condition(when: Mapping[str, Any]) -> str:
    found = [
        f"{word} {_list(when.get(name))}"
        for name, word in (("values", "is"), ("notValues", "is not"))
        if items(when.get(name))
    ]
    return f"`{when.get('key')}` {' and '.join(found)}".rstrip()
