"""What holds of every text: formatting changes layout only, once, and the same way in any door."""

import random

from hypothesis import example, given
from hypothesis import strategies as st

from layouts import damaged, mangled, meaning, randoms, sentences
from polc.fmt import TextEdit, format_edits, format_text
from polc.fmt.formatting import lost
from polc.fmt.layout import lay_out
from polc.fmt.tree import grow
from polc.fmt.words import REFUSED, read
from polc.parse import parse_block
from polc.source import Anchor, Source
from strategies import programs
from support import REPO

TEXTS = [
    path.read_text(encoding="utf-8")
    for folder in ("examples", "stdlib", "tests/apps", "tests/cases", "tests/unit/fmt")
    for path in sorted((REPO / folder).rglob("*.svc"))
]
texts = st.one_of(st.sampled_from(TEXTS), programs())


@given(texts, randoms)
def test_layout_is_all_that_changes(text: str, pick: random.Random) -> None:
    check(mangled(text, pick))


@given(sentences())
def test_every_statement_of_the_grammar(text: str) -> None:
    check(text)


@given(texts, randoms, st.booleans())
def test_programs_with_mistakes(text: str, pick: random.Random, mangles: bool) -> None:
    check(damaged(mangled(text, pick) if mangles else text, pick))


@given(st.text(max_size=200))
@example("")
@example("\ufeff")
@example(" \n\t")
@example("# only\n\n\n# comments  ")
@example("service a {\n\x0c}")
@example('service a { image "x\n  port')
def test_any_text(text: str) -> None:
    check(text)


def check(text: str) -> None:
    formatted = format_text(text)
    assert meaning(formatted) == meaning(text)
    assert format_text(formatted) == formatted, "not in one go"
    found = read(text)
    assert lost(found, lay_out(grow(found))) == frozenset(), "the guard is for bugs"
    assert applied(text, format_edits(text)) == formatted
    check_refusals(text)
    if REFUSED not in found.kinds:
        check_layout(formatted)


def check_refusals(text: str) -> None:
    """What is left alone is what the parser has something to say of, and stays as it is."""
    found, formatted = read(text), format_text(text)
    for block in found.blocks:
        if found.kinds[block.head] == REFUSED:
            written = text[block.start : block.end]
            assert parse_block(written, Anchor(Source("x", written))).diagnostics
            assert found.words[block.head] in formatted


def check_layout(formatted: str) -> None:
    assert formatted == "" or formatted.endswith("\n")
    assert "\n\n\n" not in formatted
    assert not formatted.startswith("\n")
    assert not formatted.endswith("\n\n")
    for line in formatted.split("\n"):
        assert line == line.rstrip()
        assert "\t" not in line.split("#")[0]


def applied(text: str, edits: tuple[TextEdit, ...]) -> str:
    at, parts = 0, []
    for edit in edits:
        assert at <= edit.start <= edit.end
        assert text[edit.start : edit.end] != edit.text
        parts += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*parts, text[at:]))


@given(texts, randoms, st.data())
def test_a_range_touches_its_declarations_only(
    text: str, pick: random.Random, data: st.DataObject
) -> None:
    text = mangled(text, pick)
    low, high = sorted(data.draw(st.integers(0, len(text))) for _ in "ab")
    edits = format_edits(text, (low, high))
    assert set(edits) <= set(format_edits(text))
    assert meaning(applied(text, edits)) == meaning(text)
    touched = [
        (block.start, block.end)
        for block in read(text).blocks
        if block.start <= high and low <= block.end
    ]
    start, end = (min([low, *(s for s, _ in touched)]), max([high, *(e for _, e in touched)]))
    for edit in edits:
        assert start <= edit.end
        assert edit.start <= end
