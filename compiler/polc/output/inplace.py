"""New output into the folder that is there, file by file: where it can't be replaced as a whole.

The order makes an interrupted build harmless for the next one. New texts go to a staging folder
inside `out/`; then the map is replaced by one that lists the old files and the new ones; then each
file moves to its place; then what is no longer part of the output is removed; the final map comes
last. A build that stops in between leaves a map that knows every file it may have written.
"""

import errno
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

from polc.output import sourcemap
from polc.output.disk import STAGE, Plan


def carry_out(out: str, files: Mapping[str, str], plan: Plan) -> None:
    """Stage everything, then move it to its place.

    Raises:
        OSError: the system refuses. Before the first file is replaced the folder is as it was.

    """
    stage = os.path.join(out, STAGE)
    clear(stage)
    # Where any file changes the final map replaces the union, be it the old one once more.
    changes = bool(set(plan.write) - {sourcemap.FILE} or plan.remove)
    write = [path for path in plan.write if path != sourcemap.FILE]
    if changes:
        check_folders(out, (*write, *plan.remove))
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
            os.makedirs(os.path.dirname(full), exist_ok=True)
            os.replace(temporary, full)
        for path in plan.remove:
            os.remove(os.path.join(out, path))
        _remove_emptied(out, set(plan.old.files) - set(files))
        os.replace(final, place)
    finally:
        clear(stage)


def check_folders(out: str, paths: Iterable[str]) -> None:
    """Find a folder that refuses files before anything is changed.

    Raises:
        PermissionError: there is one.

    """
    for folder in sorted({os.path.dirname(os.path.join(out, path)) for path in paths}):
        if os.path.isdir(folder) and not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder)


def clear(stage: str) -> None:
    """Remove the staging folder, also one that a killed build has left; never through a link."""
    if os.path.islink(stage):
        os.remove(stage)
    elif os.path.isdir(stage):
        for name in os.listdir(stage):
            os.remove(os.path.join(stage, name))
        os.rmdir(stage)


def _put(folder: str, name: str, text: str) -> str:
    path = os.path.join(folder, name)
    with open(path, "xb") as file:
        file.write(text.encode())
    return path


def _remove_emptied(out: str, removed: Iterable[str]) -> None:
    """Remove folders that held nothing but files of polc's."""
    folders = {path.rsplit("/", 1)[0] for path in removed if "/" in path}
    for folder in sorted(folders, key=lambda name: (-name.count("/"), name)):
        parts = folder.split("/")
        with suppress(OSError):  # not empty
            for end in range(len(parts), 0, -1):
                os.rmdir(os.path.join(out, *parts[:end]))
