"""`--watch`: run a command again whenever a file of the program or the configuration changes.

Times and sizes are asked for a few times a second: that needs no library, works on every file
system, and costs a build's few files next to nothing.
"""

import os
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

from attrs import frozen

from polc.cli.console import Files, complain, to_stderr
from polc.cli.project import configured, relative, settings
from polc.cli.usage import UsageError
from polc.config import Config
from polc.plain import harmless
from polc.report.summary import counted

_INTERVAL = 0.2


class Run(Protocol):
    """A command that reads the program through `files` alone."""

    def __call__(self, chosen: Namespace, files: Files) -> int:
        """Carry out the command."""


@frozen
class _Seen:
    """What was there when it was looked at: stamps of files, and the settings or their fault."""

    stamps: Mapping[str, object]
    project: Config | str


class _Watched(Files):
    """Remembers what each file was like just before it was read, also those that are missing."""

    def __init__(self) -> None:
        super().__init__()
        self.stamps: dict[str, object] = {}

    def read(self, path: str) -> bytes:
        self.stamp(path)
        return super().read(path)

    def stamp(self, path: str) -> None:
        """Look at a file now; what it is like later is compared with this."""
        self.stamps.setdefault(path, _stamp(path))


def watch(
    given: Any, run: Run, wait: Callable[[], None] = lambda: time.sleep(_INTERVAL)
) -> NoReturn:
    """Run for good; only an interrupt ends it, or an error in how polc was called at first.

    Raises:
        UsageError: the first run can't be done at all.
        KeyboardInterrupt: the user has seen enough.

    """
    if "-" in given.files:
        raise UsageError("standard input can't be watched; name a file")
    seen = _run(given, run, None)
    if not given.quiet:
        to_stderr(f"watching {counted(len(seen.stamps), 'file')}; Ctrl-C ends it\n")
    while True:
        now = _await_change(given, seen, wait)
        changed = ", ".join(sorted(_differences(seen, now)))
        to_stderr(harmless(f"--- changed: {changed}") + "\n")
        seen = _run(given, run, now)


def _run(given: Any, run: Run, before: _Seen | None) -> _Seen:
    """Run once, and return what was seen; later errors of use may go away, so they end nothing."""
    files = _Watched()
    project = _project(given)
    try:
        if isinstance(project, str):
            raise UsageError(project)
        if project.path is not None:
            files.stamp(relative(project.path))
        run(configured(given, project), files)
    except UsageError as error:
        if before is None:
            raise
        complain(str(error))
    _free_memory()
    # A fault in the settings leaves nothing read; then what was read before is still looked at.
    return _Seen(files.stamps or (before.stamps if before else {}), project)


def _project(given: Any) -> Config | str:
    try:
        return settings(given)
    except UsageError as error:
        return str(error)


def _await_change(given: Any, seen: _Seen, wait: Callable[[], None]) -> _Seen:
    """Return what is there after a change, once it rests: editors write in several steps."""
    now = seen
    while now == seen:
        wait()
        now = _look(given, seen)
    while True:
        wait()
        later = _look(given, seen)
        if later == now:
            return now
        now = later


def _look(given: Any, seen: _Seen) -> _Seen:
    return _Seen({path: _stamp(path) for path in seen.stamps}, _project(given))


def _differences(old: _Seen, new: _Seen) -> set[str]:
    """Return the files that changed, came or went."""
    found = {path for path, stamp in new.stamps.items() if stamp != old.stamps[path]}
    if not found and isinstance(old.project, Config) and isinstance(new.project, Config):
        paths = {old.project.path, *old.project.files} ^ {new.project.path, *new.project.files}
        found = {relative(path) for path in paths if path is not None}
    return found or {"the configuration"}


def _stamp(path: str) -> object:
    """Return what differs after a file was written or replaced; None where there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _free_memory() -> None:
    """Make up for the collector that a build switches off."""
    import gc

    gc.unfreeze()
    gc.collect()
