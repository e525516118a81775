"""The formats for machines."""

import json
from textwrap import dedent
from xml.etree import ElementTree

import pytest

from polc.codes import all_codes, page
from polc.codes.flows import EXPIRED, HALF_FLOW
from polc.diagnostics import Diagnostic, Edit, Fix, Label
from polc.render import FORMATS, render
from polc.source import Anchor, Source, Span, nowhere

SOURCE = Source("dir/a b,c.svc", "# x\nservice api {\n  allow to \U0001f600x\n}\n")


def under(text: str) -> Span:
    at = SOURCE.text.index(text)
    return Span(Anchor(SOURCE), at, at + len(text))


FOUND = (
    Diagnostic(
        HALF_FLOW,
        "100% `x`: half,\nor less",
        under("x\n}"),
        (Label(under("api"), "the caller"),),
        help="write it\nthere",
        fix=Fix("remove it", (Edit(under("allow"), ""),)),
    ),
    Diagnostic(EXPIRED, "gone", under("api")),
    Diagnostic(EXPIRED, "gone", under("api")),
    Diagnostic(EXPIRED, "in the way", nowhere("out/a.yaml")),
)


def test_concise():
    assert render("concise", FOUND) == dedent(
        """\
        dir/a b,c.svc:3:13: error[POL201] 100% `x`: half, or less
        dir/a b,c.svc:2:9: warning[POL290] gone
        dir/a b,c.svc:2:9: warning[POL290] gone
        out/a.yaml: warning[POL290] in the way
        """
    )


def test_json():
    first, second, *_ = json.loads(render("json", FOUND))
    assert first["code"] == "POL201"
    assert first["severity"] == "error"
    assert first["file"] == "dir/a b,c.svc"
    # Columns and offsets count code points: the emoji is one.
    assert first["start"] == {"line": 3, "column": 13, "offset": 30}
    assert first["end"] == {"line": 4, "column": 2, "offset": 33}
    assert first["labels"][0]["message"] == "the caller"
    assert first["fix"]["edits"][0]["text"] == ""
    assert second["fix"] is None


def test_github_escapes_what_ends_a_command():
    first, second, _, last = render("github", FOUND).splitlines()
    assert first == (
        "::error file=dir/a b%2Cc.svc,line=3,endLine=4,title=POL201 half-flow"
        "::100%25 `x`: half,%0Aor less%0Ahelp: write it%0Athere"
        "%0Adir/a b,c.svc:2:9: the caller"
    )
    assert second.startswith("::warning file=dir/a b%2Cc.svc,line=2,endLine=2,col=9,endColumn=11,")
    assert last == "::warning file=out/a.yaml,title=POL290 expired::in the way"


def test_gitlab_fingerprints_are_stable_and_distinct():
    entries = json.loads(render("gitlab", FOUND))
    prints = [entry["fingerprint"] for entry in entries]
    assert len(set(prints)) == len(prints)
    assert {entry["severity"] for entry in entries} <= {"info", "minor", "major", "critical"}
    assert entries[0]["location"] == {"path": "dir/a b,c.svc", "lines": {"begin": 3, "end": 4}}
    moved = Source(SOURCE.name, "\n\n" + SOURCE.text)
    span = Span(Anchor(moved, 2), under("api").start, under("api").end)
    (again,) = json.loads(render("gitlab", [Diagnostic(EXPIRED, "gone", span)]))
    assert again["fingerprint"] == prints[1]
    assert again["location"]["lines"]["begin"] == 4


def test_sarif():
    log = json.loads(render("sarif", FOUND))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["POL201", "POL290"]
    assert rules[0]["help"]["markdown"] == page(HALF_FLOW)
    assert rules[0]["fullDescription"]["markdown"].startswith("Across namespaces a flow exists")
    for rule in rules:
        for told in (rule["help"], rule["fullDescription"]):
            assert told["text"]
            assert "`" not in told["text"]
            assert not told["text"].startswith("#")
    first = run["results"][0]
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "dir/a%20b%2Cc.svc"
    assert place["region"] == {"startLine": 3, "startColumn": 13, "endLine": 4, "endColumn": 2}
    assert first["relatedLocations"][0]["message"]["text"] == "the caller"
    assert "region" not in run["results"][-1]["locations"][0]["physicalLocation"]


def test_junit():
    root = ElementTree.fromstring(render("junit", FOUND))
    assert root.get("failures") == "1"
    cases = root.findall("testsuite/testcase")
    assert len(cases) == 4
    failure = cases[0].find("failure")
    assert failure is not None
    assert failure.get("message") == "100% `x`: half,\nor less"
    assert "help: write it\nthere" in (failure.text or "")


def test_junit_holds_no_character_that_xml_forbids():
    name = Source("a\x1b.svc", "x")
    found = Diagnostic(EXPIRED, "\x00 & <b> \uffff \ud800", Span(Anchor(name), 0, 1))
    root = ElementTree.fromstring(render("junit", [found]).encode())
    assert "& <b>" in (root.findtext("testsuite/testcase/system-out") or "")


@pytest.mark.parametrize("name", FORMATS)
def test_no_findings_is_a_document_too(name):
    text = render(name, [])
    match name:
        case "json" | "gitlab":
            assert json.loads(text) == []
        case "sarif":
            assert json.loads(text)["runs"][0]["results"] == []
        case "junit":
            assert ElementTree.fromstring(text).get("failures") == "0"
        case _:
            assert text == ""


@pytest.mark.parametrize("name", FORMATS)
def test_every_code_can_be_rendered(name):
    at = under("api")
    assert render(name, [Diagnostic(code, "m", at) for code in all_codes()])
