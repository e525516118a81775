"""Measure the language server: CPU milliseconds of its process per request, and its memory.

`python benchmarks/editor.py [--edits N]`. CPU time is the server's own, from the scheduler's
counters, so Linux only; it is steadier than the clock. A row says p50 and p95. Of `didChange` what
counts is from the edit to the diagnostics of that version.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from generate import program

LINES_PER_SERVICE = 16
_CAPABILITIES = {
    "textDocument": {
        "publishDiagnostics": {"relatedInformation": True},
        "completion": {"completionItem": {"snippetSupport": True}},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "hover": {"contentFormat": ["markdown"]},
    }
}


class Server:
    """`polc lsp` with a client that does one thing at a time."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "polc", "lsp"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.requests = 0
        self.ask("initialize", processId=None, rootUri=folder.as_uri(), capabilities=_CAPABILITIES)
        self.tell("initialized")

    def tell(self, method: str, **params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and return its result."""
        self.requests += 1
        self._send({"id": self.requests, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self.requests and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def published(self, version: int) -> None:
        """Wait for the diagnostics of a version."""
        while True:
            message = self._receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                if message["params"].get("version") == version:
                    return
            elif "id" in message and "method" in message:
                self._send({"id": message["id"], "result": None})

    def cpu(self) -> float:
        """Milliseconds of CPU that all threads have used (proc(5), `schedstat`)."""
        tasks = f"/proc/{self.process.pid}/task"
        spent = 0
        for thread in os.listdir(tasks):
            spent += int(Path(tasks, thread, "schedstat").read_text().split()[0])
        return spent / 1e6

    def memory(self) -> float:
        """Resident MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def close(self) -> None:
        """End the session."""
        self.ask("shutdown")
        self.tell("exit")
        self.process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server is gone"
        found: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return found


class Typist:
    """Edits one document as a person does: letters in the middle of statements, and back."""

    def __init__(self, server: Server, path: Path) -> None:
        self.server = server
        self.uri = path.as_uri()
        self.lines = path.read_text(encoding="utf-8").split("\n")
        self.version = 1
        self.chance = random.Random(1)

    def open(self) -> None:
        """Open the document, and wait for its first diagnostics."""
        item = {"uri": self.uri, "languageId": "polc", "version": 1, "text": "\n".join(self.lines)}
        self.server.tell("textDocument/didOpen", textDocument=item)
        self.server.published(1)

    def edit(self, line: int, start: int, end: int, text: str) -> None:
        """Replace a part of a line."""
        self.version += 1
        old = self.lines[line]
        self.lines[line] = old[:start] + text + old[end:]
        span = {
            "start": {"line": line, "character": start},
            "end": {"line": line, "character": end},
        }
        self.server.tell(
            "textDocument/didChange",
            textDocument={"uri": self.uri, "version": self.version},
            contentChanges=[{"range": span, "text": text}],
        )

    def words(self) -> Iterator[tuple[int, int]]:
        """Places where somebody might type: behind a peer of an `allow`."""
        places = [n for n, line in enumerate(self.lines) if "allow " in line and "," in line]
        while True:
            line = self.chance.choice(places)
            yield line, self.lines[line].index(",")


def measure(server: Server, act: Callable[[], None]) -> float:
    """Return the milliseconds that the server spends on what `act` does."""
    before = server.cpu()
    act()
    return server.cpu() - before


def row(name: str, values: list[float]) -> None:
    """Print one row of the table."""
    values = sorted(values)
    p95 = values[min(len(values) - 1, round(0.95 * len(values)))]
    print(
        f"{name:<46}{statistics.median(values):>8.1f} /{p95:>7.1f}   (n={len(values)})", flush=True
    )


def run(lines: int, edits: int) -> None:
    """Measure requests in a document of so many lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "policy.svc")
        path.write_text(program(max(1, lines // LINES_PER_SERVICE)), encoding="utf-8")
        server = Server(Path(folder))
        typist = Typist(server, path)
        print(f"\n{len(typist.lines)} lines: CPU ms, p50 / p95")
        row("didOpen, cold", [measure(server, typist.open)])
        settle(server, typist)
        changes, completions = [], []
        where = typist.words()
        document = {"uri": typist.uri}
        for _ in range(edits):
            line, column = next(where)

            def change(line: int = line, column: int = column, text: str = "x") -> None:
                typist.edit(line, column, column, text)
                server.published(typist.version)

            def complete(line: int = line, column: int = column) -> None:
                at = {"line": line, "character": column + 1}
                server.ask("textDocument/completion", textDocument=document, position=at)

            changes.append(measure(server, change))
            completions.append(measure(server, complete))
            typist.edit(line, column, column + 1, "")
            server.published(typist.version)
        row("didChange -> publishDiagnostics", changes)
        row("completion", completions)
        middle = {"line": len(typist.lines) // 2, "character": 12}
        for method, more in (
            ("documentSymbol", {}),
            ("semanticTokens/full", {}),
            ("codeLens", {}),
            ("foldingRange", {}),
            ("hover", {"position": middle}),
        ):
            ask = partial(server.ask, f"textDocument/{method}", textDocument=document, **more)
            row(method, [measure(server, ask) for _ in range(10)])
        server.close()


def settle(server: Server, typist: Typist) -> None:
    """Wait until everything is compiled: a request that needs it is answered then."""
    server.ask("workspace/executeCommand", command="polc.objectText", arguments=[typist.uri])


def flat(lines: int, edits: int) -> None:
    """Edit very often, and tell what becomes of the memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "policy.svc")
        path.write_text(program(max(1, lines // LINES_PER_SERVICE)), encoding="utf-8")
        server = Server(Path(folder))
        typist = Typist(server, path)
        typist.open()
        settle(server, typist)
        where = typist.words()
        print(f"\n{edits} edits of {len(typist.lines)} lines: resident MiB")
        for number in range(edits + 1):
            if number % max(1, edits // 5) == 0:
                print(f"{number:>8}{server.memory():>8.0f}", flush=True)
            line, column = next(where)
            for start, end, text in ((column, column, "x"), (column, column + 1, "")):
                typist.edit(line, start, end, text)
            if number % 10 == 0:
                server.published(typist.version)
        server.close()


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=200, help="edits per size")
    parser.add_argument("--memory", type=int, default=10_000, help="edits of the memory run")
    chosen = parser.parse_args()
    for lines in (200, 10_000):
        run(lines, chosen.edits)
    if chosen.memory:
        flat(2_000, chosen.memory)


if __name__ == "__main__":
    main()
