"""`polc ir`: the intermediate representation as text, for people and goldens."""

from typing import Any

from polc.cli.console import Files, document
from polc.cli.options import compile_chosen, exit_code, show
from polc.diagnostics import has_errors


def run(chosen: Any) -> int:
    """Carry out the command."""
    compilation = compile_chosen(chosen, Files())
    show(chosen, compilation.diagnostics, documents_to_stdout=False)
    if compilation.program is not None and not has_errors(compilation.diagnostics):
        from polc.ir.show import show as show_program

        document(show_program(compilation.program))
    return exit_code(chosen, compilation.diagnostics)
