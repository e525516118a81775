"""Path patterns: what they admit, and that sets of them are compared as sets."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowering import lowered, string
from polc.ir.nodes import Path
from polc.ir.paths import covers, intersect, matches
from polc.lower.texts import path

# Four segments are one more than any pattern below, and `z` stands for all other words.
PATHS = tuple(
    "/" + "/".join(parts)
    for length in range(1, 5)
    for parts in product(("a", "b", "z", ""), repeat=length)
)
PATTERNS = st.builds(
    Path,
    st.lists(st.sampled_from(["a", "b", "*", ""]), max_size=3).map(tuple),
    st.booleans(),
).filter(lambda pattern: pattern.segments or pattern.rest)


def members(pattern: Path) -> set[str]:
    return {text for text in PATHS if matches(pattern, text)}


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("/", ["/"], ["", "/a", "//"]),
        ("/v1", ["/v1"], ["/v1/", "/v1/a", "/v2", "/V1"]),
        ("/v1/", ["/v1/"], ["/v1", "/v1/a"]),
        ("/v1/**", ["/v1", "/v1/", "/v1/a", "/v1/a/b"], ["/v10", "/", "v1"]),
        ("/**", ["/", "/a", "/a/b/"], ["", "a"]),
        ("/*/items", ["/a/items"], ["//items", "/items", "/a/b/items"]),
        ("/v1/*/**", ["/v1/a", "/v1/a/", "/v1/a/b"], ["/v1", "/v1/"]),
        ("/a%2Fb", ["/a%2Fb"], ["/a/b"]),
    ],
)
def test_matches(text: str, yes: list[str], no: list[str]) -> None:
    pattern = lowered(path, string(text)).value
    assert str(pattern) == text
    assert [each for each in yes if not matches(pattern, each)] == []
    assert [each for each in no if matches(pattern, each)] == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("v1", "write `/v1`"),
        ("", "write `/`"),
        ("/v1*", "one whole segment"),
        ("/***", "one whole segment"),
        ("/**/x", "the last segment"),
        ("/items/{id}", "write `*`"),
        ("/search?q=1", "ends before its query"),
        ("/a#b", "ends before its fragment"),
        ("/a b", "`%20`"),
        ("/ä", "`%C3%A4`"),
        ("/a\tb", "U+0009"),
        ("/a\\b", "`%5C`"),
        ("/a%zz", "`%25`"),
        ("/%41", "write `A`"),
        ("/a/../b", "left then"),
        ("/./a", "left then"),
        ("/a//b", "one `/`"),
        ("//**", "one `/`"),
        ("/a//**", "one `/`"),
    ],
)
def test_no_path(text: str, hint: str) -> None:
    done = lowered(path, string(text))
    assert done.value is None
    assert done.marks == [("POL608", f'"{text}"')]
    assert hint in f"{done.only.message} {done.only.help}"


@given(PATTERNS, PATTERNS)
def test_covers_agrees_with_all_paths(wide: Path, narrow: Path) -> None:
    assert covers(wide, narrow) == (members(narrow) <= members(wide))


@given(PATTERNS, PATTERNS)
def test_intersect_agrees_with_all_paths(one: Path, other: Path) -> None:
    both = intersect(one, other)
    shared = members(one) & members(other)
    assert (members(both) if both is not None else set()) == shared


@given(st.lists(st.sampled_from(["a", "v1", "*", "x-y", "a.b", "~u"]), min_size=1), st.booleans())
def test_a_path_is_printed_as_it_was_written(segments: list[str], rest: bool) -> None:
    text = "/" + "/".join([*segments, "**"] if rest else segments)
    assert str(lowered(path, string(text)).value) == text
