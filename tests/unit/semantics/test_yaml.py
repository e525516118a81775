"""YAML as the API server reads it; `tests/cluster/test_yaml.py` asks its own reader."""

import json
from typing import Any

import pytest
from hypothesis import given

from polc.semantics.objects.yaml import UnreadableError, documents, line_of, nodes
from polc.semantics.objects.yaml.stream import MOST_NESTED
from polc.semantics.objects.yaml.values import value_of
from support import SHARED
from yaml_texts import PIECES, TEXTS, same


@pytest.fixture(params=nodes.LOADERS, ids=lambda loader: loader.__name__)
def loader(request: pytest.FixtureRequest) -> Any:
    return request.param


def read(text: str, loader: Any = nodes.LOADERS[0]) -> Any:
    """Return the value of one document, by the full reader."""
    root = nodes.compose(text, 1, loader)
    return None if root is None else value_of(root)


WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "YES", "on", "On", "true", "TRUE", "!!bool yes"), True),
    **dict.fromkeys(("n", "N", "no", "Off", "false", "!!bool 'no'"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL", "!!null"), None),
    **{
        text: text for text in ("tRue", "nUll", "=", "..", "1:30", "190:20:30", "2024-01-02", "0o8")
    },
    **{text: text for text in ("_1", "0x", "1e400", "inf", "nan", "a#b", "http://x", "+")},
    **{
        "017": 15,
        "0o17": 15,
        "0O17": 15,
        "-017": -15,
        "08": 8,
        "0x1F": 31,
        "0b11": 3,
        "0b-1": -1,
        "1_000": 1000,
    },
    **{"1.0": 1, "80.0": 80, "-0.0": 0, "1.5": 1.5, ".5": 0.5, "1e3": 1000, ".5_0": 0.5, "1.": 1},
    **{"9223372036854775807": 9223372036854775807, "9223372036854775808": 9.223372036854775808e18},
    **{"1.2345678901234567e18": 1234567890123456800, "1e21": 1e21, "0xffffffffffffffff": 2.0**64},
    **{"'yes'": "yes", '"1"': "1", "!!str 1": "1", "! 1": "1", "!x 1": "1", "!!x yes": "yes"},
    **{
        "!!int '0x1f'": 31,
        "!!float 1": 1,
        "!!binary YQ==": "a",
        "!!timestamp 2024-1-2": "2024-1-2",
    },
    **{"!!set {a, b}": {"a": None, "b": None}, "!!str [1]": [1], "!!null {a: 1}": {"a": 1}},
}


@pytest.mark.parametrize("word", WORDS)
def test_words(word: str, loader: Any) -> None:
    assert same(read(f"a: {word}\n", loader), {"a": WORDS[word]})


KEYS = {
    **{
        "1": "1",
        "0x10": "16",
        "1.50": "1.5",
        "on": "true",
        "n": "false",
        "'on'": "on",
        "1e3": "1000",
    },
    **{"1234567.0": "1.234567e+06", "0.00001": "1e-05", ".inf": ".inf", "-.inf": "-.inf"},
    **{"2024-01-02": "2024-01-02", "!!str 1": "1", "'<<'": "<<", "=": "=", "-0.0": "-0"},
}


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_texts(key: str, loader: Any) -> None:
    assert list(read(f"{key}: a\n", loader)) == [KEYS[key]]


MERGED = {
    "a: &x {b: 1}\nc: {<<: *x, d: 2}\n": {"b": 1, "d": 2},
    "a: &x {b: 1}\nc: {<<: *x, b: 2}\n": {"b": 2},
    "a: &x {b: 1}\nd: &y {b: 2, e: 3}\nc: {<<: [*x, *y]}\n": {"b": 1, "e": 3},
    "a: &x {b: 1}\nd: &y {b: 2}\nc: {<<: *x, <<: *y}\n": {"b": 2},
    "a: &x {b: 1}\nd: &y {<<: *x, e: 1}\nc: {<<: *y}\n": {"b": 1, "e": 1},
}


@pytest.mark.parametrize("text", MERGED)
def test_merges(text: str, loader: Any) -> None:
    assert read(text, loader)["c"] == MERGED[text]


REFUSED = {
    "a: 1\nb: 1\na: 2\n": ("the key `a` stands twice in one mapping", 3, 1),
    "{1: a, '1': b}": ("the key `1` stands twice in one mapping", 1, 8),
    "on: a\ntrue: b\n": ("the key `true` stands twice in one mapping", 2, 1),
    "a: {b: 1,\n  b: 2}\n": ("the key `b` stands twice in one mapping", 2, 3),
    "a: &x {b: 1}\nc:\n  b: 2\n  <<: *x\n": (
        "`<<` brings the key `b` again: write `<<` before the mapping's own",
        *(4, 3),
    ),
    f"{'a' * 90}: 1\n{'a' * 90}: 2\n": (
        f"the key `{'a' * 59}…` stands twice in one mapping",
        *(2, 1),
    ),
    "<<: 1\n": ("only mappings can be merged with `<<`", 1, 5),
    "a: !!bool zz\n": ("`zz` is not of the type `!!bool`", 1, 4),
    "a: !!timestamp zz\n": ("`zz` is not of the type `!!timestamp`", 1, 4),
    "a: !!timestamp 2023-02-29\n": ("`2023-02-29` is not of the type `!!timestamp`", 1, 4),
    "a: !!int 1.5\n": ("`1.5` is not of the type `!!int`", 1, 4),
    "a: !!binary Y*==\n": ("what is `!!binary` here is not text in base64", 1, 4),
    "a:\n- .nan\n": ("there is no such number in JSON: `.inf` and `.nan` can't be applied", 2, 3),
    "~: a\n": ("a key is empty (null)", 1, 1),
    "? [a]\n: b\n": ("a list or mapping stands where a key has to be", 1, 3),
    "18446744073709551615: a\n": ("the number `18446744073709551615` is too large for a key", 1, 1),
    "a: *x\n": ("an alias has no anchor", 1, 4),
    "&x [*x]\n": ("an alias stands within what it means", 1, 5),
    "a: 1\n...\n--- \n": ("what follows the document's end is not read; start it with `---`", 3, 1),
    'a: "\\/"\n': ("a backslash is followed by what is no escape", 1, 4),
    "a: \x07\n": ("the character U+0007 can't stand in YAML", 1, 4),
    "a: b\n\tc: d\n": None,
    "a: b: c\n": ("a `:` stands where no key can be", 1, 5),
    "a: [1\n": None,
    "a: 'b\n": None,
    "a: {b:}\n": None,
    "a: [http://x?y]\n": None,
    'a: "\\ud83d"\n': None,
    "a: !e!x 1\n": None,
    "%YAML 1.1\n": None,
    "a: @b\n": ("a character stands here with which no value can start", 1, 4),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text: str, loader: Any) -> None:
    with pytest.raises(UnreadableError) as found:
        read(text, loader)
    wanted = REFUSED[text]
    if wanted is not None:
        assert (found.value.reason, found.value.line, found.value.column) == wanted


SPLIT: dict[str, list[tuple[int, Any]]] = {
    "": [],
    "---\n": [(2, None)],
    "# a\n---\n---\nb: 1\n--- # c\n\n# d\ne: 2": [(1, None), (4, {"b": 1}), (8, {"e": 2})],
    "a: |\n  ---\n  x\n": [(1, {"a": "---\nx\n"})],
    "a: |\r\n  x\r\n---\r\nb: 1": [(1, {"a": "x\n"}), (4, {"b": 1})],
    "a: |\n  x": [(1, {"a": "x\n"})],
    "\ufeffa: 1\n": [(1, {"a": 1})],
    '{"a": 1.0}\n{"b":\n "\\ud83d\\ude00\\/"}\n{"c": 1e3}': [
        *[(1, {"a": 1}), (2, {"b": "\U0001f600/"})],
        (4, {"c": 1000}),
    ],
    '\n{"a": 1}\n---\nb: 2\n': [(2, {"a": 1}), (4, {"b": 2})],
    "{a: 1}\n---\nb: 2\n": [(1, {"a": 1}), (3, {"b": 2})],
}


@pytest.mark.parametrize("text", SPLIT)
def test_documents_and_their_lines(text: str) -> None:
    assert list(documents(text)) == SPLIT[text]


DIVIDED = {
    "a: 1\n--- b\n": ("only a comment may stand after `---` on its line", 2),
    "a: 1\n---b\n": ("only a comment may stand after `---` on its line", 2),
    '\n{"a": 1, "a": 2}': ("the key `a` stands twice in one mapping", 2),
    '{"a": 1}{"b": 2}\nc': ("after objects in JSON stands what is none", 2),
    '{"a": "\\ud83d"}': ("half of a character stands alone", 1),
    "a: 1\nb: \ud83d\n": ("half of a character stands alone", 2),
    '{"a": 1e400}': ("there is no such number in JSON: `.inf` and `.nan` can't be applied", 1),
}


@pytest.mark.parametrize("text", DIVIDED)
def test_texts_that_are_refused(text: str) -> None:
    with pytest.raises(UnreadableError) as found:
        list(documents(text))
    assert (found.value.reason, found.value.line) == DIVIDED[text]


def _deep(levels: int) -> list[str]:
    return [
        f"a: {'[' * (levels - 1)}{']' * (levels - 1)}\n",
        f"{'- ' * levels}a\n",
        "".join(f"{' ' * at}a:\n" for at in range(levels)),
        json.dumps({"a": None}).replace("null", '{"a":' * (levels - 1) + "1" + "}" * (levels - 1)),
    ]


@pytest.mark.parametrize("text", _deep(MOST_NESTED))
def test_what_is_nested_is_read(text: str) -> None:
    assert len(list(documents(text))) == 1


@pytest.mark.parametrize("text", [*_deep(MOST_NESTED + 1), *_deep(1_500), *_deep(100_000)[:2]])
def test_what_is_nested_too_deep_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="nested more than 200 deep"):
        list(documents(text))


def test_limits_are_the_same_in_both_libraries(loader: Any) -> None:
    for text in _deep(MOST_NESTED)[:3]:
        assert read(text, loader) is not None
    for text in (*_deep(MOST_NESTED + 1)[:3], *_deep(1_500)[:3]):
        with pytest.raises(UnreadableError, match="nested more than 200 deep"):
            read(text, loader)


def test_aliases_that_unfold_to_too_much_are_refused() -> None:
    laughs = "".join(f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}]\n" for n in range(20))
    with pytest.raises(UnreadableError, match="aliases unfold to too much"):
        list(documents(f"a0: &a0 [x, x]\n{laughs}"))
    usual = f"x: &x {{a: {{b: 1}}}}\nz: [{'*x, ' * 15}]\n"
    assert next(documents(usual))[1]["z"] == [{"a": {"b": 1}}] * 15


def test_aliases_do_not_make_one_value_of_two() -> None:
    ((_, value),) = documents("a: &x [1]\nb: *x\n")
    assert value["a"] is not value["b"]


def test_lines_that_keys_lead_to() -> None:
    text = "# c\na: 1\n---\nb:\n- c: &x\n    d: 1\n- *x\n'e': {f: 1,\n  g: 2}\n"
    for keys, line in (
        *[((), 4), (("b",), 4), (("b", 0), 5), (("b", 0, "c", "d"), 6), (("b", 1, "d"), 6)],
        *[(("e", "g"), 9), (("e", "h"), 8), (("b", 7), 4), (("x",), 4), ((0,), 4)],
    ):
        assert line_of(text, 1, keys) == line, keys
    assert line_of(text, 2, ()) is None
    assert line_of("a: 1\n---\n---x", 0, ("a",)) == 1
    assert line_of('{"a": 1}\n{"b": [\n 1]}', 1, ("b", 0)) == 3


def refused_or_read(text: str) -> UnreadableError | None:
    try:
        assert all(line >= 1 for line, _ in documents(text))
    except UnreadableError as problem:
        return problem
    return None


@given(PIECES)
def test_any_text_is_read_or_refused(text: str) -> None:
    problem = refused_or_read(text)
    if problem is not None:
        assert 1 <= problem.line <= sum(map(text.count, "\n\r\x85\u2028")) + 2
        assert problem.reason


def test_all_texts_are_read_or_refused() -> None:
    assert 100 < sum(refused_or_read(text) is None for text in TEXTS) < len(TEXTS) - 100


def test_cases_of_yaml() -> None:
    folder = SHARED / "cases/yaml"
    if not folder.is_dir():
        pytest.skip("NOT CHECKED: no shared/ beside the repository")
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")}
    _, (_, definition) = documents(texts["equals.yaml"])
    rules = definition["spec"]["x-kubernetes-validations"]
    assert rules == [{"enum": ["!=", "=", "=~"]}]
    for name in ("yaml-bool.yaml", "yaml-timestamp.yaml"):
        with pytest.raises(UnreadableError, match="`zz` is not of the type"):
            list(documents(texts[name]))
