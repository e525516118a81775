"""Names that the program or the library declares, as a place asks for them."""

from collections.abc import Iterable, Iterator
from typing import Literal

import polc_stdlib
from polc import syntax as s
from polc.lsp.documents import module_tree
from polc.lsp.offers.model import Kind, Offer, Rank
from polc.lsp.spot import Spot
from polc.lsp.uses import children
from polc.parse.names import spelled
from polc.resolve.symbols import KINDS, LEVELS, Symbol

_KINDS = {
    "service": Kind.Class,
    "extern service": Kind.Interface,
    "gateway": Kind.Interface,
    "endpoint": Kind.Reference,
    "group": Kind.Struct,
    "role": Kind.Function,
    "profile": Kind.TypeParameter,
    "cluster": Kind.Constant,
    "environment": Kind.EnumMember,
}
_BROAD = {
    "any": "every pod of the cluster",
    "internet": "every address outside of the cluster",
    "self": "the other pods of this service",
}


def peers(spot: Spot) -> Iterator[Offer]:
    """Return all that may stand for one end of a flow."""
    yield from symbols(spot, "peer", in_list=True)
    for word, means in _BROAD.items():
        if word != "self" or spot.construct.home:
            yield Offer(word, Kind.Constant, Rank.BROAD, means, about=("word", word), in_list=True)
    yield Offer(
        "namespace",
        Kind.Keyword,
        Rank.BROAD,
        "every pod of a namespace",
        "namespace ${1:name}",
        snippet=True,
        about=("word", "namespace"),
    )


def services(spot: Spot) -> Iterator[Offer]:
    """Return the services that an environment may tune."""
    return symbols(spot, "peer", {"service"})


def gateways(spot: Spot) -> Iterator[Offer]:
    """Return the gateways."""
    return symbols(spot, "peer", {"gateway"})


def externs(fact: str, spot: Spot) -> Iterator[Offer]:
    """Return what a fact of a cluster may name, first what is called like the fact."""
    like = fact.removeprefix("knative-")
    for each in symbols(spot, "peer", {"extern service", "group"}):
        yield each._replace(rank=Rank.MEANT) if like in each.label else each


def roles(spot: Spot) -> Iterator[Offer]:
    """Return the roles."""
    return symbols(spot, "role")


def clusters(spot: Spot) -> Iterator[Offer]:
    """Return the clusters."""
    return symbols(spot, "cluster")


def profiles(spot: Spot) -> Iterator[Offer]:
    """Return the profiles, those of Pod Security first."""
    for order, level in enumerate(reversed(LEVELS)):
        about = "word", level
        detail = "Pod Security level"
        yield Offer(level, Kind.TypeParameter, Rank.MEANT, detail, about=about, order=order)
    yield from symbols(spot, "profile")


def environments(spot: Spot) -> Iterator[Offer]:
    """Return the environments."""
    return symbols(spot, "environment", in_list=True)


def symbols(
    spot: Spot, space: str, kinds: Iterable[str] = _KINDS, *, in_list: bool = False
) -> Iterator[Offer]:
    """Return the declarations of some kinds, as they are written in this place."""
    own = spot.piece.anchor if spot.piece else None
    scope, table = spot.scope, spot.view.table
    by_key = "/" in spot.word
    for symbol in table.symbols.values():
        if symbol.space == space and symbol.kind in kinds and symbol.span.anchor is not own:
            label, rank, where = _written(symbol, scope, by_key)
            detail = f"{symbol.kind} {where}".rstrip()
            about = "symbol", symbol.space, symbol.key
            yield Offer(label, _KINDS[symbol.kind], rank, detail, about=about, in_list=in_list)
    for module in polc_stdlib.modules():
        tree = None if module in table.modules else module_tree(module)
        for each in tree.file.declarations if tree else ():
            if KINDS.get(type(each), ("", ""))[0] == space and not isinstance(each, s.Import):
                yield Offer(
                    f"{module}.{each.name.text}",
                    _KINDS[space],
                    Rank.ELSEWHERE,
                    f"{space}, imports {module}",
                    about=("library", module, each.name.text),
                    imports=module,
                )


def _written(symbol: Symbol, scope: str, by_key: bool) -> tuple[str, Rank, str]:
    """Return how a declaration is named from a namespace, how likely that is, and its place."""
    space, slash, name = symbol.key.partition("/")
    if symbol.library and not (by_key and slash):
        return f"{symbol.scope}.{symbol.name}", Rank.LIBRARY, ""
    if not slash:
        return spelled(symbol.name), Rank.NEAR, ""
    if space == scope and not by_key:
        return spelled(name), Rank.NEAR, ""
    return spelled(symbol.key), Rank.DECLARED, f"in {space}"


def namespaces(spot: Spot) -> Iterator[Offer]:
    """Return the namespaces that the program opens or mentions."""
    known = dict.fromkeys(spot.view.table.namespaces, Rank.NEAR)
    for (space, key), symbol in spot.view.table.symbols.items():
        if space == "peer" and "/" in key:
            rank = Rank.LIBRARY if symbol.library else Rank.DECLARED
            name = key.partition("/")[0]
            known[name] = min(known.get(name, rank), rank)
    known.pop(spot.word, None)  # a half-typed one declares itself
    for name, rank in known.items():
        detail = "namespace" if rank is Rank.NEAR else "namespace of others"
        yield Offer(name, Kind.Module, rank, detail, about=("namespace", name))


def modules(spot: Spot) -> Iterator[Offer]:
    """Return the modules of the standard library."""
    for name in polc_stdlib.modules():
        yield Offer(name, Kind.Module, Rank.MEANT, "standard library", about=("module", name))


def own_ports(spot: Spot) -> Iterator[Offer]:
    """Return the ports of the declaration at hand."""
    key = spot.owner.key if spot.owner else ""
    return _ports((key, port) for port in declared_ports(spot))


def ports(spot: Spot) -> Iterator[Offer]:
    """Return the ports of the callee, whichever end of the flow that is."""
    if spot.construct.symbols[:2] == ("ALLOW", "FROM"):
        return own_ports(spot)
    return _ports((x.key, port) for x in spot.callees for port in ports_of(x.declaration))


def takes_requests(spot: Spot, kind: Literal["http", "rpc"]) -> bool:
    """Tell whether requests of a kind can be told apart on the ports of the `allow` around."""
    if spot.construct.home != "allow":
        return True
    named = {each.span.text for each in spot.read(("on",), spot.constructs[-2])}
    ports = [
        x
        for x in declared_ports(spot)
        if not named or {x.name.span.text, x.container_port.span.text} & named
    ]
    return not ports or any((each.protocol.text == "grpc") == (kind == "rpc") for each in ports)


def declared_ports(spot: Spot) -> list[s.Port]:
    """Return the ports of the declaration that is being written, those above and those below."""
    found = ports_of(spot.owner.declaration) if spot.owner else []
    for value in spot.parse.values:
        if isinstance(value, list):
            found += (each for each in value if isinstance(each, s.Port))
    return found


def ports_of(declaration: s.Node) -> list[s.Port]:
    """Return the ports that a declaration declares."""
    return [each for each in children(declaration) if isinstance(each, s.Port)]


def _ports(found: Iterable[tuple[str, s.Port]]) -> Iterator[Offer]:
    """Return ports, each name once, with the keys of those that declare them."""
    seen: set[str] = set()
    for key, port in found:
        if port.name.text not in seen:
            seen.add(port.name.text)
            detail = f":{port.container_port.span.text} {port.protocol.text}"
            about = "port", key, port.name.text
            name = spelled(port.name.text)
            yield Offer(name, Kind.Field, Rank.MEANT, detail, about=about, in_list=True)


def versions(spot: Spot) -> Iterator[Offer]:
    """Return the versions that the service's rollouts name."""
    named: dict[str, None] = {}
    nodes: list[s.Node] = [spot.owner.declaration] if spot.owner else []
    nodes += (
        each
        for value in spot.parse.values
        if isinstance(value, list)
        for each in value
        if isinstance(each, s.Node)
    )
    while nodes:
        node = nodes.pop()
        match node:
            case s.Version(name=name) | s.Weight(version=name) | s.When(version=name):
                named.setdefault(name.text)
        if isinstance(node, s.Service | s.Rollout):
            nodes += children(node)
    for version in named:
        yield Offer(version, Kind.Value, Rank.MEANT, "version")
