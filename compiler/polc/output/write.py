"""The door to the disk: all files of a build or none, and only files that are polc's.

The order makes an interrupted build harmless. New texts go to temporary files beside their
places; then the map is replaced by one that lists the old files and the new ones; then each file
is replaced; then what is no longer part of the output is removed; the final map comes last. A
build that stops in between leaves a map that knows every file it may have written.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from attrs import define, field, frozen

from polc.diagnostics import Diagnostic
from polc.output import sourcemap
from polc.output.disk import TEMPORARY, Plan, make_plan, os_problem, report_stale


@frozen
class Written:
    """What a build did to the folder; the map is not counted."""

    written: int
    removed: int
    unchanged: int


def check_folder(out: str, files: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    """Say how the folder differs from what a build would write, and change nothing."""
    plan, found = make_plan(out, files)
    return found if plan is None else report_stale(out, plan)


def write_folder(
    out: str, files: Mapping[str, str]
) -> tuple[Written | None, tuple[Diagnostic, ...]]:
    """Bring the folder to hold exactly `files` (the map included) of what is polc's.

    Files that hold the right text already are not rewritten. On an error before the first file
    is replaced the folder is as it was.
    """
    made: list[str] = []
    try:
        _make_folders(out, made)
        with _locked(out):
            plan, found = make_plan(out, files)
            if plan is None:
                _remove_folders(made)
                return None, found
            return _carry_out(out, files, plan, made)
    except OSError as error:
        _remove_folders(made)
        return None, (os_problem(out, error),)


def replace_file(path: str, text: str) -> None:
    """Replace one file atomically; it keeps its permissions, and a link stays a link.

    Raises:
        OSError: it can't be written; then it is as it was.

    """
    path = os.path.realpath(path)
    staged = _stage(path, text.encode())
    try:
        with suppress(FileNotFoundError):
            os.chmod(staged, os.stat(path).st_mode & 0o7777)
        os.replace(staged, path)
    except OSError:
        _remove_quietly(staged)
        raise


def _carry_out(
    out: str, files: Mapping[str, str], plan: Plan, made: list[str]
) -> tuple[Written | None, tuple[Diagnostic, ...]]:
    work = _Work(out, made)
    try:
        # The union goes first and is needed even where only the final map differs from the old.
        if set(plan.write) - {sourcemap.FILE} or plan.remove:
            work.stage_union(sourcemap.render_union(plan.old, files))
        for path in plan.write:
            work.stage(path, files[path])
        work.commit(plan)
    except OSError as error:
        work.undo()
        return None, (os_problem(str(error.filename or out), error),)
    except BaseException:
        work.undo()
        raise
    written = sum(path != sourcemap.FILE for path in plan.write)
    same = plan.unchanged - (sourcemap.FILE not in plan.write)
    return Written(written, len(plan.remove), same), ()


@define
class _Work:
    """Temporary files and new folders of one build, to put in place or to take back."""

    out: str
    made: list[str]
    staged: dict[str, str] = field(factory=dict)
    union: str | None = None

    def stage_union(self, text: str) -> None:
        self.union = _stage(os.path.join(self.out, "union-" + sourcemap.FILE), text.encode())

    def stage(self, path: str, text: str) -> None:
        full = os.path.join(self.out, path)
        _make_folders(os.path.dirname(full), self.made)
        self.staged[path] = _stage(full, text.encode())

    def commit(self, plan: Plan) -> None:
        final = os.path.join(self.out, sourcemap.FILE)
        if self.union is not None:
            os.replace(self.union, final)
            self.union = None
        self.made.clear()  # from here on folders hold files that the map knows
        for path in plan.write:
            if path != sourcemap.FILE:
                os.replace(self.staged.pop(path), os.path.join(self.out, path))
        for path in plan.remove:
            os.remove(os.path.join(self.out, path))
        self._sweep(plan)
        _remove_emptied(self.out, plan.remove)
        if sourcemap.FILE in self.staged:
            os.replace(self.staged.pop(sourcemap.FILE), final)

    def _sweep(self, plan: Plan) -> None:
        """Remove temporary files that a killed build has left."""
        mine = {os.path.basename(path) for path in self.staged.values()}
        for folder in {os.path.dirname(path) for path in ("", *plan.write, *plan.old.files)}:
            with suppress(OSError):
                for name in os.listdir(os.path.join(self.out, folder)):
                    if name.startswith(TEMPORARY) and name not in mine:
                        _remove_quietly(os.path.join(self.out, folder, name))

    def undo(self) -> None:
        for path in (*self.staged.values(), *filter(None, (self.union,))):
            _remove_quietly(path)
        _remove_folders(self.made)


def _stage(full: str, data: bytes) -> str:
    """Write a temporary file beside `full`; one left by a build that was killed is replaced."""
    folder, name = os.path.split(full)
    temporary = os.path.join(folder, TEMPORARY + name)
    _remove_quietly(temporary)
    # O_EXCL: never through a link that somebody put there meanwhile.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, flags, 0o666)
    try:
        with open(handle, "wb") as file:
            file.write(data)
    except BaseException:
        _remove_quietly(temporary)
        raise
    return temporary


def _make_folders(path: str, made: list[str]) -> None:
    """Make a folder and those above it; remember the new ones, the outermost first."""
    if not path or os.path.isdir(path):
        return
    _make_folders(os.path.dirname(path.rstrip(os.sep)), made)
    with suppress(FileExistsError):  # a file in its place is `make_plan`'s to report
        os.mkdir(path)
        made.append(path)


def _remove_folders(made: list[str]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            os.rmdir(path)
    made.clear()


def _remove_emptied(out: str, removed: Iterable[str]) -> None:
    """Remove folders that held nothing but removed files."""
    folders = {path.rsplit("/", 1)[0] for path in removed if "/" in path}
    for folder in sorted(folders, key=lambda name: (-name.count("/"), name)):
        parts = folder.split("/")
        with suppress(OSError):  # not empty
            for end in range(len(parts), 0, -1):
                os.rmdir(os.path.join(out, *parts[:end]))


def _remove_quietly(path: str) -> None:
    with suppress(OSError):
        os.remove(path)


@contextmanager
def _locked(out: str) -> Iterator[None]:
    """Wait until no other polc writes to the folder, where the system has such locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    if not os.path.isdir(out):
        yield
        return
    handle = os.open(out, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
