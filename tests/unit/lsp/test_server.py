"""The server without a wire: what it keeps, and how it reads settings."""

import asyncio
import json
from typing import Any

import pytest
from lsprotocol import types

from polc.lsp.server import create, settings_of
from polc.lsp.session import Settings

URI = "file:///project/policy.svc"


def test_nothing_is_kept_of_an_edit() -> None:
    async def edit() -> int:
        server = create()
        item = types.TextDocumentItem(URI, "polc", 1, "namespace a\n")
        handle = server.protocol._handle_notification
        handle(types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(item))
        start = types.Position(0, 0)
        for version in range(2, 50):
            change = types.TextDocumentContentChangePartial(
                range=types.Range(start, start), text="#"
            )
            identifier = types.VersionedTextDocumentIdentifier(uri=URI, version=version)
            params = types.DidChangeTextDocumentParams(identifier, [change])
            handle(types.TEXT_DOCUMENT_DID_CHANGE, params)
        document = server.session.document(URI)
        assert document is not None
        assert document.text.value == "#" * 48 + "namespace a\n"
        tasks = len(server.publisher._tasks)
        for task in server.publisher._tasks.values():
            task.cancel()
        assert not server.protocol._request_futures
        return tasks

    assert asyncio.run(edit()) == 1


def errors(*messages: dict[str, Any]) -> list[int]:
    """Return the errors with which a server answers."""

    async def send() -> list[int]:
        protocol = create().protocol
        sent: list[Any] = []
        protocol._send_data = sent.append
        for number, each in enumerate(messages):
            text = json.dumps({"jsonrpc": "2.0", "id": number, **each})
            protocol.handle_message(json.loads(text, object_hook=protocol.structure_message))
            await asyncio.sleep(0)
        return [each.error.code for each in sent if getattr(each, "error", None)]

    return asyncio.run(send())


START = {"method": "initialize", "params": {"capabilities": {}}}
HOVER = {
    "method": "textDocument/hover",
    "params": {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}},
}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((START, HOVER), []),
        ((HOVER, START, HOVER), [types.ErrorCodes.ServerNotInitialized]),
        (
            (START, {"method": "textDocument/hover", "params": {"position": 7}}, HOVER),
            [types.ErrorCodes.InvalidParams],
        ),
        ((START, {"method": "shutdown"}, HOVER), [types.ErrorCodes.InvalidRequest]),
        ((START, {"method": "polc/nothing", "params": {}}), [types.ErrorCodes.MethodNotFound]),
    ],
)
def test_every_request_is_answered(messages: Any, expected: list[int]) -> None:
    assert errors(*messages) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, Settings()),
        ({}, Settings()),
        ({"polc": {"environment": "prod"}}, Settings(environment="prod")),
        ({"environment": "", "inlayHints": False}, Settings(inlay_hints=False)),
        ({"polc": {"codeLens": {"enabled": False}}}, Settings(code_lens=False)),
        ({"polc": "nonsense"}, Settings()),
        ({"environment": 7, "widening": None}, Settings()),
    ],
)
def test_settings_are_read_from_wherever_a_client_puts_them(given: Any, expected: Settings) -> None:
    assert settings_of(given) == expected
