"""YAML: the reader of objects against the one that kubectl and the API server share.

What it reads, it reads as they do. It may refuse more, for the reasons that stand here and in
words: what they read silently, and others otherwise.
"""

import base64
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings

from oracles.referee import Referee, find, start
from polc.output.yaml import dump
from polc.semantics.objects.yaml import UnreadableError, documents, nodes
from polc.semantics.objects.yaml.errors import IN_OUR_WORDS, in_our_words
from polc.semantics.objects.yaml.stream import parts
from polc.semantics.objects.yaml.values import value_of
from support import REPO
from yaml_texts import PIECES, TEXTS, VALUES, as_json, changed, mutations, same

pytestmark = pytest.mark.cluster
find()

STRICTER = (
    *(
        "stands twice in one mapping",
        "stands where a key has to be",
        "`<<` brings the key",
        "nested more than 200 deep",
    ),
    *("what follows the document's end is not read", "something stands after the end"),
    *("the character U+FEFF", "half of a character", "not text in base64"),
)
"""What the original reads and others don't, or read otherwise."""
SYNTAX = {in_our_words(""), "a `:` lacks a space after it", *IN_OUR_WORDS.values()}
"""What the library that is used here refuses: above all what stands behind a document's end."""
SHORTEST = 5
"""Of less the original asks for more, before it reads as YAML what is no JSON."""


@pytest.fixture(scope="module")
def referee() -> Referee:
    return start("yaml")


def ask(referee: Referee, text: str) -> tuple[Any, bool]:
    """Return the objects of a text, and whether all of it was read."""
    answer = referee.ask({"data": base64.b64encode(text.encode()).decode()})
    return as_json(answer["documents"]), not answer["refused"]


def read(text: str, loader: Any) -> list[Any]:
    """Return the objects of a text, by the full reader."""
    found = []
    for part in parts(text):
        root = None if part.json else nodes.compose(part.text, part.line, loader)
        found.append(part.value if part.json else root and value_of(root))
    return [value for value in found if value is not None]


def result(reader: Callable[[], list[Any]]) -> tuple[list[Any], str]:
    """Return what a reader reads, and why it refuses a text."""
    try:
        return reader(), ""
    except UnreadableError as problem:
        return [], problem.reason


def check(referee: Referee, text: str) -> bool:
    """Compare all readers on a text; tell whether ours read it."""
    wanted, whole = ask(referee, text)
    readers = [lambda: [value for _, value in documents(text) if value is not None]]
    readers += [lambda loader=loader: read(text, loader) for loader in nodes.LOADERS]
    results = [result(reader) for reader in readers]
    for found, why in results:
        if why:
            known = why in SYNTAX or any(each in why for each in STRICTER)
            assert not whole or known, (text, why)
        elif len(text) > SHORTEST:
            assert whole, text
            assert same(found, wanted), (text, found, wanted)
    return not results[0][1]


def test_texts(referee: Referee) -> None:
    assert sum(check(referee, text) for text in TEXTS) > len(TEXTS) // 3


@cache
def written() -> tuple[str, ...]:
    paths = sorted((REPO / "tests/cases").rglob("out/**/*.yaml"))
    return tuple(path.read_text(encoding="utf-8") for path in paths)


def test_what_polc_wrote(referee: Referee) -> None:
    assert len(written()) > 500
    assert all(check(referee, text) for text in written())


def test_changes_of_what_polc_wrote(referee: Referee) -> None:
    read = sum(
        check(referee, changed(written()[number * 7 % len(written())], number))
        for number in range(settings.default.max_examples * 20)
    )
    assert read > settings.default.max_examples * 5


@given(value=VALUES)
def test_what_the_writer_writes(referee: Referee, value: dict[str, Any]) -> None:
    text = dump(value)
    assert ask(referee, text) == ([as_json(value)], True)
    assert check(referee, text)


@settings(max_examples=settings.default.max_examples * 10)
@given(text=PIECES)
def test_pieces(referee: Referee, text: str) -> None:
    check(referee, text)


@settings(max_examples=settings.default.max_examples * 5)
@given(text=mutations(VALUES.map(lambda value: json.dumps(value, ensure_ascii=False))))
def test_changes_of_json(referee: Referee, text: str) -> None:
    check(referee, text)
