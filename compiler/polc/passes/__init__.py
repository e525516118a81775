"""What turns a lowered program into one that backends read: pure functions, in a visible order."""

from collections.abc import Callable

from polc.diagnostics import Diagnostic
from polc.ir.nodes import Program
from polc.passes.network import add_isolations

Pass = Callable[[Program], tuple[Program, tuple[Diagnostic, ...]]]

PASSES: tuple[Pass, ...] = (add_isolations,)
"""Every pass, in the order in which they run."""


def run_passes(program: Program) -> tuple[Program, tuple[Diagnostic, ...]]:
    """Run every pass and return the last program with all that they found."""
    found: list[Diagnostic] = []
    for each in PASSES:
        program, diagnostics = each(program)
        found.extend(diagnostics)
    return program, tuple(found)
