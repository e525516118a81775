"""From reductions to nodes: one function per production of the grammar, under its name.

A function gets the builder, the first symbol of the production, and what else the grammar keeps
(see policy.lark). A terminal is the number of its token; what is not a node is a plain list or
tuple. A function that returns None makes the statement count as not written.
"""

from collections.abc import Callable
from typing import Any

from polc import syntax as s
from polc.diagnostics import Code, Diagnostic
from polc.parse.lexer import Tokens, unquote
from polc.parse.names import quoted_name_problem, quoted_object_problem
from polc.source import Anchor, Span


class Builder:
    """What reductions need to know: the tokens of a block, and what was found so far."""

    __slots__ = ("anchor", "broken", "doc", "found", "last", "offsets", "pieces", "spoilt")

    def __init__(self, anchor: Anchor, tokens: Tokens) -> None:
        self.anchor = anchor
        self.pieces = tokens.pieces
        self.offsets = tokens.offsets
        self.last = 0
        """The token shifted last; what is being reduced ends there."""
        self.found: list[Diagnostic] = []
        self.broken = False
        """Something of the declaration at hand was dropped or mended."""
        self.spoilt = False
        """The statement at hand has been reported, and must not get into the tree."""

        self.doc = ""
        """What the comment above the declaration at hand says."""

    def restart(self) -> None:
        """Forget what is about the declaration at hand."""
        self.broken = self.spoilt = False
        self.doc = ""

    def span(self, first: int | s.Node) -> Span:
        """Return the span from a token, or a node, to the token shifted last."""
        end = self.offsets[self.last + 1]
        if isinstance(first, int):
            return Span(self.anchor, self.offsets[first], end)
        return Span(self.anchor, first.span.start, end)

    def token_span(self, token: int) -> Span:
        """Return the span of one token."""
        return Span(self.anchor, self.offsets[token], self.offsets[token + 1])

    def report(self, code: Code, message: str, span: Span, help: str | None = None) -> None:
        """Add a diagnostic."""
        self.found.append(Diagnostic(code, message, span, help=help))

    def text(self, token: int) -> str:
        """Return a token as written."""
        return self.pieces[token]


Action = Callable[..., Any]
ACTIONS: dict[str, Action] = {}
"""Every production by name."""


def action(function: Action) -> Action:
    """Register a production under the name of the function that reduces it."""
    ACTIONS[function.__name__.removesuffix("_")] = function
    return function


def plain(name: str, make: Callable[..., s.Node]) -> None:
    """Register a production whose parts are the fields of a node, in order."""

    def reduce(b: Builder, first: int, *parts: Any) -> s.Node:
        return make(Span(b.anchor, b.offsets[first], b.offsets[b.last + 1]), *parts)

    ACTIONS[name] = reduce


def listed(name: str, make: Callable[..., s.Node]) -> None:
    """Register a production whose parts are lists, which become tuples."""

    def reduce(b: Builder, first: int, *parts: list[Any] | None) -> s.Node:
        span = Span(b.anchor, b.offsets[first], b.offsets[b.last + 1])
        return make(span, *(tuple(part or ()) for part in parts))

    ACTIONS[name] = reduce


def leaf(name: str, make: Callable[[Span, str], s.Node]) -> None:
    """Register a terminal that becomes a node with the text as written."""

    def reduce(b: Builder, first: int) -> s.Node:
        span = Span(b.anchor, b.offsets[first], b.offsets[first + 1])
        return make(span, b.pieces[first])

    ACTIONS[name] = reduce


# --- lists ------------------------------------------------------------------------------------


@action
def same(b: Builder, first: Any) -> Any:
    """Pass a single symbol through."""
    return first


@action
def all_(b: Builder, first: list[Any]) -> list[Any]:
    """Take a list with its trailing comma."""
    return first


@action
def first_(b: Builder, item: Any) -> list[Any]:
    """Start a list."""
    if item is None:
        b.broken = True
        return []
    return [item]


@action
def more(b: Builder, items: list[Any], item: Any) -> list[Any]:
    """Go on with a list."""
    if item is None:
        b.broken = True
    else:
        items.append(item)
    return items


@action
def empty(b: Builder, first: int) -> list[Any]:
    """Take `{ }` or `[ ]`."""
    return []


@action
def braced(b: Builder, first: int, items: list[Any]) -> list[Any]:
    """Take the inside of braces or brackets."""
    return items


# --- leaves -------------------------------------------------------------------------------------

leaf("word", s.Name)
leaf("number", s.Number)
leaf("cidr", s.Cidr)
leaf("upper", s.Word)


@action
def string(b: Builder, token: int) -> s.String:
    """Resolve the escapes of a string."""
    literal = b.pieces[token]
    value = unquote(literal) if "\\" in literal or literal[-1] != '"' else literal[1:-1]
    return s.String(Span(b.anchor, b.offsets[token], b.offsets[token + 1]), value)


@action
def quoted(b: Builder, token: int) -> s.Name:
    """Take a string for a name, if it could be one."""
    name = s.Name(b.token_span(token), unquote(b.pieces[token]))
    problem = quoted_name_problem(name.text, name.span)
    if problem:
        b.found.append(problem)
        b.broken = True
    return name


@action
def quoted_object(b: Builder, token: int) -> s.Name:
    """Take a string for the name of an object of Kubernetes."""
    name = s.Name(b.token_span(token), unquote(b.pieces[token]))
    problem = quoted_object_problem(name.text, name.span)
    if problem:
        b.found.append(problem)
        b.broken = True
    return name


@action
def quoted_key(b: Builder, token: int) -> s.Name:
    """Take a string for the key of a label; that it is one is for later to say."""
    return s.Name(b.token_span(token), unquote(b.pieces[token]))


@action
def key(b: Builder, token: int, name: int | None = None) -> s.Name:
    """Take the key of a label: `app`, or `app.kubernetes.io/name`."""
    end = token if name is None else name
    text = b.pieces[token] if name is None else f"{b.pieces[token]}/{b.pieces[end]}"
    return s.Name(Span(b.anchor, b.offsets[token], b.offsets[end + 1]), text)


@action
def range_(b: Builder, low: s.Number, high: s.Number | None) -> s.Range:
    """Make a range, or the one number that is both ends of it."""
    return s.Range(low.span if high is None else b.span(low), low, high)


@action
def local_ref(b: Builder, name: s.Name) -> s.Ref:
    """Refer to a name of this namespace, or of the library."""
    return s.Ref(name.span, None, name)


@action
def qualified_ref(b: Builder, namespace: s.Name, name: s.Name) -> s.Ref:
    """Refer to `namespace/name`."""
    return s.Ref(b.span(namespace), namespace, name)
