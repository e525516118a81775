"""A place in a text that is being written: the half-typed word, and what the grammar asks for."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple

from attrs import evolve, frozen

from polc import syntax as s
from polc.lsp.forms import FORMS, Form
from polc.lsp.meant import Callee, callees
from polc.lsp.session import View
from polc.lsp.trees import Piece, Tree
from polc.parse.lexer import OPEN_STRING, SINGLE_QUOTED, TABLES, lex
from polc.parse.unfinished import Unfinished
from polc.parse.words import COMMA, RIGHT
from polc.resolve.symbols import Symbol
from polc.source import Anchor, Source, nowhere

_word_before = re.compile(r"(?:[\w./*]|-(?!>))*\Z").search
_word_after = re.compile(r"(?:[\w./*]|-(?!>))*").match
_string_after = re.compile(r'[^"\r\n]*').match
_WORD_OF = {TABLES.terminals[kind]: word for word, kind in TABLES.words.items()}
_BRACES_OF_ONE = ("SELECT", "GROUP")
"""What has braces, and in them no items that stand for themselves."""


class Construct(NamedTuple):
    """A declaration, statement or item: in which block, what was read of it, and where it is.

    `at` is its place on the parser's stack.
    """

    home: str
    symbols: tuple[str, ...]
    at: int

    @property
    def forms(self) -> tuple[Form, ...]:
        """What it can still become."""
        return tuple(each for each in FORMS if self.home in each.home and each.fits(self.symbols))


@frozen(eq=False, slots=False)
class Spot:
    """A place in a document; the word there runs from `start` to `end`, half of it typed."""

    view: View
    offset: int
    start: int
    end: int
    inside: Literal["", "string", "comment"]
    piece: Piece | None
    parse: Unfinished

    @property
    def word(self) -> str:
        """What was typed of the word."""
        return self.view.text.value[self.start : self.offset]

    @cached_property
    def constructs(self) -> tuple[Construct, ...]:
        """What is open here, the declaration first; of the last, maybe nothing was read yet."""
        return tuple(constructs(self.parse.symbols))

    @property
    def construct(self) -> Construct:
        """The innermost of what is open."""
        return self.constructs[-1]

    @cached_property
    def starts_line(self) -> bool:
        """Whether nothing but space precedes the word on its line."""
        text = self.view.text
        return not text.value[text.starts[text.line_at(self.start)] : self.start].strip()

    @cached_property
    def ends_line(self) -> bool:
        """Whether nothing but what closes, or a comment, follows the word on its line."""
        text = self.view.text
        rest = text.value[self.end : text.bounds(text.line_at(self.end))[1]].strip()
        return not rest or rest[0] in "}]#"

    @property
    def is_open(self) -> bool:
        """Whether it is in a string that does not end."""
        return self.inside == "string" and self.view.text.value[self.end : self.end + 1] != '"'

    @cached_property
    def is_needed(self) -> bool:
        """Whether something has to come: nothing can end here."""
        parse = self.parse
        kinds = [kind for kind in parse.kinds[:-1] if kind]
        if kinds and kinds[-1] == COMMA:
            return True
        return not (parse.outside() or parse.at_frame() or parse.accepts(RIGHT) is not None)

    @cached_property
    def scope(self) -> str:
        """The namespace that holds here."""
        return scope_at(self.view.tree, self.start)

    @cached_property
    def owner(self) -> Symbol | None:
        """The declaration whose statements stand here; in an environment, the service's."""
        table, symbols, values = self.view.table, self.parse.symbols, self.parse.values
        if symbols[1:2] == ["ENVIRONMENT"]:
            if "ref" not in symbols:
                return None
            named = table.candidates(values[symbols.index("ref")], "peer", self.scope)
            return named[0] if named else None
        if self.piece is None or "name" not in symbols:
            return None
        name = values[symbols.index("name")]
        for symbol in table.by_name.get(("peer", name.text), ()):
            if symbol.span.anchor is self.piece.anchor and symbol.span.start == name.span.start:
                return symbol
        return None

    @property
    def callees(self) -> tuple[Callee, ...]:
        """The declarations on whose ports an `allow` is that is being written."""
        own = Callee(self.owner.key, self.owner.declaration) if self.owner else None
        direction: Literal["from", "to"] = (
            "to" if self.construct.symbols[:2] == ("ALLOW", "TO") else "from"
        )
        allow = s.Allow(nowhere(), direction, self.peers, None, (), None, s.Qualifiers(nowhere()))
        return callees(self.view.table, allow, self.scope, own)

    @property
    def peers(self) -> tuple[s.Peer, ...]:
        """The peers of an `allow` that is being written."""
        return self.read(("list{peer}", "commas{peer}"), self.construct)

    def names_broadly(self, word: str) -> bool:
        """Tell whether such a word is among the peers."""
        return any(isinstance(each, s.BroadPeer) and each.word == word for each in self.peers)

    def read(self, symbols: Sequence[str], construct: Construct) -> tuple[Any, ...]:
        """Return the parts of a construct's first list that was read as one of these symbols."""
        for number, symbol in enumerate(construct.symbols):
            if symbol in symbols:
                found = self.parse.values[construct.at + number]
                return tuple(found) if isinstance(found, list | tuple) else ()
        return ()


def spot_at(view: View, offset: int) -> Spot:
    """Return what there is to know about a place."""
    text = view.text.value
    offset = min(max(0, offset), len(text))
    before = _word_before(text, view.text.starts[view.text.line_at(offset)], offset)
    start = before.start() if before else offset
    piece = view.tree.piece_at(start)
    origin = piece.anchor.offset if piece else 0
    inside, opened = _inside(text[origin:offset])
    if inside:
        start = origin + opened
    parse = Unfinished(
        Anchor(Source(view.tree.source.name, text), origin),
        text[origin:start],
        text[offset : origin + len(piece.block.text)] if piece else "",
    )
    start += inside == "string"
    behind = (_string_after if inside == "string" else _word_after)(text, offset)
    spot = Spot(view, offset, start, behind.end() if behind else offset, inside, piece, parse)
    # What follows an open string is not of it.
    return evolve(spot, end=offset) if spot.is_open else spot


def _inside(text: str) -> tuple[Literal["", "string", "comment"], int]:
    """Tell what a text ends in the middle of, and where that starts."""
    tokens = lex(text)
    last, start = tokens.pieces[-2:][0], tokens.offsets[-3:][0]
    kind = tokens.kinds[-2:][0]
    if kind == OPEN_STRING:
        return "string", start
    if last.startswith(("#", "//")) or (kind == SINGLE_QUOTED and last.count("'") == 1):
        return "comment", start
    return "", start


def constructs(symbols: Sequence[str]) -> Iterator[Construct]:
    """Return what is open where a parse got to, by the symbols on its stack."""
    home, start = "", 1
    for at in range(1, len(symbols)):
        symbol = symbols[at]
        if symbol == "LBRACE" and symbols[start] not in _BRACES_OF_ONE:
            yield Construct(home, tuple(symbols[start : at + 1]), start)
            word = _WORD_OF.get(symbols[start], "")
            home = "tuned" if (home, word) == ("environment", "service") else word
            start = at + 1
        elif symbol.startswith("items{") and at == start:
            start = at + 1
    yield Construct(home, tuple(symbols[start:]), start)


def scope_at(tree: Tree, offset: int) -> str:
    """Return the namespace that holds at a place of a file, or ""."""
    for piece in reversed(tree.pieces):
        if piece.anchor.offset < offset:
            for each in reversed(piece.declarations):
                if isinstance(each, s.Namespace) and each.span.offset < offset:
                    return each.name.text
    return ""
