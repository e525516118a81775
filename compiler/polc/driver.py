"""The pipeline: from the names of files to artifacts. Pure; doors read and write for it."""

from datetime import date

from attrs import frozen

from polc.backend import Artifact, Backend, Feature
from polc.check.echoes import without_echoes
from polc.check.enforceable import check_enforceable
from polc.check.identities import check_accounts, check_selectors
from polc.check.idle import check_idle
from polc.check.imports import check_imports
from polc.check.knative import check_knative_callers
from polc.check.names import check_lengths, check_objects
from polc.check.unused import check_unused
from polc.check.void_flows import void_flows
from polc.check.void_grants import void_grants
from polc.check.void_hardening import void_hardening
from polc.diagnostics import Diagnostic, has_errors, in_order
from polc.ir.nodes import Program
from polc.load import Reader, Reading, Unit, load
from polc.lower.focus import Focus
from polc.lower.program import lower
from polc.lower.qualifiers import Context
from polc.passes import PASSES
from polc.resolve.services import ServiceModel, apply_environment
from polc.resolve.symbols import Symbol, Table, collect
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


@frozen
class Resolved:
    """What the names of a program mean, and how its services are tuned for one environment."""

    table: Table
    models: tuple[ServiceModel, ...]
    context: Context
    diagnostics: tuple[Diagnostic, ...]


def compile_program(
    entries: tuple[str, ...],
    read: Reader,
    backends: tuple[Backend, ...],
    options: Options,
) -> Compilation:
    """Compile the files `entries` and all that they import.

    `read` returns a file's bytes or raises OSError; `-` asks it for standard input.
    """
    units, found = load(entries, Reading(read))
    return compile_units(units, found, resolve(units, options), backends, options)


def resolve(units: tuple[Unit, ...], options: Options) -> Resolved:
    """Look up the names of a program and apply its environment."""
    return tune(*collect(units), options)


def tune(table: Table, found: tuple[Diagnostic, ...], options: Options) -> Resolved:
    """Apply the environment to a program whose names are in a table; `found` came of that."""
    models, more = apply_environment(table, options.environment)
    environments = tuple(symbol.name for symbol in table.of_kind("environment"))
    context = Context(options.environment, environments, options.today)
    return Resolved(table, models, context, (*found, *more))


def compile_units(
    units: tuple[Unit, ...],
    read_errors: tuple[Diagnostic, ...],
    resolved: Resolved,
    backends: tuple[Backend, ...],
    options: Options,
) -> Compilation:
    """Compile files that are loaded; `read_errors` is what was wrong with their texts."""
    sources = tuple(unit.file.source for unit in units)
    diagnostics = [*read_errors, *resolved.diagnostics]
    program, facts_hold, used = _front(resolved, diagnostics)
    artifacts: list[Artifact] = []
    if program is not None:
        if not has_errors(diagnostics):
            diagnostics += check_imports(units, used)
        if facts_hold:
            diagnostics += check_enforceable(
                program, _features(program, backends), options.targets is None
            )
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


def examine(
    resolved: Resolved, focus: Focus, backends: tuple[Backend, ...], options: Options
) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the few declarations of `focus`, at a cost that they set.

    What concerns the program as a whole (accounts, selectors, what nobody uses) is not looked at,
    and of other declarations only what they have to do with these.
    """
    program, lowering = lower(resolved.table, resolved.models, resolved.context, focus)
    if program is None or not lowering.facts_hold:
        return tuple(lowering.found)
    features = _features(program, backends)
    return (*lowering.found, *check_enforceable(program, features, options.targets is None))


def _features(program: Program, backends: tuple[Backend, ...]) -> frozenset[Feature]:
    none: frozenset[Feature] = frozenset()
    return none.union(*(each.features(program.cluster) for each in backends))


def _front(resolved: Resolved, found: list[Diagnostic]) -> tuple[Program | None, bool, set[Symbol]]:
    """Lower and check; a program is returned wherever one can be made at all.

    The second value tells whether what the program says of its cluster is free of mistakes, and
    the third is what something refers to.
    """
    table, models = resolved.table, resolved.models
    program, lowering = lower(table, models, resolved.context)
    found += lowering.found
    if program is None:
        return None, False, lowering.used
    by_key = {model.key: model for model in models}
    found += check_accounts(program, by_key, table, lowering.used)
    found += check_selectors(program, by_key)
    found += check_objects(program, by_key)
    found += check_lengths(program)
    found += check_knative_callers(program)
    if not has_errors(found):  # what seems unused may be used by a line that is in error
        found += check_unused(program, table, lowering.used, lowering.declared.used_ports)
        found += void_flows(lowering.declared)
        found += void_grants(program, by_key)
        found += void_hardening(models, table, resolved.context)
        found += check_idle(program, models)
    return program, lowering.facts_hold, lowering.used
