"""Conditions of a route rule, brought into the one form that both routing APIs share.

VirtualService and HTTPRoute hold one path, one method and one value for each header or
parameter. Two conditions of a kind are therefore joined into one where that is exact, and
refused otherwise. Cookies share a single header, so one of them at most.
"""

import re
from typing import Literal

from attrs import evolve, frozen

from polc.ir.nodes import Condition, Path, RouteRule
from polc.ir.paths import intersect

Kind = Literal["header", "query"]


class Unroutable(Exception):
    """The mesh can't route by this; the message says why, in the words of the program."""


@frozen
class Match:
    """Everything that a request has to be; the pairs are sorted by name.

    `headers` are in lower case, as HTTP/2 sends them. A cookie's value stands apart.
    """

    path: Path | None = None
    method: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    cookie: tuple[str, str] | None = None
    query: tuple[tuple[str, str], ...] = ()

    @property
    def header_count(self) -> int:
        """How many headers it looks at."""
        return len(self.headers) + (self.cookie is not None)


def match_of(rule: RouteRule) -> Match:
    """Join the conditions of a rule; raise `Unroutable` where no request or no API can."""
    joined = Match()
    for condition in rule.conditions:
        joined = _join(joined, condition)
    if joined.cookie is not None and any(name == "cookie" for name, _ in joined.headers):
        raise Unroutable("a cookie and the header `cookie` can't both be matched")
    return joined


def _join(joined: Match, condition: Condition) -> Match:
    value = condition.value
    if isinstance(value, Path):
        path = value if joined.path is None else intersect(joined.path, value)
        if path is None:
            raise Unroutable(f"no path is both `{joined.path}` and `{value}`")
        return evolve(joined, path=path)
    if not value:
        # An empty value in a VirtualService asks only whether the header is there, and HTTPRoute
        # does not take one.
        raise Unroutable(f"`{condition.key}` can't be matched with an empty value")
    match condition.kind:
        case "method":
            if joined.method not in (None, value):
                raise Unroutable(f"no request is both `{joined.method}` and `{value}`")
            return evolve(joined, method=value)
        case "header":
            key = condition.key.lower()
            return evolve(joined, headers=_with(joined.headers, key, value))
        case "query":
            return evolve(joined, query=_with(joined.query, condition.key, value))
        case "cookie":
            if joined.cookie not in (None, (condition.key, value)):
                raise Unroutable("only one cookie can be matched: all share one header")
            return evolve(joined, cookie=(condition.key, value))
        case _:
            raise AssertionError(f"a path has a pattern as its value, not {value!r}")


def _with(pairs: tuple[tuple[str, str], ...], key: str, value: str) -> tuple[tuple[str, str], ...]:
    if dict(pairs).get(key, value) != value:
        raise Unroutable(f"`{key}` can't have two values at once")
    return tuple(sorted({*pairs, (key, value)}))


def narrowed(match: Match, path: Path | None, method: str | None) -> Match | None:
    """Return what also has a path and a method, or None where nothing has."""
    if path is not None:
        both = path if match.path is None else intersect(match.path, path)
        if both is None:
            return None
        match = evolve(match, path=both)
    if method is not None:
        if match.method not in (None, method):
            return None
        match = evolve(match, method=method)
    return match


def overlap(one: Match, other: Match) -> bool:
    """Tell whether some request can meet both, in doubt yes."""
    if one.path is not None and other.path is not None and intersect(one.path, other.path) is None:
        return False
    if None not in (one.method, other.method) and one.method != other.method:
        return False
    return not (_differ(one.headers, other.headers) or _differ(one.query, other.query))


def _differ(one: tuple[tuple[str, str], ...], other: tuple[tuple[str, str], ...]) -> bool:
    values = dict(other)
    return any(values.get(key, value) != value for key, value in one)


# --- regular expressions (RE2; both APIs compare the whole text) ------------------------------


def literal_regex(text: str) -> str:
    """Return the expression that matches exactly this text."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def path_regex(path: Path) -> str:
    """Return the expression for a path pattern with `*` in it."""
    parts = ("/[^/]+" if each == "*" else "/" + literal_regex(each) for each in path.segments)
    return "".join(parts) + ("(/.*)?" if path.rest else "")


def cookie_regex(cookie: tuple[str, str]) -> str:
    """Return the expression for a `cookie` header that has this pair (RFC 6265, 4.2.1)."""
    name, value = (literal_regex(each) for each in cookie)
    return f"(.*; *)?{name}={value}(;.*)?"
