"""The project's configuration as the command line sees it: what it stands in for, and what wins."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from polc.cli.completion import _commands
from polc.cli.parser import _FORMATS, _LEVELS
from polc.config import LEVELS
from polc.render import FORMATS
from support import polc, tree

DAY = ("--today", "2026-11-01")
BAD = "namespace shop\nservice api { allow to nobody }\n"


@pytest.fixture
def project(here: Path) -> Path:
    """A project whose only target is `networkpolicy`; the working folder is its own."""
    configure(here, files=["policy.svc"], out="out", targets=["networkpolicy"])
    return here


def configure(folder: Path, **settings: object) -> None:
    rows = [f"{key.replace('_', '-')} = {json.dumps(value)}" for key, value in settings.items()]
    (folder / "polc.toml").write_text("\n".join(rows))


def targets_in(folder: Path) -> set[str]:
    """Which targets a folder of output comes from; most name their files after themselves."""
    return {name.split(".")[-2].split("/")[-1] for name in tree(folder) if name.endswith(".yaml")}


def test_build_needs_no_options(project: Path) -> None:
    run = polc("build", *DAY)
    assert run.status == 0, run.err
    assert "shop/api.networkpolicy.yaml" in tree(project / "out")
    assert "rbac" not in targets_in(project / "out")
    assert run.err.startswith("from polc.toml: target networkpolicy\n")


def test_the_output_is_that_of_the_same_options(project: Path) -> None:
    polc("build", *DAY)
    options = ("policy.svc", "-o", "byhand", "--target", "networkpolicy", *DAY)
    assert polc("build", *options, "--no-config").status == 0
    assert tree(project / "out") == tree(project / "byhand")


def test_from_a_folder_below(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    polc("build", *DAY)
    expected = tree(project / "out")
    (project / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(project / "deep/er")
    assert polc("build", *DAY, "--check").status == 0
    (project / "policy.svc").write_text(BAD)
    run = polc("check")
    assert run.status == 1
    assert "--> ../../policy.svc:2:" in run.out
    assert str(project) not in run.out + run.err
    assert tree(project / "out") == expected


@pytest.mark.parametrize("arguments", [("check",), ("ir",), ("graph", "--format", "json")])
def test_commands_without_files(project: Path, arguments: tuple[str, ...]) -> None:
    assert polc(*arguments, *DAY).status == 0
    configure(project, files=["missing.svc"])
    assert polc(*arguments, *DAY).status == 1


def test_each_option_wins_over_its_setting_and_over_no_other(project: Path) -> None:
    (project / "other.svc").write_text("namespace other\nservice one { }\n")
    run = polc("build", "other.svc", *DAY)
    assert run.status == 0, run.err
    assert "other/one.networkpolicy.yaml" in tree(project / "out")
    assert "shop/api.networkpolicy.yaml" not in tree(project / "out")
    polc("build", "-o", "elsewhere", *DAY)
    assert "shop/api.networkpolicy.yaml" in tree(project / "elsewhere")
    run = polc("build", "--target", "rbac", *DAY)
    assert targets_in(project / "out") >= {"rbac"}
    assert "networkpolicy" not in targets_in(project / "out")
    assert "from polc.toml" not in run.err


def test_fewer_targets_are_told_of_even_to_the_quiet(project: Path) -> None:
    run = polc("build", "policy.svc", "-o", "elsewhere", "-q", *DAY)
    assert run.err == "from polc.toml: target networkpolicy\n"


def test_files_and_out_alone_are_not_worth_a_line(project: Path) -> None:
    configure(project, files=["policy.svc"], out="out")
    assert polc("build", "-q", *DAY).err == ""


def test_environment(project: Path) -> None:
    (project / "policy.svc").write_text(
        "namespace shop\nenvironment prod { service api { scale 3..9 } }\n"
        'service api { workload knative  image "x.example/a:1"  port web 8080 http  scale 1..2 }\n'
    )
    configure(project, files=["policy.svc"], env="prod")
    run = polc("ir", *DAY)
    assert "3..9" in run.out, run.err
    assert "from polc.toml: env prod" in run.err
    assert "3..9" not in polc("ir", "--no-config", "policy.svc", *DAY).out
    run = polc("ir", "--env", "proud", *DAY)
    assert run.status == 1
    assert "`proud`" in run.err


def test_level_and_format(project: Path) -> None:
    late = ("--today", "2027-01-01")
    configure(project, files=["policy.svc"], fail_level="warning", format="json")
    run = polc("check", *late)
    assert run.status == 1
    assert json.loads(run.out)
    run = polc("check", *late, "--fail-level", "error", "--format", "concise")
    assert run.status == 0
    assert run.out.startswith("policy.svc:")


def test_the_output_of_a_graph_is_its_own(project: Path) -> None:
    configure(project, files=["policy.svc"], out="out", format="json")
    assert polc("graph", *DAY).out.lstrip().startswith("<svg")
    assert not (project / "out").exists()


def test_patterns(project: Path) -> None:
    (project / "more").mkdir()
    (project / "more/one.svc").write_text("namespace more\nservice one { }\n")
    (project / "more/two.svc").write_text("namespace more\nservice two { }\n")
    configure(project, files=["more/*.svc"])
    assert "no findings: 2 services" in polc("check").err


def test_settings_in_pyproject(project: Path) -> None:
    (project / "polc.toml").rename(project / "was.toml")
    text = "[project]\nname = 'x'\n[tool.polc]\n" + (project / "was.toml").read_text()
    (project / "pyproject.toml").write_text(text)
    assert polc("build", *DAY).err.startswith("from pyproject.toml: target networkpolicy")


def test_the_program_is_nearer_than_the_user(project: Path) -> None:
    configure(project, env="outer")
    (project / "sub").mkdir()
    (project / "sub/policy.svc").write_text(BAD)
    configure(project / "sub", format="concise")
    assert polc("check", "sub/policy.svc").out.startswith("sub/policy.svc:2:")
    run = polc("check", "policy.svc", "sub/policy.svc")
    assert "from polc.toml: env outer" in run.err


def test_a_file_that_is_named_replaces_the_search(project: Path) -> None:
    (project / "ci").mkdir()
    configure(project / "ci", files=["../policy.svc"], out="built", targets=["rbac"])
    run = polc("build", "--config", "ci/polc.toml", *DAY)
    assert run.status == 0, run.err
    assert targets_in(project / "ci/built") >= {"rbac"}
    assert not (project / "out").exists()
    run = polc("check", "--config", "ci/polc.toml", "--no-config")
    assert run.status == 2


def test_verify(project: Path) -> None:
    polc("build", *DAY)
    run = polc("verify", *DAY)
    assert run.status == 0, run.err
    assert "from polc.toml: policy policy.svc; target networkpolicy" in run.err
    assert "proved: " in run.err
    (project / "out/shop/api.networkpolicy.yaml").unlink()
    run = polc("verify", "out", *DAY)
    assert run.status == 1
    assert "error[POL9" in run.out
    # Without a program there is nothing to compare with.
    assert "proved" not in polc("verify", "out", "--no-config").err


def test_harden_and_why(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    run = polc("harden", "Dockerfile", "--service", "api", "--diff", *DAY)
    assert run.status == 1
    assert "+USER" in run.out
    configure(project, files=["policy.svc"], out="deploy/out")
    (project / "policy.svc").rename(project / "renamed.svc")
    configure(project, files=["renamed.svc"], out="deploy/out")
    run = polc("why", "web", "api", *DAY)
    assert run.status == 0, run.err
    assert " deploy/out/shop/" in run.out


@pytest.fixture
def history(project: Path) -> Path:
    """The project in git; its program was called otherwise once, and permitted less."""

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("add", "policy.svc")
    git("commit", "-qm", "without configuration")
    (project / "parts").mkdir()
    text = (project / "policy.svc").read_text()
    (project / "policy.svc").unlink()
    (project / "parts/api.svc").write_text(text.replace("  allow from web", "  # allow from web"))
    configure(project, files=["parts/*.svc"])
    git("add", "-A")
    git("commit", "-qm", "in parts, and less")
    (project / "parts/api.svc").rename(project / "parts/shop.svc")
    git("add", "-A")
    git("commit", "-qm", "renamed")
    (project / "parts/shop.svc").write_text(text)
    return project


def test_diff_of_a_project_with_its_past(history: Path) -> None:
    gained = "+ shop/web may call shop/api:web (8080/TCP)  parts/shop.svc:5"
    for arguments in ((), ("HEAD",), ("HEAD~1",)):
        run = polc("diff", *arguments, *DAY)
        assert gained in run.out, run.err
        assert "newly permitted, 0 taken away" in run.out
    assert polc("diff", "HEAD~1", "HEAD", *DAY).out.startswith("nothing is ")
    assert polc("diff", "HEAD", "--fail-on", "widening", *DAY).status == 1
    assert polc("diff", "HEAD:parts/shop.svc", "parts/shop.svc", *DAY).out.startswith("flows")
    run = polc("graph", "--against", "HEAD~1", "--format", "json", *DAY)
    assert '"mark": "added"' in run.out, run.err
    run = polc("diff", "HEAD~2", *DAY)
    assert run.status == 2
    assert "at revision `HEAD~2` no configuration names the program" in run.err
    assert "`HEAD~2:parts/shop.svc`" in run.err


def test_a_configuration_that_is_named_holds_for_the_past_too(history: Path) -> None:
    (history / "ci.toml").write_text('files = ["policy.svc"]')
    (history / "policy.svc").write_text("namespace shop\nservice api { }\n")
    run = polc("diff", "HEAD~2", "--config", "ci.toml", *DAY)
    assert "- shop/web may call shop/api:web (8080/TCP)  HEAD~2:policy.svc:5" in run.out, run.err


def test_diff_from_a_folder_below(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(history / "parts")
    assert "shop/web may call shop/api:web (8080/TCP)  shop.svc:5" in polc("diff", *DAY).out


def test_diff_where_the_past_is_wrong(history: Path) -> None:
    configure(history, fils=["x"])
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-aqm", "x"], check=True
    )
    configure(history, files=["parts/*.svc"])
    run = polc("diff", *DAY)
    assert run.status == 2
    assert "polc: error: HEAD:polc.toml:1: there is no setting `fils`" in run.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n\nfile = []", "polc.toml:3: there is no setting `file`\nhelp: did you mean `files`?\n"),
        ("files = ", "polc.toml:1: this is not TOML: invalid value\n"),
        (
            "files = ['policy.svc']\ntargets = [\n  'istoi',\n]",
            "polc.toml:2: [POL801] there is no target `istoi`; did you mean `istio`?\n",
        ),
        ("'\\u001b' = 1", "polc.toml:1: there is no setting `\\u001b`\nhelp: settings: "),
        ('"\\u001b" = 1', "polc.toml: there is no setting `\u241b`\nhelp: settings: "),
    ],
)
def test_faults(project: Path, text: str, message: str) -> None:
    (project / "polc.toml").write_text(text)
    for arguments in (("check",), ("build", "policy.svc", "-o", "out")):
        run = polc(*arguments)
        assert run.status == 2
        assert run.out == ""
        assert run.err.startswith(f"polc: error: {message}")
        assert not (project / "out").exists()
    assert polc("check", "policy.svc", "--no-config").status == 0


def test_a_fault_is_told_relative_to_the_user(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(project, fils=1)
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")
    assert polc("check").err.startswith("polc: error: ../polc.toml:1: ")


@pytest.mark.parametrize(
    ("arguments", "names", "example"),
    [
        (("build",), "FILE, -o/--out", '`files = ["policy.svc"]` and `out = "out"`'),
        (("build", "policy.svc"), "-o/--out", '`out = "out"`'),
        (("build", "-o", "out"), "FILE", '`files = ["policy.svc"]`'),
        (("check",), "FILE", '`files = ["policy.svc"]`'),
        (("graph",), "FILE", '`files = ["policy.svc"]`'),
        (("harden", "Dockerfile", "--service", "api"), "--policy", '`files = ["policy.svc"]`'),
        (("verify",), "PATH", '`out = "out"`'),
        (("diff",), "OLD, NEW", '`files = ["policy.svc"]`'),
        (("diff", "policy.svc"), "NEW", '`files = ["policy.svc"]`'),
    ],
)
def test_what_is_said_nowhere(
    here: Path, arguments: tuple[str, ...], names: str, example: str
) -> None:
    expected = (
        f"polc: error: these are missing: {names}\n"
        f"help: name what is meant, or write {example} into polc.toml\n"
    )
    assert polc(*arguments).err == expected
    (here / "polc.toml").write_text("")
    assert polc(*arguments) == polc(*arguments, "--no-config")
    assert (polc(*arguments).status, polc(*arguments).err) == (2, expected)


def test_operands_may_stand_behind_options(here: Path) -> None:
    (here / "other.svc").write_text("namespace other\nservice one { }\n")
    run = polc("check", "policy.svc", "--format", "full", "other.svc", *DAY)
    assert "no findings: 3 services" in run.err
    run = polc("diff", "policy.svc", "--format", "human", "policy.svc", *DAY)
    assert run.status == 0, run.err
    assert "`third.svc` is no option here" in polc("diff", "a.svc", "b.svc", "third.svc").err
    assert "did you mean `--target`" in polc("check", "policy.svc", "--traget", "rbac").err


def test_a_folder_that_is_closed_has_no_configuration(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    (here / "polc.toml").write_text("fils = 1")
    assert polc("check", "policy.svc").status == 0


def test_no_configuration_needs_no_parser_of_toml(here: Path) -> None:
    code = (
        "import sys\nfrom polc.cli import main\nmain(['check', 'policy.svc'])\n"
        "print('tomllib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_options_and_settings_take_the_same_values() -> None:
    assert _FORMATS == FORMATS
    assert _LEVELS == LEVELS


def test_completions_know_the_options() -> None:
    options = {
        command.name: {name for option in command.options for name in option.names}
        for command in _commands()
    }
    with_settings = {name for name, names in options.items() if "--config" in names}
    assert with_settings == {"build", "check", "diff", "graph", "harden", "ir", "verify", "why"}
    assert {name for name, names in options.items() if "--no-config" in names} == with_settings
    assert {name for name, names in options.items() if "--watch" in names} == {"build", "check"}
