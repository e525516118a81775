"""A project's settings: `polc.toml`, or `[tool.polc]` in `pyproject.toml`; the nearest one counts.

One resolver for the command line and for editors, so that both see the same project. The search
goes up from a folder to the root of the file system, as those of ruff and of cargo do; the top of
a repository does not end it. Settings of several files are not merged: the nearest file with
settings is all there is, and in one folder `polc.toml` wins.

Reading is injected, and so is the listing of folders, which patterns in `files` ask for.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn

from attrs import frozen

from polc.diagnostics import Severity
from polc.render import FORMATS
from polc.suggest import did_you_mean

FILE, PYPROJECT = "polc.toml", "pyproject.toml"
LEVELS = tuple(str(level) for level in sorted(Severity, reverse=True))
"""What `--fail-level` takes: severities, the worst one first."""

Reader = Callable[[str], bytes]
"""Read a file by its absolute path: FileNotFoundError where there is none, else any OSError."""
ListFolder = Callable[[str], Iterable[str]]
"""Return the names in a folder, by its absolute path; raise OSError where it is none."""


@frozen
class Config:
    """What a project says once so that no command line has to; None or empty: not said."""

    path: str | None
    """The file that it comes from."""
    root: str
    """The folder of that file, and the starting folder where there is none."""
    files: tuple[str, ...] = ()
    """The program, as absolute paths, sorted."""
    out: str | None = None
    targets: tuple[str, ...] | None = None
    env: str | None = None
    fail_level: str | None = None
    format: str | None = None


class ConfigError(Exception):
    """A file of settings that is wrong: where, what, and what to write instead."""

    def __init__(self, path: str, line: int | None, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.line = line
        self.message = message
        self.help = help


def find_config(folder: str, read: Reader, list_folder: ListFolder = os.listdir) -> Config:
    """Return the settings for a folder.

    Raises:
        ConfigError: the nearest file with settings is wrong, or can't be read.

    """
    start = current = os.path.abspath(folder)
    while True:
        for name in (FILE, PYPROJECT):
            found = _open(os.path.join(current, name), read)
            if found is not None:
                return _config(found, list_folder)
        parent = os.path.dirname(current)
        if parent == current:
            return Config(None, start)
        current = parent


def read_config(path: str, read: Reader, list_folder: ListFolder = os.listdir) -> Config:
    """Return the settings of one file that somebody named.

    Raises:
        ConfigError: it is wrong, can't be read, or is a `pyproject.toml` without settings.

    """
    path = os.path.abspath(path)
    found = _open(path, read, named=True)
    if found is None:
        raise ConfigError(path, None, "there is no `[tool.polc]` in it")
    return _config(found, list_folder)


def fault(config: Config, key: str, message: str, read: Reader) -> ConfigError:
    """Return the error for a setting that turned out wrong later, such as an unknown target."""
    assert config.path is not None, "somebody must have said it"
    found = _open(config.path, read, named=True)
    line = None if found is None else found.line_of(key)
    return ConfigError(config.path, line, message)


@frozen
class _File:
    """A file of settings; `above` are the tables around them."""

    path: str
    text: str
    above: tuple[str, ...]
    settings: Mapping[str, Any]

    def line_of(self, *keys: str) -> int | None:
        return _line_of(self.text, (*self.above, *keys))

    def fail(self, key: str, message: str, help: str | None = None) -> NoReturn:
        raise ConfigError(self.path, self.line_of(key), message, help)


def _open(path: str, read: Reader, *, named: bool = False) -> _File | None:
    """Return a file of settings; None where there is none, or nothing for polc in it."""
    try:
        data = read(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        if not named:
            return None
        raise _unreadable(path, error) from None
    except OSError as error:
        raise _unreadable(path, error) from None
    if os.path.basename(path) != PYPROJECT:
        text, settings = _parse(path, data)
        return _File(path, text, (), settings)
    if b"polc" not in data:  # spares nearly every Python project the parser of TOML
        return None
    text, tables = _parse(path, data)
    tool = tables.get("tool")
    if not isinstance(tool, dict) or "polc" not in tool:
        return None
    found = _File(path, text, ("tool", "polc"), tool["polc"])
    if not isinstance(found.settings, dict):
        raise ConfigError(path, found.line_of(), "`tool.polc` must be a table of settings")
    return found


def _unreadable(path: str, error: OSError) -> ConfigError:
    return ConfigError(path, None, f"can't be read: {(error.strerror or str(error)).lower()}")


def _parse(path: str, data: bytes) -> tuple[str, dict[str, Any]]:
    import tomllib

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, line, "this is not UTF-8 text") from None
    try:
        return text, tomllib.loads(text)
    except ValueError as error:
        # The message ends with the place: "(at line 1, column 5)", or "(at end of document)".
        reason, _, place = str(error).partition(" (at ")
        digits = place.removeprefix("line ").partition(",")[0]
        line = int(digits) if digits.isdecimal() else text.rstrip().count("\n") + 1
        message = f"this is not TOML: {reason[:1].lower()}{reason[1:]}"
        raise ConfigError(path, line, message) from None
    except RecursionError:
        raise ConfigError(path, None, "this is nested too deeply") from None


def _config(file: _File, list_folder: ListFolder) -> Config:
    """Check every setting."""
    for key in file.settings:
        if key not in _KEYS:
            near = did_you_mean(key.replace("_", "-"), _KEYS)
            known = "settings: " + ", ".join(f"`{each}`" for each in _KEYS)
            file.fail(key, f"there is no setting `{key}`", near or known)
    root = os.path.dirname(file.path)
    files = _texts(file, "files", '["policy.svc"]')
    out = _text(file, "out")
    if out == "-":
        file.fail("out", "`out` is a folder", "for standard output write `polc build -o -`")
    targets = _texts(file, "targets", '["networkpolicy", "rbac"]')
    for name in targets or ():
        if "," in name:
            file.fail("targets", f"`{name}` is no target", "give each a string of its own")
    return Config(
        path=file.path,
        root=root,
        files=tuple(sorted(set(_paths(file, root, files or (), list_folder)))),
        out=None if out is None else os.path.normpath(os.path.join(root, out)),
        targets=targets,
        env=_text(file, "env"),
        fail_level=_choice(file, "fail-level", LEVELS),
        format=_choice(file, "format", FORMATS),
    )


_KEYS = ("files", "out", "targets", "env", "fail-level", "format")


def _text(file: _File, key: str) -> str | None:
    value = file.settings.get(key)
    if value is not None and not _is_text(value):
        file.fail(key, f"`{key}` must be a string", f'write `{key} = "…"`')
    return value


def _texts(file: _File, key: str, example: str) -> tuple[str, ...] | None:
    """Return a list of strings. An empty one is refused: it would mean everything, or nothing."""
    value = file.settings.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(map(_is_text, value)):
        file.fail(key, f"`{key}` must be a list of strings", f"write `{key} = {example}`")
    return tuple(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def _choice(file: _File, key: str, choices: tuple[str, ...]) -> str | None:
    value = _text(file, key)
    if value is not None and value not in choices:
        advice = did_you_mean(value, choices) or "one of: " + ", ".join(choices)
        file.fail(key, f"`{value}` is no value of `{key}`", advice)
    return value


def _paths(
    file: _File, root: str, given: tuple[str, ...], list_folder: ListFolder
) -> Iterator[str]:
    """Yield the files that `files` names; a pattern has to match something."""
    for name in given:
        if name == "-":
            file.fail("files", "standard input is no file of a project", "name a file")
        if "**" in name:
            help_line = "one `*` is one folder: `services/*/policy.svc`"
            file.fail("files", f"`{name}`: there is no `**` in patterns", help_line)
        if not _is_pattern(name):
            yield os.path.normpath(os.path.join(root, name))
            continue
        found = _matches(root, name, list_folder)
        if not found:
            file.fail("files", f"no file is called as `{name}` says", "name a file that exists")
        yield from found


def _is_pattern(name: str) -> bool:
    return any(char in name for char in "*?[")


def _matches(root: str, pattern: str, list_folder: ListFolder) -> list[str]:
    """Return the paths that match, part by part; hidden names only where the pattern is hidden."""
    from fnmatch import fnmatchcase
    from pathlib import PurePath

    found = [root]
    must_exist = False
    for part in PurePath(pattern).parts:
        must_exist = must_exist or _is_pattern(part)
        if not must_exist:
            found = [os.path.normpath(os.path.join(folder, part)) for folder in found]
            continue
        names = [(folder, name) for folder in found for name in _names(folder, list_folder)]
        found = [
            os.path.join(folder, name)
            for folder, name in names
            if fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
        ]
    return found


def _names(folder: str, list_folder: ListFolder) -> Iterable[str]:
    try:
        return list_folder(folder)
    except OSError:  # a file beside folders, or a folder that is not ours to see
        return ()


def _line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """Return the line on which a key is given.

    `tomllib` tells no positions. But a statement ends where the text up to there parses, so the
    one that brings the key begins after a text that parses without it.
    """
    import tomllib

    lines = text.split("\n")
    for number, line in enumerate(lines):
        if keys[-1] not in line:
            continue
        try:
            tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue  # inside a string or list of several lines
        for end in range(number + 1, len(lines) + 1):
            try:
                table: Any = tomllib.loads("\n".join(lines[:end]))
            except tomllib.TOMLDecodeError:
                continue
            for key in keys:
                table = table.get(key) if isinstance(table, dict) else None
            if table is not None:
                return number + 1
            break
    return None
