"""What a program compiles to, as files and as applied, permits what the program does."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import CASES, EXAMPLES, REPO, TODAY, Run, kustomize, polc, programs

APPS = REPO / "tests" / "apps"
SILENCE = "nothing is permitted or taken away\n"


def built() -> list[Any]:
    """Return every program that compiles, with the options that it needs."""
    found = []
    for program in (*programs(EXAMPLES), *programs(CASES)):
        if program.parent.parent.name != "broken":
            given = program.parent / "args"
            args = given.read_text().split() if given.exists() else []
            found.append(pytest.param(program, args, id=str(program.parent.relative_to(REPO))))
    for path in sorted(APPS.glob("*/expected*.yaml")):
        environment = path.stem.removeprefix("expected").removeprefix("-")
        args = ["--env", environment] if environment else []
        program = path.with_name("policy.svc")
        found.append(pytest.param(program, args, id=f"{path.parent.name}-{environment}"))
    return found


def diff(old: Path, new: Path, *args: str) -> Run:
    return polc("diff", old, new, "--fail-on", "any", "--today", TODAY, *args)


@pytest.mark.parametrize(("program", "args"), built())
def test_output_is_its_program(program: Path, args: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = polc("build", program, "-o", out, "-q", "--today", TODAY, *args, "--exit-zero")
    assert out.is_dir(), run.err
    for pair in ((program, out), (out, program), (out, out)):
        run = diff(*pair, *args)
        assert (run.status, run.out, run.err) == (0, SILENCE, "")


@pytest.mark.parametrize("path", sorted(APPS.glob("*/expected*.yaml")), ids=lambda p: p.parent.name)
def test_what_is_applied_is_its_program(path: Path, tmp_path: Path) -> None:
    """Rendered with workloads and the component, but for what only manifests can open: gateways."""
    folder = tmp_path / "app"
    shutil.copytree(path.parent, folder)
    environment = path.stem.removeprefix("expected").removeprefix("-")
    args = ["--env", environment] if environment else []
    program, rendered = folder / "policy.svc", tmp_path / "rendered.yaml"
    run = polc("build", program, "-o", folder / "out", "-q", "--today", TODAY, *args)
    assert run.status == 0, run.err
    rendered.write_text(yaml.safe_dump_all(kustomize(folder)))
    for old in (program, folder / "out"):
        run = polc("diff", old, rendered, "--today", TODAY, "--format", "json", *args)
        document = yaml.safe_load(run.out)
        told = [f"{each['subject']} {each['what']}" for each in document["changes"]]
        assert all(each.startswith("gateway ") or "by Ingress class" in each for each in told), told
        assert document["open"] == []
