"""Programs of other git revisions: `HEAD~1:policy.svc`, read through `git show`."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import frozen

from polc.cli.console import Files
from polc.cli.project import as_usage, relative, starting_folder
from polc.cli.usage import UsageError
from polc.config import ConfigError, find_config
from polc.source import Source


class RevisionFiles(Files):
    """Reads files as they were at a revision; paths are relative to the working folder."""

    def __init__(self, revision: str) -> None:
        super().__init__()
        self.revision = revision

    def read(self, path: str) -> bytes:
        """Return a file's bytes at the revision.

        Raises:
            OSError: the revision has no such file.

        """
        # gitrevisions(7): `REV:./path` is relative to the working folder.
        relative = path if path.startswith("../") else f"./{path}"
        done = _git("show", f"{self.revision}:{relative}")
        if done.returncode != 0:
            raise FileNotFoundError(f"revision `{self.revision}` has no such file")
        return done.stdout

    def list(self, path: str) -> Iterable[str]:
        """Return the names in a folder at the revision.

        Raises:
            OSError: the revision has no such folder.

        """
        # Without `--full-tree` it leaves out what lies outside the working folder.
        tree = f"{self.revision}:./{path}/"
        done = _git("ls-tree", "--full-tree", "--name-only", "-z", tree)
        if done.returncode != 0:
            raise NotADirectoryError(f"revision `{self.revision}` has no such folder")
        return os.fsdecode(done.stdout).rstrip("\0").split("\0")

    def is_folder(self, path: str) -> bool:
        """Tell whether the revision has a folder of this name."""
        return _git("cat-file", "-t", f"{self.revision}:./{path}").stdout.strip() == b"tree"

    def below(self, path: str) -> dict[str, bytes]:
        """Return all files below a folder at the revision, by their names in it.

        Raises:
            UsageError: something in it is no file.

        """
        tree = f"{self.revision}:./{path}"
        listed = _git("ls-tree", "--full-tree", "-r", "-z", tree).stdout
        objects: dict[str, bytes] = {}
        for entry in filter(None, listed.split(b"\0")):
            head, _, name = entry.partition(b"\t")
            mode, _, identity = head.split(b" ")
            if not mode.startswith(b"100"):
                where = f"{self.revision}:{path}/{os.fsdecode(name)}"
                raise UsageError(f"`{where}` is a link or a submodule, which is not followed")
            objects[os.fsdecode(name)] = identity
        return dict(zip(objects, _contents(objects.values()), strict=True))


@frozen
class Side:
    """One of two programs: where its files come from, and what it is called."""

    paths: tuple[str, ...]
    files: Files
    revision: str | None = None

    def name_sources(self, sources: Iterable[Source]) -> None:
        """Put the revision before the names of files, so that places can be told apart."""
        if self.revision is not None:
            for source in sources:
                if source.name.endswith(".svc"):
                    source.name = f"{self.revision}:{source.name}"


def side(given: str | None, chosen: Any) -> Side:
    """Return what the user means: a file, standard input, or a file at a revision.

    A revision alone stands for the project's program as it was then, and None for it as it is.
    """
    program = chosen.project.files
    if given is None:
        return Side(tuple(map(relative, program)), Files())
    if given == "-" or os.path.isfile(given) or ":" not in given:
        if program and not os.path.exists(given) and _is_commit(given):
            return Side(_program_at(given, chosen), RevisionFiles(given), given)
        return Side((given,), Files())
    revision, path = given.split(":", 1)
    if not revision or revision.startswith("-") or not path:
        raise UsageError(f"`{given}` names no file; write `HEAD~1:policy.svc`")
    if not _is_commit(revision):
        raise UsageError(f"there is no file `{given}`, and no git revision `{revision}` here")
    path = path.removeprefix("./")
    if _git("cat-file", "-e", f"{revision}:./{path}").returncode != 0:
        path = _from_root(revision, path)
    return Side((path,), RevisionFiles(revision), revision)


def _is_commit(revision: str) -> bool:
    if revision.startswith("-"):
        return False
    return _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").returncode == 0


def _program_at(revision: str, chosen: Any) -> tuple[str, ...]:
    """Return the files that the project's configuration named at a revision."""
    if chosen.config is not None:
        return tuple(map(relative, chosen.project.files))
    files = RevisionFiles(revision)
    try:
        config = find_config(
            starting_folder(chosen),
            lambda path: files.read(relative(path)),
            lambda path: files.list(relative(path)),
        )
    except ConfigError as error:
        raise as_usage(error, f"{revision}:") from None
    if not config.files:
        example = f"{revision}:{relative(chosen.project.files[0])}"
        raise UsageError(
            f"at revision `{revision}` no configuration names the program; write `{example}`"
        )
    return tuple(map(relative, config.files))


def _from_root(revision: str, path: str) -> str:
    """Return a path that git takes from the root of the repository, by the working folder."""
    root = _git("rev-parse", "--show-cdup").stdout.decode().strip()
    if _git("cat-file", "-e", f"{revision}:{path}").returncode != 0:
        raise UsageError(f"revision `{revision}` has no file or folder `{path}`")
    return f"{root}{path}"


def _contents(identities: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the contents of objects, in one go (git-cat-file(1), "Batch output")."""
    given = b"".join(identity + b"\n" for identity in identities)
    out = _git("cat-file", "--batch", given=given).stdout
    at = 0
    while at < len(out):
        start = out.index(b"\n", at) + 1
        size = int(out[at:start].split(b" ")[2])
        yield out[start : start + size]
        at = start + size + 1


def _git(*arguments: str, given: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(["git", *arguments], input=given, capture_output=True, check=False)
    except FileNotFoundError:
        raise UsageError("revisions are read with git, which is not installed here") from None
