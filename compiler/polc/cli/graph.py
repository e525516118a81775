"""`polc graph`: who may reach whom, as a picture, a page, or data."""

from argparse import Namespace
from importlib import import_module
from pathlib import PurePath
from typing import Any

from polc.cli import CLEAN, FINDINGS
from polc.cli.console import Files, document, to_stderr, write_text
from polc.cli.options import compile_chosen, show
from polc.cli.revisions import Side
from polc.cli.sides import Kept, clusters_of, compile_side, is_objects, named
from polc.cli.usage import UsageError
from polc.diagnostics import Severity, has_errors
from polc.graph.build import build_graph
from polc.graph.layered import LayoutMissing
from polc.graph.model import Graph
from polc.ir.nodes import Program
from polc.plain import harmless

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
        raise UsageError("only one of the two sides can be standard input")
    graph = _graph(chosen)
    if graph is None:
        return FINDINGS
    name = chosen.format or _by_ending(chosen.out)
    try:
        text: str = import_module(f"polc.graph.{name}").render(graph)
    except LayoutMissing:
        raise UsageError(
            f"`--format {name}` needs the layout library: `pip install fast-sugiyama`;"
            " dot, mermaid and json do without"
        ) from None
    if chosen.out and chosen.out != "-":
        write_text(chosen.out, text)
        to_stderr(
            f"wrote {harmless(chosen.out)}: {len(graph.nodes)} nodes, {len(graph.edges)} edges\n"
        )
    else:
        document(text)
    return CLEAN


def _graph(chosen: Any) -> Graph | None:
    """Return the graph of two programs, or of objects where one side is manifests."""
    new = Side(tuple(chosen.files), Kept())
    old = named(chosen.against, chosen) if chosen.against else None
    if not is_objects(new) and (old is None or not is_objects(old)):
        program = _compile(chosen)
        before = compile_side(chosen, old) if old is not None else None
        if program is None or (old is not None and before is None):
            return None
        return build_graph(program, before.program if before is not None else None)
    from polc.graph import manifests

    clusters = clusters_of(chosen, new, *([old] if old is not None else ()))
    return None if clusters is None else manifests.build_graph(*clusters)


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
