"""The productions behind a statement: `only in …`, `until …`, `because …`."""

from typing import Any

from polc import syntax as s
from polc.parse.builder import Builder, action
from polc.source import Span


def qualified(b: Builder, parts: s.Qualifiers | None) -> s.Qualifiers:
    """Return what stood behind a statement, or nothing, with the place where it would stand."""
    if parts is not None:
        return parts
    end = b.offsets[b.last + 1]
    return s.Qualifiers(Span(b.anchor, end, end))


@action
def only(b: Builder, first: int, names: list[s.Name]) -> tuple[int, tuple[s.Name, ...]]:
    """Take the environments of a statement, and where they were said."""
    return first, tuple(names)


@action
def until(b: Builder, first: int, day: int) -> tuple[int, s.Date]:
    """Take the last day of a statement, and where it was said."""
    return first, s.Date(b.token_span(day), b.text(day))


@action
def because(b: Builder, first: int, reason: s.String) -> tuple[int, s.String]:
    """Take the reason of a statement, and where it was said."""
    return first, reason


_Only = tuple[int, tuple[s.Name, ...]]
_Until = tuple[int, s.Date]
_Because = tuple[int, s.String]


@action
def qualifiers(b: Builder, only: _Only, until: _Until | None, because: _Because | None) -> Any:
    """Make qualifiers that start with `only in`."""
    return s.Qualifiers(b.span(only[0]), only[1], until and until[1], because and because[1])


@action
def qualifiers_until(b: Builder, until: _Until, because: _Because | None) -> s.Qualifiers:
    """Make qualifiers that start with `until`."""
    return s.Qualifiers(b.span(until[0]), (), until[1], because and because[1])


@action
def qualifiers_because(b: Builder, because: _Because) -> s.Qualifiers:
    """Make qualifiers that are a reason alone."""
    return s.Qualifiers(b.span(because[0]), (), None, because[1])
