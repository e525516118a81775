"""The parse of a text that is still being written: what could come next at its end.

It goes on after errors as any parse does, but takes the end of the text for no end of anything.
"""

from polc.parse.engine import ENTERED, ROWS
from polc.parse.lexer import STOP, lex
from polc.parse.recover import Recovery
from polc.parse.words import DECLARATIONS, NAME, WORDS
from polc.source import Anchor
from polc_grammar.tables import END


class Unfinished(Recovery):
    """A parse of the start of a block; `rest` is what follows it, of which only braces count."""

    __slots__ = ("dropped",)

    def __init__(self, anchor: Anchor, text: str, rest: str = "") -> None:
        super().__init__(anchor, lex(text))
        self.dropped: int | None = None
        """The token at which what could not be read starts, if that goes on up to the end."""
        whole = Recovery(anchor, lex(text + rest))
        self.use_up(missing=max(0, self.missing() - whole.missing()))
        self._read_on()

    @property
    def symbols(self) -> list[str]:
        """What was read, as symbols of the grammar, the outermost first."""
        return [ENTERED[state] for state in self.states]

    def outside(self) -> bool:
        """Tell whether a declaration could start at the end."""
        return self.states == [0] or (
            "LBRACE" not in self.symbols and ROWS[self.states[-1]].get(END) is not None
        )

    def keywords(self) -> frozenset[int]:
        """Return the words that can come next and be more than names."""
        if self.states == [0]:
            return DECLARATIONS
        as_name = self.accepts(NAME)
        row = ROWS[self.states[-1]]
        return frozenset(
            kind
            for kind in WORDS
            if kind in row
            and (states := self.accepts(kind)) not in (None, as_name)
            and ENTERED[states[-1]] != "broad_name"
        )

    def run(self) -> bool:
        """Parse on, at most up to the end of the text."""
        self.kinds[-1] = STOP
        complete = super().run()
        self.kinds[-1] = END
        return complete

    def fits(self, kind: int, at: int | None = None) -> bool:
        """Tell whether a token could be of a kind, and what follows it fits too."""
        if self.kinds[self.following(self.at if at is None else at)] == END:
            return self.accepts(kind) is not None
        return super().fits(kind, at)

    def _read_on(self) -> None:
        while True:
            complete = self.run()
            if self.ended():
                if complete:
                    self.take()
                return
            at = self.at
            if complete or self._ends_before():
                self.take()
            elif self.states == [0]:
                self._stray()
            elif not self.mend():
                self._give_up()
            else:
                continue
            self.dropped = at if self.ended() else None
