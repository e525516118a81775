"""What turns a lowered program into one that backends read: pure functions, in a visible order."""

from collections.abc import Callable

from polc.diagnostics import Diagnostic
from polc.ir.nodes import Program
from polc.passes.network import add_isolations

Pass = Callable[[Program], tuple[Program, tuple[Diagnostic, ...]]]

PASSES: tuple[Pass, ...] = (add_isolations,)
"""Every pass, in the order in which they run."""
