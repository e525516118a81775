"""Goldens: `cases/<topic>/<case>/policy.svc` compiles to `out/`, or to `diagnostics.txt`.

A case with `diagnostics.txt` records what polc says of it, as a user sees it; only one without
errors has an `out/`. A file `args` in a case holds further arguments of `polc build`, such as
`--env prod`. `pytest --update` rewrites the goldens; read the diff before you commit it.
"""

import shutil
from pathlib import Path

import pytest

from support import CASES, TODAY, Run, as_params, changes, polc, programs, tree


@pytest.mark.parametrize("program", as_params(programs(CASES), CASES))
def test_case(program: Path, update: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = program.parent
    built = tmp_path / "out"
    run = build(case, built, monkeypatch)

    golden, said = case / "out", case / "diagnostics.txt"
    if update:
        rewrite(golden, built, said, run)
    if run.status == 0:
        assert changes(tree(golden), tree(built)) == "", "run `make golden` and read the diff"
    else:
        assert run.status == 1, run.err
        assert not golden.exists(), f"does not compile:\n{run.err}"
        assert not built.exists(), "a build that fails writes nothing"
    if run.status != 0 or said.exists():
        assert diagnostics(run) == said.read_text(encoding="utf-8")


def build(case: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(case)
    extra = case / "args"
    arguments = extra.read_text(encoding="utf-8").split() if extra.exists() else []
    return polc("build", "policy.svc", "-o", out, "--today", TODAY, "--color", "never", *arguments)


def diagnostics(run: Run) -> str:
    """Return what was said of the program, without the summary of a build that went well."""
    blocks = run.err.split("\n\n")
    return (
        "\n\n".join(
            block.strip("\n") for block in blocks if block.startswith(("error[", "warning["))
        )
        + "\n"
    )


def rewrite(golden: Path, built: Path, said: Path, run: Run) -> None:
    if golden.exists():
        shutil.rmtree(golden)
    if run.status == 0:
        shutil.copytree(built, golden)
    if run.status != 0 or said.exists():
        said.write_text(diagnostics(run), encoding="utf-8")


def test_every_topic_has_a_case() -> None:
    topics = {path.parent.parent.name for path in programs(CASES)}
    assert topics >= {
        "networkpolicy",
        "rbac",
        "securitycontext",
        "istio-sidecar",
        "istio-ambient",
        "knative",
        "dockerfile",
        "environments",
        "broken",
    }
