"""`polc build`: compile, lay out, write, and say what was done."""

import os
from collections.abc import Callable
from typing import Any

from polc.cli.console import Files, complain, document, to_stderr, write_text
from polc.cli.options import chosen_targets, compile_chosen, exit_code, show
from polc.cli.proof import as_report, layers_of, prove, proved
from polc.cli.usage import UsageError
from polc.diagnostics import Diagnostic, has_errors, in_order
from polc.driver import Compilation
from polc.output.layout import Layout, arrange
from polc.output.write import Written
from polc.render import FOR_PEOPLE
from polc.verify.verdict import Verdict

_STDOUT = "-"
_NOT_PROVED = (
    "the output does not permit exactly what the program declares, so nothing is written\n"
    "this is a bug in polc, or in a target that was added to it; please report it with the program"
    " that shows it (`--no-verify` writes the output all the same)"
)


def run(chosen: Any, files: Files | None = None) -> int:
    """Carry out the command."""
    _check_options(chosen)
    compilation = compile_chosen(chosen, files or Files())
    layout, diagnostics = _lay_out(compilation)
    verdict = _prove(chosen, compilation, layout)
    unproved = verdict is not None and has_errors(verdict.diagnostics)
    judged = layout
    if verdict is not None:
        diagnostics = in_order((*diagnostics, *verdict.diagnostics))
    written: Written | None = None
    if unproved:
        layout = None
    elif layout is not None and chosen.out == _STDOUT:
        from polc.output.stream import stream

        document(stream(layout))
    elif layout is not None:
        written, found = _to_folder(chosen, layout)
        diagnostics = (*diagnostics, *found)
    show(chosen, diagnostics, documents_to_stdout=chosen.out != _STDOUT)
    if unproved and judged is not None:
        _tell(chosen, compilation, judged, verdict, None)
        complain(_NOT_PROVED)
    if layout is not None and not has_errors(diagnostics):
        _tell(chosen, compilation, layout, verdict, written)
        if verdict is not None and not chosen.quiet:
            to_stderr(f"{proved(verdict)}\n")
    return exit_code(chosen, diagnostics)


def _prove(chosen: Any, compilation: Compilation, layout: Layout | None) -> Verdict | None:
    """Decide on what would be written, unless the user does not want to know."""
    if layout is None or compilation.program is None or chosen.no_verify:
        return None
    targets = chosen_targets(chosen.target)
    return prove(compilation.program, compilation.artifacts, layout, targets)


def _check_options(chosen: Any) -> None:
    if not chosen.out:
        raise UsageError("`-o` wants the name of a folder, or `-` for standard output")
    if chosen.report_file and not chosen.report:
        raise UsageError("`--report-file` wants `--report json` or `--report md`")
    to_stdout = chosen.report and not chosen.report_file
    if to_stdout and chosen.out == _STDOUT:
        raise UsageError("`-o -` fills standard output; say where with `--report-file FILE`")
    if to_stdout and chosen.format not in FOR_PEOPLE:
        raise UsageError(
            f"`--format {chosen.format}` fills standard output; say where with `--report-file FILE`"
        )
    if chosen.check and chosen.out == _STDOUT:
        raise UsageError("`--check` compares with a folder: name one after `-o`")


def _lay_out(compilation: Compilation) -> tuple[Layout | None, tuple[Diagnostic, ...]]:
    """Lay out the files; an error of any phase leaves nothing to write."""
    if compilation.program is None or has_errors(compilation.diagnostics):
        return None, compilation.diagnostics
    layout, found = arrange(compilation.artifacts)
    diagnostics = in_order((*compilation.diagnostics, *found))
    return (None if has_errors(found) else layout), diagnostics


def _to_folder(chosen: Any, layout: Layout) -> tuple[Written | None, tuple[Diagnostic, ...]]:
    from polc.output import sourcemap
    from polc.output.write import check_folder, write_folder

    relative = _relative_to(tuple(chosen.files))
    files = {**layout.files, sourcemap.FILE: sourcemap.render_map(layout, relative)}
    if chosen.check:
        return None, check_folder(chosen.out, files)
    return write_folder(chosen.out, files)


def _relative_to(entries: tuple[str, ...]) -> Callable[[str], str]:
    """Return what names a source in the map: by the folder of the programs, on any machine."""
    folders = [os.path.dirname(os.path.abspath(each)) for each in entries if each != "-"]
    root = os.path.commonpath(folders) if folders else os.getcwd()

    def relative(name: str) -> str:
        if name.startswith("<") or not name.endswith(".svc"):
            return name  # standard input, or a module of the library
        return os.path.relpath(os.path.abspath(name), root).replace(os.sep, "/")

    return relative


def _tell(
    chosen: Any,
    compilation: Compilation,
    layout: Layout,
    verdict: Verdict | None,
    written: Written | None,
) -> None:
    """Write the report and the summary; of what is not proved, the report alone."""
    program = compilation.program
    if program is None or (chosen.quiet and not chosen.report):
        return
    from polc.ir.privileged import privileged_reason
    from polc.report.summary import summarize

    proof = None
    if verdict is not None:
        proof = as_report(verdict, layers_of(program, chosen_targets(chosen.target)))
    summary = summarize(program, compilation.artifacts, layout.objects, privileged_reason, proof)
    if chosen.report:
        if chosen.report == "json":
            from polc.report.json import render_json as render
        else:
            from polc.report.markdown import render_markdown as render
        if chosen.report_file:
            write_text(chosen.report_file, render(summary))
        else:
            document(render(summary))
    if not chosen.quiet and (proof is None or proof.status == "proved"):
        from polc.plain import harmless
        from polc.report.text import render_text

        rows = render_text(summary, None if written is None else str(written)).splitlines()
        to_stderr("".join(f"{harmless(row)}\n" for row in rows))
