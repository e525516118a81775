"""Mending what is written as it is elsewhere: dates, units, ports, and words too many.

As with marks, only where there is one thing that could be meant.
"""

import re

from polc.codes import syntax as codes
from polc.diagnostics import Edit, Fix
from polc.parse import lexer
from polc.parse.marks import Marks
from polc.parse.messages import previous, shown, starts_line, unexpected
from polc.parse.words import (
    CIDR,
    COMMA,
    CONNECTIVES,
    DATE,
    DOTTED,
    NAMELIKE,
    NUMBER,
    RESERVED,
)
from polc.suggest import as_date
from polc_grammar.tables import TRIVIA

_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hour", "hours", "hr", "hrs"), "h"),
    **dict.fromkeys(("core", "cores", "cpus", "b", "byte", "bytes"), ""),
    **{f"{letter.lower()}{rest}": f"{letter}i" for letter in "KMGT" for rest in ("i", "b", "ib")},
}
"""Units that stand apart elsewhere, and how they are written behind a number."""
_MEASURED = ("timeout", "grace", "cpu", "memory", "..")
_AND = ("and", "or", "plus", "&", "|", "+")
_ON, _FROM, _TO = (lexer.NUMBER_OF[word] for word in ("ON", "FROM", "TO"))
_port_and_protocol = re.compile(r"([0-9]{1,5})/[A-Za-z]+").fullmatch


class Phrases(Marks):
    """An engine that mends what others write otherwise."""

    __slots__ = ()

    def mend_phrase(self) -> bool:
        """Mend the token at hand, if it is of a phrase that is written otherwise elsewhere."""
        return (
            self._mend_date()
            or self._mend_fraction()
            or self._mend_unit()
            or self._mend_colon()
            or self._mend_port()
            or self._mend_and()
            or self._mend_redundant()
        )

    def _replace(self, end: int, better: str, help: str, message: str | None = None) -> None:
        """Report all pieces up to one, which should be `better`."""
        pieces, start = self.tokens.pieces, self.at
        span = self.builder.token_span(start).to(self.builder.token_span(end - 1))
        pieces[start] = "".join(pieces[start:end])
        fix = Fix(f"write `{better}`", (Edit(span, better),))
        self.report(codes.SYNTAX_ERROR, message or unexpected(self).message, span, help, fix)
        self.merge(start, end, better)

    def _mend_date(self) -> bool:
        """Take `31.12.2026`, `2026/12/31` and the like for the date that they say."""
        if self.accepts(DATE) is None:
            return False
        end = self.behind_piece(self.at)
        better = as_date("".join(self.tokens.pieces[self.at : end]).strip('"'))
        if better is None:
            return False
        self._replace(end, better, f"write year, month and day: `{better}`")
        return self.becomes(DATE)

    def _mend_fraction(self) -> bool:
        """Take `.5` for `0.5`."""
        behind = self.at + 1
        if self.piece() != "." or self.kinds[behind] != NUMBER or self.accepts(NUMBER) is None:
            return False
        better = f"0.{self.tokens.pieces[behind]}"
        self._replace(behind + 1, better, f"write `{better}`")
        return self.becomes(NUMBER)

    def _mend_unit(self) -> bool:
        """Leave out a unit that stands apart from its number."""
        unit, number = _UNITS.get(self.piece().lower()), previous(self)
        if unit is None or number is None or self.kinds[number] != NUMBER or starts_line(self):
            return False
        amount = self.tokens.pieces[number]
        before = previous(self, number)
        if before is None or self.tokens.pieces[before] not in _MEASURED:
            return False
        if not amount.isdecimal():
            return False
        span = self.builder.token_span(number).to(self.here())
        better = f"{amount}{unit}"
        fix = Fix(f"write `{better}`", (Edit(span, better),))
        message = f"{shown(span.text)} is a number and a word"
        self.report(codes.SYNTAX_ERROR, message, span, f"write `{better}`", fix)
        return self._leave_out()

    def _leave_out(self) -> bool:
        self.kinds[self.at] = TRIVIA
        return True

    def _mend_colon(self) -> bool:
        """Take `api:8080` for `api on 8080`."""
        port, before = self.following(self.at), previous(self)
        if self.piece() != ":" or self.accepts(_ON) is None or before is None:
            return False
        if self.tokens.pieces[port].startswith("//"):
            return self._refuse_url(before, port)
        if self.kinds[port] not in NAMELIKE | {NUMBER, CIDR}:
            return False
        text = self.tokens.pieces[port].partition("/")[0]
        span, message = self.here(), unexpected(self).message
        fix = Fix("write `on`", (Edit(span, " on "),))
        help = f"ports stand behind `on`: `on {text}`"
        self.report(codes.SYNTAX_ERROR, message, span, help, fix)
        return self.becomes(_ON)

    def _refuse_url(self, scheme: int, rest: int) -> bool:
        span = self.builder.token_span(scheme).to(self.builder.token_span(rest))
        host = self.tokens.pieces[rest].removeprefix("//").partition("/")[0].split()
        message = f"{shown(span.text)} is no peer"
        help = (
            f'declare it as `endpoint NAME {{ host "{host[0] if host else "…"}" }}`, and name that'
        )
        self.report(codes.SYNTAX_ERROR, message, span, help)
        self.kinds[self.at] = self.kinds[rest] = TRIVIA
        return True

    def _mend_port(self) -> bool:
        """Take `8080/TCP` for the port alone."""
        match = _port_and_protocol(self.piece())
        if match is None or self.kinds[self.at] != CIDR or not self.fits(NUMBER):
            return False
        help = f"write the number alone: `{match[1]}`; its `port` statement says the protocol"
        self._replace(self.at + 1, match[1], help)
        return self.becomes(NUMBER)

    def _mend_and(self) -> bool:
        """Take `a and b` for `a, b`."""
        if self.piece() not in _AND or starts_line(self) or not self.fits(COMMA):
            return False
        span, message = self.here(), unexpected(self).message
        help = "separate the items of a list by commas"
        self.report(codes.SYNTAX_ERROR, message, span, help)
        return self.becomes(COMMA)

    def _mend_redundant(self) -> bool:
        """Leave out a word that says what a name or a direction is of."""
        before = previous(self)
        word, following = self.piece(), self.following(self.at)
        if before is None or starts_line(self) or not self._is_redundant(before, following):
            return False
        span, text = self.here(), unexpected(self)
        name = self.tokens.pieces[following]
        help = f"write the name alone: {shown(name)}"
        if self.tokens.pieces[before] == "allow":
            help = f"leave it out: `allow {name} …`"
        fix = Fix(f"remove `{word}`", (Edit(span, ""),))
        self.report(codes.SYNTAX_ERROR, text.message, span, help, fix)
        return self._leave_out()

    def _is_redundant(self, before: int, following: int) -> bool:
        kind, next_kind = self.kinds[self.at], self.kinds[following]
        if self.accepts(next_kind) is None:
            return False
        if self.tokens.pieces[before] == "allow":
            return next_kind in (_FROM, _TO)
        if kind not in RESERVED or kind in CONNECTIVES:
            return False
        introduced = self.tokens.pieces[before] in (
            "from",
            "to",
            "on",
            "via",
            "in",
            "harden",
            "role",
        )
        return (introduced or self.kinds[before] == COMMA) and next_kind in NAMELIKE | {
            DOTTED,
            NUMBER,
        }
