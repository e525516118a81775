"""New output as a new folder, which takes the place of the old one in one step.

The new folder is filled beside `out/`, in `.polc-tmp-out/`: with new texts, and with a hard link to
everything else that lies in the old one, be it polc's or not. Then both change places, which is one
call where the system has it (Linux, macOS), and two renames elsewhere. So a build that is killed
leaves the old folder or the new one (between two renames none, and the next build puts it back),
and what is not polc's is in either. At last the old one is looked through for what others put there
in the meantime, and removed; if polc was killed before that, the next build does it.
"""

import errno
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress

from polc.output import inplace, sourcemap
from polc.output.disk import STAGE, Plan, is_written, read_map
from polc.output.exchange import exchange

_OLD = "old"


def replace(out: str, files: Mapping[str, str], plan: Plan) -> bool:
    """Replace the folder; False where that can't be done, and then nothing is.

    A folder that somebody stands in, or that is a repository, stays the folder that it is.
    """
    out = os.path.realpath(out)
    if _is_held(out):
        return False
    stage = _stage(out)
    try:
        inplace.check_folders(out, (*plan.write, *plan.remove))
        os.mkdir(stage, 0o700)  # fails on one that is somebody else's
        new = os.path.join(stage, _identity(out))
        os.mkdir(new)
        _fill(out, new, files, plan)
        _put(new, out, stage)
    except (OSError, NotImplementedError):
        # What is wrong is told where it is tried file by file, or is not wrong there.
        return False
    finally:
        recover(out)
    return True


def recover(out: str) -> None:
    """Clean up beside the folder: after a build, also after one that was killed."""
    out = os.path.realpath(out)
    stage = _stage(out)
    with suppress(OSError):
        if os.path.islink(stage):
            os.remove(stage)
        if not os.path.isdir(stage):
            return
        for name in os.listdir(stage):
            found = os.path.join(stage, name)
            if name == _OLD and not os.path.lexists(out):
                os.rename(found, out)
            elif name in (_OLD, _identity(found)):
                _settle(found, out)
            else:
                shutil.rmtree(found)
        os.rmdir(stage)


def _stage(out: str) -> str:
    folder, name = os.path.split(out)
    return os.path.join(folder, f"{STAGE}-{name}")


def _identity(folder: str) -> str:
    """Return the name under which a new folder waits for this one's place.

    Once they have changed places the old one has it, and so can be told from an unfinished one.
    """
    try:
        return str(os.lstat(folder).st_ino)
    except FileNotFoundError:
        return "new"


def _is_held(out: str) -> bool:
    """Tell whether somebody would miss the folder itself, and not only what is in it."""
    try:
        here = os.path.realpath(os.getcwd())
    except OSError:
        here = ""
    return f"{here}{os.sep}".startswith(f"{out}{os.sep}") or os.path.lexists(
        os.path.join(out, ".git")
    )


def _fill(old: str, new: str, files: Mapping[str, str], plan: Plan) -> None:
    """Make the new folder complete."""
    if os.path.isdir(old):
        inplace.clear(os.path.join(old, STAGE))
        _carry_over(old, new, frozenset((*plan.write, *plan.remove)))
    for path in plan.write:
        full = os.path.join(new, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "xb") as file:
            file.write(files[path].encode())


def _carry_over(old: str, new: str, without: frozenset[str]) -> None:
    """Link all that is in a folder, at any depth, and follow no link on the way.

    Folders are made as they were. One that held nothing but what is left out is left out.
    """
    device = os.stat(old).st_dev
    folders = [""]
    for folder in folders:  # grows on the way
        with os.scandir(os.path.join(old, folder)) as found:
            entries = list(found)
        inside = [each for each in entries if each.is_dir(follow_symlinks=False)]
        if any(each.stat(follow_symlinks=False).st_dev != device for each in inside):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), folder)
        folders += [os.path.join(folder, each.name) for each in inside]
        names = [os.path.join(folder, each.name) for each in entries if each not in inside]
        linked = [name for name in names if name.replace(os.sep, "/") not in without]
        if linked or not entries:
            os.makedirs(os.path.join(new, folder), exist_ok=True)
        for name in linked:
            _link(os.path.join(old, name), os.path.join(new, name))
    for folder in reversed(folders):
        if os.path.isdir(os.path.join(new, folder)):
            _be_alike(os.path.join(old, folder), os.path.join(new, folder))


def _be_alike(old: str, new: str) -> None:
    """Give a folder the permissions of another one, and find out whether that may be removed."""
    if not os.access(old, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), old)
    shutil.copystat(old, new)


def _link(old: str, new: str) -> None:
    if os.link in os.supports_follow_symlinks:
        os.link(old, new, follow_symlinks=False)
    else:
        os.link(old, new)


def _put(new: str, out: str, stage: str) -> None:
    """Put the new folder in its place; `recover` knows where the old one is then."""
    if os.path.lexists(out) and not exchange(new, out):
        os.rename(out, os.path.join(stage, _OLD))
    if os.path.lexists(new) and not os.path.lexists(out):
        os.rename(new, out)


def _settle(old: str, out: str) -> None:
    """Remove the folder that was replaced, and give back what others put there meanwhile."""
    known, current = _listed(old), _listed(out)
    folders = [""]
    for folder in folders:  # grows on the way
        with os.scandir(os.path.join(old, folder)) as found:
            entries = list(found)
        for each in entries:
            path = os.path.join(folder, each.name)
            if each.is_dir(follow_symlinks=False):
                folders.append(path)
            elif path == sourcemap.FILE:
                pass  # It goes last: until then it says what is polc's.
            elif _is_needed(each.path, os.path.join(out, path), path, known, current):
                os.makedirs(os.path.join(out, folder), exist_ok=True)
                os.replace(each.path, os.path.join(out, path))
            else:
                os.remove(each.path)
    for folder in reversed(folders[1:]):
        os.rmdir(os.path.join(old, folder))
    with suppress(FileNotFoundError):
        os.remove(os.path.join(old, sourcemap.FILE))
    os.rmdir(old)


def _listed(folder: str) -> Mapping[str, frozenset[str]]:
    try:
        return read_map(os.path.join(folder, sourcemap.FILE)).files
    except (OSError, sourcemap.NotOurs):
        return {}


def _is_needed(
    full: str,
    place: str,
    path: str,
    known: Mapping[str, frozenset[str]],
    current: Mapping[str, frozenset[str]],
) -> bool:
    """Tell whether a file of the old folder is neither in the new one nor polc's."""
    path = path.replace(os.sep, "/")
    if path in current or is_written(full, known.get(path, ())):
        return False
    status = os.lstat(full)
    try:
        there = os.lstat(place)
    except FileNotFoundError:
        return True
    # Another file of the same name: somebody replaced it, here or there. The later one counts.
    return not os.path.samestat(status, there) and status.st_mtime_ns > there.st_mtime_ns
