"""Findings that only repeat, in the words of a later phase, what was wrong with the text."""

from collections.abc import Iterable, Iterator

from polc.codes.clusters import NO_CLUSTER, UNKNOWN_ENVIRONMENT
from polc.codes.flows import AMBIGUOUS_PORT, BROAD_PEER, NOT_ENFORCEABLE
from polc.codes.hardening import RELAXATION_WITHOUT_REASON, ROOT_USER
from polc.codes.names import UNKNOWN_NAME
from polc.codes.privileges import CLUSTER_SCOPED, NO_API_SERVER, PRIVILEGED_GRANT
from polc.codes.syntax import CYCLIC_IMPORT, MISSING_FILE, UNKNOWN_MODULE
from polc.diagnostics import Diagnostic, has_errors
from polc.source import Span

_UNREAD = (MISSING_FILE, UNKNOWN_MODULE)
_OF_FILES = (CYCLIC_IMPORT, *_UNREAD)
"""What reading finds that is no mistake in the text itself."""
_ELSEWHERE = (UNKNOWN_NAME, UNKNOWN_ENVIRONMENT, NOT_ENFORCEABLE, NO_API_SERVER)
"""What a file that could not be read may hold the answer to."""
_UNFINISHED = (
    AMBIGUOUS_PORT,
    BROAD_PEER,
    CLUSTER_SCOPED,
    PRIVILEGED_GRANT,
    RELAXATION_WITHOUT_REASON,
    ROOT_USER,
)
"""What the end of a statement puts right: not said where something on its line can't be read."""
_LITERALS = "POL6"
"""Literals that are none, such as a host name of which half is typed."""


def without_echoes(read: Iterable[Diagnostic], found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield what was found, without what follows from errors in the text, `read`.

    Whoever left out a quote need not hear that what is quoted now is no label.
    """
    read = tuple(read)
    known = tuple(each for each in read if each.code not in _OF_FILES)
    unreadable = has_errors(known)
    unread = any(each.code in _UNREAD or _is_import(each.span) for each in read)
    of_text = set(map(id, known))
    places: dict[tuple[str, int], list[Span]] = {}
    for each in known:
        places.setdefault(_line(each), []).append(each.span)
    found = tuple(found)
    half_typed = {*places, *(_line(each) for each in found if each.code.id.startswith(_LITERALS))}
    for each in found:
        if id(each) in of_text or not (
            (each.code in (NO_CLUSTER, UNKNOWN_ENVIRONMENT) and unreadable)  # it may stand there
            or (each.code in _ELSEWHERE and unread)
            or (each.code in _UNFINISHED and _line(each) in half_typed)
            or any(_echoes(each.span, error) for error in places.get(_line(each), ()))
        ):
            yield each


def _line(each: Diagnostic) -> tuple[str, int]:
    return each.span.source.name, each.span.line


def _is_import(span: Span) -> bool:
    """Tell whether a place is on the line of an import."""
    return span.source.line_text(span.line).lstrip().startswith("import")


def _echoes(span: Span, error: Span) -> bool:
    """Tell whether a place is that of an error, or a string or name that the error is in."""
    if _within(span, error):
        return True
    return _within(error, span) and (span.text.startswith('"') or " " not in span.text)


def _within(inner: Span, outer: Span) -> bool:
    return outer.offset <= inner.offset and inner.end_offset <= outer.end_offset
