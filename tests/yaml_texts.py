"""Texts of YAML and JSON, right and wrong, and strategies for more: for readers of them."""

from typing import Any

from hypothesis import strategies as st

WORDS = """
a y Y n N yes Yes YES no on On ON off Off true True TRUE tRue false null Null NULL nUll ~ = << .
.. ... -- --- - -a --a ? ?a : a: a:b :a 0 00 07 08 0o17 0o8 017 018 -017 0x1F 0X1f -0x1f 0x 0b11 0B1
0b2 0b-1 -0b1 1_000 _1 1__0 1_ 0x_1 +1 -1 -0 +0 +_1 1. 1.0 1.5 .5 -.5 +.5 .5_0 0.5_0 1e3 1E3 1e+3
1e400 -1e400 .5e400 1e-400 1.e5 .e5 1e 1_0e1_0 1e21 123456789012345678901234567890 80.0 -0.0
9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809
18446744073709551615 18446744073709551616 +9223372036854775808 07777777777777777777777777777
0x7fffffffffffffff 0xffffffffffffffff 0x1ffffffffffffffff .inf -.inf +.inf .Inf .nan .NaN inf nan
1:30 190:20:30 12:30:00.5 2024-01-02 2024-1-2 2024-01-02T10:00:00Z 2024-01-02t1:2:3.5-07:00
0xG 0777 1e1000000 0.1 100000000000000000000 1.5e300 3.4e39 1e-46 16777217.0 1234567.0 12345678.5
123456.0 0.0001 0.00001 0.000012345 !a !!str !!int !!foo & &a * *a | |- |+ > >- %a @a `a "a" 'a'
"\\x41" "\\u00e9" "\\/" "\\q" "\\ud83d\\ude00" "\\ud83d" "\\U0001F600" "a" 'it''s' {} [] {a: 1}
{a:1} {a: } {a} [a, b] [a b] [a,] [,] {,} {"a":1} {"a":b} [a: b] [a:b] {a: b: c} http://x a#b #a
""".split("\n")
WORDS = [word for line in WORDS for word in line.split()]
TAGS = ["!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!!set"]
TAGS += ["!!map", "!!seq", "!", "!x", "!!merge", "!!python/name:os.system", "!e!x", "!<a>", "!<!>"]

TEXTS: list[str] = [
    *("", "\n", "---", "---\n", "---\n---\n", "# a\n", "--- # a\n", "---\n# a\n---\n", " \n", "\t\n"),
    *("...\n", "a: 1\n...\n", "a: 1\n...\nb: 2\n", "a: 1\n... # x\n---\nb: 2\n", "--- a\n", "---a\n"),
    *("--- {a: 1}\n", "--- |\n  a\n", "----\n", "---\t# a\nb: 1\n", "---\t\nb: 1\n", "--- \nb: 1\n"),
    *("a: 1\n--- #x\nb: 2", "a: 1\n---\n---\nb: 2\n", "a: |\n  x\n  ---\n  y\n", "a: '\n---\n'\n"),
    *("%YAML 1.1\n---\na: 1\n", "%YAML 1.2\na: 1\n", "%TAG !e! tag:x,2000:\n---\na: !e!b 1\n", "%x\n"),
    *("\ufeffa: 1\n", "\ufeff---\na: 1\n", "a: \ufeff1\n", "a: 1\n---\n\ufeffb: 2\n", "\ufeff{a: 1}"),
    *("a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r", "a: |\r\n  x\r\n  y\r\n", "a: 1\r\r\nb: 2", "a: x\r\n---\r\nb: 1"),
    *("a:\tb\n", "a:\n\t- b\n", "\ta: b\n", "a: b\t\n", "a: b\t# c\n", "- \ta\n", "-\ta\n", "a: 'b\tc'\n"),
    *("a: b\x85c: d\n", "a: b\u2028c: d\n", "a: 'b\u2028c'\n", 'a: "b\x85c"\n', "a: |\n  b\u2029  c\n"),
    *("a: \x00\n", "a: \x07\n", "a: \x7f\n", "a: \x80\n", "a: \ufffe\n", "a: \U0001f600\n", "a: \ue000\n"),
    *("a: 1\na: 2\n", "{a: 1, a: 2}\n", "1: a\n'1': b\n", "on: a\ntrue: b\n", "a: {b: 1, b: 1}\n"),
    *("~: a\n", "? \n: a\n", ": a\n", "? a\n", "? [a]\n: b\n", "? {a: b}\n: c\n", "{[a]: b}\n", "? a\n? b\n"),
    *("a: &x {b: 1}\nc: *x\n", "a: &x 1\nb: &x 2\nc: *x\n", "a: *x\n", "&x a: *x\n", "&a [*a]\n"),
    *("*a : b\n", "&a a: b\nc: {*a : d}\n", "a: &a\nb: *a\n", "- &a a\n- *a\n- {*a : b}\n", "a: &x\n"),
    "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  e: 3\n",
    "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3\n",
    "a: &x {b: 1, c: 2}\nd:\n  b: 3\n  <<: *x\n",
    "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}\n",
    "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: *x, <<: *y}\n",
    "a: &x {b: 1}\nc: &y {<<: *x, b: 2}\ne: {<<: *y}\n",
    *("<<: {a: 1}\nb: 2\n", "<<: 1\n", "<<: [1]\n", "<<:\n", "'<<': {a: 1}\n", "<<: [{a: 1}, {a: 2}]\n"),
    *("a: &x [1]\nb: {<<: *x}\n", "!!merge <<: {a: 1}\n", "! <<: {a: 1}\n", "a: [<<]\n", "<<: []\n"),
    *("!!set {a, b}\n", "!!omap [a: 1]\n", "!!str [a]\n", "!!int {a: 1}\n", "!!null {a: 1}\n", "!x {a: 1}\n"),
    *("a: !!binary YQ==\n", "a: !!binary YQ\n", "a: !!binary /w==\n", "a: !!binary |\n  YW\n  Jj\n"),
    *("a: !!binary YQ===\n", "a: !!binary Y*==\n", "!!binary YQ==: b\n", "a: !!binary YR==\n"),
    *("{\"a\": 1}", "{\"a\": 1}{\"b\": 2}", "{\"a\": 1}\n---\n{\"b\": 2}\n", "{\"a\": 1, \"a\": 2}"),
    *("{\"a\": 1} {\"b\": 2} c", "{\"a\": 1}\nb: 2\n", "{\"a\": 1} # c\n---\nb: 1\n", "{\"a\": NaN}"),
    *("{\"a\": 1.0, \"b\": 1e3, \"c\": 1e400}", "{\"a\": 80.0, \"b\": -0, \"c\": -0.0, \"d\": 1e21}"),
    *("{\"a\": \"\\ud83d\\ude00\"}", "{\"a\": \"\\ud83d\"}", "{\"a\": 18446744073709551615}", "[1]", "{"),
    *("{\"a\": \"\x7f\"}", "{\"a\": \"\ufffe\"}", "{\"a\": \"\t\"}", "{\"a\": 1,}", "{'a': 1}", " {\"a\": 1}\n"),
    *("{\"a\": 1}\x0b{\"b\": 1}", "{\"a\": 1}\n\n\nb: 2\n", "{\"a\": 1}5", "{\"a\": 01}", "{\"a\": \"\\/\"}"),
    *("{a: 1}", "{a: 1}{b: 2}", "{}", "{} {}", "\n\n{\"a\": 1}\n", "{\"a\": [1, 2, {\"b\": null}]}", "{}\n{"),
    *("kind: List\nitems:\n- a: 1\n- b: 2\n", "a", "a\nb\n", "- a\n", "'a'\n", "1\n", "null\n", "~"),
    *("a: |\n  x\n", "a: |-\n  x\n", "a: |+\n  x\n\n", "a: |2\n   x\n", "a: >\n  x\n  y\n\n  z\n", "a: |\nb: 1\n"),
    *("a: |\n  x", "a: |+\n  x", "a: |\n\n  x\n", "a: |\n   x\n  y\n", "a: |\n  x\n # c\n", "a: |\n \n  x\n"),
    *("a: >-\n  x\n   y\n  z\n", "a: |\n  x\n\n\n", "a: |1\n x\n", "a: |0\n x\n", "a: |-2\n   x\n", "a: | # c\n  x\n"),
    *("a: b\n c\n", "a: b\n  # c\n  d\n", "a: 'b\n  c'\n", "a: \"b\\\n  c\"\n", "a: 'b\n\n  c'\n", "a:\n  b\n  c\n"),
    *("a: b\n  c: d\n", "a:\n- b\n c\n", "a:\n  - b\n - c\n", "a:\n b: 1\n  c: 2\n", " a: 1\nb: 2\n", "a: 1\n b: 2\n"),
    *("a: [\n1,\n2\n]\n", "a: [1,\n  2]\n", "a: {\n  b: 1\n}\n", "a: [1\n", "a: ]\n", "a: [}\n", "[a]: b\n"),
    *("- - a\n  - b\n- c\n", "- a: 1\n  b: 2\n", "-\n  a\n", "-\n- a\n", "- - - a\n", "a:\n-\n", "- a\nb: c\n"),
    *("a: - b\n", "a: b: c\n", "a b: c\n", "a : b\n", "a  b: c\n", "'a': b\n", "\"a\" : b\n", "a#: b\n", "a #: b\n"),
    "a: {{ .Values.x }}\n",
    "{{- if .x }}\na: 1\n{{- end }}\n",
    f"{'a' * 1025}: b\n",
    f"{'a' * 1000}: b\n",
    f"a: {'b' * 100_000}\n",
    f"{{{'a' * 1100}: b}}\n",
    f"? {'a' * 2000}\n: b\n",
    f"a: {'[' * 150}{']' * 150}\n",
    f"a: {'[' * 300}{']' * 300}\n",
    "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"{k}: &{k} [{'*' + j + ', '}{'*' + j}]\n" for j, k in zip("abcdefghijklm", "bcdefghijklmn")),
    "x: &x {a: 1}\ny: [" + "*x, " * 2000 + "]\n",
    *(f"a: {word}\n" for word in WORDS),
    *(f"{word}: a\n" for word in WORDS),
    *(f"- {word}\n" for word in WORDS),
    *(f"a: [{word}]\n" for word in WORDS),
    *(f"a: {{{word}: b}}\n" for word in WORDS),
    *(f"a: {tag} {word}\n" for tag in TAGS for word in WORDS),
    *(f"a: {tag}\n" for tag in TAGS),
    *(f"a: {tag} '{word}'\n" for tag in TAGS for word in WORDS if "'" not in word),
    *(f"{tag} {word}: a\n" for tag in TAGS[:8] for word in WORDS),
]

_PIECES = (
    *("a", "b", "key", "1", "x y", ":", ": ", ":\n", "-", "- ", "\n", "\n  ", "\n    ", " ", "  "),
    *("#", " # c", "'", '"', "|\n", "|-\n", ">\n", "{", "}", "[", "]", ",", ", ", "&a ", "*a", "!!str "),
    *("!!int ", "! ", "? ", "<<", "<<: *a", "---\n", "...\n", "%", "\t", "\r\n", "\r", "\\", "\\n", "\\x41"),
    *("~", "null", "yes", "0x1f", "1.5", "2024-01-02", "\x85", "\u2028", "\ufeff", "é", "=", "\n- ", "\n- - "),
)
PIECES = st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)


def _mutated(text: str, changes: "list[tuple[int, str, str]]") -> str:
    for at, how, piece in changes:
        if not text:
            return piece
        place = at % len(text)
        match how:
            case "insert":
                text = text[:place] + piece + text[place:]
            case "replace":
                text = text[:place] + piece + text[place + 1 :]
            case "remove":
                text = text[:place] + text[place + 1 + at % 3 :]
            case "indent":
                lines = text.split("\n")
                lines[at % len(lines)] = " " + lines[at % len(lines)]
                text = "\n".join(lines)
            case "dedent":
                lines = text.split("\n")
                lines[at % len(lines)] = lines[at % len(lines)].removeprefix(" ")
                text = "\n".join(lines)
            case "cut":
                lines = text.split("\n")
                del lines[at % len(lines)]
                text = "\n".join(lines)
            case "repeat":
                lines = text.split("\n")
                lines.insert((at // 7) % len(lines), lines[at % len(lines)])
                text = "\n".join(lines)
    return text


_CHANGES = st.lists(
    st.tuples(
        st.integers(0, 100_000),
        st.sampled_from(("insert", "replace", "remove", "indent", "dedent", "cut", "repeat")),
        st.sampled_from((*_PIECES, *WORDS)),
    ),
    min_size=1,
    max_size=4,
)


def mutations(texts: "st.SearchStrategy[str]") -> "st.SearchStrategy[str]":
    """Draw a text with some changes."""
    return st.builds(_mutated, texts, _CHANGES)


def same(ours: Any, theirs: Any) -> bool:
    """Tell whether two values are equal, types included."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool(ours == theirs)
