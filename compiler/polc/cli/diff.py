"""`polc diff OLD NEW`: what a change permits and takes away."""

import sys
from argparse import Namespace
from importlib import import_module
from typing import Any

from polc.cli import CLEAN, FINDINGS
from polc.cli.console import document, has_colour, to_stdout
from polc.cli.options import show
from polc.cli.project import missing
from polc.cli.sides import compile_side, in_program, is_objects, named, objects_of
from polc.cli.usage import UsageError
from polc.diagnostics import Diagnostic, has_errors
from polc.diff.changes import Change, gained


def run(chosen: Any) -> int:
    """Carry out the command."""
    if chosen.old == chosen.new == "-":
        raise UsageError("only one of the two sides can be standard input")
    if chosen.new is None and not chosen.project.files:
        raise missing(("old", "new")[chosen.old is not None :], chosen.project)
    compared = _compare(chosen, chosen.old or "HEAD", chosen.new)
    if compared is None:
        return FINDINGS
    changes, left_open, unread = compared
    colour = has_colour(chosen.color, sys.stdout)
    render = import_module(f"polc.diff.{chosen.format}").render
    if chosen.format == "human":
        show(Namespace(format="full", color=chosen.color), left_open, documents_to_stdout=False)
        to_stdout(render(changes, colour, left_open))
    else:
        document(render(changes, colour, left_open))
    # What nobody compared may have widened: a gate must not let it through.
    unsure = has_errors(left_open)
    failing = {
        None: unread,
        "widening": unsure or bool(gained(changes)),
        "any": unsure or bool(changes),
    }
    return FINDINGS if failing[chosen.fail_on] else CLEAN


def _compare(
    chosen: Any, given_old: str, given_new: str | None
) -> tuple[tuple[Change, ...], tuple[Diagnostic, ...], bool] | None:
    """Compare two programs as such; where one side is manifests, compare objects.

    Also return what was left open, which of objects something may be and of programs nothing is,
    and whether some of it was not even read.
    """
    sides = named(given_old, chosen), named(given_new, chosen)
    if not any(map(is_objects, sides)):
        from polc.diff.program import compare

        old, new = (compile_side(chosen, one) for one in sides)
        if old is None or new is None:
            return None
        return compare(old.program, new.program), (), False
    from polc.diff.objects.compare import compare_objects

    before, after = (objects_of(chosen, one) for one in sides)
    if before is None or after is None:
        return None
    result = compare_objects(before[0], after[0])
    layout = before[1] or after[1]
    changes = tuple(in_program(each, layout) for each in result.changes)
    return changes, result.left_open, result.unread
