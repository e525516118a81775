"""The productions that make grants, of a service and of a role."""

from typing import Any

from polc import syntax as s
from polc.codes import privileges as codes
from polc.parse.builder import Builder, action, plain
from polc.parse.qualifiers import qualified
from polc.source import Span

plain("scope", s.Scope)


def _kept(b: Builder, node: Any) -> Any:
    """Return a statement, unless a part of it was refused."""
    spoilt, b.spoilt = b.spoilt, False
    return None if spoilt else node


def _refuse_wildcard(b: Builder, token: int) -> None:
    b.spoilt = True
    at = b.offsets[token] + b.text(token).index("*")
    b.report(
        codes.WILDCARD,
        "there are no wildcards in a grant",
        Span(b.anchor, at, at + 1),
        help="list the verbs and resources that the service needs",
    )


@action
def wildcard(b: Builder, token: int) -> s.Name:
    """Refuse a verb."""
    _refuse_wildcard(b, token)
    return s.Name(b.token_span(token), b.text(token))


@action
def wildcard_resource(b: Builder, token: int, sub: int | None) -> s.Resource:
    """Refuse a resource."""
    _refuse_wildcard(b, token)
    return s.Resource(b.span(token), b.text(token), "", "" if sub is None else b.text(sub))


@action
def wildcard_subresource(b: Builder, token: int, sub: int) -> s.Resource:
    """Refuse a subresource."""
    _refuse_wildcard(b, sub)
    return s.Resource(b.span(token), b.text(token), "", b.text(sub))


@action
def resource(b: Builder, token: int, sub: int | None) -> s.Resource:
    """Make a resource as `kubectl` writes it: `deployments.apps/scale`."""
    name, _, group = b.text(token).partition(".")
    return s.Resource(b.span(token), name, group, "" if sub is None else b.text(sub))


@action
def named(b: Builder, first: int, names: list[s.String]) -> tuple[s.String, ...]:
    """Take the names of a grant."""
    return tuple(names)


@action
def scope_wide(b: Builder, first: int) -> s.Scope:
    """Make the scope of a whole cluster."""
    return s.Scope(b.span(first), None)


@action
def can(
    b: Builder,
    first: int,
    verbs: list[s.Name],
    resources: list[s.Resource],
    names: tuple[s.String, ...] | None,
    where: s.Scope | None,
    extra: s.Qualifiers | None,
) -> Any:
    """Make a grant."""
    parts = tuple(verbs), tuple(resources), names or (), where, qualified(b, extra)
    return _kept(b, s.Can(b.span(first), *parts))


@action
def can_path(
    b: Builder,
    first: int,
    verbs: list[s.Name],
    paths: list[s.String],
    extra: s.Qualifiers | None,
) -> Any:
    """Make a grant of URLs."""
    return _kept(b, s.CanPath(b.span(first), tuple(verbs), tuple(paths), qualified(b, extra)))


@action
def grant(
    b: Builder,
    verbs: list[s.Name],
    resources: list[s.Resource],
    names: tuple[s.String, ...] | None,
    extra: s.Qualifiers | None,
) -> Any:
    """Make a grant of a role."""
    parts = tuple(verbs), tuple(resources), names or (), None, qualified(b, extra)
    return _kept(b, s.Can(b.span(verbs[0]), *parts))


@action
def grant_path(
    b: Builder, verbs: list[s.Name], paths: list[s.String], extra: s.Qualifiers | None
) -> Any:
    """Make a role's grant of URLs."""
    node = s.CanPath(b.span(verbs[0]), tuple(verbs), tuple(paths), qualified(b, extra))
    return _kept(b, node)


@action
def has_role(
    b: Builder, first: int, role: s.Ref, where: s.Scope | None, extra: s.Qualifiers | None
) -> s.HasRole:
    """Make the use of a role."""
    return s.HasRole(b.span(first), role, where, qualified(b, extra))
