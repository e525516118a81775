"""An editor's session from texts, for tests of the language server's features: no wire.

    found = editor("service a { allow from |b }").ask(types.TEXT_DOCUMENT_DEFINITION)

A `|` marks the cursor, and goes. Files are given by name; those that are not open lie on the disk.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

from attrs import define, fields
from lsprotocol import types

from polc.lsp.analysis import settle
from polc.lsp.documents import path_of, uri_of
from polc.lsp.features import COMMANDS, FEATURES
from polc.lsp.session import Session, Settings, View
from polc.lsp.text import Encoding, Text
from support import TODAY

ROOT = "/project"
"""Where files are that are on no disk."""
CURSOR = "|"

LINKED = """\
cluster test { mesh none  cni kubernetes }

namespace shop

service frontend {
  select { app: "frontend" }
  allow to api on web
}

service api {
  select { app: "api" }
  port web 80 -> 8080 http
  allow from frontend on web
}
"""
"""A program without a mistake."""


@define
class Editor:
    """A session with what a test asks of it; `name` is the file with the first cursor."""

    session: Session
    root: str
    name: str
    cursors: dict[str, list[int]]

    def path(self, name: str | None = None) -> str:
        return f"{self.root}/{name or self.name}"

    def uri(self, name: str | None = None) -> str:
        return uri_of(self.path(name))

    def view(self, name: str | None = None) -> View:
        """The document as a feature sees it, as of now."""
        view = self.session.view(self.uri(name))
        assert view is not None
        return view

    def text(self, name: str | None = None) -> str:
        return self.session.documents.open[self.path(name)].text.value

    @property
    def offset(self) -> int:
        return self.cursors[self.name][0]

    def position(self, offset: int | None = None, name: str | None = None) -> types.Position:
        """An offset (by default the cursor's) in the encoding of the session."""
        text = self.session.documents.open[self.path(name)].text
        at = self.offset if offset is None else offset
        return types.Position(*text.position(at, self.session.encoding))

    def ask(self, method: str, params: Any = None, **more: Any) -> Any:
        """Answer a request, by default one about the cursor, with further fields in `more`."""
        if params is None:
            kind: Any = types.METHOD_TO_TYPES[method][2]
            here = {
                "text_document": types.TextDocumentIdentifier(self.uri()),
                "position": self.position(),
            }
            known = {each.name for each in fields(kind)}
            given = {key: value for key, value in here.items() if key in known}
            params = kind(**(given | more))
        [feature] = [each for each in FEATURES if each.method == method]
        return feature.answer(self.session, params)

    def command(self, name: str, *arguments: Any) -> Any:
        """Carry out a command of the server."""
        [command] = [each for each in COMMANDS if each.name == name]
        return command.run(self.session, *arguments)

    def type(self, new: str, *, instead: int = 0) -> "Editor":
        """Type at the cursor, `instead` of so many code points behind it; the cursor moves."""
        document = self.session.documents.open[self.path()]
        start, end = (self.position(at) for at in (self.offset, self.offset + instead))
        span = ((start.line, start.character), (end.line, end.character))
        self.session.change(self.uri(), document.version + 1, [(span, new)])
        self.cursors[self.name][0] += len(new)
        return self

    def settle(self) -> "Editor":
        """Compile all programs, as the server does once typing rests."""
        for program in self.session.all_programs():
            program.settled = settle(program.snapshot(), program.backends)
        return self

    # --- answers, made readable ---------------------------------------------------------------

    def shown(self, at: types.Location | types.LocationLink | types.Range) -> str:
        """Return a place as `FILE:LINE:COLUMN the text there`, counted from 1, in code points."""
        match at:
            case types.Location():
                uri, span = at.uri, at.range
            case types.LocationLink():
                uri, span = at.target_uri, at.target_selection_range
            case _:
                uri, span = self.uri(), at
        path = path_of(uri)
        text = Text.of(self.session.documents.read(path).decode("utf-8"))
        start, end = (self._offset(text, each) for each in (span.start, span.end))
        line, column = text.position(start, "utf-32")
        name = path.removeprefix(f"{self.root}/")
        return f"{name}:{line + 1}:{column + 1} {text.value[start:end]}".rstrip()

    def listed(self, places: Iterable[Any] | None) -> list[str]:
        """Return places as `shown` does, in order."""
        return [self.shown(each) for each in places or ()]

    def edited(self, edits: Iterable[Any], name: str | None = None) -> str:
        """Return a file's text after edits, which must not overlap."""
        text = Text.of(self.session.documents.read(self.path(name)).decode("utf-8"))
        spans = sorted(
            (self._offset(text, e.range.start), self._offset(text, e.range.end), e.new_text)
            for e in edits
        )
        parts, at = [], 0
        for start, end, new in spans:
            assert start >= at, f"edits overlap: {spans}"
            parts += [text.value[at:start], new]
            at = end
        return "".join(parts) + text.value[at:]

    def applied(self, edit: types.WorkspaceEdit) -> dict[str, str]:
        """Return the texts, by name, of the files that a workspace edit changes."""
        after = {}
        for change in edit.document_changes or ():
            assert isinstance(change, types.TextDocumentEdit)
            name = path_of(change.text_document.uri).removeprefix(f"{self.root}/")
            document = self.session.document(change.text_document.uri)
            assert change.text_document.version == (document.version if document else None)
            after[name] = self.edited(change.edits, name)
        return after

    def _offset(self, text: Text, at: types.Position) -> int:
        return text.offset((at.line, at.character), self.session.encoding)


def editor(
    files: str | Mapping[str, str],
    *,
    settled: bool = True,
    encoding: Encoding = "utf-16",
    folder: Path | None = None,
    closed: Iterable[str] = (),
    settings: Settings | None = None,
) -> Editor:
    """Return an editor with files, of which those without a name are called `policy.svc`.

    A text that starts with a line feed is dedented, without that line feed. With a `folder` the
    files are also written there; those in `closed`, and settings, are only there.
    """
    given = {"policy.svc": files} if isinstance(files, str) else files
    texts: dict[str, str] = {}
    cursors: dict[str, list[int]] = {}
    for name, text in given.items():
        parts = (dedent(text[1:]) if text.startswith("\n") else text).split(CURSOR)
        ends = [sum(map(len, parts[:n])) for n in range(1, len(parts))]
        texts[name], cursors[name] = "".join(parts), ends or [0]
    root = str(folder) if folder else ROOT
    session = Session(encoding, settings or Settings(), today=lambda: date.fromisoformat(TODAY))
    session.projects.folders.append(root)
    for name, text in texts.items():
        if folder is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode("utf-8"))
        if name.endswith(".svc") and name not in closed:
            session.open(uri_of(f"{root}/{name}"), 1, text)
    marked = next((name for name, text in given.items() if CURSOR in text), next(iter(given)))
    found = Editor(session, root, marked, cursors)
    return found.settle() if settled else found
