"""`polc check`: only the diagnostics, on standard output."""

from typing import Any

from polc.cli.console import Files, to_stderr
from polc.cli.options import compile_chosen, exit_code, show_as_result
from polc.diagnostics import in_order
from polc.output.objects import collect_objects
from polc.report.summary import counted


def run(chosen: Any, files: Files | None = None) -> int:
    """Carry out the command."""
    compilation = compile_chosen(chosen, files or Files())
    _, found = collect_objects(compilation.artifacts)
    diagnostics = in_order((*compilation.diagnostics, *found))
    show_as_result(chosen, diagnostics)
    if not diagnostics and not chosen.quiet and compilation.program is not None:
        program = compilation.program
        to_stderr(
            f"no findings: {counted(len(program.workloads), 'service')},"
            f" {counted(len(program.flows), 'flow')}\n"
        )
    return exit_code(chosen, diagnostics)
