"""Twice as much of anything costs about twice as much: calls are counted, and bytes."""

import cProfile
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from polc.cli import main
from polc.verify.network import compare
from support import REPO

sys.path.insert(0, str(REPO / "benchmarks"))
from shapes import SHAPES

PAIRS = {"any", "group", "namespace", "noports", "whens"}
"""What still costs each pair: callers and callees, mistakes and ports, rules of one rollout."""
MOST = 2.5
"""So many times what the first doubling adds, the second may add; 4 is quadratic."""


def _cost(text: str, folder: Path) -> tuple[int, int, int]:
    """Return the calls that a build makes, the bytes that it writes, and those that it says."""
    folder.mkdir()
    policy, out = folder / "policy.svc", folder / "out"
    policy.write_text(text)
    told = folder / "told"
    profile = cProfile.Profile()
    with told.open("w") as sink:
        before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = sink
        profile.enable()
        try:
            main(["build", str(policy), "-o", str(out)])
        finally:
            profile.disable()
            sys.stdout, sys.stderr = before
    calls = sum(each.callcount for each in profile.getstats())
    written = sum(each.stat().st_size for each in out.rglob("*") if each.is_file())
    return calls, written, told.stat().st_size


def _hold(make: Callable[[int], str], size: int, folder: Path) -> None:
    """Hold what one doubling adds against what the next one does."""
    _cost(make(size), folder / "first")  # Imports, and what is made once.
    one, two, four = (_cost(make(size * n), folder / str(n)) for n in (1, 2, 4))
    for what, a, b, c in zip(("calls", "bytes written", "bytes said"), one, two, four, strict=True):
        assert c - b <= MOST * max(b - a, 400), f"{what}: {a}, {b}, {c}"


@pytest.mark.parametrize("shape", sorted(SHAPES.keys() - PAIRS))
def test_twice_as_much_costs_twice_as_much(
    shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Between 64 and 128 names they are no longer compared one by one.
    size = 150 if shape in ("unknown", "strays", "wrongline") else 20
    with capsys.disabled():
        _hold(SHAPES[shape], size, tmp_path)


@pytest.mark.parametrize("shape", ["tenants", "rollouts", "paths", "extends", "bangs"])
def test_shapes_that_once_grew_too_fast(
    shape: str, tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate = shared / "cases" / "slow" / "generate.py"
    if not generate.is_file():
        pytest.skip("NOT CHECKED: no cases/slow/generate.py beside the clone")

    def make(size: int) -> str:
        command = [sys.executable, str(generate), shape, str(size)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with capsys.disabled():
        _hold(make, 400 if shape == "bangs" else 20, tmp_path)


def test_the_proof_of_a_whole_namespace_as_peer_needs_no_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(compare, "find_leftover", lambda *given, **_: asked.append(given))
    policy = tmp_path / "policy.svc"
    for shape in ("namespace", "any"):
        policy.write_text(SHAPES[shape](5))
        assert main(["build", str(policy), "-o", str(tmp_path / shape)]) == 0
        assert not asked
