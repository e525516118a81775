"""What each name in a text refers to, for everything that navigates."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, get_args

from attrs import fields, frozen

from polc import syntax as s
from polc.ir.nodes import Port
from polc.lsp import meant
from polc.lsp.meant import Callee
from polc.lsp.trees import Piece, Tree
from polc.resolve.symbols import KINDS, Space, Table
from polc.source import Span

Kind = Space | Literal["namespace", "port", "version", "module", "file"]


class Target(NamedTuple):
    """What a name may refer to; ports and versions belong to the declaration `owner`."""

    kind: Kind
    key: str
    owner: str = ""

    @property
    def name(self) -> str:
        """The bare name."""
        return self.key.rpartition("/")[2].rpartition(".")[2]


@frozen
class Use:
    """A name in a text: what it refers to, and whether it declares that."""

    span: Span
    targets: tuple[Target, ...]
    declares: bool = False


class Placed(NamedTuple):
    """A declaration with the scope in which it stands, as `resolve.symbols.collect` sees it."""

    declaration: s.Declaration
    scope: str
    piece: Piece


def placed(tree: Tree, module: str = "") -> Iterator[Placed]:
    """Return the declarations of a file."""
    scope = module
    for piece in tree.pieces:
        for declaration in piece.declarations:
            if isinstance(declaration, s.Namespace):
                scope = declaration.name.text
            yield Placed(declaration, scope, piece)


def children(node: s.Node) -> Iterator[s.Node]:
    """Return the nodes directly inside of a node, in no order to rely on."""
    for each in fields(type(node)):
        value = getattr(node, each.name)
        if isinstance(value, s.Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, s.Node))


def path_to(node: s.Node, offset: int) -> list[s.Node]:
    """Return the nodes around an offset, from `node` down to the smallest."""
    path: list[s.Node] = []
    inside: s.Node | None = node
    while inside is not None:
        path.append(inside)
        around = [
            each for each in children(inside) if each.span.offset <= offset <= each.span.end_offset
        ]
        # Where two touch, the offset belongs to the one that starts there.
        inside = max(around, key=lambda each: each.span.offset, default=None)
    return path


def nodes_at(tree: Tree, offset: int) -> list[s.Node]:
    """Return the nodes around an offset of a file, from the declaration to the smallest."""
    piece = tree.piece_at(offset)
    for declaration in piece.declarations if piece else ():
        if declaration.span.offset <= offset <= declaration.span.end_offset:
            return path_to(declaration, offset)
    return []


def owner_key(place: Placed) -> str:
    """Return the key that a declaration has in the table."""
    declaration = place.declaration
    if isinstance(declaration, s.Import):
        return ""
    name = declaration.name.text
    if isinstance(declaration, s.Namespace | s.Environment) or not place.scope:
        return name
    if isinstance(declaration, s.ExternService | s.Gateway) and declaration.namespace is not None:
        return f"{declaration.namespace.text}/{name}"
    if place.scope.startswith("std."):
        return f"{place.scope}.{name}"
    return name if isinstance(declaration, s.Cluster) else f"{place.scope}/{name}"


def uses(table: Table, place: Placed) -> Iterator[Use]:
    """Return every name in a declaration that refers to something, or declares it."""
    declaration = place.declaration
    if isinstance(declaration, s.Import):
        kind: Kind = "module" if isinstance(declaration.target, s.Name) else "file"
        target = declaration.target
        text = target.text if isinstance(target, s.Name) else target.value
        yield Use(target.span, (Target(kind, text),))
        return
    space: Kind = KINDS[type(declaration)][0] if type(declaration) in KINDS else "namespace"
    key = owner_key(place)
    yield Use(declaration.name.span, (Target(space, key),), declares=True)
    yield from _Walk(table, place.scope, key).of_declaration(declaration)


class _Walk(NamedTuple):
    table: Table
    scope: str
    owner: str

    def of_declaration(self, declaration: s.Declaration) -> Iterator[Use]:
        """Return the uses in a declaration, but for its own name."""
        match declaration:
            case s.Cluster(extends=s.Ref() as ref):
                yield from self._ref(ref, "cluster")
                for item in declaration.items:
                    yield from self._of(item)
            case s.Profile(extends=s.Ref() as ref):
                yield from self._ref(ref, "profile")
                for part in declaration.items:
                    yield from self._of(part)
            case (
                s.ExternService(namespace=s.Name() as name) | s.Gateway(namespace=s.Name() as name)
            ):
                yield Use(name.span, (Target("namespace", name.text),))
                yield from self.inside(declaration)
            case _:
                yield from self.inside(declaration)

    def inside(self, node: s.Node) -> Iterator[Use]:
        """Return the uses in the parts of a node."""
        for each in children(node):
            yield from self._of(each)

    def _of(self, node: s.Node) -> Iterator[Use]:
        match node:
            case s.Ref():
                yield from self._ref(node, "peer")
            case s.Harden(profile=ref):
                yield from self._ref(ref, "profile")
            case s.HasRole(role=ref):
                yield from self._ref(ref, "role")
                yield from (
                    use for part in (node.scope, node.qualifiers) for use in self._opt(part)
                )
            case s.EnvironmentCluster(cluster=ref):
                yield from self._ref(ref, "cluster")
            case s.EnvironmentService(service=ref):
                yield from self._ref(ref, "peer")
                owners = tuple(x.key for x in self.table.candidates(ref, "peer", self.scope))
                for statement in node.statements:
                    yield from self._replace(owner=owners[0] if owners else "")._of(statement)
            case s.NamespacePeer(name=name):
                yield Use(name.span, (Target("namespace", name.text),))
            case s.Scope(namespace=s.Name() as name):
                yield Use(name.span, (Target("namespace", name.text),))
            case s.Qualifiers(only_in=names):
                for name in names:
                    yield Use(name.span, (Target("environment", name.text),))
            case s.Port(name=name):
                yield Use(name.span, (Target("port", name.text, self.owner),), declares=True)
            case s.Probe(port=s.Name() | s.Number() as port):
                own = self._own
                yield _port_use(port, meant.probed(port, own), (own,) if own else ())
            case s.Version(name=name):
                yield Use(name.span, (Target("version", name.text, self.owner),), declares=True)
            case s.When(version=name) | s.Weight(version=name):
                yield Use(name.span, (Target("version", name.text, self.owner),))
            case s.Allow():
                yield from self._allow(node)
            case _:
                yield from self.inside(node)

    def _opt(self, node: s.Node | None) -> Iterator[Use]:
        return iter(()) if node is None else self._of(node)

    def _ref(self, ref: s.Ref, space: Space) -> Iterator[Use]:
        if ref.namespace is not None:
            yield Use(ref.namespace.span, (Target("namespace", ref.namespace.text),))
        found = self.table.candidates(ref, space, self.scope)
        yield Use(ref.name.span, tuple(Target(space, symbol.key) for symbol in found))

    @property
    def _own(self) -> Callee | None:
        symbol = self.table.symbols.get(("peer", self.owner))
        return Callee(self.owner, symbol.declaration) if symbol else None

    def _allow(self, allow: s.Allow) -> Iterator[Use]:
        for part in (*allow.peers, allow.via, allow.qualifiers):
            yield from self._opt(part)
        if allow.ports:
            callees = meant.callees(self.table, allow, self.scope, self._own)
            for port in allow.ports:
                yield _port_use(port, meant.ports(port, callees), callees)


def _port_use(
    written: s.Name | s.Number,
    found: tuple[tuple[Callee, Port], ...],
    callees: tuple[Callee, ...],
) -> Use:
    """Return the use of a port; a name that nobody has is of whoever could have it."""
    targets = tuple(dict.fromkeys(Target("port", port.name, callee.key) for callee, port in found))
    if not targets and isinstance(written, s.Name):
        targets = tuple(dict.fromkeys(Target("port", written.text, each.key) for each in callees))
    return Use(written.span, targets)


def declared_at(table: Table, target: Target, places: Iterable[Placed]) -> tuple[Span, ...]:
    """Return where something is declared; a namespace in each place that opens it."""
    kind, key, owner = target
    if kind == "namespace":
        return tuple(
            place.declaration.name.span
            for place in places
            if isinstance(place.declaration, s.Namespace) and place.declaration.name.text == key
        )
    if kind in ("port", "version"):
        symbol = table.symbols.get(("peer", owner))
        if symbol is None:
            return ()
        return tuple(
            use.span
            for use in _Walk(table, symbol.scope, owner).of_declaration(symbol.declaration)
            if use.declares and target in use.targets
        )
    return tuple(
        symbol.span
        for space in get_args(Space)
        if space == kind and (symbol := table.symbols.get((space, key))) is not None
    )
