"""The door to the disk: all files of a build or none, and only files that are polc's.

The folder is replaced as a whole where the system can do that (`replace`); elsewhere file by file,
in an order that leaves nothing behind that the next build could not make good (`inplace`).
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from attrs import frozen

from polc.diagnostics import Diagnostic
from polc.files import not_a_file, what_is
from polc.output import inplace, replace, sourcemap
from polc.output.disk import STAGE, make_plan, os_problem, report_stale


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
        make_folders(os.path.dirname(os.path.realpath(out)), made)
        with _locked(os.path.dirname(os.path.realpath(out))):
            replace.recover(out)
            plan, found = make_plan(out, files)
            if plan is not None:
                if plan.changes and not replace.replace(out, files, plan):
                    make_folders(out, made)
                    with _locked(out):
                        inplace.carry_out(out, files, plan)
                made.clear()
                written = sum(path != sourcemap.FILE for path in plan.write)
                done = Written(written, len(plan.remove), len(files) - 1 - written)
                return done, plan.kept
    except OSError as error:
        blamed = str(error.filename2 or error.filename or out)
        found = (os_problem(out if STAGE in blamed else blamed, error),)
    finally:
        _remove_folders(made)
    return None, found


def replace_file(path: str, text: str) -> None:
    """Replace one file atomically; it keeps its permissions, and a link stays a link.

    Raises:
        OSError: it can't be written, or is none; then it is as it was.

    """
    path = os.path.realpath(path)
    with suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        if what_is(mode) is not None:
            raise not_a_file(path, mode)
    staged = _stage_beside(path, text.encode())
    try:
        with suppress(FileNotFoundError):
            os.chmod(staged, os.stat(path).st_mode & 0o7777)
        os.replace(staged, path)
    except OSError:
        _remove_quietly(staged)
        raise


def make_folders(path: str, made: list[str]) -> None:
    """Make a folder and those above it; remember the new ones, the outermost first."""
    missing = []
    while path and not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path.rstrip(os.sep))
    for each in reversed(missing):
        with suppress(FileExistsError):  # a file in its place is `make_plan`'s to report
            os.mkdir(each)
            made.append(each)


def _stage_beside(full: str, data: bytes) -> str:
    """Write a temporary file beside `full`; one left by a polc that was killed is replaced."""
    folder, name = os.path.split(full)
    temporary = os.path.join(folder, f"{STAGE}-{name}")
    _remove_quietly(temporary)
    # "x": never through a link that somebody put there meanwhile.
    with open(temporary, "xb") as file:
        file.write(data)
    return temporary


def _remove_folders(made: list[str]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            os.rmdir(path)
    made.clear()


def _remove_quietly(path: str) -> None:
    with suppress(OSError):
        os.remove(path)


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Wait until no other polc writes to the folder, where the system has such locks."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
