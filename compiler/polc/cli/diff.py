"""`polc diff OLD NEW`: what a change permits and takes away."""

import os
import sys
from argparse import Namespace
from importlib import import_module
from typing import Any, TypeGuard

from attrs import frozen

from polc.backend import Artifact
from polc.cli import CLEAN, FINDINGS
from polc.cli.console import Files, document, has_colour, to_stdout
from polc.cli.options import compile_chosen, show
from polc.cli.project import missing
from polc.cli.revisions import Side, side
from polc.cli.usage import UsageError
from polc.diagnostics import Severity, has_errors
from polc.diff.changes import Change
from polc.diff.program import compare
from polc.ir.nodes import Program
from polc.output.layout import arrange
from polc.verify.objects import Manifests, from_artifacts


def run(chosen: Any) -> int:
    """Carry out the command."""
    if chosen.old == chosen.new == "-":
        raise UsageError("only one of the two programs can be standard input")
    if chosen.new is None and not chosen.project.files:
        raise missing(("old", "new")[chosen.old is not None :], chosen.project)
    compared = _changes(chosen, chosen.old or "HEAD", chosen.new)
    if compared is None:
        return FINDINGS
    changes, left_open = compared
    colour = has_colour(chosen.color, sys.stdout)
    text: str = import_module(f"polc.diff.{chosen.format}").render(changes, colour)
    (to_stdout if chosen.format == "human" else document)(text)
    # What nobody compared may have widened: a gate must not let it through.
    failing = {
        None: False,
        "widening": left_open or any(change.gained for change in changes),
        "any": left_open or bool(changes),
    }
    return FINDINGS if failing[chosen.fail_on] else CLEAN


def _changes(
    chosen: Any, given_old: str, given_new: str | None
) -> tuple[tuple[Change, ...], bool] | None:
    """Compare two programs as such; where one side is manifests, compare objects.

    Also tell whether something was left open, which objects may be and programs never.
    """
    if not any(map(_is_manifests, (given_old, given_new))):
        old = compile_side(chosen, side(given_old, chosen))
        new = compile_side(chosen, side(given_new, chosen))
        if old is None or new is None:
            return None
        return compare(old.program, new.program), False
    from polc.diff.manifests import compare_manifests
    from polc.diff.undecided import undecided

    before, after = _objects(chosen, given_old), _objects(chosen, given_new)
    if before is None or after is None:
        return None
    open_ends = undecided(before, after)
    show(Namespace(format="full", color=chosen.color), open_ends, documents_to_stdout=False)
    return compare_manifests(before, after), bool(open_ends)


def _is_manifests(given: str | None) -> TypeGuard[str]:
    return given is not None and (
        os.path.isdir(given) or given.endswith((".yaml", ".yml", ".json"))
    )


def _objects(chosen: Any, given: str | None) -> Manifests | None:
    """Return the objects of a folder or file, or those that a program compiles to."""
    if _is_manifests(given):
        from polc.cli.proof import read_manifests

        manifests, found = read_manifests([given], Files())
        show(Namespace(format="full", color=chosen.color), found, documents_to_stdout=False)
        return None if has_errors(found) else manifests
    one = compile_side(chosen, side(given, chosen))
    if one is None:
        return None
    layout, _ = arrange(one.artifacts)
    return from_artifacts(layout.objects, layout.files)


@frozen
class Compiled:
    """A program, and what it compiles to."""

    program: Program
    artifacts: tuple[Artifact, ...]


def compile_side(chosen: Any, one: Side) -> Compiled | None:
    """Compile a side; where it does not compile, tell why and return nothing."""
    options = {"files": one.paths, "target": None, "format": "full"}
    compilation = compile_chosen(Namespace(**{**vars(chosen), **options}), one.files)
    one.name_sources(compilation.sources)
    if compilation.program is None or has_errors(compilation.diagnostics):
        errors = [each for each in compilation.diagnostics if each.severity is Severity.ERROR]
        show(Namespace(format="full", color=chosen.color), errors, documents_to_stdout=False)
        return None
    return Compiled(compilation.program, compilation.artifacts)
