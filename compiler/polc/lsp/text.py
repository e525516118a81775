"""One version of a document's text, and its positions as clients count them.

Source: LSP 3.17, "Text Documents" and "Position": a line feed, a carriage return, and both together
end a line; characters are counted in units of the encoding that was agreed on, UTF-16 by default;
a position behind the end of its line means the end of its line.
"""

import re
from bisect import bisect_right
from typing import Literal

from attrs import frozen

Encoding = Literal["utf-8", "utf-16", "utf-32"]
Position = tuple[int, int]
"""Line and character, both from 0."""

_line_ends = re.compile(r"\r\n|\r|\n").finditer


@frozen(eq=False)
class Text:
    """A text and the offsets, in code points, at which its lines start."""

    value: str
    starts: list[int]

    @staticmethod
    def of(value: str) -> "Text":
        """Return a text with its lines found."""
        return Text(value, [0, *(match.end() for match in _line_ends(value))])

    def replaced(self, start: int, end: int, new: str) -> "Text":
        """Return the text with what lies between two offsets replaced."""
        value = f"{self.value[:start]}{new}{self.value[end:]}"
        # From one line above, for a line feed may join a carriage return that stood alone.
        first = max(0, self.line_at(start) - 1)
        behind = self.line_at(end) + 1
        kept = self.starts[behind:]
        begin = self.starts[first]
        stop = kept[0] if kept else len(self.value)
        moved = len(value) - len(self.value)
        found = (begin + m.end() for m in _line_ends(value[begin : stop + moved]))
        middle = [at for at in found if not kept or at < stop + moved]
        starts = [*self.starts[: first + 1], *middle, *(at + moved for at in kept)]
        return Text(value, starts)

    def offset(self, position: Position, encoding: Encoding) -> int:
        """Return the offset of a position; one outside of the text means its nearest end."""
        line, character = position
        if line < 0:
            return 0
        if line >= len(self.starts):
            return len(self.value)
        start, end = self.bounds(line)
        content = self.value[start:end]
        if encoding == "utf-32" or content.isascii():
            return min(start + max(0, character), end)
        units = 0
        for index, char in enumerate(content):
            if units >= character:
                return start + index
            units += _units(char, encoding)
        return end

    def position(self, offset: int, encoding: Encoding) -> Position:
        """Return the position of an offset."""
        offset = min(max(0, offset), len(self.value))
        line = self.line_at(offset)
        before = self.value[self.starts[line] : offset]
        if encoding == "utf-32" or before.isascii():
            return line, len(before)
        return line, sum(_units(char, encoding) for char in before)

    def bounds(self, line: int) -> tuple[int, int]:
        """Return where a line starts and ends, without its line end."""
        start = self.starts[line]
        if line + 1 == len(self.starts):
            return start, len(self.value)
        end = self.starts[line + 1] - 1
        if end > start and self.value[end - 1 : end + 1] == "\r\n":
            end -= 1
        return start, end

    def line_at(self, offset: int) -> int:
        """Return the line, from 0, that an offset is in."""
        return bisect_right(self.starts, offset) - 1


def _units(char: str, encoding: Encoding) -> int:
    code = ord(char)
    if encoding == "utf-16":
        return 2 if code > 0xFFFF else 1
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
