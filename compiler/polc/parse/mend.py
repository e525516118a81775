"""Mending what is wrong with one token, where its meaning is plain: the parse goes on as if right.

Each method that starts with `_mend` looks at the token at hand, and returns whether it did
something about it.
"""

from polc.codes import syntax as codes
from polc.diagnostics import Diagnostic, Edit, Fix, Label
from polc.parse import lexer, names
from polc.parse.braces import left_open
from polc.parse.engine import DONE, ENTERED
from polc.parse.foreign import instead
from polc.parse.messages import (
    enclosing,
    shown,
    starts_item,
    starts_line,
    unexpected,
)
from polc.parse.rewind import Rewind
from polc.parse.words import (
    CIDR,
    CONNECTIVES,
    DATE,
    DOTTED,
    IN_BLOCKS,
    LEFT,
    NAME,
    NAMELIKE,
    NUMBER,
    RESERVED,
    RIGHT,
    SPELLING,
    STATEMENTS,
    STRING,
    UPPER,
    WILDCARD,
    WORDS,
)
from polc.source import Anchor, Span
from polc.suggest import nearest
from polc_grammar.tables import END, TRIVIA

_HIDDEN = {"\ufeff": "byte order mark", "\u00a0": "no-break space", "\u200b": "zero-width space"}


class Mender(Rewind):
    """An engine that mends what it can."""

    __slots__ = ("_swallowed",)

    def __init__(self, anchor: Anchor, tokens: lexer.Tokens) -> None:
        super().__init__(anchor, tokens)
        self._swallowed = False

    def mend(self) -> bool:
        """Mend the token at hand if it can be done, or what is missing before it."""
        if self.mended == self.at:  # mended once, and still not right
            return False
        if self.kinds[self.at] in lexer.NOT_A_WORD and (
            self.mend_phrase() or self.mend_mark() or self.mend_piece()
        ):
            return True
        return (
            self._mend_label()
            or self.give_back()
            or self.mend_verbs()
            or self._mend_brace()
            or self._mend_wildcard()
            or self.mend_phrase()
            or self._mend_name()
            or self._mend_keyword()
            or self._mend_case()
            or self.mend_mark()
            or self._mend_closing()
            or self._mend_opening()
        )

    def mend_piece(self) -> bool:
        """Report a piece that is no word at all; a broken string still counts as a string."""
        kind, text, span = self.kinds[self.at], self.piece(), self.here()
        match kind:
            case lexer.BAD_CHARACTER if self.mend_wide() or self._mend_dot():
                return True
            case lexer.BAD_CHARACTER:
                self._report_character(text, span)
                self.kinds[self.at] = TRIVIA
                return True
            case lexer.OPEN_STRING:
                self._swallowed = self.builder.broken = True
                self.mark = self.here_mark()  # reported with all of its line, at the end
            case lexer.SINGLE_QUOTED:
                inner = text.strip("'")
                fixed = f'"{inner}"'
                message = "strings stand in double quotes"
                fix = Fix(f"write {shown(fixed)}", (Edit(span, fixed),))
                self.report(codes.BAD_CHARACTER, message, span, f"write {shown(fixed)}", fix)
            case lexer.BAD_ESCAPE:
                self._report_escape(text, span)
            case _:
                return False
        self.kinds[self.at] = STRING
        return True

    def _report_character(self, text: str, span: Span) -> None:
        name = _HIDDEN.get(text)
        if text.startswith("//"):
            message, help = "`//` starts no comment", "comments start with `#`"
        elif text == ";":
            message, help = "`;` means nothing here", "statements need nothing between them"
        elif name or not text.isprintable():
            point = f"U+{ord(text[0]):04X}"
            message = f"a {name} ({point})" if name else f"the character {point}"
            message, help = f"{message} means nothing here", "remove it"
        else:
            message, help = f"{shown(text)} means nothing here", "remove it, or put it in quotes"
        self.report(codes.BAD_CHARACTER, message, span, help)

    def _mend_dot(self) -> bool:
        """Leave out the dot that a name ends with, as long as nobody has written what follows."""
        if (
            self.piece() != "."
            or self.at == 0
            or self.kinds[self.at - 1] not in NAMELIKE | {DOTTED, NUMBER, CIDR}
        ):
            return False
        span = self.builder.token_span(self.at - 1).to(self.here())
        message = f"{shown(span.text)} ends with a dot"
        self.report(codes.SYNTAX_ERROR, message, span, "write what follows it, or leave it out")
        self.kinds[self.at] = TRIVIA
        return True

    def _report_escape(self, text: str, span: Span) -> None:
        place = lexer.bad_escape(text)
        assert place is not None
        start, end = place
        where = Span(span.anchor, span.start + start, span.start + end)
        message = f"{shown(text[start:end])} is not an escape"
        # The string itself is readable, so this neither breaks the declaration nor hides more.
        help = r"escapes are `\"`, `\\`, `\n`, `\t` and `\u{1F600}`"
        self.builder.found.append(Diagnostic(codes.BAD_ESCAPE, message, where, help=help))

    def _mend_brace(self) -> bool:
        """Leave out a brace that is one too many, where all goes on well behind it."""
        kind = self.kinds[self.at]
        if kind == LEFT and self.missing():
            message = "this `{` opens nothing"
        elif kind == RIGHT and self.surplus():
            message = "this `}` closes nothing"
        else:
            return False
        if self.accepts(self.kinds[self.following(self.at)]) is None:
            return False
        self.report(codes.OPEN_BRACE, message, self.here(), "remove it")
        self.kinds[self.at] = TRIVIA
        self.use_up(missing=kind == LEFT, surplus=kind == RIGHT)
        return True

    def _mend_label(self) -> bool:
        """Put back a statement's word that was taken for a label, in a block that never ends."""
        token, depth = self.values[-1], self.frame()
        if ENTERED[self.states[-1]] != "key_part" or not self.missing() or depth is None:
            return False
        if self.kinds[token] not in RESERVED:
            return False
        state, at = self.states.pop(), self.at
        self.values.pop()
        self.at = token
        if self._mend_closing(least=1):
            return True
        if self.kinds[token] in STATEMENTS and ENTERED[self.states[-1]] == "LBRACE":
            self._report_unclosed(self.kinds[token])  # nothing stands in it yet: it is dropped
            self.cut_back(depth)
            self.use_up(missing=1)
            return True
        self.states.append(state)
        self.values.append(token)
        self.at = at
        return False

    def _mend_wildcard(self) -> bool:
        """Take `"*"` among verbs or resources for the wildcard that it is meant to be."""
        if self.kinds[self.at] != STRING or "*" not in self.piece():
            return False
        return self.accepts(WILDCARD) is not None and self.becomes(WILDCARD)

    def _mend_name(self) -> bool:
        """Take a word that is no name for one, where only a name makes sense."""
        kind = self.kinds[self.at]
        if self.accepts(NAME) is None:
            return False
        if kind in RESERVED:
            return self._mend_reserved()
        likely = kind in (lexer.BAD_WORD, UPPER, DOTTED) or (
            kind in (NUMBER, DATE) and self.fits(NAME)
        )
        if not likely:
            return False
        self.add(names.bad_word(self.piece(), self.here()))
        # Who wrote `My_Api` meant what it is called elsewhere.
        self.tokens.pieces[self.at] = names.repaired(self.piece()) or self.piece()
        return self.becomes(NAME)

    def _mend_reserved(self) -> bool:
        word = self.piece()
        if starts_line(self) or not self.fits(NAME):
            return False
        if self.kinds[self.at] in CONNECTIVES and self.tokens.pieces[self.at - 1] != "/":
            return False  # rather the next part of the statement
        span, quoted = self.here(), f'"{word}"'
        self.report(
            codes.SYNTAX_ERROR,
            f"`{word}` is reserved and names nothing",
            span,
            f"write it in quotes: `{quoted}`",
            Fix(f"write {quoted}", (Edit(span, quoted),)),
        )
        return self.becomes(NAME)

    def _mend_case(self) -> bool:
        """Take `get` for `GET` where a word in capitals must stand."""
        word = self.piece()
        upper = word.upper().replace("-", "_")
        wordlike = self.kinds[self.at] in (NAME, lexer.BAD_WORD) or self.kinds[self.at] in IN_BLOCKS
        if not wordlike or self.accepts(UPPER) is None or not upper.isidentifier():
            return False
        span = self.here()
        self.report(
            codes.SYNTAX_ERROR,
            f"{unexpected(self).message}",
            span,
            f"write `{upper}`",
            Fix(f"write `{upper}`", (Edit(span, upper),)),
        )
        self.tokens.pieces[self.at] = upper
        return self.becomes(UPPER)

    def _mend_keyword(self) -> bool:
        """Take a misspelt keyword for the one that was meant."""
        kind = self.kinds[self.at]
        if kind not in (NAME, UPPER, lexer.BAD_WORD) and kind not in IN_BLOCKS:
            return False
        meant = self.meant()
        if meant is None or not self.fits(lexer.TABLES.words[meant]) or self._stands_alone():
            return False
        span = self.here()
        self.report(
            codes.SYNTAX_ERROR,
            unexpected(self).message,
            span,
            f"did you mean `{meant}`?",
            Fix(f"write `{meant}`", (Edit(span, meant),)),
        )
        return self.becomes(lexer.TABLES.words[meant])

    def _stands_alone(self) -> bool:
        """Tell whether the word at hand is all of its item, for the next one starts another."""
        following = self.following(self.at)
        begins = self.kinds[following] in WORDS and starts_item(self, following)
        return self.at_frame() and begins

    def meant(self) -> str | None:
        """Return the keyword that could stand here and is most like what does."""
        word = self.piece().lower()
        if not word[:1].isalpha() or self._is_foreign():
            return None
        words = [SPELLING[kind] for kind in self.keywords()]
        if len(word) > 1 or self.is_begun():
            begun = [each for each in words if each.startswith(word)]
            if begun:
                return min(begun, key=len)
        best = nearest(word, words)
        return best if best and _is_slip(word, best) else None

    def _is_foreign(self) -> bool:
        """Tell whether the word at hand is one of elsewhere, for which there is better help."""
        if self.accepts(RIGHT) is None:
            return False
        return instead(self.piece(), enclosing(self)) is not None

    def _mend_opening(self) -> bool:
        """Put a brace where only that is missing."""
        states = self.accepts(LEFT)
        if states is None or self.kinds[self.at] == LEFT:
            return False
        if self.accepts(RIGHT if self.ended() else self.kinds[self.at], states) is None:
            return False
        if not self.ended() and not self.surplus():
            return False  # no brace in the text waits for this one
        text = unexpected(self)
        self.report(codes.SYNTAX_ERROR, text.message, self.place(), text.help)
        self.feed(LEFT)
        self.use_up(surplus=1)
        if self.ended():
            self.feed(RIGHT)
        return True

    def _mend_closing(self, least: int = 0) -> bool:
        """Close the blocks, `least` of them at least, that must have ended before this token."""
        kind = self.kinds[self.at]
        declares = self.declares(self.at)
        if not (kind == END or kind in STATEMENTS or declares):
            return False
        free = kind == END or (declares and self.starts_column())
        states, count = list(self.states), 0
        while count < least or not self._has_place(kind, declares, states):
            closed = self.accepts(RIGHT, states)
            if closed is None or (count == self.missing() and not free):
                return False
            states, count = closed, count + 1
        if count == 0:
            return False
        self._report_unclosed(kind)
        for _ in range(count):
            self.feed(RIGHT)
        self.use_up(missing=count)
        return True

    def _has_place(self, kind: int, declares: bool, states: list[int]) -> bool:
        """Tell whether a token can follow: the end and a declaration only outside of all."""
        if kind == END or declares:
            return states[-1] == DONE
        return self.accepts(kind, states) is not None

    def _report_unclosed(self, kind: int) -> None:
        depth = len(self.states) - 1
        while depth > 0 and ENTERED[self.states[depth]] != "LBRACE":
            depth -= 1
        if (self._swallowed and kind == END) or self.spoke_of(depth):
            self.builder.broken = True
            return
        word = shown(self.piece())
        label = () if kind == END else (Label(self.here(), f"{word} can't stand inside it"),)
        brace = left_open(self.tokens, self.values[depth], self.at)
        self.report(
            codes.OPEN_BRACE,
            "this `{` is never closed",
            self.builder.token_span(brace),
            "add the `}` that ends it" if kind == END else f"add a `}}` before {word}",
            labels=label,
        )

    def starts_column(self) -> bool:
        """Tell whether the token at hand is the first thing on its line, not even indented."""
        return self.at > 0 and self.tokens.pieces[self.at - 1].endswith("\n")

    def declares(self, at: int) -> bool:
        """Tell whether a declaration seems to start at a token."""
        raise NotImplementedError


def _is_slip(word: str, meant: str) -> bool:
    """Tell whether a word that is near may be a slip of the pen: those seldom hit the first letter.

    Nobody who writes `when` behind a statement meant `harden`.
    """
    near = word[0] == meant[0] or word[1:] == meant[1:] or sorted(word) == sorted(meant)
    return near or word in meant or meant in word
