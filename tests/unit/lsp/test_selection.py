"""Growing selections: each step holds the one before, on any text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from lsp_support import LINKED, Editor, editor
from polc.lsp.text import Encoding

SELECT = types.TEXT_DOCUMENT_SELECTION_RANGE


def steps(one: Editor) -> list[str]:
    """Return the text of each step around the cursor, the smallest first."""
    [chain] = one.ask(SELECT, positions=[one.position()])
    found = []
    while chain is not None:
        document = one.session.documents.open[one.path()].text
        start, end = (
            document.offset((each.line, each.character), one.session.encoding)
            for each in (chain.range.start, chain.range.end)
        )
        found.append(document.value[start:end])
        chain = chain.parent
    return found


def test_a_selection_grows_from_the_word_to_the_text() -> None:
    one = editor(LINKED.replace("frontend on web", "fro|ntend on web"))
    body = 'select { app: "api" }\n  port web 80 -> 8080 http\n  allow from frontend on web'
    assert [each.strip() for each in steps(one)] == [
        "frontend",
        "allow from frontend on web",
        body,
        f"{{\n  {body}\n}}",
        f"service api {{\n  {body}\n}}",
        LINKED[LINKED.index("namespace") :].strip(),
        LINKED.strip(),
    ]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ('namespace a\nservice b { image "ab|c" }', ["abc", '"abc"', 'image "abc"']),
        ("# on|e\n# two\n\n# three\nservice b { }", ["# one", "# one\n# two"]),
        ("namespace a\nservice b { port |", ["{ port", "service b { port"]),
        ("namespace a\nservice b { allow from x, |y on }", ["y"]),
        ("oops th|ere", ["there", "oops there"]),
        ("|", [""]),
        ('"ab|c', ['"abc']),
    ],
)
def test_half_typed_text_has_its_words_strings_and_braces(text: str, first: list[str]) -> None:
    assert [each.strip() for each in steps(editor(text))][: len(first)] == first


@given(
    st.floats(0, 1),
    st.sampled_from(["", "{", "}", '"', "#", "\r\n", "\r", "😀", "\nservice "]),
    st.sampled_from(["utf-8", "utf-16", "utf-32"]),
)
def test_each_step_holds_the_one_before(where: float, typed: str, encoding: Encoding) -> None:
    at = round(where * len(LINKED))
    text = f"{LINKED[:at]}{typed}|{LINKED[at:]}"
    one = editor({"policy.svc": text}, encoding=encoding, settled=False)
    found = steps(one)
    assert found[-1] == one.text()
    for inner, outer in pairwise(found):
        assert inner in outer
        assert inner != outer
    [chain] = one.ask(SELECT, positions=[one.position()])
    while chain.parent is not None:
        assert chain.parent.range.start <= chain.range.start <= chain.range.end
        assert chain.range.end <= chain.parent.range.end
        chain = chain.parent


def test_several_cursors_are_answered_in_their_order() -> None:
    one = editor(LINKED)
    spots = [one.position(LINKED.index(word)) for word in ("api {", "frontend {", "cluster")]
    found = one.ask(SELECT, positions=spots)
    assert [each.range.start for each in found] == spots
