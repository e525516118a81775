"""No output holds what a terminal, a viewer or a runner of CI would act on."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from polc.codes.flows import EXPIRED
from polc.codes.output import UNWRITABLE
from polc.codes.syntax import CONTROL_CHARACTER, TURNED_TEXT
from polc.diagnostics import Diagnostic, Edit, Fix, Label
from polc.parse import parse_bytes
from polc.plain import for_log, harmless
from polc.render import FORMATS, render
from polc.source import Anchor, Source, Span
from support import polc

ACTED_ON = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u2028\u2029]"
)
COMMAND = re.compile(r"^\s*::(?!:)|##\[|##vso\[", re.MULTILINE)
"""What a runner looks for. `:::error::` is none: it would name a command `:error`."""
EVIL = "\n::error::x\r::warning::y##[add-mask]z\x1b]0;title\x07\x1b[2J\u202e\u2066\x00\x9b"
NASTY = st.text(
    st.sampled_from("\n\r\t:#[]ab \x00\x1b\x07\x7f\x85\x9b\u202e\u2066\u2028\ud800\uffff")
)


@example(EVIL, EVIL, EVIL)
@example("::", "", "")
@given(NASTY, NASTY, NASTY)
@pytest.mark.parametrize("name", FORMATS)
def test_diagnostics_in_every_format(name, path, message, text):
    source = Source(path, text)
    span = Span(Anchor(source), 0, len(text))
    found = Diagnostic(
        EXPIRED, message, span, (Label(span, message),), message, Fix(message, (Edit(span, text),))
    )
    out = render(
        name, [found, Diagnostic(UNWRITABLE, message, Span(Anchor(Source(path, "")), 0, 0))]
    )
    assert ACTED_ON.search(out) is None
    if name in ("json", "sarif", "gitlab"):
        json.loads(out)
    elif name == "junit":
        ElementTree.fromstring(out.encode())
    elif name == "github":
        assert [line[:2] for line in out.splitlines()] == ["::", "::"]
    if name in ("full", "concise"):
        assert COMMAND.search(for_log(out)) is None


@example(EVIL)
@given(NASTY)
def test_what_is_for_people(text):
    assert ACTED_ON.search(harmless(text)) is None
    assert "\n" not in harmless(text)
    shown = for_log(text, colour=False)
    assert ACTED_ON.search(shown) is None
    assert COMMAND.search(shown) is None


def test_colours_and_lines_stay():
    text = "\x1b[1;31merror\x1b[0m: é 中\n\ta:b::c\n"
    assert for_log(text) == text


HOSTILE = """\
namespace shop
# doc \x1b[31m \u202e
service web {
  select { app: "web" }
  port http 8080 http
  allow from any because "x\x1b]0;t\x07\u202e"
}
service api { allow to web because "::error::\x9b" }
"""


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "a\n::error::b\x1b[31m\u202e.svc"
    Path(name).write_text(HOSTILE)
    return name


@pytest.mark.parametrize("name", ["svg", "html", "dot", "mermaid", "json"])
def test_graphs(hostile, name):
    done = polc("graph", hostile, "--format", name, "-o", f"g.{name}")
    assert done.status == 0, done.err
    text = Path(f"g.{name}").read_text(encoding="utf-8")
    assert ACTED_ON.search(text + done.err + polc("graph", hostile, "--format", name).out) is None
    if name == "svg":
        ElementTree.fromstring(text)


COMMANDS = [
    ("check", "{}"),
    *(("check", "{}", "--format", name) for name in FORMATS),
    ("build", "{}", "-o", "-"),
    ("build", "{}", "-o", "out", "--report", "md", "--report-file", "r.md"),
    ("build", "{}", "-o", "out", "--report", "json", "--report-file", "r.json"),
    ("ir", "{}"),
    ("fmt", "--check", "{}"),
    ("why", "web", "api", "--policy", "{}"),
    ("why", "api", "web", "--policy", "{}", "--json"),
    *(
        ("diff", "empty.svc", "{}", "--format", name)
        for name in ("human", "md", "json", "github", "sarif")
    ),
    ("check", "missing {}"),
    ("check", "empty.svc", "--config", "{}"),
    ("build", "empty.svc", "-o", "{}"),
    ("verify", "{}"),
    ("nothing {}",),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands(hostile, words):
    Path("empty.svc").write_text("namespace shop\n")
    done = polc(*(word.replace("{}", hostile) for word in words))
    assert "internal error" not in done.err
    files = [each for each in Path().rglob("*") if each.is_file() and each.suffix != ".svc"]
    text = done.out + done.err + "".join(each.read_text(encoding="utf-8") for each in files)
    assert ACTED_ON.search(text) is None
    if "github" not in words:
        assert COMMAND.search(done.out + done.err) is None


def test_a_program_is_warned_of():
    _, _, found = parse_bytes("a.svc", HOSTILE.encode())
    assert [(each.code, each.span.line) for each in found] == [
        (CONTROL_CHARACTER, 2), (CONTROL_CHARACTER, 6), (CONTROL_CHARACTER, 8)
    ]  # fmt: skip
    _, _, found = parse_bytes(
        "a.svc", '# é\t\u200f\n# \u2067\nnamespace a { owner "\u202e\\u{202e}" }'.encode()
    )
    assert [(each.code, each.span.line) for each in found] == [(TURNED_TEXT, 2), (TURNED_TEXT, 3)]
    assert found[1].fix.edits[0].text == "\\u{202E}"
