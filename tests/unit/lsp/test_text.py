"""Positions in a text, against an oracle that counts one code point after the other."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from polc.lsp.text import Encoding, Position, Text

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
ODD = "ab \t\r\n\r\n\x0b\x0c\x1c\x85\u2028\u2029é€😀\U0010ffff\ud800"
"""What ends a line for somebody, though not in the protocol, and what takes several units."""

texts = st.text(st.sampled_from(ODD), max_size=40)
encodings = st.sampled_from(ENCODINGS)


def units(char: str, encoding: Encoding) -> int:
    if encoding == "utf-32":
        return 1
    width = {"utf-8": 1, "utf-16": 2}[encoding]
    name = "utf-16-le" if encoding == "utf-16" else encoding
    return len(char.encode(name, "surrogatepass")) // width


def positions(value: str, encoding: Encoding) -> list[Position]:
    """Return the position of each offset, that of the end included."""
    line, character, found = 0, 0, []
    for index, char in enumerate(value):
        found.append((line, character))
        if char == "\n" or (char == "\r" and value[index + 1 : index + 2] != "\n"):
            line, character = line + 1, 0
        else:
            character += units(char, encoding)
    return [*found, (line, character)]


def line_of(value: str, number: int) -> str:
    """Return a line without its end."""
    return value.replace("\r\n", "\n").replace("\r", "\n").split("\n")[number]


@given(texts, encodings)
def test_positions_are_those_of_a_slow_count(value: str, encoding: Encoding) -> None:
    text = Text.of(value)
    expected = positions(value, encoding)
    assert [text.position(at, encoding) for at in range(len(value) + 1)] == expected


@given(texts, encodings)
def test_there_and_back(value: str, encoding: Encoding) -> None:
    text = Text.of(value)
    for at in range(len(value) + 1):
        # Between a carriage return and its line feed there is no position: it is the line's end.
        inside = value[at - 1 : at + 1] == "\r\n" and at > 0
        assert text.offset(text.position(at, encoding), encoding) == at - inside


@given(texts, st.integers(-1, 12), st.integers(-1, 12), encodings)
@example("ab\r\n", 0, 9, "utf-16")
@example("", 0, 0, "utf-8")
def test_a_position_outside_means_the_nearest_inside(
    value: str, line: int, character: int, encoding: Encoding
) -> None:
    text = Text.of(value)
    at = text.offset((line, character), encoding)
    count = len(text.starts)
    if line < 0:
        assert at == 0
    elif line >= count:
        assert at == len(value)
    else:
        content = line_of(value, line)
        before = value[text.starts[line] : at]
        assert content.startswith(before)
        wide = sum(units(char, encoding) for char in before)
        assert wide >= min(character, sum(units(char, encoding) for char in content))
        assert not before or wide - units(before[-1], encoding) < character


@given(texts, st.integers(0, 40), st.integers(0, 40), texts)
@example("a\r\nb", 1, 2, "")
@example("a\rb", 2, 2, "\n")
@example("a\nb", 1, 1, "\r")
@example("\r\r\n", 1, 1, "\n")
@example("a\r\n\r\nb", 2, 3, "")
def test_an_edited_text_is_the_text_of_the_outcome(
    value: str, some: int, other: int, new: str
) -> None:
    start, end = sorted((min(some, len(value)), min(other, len(value))))
    edited = Text.of(value).replaced(start, end, new)
    fresh = Text.of(value[:start] + new + value[end:])
    assert (edited.value, edited.starts) == (fresh.value, fresh.starts)


@given(texts, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), texts), max_size=6))
def test_many_edits_leave_the_lines_right(value: str, edits: list[tuple[int, int, str]]) -> None:
    text = Text.of(value)
    for some, other, new in edits:
        start, end = sorted((min(some, len(text.value)), min(other, len(text.value))))
        text = text.replaced(start, end, new)
    assert text.starts == Text.of(text.value).starts


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\r\nb\rc\nd", ["a", "b", "c", "d"]),
        ("\r\n\r\n", ["", "", ""]),
        ("\n\r", ["", "", ""]),
        ("a\u2028b\x0cc\x85d\x0be", ["a\u2028b\x0cc\x85d\x0be"]),
    ],
)
def test_lines_end_where_the_protocol_says(value: str, lines: list[str]) -> None:
    text = Text.of(value)
    spans = [text.bounds(line) for line in range(len(text.starts))]
    assert [value[start:end] for start, end in spans] == lines


@pytest.mark.parametrize(("encoding", "behind"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_an_emoji_takes_the_units_of_the_encoding(encoding: Encoding, behind: int) -> None:
    text = Text.of("😀x")
    assert text.position(1, encoding) == (0, behind)
    assert text.offset((0, behind), encoding) == 1


def test_the_middle_of_a_pair_of_surrogates_is_behind_it() -> None:
    assert Text.of("😀x").offset((0, 1), "utf-16") == 1
