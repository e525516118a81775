"""What can be written at a place, and what is likely: one provider for each kind of place."""

from collections.abc import Callable, Iterator
from functools import partial

from polc import syntax as s
from polc.lower.program import WORKLOAD_KINDS
from polc.lsp.offers import names, strings, words
from polc.lsp.offers.keywords import keywords
from polc.lsp.offers.model import Kind, Offer, Rank
from polc.lsp.spot import Spot
from polc.parse.lexer import TABLES
from polc.parse.words import NAME, STRING, UPPER

__all__ = ["Kind", "Offer", "Rank", "offers"]

Provider = Callable[[Spot], Iterator[Offer]]

_TRUST = TABLES.terminals[TABLES.words["trust-domain"]]
_ARROW = TABLES.terminals[TABLES.punctuation["->"]]
_FACTS = ("dns", "istiod", "knative-activator", "knative-autoscaler", "knative-gateway")

_BEHIND: dict[str, Provider] = {
    "FROM": names.peers,
    "TO": names.peers,
    "NAMESPACE": names.namespaces,
    "ON": names.ports,
    "VIA": names.gateways,
    "UNTIL": words.dates,
    "IN": names.namespaces,
    "HARDEN": names.profiles,
    **{TABLES.terminals[TABLES.words[fact]]: partial(names.externs, fact) for fact in _FACTS},
    "IMPORT": names.modules,
    "MESH": lambda spot: words.plain(("none", "istio"), "mesh"),
    "CNI": lambda spot: words.plain(("kubernetes", "cilium"), "network plug-in"),
    "CONSENT": lambda spot: words.plain(("both", "either"), "ends of a flow"),
    "WORKLOAD": lambda spot: words.plain(WORKLOAD_KINDS, "kind of workload"),
    "PROBE": lambda spot: words.plain(("ready", "live", "startup"), "probe"),
    "CAPABILITY": words.capabilities,
    "RELAX": words.fields,
    "SIGNAL": words.signals,
    "METHOD": words.methods,
    "CAN": words.verbs,
    "list{verb}": words.resources,
    "VERSION": names.versions,
    "entries": words.labels,
}
"""What stands behind a symbol."""
_LISTED: dict[str, Provider] = {
    "list{peer}": names.peers,
    "list{port_ref}": names.ports,
    "list{name}": names.environments,
    "list{verb}": words.verbs,
    "list{resource}": words.resources,
    "list{upper}": words.methods,
    "entries": words.labels,
}
"""What stands behind the comma of a list."""
_FIRST: dict[str, tuple[int, Provider]] = {
    "allow": (UPPER, words.methods),
    "role": (NAME, words.verbs),
    "rollout": (NAME, names.versions),
}
"""What an item of a block starts with that is no keyword: its terminal, and what it means."""
_IN_QUOTES: dict[str, Provider] = {
    "IMPORT": strings.paths,
    _TRUST: strings.trust_domains,
    "ACCOUNT": strings.own_name,
    "COLON": strings.own_name,
    "RPC": strings.rpcs,
    "list{upper}": strings.patterns,
}
"""What stands in quotes behind a symbol."""


def offers(spot: Spot) -> Iterator[Offer]:
    """Return all that could be written at a place."""
    symbols = spot.construct.symbols
    if spot.construct.home == "allow" and spot.constructs[-2].symbols[1] == "TO":
        return  # only the callee's end narrows a flow to requests
    in_quotes = _in_quotes(symbols)
    if spot.inside == "string" and in_quotes is not None:
        yield from in_quotes(spot)
    if spot.inside or (spot.parse.dropped is not None and not spot.starts_line):
        return
    if in_quotes is not None and spot.parse.accepts(STRING) is not None:
        yield from (each._replace(label=f'"{each.label}"') for each in in_quotes(spot))
    yield from keywords(spot)
    provider = _provider(spot)
    if provider is not None:
        yield from provider(spot)


def _in_quotes(symbols: tuple[str, ...]) -> Provider | None:
    match symbols:
        case ["PROBE", "name", "UPPER"]:
            return strings.patterns
        case [*_, "VIA", "ref", "HOST"]:
            return strings.hosts
        case [*_, last]:
            return _IN_QUOTES.get(last)
    return None


def _further(listed: str, provider: Provider, spot: Spot) -> Iterator[Offer]:
    """Return what a list does not hold yet."""
    said = {
        (each.key if isinstance(each, s.Entry) else each).span.text
        for each in spot.read((listed,), spot.construct)
    }
    return (each for each in provider(spot) if each.label not in said)


def _provider(spot: Spot) -> Provider | None:
    """Return what a place asks for besides keywords."""
    home, symbols, _ = spot.construct
    match symbols:
        case [*_, listed, "COMMA"] if listed in _LISTED:
            return partial(_further, listed, _LISTED[listed])
        case [*_, "ONLY", "IN"]:
            return names.environments
        case ["CLUSTER", *_, "EXTENDS"]:
            return names.clusters
        case [*_, "EXTENDS"]:
            return names.profiles
        case ["CLUSTER"] if home == "environment":
            return names.clusters
        case ["SERVICE"] if home == "environment":
            return names.services
        case ["HAS", "ROLE"]:
            return names.roles
        case ["PROBE", *_, "ON"]:
            return names.own_ports
        case ["PROBE", "name"]:
            return lambda spot: words.plain(("GET",), "over HTTP")
        case ["PORT", "name", *_, "number" | "range"]:
            return words.protocols
        case ["MESH", "name"]:
            return lambda spot: words.plain(("sidecar", "ambient"), "data plane of Istio")
        case ["WORKLOAD", "name"]:
            return words.own_name
        case ["WHEN", *_, arrow] if arrow == _ARROW:
            return names.versions
        case ["GROUP", *_, "LBRACE"]:
            return names.peers
        case ["SELECT", "LBRACE"]:
            return words.labels
        case [*_, last] if last in _BEHIND:
            return _BEHIND[last]
    terminal, provider = _FIRST.get(home, (NAME, None))
    return provider if provider and spot.parse.accepts(terminal) is not None else None
