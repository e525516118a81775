"""What can come next at the end of a text that is still being written."""

from itertools import pairwise
from pathlib import Path

import pytest

from polc.parse.lexer import TABLES, lex
from polc.parse.scan import blocks
from polc.parse.unfinished import Unfinished
from polc.parse.words import DECLARATIONS, SPELLING
from polc.source import Anchor, Source
from polc_grammar.tables import END
from support import REPO

PROGRAMS = sorted(REPO.glob("examples/*/policy.svc")) + sorted(REPO.glob("stdlib/**/*.svc"))


def unfinished(text: str, rest: str = "") -> Unfinished:
    return Unfinished(Anchor(Source("policy.svc", text), 0), text, rest)


def words(text: str, rest: str = "") -> set[str]:
    return {SPELLING[kind] for kind in unfinished(text, rest).keywords()}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_whatever_stands_in_a_program_can_come_next(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for start, end in pairwise(blocks(text)):
        block = text[start:end]
        tokens = lex(block)
        for kind, at in zip(tokens.kinds, tokens.offsets, strict=False):
            if kind and kind != END:
                parse = unfinished(block[:at], block[at:])
                assert parse.dropped is None
                assert parse.accepts(kind) is not None or parse.outside(), block[:at][-60:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("service a { allow ", "from to"),
        ("service a { has ", "role"),
        ("namespace shop { ", "owner harden consent label"),
        ("service a { stop { ", "grace signal"),
        ("role r { get ", "path"),
        ("extern ", "service"),
        ("service a { probe live ", "tcp grpc exec"),
        ("service a { select { ", ""),
        ("service a { can get pods/", ""),
        ("service a { account ", ""),
        ("cluster c { mesh ", ""),
        ("service a { harden ", ""),
    ],
)
def test_keywords_are_those_of_the_grammar(text: str, expected: str) -> None:
    assert words(text) == set(expected.split())


def test_names_are_no_keywords() -> None:
    assert words("service a { allow from ") == {"namespace", "any", "internet", "self"}
    assert "cni" in words("cluster c { mesh istio ")
    assert "cni" not in words("cluster c { mesh ")


def test_outside_of_declarations_they_start() -> None:
    declarations = {SPELLING[kind] for kind in DECLARATIONS}
    assert words("") == words("service a { }\n") == declarations
    assert unfinished("namespace shop\n").outside()
    assert not unfinished("service a").outside()
    assert not unfinished("service a { allow from b\n").outside()


def test_it_goes_on_after_errors() -> None:
    assert words("service a { prot web 80 http\n allow ") == {"from", "to"}
    assert words("service a { allow from 7\n  allow ") == {"from", "to"}
    assert words('service a { image "open\n  allow ') == {"from", "to"}
    assert words("nonsense }\nservice a { allow ") == {"from", "to"}


def test_a_misspelt_word_right_before_is_understood() -> None:
    assert "namespace" in words("service a { allow form ")


def test_what_cannot_be_read_is_told() -> None:
    parse = unfinished("service a {\n allow from 7 8 9 ")
    assert parse.dropped is not None
    assert parse.tokens.pieces[parse.dropped] == "7"
    assert unfinished("service a {\n allow from 7 8 9\n port ").dropped is None


def test_braces_behind_the_place_count() -> None:
    """A word in a block that ends can be a label; in one that never does, it is a statement."""
    inside = 'service a { select { app: "a" '
    assert unfinished(inside + ", port ").symbols[-1] == "key_part"
    assert unfinished(inside + ", port ", ': "b" } }').symbols[-1] == "key_part"


@pytest.mark.parametrize(
    "text", ["", " ", "}", "{{{", "service", 'import "', "# only", "\x00", "a" * 99]
)
def test_any_text_will_do(text: str) -> None:
    for at in range(len(text) + 1):
        parse = unfinished(text[:at], text[at:])
        assert parse.keywords() <= set(range(len(TABLES.terminals)))
