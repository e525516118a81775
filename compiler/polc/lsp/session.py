"""What the server knows: documents, the programs that they belong to, and what the user chose."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

from attrs import define, field, frozen

from polc.driver import Compilation, Options
from polc.lsp.abilities import Abilities
from polc.lsp.analysis import Program, Snapshot
from polc.lsp.documents import Change, Document, Documents, path_of
from polc.lsp.head import Head
from polc.lsp.projects import Entries, Projects
from polc.lsp.text import Encoding, Text
from polc.lsp.trees import Tree
from polc.resolve.symbols import Table
from polc_backends.registry import load as load_backends


def _today() -> date:
    return datetime.now(UTC).date()


@frozen
class Settings:
    """What the client's configuration says (section `polc`); None where it says nothing."""

    environment: str | None = None
    inlay_hints: bool = True
    code_lens: bool = True
    widening: bool = True


@define(eq=False)
class Session:
    """All that is open, and all that was worked out about it."""

    encoding: Encoding = "utf-16"
    settings: Settings = field(factory=Settings)
    abilities: Abilities = field(factory=Abilities)
    documents: Documents = field(factory=Documents)
    projects: Projects = field(init=False)
    head: Head = field(factory=Head)
    today: Callable[[], date] = _today
    _programs: dict[Entries, Program] = field(factory=dict, init=False)

    @projects.default
    def _empty(self) -> Projects:
        return Projects(self.documents)

    def open(self, uri: str, version: int, text: str) -> Document:
        """Take over a document from the editor."""
        path = path_of(uri)
        document = Document(uri, path, version, Text.of(text))
        self.documents.take(document)
        return document

    def change(self, uri: str, version: int, changes: list[Change]) -> None:
        """Carry out an edit."""
        document = self.document(uri)
        if document is not None:
            document.change(changes, version, self.encoding)

    def close(self, uri: str) -> None:
        """Forget a document; from now on its file counts."""
        self.documents.release(path_of(uri))
        opened = set(self.documents.open)
        for entries, program in tuple(self._programs.items()):
            if opened.isdisjoint(program.snapshot().trees):
                del self._programs[entries]

    def document(self, uri: str) -> Document | None:
        """Return an open document."""
        return self.documents.open.get(path_of(uri))

    def programs(self, path: str) -> tuple[Program, ...]:
        """Return the programs that a file belongs to."""
        return tuple(self._program(each, path) for each in self.projects.programs(path))

    def all_programs(self) -> Iterable[Program]:
        """Return the programs of all open documents."""
        found = {
            id(program): program
            for path in tuple(self.documents.open)
            for program in self.programs(path)
        }
        return found.values()

    def view(self, uri: str) -> "View | None":
        """Return a document as a feature sees it, as part of the first of its programs."""
        document = self.document(uri)
        if document is None:
            return None
        for program in self.programs(document.path):
            snapshot = program.snapshot()
            if document.path in snapshot.trees:
                return View(self, program, snapshot, document)
        return None

    def reset(self) -> None:
        """Start over with settings, files and environment; texts and their trees stay."""
        self.projects.refresh()
        self._programs.clear()

    def _program(self, entries: Entries, path: str) -> Program:
        config = self.projects.config(path)
        options = Options(self.today(), self.settings.environment or config.env, config.targets)
        program = self._programs.get(entries)
        if program is None or program.options != options:
            backends = load_backends(config.targets)
            program = Program(entries, self.documents, backends, options)
            self._programs[entries] = program
        return program


@frozen(eq=False)
class View:
    """A document in one version, with the program around it: what a feature gets to see."""

    session: Session
    program: Program
    snapshot: Snapshot
    document: Document

    @property
    def text(self) -> Text:
        """The text of the document."""
        return self.document.text

    @property
    def tree(self) -> Tree:
        """The syntax tree of the document."""
        return self.snapshot.trees[self.document.path]

    @property
    def table(self) -> Table:
        """Every declaration of the program by name, as of now."""
        return self.snapshot.table

    @property
    def compiled(self) -> Compilation | None:
        """The last whole compilation, perhaps of an earlier version; None before the first."""
        settled = self.program.settled
        return settled.compilation if settled else None

    @property
    def is_settled(self) -> bool:
        """Whether `compiled` is of the present text."""
        settled = self.program.settled
        return settled is not None and settled.snapshot is self.snapshot
