"""Reporting what is wrong, once: what follows from a report is not reported again.

After a report, parser and program are out of step. Nothing more is reported until a statement, a
brace or a complete item shows that they are in step again.
"""

from typing import NamedTuple

from polc.diagnostics import Code, Diagnostic, Fix, Label
from polc.parse.braces import balance
from polc.parse.engine import ENTERED, Engine
from polc.parse.lexer import Tokens
from polc.parse.words import DECLARATIONS, LEFT, RIGHT, STATEMENTS
from polc.source import Anchor, Span
from polc_grammar.tables import END

_MOST = 100
"""So many reports of one declaration are enough: it is no program, or not meant to be one."""


class _Mark(NamedTuple):
    """Where the last report was made: its token, and the block around it with its items."""

    token: int
    block: int
    items: int


class Reporter(Engine):
    """An engine that knows what it reported, and how the braces of its block balance."""

    __slots__ = ("_missing", "_surplus", "mark")

    def __init__(self, anchor: Anchor, tokens: Tokens) -> None:
        super().__init__(anchor, tokens)
        self.mark: _Mark | None = None
        self._missing: int | None = None
        self._surplus = 0

    def report(
        self,
        code: Code,
        message: str,
        span: Span,
        help: str | None = None,
        fix: Fix | None = None,
        labels: tuple[Label, ...] = (),
    ) -> None:
        """Report, unless this follows from what was reported before."""
        self.add(Diagnostic(code, message, span, labels, help, fix))

    def add(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic, unless it follows from one before."""
        self.builder.broken = True
        if not self.quiet():
            self.builder.found.append(diagnostic)
            self.mark = self.here_mark()

    def quiet(self) -> bool:
        """Tell whether the last report explains whatever is wrong here."""
        mark = self.mark
        if mark is None:
            return False
        if len(self.builder.found) >= _MOST:
            return True
        # A token that cuts a statement short is its own sign only between statements.
        end = self.at + self.at_frame()
        if any(self._in_step(self.kinds[at]) for at in range(mark.token + 1, end)):
            return False
        # What was looked through once need not be looked through again.
        self.mark = mark._replace(token=max(mark.token, end - 1))
        return len(self.states) > mark.block and self._complete(mark.block) <= mark.items

    def spoke_of(self, block: int) -> bool:
        """Tell whether the last report was of a block in which nothing was right since."""
        mark = self.mark
        return mark is not None and mark.block == block and self._complete(block) <= mark.items

    @staticmethod
    def _in_step(kind: int) -> bool:
        return kind in (LEFT, RIGHT) or kind in STATEMENTS or kind in DECLARATIONS

    def here_mark(self) -> _Mark:
        """Return what there is to know about the place at hand."""
        block = self.block_depth()
        return _Mark(self.at, block, self._complete(block))

    def block_depth(self) -> int:
        """Return the depth in the stack of the brace of the innermost block, or 0."""
        depth = self.frame() or 0
        return depth - ENTERED[self.states[depth]].startswith("items{")

    def _complete(self, block: int) -> int:
        """Count the items of a block that are complete, or would be if the block ended here."""
        pending = not self.at_frame() and block == self.block_depth()
        return self._items(block) + (pending and self.accepts(RIGHT) is not None)

    def _items(self, block: int) -> int:
        """Count the complete items of the block whose brace is at a depth of the stack."""
        above = block + 1
        if above < len(self.states) and ENTERED[self.states[above]].startswith("items{"):
            return len(self.values[above])
        return 0

    def here(self) -> Span:
        """Return the place of the token at hand; at the end, that of the last word."""
        at = self.at
        if self.kinds[at] == END:
            at -= 1
            while at > 0 and not self.kinds[at]:
                at -= 1
        return self.builder.token_span(max(at, 0))

    def piece(self) -> str:
        """Return the token at hand as written."""
        return self.tokens.pieces[self.at]

    def following(self, at: int) -> int:
        """Return the next token behind one, comments aside."""
        if self.kinds[at] == END:
            return at
        at += 1
        while not self.kinds[at]:
            at += 1
        return at

    def missing(self) -> int:
        """Return how many braces of this block nothing closes."""
        if self._missing is None:
            self._missing, self._surplus = balance(self.kinds)
        return self._missing

    def surplus(self) -> int:
        """Return how many braces of this block close nothing."""
        self.missing()
        return self._surplus

    def use_up(self, missing: int = 0, surplus: int = 0) -> None:
        """Take note of braces that were put or left out, and so found their partner."""
        self._missing = max(0, self.missing() - missing)
        self._surplus = max(0, self._surplus - surplus)
