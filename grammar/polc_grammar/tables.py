"""The parse table as data: what `tables.json` holds and what the parser drives.

An action in a row, for the terminal that comes next:
    a >= 0    shift it and go to state `a`
    a odd     reduce by production `~a >> 1` and look again
    a even    shift it and at once reduce by production `~a >> 1`
A goto, for the nonterminal just reduced: a state, or `~p` where that state could do nothing but
reduce by production `p`. Such states are left out of the table, and productions that only group
(`?rule` with one symbol) are short-circuited.
"""

import json
import os.path
from functools import cache
from typing import Any, NamedTuple

FILE = os.path.join(os.path.dirname(__file__), "tables.json")
"""Opened by path: `importlib.resources` would cost a small build more than reading the tables."""

FORMAT = 1
"""Raised when the layout of tables.json changes."""

TRIVIA, END = 0, 1
"""The two terminals that no pattern of the grammar stands for."""


class Production(NamedTuple):
    """One alternative of a rule, as the parser needs it."""

    name: str
    """The function that reduces it."""
    left: int
    """The nonterminal that it makes."""
    size: int
    """How many symbols it pops."""
    keep: tuple[int, ...]
    """Which of them the function gets behind the first; -1 is a None for an absent part."""


class Tables(NamedTuple):
    """All that the lexer and the parser need to know of the grammar."""

    terminals: tuple[str, ...]
    """Names of the terminals; a terminal's number is its index."""
    words: dict[str, int]
    """Words with a terminal of their own."""
    punctuation: dict[str, int]
    """Marks with a terminal of their own."""
    patterns: tuple[tuple[int, str], ...]
    """Regular expressions of the other terminals, in the order to try them."""
    reserved: frozenset[int]
    """Terminals of words that are never names unless quoted."""
    nonterminals: tuple[str, ...]
    productions: tuple[Production, ...]
    rows: tuple[dict[int, int], ...]
    """Per state: terminal -> action."""
    gotos: tuple[dict[int, int], ...]
    """Per state: nonterminal -> goto."""
    entered: tuple[str, ...]
    """Per state: the symbol by which it is entered, "" for the start."""


def to_json(tables: Tables) -> str:
    """Write the tables one row a line, so that a change of the grammar shows as a small diff."""
    parts = {"format": [json.dumps(FORMAT)]} | {
        "terminals": [json.dumps(tables.terminals)],
        "words": [json.dumps(tables.words)],
        "punctuation": [json.dumps(tables.punctuation)],
        "patterns": [json.dumps(pattern) for pattern in tables.patterns],
        "reserved": [json.dumps(sorted(tables.reserved))],
        "nonterminals": [json.dumps(tables.nonterminals)],
        "productions": [json.dumps(production) for production in tables.productions],
        "rows": [json.dumps(_flat(row), separators=(",", ":")) for row in tables.rows],
        "gotos": [json.dumps(_flat(row), separators=(",", ":")) for row in tables.gotos],
        "entered": [json.dumps(tables.entered)],
    }
    listed = {"patterns", "productions", "rows", "gotos"}
    texts = [
        f'"{key}": ' + ("[\n" + ",\n".join(lines) + "\n]" if key in listed else lines[0])
        for key, lines in parts.items()
    ]
    return "{\n" + ",\n".join(texts) + "\n}\n"


def _flat(row: dict[int, int]) -> list[int]:
    return [number for item in sorted(row.items()) for number in item]


def _row(flat: list[int]) -> dict[int, int]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def from_json(text: str) -> Tables:
    """Read what `to_json` wrote."""
    data: dict[str, Any] = json.loads(text)
    if data["format"] != FORMAT:
        raise ValueError("tables.json is of another version: run `python -m polc_grammar`")
    return Tables(
        terminals=tuple(data["terminals"]),
        words=data["words"],
        punctuation=data["punctuation"],
        patterns=tuple((number, pattern) for number, pattern in data["patterns"]),
        reserved=frozenset(data["reserved"]),
        nonterminals=tuple(data["nonterminals"]),
        productions=tuple(
            Production(name, left, size, tuple(keep))
            for name, left, size, keep in data["productions"]
        ),
        rows=tuple(map(_row, data["rows"])),
        gotos=tuple(map(_row, data["gotos"])),
        entered=tuple(data["entered"]),
    )


@cache
def load() -> Tables:
    """Return the tables of this version of the grammar; read once per process."""
    with open(FILE, encoding="utf-8") as file:
        return from_json(file.read())
