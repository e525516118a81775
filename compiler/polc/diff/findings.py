"""Changes as diagnostics, for the formats of code scanning and pull requests."""

from polc.codes.output import NARROWED, SHIFTED, WIDENED
from polc.diagnostics import Diagnostic
from polc.diff.changes import Change
from polc.diff.render_words import remarks, requests_of, sentence


def diagnostics(changes: tuple[Change, ...]) -> tuple[Diagnostic, ...]:
    """Return a diagnostic per change, in the order of the changes."""
    return tuple(map(_diagnostic, changes))


def _diagnostic(change: Change) -> Diagnostic:
    if change.shifted:
        code, word = SHIFTED, "in another share"
    else:
        code, word = (WIDENED, "newly permitted") if change.gained else (NARROWED, "taken away")
    told = ", ".join(requests_of(change))
    text = f"{word}: {sentence(change)}" + (f" ({told})" if told else "")
    return Diagnostic(code, text, change.span, help="; ".join(remarks(change)) or None)
