"""Facts about the cluster: which one holds, what it inherits, and what polc assumes otherwise."""

from collections.abc import Callable, Collection
from typing import Literal, TypeVar

from polc import syntax as s
from polc.codes import clusters, names, values
from polc.diagnostics import Diagnostic, Label
from polc.ir import nodes as ir
from polc.load import PRELUDE
from polc.lower import values as literals
from polc.lower.peers import Named, extern_of, list_peers, lower_endpoint
from polc.lower.words import first_word, unknown
from polc.parse.names import spelled
from polc.prose import listed
from polc.resolve.symbols import LEVELS, Symbol, Table
from polc.source import Span, nowhere
from polc.suggest import MANY, did_you_mean, some

T = TypeVar("T")
Cni = Literal["kubernetes", "cilium"]
C = TypeVar("C", s.Mesh, s.Cni, s.TrustDomain, s.ApiServer, s.Nodes, s.Internal)

NEVER_OUTSIDE = ("127.0.0.0/8", "169.254.0.0/16", "::1/128", "fe80::/10")
"""Loopback and link-local ranges (RFC 1122, 3927, 4291), which `internet` always leaves out.

The cloud's metadata server, with the node's credentials, answers on 169.254.169.254.
"""

PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Private and shared ranges (RFC 1918, 6598, 4193): pods, Services and nodes live there.

`internet` leaves them out unless the cluster says what is `internal`.
"""

_DEFAULTS: dict[str, str] = {
    "dns": "kube-system/kube-dns",
    "istiod": "istio-system/istiod",
    "knative-activator": "knative-serving/activator",
    "knative-autoscaler": "knative-serving/autoscaler",
    "knative-gateway": "istio-system/knative-local-gateway",
}


def choose_environment(
    table: Table, environment: str | None, found: list[Diagnostic]
) -> Symbol | None:
    """Return the environment to build for; none is fine unless one was asked for by name."""
    if environment is None:
        return None
    symbol = table.symbols.get(("environment", environment))
    if symbol is None:
        known = [each.name for each in table.of_kind("environment")]
        found.append(
            Diagnostic(
                clusters.UNKNOWN_ENVIRONMENT,
                f"the program has no environment `{environment}`",
                _program_span(table),
                help=did_you_mean(environment, known)
                or (f"known: {some(known)}" if known else None),
            )
        )
    return symbol


def choose_cluster(
    table: Table, environment: Symbol | None, found: list[Diagnostic]
) -> Symbol | None:
    """Return the cluster that holds: the environment's, or the program's only one."""
    if environment is not None:
        assert isinstance(environment.declaration, s.Environment)
        chosen = [
            item for item in environment.declaration.items if isinstance(item, s.EnvironmentCluster)
        ]
        for again in chosen[1:]:
            found.append(
                Diagnostic(
                    names.DUPLICATE_STATEMENT,
                    "`cluster` stands twice",
                    again.span,
                    (Label(chosen[0].span, "it stands here already"),),
                )
            )
        if chosen:
            return table.find(chosen[0].cluster, "cluster", environment.scope, found)
    own = [symbol for symbol in table.of_kind("cluster") if not symbol.library]
    if len(own) <= 1:
        return own[0] if own else table.symbols.get(("cluster", f"{PRELUDE}.kubernetes"))
    environments = [each.name for each in table.of_kind("environment")]
    found.append(
        Diagnostic(
            clusters.AMBIGUOUS_CLUSTER if environment is None else clusters.NO_CLUSTER,
            "the program has several clusters, and no environment is chosen"
            if environment is None
            else f"environment `{environment.name}` does not say which cluster it is",
            own[0].span if environment is None else environment.span,
            tuple(Label(symbol.span, f"`{symbol.name}`") for symbol in own[1:MANY]),
            help=(
                "choose one: " + some([f"--env {name}" for name in environments], " or ")
                if environment is None and environments
                else "say where each is meant:"
                f" `environment NAME {{ cluster {spelled(own[0].name)} }}`"
                if environment is None
                else "write `cluster NAME` in the environment"
            ),
        )
    )
    return None


def lower_cluster(table: Table, symbol: Symbol, found: list[Diagnostic]) -> ir.Cluster | None:
    """Turn a cluster and all that it extends into facts; None where a fact is missing."""
    items: list[tuple[s.ClusterItem, str]] = []
    for each in chain(table, symbol, found):
        assert isinstance(each.declaration, s.Cluster)
        _check_repeats(each.declaration, found)
        items += [(item, each.scope) for item in each.declaration.items]
    externs: dict[str, ir.Extern] = {}
    caches: tuple[tuple[ir.Addresses, tuple[ir.Port, ...]], ...] = ()
    for kind, default in _DEFAULTS.items():
        facts = [
            (item, scope)
            for item, scope in items
            if isinstance(item, s.Platform) and item.kind == kind
        ]
        if facts:
            item, scope = facts[-1]
            if kind == "dns":
                extern, caches = _resolvers(table, item, scope, found)
            else:
                extern = _platform(table, item, scope, found)
        else:
            extern = extern_of(table.symbols["peer", default], [])
        if extern is None:
            return None
        externs[kind] = extern
    mesh = _last(items, s.Mesh, lambda item: _mesh(item, found))
    cni: Cni | None = _last(items, s.Cni, lambda item: _cni(item, found))
    trust = _last(items, s.TrustDomain, lambda item: literals.host(item.value, found, dotted=False))
    internal = _last(items, s.Internal, lambda item: _cidrs(item.cidrs, found))
    nodes = _last(items, s.Nodes, lambda item: _cidrs(item.cidrs, found))
    return ir.Cluster(
        name=symbol.name,
        mesh=mesh or ir.Mesh.NONE,
        cni=cni or "kubernetes",
        trust_domain=trust or "cluster.local",
        dns=externs["dns"],
        istiod=externs["istiod"],
        knative_activator=externs["knative-activator"],
        knative_autoscaler=externs["knative-autoscaler"],
        knative_gateway=externs["knative-gateway"],
        api_server=_last(items, s.ApiServer, lambda item: _api_server(item, found)),
        internal=tuple(sorted({*NEVER_OUTSIDE, *(internal or PRIVATE)})),
        dns_caches=caches,
        nodes=tuple(map(ir.Block, dict.fromkeys(nodes or ()))),
        span=symbol.span,
    )


def chain(
    table: Table, symbol: Symbol, found: list[Diagnostic], known: Collection[Symbol] = ()
) -> tuple[Symbol, ...]:
    """Return a cluster or profile behind all that it extends, the base first.

    It ends before what is `known`, whose own bases are not looked at again.
    """
    line = [symbol]
    places = {symbol: 0}
    while True:
        declaration = line[-1].declaration
        assert isinstance(declaration, s.Cluster | s.Profile)
        if declaration.extends is None or is_level(declaration.extends):
            return tuple(reversed(line))
        base = table.find(declaration.extends, line[-1].space, line[-1].scope, found)
        if base in places:
            found.append(_circle(line[places[base] :]))
        if base is None or base in places or base in known:
            return tuple(reversed(line))
        places[base] = len(line)
        line.append(base)


def _circle(members: list[Symbol]) -> Diagnostic:
    """Report a circle at the end of it that leads back to what is written first."""
    at = min(range(len(members)), key=lambda at: members[at].span.key())
    circle = [*members[at:], *members[:at]]
    first, last = circle[0], circle[-1]
    assert isinstance(last.declaration, s.Cluster | s.Profile)
    assert last.declaration.extends is not None
    return Diagnostic(
        names.CYCLIC_DECLARATION,
        f"{first.kind} `{first.name}` extends itself"
        + (f", through `{last.name}`" if last is not first else ""),
        last.declaration.extends.span,
        tuple(Label(each.span, f"{each.kind} `{each.name}`") for each in circle),
        help="let one of them extend something else, or nothing",
    )


def is_level(ref: s.Ref) -> bool:
    """Tell whether a profile is one of the Pod Security Standards, which nothing declares."""
    return ref.namespace is None and ref.name.text in LEVELS


def _last(
    items: list[tuple[s.ClusterItem, str]],
    kind: type[C],
    lower: Callable[[C], T | None],
) -> T | None:
    """Lower the last fact of a kind: what is nearer overrides what is extended."""
    facts = [item for item, _ in items if isinstance(item, kind)]
    return lower(facts[-1]) if facts else None


def _check_repeats(cluster: s.Cluster, found: list[Diagnostic]) -> None:
    """Report facts that a cluster states twice."""
    first: dict[object, s.ClusterItem] = {}
    for item in cluster.items:
        kind = item.kind if isinstance(item, s.Platform) else type(item)
        earlier = first.setdefault(kind, item)
        if earlier is not item:
            word = item.span.text.split()[0]
            found.append(
                Diagnostic(
                    names.DUPLICATE_STATEMENT,
                    f"`{word}` stands twice",
                    item.span,
                    (Label(earlier.span, "it stands here already"),),
                    help="keep one of them",
                )
            )


def _platform(
    table: Table, item: s.Platform, scope: str, found: list[Diagnostic]
) -> ir.Extern | None:
    symbol = table.find(item.service, "peer", scope, found, "extern service")
    if symbol is None:
        return None
    if symbol.kind not in ("extern service", "gateway"):
        found.append(
            Diagnostic(
                names.WRONG_KIND,
                f"`{item.kind}` takes an extern service, and `{symbol.name}` is of kind"
                f" {symbol.kind}",
                item.service.span,
                (Label(symbol.span, "declared here"),),
            )
        )
        return None
    return extern_of(symbol, [])


def _resolvers(
    table: Table, item: s.Platform, scope: str, found: list[Diagnostic]
) -> tuple[ir.Extern | None, tuple[tuple[ir.Addresses, tuple[ir.Port, ...]], ...]]:
    """Return the cluster's DNS, and its caches on the nodes where `dns` is a group with both."""
    symbol = table.find(item.service, "peer", scope, [])
    if symbol is None or not isinstance(symbol.declaration, s.Group):
        return _platform(table, item, scope, found), ()
    dns, caches, wrong = None, [], []
    for peer in list_peers(table, symbol.declaration.peers, symbol.scope, [], set()):
        kind = peer.symbol.kind if isinstance(peer, Named) else ""
        where = (
            lower_endpoint(peer.symbol, [])
            if isinstance(peer, Named) and kind == "endpoint"
            else None
        )
        if isinstance(peer, Named) and kind == "extern service" and dns is None:
            dns = extern_of(peer.symbol, [])
        elif where is not None and isinstance(where[0], ir.Addresses):
            caches.append((where[0], where[1]))
        else:
            wrong.append(_no_resolver(peer.at.span, item))
    if dns is None and not wrong:
        wrong.append(_no_resolver(symbol.span, item))
    found += wrong
    return dns, tuple(caches)


def _no_resolver(span: Span, item: s.Platform) -> Diagnostic:
    return Diagnostic(
        names.WRONG_KIND,
        "a group for `dns` holds one extern service, and endpoints with `cidr` for its caches",
        span,
        (Label(item.service.span, "used here"),),
    )


def _mesh(item: s.Mesh, found: list[Diagnostic]) -> ir.Mesh | None:
    known = {mesh.value: mesh for mesh in ir.Mesh}
    text = " ".join(word.text for word in item.words)
    if text in known:
        return known[text]
    first, *more = item.words
    modes = [mesh.removeprefix(f"{first.text} ") for mesh in known if mesh.split()[0] == first.text]
    message = f"`{text}` is no mesh that polc knows"
    if "\n" in item.span.text:  # the next fact was taken for it
        message, at = "expected a mesh after `mesh`", first_word(item.span, "mesh")
        help_line = f"write {listed(known, 'or')}"
        found.append(Diagnostic(values.UNKNOWN_WORD, message, at, help=help_line))
    elif not modes:
        found.append(unknown(values.UNKNOWN_WORD, message, first.span, first.text, known))
    elif more:
        found.append(unknown(values.UNKNOWN_WORD, message, more[0].span, more[0].text, modes))
    else:
        help_line = "say how pods join it: " + listed((f"{text} {mode}" for mode in modes), "or")
        found.append(Diagnostic(values.UNKNOWN_WORD, message, first.span, help=help_line))
    return None


def _cni(item: s.Cni, found: list[Diagnostic]) -> Cni | None:
    known: dict[str, Cni]
    known = {"kubernetes": "kubernetes", "cilium": "cilium"}
    word, span = item.value.text, item.value.span
    if word not in known:
        found.append(
            unknown(
                values.UNKNOWN_WORD,
                f"`{word}` is no network plug-in that polc knows",
                span,
                word,
                known,
                otherwise="write `kubernetes` for any plug-in that enforces NetworkPolicy",
            )
        )
    return known.get(word)


def _cidrs(cidrs: tuple[s.Cidr, ...], found: list[Diagnostic]) -> tuple[str, ...] | None:
    blocks = [literals.cidr(cidr, found) for cidr in cidrs]
    return tuple(sorted(block for block in blocks if block is not None)) or None


def _api_server(item: s.ApiServer, found: list[Diagnostic]) -> tuple[ir.Addresses, int] | None:
    blocks = _cidrs(item.cidrs, found)
    port = literals.port_number(item.port, found)
    if blocks is None or port is None:
        return None
    return ir.Addresses("api-server", tuple(ir.Block(block) for block in blocks)), port


def _program_span(table: Table) -> Span:
    """Return a place for what concerns the whole program."""
    symbols = table.of_kind("environment") or table.of_kind("service")
    return symbols[0].span if symbols else nowhere()
