"""The server over its wire, as VS Code, Neovim and Emacs speak to it."""

import pytest
from lsprotocol import types

from lsp_wire import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_each_editor_counts_in_the_units_that_it_asked_for_first(wire: Wire) -> None:
    wanted = {"vscode": "utf-16", "neovim": "utf-8", "emacs": "utf-32"}
    assert wire.encoding == wanted[wire.editor]


async def test_diagnostics_are_pushed_and_not_pulled(wire: Wire) -> None:
    assert wire.can.diagnostic_provider is None
    wire.open("policy.svc")
    assert await wire.codes("policy.svc") == []
    wire.close("policy.svc")


async def test_watching_is_asked_for_where_the_editor_can(wire: Wire) -> None:
    methods = [each.method for each in wire.registered]
    watches = wire.editor != "neovim"
    assert methods == ([types.WORKSPACE_DID_CHANGE_WATCHED_FILES] if watches else [])


async def test_an_edit_behind_wide_characters_lands_where_it_was_made(wire: Wire) -> None:
    wire.open("policy.svc")
    await wire.codes("policy.svc")
    wire.replace("policy.svc", "in its", "in 😀 é its")
    wire.replace("policy.svc", "allow to api on http", "allow to apo on http")
    [found] = await wire.codes("policy.svc", "POL101")
    start = wire.at("policy.svc", "apo on")
    assert found.range.start == start
    assert "`apo`" in found.message
    assert "did you mean `api`?" in found.message
    wire.replace("policy.svc", "to apo", "to api")
    await wire.codes("policy.svc")
    wire.close("policy.svc")


async def test_a_mistake_is_reported_in_the_file_that_it_is_in(wire: Wire) -> None:
    wire.open("policy.svc")
    wire.open("teams/pay.svc")
    await wire.codes("policy.svc")
    wire.replace("teams/pay.svc", "allow from shop/api on grpc", "")
    [half] = await wire.codes("policy.svc", "POL201")
    assert half.severity is types.DiagnosticSeverity.Error
    wire.replace(
        "teams/pay.svc",
        "port grpc 9000 grpc\n",
        "port grpc 9000 grpc\n  allow from shop/api on grpc\n",
    )
    await wire.codes("policy.svc")
    wire.close("teams/pay.svc")
    wire.close("policy.svc")


async def test_names_lead_across_files(wire: Wire) -> None:
    wire.open("policy.svc")
    wire.open("teams/pay.svc")
    document = wire.identifier("policy.svc")
    at = wire.at("policy.svc", "pay/ledger", "pay/l")
    found = await wire.ask(types.TEXT_DOCUMENT_DEFINITION, text_document=document, position=at)
    assert [each.uri for each in found] == [wire.uri("teams/pay.svc")]
    assert found[0].range.start == wire.at("teams/pay.svc", "ledger {")
    wire.close("teams/pay.svc")
    wire.close("policy.svc")


async def test_commands_work_where_there_is_no_extension(wire: Wire) -> None:
    wire.open("policy.svc")
    await wire.codes("policy.svc")
    shown = wire.client.shown_documents
    shown.clear()
    await wire.command("polc.showGraph", wire.uri("policy.svc"))
    html = await wire.command("polc.graphHtml", wire.uri("policy.svc"))
    assert "<svg" in html
    assert len(shown) == 1
    assert shown[0].uri.endswith("graph.html")
    wire.close("policy.svc")
