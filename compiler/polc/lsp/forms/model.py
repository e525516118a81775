"""What a form is: how one declaration, statement or item is written, part by part."""

from collections.abc import Sequence

from attrs import field, frozen

from polc.parse.lexer import TABLES

_KEYWORDS = frozenset(TABLES.terminals[kind] for kind in TABLES.words.values())


def symbols_of(words: str) -> tuple[str, ...]:
    """Return symbols of the grammar: of keywords and marks as written, others by name."""
    fixed = TABLES.words | TABLES.punctuation
    return tuple(TABLES.terminals[fixed[each]] if each in fixed else each for each in words.split())


@frozen
class Part:
    """One part of a form; `symbols` are those behind which, or in which, it is written.

    `words` are further keywords of it, which elsewhere in the form mean something else.
    """

    text: str
    symbols: tuple[str, ...]
    says: str
    words: tuple[str, ...]


def part(text: str, symbols: str, says: str = "", words: str = "") -> Part:
    """Make a part; `symbols` and `words` as `symbols_of` takes them."""
    return Part(text, symbols_of(symbols), says, symbols_of(words))


@frozen
class Form:
    """How something is written, and what it means.

    `home` are the blocks in which it stands, by their words: "" is outside of any, `tuned` that of
    a service in an environment. `head` are the symbols that it starts with. `snippet` has tab
    stops (LSP 3.17, "Snippet Syntax").
    """

    word: str
    home: tuple[str, ...]
    says: str
    example: str
    snippet: str
    parts: tuple[Part, ...]
    head: tuple[str, ...]
    words: frozenset[str] = field(init=False)
    """Its keywords, as symbols."""

    @words.default
    def _own_words(self) -> frozenset[str]:
        parts = ((*each.symbols, *each.words) for each in self.parts)
        return _KEYWORDS & frozenset(self.head).union(*parts)

    @property
    def goes_on(self) -> frozenset[str]:
        """Its keywords behind the first."""
        return self.words - {self.head[0]}

    @property
    def label(self) -> str:
        """The form in one line: `allow from PEERS [on PORTS] …`."""
        return " ".join((self.word, *(each.text for each in self.parts))).strip()

    def fits(self, read: Sequence[str]) -> bool:
        """Tell whether what was read of something may be the start of this."""
        return all(one == other for one, other in zip(read, self.head, strict=False)) and all(
            each in self.words for each in read if each in _KEYWORDS
        )

    def active(self, read: Sequence[str]) -> int | None:
        """Return the part that is being written, or None where that is still the first word."""
        found = None
        last = -1
        for number, each in enumerate(self.parts):
            for symbol in each.symbols:
                at = max((n for n, other in enumerate(read) if other == symbol), default=-1)
                if at > last:
                    found, last = number, at
        return found


def form(
    word: str,
    home: str,
    says: str,
    example: str,
    snippet: str,
    *parts: Part,
    head: str | None = None,
) -> Form:
    """Make a form; `home` may be several words."""
    return Form(
        word,
        tuple(home.split()) or ("",),
        says,
        example,
        snippet,
        parts,
        symbols_of(word if head is None else head),
    )


QUALIFIERS = (
    part(
        "[only in ENVIRONMENT, …]",
        "only list{name}",
        "Holds in these environments only; without it, in all of them.",
        "in",
    ),
    part(
        "[until DATE]",
        "until",
        "Holds up to and including this day (UTC); afterwards it is left out, and builds say so.",
    ),
    part(
        '[because "…"]',
        "because",
        "Why this is permitted. Broad peers and grants that amount to more than they say need it.",
    ),
)
"""What may end any grant, in this order."""
