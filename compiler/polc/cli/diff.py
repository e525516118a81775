"""`polc diff OLD NEW`: what a change permits and takes away."""

import sys
from argparse import Namespace
from importlib import import_module
from typing import Any

from polc.cli import CLEAN, FINDINGS
from polc.cli.console import document, has_colour, to_stdout
from polc.cli.options import compile_chosen, show
from polc.cli.revisions import Side, side
from polc.cli.usage import UsageError
from polc.diagnostics import Severity, has_errors
from polc.diff.program import compare
from polc.ir.nodes import Program


def run(chosen: Any) -> int:
    """Carry out the command."""
    if chosen.old == chosen.new == "-":
        raise UsageError("only one of the two programs can be standard input")
    old = compile_side(chosen, side(chosen.old))
    new = compile_side(chosen, side(chosen.new))
    if old is None or new is None:
        return FINDINGS
    changes = compare(old, new)
    colour = has_colour(chosen.color, sys.stdout)
    text: str = import_module(f"polc.diff.{chosen.format}").render(changes, colour)
    (to_stdout if chosen.format == "human" else document)(text)
    failing = {
        None: False,
        "widening": any(change.gained for change in changes),
        "any": bool(changes),
    }
    return FINDINGS if failing[chosen.fail_on] else CLEAN


def compile_side(chosen: Any, one: Side) -> Program | None:
    """Return a side's program; where it does not compile, tell why and return None."""
    options = {"files": [one.path], "target": None, "format": "full"}
    compilation = compile_chosen(Namespace(**{**vars(chosen), **options}), one.files)
    one.name_sources(compilation.sources)
    if compilation.program is None or has_errors(compilation.diagnostics):
        errors = [each for each in compilation.diagnostics if each.severity is Severity.ERROR]
        show(Namespace(format="full", color=chosen.color), errors, documents_to_stdout=False)
        return None
    return compilation.program
