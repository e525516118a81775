"""What is newly permitted since the last commit, whoever has the program compiled."""

import shutil
import subprocess

import pytest

from lsp_wire import Wire

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("git") is None, reason="NOT CHECKED: no git here"),
]


def commit(wire: Wire) -> None:
    who = ("-c", "user.name=tester", "-c", "user.email=tester@example.com")
    for arguments in (("init",), ("add", "."), ("commit", "-m", "first")):
        command = ["git", *who, *arguments]
        subprocess.run(command, cwd=wire.folder, check=True, capture_output=True)


async def test_a_command_that_compiles_first_takes_no_finding_away(wire: Wire) -> None:
    commit(wire)
    wire.open("policy.svc")
    await wire.codes("policy.svc")
    wire.replace("policy.svc", '{ GET "/v1/**" }', '{ GET, POST "/v1/**" }')
    assert "<svg" in await wire.command("polc.graphHtml", wire.uri("policy.svc"))
    [found] = await wire.codes("policy.svc", "POL810")
    assert found.range.start == wire.at("policy.svc", "web on http")
    wire.replace("policy.svc", "GET, POST", "GET")
    assert await wire.command(
        "polc.objectText", wire.uri("policy.svc"), wire.at("policy.svc", "allow")
    )
    await wire.codes("policy.svc")
    wire.close("policy.svc")
