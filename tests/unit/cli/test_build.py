"""`polc build`: what is written where, and how it ends."""

import json
import os
from pathlib import Path

import pytest
import yaml

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.source import Anchor, Source, Span
from polc.verify.verdict import Verdict
from support import polc, tree

TODAY = ("--today", "2026-11-01")
BUILD = ("build", "policy.svc", "-o", "out", "--target", "networkpolicy", *TODAY)


def test_a_clean_build(here):
    run = polc(*BUILD)
    assert run.status == 0, run.err
    assert run.out == ""
    files = tree(here / "out")
    assert "kustomization.yaml" in files
    assert "shop/api.networkpolicy.yaml" in files
    summary = run.err.splitlines()
    assert summary[0].split()[:6] == ["compiled", "2", "services", "in", "1", "namespace,"]
    assert any("expires" in row and "2026-12-31" in row for row in summary)
    assert summary[-2].split()[0] == "files"
    assert summary[-1].startswith("proved: ")
    assert "(1 flow, " in summary[-1]


def test_a_second_build_changes_nothing(here):
    polc(*BUILD)
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}
    run = polc(*BUILD)
    assert " 0 written" in run.err
    assert before == {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}


def test_errors_write_nothing(here):
    (here / "policy.svc").write_text("namespace shop\nservice api { allow to nobody }\n")
    run = polc(*BUILD)
    assert run.status == 1
    assert run.out == ""
    assert "error[POL101]" in run.err
    assert "compiled" not in run.err
    assert not (here / "out").exists()


def test_stream_is_objects_and_nothing_else(here):
    run = polc("build", "policy.svc", "-o", "-", "--target", "networkpolicy", *TODAY)
    assert run.status == 0
    kinds = {document["kind"] for document in yaml.safe_load_all(run.out)}
    assert "NetworkPolicy" in kinds
    assert "compiled" in run.err
    assert os.listdir(here) == ["policy.svc"]


def test_standard_input(here):
    text = (here / "policy.svc").read_text()
    by_file = polc("build", "policy.svc", "-o", "-", "--target", "networkpolicy", *TODAY)
    by_pipe = polc("build", "-", "-o", "-", "--target", "networkpolicy", *TODAY, stdin=text)
    assert by_pipe.status == 0
    assert by_pipe.out == by_file.out


def test_output_is_the_same_from_anywhere(here, monkeypatch):
    polc(*BUILD)
    expected = tree(here / "out")
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    out = here / "deep" / "er" / "out"
    run = polc("build", here / "policy.svc", "-o", out, "--target", "networkpolicy", *TODAY)
    assert run.status == 0
    assert tree(out) == expected
    objects = json.loads(expected["polc.map.json"])["objects"]
    assert "networking.k8s.io/v1/NetworkPolicy shop/api" in objects
    lines = [line for entry in objects.values() for line in entry["source"]]
    assert "policy.svc:3" in lines
    assert str(here) not in json.dumps(objects)


def test_check(here):
    assert polc(*BUILD, "--check").status == 1
    assert not (here / "out").exists()
    polc(*BUILD)
    assert polc(*BUILD, "--check").status == 0
    (here / "out/shop/api.networkpolicy.yaml").write_text("edited")
    run = polc(*BUILD, "--check")
    assert run.status == 1
    assert "error[POL803]" in run.err
    assert str(Path("out/shop/api.networkpolicy.yaml")) in run.err
    assert (here / "out/shop/api.networkpolicy.yaml").read_text() == "edited"


def test_a_foreign_file_in_the_way(here):
    (here / "out/shop").mkdir(parents=True)
    (here / "out/shop/api.networkpolicy.yaml").write_text("mine")
    run = polc(*BUILD)
    assert run.status == 1
    assert "error[POL802]" in run.err
    assert tree(here / "out") == {"shop/api.networkpolicy.yaml": "mine"}


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab"])
def test_machine_formats_go_to_standard_output(here, name):
    (here / "policy.svc").write_text("namespace shop\nservice api { allow to nobody }\n")
    run = polc(*BUILD, "--format", name)
    assert run.status == 1
    assert "POL101" in run.out
    json.loads(run.out)
    run = polc("build", "policy.svc", "-o", "-", "--target", "networkpolicy", "--format", name)
    assert run.out == ""
    assert "POL101" in run.err


def test_fail_level_and_exit_zero(here):
    late = ("--today", "2027-01-01")
    run = polc("build", "policy.svc", "-o", "out", "--target", "networkpolicy", *late)
    assert run.status == 0
    assert "warning[POL290]" in run.err
    assert "expired" in run.err
    run = polc(
        "build", "policy.svc", "-o", "out", "--target", "networkpolicy", *late,
        "--fail-level", "warning",
    )  # fmt: skip
    assert run.status == 1
    (here / "policy.svc").write_text("bad")
    assert polc(*BUILD).status == 1
    assert polc(*BUILD, "--exit-zero").status == 0


def test_report(here):
    run = polc(*BUILD, "--report", "json")
    report = json.loads(run.out)
    assert report["services"] == 2
    assert report["expires"][0]["until"] == "2026-12-31"
    run = polc(*BUILD, "--report", "md", "--report-file", "report.md", "-q")
    assert run.out == run.err == ""
    text = (here / "report.md").read_text()
    assert text.startswith("## polc\n")
    assert "trial" in text


def test_the_report_says_what_was_proved(here, monkeypatch):
    proof = json.loads(polc(*BUILD, "--report", "json").out)["proof"]
    assert proof["status"] == "proved"
    assert (proof["layers"], proof["counts"]["flows"]) == (["network"], 1)
    assert "rbac" in proof["unasked"]
    proof = json.loads(polc(*BUILD, "--no-verify", "--report", "json").out)["proof"]
    assert (proof["status"], proof["layers"]) == ("not asked", [])

    def doubt(*_args):
        place = Span(Anchor(Source("policy.svc", "x")), 0, 1)
        return Verdict((), (Diagnostic(NOT_DECIDED, "a doubt", place),))

    monkeypatch.setattr("polc.cli.build.prove", doubt)
    (here / "out" / "shop" / "api.networkpolicy.yaml").unlink()
    run = polc(*BUILD, "--report", "json")
    assert run.status == 1
    assert json.loads(run.out)["proof"]["undecided"] == ["a doubt"]
    assert "nothing is written" in run.err
    assert not (here / "out" / "shop" / "api.networkpolicy.yaml").exists()


def test_quiet(here):
    run = polc(*BUILD, "-q")
    assert run.out == run.err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build", "policy.svc", "-o", ""), "name of a folder"),
        ((*BUILD, "--report-file", "r"), "--report json"),
        (("build", "policy.svc", "-o", "-", "--report", "json"), "--report-file"),
        ((*BUILD, "--report", "md", "--format", "sarif"), "--report-file"),
        (("build", "policy.svc", "-o", "-", "--check"), "--check"),
        ((*BUILD, "--report", "md", "--report-file", "no/such/r.md"), "no/such/r.md"),
        (("build", "policy.svc", "-o", "out", "--target", "istoi"), "did you mean `istio`"),
        (("build", "policy.svc", "-o", "out", "--target", "rbac,"), "commas"),
        (("build", "policy.svc", "-o", "out", "--today", "31.12.2026"), "2026-12-31"),
        (("build", "policy.svc", "-o", "out", "--today", "2026-02-30"), "2026-02-30"),
        (("build", "policy.svc", "-o", "out", "--today", "20261231"), "20261231"),
        (("build", "policy.svc"), "-o"),
        (("build", "-o", "out"), "FILE"),
        (("bild",), "did you mean `build`"),
        (("build", "policy.svc", "-o", "out", "--chek"), "did you mean `--check`"),
        (("build", "policy.svc", "-o", "out", "--format", "jsn"), "did you mean `json`"),
        ((), "name a command"),
    ],
)
def test_bad_usage(here, arguments, message):
    run = polc(*arguments)
    assert run.status == 2
    assert run.out == ""
    assert "polc: error: " in run.err
    assert message in run.err
    assert "Traceback" not in run.err


def test_the_day_comes_from_the_option_then_the_environment(here, monkeypatch):
    def build(*more):
        out = "-"
        return polc("build", "policy.svc", "-o", out, "--target", "networkpolicy", *more)

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1798761600")  # 2027-01-01
    assert "POL290" in build().err
    assert "POL290" not in build(*TODAY).err
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1798761599")
    assert "POL290" not in build().err
    for bad in ("soon", "1e9", "9" * 30):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", bad)
        run = build()
        assert run.status == 2
        assert "SOURCE_DATE_EPOCH" in run.err


def test_files_that_cannot_be_read(here):
    (here / "folder.svc").mkdir()
    (here / "latin.svc").write_bytes(b"namespace caf\xe9")
    for name in ("missing.svc", "folder.svc", "latin.svc", "nul\0.svc"):
        run = polc("check", name, "--target", "networkpolicy")
        assert run.status == 1, name
        assert "error[POL0" in run.out, name
    assert "`folder.svc/NAME.svc`" in polc("check", "folder.svc").out
