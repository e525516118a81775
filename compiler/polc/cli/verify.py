"""`polc verify`: decide whether manifests from anywhere permit exactly what a program declares."""

from argparse import Namespace
from typing import Any

from polc.cli import FINDINGS
from polc.cli.console import Files, document, to_stderr, to_stdout
from polc.cli.options import chosen_targets, compile_chosen, exit_code, show_as_result
from polc.cli.proof import layers_of, looked_at, parts_of, proved, read_manifests
from polc.cli.usage import UsageError
from polc.codes.proof import NOTHING_LOOKED_AT
from polc.diagnostics import Diagnostic, Severity, has_errors, in_order
from polc.gaps import gap_finding
from polc.ir.nodes import Program
from polc.render import FOR_PEOPLE
from polc.report.summary import counted
from polc.semantics.gaps import Gap
from polc.semantics.objects.model import Manifests
from polc.semantics.workloads.templates import templates
from polc.verify.decide import LAYERS, verify


def run(chosen: Any) -> int:
    """Carry out the command."""
    if [*chosen.paths, *(chosen.policy or ())].count("-") > 1:
        raise UsageError("standard input can be read only once: name one `-`")
    files = Files()
    if not chosen.policy:
        return _survey(chosen, *read_manifests(chosen.paths, files, chosen.namespace))
    program, found = _program(chosen, files)
    if program is None:
        show_as_result(chosen, found)
        return FINDINGS
    manifests, gaps = read_manifests(chosen.paths, files, chosen.namespace)
    targets = chosen_targets(chosen.target)
    layers = _layers(manifests, program, targets)
    verdict = verify(manifests, program, layers, parts_of(program, targets))
    diagnostics = in_order((*map(gap_finding, gaps), *verdict.diagnostics))
    if not looked_at(verdict) and not has_errors(diagnostics):
        diagnostics = (*diagnostics, _nothing(program, targets))
    show_as_result(chosen, diagnostics)
    if not has_errors(diagnostics) and not chosen.quiet:
        to_stderr(f"{proved(verdict)}\n")
    return exit_code(chosen, diagnostics)


def _program(chosen: Any, files: Files) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """Compile the policy; its errors are the result, its warnings are `check`'s to tell."""
    options = {**vars(chosen), "files": chosen.policy, "target": None}
    compilation = compile_chosen(Namespace(**options), files)
    errors = tuple(each for each in compilation.diagnostics if each.severity is Severity.ERROR)
    return (None if errors else compilation.program), errors


def _layers(
    manifests: Manifests, program: Program, targets: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Return what to judge. Pods can be judged only where there are any, or their component."""
    layers = layers_of(program, targets) or tuple(LAYERS)
    if manifests.parts or next(templates(manifests), None) is not None:
        return layers
    return tuple(layer for layer in layers if layer != "pods")


def _nothing(program: Program, targets: tuple[str, ...] | None) -> Diagnostic:
    """Say that there was nothing to look at, which proves nothing."""
    names = " and ".join(f"`{each}`" for each in targets or ())
    plural = "targets" if len(targets or ()) > 1 else "target"
    what = f" that the {plural} {names} emit{'' if plural == 'targets' else 's'}" if names else ""
    return Diagnostic(
        NOTHING_LOOKED_AT,
        f"nothing was looked at, so nothing is proved: the program declares nothing{what}",
        next((each.span for each in program.namespaces), program.cluster.span),
        help="choose the targets that wrote the output, or leave `--target` out"
        if names
        else "declare a service",
    )


def _survey(chosen: Any, manifests: Manifests, unread: tuple[Gap, ...]) -> int:
    """Report what is wrong with manifests by themselves, and what they permit."""
    from polc.semantics.cluster import Cluster
    from polc.survey.survey import survey

    cluster = Cluster(manifests, unread)
    diagnostics = in_order((*map(gap_finding, unread), *survey(manifests)))
    if chosen.format == "json":
        from polc.render.json import as_data
        from polc.survey.json import render

        document(render(cluster, as_data(diagnostics)))
        return exit_code(chosen, diagnostics)
    show_as_result(chosen, diagnostics)
    if not chosen.quiet and chosen.format in FOR_PEOPLE:
        from polc.survey.reachability import survey_text

        to_stdout(survey_text(cluster))
    if not diagnostics and not chosen.quiet:
        to_stderr(f"no findings: {counted(len(manifests.objects), 'object')}\n")
    return exit_code(chosen, diagnostics)
