"""`polc why`: is something permitted, by what; or what is missing for it."""

import sys
from argparse import Namespace
from typing import Any

from attrs import evolve

from polc.cli import CLEAN, FINDINGS
from polc.cli.console import Files, document, has_colour, to_stdout
from polc.cli.options import compile_chosen, show
from polc.cli.project import relative
from polc.cli.revisions import Side
from polc.cli.sides import Kept, clusters_of, is_objects
from polc.cli.usage import UsageError
from polc.diagnostics import Severity, has_errors
from polc.output.layout import arrange
from polc.semantics.objects.model import from_artifacts
from polc.why.answer import Answer
from polc.why.ends import Unanswerable
from polc.why.flow import FlowQuestion, why_flow
from polc.why.question import read_question
from polc.why.text import render, render_json
from polc.why.verb import why_verb

_POLICY = "policy.svc"
_OUT = "out"


def run(chosen: Any) -> int:
    """Carry out the command."""
    asked = Side(tuple(chosen.policy or (_POLICY,)), Kept())
    answer = _of_manifests(chosen, asked) if is_objects(asked) else _of_program(chosen)
    if answer is None:
        return FINDINGS
    if chosen.json:
        document(render_json(answer))
    else:
        to_stdout(render(answer, has_colour(chosen.color, sys.stdout)))
    return FINDINGS if answer.verdict == "denied" else CLEAN


def _of_manifests(chosen: Any, asked: Side) -> Answer | None:
    from polc.why.manifests import why

    clusters = clusters_of(chosen, asked)
    try:
        return why(clusters[0], chosen.question, explain=chosen.explain) if clusters else None
    except Unanswerable as problem:
        raise UsageError(str(problem)) from None


def _of_program(chosen: Any) -> Answer | None:
    options = {"files": chosen.policy or [_POLICY], "target": None, "format": "full"}
    settings = Namespace(**{**vars(chosen), **options})
    compilation = compile_chosen(settings, Files())
    if compilation.program is None or has_errors(compilation.diagnostics):
        errors = [each for each in compilation.diagnostics if each.severity is Severity.ERROR]
        show(settings, errors, documents_to_stdout=False)
        return None
    program = compilation.program
    layout, _ = arrange(compilation.artifacts)
    # Places are told as they are where the output is written.
    out = _OUT if chosen.project.out is None else relative(chosen.project.out)
    objects = [evolve(each, path=f"{out}/{each.path}") for each in layout.objects]
    texts = {f"{out}/{path}": text for path, text in layout.files.items()}
    manifests = from_artifacts(objects, texts)
    try:
        question = read_question(program, chosen.question)
    except Unanswerable as problem:
        raise UsageError(str(problem)) from None
    if isinstance(question, FlowQuestion):
        return why_flow(program, manifests, question, explain=chosen.explain)
    return why_verb(program, manifests, question)
