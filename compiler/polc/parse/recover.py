"""Going on after an error: for now, a block is given up where it goes wrong."""

from polc.codes import syntax as codes
from polc.parse.engine import Engine
from polc.syntax import Declaration


class Recovery(Engine):
    """An engine that reports what it can't read."""

    def declarations(self) -> list[Declaration]:
        """Parse a block to its end."""
        declarations: list[Declaration] = []
        while True:
            if self.run():
                declarations.append(self.restart())
                self.builder.broken = False
            if self.ended():
                return declarations
            if self.states != [0] or self.kinds[self.at] not in self.first():
                span = self.builder.token_span(self.at)
                self.builder.report(codes.SYNTAX_ERROR, f"unexpected `{span.text}`", span)
                return declarations

    def first(self) -> dict[int, int]:
        """Return what may start a declaration."""
        from polc.parse.engine import ROWS

        return ROWS[0]
