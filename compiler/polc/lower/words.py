"""How messages speak: the one diagnostic for a word that nobody knows."""

from collections.abc import Iterable

from polc.diagnostics import Code, Diagnostic, write
from polc.prose import listed
from polc.source import Span
from polc.suggest import nearest


def unknown(
    code: Code,
    message: str,
    span: Span,
    word: str,
    known: Iterable[str],
    *,
    otherwise: str | None = None,
) -> Diagnostic:
    """Report an unknown word and name the one that was probably meant.

    Where none is near, `otherwise` is the help, or else all known words, if they are few.
    """
    words = sorted(set(known))
    match = nearest(word, words) or nearest(word.lower(), words) or nearest(word.upper(), words)
    if match is not None:
        return replaceable(code, message, span, match)
    few = 0 < len(words) <= 20
    return Diagnostic(
        code,
        message,
        span,
        help=otherwise or (f"write {listed(words, 'or')}" if few else None),
    )


def replaceable(
    code: Code, message: str, span: Span, better: str, *, help: str | None = None
) -> Diagnostic:
    """Report a text for which there is exactly one better one, and offer to write that."""
    told = help or f"did you mean `{better}`?"
    return Diagnostic(code, message, span, help=told, fix=write(span, better))


def first_word(span: Span, word: str) -> Span:
    """Return the word that a statement starts with, to blame the whole without its block."""
    return Span(span.anchor, span.start, min(span.start + len(word), span.end))
