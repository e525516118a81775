"""Lists of peers: groups opened, names resolved, selectors read."""

from collections.abc import Callable, Iterable, Iterator

from attrs import frozen

from polc import syntax as s
from polc.codes import flows as codes
from polc.codes import names, values
from polc.diagnostics import Diagnostic, Label
from polc.ir import nodes as ir
from polc.lower import ports as lower_ports
from polc.lower import values as literals
from polc.resolve.services import ServiceModel, check_repeats
from polc.resolve.symbols import Symbol, Table
from polc.source import Span

NAME_LABEL = "app.kubernetes.io/name"
KNATIVE_LABEL = "serving.knative.dev/service"


@frozen(eq=False)
class Named:
    """A declared peer, and the place in the list that names it (or the group that holds it)."""

    symbol: Symbol
    at: s.Node


@frozen(eq=False)
class Broad:
    """`any`, `internet`, `self` or `namespace N` (then `word` is `namespace`)."""

    word: str
    namespace: str
    at: s.Node
    written: Span
    """The place of the word itself, in the list or in a group."""


ListedPeer = Named | Broad


def list_peers(
    table: Table,
    peers: tuple[s.Peer, ...],
    scope: str,
    found: list[Diagnostic],
    opened: set[Symbol],
) -> tuple[ListedPeer, ...]:
    """Return every peer of a list with groups opened, each once, in the order written.

    The groups on the way are added to `opened`. One that contains itself is opened once;
    `check_groups` reports it.
    """
    again: list[tuple[s.Node, s.Node]] = []

    def find(ref: s.Ref, where: str) -> Symbol | None:
        return table.find(ref, "peer", where, found)

    listed = open_peers(peers, scope, find, opened, again)
    found += (twice_in_list(one, other) for one, other in again)
    return listed


def twice_in_list(again: s.Node, first: s.Node) -> Diagnostic:
    """Warn of an item of a list that another one names, or holds, as well."""
    return Diagnostic(
        codes.TWICE_IN_LIST,
        f"`{again.span.text}` is in this list twice",
        again.span,
        (Label(first.span, "it is here already"),),
        help="leave it out",
    )


def open_peers(
    peers: tuple[s.Peer, ...],
    scope: str,
    find: Callable[[s.Ref, str], Symbol | None],
    opened: set[Symbol],
    again: list[tuple[s.Node, s.Node]] | None = None,
) -> tuple[ListedPeer, ...]:
    """Return every peer of a list as `list_peers` does; `find` looks a name up in a scope.

    To `again` go items of the list itself that are in it twice, each with the other place.
    """
    listed: dict[object, ListedPeer] = {}
    seen: dict[Symbol, s.Node] = {}
    groups: set[int] = set()

    def enter(key: object, new: ListedPeer) -> None:
        old = listed.setdefault(key, new)
        if old.at is not new.at:
            repeat(*((old.at, new.at) if id(new.at) in groups else (new.at, old.at)))

    def repeat(item: s.Node, other: s.Node) -> None:
        if again is not None and id(item) not in groups:
            again.append((item, other))

    # No recursion: how deep groups lie in each other is for the program to say.
    waiting: list[tuple[s.Peer, s.Node, str]] = [(peer, peer, scope) for peer in reversed(peers)]
    while waiting:
        peer, place, where = waiting.pop()
        match peer:
            case s.BroadPeer(word=word):
                enter((word, ""), Broad(word, "", place, peer.span))
            case s.NamespacePeer(name=name):
                broad = Broad("namespace", name.text, place, peer.span)
                enter(("namespace", name.text), broad)
            case s.Ref():
                symbol = find(peer, where)
                if symbol is None:
                    continue
                if not isinstance(symbol.declaration, s.Group):
                    enter(symbol, Named(symbol, place))
                elif symbol in seen:
                    if peer is place:
                        repeat(place, seen[symbol])
                else:
                    seen[symbol] = place
                    groups.add(id(place))
                    members = reversed(symbol.declaration.peers)
                    waiting += [(member, place, symbol.scope) for member in members]
    opened.update(seen)
    return tuple(listed.values())


def check_groups(table: Table, found: list[Diagnostic]) -> None:
    """Report the members of groups that nothing declares, and each circle of groups once."""
    inner: dict[Symbol, list[tuple[s.Ref, Symbol]]] = {}
    for group in table.of_kind("group"):
        assert isinstance(group.declaration, s.Group)
        refs = [peer for peer in group.declaration.peers if isinstance(peer, s.Ref)]
        members = [(ref, table.find(ref, "peer", group.scope, found)) for ref in refs]
        inner[group] = [(ref, it) for ref, it in members if it is not None and it.kind == "group"]
        first: dict[Symbol, s.Ref] = {}
        for listed, it in members:
            if it is not None and first.setdefault(it, listed) is not listed:
                found.append(twice_in_list(listed, first[it]))
    done: set[Symbol] = set()
    for group in sorted(inner, key=lambda each: each.span.key()):
        path: dict[Symbol, Iterator[tuple[s.Ref, Symbol]]] = {}
        if group not in done:
            path[group] = iter(inner[group])
        while path:
            last = next(reversed(path))
            ref, member = next(path[last], (None, last))
            if ref is None:
                done.add(last)
                del path[last]
            elif member in path:
                circle = list(path)[list(path).index(member) :]
                found.append(_circle(ref, member, circle))
            elif member not in done:
                path[member] = iter(inner[member])


def _circle(ref: s.Ref, member: Symbol, circle: list[Symbol]) -> Diagnostic:
    return Diagnostic(
        names.CYCLIC_DECLARATION,
        f"group `{member.name}` contains itself"
        + "".join(f", through `{each.name}`" for each in circle[-1:] if each is not member),
        ref.span,
        tuple(Label(each.span, f"group `{each.name}`") for each in circle),
        help="leave it out here",
    )


def service_pods(service: ServiceModel, found: list[Diagnostic]) -> ir.Pods:
    """Return the pods of a service of the program."""
    kind = service.one(s.WorkloadKind)
    knative = kind is not None and kind.kind.text == "knative"
    select = service.one(s.Select)
    labels: ir.Labels
    if select is not None:
        labels = literals.labels(select.entries, found)
        if not select.entries:
            found.append(_selects_all(select))
    else:
        name = kind.names[0].text if kind and kind.names and knative else service.name
        own = service.namespace.label
        labels = ((KNATIVE_LABEL if knative else own.value if own else NAME_LABEL, name),)
    account = service.one(s.Account)
    return ir.Pods(
        service.key,
        service.namespace.name,
        labels,
        account.name.text if account else service.name,
        "workload",
        knative,
        span=service.symbol.span,
    )


def extern_of(symbol: Symbol, found: list[Diagnostic]) -> ir.Extern | None:
    """Return the pods and ports of an extern service or gateway."""
    declaration = symbol.declaration
    assert isinstance(declaration, s.ExternService | s.Gateway)
    check_repeats(declaration.statements, found)
    select = next((each for each in declaration.statements if isinstance(each, s.Select)), None)
    account = next((each for each in declaration.statements if isinstance(each, s.Account)), None)
    uses = next((each for each in declaration.statements if isinstance(each, s.Uses)), None)
    ports = tuple(each for each in declaration.statements if isinstance(each, s.Port))
    on_nodes = any(isinstance(each, s.HostNetwork) for each in declaration.statements)
    if select is None:
        if not declaration.broken:
            found.append(
                Diagnostic(
                    names.MISSING_STATEMENT,
                    f"the {symbol.kind} `{symbol.name}` does not say which pods it is",
                    symbol.span,
                    help='add `select { LABEL: "VALUE" }`',
                )
            )
        return None
    if not select.entries:
        found.append(_selects_all(select))
    pods = ir.Pods(
        symbol.key,
        symbol.key.partition("/")[0],
        literals.labels(select.entries, found),
        account.name.text if account else None,
        "gateway" if isinstance(declaration, s.Gateway) else "extern",
        uses=uses.gateway.value if uses else None,
        host_network=on_nodes,
        in_mesh=not on_nodes and not _is_outside_mesh(declaration.statements, found),
        span=symbol.span,
    )
    return ir.Extern(pods, lower_ports.lower_ports(ports, found))


def _is_outside_mesh(statements: Iterable[s.Node], found: list[Diagnostic]) -> bool:
    """Tell whether an extern service says `mesh none`."""
    mesh = next((each for each in statements if isinstance(each, s.Mesh)), None)
    if mesh is None:
        return False
    if [word.text for word in mesh.words] == ["none"]:
        return True
    found.append(
        Diagnostic(
            values.UNKNOWN_WORD,
            "an extern service says of the mesh only that it is not in it",
            mesh.words[0].span.to(mesh.words[-1].span),
            help="write `mesh none`, or leave it out",
        )
    )
    return False


def _selects_all(select: s.Select) -> Diagnostic:
    return Diagnostic(
        codes.BAD_PEER,
        "an empty selector means every pod of the namespace",
        select.span,
        help="name at least one label of these pods",
    )


def lower_endpoint(
    symbol: Symbol, found: list[Diagnostic]
) -> tuple[ir.Addresses | tuple[ir.Host, ...], tuple[ir.Port, ...]] | None:
    """Return where an endpoint is (addresses, or host names) and its ports."""
    declaration = symbol.declaration
    assert isinstance(declaration, s.Endpoint)
    check_repeats(declaration.statements, found)
    hosts = next((each for each in declaration.statements if isinstance(each, s.Hosts)), None)
    blocks = next((each for each in declaration.statements if isinstance(each, s.Blocks)), None)
    ports = lower_ports.lower_ports(
        tuple(each for each in declaration.statements if isinstance(each, s.Port)), found
    )
    if (hosts is None) == (blocks is None):
        if not declaration.broken:
            found.append(
                Diagnostic(
                    names.MISSING_STATEMENT,
                    f"endpoint `{symbol.name}` needs either `host` or `cidr`",
                    symbol.span,
                    help='say where it is: `host "api.example.com"` or `cidr 203.0.113.0/24`',
                )
            )
        return None
    if hosts is not None:
        lowered = [literals.host(host, found) for host in hosts.hosts]
        return tuple(ir.Host(symbol.name, host) for host in lowered if host is not None), ports
    assert blocks is not None
    addresses = lower_blocks(symbol.name, blocks, found)
    return (addresses, ports) if addresses is not None else None


def lower_blocks(name: str, blocks: s.Blocks, found: list[Diagnostic]) -> ir.Addresses | None:
    """Return address blocks, each with the exceptions that lie in it."""
    import ipaddress

    cidrs = [(cidr, literals.cidr(cidr, found)) for cidr in blocks.cidrs]
    nets = [ipaddress.ip_network(text) for _, text in cidrs if text is not None]
    excepts: dict[str, list[str]] = {str(net): [] for net in nets}
    for cidr in blocks.excepts:
        text = literals.cidr(cidr, found)
        if text is None:
            continue
        inner = ipaddress.ip_network(text)
        homes = [
            net
            for net in nets
            if net.version == inner.version and inner != net and inner.subnet_of(net)  # type: ignore[arg-type]
        ]
        if not homes and len(nets) == len(cidrs):
            found.append(
                Diagnostic(
                    values.BAD_CIDR,
                    f"`{text}` lies in none of the blocks that it is an exception of",
                    cidr.span,
                    help="an exception is a strict part of a block before `except`",
                )
            )
        for home in homes:
            excepts[str(home)].append(text)
    made = tuple(ir.Block(net, _widest(excepts[net])) for net in sorted(excepts))
    return ir.Addresses(name, made) if made else None


def _widest(cidrs: Iterable[str]) -> tuple[str, ...]:
    """Return blocks of one address family, sorted, without those that lie in another one."""
    import ipaddress

    end, kept = -1, []
    nets = map(ipaddress.ip_network, cidrs)
    for net in sorted(nets, key=lambda each: (int(each.network_address), each.prefixlen)):
        # Blocks lie within one another or apart: the wider one comes first.
        if int(net.broadcast_address) > end:
            end = int(net.broadcast_address)
            kept.append(str(net))
    return tuple(sorted(kept))


def internet(internal: tuple[str, ...]) -> ir.Addresses:
    """Return everything outside the cluster, both address families."""
    v4 = _widest(block for block in internal if ":" not in block)
    v6 = _widest(block for block in internal if ":" in block)
    return ir.Addresses("internet", (ir.Block("0.0.0.0/0", v4), ir.Block("::/0", v6)))
