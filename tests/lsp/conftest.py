"""Servers for the tests of this folder."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lsp_wire import EDITORS, PROJECT, Wire, start


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=EDITORS)
async def wire(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Wire]:
    """A server in a project of its own, one for all tests of a module and an editor."""
    folder = tmp_path_factory.mktemp(request.param) / "project"
    shutil.copytree(PROJECT, folder)
    found = await start(request.param, folder)
    yield found
    await found.client.shutdown_session()
    await found.client.stop()
    assert not found.client.log_messages, [each.message for each in found.client.log_messages]
