"""`polc graph`: who may reach whom, as a picture, a page, or data."""

from argparse import Namespace
from importlib import import_module
from pathlib import PurePath
from typing import Any

from polc.cli import CLEAN, FINDINGS
from polc.cli.console import Files, document, to_stderr, write_text
from polc.cli.options import compile_chosen, show
from polc.cli.revisions import side
from polc.cli.sides import compile_side
from polc.cli.usage import UsageError
from polc.diagnostics import Severity, has_errors
from polc.graph.build import build_graph
from polc.graph.layered import LayoutMissing
from polc.ir.nodes import Program

_ENDINGS = {
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".json": "json",
}


def run(chosen: Any) -> int:
    """Carry out the command."""
    if chosen.against == "-" and "-" in chosen.files:
        raise UsageError("only one of the two programs can be standard input")
    program = _compile(chosen)
    old = compile_side(chosen, side(chosen.against, chosen)) if chosen.against else None
    if program is None or (chosen.against and old is None):
        return FINDINGS
    graph = build_graph(program, old.program if old else None)
    name = chosen.format or _by_ending(chosen.out)
    try:
        text: str = import_module(f"polc.graph.{name}").render(graph)
    except LayoutMissing:
        raise UsageError(
            f"`--format {name}` needs the layout library: `pip install igraph`;"
            " dot, mermaid and json do without"
        ) from None
    if chosen.out and chosen.out != "-":
        write_text(chosen.out, text)
        to_stderr(f"wrote {chosen.out}: {len(graph.nodes)} nodes, {len(graph.edges)} edges\n")
    else:
        document(text)
    return CLEAN


def _by_ending(name: str | None) -> str:
    ending = PurePath(name or "").suffix
    if not ending:
        return "svg"
    if ending not in _ENDINGS:
        known = ", ".join(f"`{each}`" for each in _ENDINGS)
        raise UsageError(f"`{name}` ends like no format of a graph: use {known}, or `--format`")
    return _ENDINGS[ending]


def _compile(chosen: Any) -> Program | None:
    options = Namespace(**{**vars(chosen), "target": None, "format": "full"})
    compilation = compile_chosen(options, Files())
    if compilation.program is None or has_errors(compilation.diagnostics):
        errors = [each for each in compilation.diagnostics if each.severity is Severity.ERROR]
        show(options, errors, documents_to_stdout=False)
        return None
    return compilation.program
