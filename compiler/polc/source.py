"""Source files and places in them: offsets to spans, spans to lines and columns.

Everything downstream of the lexer refers to text through a `Span`. A span is relative to an
`Anchor`, the start of the declaration that it lies in, so that an unchanged declaration can be
reused after an edit above it without touching its syntax tree.
"""

from bisect import bisect_right
from functools import cached_property

from attrs import define

from polc.plain import harmless
from polc.records import record


@define(eq=False, repr=False, slots=False)
class Source:
    """One text with a display name (`policy.svc`, `std.platform`, `<stdin>`)."""

    name: str
    text: str

    @cached_property
    def line_starts(self) -> list[int]:
        """Offsets at which lines begin; only a line feed ends a line, as in LSP and git."""
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def line_col(self, offset: int) -> tuple[int, int]:
        """Turn an offset into a line and a column, both counted from 1, in code points."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """Return the text of line number `line` (from 1) without its line end."""
        starts = self.line_starts
        if not 1 <= line <= len(starts):
            return ""
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].removesuffix("\r")

    def __repr__(self) -> str:
        return f"Source({self.name!r})"


# INVARIANT: an anchor is moved only by the parser's cache, when the text above it changed.
@define(eq=False, repr=False)
class Anchor:
    """Where a declaration starts: the one mutable thing that spans hang from."""

    source: Source
    offset: int = 0


@record
class Span:
    """A half-open range of code points, relative to its anchor."""

    anchor: Anchor
    start: int
    end: int

    @property
    def source(self) -> Source:
        """The text that this span lies in."""
        return self.anchor.source

    @property
    def offset(self) -> int:
        """The absolute offset of the first code point."""
        return self.anchor.offset + self.start

    @property
    def end_offset(self) -> int:
        """The absolute offset behind the last code point."""
        return self.anchor.offset + self.end

    @property
    def line(self) -> int:
        """The line of the first code point, from 1."""
        return self.source.line_col(self.offset)[0]

    @property
    def column(self) -> int:
        """The column of the first code point, from 1."""
        return self.source.line_col(self.offset)[1]

    @property
    def text(self) -> str:
        """The text under the span."""
        return self.source.text[self.offset : self.end_offset]

    def to(self, other: "Span") -> "Span":
        """Return the span from the start of this one to the end of `other`."""
        return Span(self.anchor, self.start, other.end_offset - self.anchor.offset)

    def key(self) -> tuple[str, int, int]:
        """Return what diagnostics are sorted by: file, then place."""
        return self.source.name, self.offset, self.end_offset

    def __str__(self) -> str:
        line, column = self.source.line_col(self.offset)
        return f"{harmless(self.source.name)}:{line}:{column}"


def nowhere(name: str = "<built-in>") -> Span:
    """Return a span for what no text says: defaults, and values built in tests."""
    return Span(Anchor(Source(name, "")), 0, 0)
