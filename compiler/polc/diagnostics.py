"""The one type in which every phase reports what it found.

A phase returns `(value, diagnostics)`; an exception means a bug in polc. A message is lower case,
has no full stop, puts the user's text in backticks and names no type of the implementation.
"""

from collections.abc import Iterable
from enum import IntEnum

from attrs import field, frozen

from polc.plain import lines
from polc.source import Span


class Severity(IntEnum):
    """How bad it is; only an `ERROR` makes a build fail."""

    HINT = 1
    NOTE = 2
    WARNING = 3
    ERROR = 4

    def __str__(self) -> str:
        return self.name.lower()


@frozen
class Code:
    """A stable code with its name and summary; `codes/POLnnn.md` explains it at length."""

    id: str
    name: str
    severity: Severity
    summary: str


@frozen
class Label:
    """A second place that a diagnostic speaks of."""

    span: Span
    message: str = field(converter=lines)


@frozen
class Edit:
    """Replace the text under `span` by `text`; an empty span inserts."""

    span: Span
    text: str


@frozen
class Fix:
    """A change that would resolve the diagnostic, offered by the editor."""

    title: str
    edits: tuple[Edit, ...]


def write(span: Span, text: str) -> Fix:
    """Return the fix that writes something else at a place."""
    return Fix(f"write `{text}`", (Edit(span, text),))


_LONGEST = 400


def _cut(message: str) -> str:
    """Shorten what quotes a very long piece of the program, and make it plain text."""
    message = lines(message.replace("``", "an empty string"))
    if len(message) <= _LONGEST:
        return message
    return f"{message[: _LONGEST // 2]} … {message[-_LONGEST // 4 :]}"


def _plain(text: str | None) -> str | None:
    return text and lines(text)


@frozen
class Diagnostic:
    """One finding: what (`code`, `message`), where (`span`), and what to do (`help`).

    `about` is the port that it is about, where that may be the cause of others: whose (`shop/api`),
    protocol and number.
    """

    code: Code
    message: str = field(converter=_cut)
    span: Span
    labels: tuple[Label, ...] = ()
    help: str | None = field(default=None, converter=_plain)
    fix: Fix | None = None
    severity: Severity = field()
    about: tuple[str, str, int] | None = field(default=None, eq=False, repr=False)

    @severity.default
    def _severity_of_code(self) -> Severity:
        return self.code.severity

    def sort_key(self) -> tuple[tuple[str, int, int], str, str]:
        """Return what makes the order of a report independent of the order of passes."""
        return self.span.key(), self.code.id, self.message


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether one of them is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by place and drop exact repeats."""
    unique = {diagnostic.sort_key(): diagnostic for diagnostic in diagnostics}
    return tuple(unique[key] for key in sorted(unique))
