"""What is offered at a place: a text to write there, and what to say of it."""

from enum import IntEnum
from typing import NamedTuple

from lsprotocol import types

Kind = types.CompletionItemKind


class Rank(IntEnum):
    """How likely it is that something is meant; the first is shown first."""

    MEANT = 0
    NEAR = 1
    DECLARED = 2
    BROAD = 3
    LIBRARY = 4
    GOES_ON = 5
    ELSEWHERE = 6
    STARTS = 7
    AGAIN = 8


class Offer(NamedTuple):
    """One thing that could be written; `insert` is a snippet where `snippet` says so.

    `about` is what its documentation is of: a kind of thing, and what names it.
    """

    label: str
    kind: Kind
    rank: Rank
    detail: str = ""
    insert: str = ""
    snippet: bool = False
    about: tuple[str, ...] = ()
    in_list: bool = False
    """Whether a comma may follow it."""
    order: int = 0
    """Its place among those of its rank, before their labels count."""
    imports: str = ""
    """The module of the library that has to be imported for it."""
