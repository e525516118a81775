"""Texts of YAML and JSON, right and wrong, and strategies for more: for readers of them."""

import json
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from support import REPO

DATA = REPO / "tests/data/yaml"
WORDS: list[str] = (DATA / "words.txt").read_text(encoding="utf-8").split()
TAGS = ["!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!!set"]
TAGS += ["!!map", "!!seq", "!", "!x", "!!merge", "!!python/name:os.system", "!e!x", "!<a>", "!<!>"]
SHORT: list[str] = json.loads((DATA / "texts.json").read_text(encoding="utf-8"))
_LAUGHS = "".join(f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}]\n" for n in range(20))
LONG = [
    f"{'a' * 1025}: b\n",
    f"{'a' * 1000}: b\n",
    f"a: {'b' * 100_000}\n",
    f"{{{'a' * 1100}: b}}\n",
    f"? {'a' * 2000}\n: b\n",
    f"a: {'[' * 150}{']' * 150}\n",
    f"a: {'[' * 300}{']' * 300}\n",
    f"a0: &a0 [x, x, x, x, x]\n{_LAUGHS}",
    f"x: &x {{a: 1}}\ny: [{'*x, ' * 2000}]\n",
    f"x: &x [{'a, ' * 200}]\ny: [{'*x, ' * 10_000}]\n",
]
_PLACES = ("a: W\n", "W: a\n", "- W\n", "a: [W]\n", "a: {W: b}\n")
PLACED = [
    *(place.replace("W", word) for place in _PLACES for word in WORDS),
    *(f"a: {tag}\n" for tag in TAGS),
    *(f"a: {tag} {word}\n" for tag in TAGS for word in WORDS),
    *(f"{tag} '{word}': a\n" for tag in TAGS for word in WORDS if "'" not in word),
]
TEXTS = [*SHORT, *LONG, *PLACED]

_PIECES = (
    *("a", "b", "key", "1", "x y", ":", ": ", ":\n", "-", "- ", "\n", "\n  ", "\n    ", " "),
    *("  ", "#", " # c", "'", '"', "|\n", "|-\n", ">\n", "{", "}", "[", "]", ",", ", ", "&a "),
    *("*a", "!!str ", "!!int ", "! ", "? ", "<<", "<<: *a", "---\n", "...\n", "%", "\t"),
    *("\r\n", "\r", "\\", "\\n", "\\x41", "~", "null", "yes", "0x1f", "1.5", "2024-01-02"),
    *("\u0085", "\u2028", "\ufeff", "\u00e9", "=", "\n- ", "\n- - "),
)
PIECES = st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)


def _mutated(text: str, changes: list[tuple[int, str, str]]) -> str:
    for at, how, piece in changes:
        place = at % max(len(text), 1)
        lines = text.split("\n")
        line = at % len(lines)
        match how:
            case "insert":
                text = text[:place] + piece + text[place:]
            case "replace":
                text = text[:place] + piece + text[place + 1 :]
            case "remove":
                text = text[:place] + text[place + 1 + at % 3 :]
            case "indent":
                text = "\n".join([*lines[:line], f" {lines[line]}", *lines[line + 1 :]])
            case "dedent":
                shorter = lines[line].removeprefix(" ")
                text = "\n".join([*lines[:line], shorter, *lines[line + 1 :]])
            case "cut":
                text = "\n".join([*lines[:line], *lines[line + 1 :]])
            case "repeat":
                text = "\n".join([*lines[:line], lines[at // 7 % len(lines)], *lines[line:]])
    return text


_WAYS = ("insert", "replace", "remove", "indent", "dedent", "cut", "repeat")
_CHANGES = st.lists(
    st.tuples(st.integers(0, 100_000), st.sampled_from(_WAYS), st.sampled_from((*_PIECES, *WORDS))),
    min_size=1,
    max_size=4,
)


def mutations(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Draw a text with some changes."""
    return st.builds(_mutated, texts, _CHANGES)


def changed(text: str, number: int) -> str:
    """Return a text with one to three changes, always the same for a number."""
    random = Random(number)
    pieces = (*_PIECES, *WORDS)
    changes = [
        (random.randrange(100_000), random.choice(_WAYS), random.choice(pieces))
        for _ in range(random.randint(1, 3))
    ]
    return _mutated(text, changes)


def same(ours: Any, theirs: Any) -> bool:
    """Tell whether two values are equal, types included."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool(ours == theirs)


LEAVES = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=20),
    st.text(alphabet="ab:# -\n\t.\"'\\0123e_\r\x85\u2028", max_size=12),
    st.integers(),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.dictionaries(
    st.one_of(st.sampled_from(WORDS), st.text(max_size=10)),
    st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(st.text("ab:1-", max_size=4), inner)
        ),
        max_leaves=20,
    ),
    max_size=4,
)
"""What a document may be: for a writer of YAML."""


def as_json(value: Any) -> Any:
    """Return a value as the API server has it: `80.0` is 80, what is too large is no integer."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, float):
        digits = Decimal(repr(value))
        whole = digits == digits.to_integral_value()
        return int(digits) if whole and -(1 << 63) <= digits < 1 << 63 else value
    return value if -(1 << 63) <= value < 1 << 63 else as_json(float(value))
