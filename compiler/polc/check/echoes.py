"""Findings that only repeat, in the words of a later phase, what was wrong with the text."""

from collections.abc import Iterable, Iterator

from polc.codes.clusters import UNKNOWN_ENVIRONMENT
from polc.codes.syntax import CYCLIC_IMPORT, MISSING_FILE, UNKNOWN_MODULE
from polc.diagnostics import Diagnostic, has_errors
from polc.source import Span

_OF_FILES = (CYCLIC_IMPORT, MISSING_FILE, UNKNOWN_MODULE)
"""What reading finds that is no mistake in the text itself."""


def without_echoes(read: Iterable[Diagnostic], found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield what was found, without what follows from errors in the text, `read`.

    Whoever left out a quote need not hear that what is quoted now is no label.
    """
    known = tuple(each for each in read if each.code not in _OF_FILES)
    unreadable = has_errors(known)
    of_text = set(map(id, known))
    places: dict[tuple[str, int], list[Span]] = {}
    for each in known:
        places.setdefault((each.span.source.name, each.span.line), []).append(each.span)
    for each in found:
        if id(each) in of_text:
            yield each
        elif each.code is UNKNOWN_ENVIRONMENT and unreadable:
            continue  # it may be what could not be read
        elif not any(
            _echoes(each.span, error)
            for error in places.get((each.span.source.name, each.span.line), ())
        ):
            yield each


def _echoes(span: Span, error: Span) -> bool:
    """Tell whether a place is that of an error, or a string that the error is in."""
    if _within(span, error):
        return True
    return _within(error, span) and span.text.startswith('"') and "\n" not in span.text


def _within(inner: Span, outer: Span) -> bool:
    return outer.offset <= inner.offset and inner.end_offset <= outer.end_offset
