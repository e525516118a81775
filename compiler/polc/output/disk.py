"""What the output folder holds now, against what it should hold: looks, changes nothing."""

import os
import stat
from collections.abc import Collection, Iterable, Mapping

from attrs import define, field, frozen

from polc.codes.output import EDITED_FILE, FOREIGN_FILE, STALE_OUTPUT, UNWRITABLE
from polc.diagnostics import Code, Diagnostic
from polc.files import read_file
from polc.output import sourcemap
from polc.output.layout import MARK
from polc.source import nowhere

_MARK = MARK.encode()
_HEAD = 400
STAGE = ".polc-tmp"
"""How the names begin of folders and files in which new output is prepared."""


@frozen
class Plan:
    """What a build would do to the folder. Paths are relative to it, `/` between parts."""

    old: sourcemap.OldMap
    create: tuple[str, ...]
    change: tuple[str, ...]
    remove: tuple[str, ...]
    unchanged: int
    kept: tuple[Diagnostic, ...]
    """What is said of files that would be removed, but are no longer what polc wrote."""

    @property
    def changes(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.create or self.change or self.remove)

    @property
    def write(self) -> tuple[str, ...]:
        """All files whose text is new."""
        return self.create + self.change


def problem(code: Code, path: str, message: str, advice: str | None = None) -> Diagnostic:
    """Return a diagnostic about a file of the output."""
    return Diagnostic(code, message, nowhere(path), help=advice)


def os_problem(path: str, error: OSError) -> Diagnostic:
    """Return a diagnostic about what the operating system refused."""
    reason = (error.strerror or str(error)).lower()
    return problem(UNWRITABLE, path, f"can't write `{path}`: {reason}")


def is_safe(path: str) -> bool:
    """Tell whether a relative path stays inside the folder it is relative to, on any system."""
    parts = path.split("/")
    return not any(
        part in ("", ".", "..")
        or part.startswith(STAGE)
        or not part.isprintable()
        or set(part) & set("\\:")
        for part in parts
    )


def make_plan(out: str, files: Mapping[str, str]) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    """Compare the folder with `files` (the map included); no plan if anything is in the way."""
    look = _Look(out)
    if not look.is_usable():
        return None, tuple(look.found)
    old = look.old_map()
    states: dict[str, list[str]] = {"create": [], "change": [], "same": []}
    for path, text in files.items():
        state = look.state_of(path, text.encode(), path in old.files or path == sourcemap.FILE)
        if state is not None:
            states[state].append(path)
    stale = [path for path in sorted(old.files) if path not in files and look.is_removable(path)]
    if look.found:
        return None, tuple(look.found)
    remove = [path for path in stale if is_written(os.path.join(out, path), old.files[path])]
    kept = tuple(_keep(os.path.join(out, path)) for path in stale if path not in remove)
    create, change, same = (tuple(states[key]) for key in ("create", "change", "same"))
    return Plan(old, create, change, tuple(remove), len(same), kept), ()


def is_written(full: str, digests: Collection[str]) -> bool:
    """Tell whether a file is what polc wrote: it says so, and is what a map says of it.

    The map alone is not believed: whoever can change it could have any file removed.
    """
    if not digests or not stat.S_ISREG(os.lstat(full).st_mode):
        return False
    try:
        data = read_file(full)
    except OSError:
        return False
    return _MARK in data[:_HEAD] and sourcemap.digest(data) in digests


def read_map(full: str) -> sourcemap.OldMap:
    """Read a map.

    Raises:
        NotOurs: it is no map of polc's.
        OSError: it can't be read.

    """
    if not stat.S_ISREG(os.lstat(full).st_mode):
        raise sourcemap.NotOurs
    try:
        return sourcemap.parse_map(read_file(full).decode())
    except UnicodeDecodeError:
        raise sourcemap.NotOurs from None


def _keep(full: str) -> Diagnostic:
    """Say that a file stays which is no longer part of the output."""
    message = f"`{full}` is no longer part of the output, and was changed since polc wrote it"
    advice = "it stays, and is yours from now on: delete it unless you need it"
    return problem(EDITED_FILE, full, message, advice)


def report_stale(out: str, plan: Plan) -> tuple[Diagnostic, ...]:
    """Say what a build would change, for `--check`."""
    kinds = (
        (plan.create, "is missing"),
        (plan.change, "is not what the program compiles to"),
        (plan.remove, "is no longer part of the output"),
    )
    stale = tuple(
        problem(
            STALE_OUTPUT,
            os.path.join(out, path),
            f"`{os.path.join(out, path)}` {what}",
            "run `polc build` without `--check`, and commit what it writes",
        )
        for paths, what in kinds
        for path in paths
    )
    return (*stale, *plan.kept)


@define
class _Look:
    """One look at a folder; `folders` remembers which folders below it are usable."""

    out: str
    found: list[Diagnostic] = field(factory=list)
    folders: dict[str, bool] = field(factory=dict)

    def is_usable(self) -> bool:
        """Tell whether the folder itself can hold output: it is a folder, or nothing yet."""
        try:
            mode = os.stat(self.out).st_mode
        except FileNotFoundError:
            return not self._report_dangling()
        except (OSError, ValueError) as error:
            failure = error if isinstance(error, OSError) else OSError(str(error))
            self.found.append(os_problem(self.out, failure))
            return False
        if stat.S_ISDIR(mode):
            return True
        self.found.append(
            problem(
                UNWRITABLE, self.out, f"`{self.out}` is not a folder", "name a folder after `-o`"
            )
        )
        return False

    def _report_dangling(self) -> bool:
        if not os.path.islink(self.out):
            return False
        message = f"`{self.out}` is a link to a folder that does not exist"
        self.found.append(problem(UNWRITABLE, self.out, message))
        return True

    def old_map(self) -> sourcemap.OldMap:
        """Read the last build's map; a foreign file in its place is reported."""
        full = os.path.join(self.out, sourcemap.FILE)
        none = sourcemap.OldMap({})
        try:
            old = read_map(full)
        except FileNotFoundError:
            return none
        except OSError as error:
            self.found.append(os_problem(full, error))
            return none
        except sourcemap.NotOurs:
            advice = "restore it from version control, or delete it and build again"
            message = f"`{full}` is not a source map of polc's"
            self.found.append(problem(FOREIGN_FILE, full, message, advice))
            return none
        for path in sorted(old.files):
            if not is_safe(path):
                message = f"`{full}` lists `{path}`, which is outside the folder"
                advice = "somebody changed the map; restore it from version control"
                self.found.append(problem(UNWRITABLE, full, message, advice))
        return old

    def state_of(self, path: str, wanted: bytes, listed: bool) -> str | None:
        """Return create, change or same; None if something is in the way, which is reported."""
        full = os.path.join(self.out, path)
        if not is_safe(path):
            message = f"a target wants to write `{path}`, which is outside the folder"
            self.found.append(problem(UNWRITABLE, full, message))
            return None
        if not self._are_folders(path.split("/")[:-1]):
            return None
        try:
            if not stat.S_ISREG(os.lstat(full).st_mode):
                self._report_foreign(full)
                return None
            found = read_file(full)
        except FileNotFoundError:
            return "create"
        except OSError as error:
            self.found.append(os_problem(full, error))
            return None
        if found == wanted:
            return "same"
        if listed or _MARK in found[:_HEAD]:
            return "change"
        self._report_foreign(full)
        return None

    def is_removable(self, path: str) -> bool:
        """Tell whether a file of the last build is still there to be removed.

        Whoever put a folder or a link in its place owns that.
        """
        if not is_safe(path):
            return False
        parts = path.split("/")
        full = self.out
        try:
            for part in parts[:-1]:
                full = os.path.join(full, part)
                if not stat.S_ISDIR(os.lstat(full).st_mode):
                    return False
            return stat.S_ISREG(os.lstat(os.path.join(full, parts[-1])).st_mode)
        except OSError:
            return False

    def _are_folders(self, parts: Iterable[str]) -> bool:
        """Tell whether the folders on the way to a file are folders, or can be made."""
        path = ""
        for part in parts:
            path = f"{path}/{part}" if path else part
            if path not in self.folders:
                self.folders[path] = self._is_folder(os.path.join(self.out, path))
            if not self.folders[path]:
                return False
        return True

    def _is_folder(self, full: str) -> bool:
        try:
            mode = os.lstat(full).st_mode
        except FileNotFoundError:
            return True
        except OSError as error:
            self.found.append(os_problem(full, error))
            return False
        if stat.S_ISLNK(mode):
            message = f"`{full}` is a symbolic link; polc doesn't write through one"
            advice = "replace it by a folder, or choose another folder after `-o`"
            self.found.append(problem(UNWRITABLE, full, message, advice))
        elif not stat.S_ISDIR(mode):
            self._report_foreign(full)
        return stat.S_ISDIR(mode)

    def _report_foreign(self, full: str) -> None:
        message = f"`{full}` is in the way: polc did not write it"
        advice = "move it, or choose another folder after `-o`"
        self.found.append(problem(FOREIGN_FILE, full, message, advice))
