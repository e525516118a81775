"""`polc harden`: an existing Dockerfile, brought up to what a program says of a service."""

from argparse import Namespace
from typing import Any

from polc.cli import CLEAN, FINDINGS
from polc.cli.console import Files, document, read_text, to_stderr, to_stdout, write_text
from polc.cli.options import compile_chosen, exit_code, show
from polc.cli.usage import UsageError
from polc.diagnostics import has_errors
from polc.driver import Compilation
from polc.ir.nodes import Workload
from polc.plain import harmless

_FEW = 8
"""So many services are listed to who names none of them."""


def run(chosen: Any) -> int:
    """Carry out the command."""
    if chosen.dockerfile == "-" and "-" in chosen.policy:
        raise UsageError("only one of the Dockerfile and the policy can be standard input")
    files = Files()
    compilation = compile_chosen(
        Namespace(**{**vars(chosen), "files": chosen.policy, "target": None}), files
    )
    if compilation.program is None or has_errors(compilation.diagnostics):
        show(chosen, compilation.diagnostics, documents_to_stdout=False)
        return exit_code(chosen, compilation.diagnostics)
    from polc_backends.dockerfile import harden

    workload = _find(compilation, chosen.service)
    before = read_text(files, chosen.dockerfile)
    after, diagnostics = harden(before, workload)
    for diagnostic in diagnostics:
        if diagnostic.span.source.text == before:
            diagnostic.span.source.name = (
                "<stdin>" if chosen.dockerfile == "-" else chosen.dockerfile
            )
    show(chosen, diagnostics, documents_to_stdout=False)
    if has_errors(diagnostics):
        return exit_code(chosen, diagnostics)
    return max(_deliver(chosen, before, after), exit_code(chosen, diagnostics))


def _find(compilation: Compilation, name: str) -> Workload:
    """Return the service that the user means: by its key, or by a name that is its alone."""
    assert compilation.program is not None
    workloads = compilation.program.workloads
    found = [each for each in workloads if name in (each.key, each.name)]
    if len(found) == 1:
        return found[0]
    if found:
        keys = " or ".join(f"`{each.key}`" for each in found)
        raise UsageError(f"there are several services `{name}`; name one: {keys}")
    from polc.suggest import nearest

    near = nearest(name, [text for each in workloads for text in (each.key, each.name)])
    known = ", ".join(f"`{each.key}`" for each in workloads[:_FEW])
    more = ", …" if workloads[_FEW:] else ""
    advice = f"did you mean `{near}`?" if near else f"the services are {known or 'none'}{more}"
    raise UsageError(f"there is no service `{name}`; {advice}")


def _deliver(chosen: Any, before: str, after: str) -> int:
    """Write, compare or print, as the user chose."""
    changed = FINDINGS if before != after and not chosen.exit_zero else CLEAN
    if chosen.diff:
        document(_diff(harmless(chosen.dockerfile), before, after), verbatim=True)
        return changed
    if chosen.check:
        if before != after:
            to_stderr(f"`{chosen.dockerfile}` is not up to policy; `--diff` shows the change\n")
        return changed
    if chosen.dockerfile == "-":
        document(after, verbatim=True)
    elif before != after:
        write_text(chosen.dockerfile, after, verbatim=True)
        to_stdout(f"hardened {chosen.dockerfile}\n")
    else:
        to_stdout(f"{chosen.dockerfile} is up to policy\n")
    return CLEAN


def _diff(name: str, before: str, after: str) -> str:
    from difflib import unified_diff

    lines = unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        name,
        f"{name} (hardened)",
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
