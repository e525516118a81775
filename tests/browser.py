"""A real headless Chromium, driven over the pipe of its DevTools protocol: nothing to install.

With `--remote-debugging-pipe` Chromium reads commands from file descriptor 3 and writes answers to
4, each a JSON text that ends in a NUL byte (chromium, devtools_pipe_handler.cc).
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--window-size=1600,1000",
)


class Browser:
    """One page of one browser."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._buffer = b""
        self._number = self._loads = 0
        self._session: str | None = None
        self.errors: list[str] = []
        self.requests: list[str] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Any:
        """Send a command and return its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def open(self, page: Path, hash_: str = "") -> None:
        """Load a file and wait until its script has run."""
        self._load("about:blank")  # else a new hash on the same page would load nothing
        self.errors.clear()
        self.requests.clear()
        self._load(page.as_uri() + hash_)
        assert self.run("document.documentElement.dataset.ready") == "yes", self.errors

    def _load(self, url: str) -> None:
        loads = self._loads
        self.send("Page.navigate", url=url)
        while self._loads == loads:
            self._note(self._next())

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page and return its value."""
        result = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key: str, text: str = "") -> None:
        """Press and release a key, as a keyboard does."""
        code = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40}.get(key, 0)
        text = text or ("\r" if key == "Enter" else "")
        extra = {"text": text} if text else {}
        for kind in ("keyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                **(extra if kind == "keyDown" else {}),
            )

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.send("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        x, y = self.run(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)})"
            ".getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def _next(self) -> Any:
        while b"\0" not in self._buffer:
            chunk = os.read(self._read, 65536)
            assert chunk, "the browser went away"
            self._buffer += chunk
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event: Any) -> None:
        params = event.get("params", {})
        match event.get("method"):
            case "Page.loadEventFired":
                self._loads += 1
            case "Runtime.exceptionThrown":
                self.errors.append(str(params["exceptionDetails"]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.errors.append(params["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Start the browser; the test is skipped, and says so, where there is none."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("NOT CHECKED: no Chromium here (apt-get install chromium)")
    down_read, down_write = os.pipe()
    up_read, up_write = os.pipe()
    # Above 9, so that putting the one at 3 can't close the other.
    child_read, child_write = (
        fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (down_read, up_write)
    )
    shell = f'exec "$0" "$@" 3<&{child_read} 4>&{child_write}'
    process = subprocess.Popen(
        ["bash", "-c", shell, program, *_FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(child_read, child_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for each in (down_read, up_write, child_read, child_write):
        os.close(each)
    try:
        yield Browser(down_write, up_read)
    finally:
        os.close(down_write)
        os.close(up_read)
        process.terminate()
        process.wait(20)
