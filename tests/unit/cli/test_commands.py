"""The other commands, and what holds for all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from polc.codes import all_codes
from support import polc, polc_process

TARGET = ("--target", "networkpolicy")


def test_check(here):
    run = polc("check", "policy.svc", *TARGET, "--today", "2026-11-01")
    assert (run.status, run.out) == (0, "")
    assert "no findings: 2 services, 1 flow" in run.err
    (here / "policy.svc").write_text("namespace shop\nservice api { allow to nobody }\n")
    run = polc("check", "policy.svc", *TARGET)
    assert run.status == 1
    assert "error[POL101]" in run.out
    assert run.err == ""


def test_ir(here):
    run = polc("ir", "policy.svc", "--target", "networkpolicy", "--today", "2026-11-01")
    assert run.status == 0
    assert "shop/api" in run.out


@pytest.mark.parametrize("text", ["POL201", "pol201", "201", "half-flow"])
def test_explain(text):
    run = polc("explain", text)
    assert run.status == 0
    assert run.out.startswith("# POL201: ")


def test_explain_in_colour():
    run = polc("explain", "POL201", "--color", "always")
    assert "\x1b[1mPOL201" in run.out
    assert "```" not in run.out


@pytest.mark.parametrize(
    ("text", "advice"),
    [("POL808", "`POL80"), ("half-flwo", "half-flow"), ("?", [*all_codes()][-1].id)],
)
def test_explain_of_no_code(text, advice):
    run = polc("explain", text)
    assert run.status == 2
    assert advice in run.err


@pytest.mark.parametrize("code", [code.id for code in all_codes() if code.id.startswith("POL8")])
def test_every_code_of_the_output_has_a_page(code):
    run = polc("explain", code)
    assert run.out.count("\n") > 5


def test_targets():
    run = polc("targets")
    assert run.status == 0
    names = [row.split()[0] for row in run.out.splitlines()]
    assert names[:2] == ["networkpolicy", "rbac"]


def test_version():
    from polc import __version__

    assert polc("--version").out == f"polc {__version__}\n"
    assert polc_process("--version").out == f"polc {__version__}\n"


def test_version_imports_next_to_nothing():
    code = (
        "import sys\nbefore = set(sys.modules)\nfrom polc.cli import main\nmain(['--version'])\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stderr.split()) <= {"polc", "polc.cli"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    run = polc("completion", shell)
    assert run.status == 0
    for word in ("build", "--report-file" if shell != "fish" else "report-file", "POL201", "sarif"):
        assert word in run.out


def test_bash_completion_works(tmp_path):
    script = tmp_path / "polc.bash"
    script.write_text(polc("completion", "bash").out)

    def complete(*words):
        listed = " ".join(f"'{word}'" for word in words)
        code = (
            f"source {script}; COMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; _polc;"
            ' echo "${COMPREPLY[@]}"'
        )
        done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return done.stdout.split()

    assert complete("polc", "b") == ["build"]
    assert complete("polc", "build", "--rep") == ["--report", "--report-file"]
    assert complete("polc", "build", "--format", "g") == ["github", "gitlab"]
    assert complete("polc", "explain", "POL80") == [f"POL80{n}" for n in range(1, 8)]


def test_colour(here, monkeypatch):
    (here / "policy.svc").write_text("bad")

    def is_coloured(*more):
        return "\x1b[" in polc("check", "policy.svc", *TARGET, *more).out

    assert not is_coloured()
    assert is_coloured("--color", "always")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert is_coloured()
    assert not is_coloured("--color", "never")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not is_coloured()
    assert is_coloured("--color", "always")


def test_machine_formats_are_never_coloured(here):
    (here / "policy.svc").write_text("bad")
    assert (
        "\x1b"
        not in polc("check", "policy.svc", *TARGET, "--format", "json", "--color", "always").out
    )


def test_a_fault_is_no_traceback(here, monkeypatch):
    def broken(*_args):
        raise LookupError("x")

    monkeypatch.setattr("polc.cli.options.compile_program", broken)
    run = polc("check", "policy.svc", *TARGET)
    assert run.status == 2
    assert "internal error: LookupError: x" in run.err
    assert "please report" in run.err
    assert "Traceback" not in run.err
    monkeypatch.setenv("POLC_DEBUG", "1")
    assert "Traceback" in polc("check", "policy.svc", *TARGET).err


def test_a_deep_program_is_no_traceback(here):
    (here / "policy.svc").write_text("service a {" * 2_000)
    run = polc("check", "policy.svc", *TARGET)
    assert run.status in (1, 2)
    assert "Traceback" not in run.err


def test_an_interrupt_is_no_traceback(here, monkeypatch):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("polc.cli.options.compile_program", interrupted)
    run = polc("check", "policy.svc", *TARGET)
    assert (run.status, run.err) == (130, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a disk that is full")
@pytest.mark.parametrize("arguments", [("ir",), ("build", "-o", "-")])
def test_a_full_disk_is_no_fault(here, arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "polc", *arguments, "policy.svc", *TARGET],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "can't write the output: no space left on device" in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="pipes are closed otherwise here")
def test_a_closed_pipe_is_no_traceback(here):
    (here / "policy.svc").write_text("bad\n" * 20_000)
    polc = f"{sys.executable} -m polc check policy.svc --target networkpolicy --format json"
    done = subprocess.run(
        ["bash", "-c", f"{polc} | head -c 1"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "["
    assert done.stderr == ""


def test_any_locale(here):
    text = 'namespace shop\nservice api { owner "\u65e5\u672c" }\n'
    (here / "policy.svc").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "polc", "check", "policy.svc", *TARGET],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"},
    )
    assert done.returncode == 1
    assert b"\\u65e5" in done.stdout
    assert done.stderr == b""


def test_module_runs_like_the_script():
    script = Path(sys.executable).with_name("polc")
    assert script.exists()
    done = subprocess.run([script, "targets"], capture_output=True, text=True, check=True)
    assert done.stdout == polc_process("targets").out
