"""Qualifiers: whether a statement holds in this environment on this day, and its reason."""

from datetime import date

from attrs import frozen

from polc import syntax
from polc.codes import flows, names
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Expired
from polc.lower.values import date_of
from polc.lower.words import unknown
from polc.parse.names import spelled
from polc.source import Span


@frozen
class Context:
    """What a build is for: one environment (or none) of those declared, on one day."""

    environment: str | None
    environments: tuple[str, ...]
    today: date


@frozen
class Active:
    """What is left of the qualifiers of a statement that holds."""

    because: str | None = None
    until: date | None = None


def judge(
    q: syntax.Qualifiers,
    what: str,
    span: Span,
    context: Context,
    found: list[Diagnostic],
    expired: list[Expired],
) -> Active | None:
    """Decide whether a statement holds; None where it is for elsewhere, or past its date.

    A statement holds through its date, to the end of that day in UTC. `what` is the statement in
    one phrase and `span` its place. An empty reason is no reason.
    """
    for name in q.only_in:
        if name.text not in context.environments:
            found.append(
                unknown(
                    names.UNKNOWN_NAME,
                    f"no environment is called `{name.text}`",
                    name.span,
                    name.text,
                    context.environments,
                    otherwise=f"declare it: `environment {spelled(name.text)} {{ cluster … }}`",
                )
            )
    until = date_of(q.until, found) if q.until is not None else None
    if q.only_in and context.environment not in {name.text for name in q.only_in}:
        return None
    if q.until is not None and until is not None and until < context.today:
        found.append(
            Diagnostic(
                flows.EXPIRED,
                f"`{what}` expired on {until} and is not compiled",
                q.until.span,
                help="delete the line, or give it a later date",
            )
        )
        gone = Expired(what, until, span)
        if gone not in expired:
            expired.append(gone)
        return None
    return Active(reason_of(q), until)


def holds_whenever(
    wide: frozenset[str], wide_end: object, narrow: frozenset[str], narrow_end: object
) -> bool:
    """Tell whether a line with some qualifiers holds where and as long as another one."""
    if wide and (not narrow or not narrow <= wide):
        return False
    return wide_end is None or (narrow_end is not None and narrow_end <= wide_end)  # type: ignore[operator]


def until_of(q: syntax.Qualifiers) -> date | None:
    """Return the last day of a statement; what is wrong with the date is said by `judge`."""
    return date_of(q.until, []) if q.until is not None else None


def reason_of(q: syntax.Qualifiers) -> str | None:
    """Return the reason that a statement gives; an empty one is none."""
    return (q.because.value.strip() or None) if q.because is not None else None


def earlier(one: date | None, other: date | None) -> date | None:
    """Return the earlier of two dates, where None never comes."""
    if one is None or other is None:
        return one or other
    return min(one, other)
