"""What holds of every text: a parse never raises, layout means nothing, errors stay put."""

import random
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lark.exceptions import LarkError

import parsing
from parsing import EXAMPLES, read, words
from polc.parse import parse_bytes
from polc.parse.lexer import tokens
from polc.parse.scan import blocks
from polc_grammar.generate import lark
from support import SHARED

needs_examples = pytest.mark.skipif(
    not SHARED.is_dir(), reason="NOT CHECKED: no shared/ beside the clone"
)
REFERENCE = lark()
TEXTS = [parsing.example(name) for name in EXAMPLES] if SHARED.is_dir() else []
WORDS = r"""
{ } { } [ ] , : = / -> .. * " ' ; # \ service namespace extern group role import environment
cluster gateway endpoint profile allow from to on via host in can get port image select run
user rollout when v1 90% 80 0..2 a b/c std.x GET "x" "open 'y' My_X 2048-x 10.0.0.0/8 ::/0
2026-01-01 until because only and probe build stop account harden has
"""
VOCABULARY = [*WORDS.split(), "\n", "\r\n"]


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    source, file, found = parse_bytes("x", data)
    for diagnostic in found:
        assert 0 <= diagnostic.span.offset <= diagnostic.span.end_offset <= len(source.text)
    assert found or not any(getattr(each, "broken", False) for each in file.declarations)


@given(st.text(max_size=300))
@example("²>")
def test_any_text(text: str) -> None:
    read(text)
    assert "".join(token.text for token in tokens(text)) == text


@given(st.lists(st.sampled_from(VOCABULARY), max_size=120).map(" ".join))
def test_any_words(text: str) -> None:
    read(text)
    starts = blocks(text)
    assert starts == sorted(set(starts)) or text == ""
    assert (starts[0], starts[-1]) == (0, len(text))


@needs_examples
@given(st.sampled_from(range(len(EXAMPLES))), st.data())
def test_layout_means_nothing(which: int, data: st.DataObject) -> None:
    text = TEXTS[which]
    spaces = st.sampled_from([" ", "\n", "\r\n", "\t", "  \n ", " # x\n"])
    seed = data.draw(st.integers(0, 2**32))
    choices = data.draw(st.lists(spaces, min_size=1, max_size=5))
    pick = random.Random(seed)
    loose = "".join(token.text + pick.choice(choices) for token in words(text))
    assert read(loose).declarations == read(text).declarations


@needs_examples
@given(st.sampled_from(range(len(EXAMPLES))), st.data())
def test_a_mistake_costs_its_own_declaration_only(which: int, data: st.DataObject) -> None:
    text = TEXTS[which]
    whole = read(text)
    inside = [
        (token, owner)
        for token in words(text)
        for owner in whole.declarations
        if owner.span.offset < token.start and token.end <= owner.span.end_offset
    ]
    token, owner = data.draw(st.sampled_from(inside))
    instead = data.draw(st.sampled_from(["", "}", "{", "foo", '"open', "80", "allow", ";", "My_X"]))
    broken = read(f"{text[: token.start]}{instead} {text[token.end :]}")
    for other in whole.declarations:
        if other is not owner:
            assert other in broken.declarations, broken.underlined
    assert len(broken.found) <= 5  # as a rule 1


LATER = {"POL005", "POL103", "POL105", "POL106", "POL306"}
"""Codes of mistakes that the grammar itself allows."""


@needs_examples
@given(st.sampled_from(range(len(EXAMPLES))), st.data())
def test_what_lark_accepts_is_what_is_clean(which: int, data: st.DataObject) -> None:
    pieces = [token.text for token in tokens(TEXTS[which])]
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(pieces) - 1))
        pieces[at] = data.draw(st.sampled_from([*VOCABULARY, "", pieces[at - 1]]))
    text = "".join(pieces)
    found = read(text).found
    if accepted_by_lark(text):
        refused = (each for each in found if not each.message.startswith("a probe can't send"))
        assert {each.code.id for each in refused} <= LATER
    else:
        assert found


def accepted_by_lark(text: str) -> bool:
    """Tell whether Lark's own parser takes every block of a text for a declaration."""
    for start, end in pairwise(blocks(text)):
        if words(text[start:end]):
            try:
                REFERENCE.parse(text[start:end])
            except LarkError:
                return False
    return True


@needs_examples
@given(st.sampled_from(range(len(EXAMPLES))), st.data())
def test_many_mistakes(which: int, data: st.DataObject) -> None:
    pieces = [token.text for token in tokens(TEXTS[which])]
    for _ in range(data.draw(st.integers(1, 20))):
        at = data.draw(st.integers(0, len(pieces) - 1))
        pieces[at] = data.draw(st.sampled_from([*VOCABULARY, ""]))
    read("".join(pieces))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "{" * 5000,
            "}" * 5000,
            "-" * 5000,
            "a." * 5000,
            "9" * 50_000 + "*",
            "9" * 50_000 + "-x",
            '"\n' * 5000,
            "*" * 5000,
        ),
        "service a { " * 2000,
        "service a { " + "run { " * 2000,
        "service a { run } " * 1000,
        "service a { select { port " * 1000,
        "service a { " + "alow from b\n" * 1000,
        "service a { allow from b { rpc import " * 500,
    ],
)
def test_much_of_the_same_wrong_thing(text: str) -> None:
    assert read(text).found
