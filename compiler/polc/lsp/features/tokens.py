"""Semantic tokens: what each word is, by the syntax tree; full, by range, and as a change.

A block's tokens follow from its own text, so they are kept with it. What can't be read is told by
the lexer alone: comments, strings, numbers and keywords keep their colours on a broken line.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple
from weakref import WeakKeyDictionary

from attrs import fields
from lsprotocol import types

from polc import syntax as s
from polc.lsp.documents import Document
from polc.lsp.feature import Feature, of_document
from polc.lsp.session import View
from polc.lsp.text import Encoding, Text
from polc.lsp.trees import Piece
from polc.parse.lexer import TABLES, tokens

TYPES = (
    "comment",
    "string",
    "number",
    "keyword",
    "operator",
    "namespace",
    "class",  # services, groups, endpoints and other peers
    "property",  # ports, labels
    "type",  # profiles, protocols, resources of the API
    "function",  # roles
    "method",  # verbs
    "enumMember",  # environments, HTTP methods, capabilities, fields of `relax`
    "variable",  # versions, and names of other things
    "struct",  # clusters
)
_TYPE = {name: index for index, name in enumerate(TYPES)}
_DECLARATION = 1
LEGEND = types.SemanticTokensLegend(list(TYPES), ["declaration"])

_BY_TERMINAL = {
    "COMMENT": "comment",
    "STRING": "string",
    "NUMBER": "number",
    "PERCENT": "number",
    "CIDR": "number",
    "DATE": "number",
    "UPPER": "enumMember",
    "WILDCARD": "operator",
}
_MARKS = dict.fromkeys(("->", "..", "=", "/"), "operator")
_DECLARING = (
    s.Namespace
    | s.Cluster
    | s.Service
    | s.ExternService
    | s.Gateway
    | s.Endpoint
    | s.Group
    | s.Role
    | s.Profile
    | s.Environment
    | s.Port
    | s.Version
)
_KINDS: dict[tuple[type, str], str] = {
    (s.Import, "target"): "namespace",
    (s.Namespace, "name"): "namespace",
    (s.NamespacePeer, "name"): "namespace",
    (s.Scope, "namespace"): "namespace",
    (s.ExternService, "namespace"): "namespace",
    (s.Gateway, "namespace"): "namespace",
    (s.Cluster, "name"): "struct",
    (s.Cluster, "extends"): "struct",
    (s.EnvironmentCluster, "cluster"): "struct",
    (s.Role, "name"): "function",
    (s.HasRole, "role"): "function",
    (s.Profile, "name"): "type",
    (s.Profile, "extends"): "type",
    (s.Harden, "profile"): "type",
    (s.WorkloadKind, "kind"): "type",
    (s.Port, "protocol"): "type",
    (s.Port, "name"): "property",
    (s.Allow, "ports"): "property",
    (s.Probe, "port"): "property",
    (s.Probe, "kind"): "enumMember",
    (s.Entry, "key"): "property",
    (s.Can, "verbs"): "method",
    (s.CanPath, "verbs"): "method",
    (s.Environment, "name"): "enumMember",
    (s.Qualifiers, "only_in"): "enumMember",
    (s.Relax, "field"): "enumMember",
    (s.Mesh, "words"): "enumMember",
    (s.Cni, "value"): "enumMember",
    (s.Consent, "value"): "enumMember",
    (s.Account, "name"): "variable",
    (s.WorkloadKind, "names"): "variable",
    (s.Version, "name"): "variable",
    (s.When, "version"): "variable",
    (s.Weight, "version"): "variable",
}
"""What a name is by the field of the node that it stands in; elsewhere it is a peer."""


class _Colours(NamedTuple):
    """A block's tokens as the protocol encodes them, each relative to the one before.

    The first is relative to the start of the block; `lines` and `column` are where the last one
    starts, `column` relative to the block where that is on its first line.
    """

    data: list[int]
    lines: int
    column: int


_ids = count(1)
_last: "WeakKeyDictionary[Document, tuple[str, list[int]]]" = WeakKeyDictionary()
_kept: "WeakKeyDictionary[Piece, _Colours]" = WeakKeyDictionary()


def full(view: View, params: object = None) -> types.SemanticTokens:
    """Return the tokens of a document."""
    data = _encode(view, view.tree.pieces)
    identifier = str(next(_ids))
    _last[view.document] = identifier, data
    return types.SemanticTokens(data, identifier)


def delta(
    view: View, params: types.SemanticTokensDeltaParams
) -> types.SemanticTokens | types.SemanticTokensDelta:
    """Return what changed since the tokens that the client has, or all where that is unknown."""
    before = _last.get(view.document)
    now = full(view)
    if before is None or before[0] != params.previous_result_id:
        return now
    old, new = before[1], now.data
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    if start == len(old) == len(new):
        return types.SemanticTokensDelta([], now.result_id)
    edit = types.SemanticTokensEdit(
        start, len(old) - start - end, list(new[start : len(new) - end])
    )
    return types.SemanticTokensDelta([edit], now.result_id)


def in_range(view: View, params: types.SemanticTokensRangeParams) -> types.SemanticTokens:
    """Return the tokens of the blocks that a range touches."""
    first, last = (
        view.text.offset((at.line, at.character), view.session.encoding)
        for at in (params.range.start, params.range.end)
    )
    touched = (
        piece
        for piece in view.tree.pieces
        if piece.anchor.offset <= last and first <= piece.anchor.offset + len(piece.block.text)
    )
    return types.SemanticTokens(_encode(view, touched))


def _common(some: Sequence[int], others: Sequence[int]) -> int:
    """Return how many numbers two lists start with in common, in whole tokens."""
    same = next(
        (n for n, (a, b) in enumerate(zip(some, others, strict=False)) if a != b),
        min(len(some), len(others)),
    )
    return same - same % 5


def _encode(view: View, pieces: Iterable[Piece]) -> list[int]:
    data: list[int] = []
    line = column = 0
    encoding = view.session.encoding
    for piece in pieces:
        colours = _kept.get(piece)
        if colours is None:
            colours = _kept[piece] = _colours(piece, encoding)
        if not colours.data:
            continue
        top, left = view.text.position(piece.anchor.offset, encoding)
        lines, offset = colours.data[:2]
        start_line, start = top + lines, (left + offset if lines == 0 else offset)
        data += (start_line - line, start - column if start_line == line else start)
        data += colours.data[2:]
        line = top + colours.lines
        column = left + colours.column if colours.lines == 0 else colours.column
    return data


def _colours(piece: Piece, encoding: Encoding) -> _Colours:
    text = Text.of(piece.block.text)
    plain = text.value.isascii()
    named = {start: found for node in piece.declarations for start, found in _names(node)}
    data: list[int] = []
    row = row_start = 0
    line = column = 0
    for token in tokens(text.value):
        if token.kind == "WHITESPACE":
            row = text.line_at(token.end)
            row_start = text.starts[row]
            continue
        kind, modifiers = named.get(token.start, (None, 0))
        kind = kind or _by_lexer(token.kind, token.text)
        if kind is None:
            continue
        at, end = token.start - row_start, token.end - row_start
        if not plain:
            at, end = (text.position(each, encoding)[1] for each in (token.start, token.end))
        data += (row - line, at - column if row == line else at, end - at, _TYPE[kind], modifiers)
        line, column = row, at
    return _Colours(data, line, column)


def _by_lexer(terminal: str, text: str) -> str | None:
    if terminal in _BY_TERMINAL:
        return _BY_TERMINAL[terminal]
    if text in TABLES.words:
        return "keyword"
    return _MARKS.get(text)


def _names(node: s.Node) -> Iterator[tuple[int, tuple[str, int]]]:
    """Return where in its block each name in a node stands, what it is, and its modifiers."""
    for each in fields(type(node)):
        value = getattr(node, each.name)
        declares = each.name == "name" and isinstance(node, _DECLARING)
        kind = _KINDS.get((type(node), each.name), "class")
        for part in value if isinstance(value, tuple) else (value,):
            match part:
                case s.Name():
                    yield part.span.start, (kind, _DECLARATION if declares else 0)
                case s.Ref(namespace=namespace, name=name):
                    if namespace is not None:
                        yield namespace.span.start, ("namespace", 0)
                    yield name.span.start, (kind, 0)
                case s.Resource():
                    yield part.span.start, ("type", 0)
                case s.BroadPeer():
                    yield part.span.start, ("keyword", 0)
                case s.Node():
                    yield from _names(part)


FEATURES = (
    Feature(
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
        of_document(full),
        types.SemanticTokensRegistrationOptions(
            LEGEND, full=types.SemanticTokensFullDelta(delta=True), range=True
        ),
    ),
    Feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA, of_document(delta)),
    Feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, of_document(in_range)),
)
