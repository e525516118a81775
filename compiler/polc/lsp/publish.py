"""When diagnostics are worked out and sent: at once after an edit, and whole once typing rests.

There is one task per program and per document at most; an edit cancels what it makes stale, and
nothing is sent for a version that is no longer there. A whole compilation runs in a thread, so
that requests are answered meanwhile.
"""

import asyncio
from threading import Event
from typing import Protocol
from weakref import WeakKeyDictionary

from attrs import define, field
from lsprotocol import types

from polc.diagnostics import Diagnostic, has_errors
from polc.ir.nodes import Program as IR
from polc.lsp.analysis import Program, Settled, Snapshot, settle
from polc.lsp.convert import capital, diagnostic, uri_of_source
from polc.lsp.documents import uri_of
from polc.lsp.head import widening
from polc.lsp.session import Session

SOON = 0.015
"""Seconds after an edit, for the next key of a quick typist to make the work unnecessary."""
RESTING = 0.2
"""Seconds without an edit after which everything is compiled, where that takes little time."""
PATIENCE = 3
"""So many times as long as it takes to compile everything, typing has to rest before it is done."""
LONGEST_REST = 1.0
MOST = 500
"""Findings sent of one file."""


class Client(Protocol):
    """What is sent to the editor."""

    def publish(self, params: types.PublishDiagnosticsParams) -> None:
        """Send the diagnostics of one file."""

    def settled(self) -> None:
        """Tell that lenses, hints and colours may have changed."""

    def fault(self, error: BaseException) -> None:
        """Tell of a bug in polc."""


@define(eq=False)
class Publisher:
    """Keeps the editor's diagnostics as they should be."""

    session: Session
    client: Client
    _tasks: dict[str, "asyncio.Task[None]"] = field(factory=dict, init=False)
    _sent: dict[str, list[types.Diagnostic]] = field(factory=dict, init=False)
    _compared: WeakKeyDictionary[Program, tuple[Settled, IR | None]] = field(
        factory=WeakKeyDictionary, init=False
    )
    """As of when each program was held against which last commit."""

    def edited(self, path: str, *, soon: float = SOON) -> None:
        """Start over with the diagnostics of a document and of its programs."""
        self._cancel(path)
        task = asyncio.ensure_future(self._follow(path, soon))
        task.add_done_callback(self._done)
        self._tasks[path] = task

    def closed(self, path: str) -> None:
        """Stop following a document; the programs that it is part of have its file from now on."""
        self._cancel(path)
        self._publish()
        for program in self.session.all_programs():
            trees = program.snapshot().trees
            if path in trees:
                self.edited(next(each for each in trees if each in self.session.documents.open))

    def everything(self) -> None:
        """Start over with every open document."""
        for path in tuple(self.session.documents.open):
            self.edited(path, soon=0)

    async def _follow(self, path: str, soon: float) -> None:
        await asyncio.sleep(soon)
        self._publish(edited=path)
        programs = self.session.programs(path)
        costs = [each.settled.cost for each in programs if each.settled is not None]
        rest = min(max(RESTING, PATIENCE * sum(costs)), LONGEST_REST)
        await asyncio.sleep(rest if soon else 0)
        for program in programs:
            await self._settle(program)
        self._publish()
        self.client.settled()

    async def _settle(self, program: Program) -> None:
        snapshot = program.snapshot()
        settled = program.settled
        if settled is None or settled.snapshot is not snapshot:
            settled = await self._compiled(program, snapshot)
            if settled is None:
                return
            program.settled = settled
        await self._compare(program, settled)

    async def _compiled(self, program: Program, snapshot: Snapshot) -> Settled | None:
        """Compile the whole program in a thread; None where its texts have changed meanwhile."""
        stale = Event()

        def work() -> Settled:
            return settle(snapshot, program.backends, stale.is_set)

        try:
            result = await asyncio.get_running_loop().run_in_executor(None, work)
        except asyncio.CancelledError:
            stale.set()
            raise
        except Exception:
            if program.snapshot() is snapshot:
                raise
            return None  # an edit moved the texts under it, and its own task follows
        return result if program.snapshot() is snapshot else None

    async def _compare(self, program: Program, settled: Settled) -> None:
        """Find out what has been permitted since the last commit; git and all that in a thread.

        A program that was compiled for something else may not have been compared yet, and there
        may have been another commit since.
        """
        new = settled.compilation.program
        if not self.session.settings.widening or has_errors(settled.compilation.diagnostics):
            new = None

        before = self._compared.get(program)

        def work() -> tuple[IR | None, tuple[Diagnostic, ...]]:
            options = settled.snapshot.options
            old = None if new is None else self.session.head.program(program.entries, options)
            if before is not None and before[0] is settled and before[1] is old:
                return old, program.widening
            return old, () if old is None or new is None else widening(old, new)

        old, found = await asyncio.get_running_loop().run_in_executor(None, work)
        if program.settled is settled:
            program.widening = found
            self._compared[program] = settled, old

    def _publish(self, edited: str | None = None) -> None:
        """Send what differs from what was sent; for `edited` in any case, with its version."""
        found = self._found()
        for uri in self._sent:
            found.setdefault(uri, [])
        for uri, diagnostics in found.items():
            document = self.session.document(uri)
            is_edited = document is not None and document.path == edited
            if is_edited or self._sent.get(uri, []) != diagnostics:
                version = document.version if document else None
                self.client.publish(types.PublishDiagnosticsParams(uri, diagnostics, version))
        self._sent = {uri: each for uri, each in found.items() if each}

    def _found(self) -> dict[str, list[types.Diagnostic]]:
        """Return all findings by file; an open document is there even without any."""
        session = self.session
        found: dict[str, list[types.Diagnostic]] = {
            document.uri: [] for document in session.documents.open.values()
        }
        seen: set[object] = set()
        for program in session.all_programs():
            for each in program.findings():
                source, key = each.span.source, each.sort_key()
                if source.name.startswith("std.") or key in seen:
                    continue
                seen.add(key)
                here = found.setdefault(uri_of_source(session, source), [])
                if len(here) < MOST:
                    here.append(diagnostic(session, each))
        for path, error in session.projects.faults.items():
            line = (error.line or 1) - 1
            start, end = types.Position(line, 0), types.Position(line + 1, 0)
            message = capital(error.message) + (f"\nhelp: {error.help}" if error.help else "")
            found[uri_of(path)] = [
                types.Diagnostic(
                    types.Range(start, end),
                    message,
                    severity=types.DiagnosticSeverity.Error,
                    source="polc",
                )
            ]
        return found

    def _cancel(self, path: str) -> None:
        stale = self._tasks.pop(path, None)
        if stale is not None:
            stale.cancel()

    def _done(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.client.fault(error)
