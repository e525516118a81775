"""The strict reader of what polc writes: it reads what the full one reads, or nothing."""

import os
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given

from polc.output.yaml import dump
from polc.semantics.objects.yaml import UnreadableError, block
from polc.semantics.objects.yaml.nodes import compose
from polc.semantics.objects.yaml.stream import parts
from polc.semantics.objects.yaml.values import value_of
from support import REPO
from yaml_texts import TEXTS, VALUES, as_json, changed, mutations, same

FOLDERS = REPO / "examples", REPO / "tests/cases"
WRITTEN = sorted(path for folder in FOLDERS for path in folder.rglob("out/**/*.yaml"))
CHANGES = 60_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 3_000


def full(text: str) -> tuple[int, Any] | None:
    """Return a document's line and value; nothing where it can't be read."""
    try:
        root = compose(text, 0)
        return None if root is None else (root.line, value_of(root))
    except UnreadableError:
        return None


def check(text: str) -> bool:
    """Hold the readers of a document against each other; tell whether the strict one read it."""
    strict = block.read(text)
    if strict is None:
        return False
    known = full(text)
    assert known is not None, text
    assert strict[0] == known[0], text
    assert same(strict[1], known[1]), text
    return True


@cache
def documents() -> tuple[str, ...]:
    return tuple(part.text for path in WRITTEN for part in parts(path.read_text(encoding="utf-8")))


def test_what_polc_wrote_is_read() -> None:
    assert len(documents()) > 500
    assert all(map(check, documents()))


def test_texts_of_all_kinds() -> None:
    assert sum(map(check, (part.text for text in TEXTS for part in split(text)))) > 100


def split(text: str) -> tuple[Any, ...]:
    try:
        return tuple(part for part in parts(text) if not part.json)
    except UnreadableError:
        return ()


@given(VALUES)
@example({"a": [{"b": [[1, {"c": "x\ny\n"}], {}]}], "d": "x\n\n y", "on": "on", "e": 1e300})
@example({"a": {"b": [None, True, -1, "\\d", 'say "x"', "a\tb", "é", "~"]}, "$patch": "delete"})
def test_what_the_writer_writes_is_read_back(value: dict[str, Any]) -> None:
    text = dump(value)
    check(text)
    known = full(text)
    assert known is not None
    assert same(known[1], as_json(value))


def test_changes_of_what_polc_wrote() -> None:
    small = [text for text in documents() if len(text) < 3000]
    texts = (changed(small[number * 7 % len(small)], number) for number in range(CHANGES))
    read = sum(check(part.text) for text in texts for part in split(text))
    assert read > CHANGES // 4, "changes that all fall to the other reader show nothing"


@given(mutations(VALUES.map(dump)))
def test_changes_of_what_the_writer_writes(text: str) -> None:
    for part in split(text):
        check(part.text)


@pytest.mark.parametrize(
    "text",
    [
        *("a: b\n c\n", "a: b # c\n", "a: b #c\n", "a: |\n  x\n\n", "a: |\n\n  x\n", "a: 'b'\n"),
        *("a: 1\na: 2\n", "a: &x b\n", "a: *x\n", "a: !x b\n", "<<: {}\n", "? a\n", "a: [b]\n"),
        *("a:  b\n", "a: b \n", "a: b:\n", "a: b: c\n", "yes: a\n", "1: a\n", "a: é\n", "a:\tb\n"),
        *("a: 1\n...\n", "a:\n b: 1\n  c: 2\n", "- a\nb: c\n", "a: .inf\n", "a: |+\n  x\n", "a"),
        *('a: "\\x41"\n', 'a: "b" c\n', "a: |2\n  x\n", "a: >\n  x\n", "-\n  a\n", " a: 1\n", ""),
        *("a:\n  b: |\n  x\n", "a:\n  b: |\n x\n", "- |\nx\n", "a: |\nx\n", "- a\n...\n", "...\n"),
        *("a:\n  b: 1\n   c: 2\n", "a:\n    b: 1\n  c: 2\n", "- a: 1\n   b: 2\n- c\n", "- a\n x\n"),
        "".join(f"{' ' * at}a:\n" for at in range(150)),
    ],
)
def test_what_is_left_to_the_full_reader(text: str) -> None:
    assert block.read(text) is None
