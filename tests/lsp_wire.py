"""A real server over its wire, driven as three editors drive it."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient

from polc.lsp.documents import uri_of
from polc.lsp.text import Text

PROFILES = Path(__file__).parent / "lsp" / "profiles"
PROJECT = Path(__file__).parent / "lsp" / "project"
EDITORS = sorted(path.stem for path in PROFILES.glob("*.json"))
_SECONDS = 60
"""How long a slow machine may take to answer."""


def capabilities(editor: str) -> types.ClientCapabilities:
    """What an editor says that it can do."""
    text = (PROFILES / f"{editor}.json").read_text(encoding="utf-8")
    return default_converter().structure(json.loads(text), types.ClientCapabilities)


class Wire:
    """A server with one editor at the other end; documents are named by file."""

    def __init__(self, client: LanguageClient, editor: str, folder: Path) -> None:
        self.client = client
        self.editor = editor
        self.folder = folder
        self.can: Any = None
        self.texts: dict[str, Text] = {}
        self.versions: dict[str, int] = {}
        self.published: list[types.PublishDiagnosticsParams] = []
        self.registered: list[types.Registration] = []
        self.edits: list[types.WorkspaceEdit] = []
        self.refreshed: set[str] = set()

    @property
    def encoding(self) -> Any:
        """In which units the server counts, as it said when it started."""
        return str(getattr(self.can.position_encoding, "value", self.can.position_encoding))

    def uri(self, name: str) -> str:
        return uri_of(str(self.folder / name))

    def identifier(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(uri=self.uri(name))

    def open(self, name: str, text: str | None = None) -> None:
        """Open a file with the text that it has on the disk, or another."""
        found = (self.folder / name).read_bytes().decode() if text is None else text
        self.texts[name] = Text.of(found)
        self.versions[name] = 1
        item = types.TextDocumentItem(self.uri(name), "polc", 1, found)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def close(self, name: str) -> None:
        del self.texts[name], self.versions[name]
        identifier = self.identifier(name)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    def at(self, name: str, mark: str, behind: str = "") -> types.Position:
        """The position of the first `mark`, or where `behind` ends within it."""
        text = self.texts[name]
        offset = text.value.index(mark) + (mark.index(behind) + len(behind) if behind else 0)
        return types.Position(*text.position(offset, self.encoding))

    def replace(self, name: str, old: str, new: str) -> int:
        """Edit a document as an editor sends it, and return its new version."""
        text = self.texts[name]
        start = text.value.index(old)
        span = types.Range(
            types.Position(*text.position(start, self.encoding)),
            types.Position(*text.position(start + len(old), self.encoding)),
        )
        self.texts[name] = text.replaced(start, start + len(old), new)
        self.versions[name] += 1
        identifier = types.VersionedTextDocumentIdentifier(
            uri=self.uri(name), version=self.versions[name]
        )
        change = types.TextDocumentContentChangePartial(range=span, text=new)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(identifier, [change])
        )
        return self.versions[name]

    async def ask(self, method: str, **fields: Any) -> Any:
        """Send a request and return the answer."""
        kind: Any = types.METHOD_TO_TYPES[method][2]
        answer = self.client.protocol.send_request_async(method, kind(**fields))
        return await asyncio.wait_for(answer, _SECONDS)

    async def command(self, name: str, *arguments: Any) -> Any:
        return await self.ask(
            types.WORKSPACE_EXECUTE_COMMAND, command=name, arguments=list(arguments)
        )

    async def until(self, holds: Any) -> Any:
        """Take what the server sends until something holds, and return it."""

        async def wait() -> Any:
            while not (found := holds()):
                await self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
            return found

        return await asyncio.wait_for(wait(), _SECONDS)

    async def codes(self, name: str, *expected: str) -> list[types.Diagnostic]:
        """Wait until a file's diagnostics have these codes, and return them."""

        def holds() -> Any:
            last = self.client.diagnostics.get(self.uri(name))
            return last is not None and sorted(str(d.code) for d in last) == sorted(expected)

        try:
            await self.until(holds)
        except TimeoutError:
            found = self.client.diagnostics.get(self.uri(name))
            raise AssertionError(f"{name}: wanted {expected}, there is {found}") from None
        return list(self.client.diagnostics[self.uri(name)])


async def start(editor: str, folder: Path) -> Wire:
    """Start a server, and introduce an editor that has a folder open."""
    client = await ClientServerConfig([sys.executable, "-m", "polc", "lsp"]).start()
    assert isinstance(client, LanguageClient)
    wire = Wire(client, editor, folder)

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        wire.registered += params.registrations

    @client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        wire.edits.append(params.edit)
        return types.ApplyWorkspaceEditResult(applied=True)

    for method in (types.WORKSPACE_CODE_LENS_REFRESH, types.WORKSPACE_INLAY_HINT_REFRESH):
        client.feature(method)(lambda params, method=method: wire.refreshed.add(method))

    result = await client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities(editor),
            workspace_folders=[types.WorkspaceFolder(uri_of(str(folder)), "project")],
        )
    )
    wire.can = result.capabilities
    return wire
