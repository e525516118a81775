"""The pipeline: from the names of files to artifacts. Pure; doors read and write for it."""

from datetime import date

from attrs import frozen

from polc.backend import Artifact, Backend, Feature
from polc.check.echoes import without_echoes
from polc.check.enforceable import check_enforceable
from polc.check.identities import check_accounts, check_selectors
from polc.check.knative import check_knative_callers
from polc.check.names import check_lengths
from polc.check.unused import check_unused
from polc.diagnostics import Diagnostic, has_errors, in_order
from polc.ir.nodes import Program
from polc.load import Reader, Unit, load
from polc.lower.program import lower
from polc.lower.qualifiers import Context
from polc.passes import PASSES
from polc.resolve.services import apply_environment
from polc.resolve.symbols import collect
from polc.source import Source


@frozen
class Options:
    """What the user chose. `targets` None means every target that applies to the cluster."""

    today: date
    environment: str | None = None
    targets: tuple[str, ...] | None = None


@frozen
class Compilation:
    """What came out. `program` is None, and `artifacts` empty, where an error prevents them."""

    program: Program | None
    artifacts: tuple[Artifact, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[Source, ...]


def compile_program(
    entries: tuple[str, ...],
    read: Reader,
    backends: tuple[Backend, ...],
    options: Options,
) -> Compilation:
    """Compile the files `entries` and all that they import.

    `read` returns a file's bytes or raises OSError; `-` asks it for standard input.
    """
    units, found = load(entries, read)
    sources = tuple(unit.file.source for unit in units)
    read_errors, diagnostics = found, [*found]
    program, facts_hold = _front(units, options, diagnostics)
    artifacts: list[Artifact] = []
    if program is not None:
        features: frozenset[Feature] = frozenset()
        features = features.union(*(each.features(program.cluster) for each in backends))
        if facts_hold:
            diagnostics += check_enforceable(program, features, options.targets is None)
        for run in PASSES:
            program, found = run(program)
            diagnostics += found if facts_hold else ()
        if not has_errors(diagnostics):
            for backend in backends:
                made, found = backend.emit(program)
                artifacts += made
                diagnostics += found
    ordered = in_order(without_echoes(read_errors, diagnostics))
    if has_errors(ordered):
        artifacts = []
    return Compilation(program, tuple(artifacts), ordered, sources)


def _front(
    units: tuple[Unit, ...], options: Options, found: list[Diagnostic]
) -> tuple[Program | None, bool]:
    """Resolve, lower and check; a program is returned wherever one can be made at all.

    The second value tells whether what the program says of its cluster is free of mistakes.
    """
    table, diagnostics = collect(units)
    found += diagnostics
    models, diagnostics = apply_environment(table, options.environment)
    found += diagnostics
    environments = tuple(symbol.name for symbol in table.of_kind("environment"))
    context = Context(options.environment, environments, options.today)
    program, lowering = lower(table, models, context)
    found += lowering.found
    if program is None:
        return None, False
    by_key = {model.key: model for model in models}
    found += check_accounts(program, by_key, table)
    found += check_selectors(program, by_key)
    found += check_lengths(program)
    found += check_knative_callers(program)
    if not has_errors(found):  # what seems unused may be used by a line that is in error
        found += check_unused(program, table, lowering.used, lowering.declared.used_ports)
    return program, lowering.facts_hold
