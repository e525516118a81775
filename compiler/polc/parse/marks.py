"""Mending what is missing or wrong between words: quotes, arrows, colons, commas, small words.

Like the rest of mending it guesses only where there is one thing that could be meant: that fits
itself, and with it what follows.
"""

import unicodedata

from polc.codes import syntax as codes
from polc.diagnostics import Edit, Fix
from polc.parse import lexer
from polc.parse.hints import CONDITIONS
from polc.parse.messages import accepted, cut_short, previous, shown, starts_line, unexpected
from polc.parse.reporting import Reporter
from polc.parse.words import (
    BROAD,
    COMMA,
    IMPORT,
    NAME,
    NAMELIKE,
    NUMBER,
    PERCENT,
    RESERVED,
    RIGHT,
    SPELLING,
    STRING,
    WORDS,
)
from polc.source import Anchor, Span
from polc_grammar.tables import END, TRIVIA

_PUNCTUATION = lexer.TABLES.punctuation
_BRACKETS = frozenset(_PUNCTUATION[each] for each in "{}[]")
_ENDS = _BRACKETS | {COMMA, END}
_STRINGS = frozenset({STRING, lexer.OPEN_STRING, lexer.SINGLE_QUOTED, lexer.BAD_ESCAPE})
_ARROWS = ("→", "⇒", "\u2013>", "\u2014>", "=>", "⟶", "-", ">")
_MEANT = tuple(_PUNCTUATION[mark] for mark in ("->", ":", "=", "..", ","))
"""What a wrong mark may have been meant for, in the order of trying."""
_QUOTES = "“”„‟«»"
_PATHLIKE = frozenset("./~@$")
_INSERTABLE = frozenset(
    {lexer.NUMBER_OF["IN"], _PUNCTUATION[":"], _PUNCTUATION["="], _PUNCTUATION[".."], COMMA}
)
_AFTER_ONE = {"extern": "service", "has": "role"}
"""Words of statements that only one word can follow."""


class Marks(Reporter):
    """An engine that mends marks, and small words, that are wrong or missing."""

    __slots__ = ("mended",)

    def __init__(self, anchor: Anchor, tokens: lexer.Tokens) -> None:
        super().__init__(anchor, tokens)
        self.mended = -1
        """The token mended last: what is still not right after that can't be mended."""

    def becomes(self, kind: int) -> bool:
        """Take the token at hand for one of another kind."""
        self.kinds[self.at] = kind
        self.mended = self.at
        return True

    def fits(self, kind: int, at: int | None = None) -> bool:
        """Tell whether a token could be of a kind, and what follows it fits too."""
        states = self.accepts(kind)
        if states is None:
            return False
        following = self.kinds[self.following(self.at if at is None else at)]
        return following in lexer.NOT_A_WORD or self.accepts(following, states) is not None

    def mend_mark(self) -> bool:
        """Mend what stands between words, or should."""
        return (
            self._mend_unquoted()
            or self._mend_arrow()
            or self._mend_wrong_mark()
            or self._mend_percent()
            or self._mend_missing()
        )

    # --- quotes -------------------------------------------------------------------------------

    def _mend_unquoted(self) -> bool:
        """Take what stands where only a string can for one without its quotes."""
        kind, first = self.kinds[self.at], self.piece()[:1]
        if kind in _ENDS | _STRINGS or self.accepts(STRING) is None or cut_short(self):
            return False
        if kind == lexer.BAD_CHARACTER and first in _QUOTES:
            return self._quote(self._curly())
        if self.accepts(NAME) is not None and not (
            self._behind(IMPORT) and (first in _PATHLIKE or self.piece() == "..")
        ):
            return False
        if kind in RESERVED or (self.accepts(COMMA) is not None and first != "/"):
            return False  # rather the next statement, or the next of a list
        if kind == lexer.BAD_CHARACTER and first not in _PATHLIKE:
            return False
        return not self._is_mark() and self._quote(self._run())

    def _is_mark(self) -> bool:
        """Tell whether the token at hand is a mark that is no start of a path."""
        return self.kinds[self.at] in _PUNCTUATION.values() and self.piece() not in ("/", "..")

    def _behind(self, kind: int) -> bool:
        before = previous(self)
        return before is not None and self.kinds[before] == kind

    def _run(self) -> int:
        """Return where what is meant ends: at a space, behind all words that nothing else takes."""
        states = self.accepts(STRING)
        at = end = self.behind_piece(self.at)
        while self.kinds[at] not in _ENDS and "\n" not in self.tokens.pieces[at]:
            if not self.kinds[at]:
                at += 1
            elif self.accepts(self.kinds[at], states) is None:
                at = end = self.behind_piece(at)
            else:
                break
        return end

    def behind_piece(self, at: int) -> int:
        """Return where pieces without space between them end."""
        while self.kinds[at] and self.kinds[at] not in _ENDS:
            at += 1
        return at

    def _curly(self) -> int:
        """Return where a string in curly quotes ends."""
        at = self.at + 1
        while self.kinds[at] != END and "\n" not in self.tokens.pieces[at]:
            at += 1
            if self.tokens.pieces[at - 1] in _QUOTES:
                break
        return at

    def _quote(self, end: int) -> bool:
        """Take all pieces up to one for a string."""
        pieces, start = self.tokens.pieces, self.at
        bare = "".join(pieces[start:end]).strip(_QUOTES + '"')
        if not bare:
            return False
        curly = pieces[start][0] in _QUOTES
        fixed = '"' + bare.replace("\\", "\\\\").replace('"', '\\"') + '"'
        pieces[start] = bare
        message = unexpected(self).message
        span = self.builder.token_span(start).to(self.builder.token_span(end - 1))
        help = f"write it in quotes: `{fixed}`" if len(fixed) < 80 else "write it in quotes"
        fix = Fix("put it in quotes", (Edit(span, fixed),))
        if curly:
            message = f"{shown(self.span_text(span)[0])} is no quote of the language"
            help = f"write straight quotes: {shown(fixed)}"
        self.report(codes.BAD_CHARACTER if curly else codes.SYNTAX_ERROR, message, span, help, fix)
        self.merge(start, end, fixed)
        return self.becomes(STRING)

    def merge(self, start: int, end: int, text: str) -> None:
        """Make one piece of some, with another text."""
        self.tokens.pieces[start] = text
        for at in range(start + 1, end):
            self.kinds[at] = TRIVIA
            self.builder.offsets[at] = self.builder.offsets[end]

    def span_text(self, span: Span) -> str:
        """Return the text under a span of this block."""
        return span.source.text[span.offset : span.end_offset]

    # --- marks --------------------------------------------------------------------------------

    def _mend_arrow(self) -> bool:
        """Take `=>`, `→` and the like for the arrow that they are meant to be."""
        arrow = _PUNCTUATION["->"]
        written = next((each for each in _ARROWS if self._starts_with(each)), None)
        if written is None or self.accepts(arrow) is None:
            return False
        last = self.at + len(written) - 1
        span = self.builder.token_span(self.at).to(self.builder.token_span(last))
        message = f"`{written}` is not an arrow of the language"
        fix = Fix("write `->`", (Edit(span, "->"),))
        self.report(codes.BAD_CHARACTER, message, span, "write `->`", fix)
        self.merge(self.at, last + 1, "->")
        return self.becomes(arrow)

    def _starts_with(self, text: str) -> bool:
        return list(text) == self.tokens.pieces[self.at : self.at + len(text)]

    def mend_wide(self) -> bool:
        """Take a full-width mark for the one that it looks like."""
        text = self.piece()
        plain = unicodedata.normalize("NFKC", text)
        kind = _PUNCTUATION.get(plain)
        if kind is None or plain == text:
            return False
        span = self.here()
        fix = Fix(f"write `{plain}`", (Edit(span, plain),))
        message = f"`{text}` (U+{ord(text):04X}) means nothing here"
        self.report(codes.BAD_CHARACTER, message, span, f"write `{plain}`", fix)
        return self.becomes(kind)

    def _mend_wrong_mark(self) -> bool:
        """Take a mark for the one that was meant, or leave out one too many."""
        if not self._is_mark() or self.kinds[self.at] in _ENDS - {COMMA} or self.at_frame():
            return False
        span, message = self.here(), unexpected(self).message
        for kind in _MEANT:
            if kind != self.kinds[self.at] and self.fits(kind):
                mark = SPELLING[kind]
                fix = Fix(f"write `{mark}`", (Edit(span, mark),))
                self.report(codes.SYNTAX_ERROR, message, span, f"write `{mark}` here", fix)
                return self.becomes(kind)
        following = self.kinds[self.following(self.at)]
        if following in _ENDS or self.accepts(following) is None:
            return False
        fix = Fix("remove it", (Edit(span, ""),))
        self.report(codes.SYNTAX_ERROR, message, span, "leave it out", fix)
        self.kinds[self.at] = TRIVIA
        return True

    def _mend_percent(self) -> bool:
        """Take a number for a percentage."""
        if self.kinds[self.at] != NUMBER or not self.fits(PERCENT):
            return False
        span, message = self.here(), unexpected(self).message
        fixed = f"{self.piece()}%"
        fix = Fix(f"write `{fixed}`", (Edit(span, fixed),))
        self.report(codes.SYNTAX_ERROR, message, span, f"write `{fixed}`", fix)
        self.tokens.pieces[self.at] = fixed
        return self.becomes(PERCENT)

    # --- what is missing ----------------------------------------------------------------------

    def _mend_missing(self) -> bool:
        """Put the one word or mark that is missing before the token at hand."""
        kind = self.kinds[self.at]
        if starts_line(self) or self.at_frame() or kind in _ENDS | lexer.NOT_A_WORD:
            return False
        following = self.kinds[self.following(self.at)]
        missing = []
        for each in sorted(accepted(self) & (_INSERTABLE | self._only_word())):
            states = self.accepts(kind, self.accepts(each))
            # A list without any commas lacks the next one, too.
            again = each == COMMA and following == kind == STRING
            if states and (again or self.accepts(following, states) is not None):
                missing.append(each)
        if COMMA in missing and kind == STRING and self._behind(STRING):
            missing = [COMMA]
        # Verbs end and resources start without a mark: a comma there is anyone's guess.
        if len(missing) != 1 or (missing == [COMMA] and (not self._alike() or self._in_grant())):
            return False
        if missing == [COMMA] and (self.piece() in CONDITIONS or self.is_begun()):
            return False
        text = SPELLING[missing[0]]
        span, message = self.here(), unexpected(self).message
        glue = ", " if text == "," else f"{text} "
        help = (
            "separate the items of a list by commas" if text == "," else f"write `{text}` before it"
        )
        edit = Edit(Span(span.anchor, span.start, span.start), glue)
        self.report(codes.SYNTAX_ERROR, message, span, help, Fix(f"write `{text}`", (edit,)))
        self.feed(missing[0])
        self.mended = self.at
        return True

    def is_begun(self) -> bool:
        """Tell whether the token at hand, the last of its line, may become a word that fits."""
        if self.ended() or self.at_frame():
            return False
        behind = self.at + 1
        while not self.kinds[behind] and "\n" not in self.tokens.pieces[behind]:
            behind += 1
        if self.kinds[behind] not in (END, RIGHT, TRIVIA):
            return False
        word, depth = self.piece(), self.frame()
        within = self.states[: (depth or 0) + 1]
        return word.isalpha() and any(
            SPELLING[kind].startswith(word) and self.accepts(kind, within) is None
            for kind in self.keywords()
        )

    def keywords(self) -> frozenset[int]:
        """Return the words that could stand here and be more than names."""
        fits = accepted(self) & WORDS
        return fits if self.accepts(NAME) is None else fits & (RESERVED | BROAD)

    def _only_word(self) -> frozenset[int]:
        """Return the word that has to follow the one before."""
        before = previous(self)
        word = _AFTER_ONE.get("" if before is None else self.tokens.pieces[before])
        return frozenset({lexer.NUMBER_OF[word.upper()]} if word else ())

    def _in_grant(self) -> bool:
        return self.accepts(lexer.NUMBER_OF["NAMED"]) is not None

    def _alike(self) -> bool:
        """Tell whether the tokens before and at hand could be two items of one list."""
        before = previous(self)
        if before is None:
            return False
        one, other = self.kinds[before], self.kinds[self.at]
        return one == other or (one in NAMELIKE and other in NAMELIKE - {STRING})
