"""The door to the disk: all files of a build or none, and only files that are polc's.

The order makes an interrupted build harmless. New texts go to a staging folder inside `out/`; then
the map is replaced by one that lists the old files and the new ones; then each file moves to its
place; then what is no longer part of the output is removed; the final map comes last. A build that
stops in between leaves a map that knows every file it may have written.
"""

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from attrs import frozen

from polc.diagnostics import Diagnostic
from polc.output import sourcemap
from polc.output.disk import STAGE, Plan, make_plan, os_problem, report_stale


@frozen
class Written:
    """What a build did to the folder; the map is not counted."""

    written: int
    removed: int
    unchanged: int

    def __str__(self) -> str:
        removed = f", {self.removed} removed" if self.removed else ""
        return f"{self.written} written{removed}, {self.unchanged} unchanged"


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
            if plan is not None:
                _carry_out(out, files, plan)
                made.clear()
                written = sum(path != sourcemap.FILE for path in plan.write)
                return Written(written, len(plan.remove), len(files) - 1 - written), ()
    except OSError as error:
        blamed = str(error.filename2 or error.filename or out)
        found = (os_problem(out if STAGE in blamed else blamed, error),)
    finally:
        _remove_folders(made)
    return None, found


def replace_file(path: str, text: str) -> None:
    """Replace one file atomically; it keeps its permissions, and a link stays a link.

    Raises:
        OSError: it can't be written; then it is as it was.

    """
    path = os.path.realpath(path)
    staged = _stage_beside(path, text.encode())
    try:
        with suppress(FileNotFoundError):
            os.chmod(staged, os.stat(path).st_mode & 0o7777)
        os.replace(staged, path)
    except OSError:
        _remove_quietly(staged)
        raise


def _carry_out(out: str, files: Mapping[str, str], plan: Plan) -> None:
    """Stage everything, then move it to its place."""
    stage = os.path.join(out, STAGE)
    _clear(stage)
    # Where any file changes the final map replaces the union, be it the old one once more.
    changes = bool(set(plan.write) - {sourcemap.FILE} or plan.remove)
    write = [path for path in plan.write if path != sourcemap.FILE]
    if changes:
        _check_folders(out, (*write, *plan.remove))
    elif not plan.write:
        return
    os.mkdir(stage)
    try:
        union = _put(stage, "union", sourcemap.render_union(plan.old, files)) if changes else None
        staged = [_put(stage, str(number), files[path]) for number, path in enumerate(write)]
        final = _put(stage, "final", files[sourcemap.FILE])
        place = os.path.join(out, sourcemap.FILE)
        if union is not None:
            os.replace(union, place)
        for path, temporary in zip(write, staged, strict=True):
            full = os.path.join(out, path)
            _make_folders(os.path.dirname(full), [])
            os.replace(temporary, full)
        for path in plan.remove:
            os.remove(os.path.join(out, path))
        _remove_emptied(out, set(plan.old.files) - set(files))
        os.replace(final, place)
    finally:
        _clear(stage)


def _put(folder: str, name: str, text: str) -> str:
    path = os.path.join(folder, name)
    with open(path, "xb") as file:
        file.write(text.encode())
    return path


def _check_folders(out: str, paths: Iterable[str]) -> None:
    """Find a folder that refuses files before anything is changed."""
    for folder in sorted({os.path.dirname(os.path.join(out, path)) for path in paths}):
        if os.path.isdir(folder) and not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder)


def _clear(stage: str) -> None:
    """Remove the staging folder, also one that a killed build has left; never through a link."""
    if os.path.islink(stage):
        os.remove(stage)
    elif os.path.isdir(stage):
        for name in os.listdir(stage):
            os.remove(os.path.join(stage, name))
        os.rmdir(stage)


def _stage_beside(full: str, data: bytes) -> str:
    """Write a temporary file beside `full`; one left by a polc that was killed is replaced."""
    folder, name = os.path.split(full)
    temporary = os.path.join(folder, f"{STAGE}-{name}")
    _remove_quietly(temporary)
    # "x": never through a link that somebody put there meanwhile.
    with open(temporary, "xb") as file:
        file.write(data)
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
