"""Blocks of an edited text are those of the text read from its start."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from lsp_support import LINKED
from polc.parse.rescan import balanced, rescan
from polc.parse.scan import blocks
from support import EXAMPLES

SNIPPETS = (
    *("{", "}", "\n", "\r\n", "#", "# c\n", '"', '"#{', "\\", " ", "a", "->", ".", "-"),
    *("service", "service b {\n port x 1 http\n}\n", "extern ", "extern\n", "\nservice c {"),
    *("namespace x\n", "import std.ports\n", "external service y {\n", "environment e { service"),
)

texts = st.one_of(
    st.just(LINKED),
    st.lists(st.sampled_from(SNIPPETS), max_size=30).map("".join),
)
edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.lists(st.sampled_from(SNIPPETS), max_size=2)),
    max_size=10,
)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in pairwise(blocks(text))]


def follow(text: str, changes: list[tuple[float, int, list[str]]]) -> None:
    """Edit a text step by step; its blocks are right after each."""
    now = cut(text)
    for where, length, new in changes:
        at = round(where * len(text))
        text = text[:at] + "".join(new) + text[at + length :]
        now = rescan(text, now, [balanced(each) for each in now])
        assert now == cut(text)


@given(texts, edits)
@example("service a { }\n# c\nservice b { }\n", [(0.5, 0, ["\n"]), (0.5, 1, [])])
def test_blocks_of_an_edited_text_are_those_of_the_whole(
    text: str, changes: list[tuple[float, int, list[str]]]
) -> None:
    follow(text, changes)


@given(st.sampled_from(("boutique", "cloud-native")), st.floats(0, 1), edits)
def test_blocks_of_an_edited_example_are_those_of_the_whole(
    name: str, where: float, changes: list[tuple[float, int, list[str]]]
) -> None:
    text = (EXAMPLES / name / "policy.svc").read_text(encoding="utf-8")
    start = round(where * len(text))
    follow(text[start : start + 4000], changes)


@given(texts)
def test_typing_a_text_key_by_key_cuts_it_as_the_whole(text: str) -> None:
    now: list[str] = []
    for end in range(len(text) + 1):
        now = rescan(text[:end], now, [balanced(each) for each in now])
        assert now == cut(text[:end])


def test_braces_in_strings_and_comments_do_not_count() -> None:
    assert balanced('a { "}" # }\n}')
    assert not balanced("a {")
    assert not balanced("} {")
