"""The lexer for Pygments: what is what, held against the grammar and every program here."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments import token as t
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename

from polc.highlight import PolcLexer
from polc.parse.lexer import TABLES, tokens
from support import REPO

ROOTS = ("examples", "stdlib", "tests/apps", "tests/cases", "tests/unit")
PROGRAMS = sorted(path for root in ROOTS for path in (REPO / root).rglob("*.svc"))


def typed(text: str) -> list[tuple[str, str]]:
    """Return the pieces of a text but layout, with their types."""
    found = PolcLexer().get_tokens_unprocessed(text)
    return [(str(type_), piece) for _, type_, piece in found if type_ is not t.Whitespace]


def type_in(text: str, piece: str) -> str:
    """Return the type of the only such piece of a text."""
    (found,) = {type_ for type_, each in typed(text) if each == piece}
    return found.removeprefix("Token.")


@pytest.mark.parametrize("name", ["polc", "svc"])
def test_pygments_finds_it(name: str) -> None:
    assert get_lexer_by_name(name).name == "polc"
    assert get_lexer_for_filename("policy.svc").name == "polc"


@pytest.mark.parametrize("word", sorted(TABLES.words))
def test_every_word_of_the_grammar_is_a_keyword(word: str) -> None:
    assert type_in(word, word).startswith("Keyword")


@pytest.mark.parametrize("mark", sorted(TABLES.punctuation))
def test_every_mark_of_the_grammar_has_a_type(mark: str) -> None:
    assert type_in(mark, mark) in {"Operator", "Punctuation"}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.relative_to(REPO).as_posix())
def test_nothing_is_an_error_that_is_none_to_the_compiler(path: Path) -> None:
    text = path.read_text("utf-8")
    errors = [at for at, type_, _ in PolcLexer().get_tokens_unprocessed(text) if type_ is t.Error]
    wrong = [token.start for token in tokens(text) if token.kind in {"ERROR", "WILDCARD"}]
    assert errors == wrong
    assert errors == [] or "broken" in path.parts


@pytest.mark.parametrize(
    ("piece", "type_"),
    [
        ('# why: { "no', "Comment.Single"),
        ('"a # b"', "Literal.String.Double"),
        ("8080", "Literal.Number"),
        ("30s", "Literal.Number"),
        ("128Mi", "Literal.Number"),
        ("1.5", "Literal.Number"),
        ("90%", "Literal.Number"),
        ("10.0.0.0/8", "Literal.Number"),
        ("2001:db8::/32", "Literal.Number"),
        ("2026-12-31", "Literal.Date"),
        ("NET_BIND_SERVICE", "Name.Constant"),
        ("orders-db", "Name"),
        ("std.platform.prometheus", "Name"),
        ("allow", "Keyword"),
        ("service", "Keyword.Declaration"),
        ("internet", "Keyword.Constant"),
        ("->", "Operator"),
        ("..", "Operator"),
        ("{", "Punctuation"),
        ("My_name", "Error"),
        ('"open', "Error"),
        ("'single'", "Error"),
        (";", "Error"),
        ("pods*", "Error"),
    ],
)
def test_a_piece_has_the_type(piece: str, type_: str) -> None:
    assert typed(piece)[0] == (f"Token.{type_}", piece)


def test_escapes_stand_out() -> None:
    assert [piece for type_, piece in typed(r'"a\"\u{1F600}b"') if "Escape" in type_] == [
        r"\"",
        r"\u{1F600}",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "service app { }",
        "service s { port app 8080 tcp }",
        "service s { port web 80 -> 8080 app }",
        'service s { select { app: "a" } }',
        "service s { allow from a, app on web }",
        "service s { allow from shop/app }",
        "service s { can get pods/app, app }",
        "service s { rollout { app 100% } }",
        "group g { app }",
        "allow from app",
    ],
)
def test_a_word_that_starts_nothing_is_a_name(text: str) -> None:
    assert type_in(text, "app").startswith("Name")


@pytest.mark.parametrize(
    "text",
    [
        'service s { build { app "/app" } }',
        'build { base "x"  app "/app" }',
        "app",
    ],
)
def test_the_same_word_is_a_keyword_where_it_starts_something(text: str) -> None:
    assert type_in(text, "app") == "Keyword"


@given(st.text(alphabet="servic allowfrm{}\",.->/:*%#019é\n\r\t\\'", max_size=80))
def test_the_pieces_are_the_text(text: str) -> None:
    found = list(PolcLexer().get_tokens_unprocessed(text))
    assert "".join(piece for *_, piece in found) == text
    assert all(text.startswith(piece, at) for at, _, piece in found)
