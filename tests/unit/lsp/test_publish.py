"""Which diagnostics are sent when, without a wire."""

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from lsprotocol import types

from lsp_support import LINKED, Editor, editor
from polc.lsp.publish import Publisher

MAIN = 'import "lib.svc"\n' + LINKED
LIB = """\
namespace lib
service spare { select { app: "spare" }  port web 8080 http }
"""


class Sent:
    """An editor that keeps what it is sent."""

    def __init__(self, one: Editor) -> None:
        self.publisher = Publisher(one.session, self)
        self.one = one
        self.codes: dict[str, list[str]] = {}
        self.rested = asyncio.Event()

    def publish(self, params: types.PublishDiagnosticsParams) -> None:
        name = params.uri.rpartition("/")[2]
        self.codes[name] = [str(each.code) for each in params.diagnostics]

    def settled(self) -> None:
        self.rested.set()

    def fault(self, error: BaseException) -> None:
        raise error

    async def open(self, *names: str) -> None:
        for name in names:
            self.publisher.edited(self.one.path(name), soon=0)
            await self.rest()

    async def save(self, name: str) -> None:
        self.one.session.projects.refresh()
        self.publisher.edited(self.one.path(name), soon=0)
        await self.rest()

    async def close(self, name: str) -> None:
        self.one.session.close(self.one.uri(name))
        self.publisher.closed(self.one.path(name))
        await self.rest()

    async def rest(self) -> None:
        await asyncio.wait_for(self.rested.wait(), 30)
        self.rested.clear()


def run(one: Editor, story: Callable[[Sent], Awaitable[None]]) -> None:
    async def tell() -> None:
        await story(Sent(one))

    asyncio.run(tell())


def test_a_file_that_is_closed_keeps_what_was_found_in_it(tmp_path: Path) -> None:
    async def story(sent: Sent) -> None:
        await sent.open("main.svc", "lib.svc")
        assert sent.codes["lib.svc"] == ["POL291"]
        await sent.close("lib.svc")
        assert sent.codes == {"main.svc": [], "lib.svc": ["POL291"]}

    run(editor({"main.svc": MAIN, "lib.svc": LIB}, folder=tmp_path, settled=False), story)


def test_what_was_typed_into_a_file_that_is_closed_unsaved_counts_no_more(tmp_path: Path) -> None:
    one = editor({"main.svc": MAIN, "lib.svc": LIB}, folder=tmp_path, settled=False)

    async def story(sent: Sent) -> None:
        one.session.change(one.uri("lib.svc"), 2, [(None, LIB.replace("port web 8080 http", ""))])
        await sent.open("main.svc", "lib.svc")
        assert sent.codes["lib.svc"] == []
        await sent.close("lib.svc")
        assert sent.codes["lib.svc"] == ["POL291"]

    run(one, story)


def test_opening_and_closing_a_file_as_it_is_on_the_disk_compiles_nothing(tmp_path: Path) -> None:
    files = {"main.svc": MAIN, "lib.svc": LIB}
    one = editor(files, folder=tmp_path, closed=["lib.svc"])
    before = one.view("main.svc").snapshot
    one.session.open(one.uri("lib.svc"), 1, LIB)
    assert one.view("lib.svc").snapshot is before
    one.session.close(one.uri("lib.svc"))
    assert one.view("main.svc").snapshot is before


@pytest.mark.skipif(shutil.which("git") is None, reason="NOT CHECKED: no git here")
def test_what_is_committed_is_no_longer_new(tmp_path: Path) -> None:
    one = editor({"main.svc": MAIN, "lib.svc": LIB}, folder=tmp_path, settled=False)

    def commit() -> None:
        who = ("-c", "user.name=tester", "-c", "user.email=tester@example.com")
        for arguments in (("init",), ("add", "."), ("commit", "-m", "more")):
            command = ["git", *who, *arguments]
            subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    async def story(sent: Sent) -> None:
        commit()
        wider = MAIN.replace("from frontend on web", 'from frontend, any on web because "x"')
        (tmp_path / "main.svc").write_text(wider, "utf-8")
        one.session.change(one.uri("main.svc"), 2, [(None, wider)])
        await sent.open("main.svc")
        assert "POL810" in sent.codes["main.svc"]
        commit()
        await sent.save("main.svc")
        assert "POL810" not in sent.codes["main.svc"]

    run(one, story)
