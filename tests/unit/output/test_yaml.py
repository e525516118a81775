"""The emitter: what it writes reads back equal, as YAML 1.1 and as YAML 1.2."""

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from polc.output.yaml import dump, dump_all, is_plain

_AMBIGUOUS = """
on On off y Y n N yes no true TRUE false null Null ~ 1e3 1E3 0x10 0o7 012 0b1 1_000 12:30:00
190:20:30 1.0 .5 5. +1 -1 +.5 -0 .inf -.Inf .NaN = << 2026-12-31 2026-12-31T10:00:00Z - -- ---
... ? : ! & * @ ` % | > [ ] { } # , ' " 1.2.3 10.0.0.1 ._ 0 00 1e-5 1,000 0x 9e
"""
_PLAIN = """
a api shop/api app.kubernetes.io/managed-by registry.example.com/a:1.4@sha256:ab12 100m 128Mi 30s
v1 GET /v1/* -c --port=80 cluster.local/ns/a/sa/b 10.0.0.0/8 networking.k8s.io/v1 a#b a:b
2048-game ./x x=y
"""
AMBIGUOUS, PLAIN = _AMBIGUOUS.split(), _PLAIN.split()
TEXTS = st.one_of(
    st.sampled_from([*AMBIGUOUS, *PLAIN]),
    st.text(max_size=20),
    st.text(alphabet="ab:# -\n\t.\"'\\0123e_\r\x85\u2028", max_size=12),
)
LEAVES = st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False))
DATA = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(TEXTS, DATA, max_size=4))
@example({"a\nb": 1, "x": ["a\nb"]})
@example({"x": "a\n\nb\n", "y": "a\n\n", "z": "\na", "w": " a\nb", "v": "a \nb", "u": "\n"})
@example({"x": "\U0001f600", "y": "\ufeff", "z": "\u202e", "w": "\x00\x07\x1b\x7f\x85"})
def test_reads_back_equal(value):
    text = dump(value)
    assert yaml.load(text, yaml.CSafeLoader) == value
    assert yaml.safe_load(text) == value
    assert dump(value) == text


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_ambiguous_strings_are_quoted(text):
    assert not is_plain(text)
    assert dump({text: text}).startswith('"')


@pytest.mark.parametrize("text", PLAIN)
def test_usual_strings_are_not(text):
    assert dump({"a": text}) == f"a: {text}\n"


def test_style():
    value = {
        "apiVersion": "v1",
        "spec": {
            "empty": {},
            "none": [],
            "containers": [
                {"name": "a", "command": ["sh", "-c", "echo a\necho b\n"], "ports": [{"port": 80}]},
                {},
                ["x", ["z"]],
            ],
            "text": "a\n\n  b",
            "on": "yes",
            "flags": [True, None, 1.5, 1e300],
        },
    }
    assert dump(value) == (
        "apiVersion: v1\n"
        "spec:\n"
        "  empty: {}\n"
        "  none: []\n"
        "  containers:\n"
        "  - name: a\n"
        "    command:\n"
        "    - sh\n"
        "    - -c\n"
        "    - |\n"
        "      echo a\n"
        "      echo b\n"
        "    ports:\n"
        "    - port: 80\n"
        "  - {}\n"
        "  - - x\n"
        "    - - z\n"
        "  text: |-\n"
        "    a\n"
        "\n"
        "      b\n"
        '  "on": "yes"\n'
        "  flags:\n"
        "  - true\n"
        "  - null\n"
        "  - 1.5\n"
        "  - 1.0e+300\n"
    )


def test_documents():
    assert dump_all([{"a": 1}, {"b": 2}]) == "a: 1\n---\nb: 2\n"
    assert dump_all([]) == ""


def test_what_is_remembered_changes_nothing():
    assert dump({"a\nb": 1}) == '"a\\nb": 1\n'
    assert dump({"x": "a\nb"}) == "x: |-\n  a\n  b\n"


def test_what_is_no_data_is_refused():
    with pytest.raises(TypeError, match="object is not plain data"):
        dump({"a": object()})


def test_the_whole_is_read_by_kubectl_alike():
    assert yaml.safe_load(dump({"a": ["on", "1e3", "0x10", "012", "1_0", "1:30"]})) == {
        "a": ["on", "1e3", "0x10", "012", "1_0", "1:30"]
    }
