"""Measure polc builds: `python benchmarks/run.py [ROUNDS]`, or `make bench`.

CPU seconds (user and system) and peak memory of child processes, by `getrusage`. The kinds of runs
alternate, so that a slow minute of the machine slows all of them; medians and ratios are printed.
Builds are measured as users run them, with the proof, and with `--no-verify`.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from generate import program

ROOT = Path(__file__).resolve().parent.parent
BOUTIQUE = ROOT / "examples" / "boutique" / "policy.svc"
SIZES = (1_000, 10_000)
TARGETS = {"networkpolicy": ("--target", "networkpolicy"), "all targets": ()}
PROOFS = {"": ("--no-verify",), ", proved": ()}
NOTHING, VERSION = "python -c pass", "polc --version"


def measure(command: Sequence[str]) -> tuple[float, float]:
    """Run a command to its end; return its CPU seconds and its peak memory in MiB."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawn(command[0], command, os.environ, file_actions=quiet)
    _, status, used = os.wait4(child, 0)
    if status != 0:
        raise SystemExit(f"`{' '.join(command)}` failed")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 2**20


def commands(folder: Path) -> dict[str, list[str]]:
    """Return what is measured, by name; the programs are written to `folder`."""
    polc = [sys.executable, "-m", "polc"]
    found = {NOTHING: [sys.executable, "-c", "pass"], VERSION: [*polc, "--version"]}
    found["boutique"] = [*polc, "build", str(BOUTIQUE), "-o", "-", "-q"]
    for size in SIZES:
        file = folder / f"{size}.svc"
        file.write_text(program(size), encoding="utf-8")
        for what, chosen in TARGETS.items():
            for proof, options in PROOFS.items():
                build = [*polc, "build", str(file), *chosen, *options, "-o", "-", "-q"]
                found[f"{what}{proof}, {size}"] = build
    return found


def report(taken: dict[str, list[tuple[float, float]]]) -> str:
    """Return the table of medians, and the ratios between them."""
    seconds = {name: statistics.median(cpu for cpu, _ in each) for name, each in taken.items()}
    memory = {name: statistics.median(peak for _, peak in each) for name, each in taken.items()}
    width = max(map(len, taken))
    lines = [f"{'':{width}}  CPU s  peak MiB"]
    lines += [f"{name:{width}}  {seconds[name]:5.2f}  {memory[name]:8.0f}" for name in taken]
    small, large = SIZES
    lines.append(f"\n{VERSION} / {NOTHING}: {seconds[VERSION] / seconds[NOTHING]:.1f}")
    for what in (f"{what}{proof}" for what in TARGETS for proof in PROOFS):
        growth = seconds[f"{what}, {large}"] / seconds[f"{what}, {small}"]
        lines.append(f"{what}: {large} / {small} services: {growth:.1f}")
    return "\n".join(lines)


def main(rounds: int) -> None:
    """Measure in rounds and print the report."""
    with tempfile.TemporaryDirectory() as folder:
        runs = commands(Path(folder))
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
        for number in range(rounds):
            print(f"round {number + 1} of {rounds} …", file=sys.stderr)
            for name, command in runs.items():
                taken[name].append(measure(command))
    print(report(taken))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
