"""Going back: over words that were taken for the end of a statement, and start the next one.

Line ends mean nothing, so a statement without its end takes what the next line starts with. Where
that leads to an error, the layout tells what was meant.
"""

from bisect import bisect_left
from itertools import pairwise

from polc.codes import syntax as codes
from polc.parse import lexer
from polc.parse.messages import cut_short, enclosing, previous, shown, starts_line, unexpected
from polc.parse.phrases import Phrases
from polc.parse.words import COMMA, NAME, WORDS
from polc.source import Span
from polc.syntax import Node
from polc_grammar.tables import TRIVIA


class Rewind(Phrases):
    """An engine that goes back to where a statement should have ended."""

    __slots__ = ()

    def give_back(self) -> bool:
        """Put back a word that starts the next statement, and was taken for the end of this one.

        So `can get pods/` takes the `run` of the next line for a part of pods.
        """
        token, depth = previous(self), self.frame()
        if token is None or depth is None or self.kinds[token] not in WORDS:
            return False
        first = self._first(depth, token)
        if first is None or first >= token or not starts_line(self, token):
            return False
        starts = self.accepts(self.kinds[token], self.states[: depth + 1])
        if starts is None or self.accepts(self.kinds[self.at], starts) is None:
            return False
        if self.at_frame():
            depth = self._drop_last(depth)
        self.cut_back(depth)
        self.at, kind, self.kinds[token] = first, self.kinds[token], lexer.STOP
        self.run()  # up to that word, for the states before it
        self.kinds[token] = kind
        if self.at == token:
            text = unexpected(self)
            self.report(codes.SYNTAX_ERROR, text.message, self.place(), text.help)
        self.cut_back(depth)
        self.builder.broken = True
        self.at = token
        return True

    def _first(self, depth: int, token: int) -> int | None:
        """Return with which token the item starts that a token is the last of.

        It stands above a place in the stack, or is the last of the list there.
        """
        value = self.values[depth + 1] if depth + 1 < len(self.values) else None
        if self.at_frame() and isinstance(self.values[-1], list):
            last = self.values[-1][-1] if self.values[-1] else None  # it may have been refused
            ends = isinstance(last, Node) and last.span.end == self.builder.offsets[token + 1]
            value = last if ends else None
        if isinstance(value, Node):
            return bisect_left(self.builder.offsets, value.span.start)
        return value if isinstance(value, int) else None

    def _drop_last(self, depth: int) -> int:
        """Take the last item off the list at hand; return the depth of what is left."""
        self.values[-1].pop()
        return depth if self.values[-1] else depth - 1

    def mend_verbs(self) -> bool:
        """Leave out a line of a role that is only verbs, and took those of the next for resources.

        Only the layout tells that: each grant below is out of step, and the last one is too short.
        """
        if self.at_frame() or enclosing(self) != "role" or self.quiet():
            return False
        depth = self.block_depth()
        lines = self._lines(self.values[depth])
        for line, below in pairwise(lines):
            if self._verbs(line) == len(line) and 0 < self._verbs(below) < len(below):
                self.cut_back(depth)
                self.at = line[0]
                span = self.builder.token_span(line[-1])
                message = f"expected a resource such as `pods` after {shown(span.text)}"
                self.report(codes.SYNTAX_ERROR, message, span)
                for token in line:
                    self.kinds[token] = TRIVIA
                self.at = lines[0][0]
                return True
        return False

    def _lines(self, brace: int) -> list[list[int]]:
        """Return the tokens of each line from a brace to the token at hand."""
        lines: list[list[int]] = [[]]
        for token in range(brace + 1, self.at):
            if self.kinds[token]:
                lines[-1].append(token)
            elif "\n" in self.tokens.pieces[token]:
                lines.append([])
        return [line for line in lines if line]

    def _verbs(self, line: list[int]) -> int:
        """Return how many tokens a line starts with that are verbs and the commas between."""
        count = 0
        while count < len(line) and self.kinds[line[count]] == NAME:
            count += 1
            if count + 1 < len(line) and self.kinds[line[count]] == COMMA:
                count += 1
            else:
                break
        return count

    def place(self) -> Span:
        """Return what to underline: what a line ends with that should go on, or what is wrong."""
        before = previous(self)
        if before is not None and cut_short(self):
            return self.builder.token_span(before)
        return self.here()
