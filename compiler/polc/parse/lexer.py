"""From a text to its words: pieces that tile the text, and the terminal of each.

One compiled expression, made from the grammar's own patterns, cuts the text; what a piece is
follows from its characters alone, so that is looked up, and worked out once per spelling.
What is no word of the language gets a kind of its own (`BAD_WORD`, …) that no row of the parse
table knows; the parser reports it where it meets it, or drops it with a broken statement.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from polc_grammar.tables import END, TRIVIA, Tables
from polc_grammar.tables import load as load_tables

TABLES = load_tables()
NUMBER_OF = {name: number for number, name in enumerate(TABLES.terminals)}
"""Terminal by name."""

BAD_WORD = len(TABLES.terminals)
"""Like a name, but not one: `My_Service`, `2048-game`, or too long."""
OPEN_STRING = BAD_WORD + 1
"""A string that its line ends."""
SINGLE_QUOTED = BAD_WORD + 2
BAD_ESCAPE = BAD_WORD + 3
"""A string with an escape that is not one."""
BAD_CHARACTER = BAD_WORD + 4
NOT_A_WORD = frozenset(range(BAD_WORD, BAD_CHARACTER + 1))
STOP = BAD_CHARACTER + 1
"""A terminal that no state knows: the parser reduces nothing on account of it."""

LONGEST_NAME = 63
_REMEMBERED = 50_000
_ESCAPE = re.compile(r'\\(?:["\\nt]|u\{[0-9a-fA-F]{1,6}\})')
_WORDLIKE = r"\w(?:\w|[-.]+(?=\w))*(?:-+(?![->]))?"
_JUNK = (
    r'"(?:[^"\\\r\n]|\\[^\r\n])*\\?',
    r"'[^'\r\n]*'?",
    _WORDLIKE,
    r"//[^\r\n]*",
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+",
    r"[\s\S]",
)
_name, _dotted, _string = NUMBER_OF["NAME"], NUMBER_OF["DOTTED"], NUMBER_OF["STRING"]


class Tokens(NamedTuple):
    """A text cut into pieces: piece `i` is `pieces[i]`, at `offsets[i]`, of kind `kinds[i]`.

    Behind the last piece stands an empty one of the kind `END`.
    """

    pieces: list[str]
    kinds: list[int]
    offsets: list[int]


class Token(NamedTuple):
    """One piece of a text, for whoever needs comments and layout too."""

    kind: str
    """A terminal of the grammar, `WHITESPACE`, `COMMENT`, or `ERROR`."""
    text: str
    start: int
    end: int


# No pattern goes on with digits behind digits, so giving some back never helps; with `++` the time
# for a number that turns out to be none stays linear in its length.
_words = [pattern.replace("[0-9]+", "[0-9]++") for _, pattern in TABLES.patterns]


def _patterns(tables: Tables) -> list[str]:
    """Return what to try in turn: trivia, the grammar's patterns, its marks, then junk."""
    marks = sorted(tables.punctuation, key=lambda mark: (-len(mark), mark))
    slash = r"/(?!/)"
    return [
        r"[ \t\r\n]+",
        r"#[^\n]*",
        *_words,
        *(slash if mark == "/" else re.escape(mark) for mark in marks),
        *_JUNK,
    ]


_split = re.compile("|".join(_patterns(TABLES))).findall
_whole = re.compile("|".join(f"({pattern})" for pattern in _words)).fullmatch


class _Kinds(dict[str, int]):
    """What a piece is, by its spelling; the words of the grammar are there from the start."""

    def __missing__(self, piece: str) -> int:
        kind = _kind(piece)
        if piece[0] != "#":
            if len(self) > _REMEMBERED:
                self.clear()
                self.update(_fixed())
            self[piece] = kind
        return kind


def _fixed() -> dict[str, int]:
    return TABLES.words | TABLES.punctuation


def _kind(piece: str) -> int:
    first = piece[0]
    if first in " \t\r\n#":
        return TRIVIA
    match = _whole(piece)
    if match is None:
        return _junk(piece)
    assert match.lastindex is not None
    kind = TABLES.patterns[match.lastindex - 1][0]
    if kind in (_name, _dotted) and any(len(p) > LONGEST_NAME for p in piece.split(".")):
        return BAD_WORD
    if kind == _string and "\\" in piece and bad_escape(piece) is not None:
        return BAD_ESCAPE
    return kind


def _junk(piece: str) -> int:
    match piece[0]:
        case '"':
            return OPEN_STRING
        case "'":
            return SINGLE_QUOTED
        case first if first.isalnum() or first == "_":
            return BAD_WORD
        case _:
            return BAD_CHARACTER


_kinds = _Kinds(_fixed())


def lex(text: str) -> Tokens:
    """Cut a text into pieces."""
    pieces = _split(text)
    kinds = list(map(_kinds.__getitem__, pieces))
    offsets = list(accumulate(map(len, pieces), initial=0))
    pieces.append("")
    kinds.append(END)
    offsets.append(offsets[-1])
    return Tokens(pieces, kinds, offsets)


def bad_escape(literal: str) -> tuple[int, int] | None:
    """Return where in a literal the first unknown escape stands, or None."""
    at = literal.find("\\")
    while at >= 0:
        match = _ESCAPE.match(literal, at)
        if match is None or not _is_character(match.group()):
            end = literal.find("}", at) + 1 if literal.startswith("\\u{", at) else 0
            return at, (end or min(at + 2, len(literal)))
        at = literal.find("\\", match.end())
    return None


def _is_character(escape: str) -> bool:
    """Tell whether an escape stands for a character that UTF-8 can hold."""
    if escape[1] != "u":
        return True
    number = int(escape[3:-1], 16)
    return number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF


def unquote(literal: str) -> str:
    """Return what a quoted literal says; an unknown escape stands for itself."""
    inner = literal[1:-1] if len(literal) > 1 and literal[-1] == literal[0] else literal[1:]
    return _ESCAPE.sub(_unescape, inner) if "\\" in inner else inner


def _unescape(match: re.Match[str]) -> str:
    escape = match.group()
    match escape[1]:
        case "n":
            return "\n"
        case "t":
            return "\t"
        case "u":
            return chr(int(escape[3:-1], 16)) if _is_character(escape) else escape
        case character:
            return character


@cache
def _kind_names() -> dict[int, str]:
    junk = dict.fromkeys(NOT_A_WORD, "ERROR")
    return dict(enumerate(TABLES.terminals)) | junk


def tokens(text: str) -> Iterator[Token]:
    """Yield every piece of a text, comments and layout included; their texts join to it."""
    pieces, kinds, offsets = lex(text)
    names = _kind_names()
    for piece, kind, start in zip(pieces, kinds, offsets, strict=True):
        if kind == END:
            return
        name = names[kind] or ("COMMENT" if piece[0] == "#" else "WHITESPACE")
        yield Token(name, piece, start, start + len(piece))
