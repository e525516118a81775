"""The server itself: from messages on the wire to documents, features and answers."""

import gc
import logging
import os
import sys
from typing import Any

from attrs import frozen
from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.exceptions import JsonRpcException, JsonRpcInternalError
from pygls.lsp.server import LanguageServer
from pygls.protocol import json_rpc

from polc import __version__
from polc.lsp.abilities import Abilities
from polc.lsp.documents import Change, path_of, uri_of
from polc.lsp.feature import Command, CommandError, Feature, Refusal, Show
from polc.lsp.features import COMMANDS, FEATURES
from polc.lsp.protocol import Protocol
from polc.lsp.publish import Publisher
from polc.lsp.session import Session, Settings
from polc.lsp.text import Encoding

_log = logging.getLogger(__name__)
_ENCODINGS: dict[str, Encoding] = {
    types.PositionEncodingKind.Utf8: "utf-8",
    types.PositionEncodingKind.Utf16: "utf-16",
    types.PositionEncodingKind.Utf32: "utf-32",
}
_WATCHED = ("**/*.svc", "**/polc.toml", "**/pyproject.toml", "**/.git/logs/HEAD")
"""What findings depend on besides open documents; the last one grows with each commit."""


class Server(LanguageServer):
    """pygls' server with our session; features find it as `session`."""

    def __init__(self) -> None:
        super().__init__("polc", __version__, protocol_cls=Protocol)
        self.session = Session()
        self.publisher = Publisher(self.session, _Client(self))
        self._faults: set[str] = set()

    @property
    def was_shut_down(self) -> bool:
        """Whether the editor took leave before it ended the connection."""
        return bool(self.protocol._shutdown)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Write a bug in polc to the log; a pop-up for each key would help nobody."""
        if isinstance(error, JsonRpcInternalError) or not isinstance(error, JsonRpcException):
            self.tell(error)

    def tell(self, error: BaseException) -> None:
        """Log a bug, and show it the first time."""
        _log.error("internal error", exc_info=error)
        text = f"polc: internal error: {type(error).__name__}: {error}"
        if text not in self._faults:
            self._faults.add(text)
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))

    def show(self, wanted: Show) -> str | None:
        """Ask the editor to open a document; return its URI for one that can't be asked.

        A line is its fragment there, counted from 1: `#L7`.
        """
        uri = uri_of(wanted.path)
        window = self.client_capabilities.window
        if not (window and window.show_document and window.show_document.support):
            return uri if wanted.line is None else f"{uri}#L{wanted.line + 1}"
        place = types.Position(wanted.line or 0, 0)
        selection = None if wanted.line is None else types.Range(place, place)
        self.window_show_document(
            types.ShowDocumentParams(
                uri, external=wanted.external, take_focus=True, selection=selection
            )
        )
        return uri


@frozen
class _Client:
    """What a `Publisher` needs of the wire."""

    server: Server

    def publish(self, params: types.PublishDiagnosticsParams) -> None:
        self.server.text_document_publish_diagnostics(params)

    def settled(self) -> None:
        workspace = self.server.client_capabilities.workspace
        if workspace is None:
            return
        if workspace.code_lens and workspace.code_lens.refresh_support:
            self.server.workspace_code_lens_refresh(None)
        if workspace.inlay_hint and workspace.inlay_hint.refresh_support:
            self.server.workspace_inlay_hint_refresh(None)

    def fault(self, error: BaseException) -> None:
        self.server.tell(error)


def create() -> Server:
    """Return a server with all its features, not yet started."""
    server = Server()
    logging.getLogger(json_rpc.__name__).addFilter(_Refused.is_not_in)
    _follow_lifecycle(server)
    _follow_texts(server)
    _follow_files(server)
    for feature in FEATURES:
        _add_feature(server, feature)
    for command in COMMANDS:
        _add_command(server, command)
    return server


def run() -> int:
    """Serve one editor over standard input and output; return the exit code that LSP asks for."""
    # Syntax trees live long and are no garbage: look for cycles seldom.
    gc.set_threshold(50_000, 20, 100)
    server = create()
    # Whatever else writes to standard output would break the protocol: it goes to standard error.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as wire:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        server.start_io(sys.stdin.buffer, wire)
    return 0 if server.was_shut_down else 1


class _Refused(JsonRpcException):
    """An answer that says no. pygls logs every exception, and this one is no fault."""

    @staticmethod
    def is_not_in(record: logging.LogRecord) -> bool:
        """Tell whether a line of the log is about something else."""
        return not (record.exc_info and isinstance(record.exc_info[1], _Refused))


def _add_feature(server: Server, feature: Feature) -> None:
    def answer(ls: Server, params: Any) -> Any:
        result = feature.answer(ls.session, params)
        if isinstance(result, Refusal):
            raise _Refused(result.message, types.LSPErrorCodes.RequestFailed)
        return result

    server.feature(feature.method, feature.options)(answer)


def _add_command(server: Server, command: Command) -> None:
    def run(ls: Server, *arguments: Any) -> Any:
        try:
            result = command.run(ls.session, *arguments)
        except CommandError as error:
            ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, str(error)))
            return None
        match result:
            case Show():
                return ls.show(result)
            case types.WorkspaceEdit():
                ls.workspace_apply_edit(types.ApplyWorkspaceEditParams(result))
                return None
        return result

    server.command(command.name)(run)


def _follow_lifecycle(server: Server) -> None:
    session = server.session

    @server.feature(types.INITIALIZE)
    def initialize(ls: Server, params: types.InitializeParams) -> None:
        general = params.capabilities.general
        chosen = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
        session.encoding = _ENCODINGS[chosen] if general else "utf-16"
        session.abilities = Abilities.of(params.capabilities)
        folders = [each.uri for each in params.workspace_folders or ()]
        if not folders and params.root_uri:
            folders = [params.root_uri]
        session.projects.folders[:] = map(path_of, folders)
        session.settings = settings_of(params.initialization_options)

    @server.feature(types.INITIALIZED)
    def initialized(ls: Server, params: types.InitializedParams) -> None:
        _watch_files(ls)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configured(ls: Server, params: types.DidChangeConfigurationParams) -> None:
        session.settings = settings_of(params.settings)
        session.reset()
        ls.publisher.everything()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
        gone = {path_of(each.uri) for each in params.event.removed}
        kept = [each for each in session.projects.folders if each not in gone]
        session.projects.folders[:] = [*kept, *(path_of(e.uri) for e in params.event.added)]
        session.reset()
        ls.publisher.everything()


def _follow_texts(server: Server) -> None:
    """Follow what is opened and edited. Not async: the next request must find it done."""
    session = server.session

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        document = session.open(item.uri, item.version, item.text)
        ls.publisher.edited(document.path, soon=0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        item = params.text_document
        changes = [_change(each) for each in params.content_changes]
        session.change(item.uri, item.version, changes)
        ls.publisher.edited(path_of(item.uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        session.close(params.text_document.uri)
        ls.publisher.closed(path_of(params.text_document.uri))

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        session.projects.refresh()
        ls.publisher.edited(path_of(params.text_document.uri), soon=0)


def _follow_files(server: Server) -> None:
    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            ls.session.documents.forget(path_of(change.uri))
        ls.session.projects.refresh()
        ls.publisher.everything()


def _watch_files(ls: Server) -> None:
    workspace = ls.client_capabilities.workspace
    watching = workspace and workspace.did_change_watched_files
    if not watching or not watching.dynamic_registration:
        return
    watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
    ls.client_register_capability(
        types.RegistrationParams(
            [
                types.Registration(
                    "polc-files",
                    types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                    types.DidChangeWatchedFilesRegistrationOptions(watchers),
                )
            ]
        )
    )


def _change(change: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return ((start.line, start.character), (end.line, end.character)), change.text
    return None, change.text


def settings_of(given: Any) -> Settings:
    """Read the client's settings, from wherever in `given` their section is; others are ignored."""
    values = given.get("polc", given) if isinstance(given, dict) else {}
    settings = Settings()
    if not isinstance(values, dict):
        return settings
    environment = values.get("environment")
    return Settings(
        environment=environment if isinstance(environment, str) and environment else None,
        inlay_hints=_enabled(values, "inlayHints"),
        code_lens=_enabled(values, "codeLens"),
        widening=_enabled(values, "widening"),
    )


def _enabled(values: dict[str, Any], name: str) -> bool:
    value = values.get(name, True)
    if isinstance(value, dict):
        value = value.get("enabled", True)
    return value is not False
