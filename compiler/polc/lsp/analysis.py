"""Diagnostics of a program under edit: at once of what was edited, then of everything.

After each edit `Program.at_once` looks at the declarations that changed since the last whole
compilation and at whoever has to do with them; what was found elsewhere still holds, and stands
where its declaration now is. `settle` compiles everything as the command line does, and its
findings replace all others.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from time import thread_time

from attrs import define, evolve, field, frozen

from polc.backend import Artifact, Backend, Feature
from polc.check.echoes import without_echoes
from polc.codes import flows, names, output
from polc.codes.clusters import AMBIGUOUS_CLUSTER
from polc.diagnostics import Diagnostic, Severity, in_order
from polc.driver import Compilation, Options, Resolved, compile_units, examine, tune
from polc.ir.nodes import Cluster
from polc.ir.nodes import Program as IR
from polc.load import Unit, load
from polc.lsp.documents import Documents, module_tree
from polc.lsp.made import Made, made_of
from polc.lsp.neighbours import neighbourhood
from polc.lsp.projects import Entries
from polc.lsp.trees import Piece, Tree
from polc.lsp.uses import Placed, placed
from polc.resolve.symbols import Symbol, Table, collect
from polc.source import Anchor, Span
from polc.syntax import Import

_MOST_CHANGED = 40
"""With more declarations than these to look at, a whole compilation is as good."""
_OF_THE_WHOLE = (
    flows.SHARED_ACCOUNT,
    flows.OVERLAPPING_SELECTORS,
    flows.KNATIVE_CALLER,
    flows.UNUSED_IMPORT,
    flows.UNUSED_PORT,
    flows.VOID_LINE,
    flows.WITHOUT_EFFECT,
    output.CONFLICTING_OBJECTS,
    names.NAME_TOO_LONG,
    names.UNUSED,
)
"""What only a whole compilation finds: it holds until the next one."""


@frozen(eq=False)
class Snapshot:
    """All files of a program in one version, with their names resolved."""

    units: tuple[Unit, ...]
    trees: dict[str, Tree]
    read_errors: tuple[Diagnostic, ...]
    options: Options
    notes: tuple[Diagnostic, ...] = ()
    """What is to be told of how the program is looked at."""

    @cached_property
    def _names(self) -> tuple[Table, tuple[Diagnostic, ...]]:
        return collect(self.units)

    @property
    def table(self) -> Table:
        """Every declaration by name; most that is asked for right after an edit needs no more."""
        return self._names[0]

    @cached_property
    def resolved(self) -> Resolved:
        """The names with what was wrong with them, and the services as the environment has them."""
        return tune(*self._names, self.options)

    def is_live(self, span: Span) -> bool:
        """Tell whether a place is in the present texts."""
        tree = self.trees.get(span.source.name)
        return tree is None or tree.holds(span.anchor)

    def places(self) -> Iterator[Placed]:
        """Return every declaration of the program and of the library with its scope."""
        for unit in self.units:
            if unit.module is None:
                yield from placed(self.trees[unit.file.source.name])
            elif (tree := module_tree(unit.module)) is not None:
                yield from placed(tree, unit.module)

    def pieces(self) -> Iterator[Piece]:
        """Return every block of every file of the user's."""
        for tree in self.trees.values():
            yield from tree.pieces


@frozen(eq=False)
class Settled:
    """A whole compilation; `deep` is what it found beyond faults of texts and names.

    `cost` is the seconds of CPU that it took, from which an editor can tell how often to do it.
    """

    snapshot: Snapshot
    compilation: Compilation
    pieces: frozenset[Piece]
    deep: tuple[Diagnostic, ...]
    cost: float = 0.0

    @cached_property
    def made(self) -> dict[Anchor, list[tuple[Span, Made]]]:
        """All that the program compiles to, by the declarations that it comes of."""
        return made_of(self.compilation)


@define(eq=False)
class Program:
    """One program of the session."""

    entries: Entries
    documents: Documents
    backends: tuple[Backend, ...]
    options: Options
    settled: Settled | None = field(default=None, init=False)
    widening: tuple[Diagnostic, ...] = field(default=(), init=False)
    """What the program permits that the last commit did not, as of `settled`."""
    _snapshot: Snapshot | None = field(default=None, init=False)
    _found: tuple[Diagnostic, ...] = field(default=(), init=False)

    def snapshot(self) -> Snapshot:
        """Return the program as its texts are now."""
        units, found = load(self.entries, self.documents)
        last = self._snapshot
        if last is not None and self._found == found and _same(last.units, units):
            return last
        self._found = found
        trees = {}
        for unit in units:
            if unit.module is None:
                name = unit.file.source.name
                trees[name] = self.documents.tree(name)
        made = Snapshot(units, trees, found, self.options)
        environment = _some_environment(made.table) if self.options.environment is None else None
        if environment is not None:
            note = _seen_as(made.table, environment)
            options = evolve(self.options, environment=environment.name)
            made = Snapshot(units, trees, found, options, (note,))
        self._snapshot = made
        return made

    def findings(self) -> tuple[Diagnostic, ...]:
        """Return all that there is to tell the user."""
        snapshot = self.snapshot()
        live = (each for each in self.widening if all(map(snapshot.is_live, _places(each))))
        return (*self.at_once(), *snapshot.notes, *live)

    def at_once(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong now, as far as the edited declarations tell."""
        snapshot, settled = self.snapshot(), self.settled
        found = [*snapshot.read_errors, *snapshot.resolved.diagnostics]
        if settled is not None:
            if settled.snapshot is snapshot:
                return settled.compilation.diagnostics
            changed = _changed(snapshot, settled)
            anchors = {piece.anchor for piece in changed}
            found += (
                each
                for each in settled.deep
                if all(map(snapshot.is_live, _places(each)))
                and (each.span.anchor not in anchors or each.code in _OF_THE_WHOLE)
            )
            if changed:
                focus = neighbourhood(snapshot.table, list(snapshot.places()), changed)
                news = examine(snapshot.resolved, focus, self.backends, snapshot.options)
                found += (
                    each for each in news if any(span.anchor in anchors for span in _places(each))
                )
        return in_order(without_echoes(snapshot.read_errors, found))


class Stale(Exception):
    """What was to be compiled has been edited meanwhile."""


@frozen
class _Interruptible:
    """A backend that gives up before it starts if nobody waits for it any more."""

    backend: Backend
    is_stale: Callable[[], bool]

    @property
    def name(self) -> str:
        return self.backend.name

    def features(self, cluster: Cluster) -> frozenset[Feature]:
        if self.is_stale():
            raise Stale
        return self.backend.features(cluster)

    def emit(self, program: IR) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        if self.is_stale():
            raise Stale
        return self.backend.emit(program)


def settle(
    snapshot: Snapshot,
    backends: tuple[Backend, ...],
    is_stale: Callable[[], bool] = lambda: False,
) -> Settled:
    """Compile everything, as the command line does. Fit for a thread of its own.

    Raises:
        Stale: `is_stale` came true on the way.

    """
    start = thread_time()
    pieces = frozenset(snapshot.pieces())
    watched = tuple(_Interruptible(each, is_stale) for each in backends)
    compilation = compile_units(
        snapshot.units, snapshot.read_errors, snapshot.resolved, watched, snapshot.options
    )
    shallow = set(map(id, (*snapshot.read_errors, *snapshot.resolved.diagnostics)))
    deep = tuple(each for each in compilation.diagnostics if id(each) not in shallow)
    return Settled(snapshot, compilation, pieces, deep, thread_time() - start)


def _some_environment(table: Table) -> Symbol | None:
    """Return the first environment of a program that is nothing without one."""
    if len([each for each in table.of_kind("cluster") if not each.library]) < 2:
        return None
    found = table.of_kind("environment")
    return min(found, key=lambda each: each.span.key(), default=None)


def _seen_as(table: Table, environment: Symbol) -> Diagnostic:
    """Tell which environment the program is looked at in, where nobody has chosen one."""
    return Diagnostic(
        AMBIGUOUS_CLUSTER,
        f"the program has several clusters, and is seen here as in `{environment.name}`",
        environment.span,
        help="choose another by the setting `environment`, or by `env` in polc.toml",
        severity=Severity.NOTE,
    )


def _same(some: tuple[Unit, ...], others: tuple[Unit, ...]) -> bool:
    return len(some) == len(others) and all(
        one.file is other.file for one, other in zip(some, others, strict=True)
    )


def _places(diagnostic: Diagnostic) -> Iterator[Span]:
    yield diagnostic.span
    for label in diagnostic.labels:
        yield label.span


def _changed(snapshot: Snapshot, settled: Settled) -> list[Piece]:
    """Return the blocks to look at again: edited ones, and those that name what came or went.

    None of them, where that would be as much work as a whole compilation.
    """
    live = list(snapshot.pieces())
    new = [piece for piece in live if piece not in settled.pieces]
    gone = settled.pieces.difference(live)
    if len(new) + len(gone) > _MOST_CHANGED:
        return []
    came_or_went = _names(new) ^ _names(gone)
    if not came_or_went:
        return new
    others = [
        piece
        for piece in live
        if piece in settled.pieces and not came_or_went.isdisjoint(piece.words)
    ]
    return [*new, *others] if len(new) + len(others) <= _MOST_CHANGED else new


def _names(pieces: Iterable[Piece]) -> set[str]:
    """Return the names that blocks declare."""
    return {
        each.name.text
        for piece in pieces
        for each in piece.declarations
        if not isinstance(each, Import)
    }
