"""The outline of a block: what it declares, line by line, kept for as long as its text is."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lsprotocol.types import SymbolKind

from polc import syntax as s
from polc.lsp.text import Encoding, Text
from polc.lsp.trees import Piece
from polc.source import Span

KINDS: dict[type[s.Node], SymbolKind] = {
    s.Import: SymbolKind.Module,
    s.Namespace: SymbolKind.Namespace,
    s.Cluster: SymbolKind.Constant,
    s.Service: SymbolKind.Class,
    s.ExternService: SymbolKind.Interface,
    s.Gateway: SymbolKind.Interface,
    s.Endpoint: SymbolKind.Object,
    s.Group: SymbolKind.Struct,
    s.Role: SymbolKind.Function,
    s.Profile: SymbolKind.TypeParameter,
    s.Environment: SymbolKind.Package,
    s.EnvironmentService: SymbolKind.Class,
    s.Port: SymbolKind.Field,
    s.Allow: SymbolKind.Event,
    s.Can: SymbolKind.Key,
    s.CanPath: SymbolKind.Key,
    s.HasRole: SymbolKind.Key,
    s.Rollout: SymbolKind.Enum,
    s.When: SymbolKind.Operator,
    s.Weight: SymbolKind.EnumMember,
    s.Version: SymbolKind.EnumMember,
}
"""How what a program says looks in an editor's lists; what is not here is in none."""
_LONGEST = 80

Place = tuple[int, int, int, int]
"""Line and character of a start and of an end, counted from the start of the block."""


class Entry(NamedTuple):
    """A line of an outline; `span` is all that it stands for, `at` the name in it."""

    kind: SymbolKind
    name: str
    detail: str
    span: Place
    at: Place
    children: tuple["Entry", ...] = ()


def outline(piece: Piece, encoding: Encoding) -> tuple[Entry, ...]:
    """Return an entry for each declaration of a block."""
    known: dict[Encoding, tuple[Entry, ...]] = piece.__dict__.setdefault("outline", {})
    if encoding not in known:
        maker = _Maker(Text.of(piece.block.text), encoding)
        known[encoding] = tuple(map(maker.of_declaration, piece.declarations))
    return known[encoding]


class _Maker(NamedTuple):
    text: Text
    encoding: Encoding

    def of_declaration(self, node: s.Declaration) -> Entry:
        """Return the entry of a declaration, with those of its statements."""
        name: s.Name | s.String
        match node:
            case s.Import(target=name):
                return self._entry(node, name.span.text, "", name.span)
            case s.Service() | s.ExternService() | s.Gateway() | s.Endpoint():
                parts: Iterable[s.Node] = node.statements
            case s.Role(grants=parts) | s.Environment(items=parts):
                pass
            case _:
                parts = ()
        children = tuple(each for part in parts for each in self._of_part(part))
        return self._entry(node, node.name.text, _detail(node), node.name.span, children)

    def _of_part(self, node: s.Node) -> Iterator[Entry]:
        match node:
            case s.Port(name=name, container_port=container):
                numbers = _text(*filter(None, (node.service_port,)), container, sep=" -> ")
                yield self._entry(node, name.text, f"{numbers} {node.protocol.text}", name.span)
            case s.Allow(direction=direction, peers=peers):
                ports = f"on {_text(*node.ports)}" if node.ports else ""
                requests = f"{{ {_text(*node.requests, sep='  ')} }}" if node.requests else ""
                detail = f"{ports} {requests}".strip()
                yield self._entry(node, f"allow {direction} {_text(*peers)}", detail)
            case s.Can(verbs=verbs, resources=resources):
                detail = node.scope.span.text if node.scope else ""
                yield self._entry(node, f"can {_text(*verbs)} {_text(*resources)}", detail)
            case s.CanPath(verbs=verbs, paths=paths):
                yield self._entry(node, f"can {_text(*verbs)} path {_text(*paths)}", "")
            case s.HasRole(role=role):
                detail = node.scope.span.text if node.scope else ""
                yield self._entry(node, f"has role {_text(role)}", detail, role.span)
            case s.Rollout(items=items):
                children = tuple(each for item in items for each in self._of_part(item))
                yield self._entry(node, "rollout", "", children=children)
            case s.When(conditions=conditions, version=version):
                detail = f"when {_text(*conditions, sep=' and ')}"
                yield self._entry(node, version.text, detail, version.span)
            case s.Weight(version=version, percent=percent):
                yield self._entry(node, version.text, f"{percent.text}%", version.span)
            case s.Version(name=name):
                yield self._entry(node, name.text, "version", name.span)
            case s.EnvironmentService(service=ref, statements=parts):
                children = tuple(each for part in parts for each in self._of_part(part))
                yield self._entry(node, _text(ref), "", ref.span, children)

    def _entry(
        self,
        node: s.Node,
        name: str,
        detail: str,
        at: Span | None = None,
        children: tuple[Entry, ...] = (),
    ) -> Entry:
        span = self._place(node.span)
        here = span if at is None else self._place(at)
        return Entry(KINDS[type(node)], _cut(name), _cut(detail), span, here, children)

    def _place(self, span: Span) -> Place:
        start = self.text.position(span.start, self.encoding)
        return (*start, *self.text.position(span.end, self.encoding))


def _detail(node: s.Declaration) -> str:
    match node:
        case s.ExternService(namespace=s.Name(text=text)) | s.Gateway(namespace=s.Name(text=text)):
            return f"in {text}"
        case s.Profile(extends=s.Ref() as ref) | s.Cluster(extends=s.Ref() as ref):
            return f"extends {_text(ref)}"
        case s.Group(peers=peers):
            return _text(*peers)
        case s.Environment(items=items):
            return _text(*(each for each in items if isinstance(each, s.EnvironmentCluster)))
        case s.Endpoint(statements=parts):
            return _text(*(each for each in parts if isinstance(each, s.Hosts | s.Blocks)))
    return ""


def _text(*nodes: s.Node, sep: str = ", ") -> str:
    """Return how some nodes are written, each without line breaks and comments of its own."""
    return sep.join(" ".join(node.span.text.split()) for node in nodes)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
