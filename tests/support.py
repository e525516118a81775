"""What several test modules share: where things lie, and polc as a user runs it."""

import contextlib
import difflib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import frozen

REPO = Path(__file__).resolve().parent.parent
SHARED = REPO.parent / "shared"
EXAMPLES = REPO / "examples"
CASES = REPO / "tests" / "cases"
TODAY = "2026-12-01"
"""The day on which cases, examples and fences are compiled."""


@frozen
class Run:
    """How a command ended."""

    status: int
    out: str
    err: str


def polc(*arguments: str | Path, stdin: str | None = None) -> Run:
    """Run the command line in this process; a traceback would fail the test."""
    from polc.cli import main

    out, err = io.StringIO(), io.StringIO()
    before = sys.stdin
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            if stdin is not None:
                sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
            status = main([str(argument) for argument in arguments])
        except SystemExit as exit_:  # argparse leaves in this way
            status = exit_.code if isinstance(exit_.code, int) else 1
        finally:
            sys.stdin = before
    return Run(status or 0, out.getvalue(), err.getvalue())


def polc_process(
    *arguments: str | Path, stdin: str | None = None, env: Mapping[str, str] | None = None
) -> Run:
    """Run the command line in a process of its own, as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "polc", *map(str, arguments)],
        input=None if stdin is None else stdin.encode(),
        capture_output=True,
        check=False,
        cwd=REPO,
        env={**os.environ, **(env or {})},
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def codes_of(run: Run) -> tuple[str, ...]:
    """Return the ids of the errors in a run's report, in order."""
    return tuple(re.findall(r"^(?:.*: )?error\[(POL\d+)\]", run.err + run.out, re.MULTILINE))


def documents(text: str) -> list[dict[str, Any]]:
    """Return the objects of a YAML stream."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(text, Loader=loader) if document is not None]


def tree(folder: Path) -> dict[str, str]:
    """Return every file under a folder by its relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def changes(expected: dict[str, str], actual: dict[str, str]) -> str:
    """Return how one tree differs from another, as a diff; nothing where they are equal."""
    lines: list[str] = []
    for path in sorted({*expected, *actual}):
        one, other = (each.get(path, "").splitlines() for each in (expected, actual))
        lines += difflib.unified_diff(one, other, f"expected/{path}", f"actual/{path}", lineterm="")
    return "\n".join(lines)


def tool(name: str) -> str:
    """Return the path of a program that the test dependencies bring; it has to be there."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found is not None, f"{name} is missing: install the dependency group `test`"
    return found


def kustomize(folder: Path) -> list[dict[str, Any]]:
    """Return the objects that `kubectl kustomize` makes of a folder."""
    from oracles import kustomize

    return kustomize.build(folder)


def programs(folder: Path) -> Iterator[Path]:
    """Yield every case's program under a folder."""
    yield from sorted(folder.glob("**/policy.svc"))


def as_params(paths: Iterator[Path], root: Path) -> list[object]:
    """Turn programs into parameters named after their folders."""
    return [pytest.param(p, id=p.parent.relative_to(root).as_posix()) for p in paths]
