"""What the project's configuration says where the command line says nothing (`polc.config`).

Each setting is the default of the options that ask for the same; an option that is given wins over
its setting, and over no other.
"""

import errno
import os
from argparse import Namespace
from collections.abc import Iterable, Mapping
from typing import Any

from polc.cli.console import to_stderr
from polc.cli.usage import UsageError
from polc.config import FILE, Config, ConfigError, fault, find_config, read_config
from polc.files import read_file
from polc.plain import harmless

_MISSING = {
    "files": ("FILE", 'files = ["policy.svc"]'),
    "policy": ("--policy", 'files = ["policy.svc"]'),
    "old": ("OLD", 'files = ["policy.svc"]'),
    "new": ("NEW", 'files = ["policy.svc"]'),
    "paths": ("PATH", 'out = "out"'),
    "out": ("-o/--out", 'out = "out"'),
}
"""What an option is called where it is missing, and the setting that stands in for it."""

_LONGEST = 1 << 20
"""So many bytes of settings are read."""

_REQUIRED = {
    "build": ("files", "out"),
    "check": ("files",),
    "ir": ("files",),
    "graph": ("files",),
    "harden": ("policy",),
    "verify": ("paths",),
}


def settings(given: Any) -> Config:
    """Return the project's configuration, as `--config` and `--no-config` have it.

    Raises:
        UsageError: it is wrong.

    """
    folder = starting_folder(given)
    try:
        if given.no_config:
            return Config(None, folder)
        if given.config is not None:
            return read_config(given.config, _read)
        return find_config(folder, _read)
    except ConfigError as error:
        raise as_usage(error) from None


def configured(given: Any, config: Config) -> Namespace:
    """Return the options with their defaults; `project` is the configuration.

    Raises:
        UsageError: something is said neither here nor there, or a target does not exist.

    """
    offered = _offers(given.command, config)
    said = {name for name, value in vars(given).items() if value is not None and value != []}
    taken = {name: value for name, value in offered.items() if name in given and name not in said}
    chosen = Namespace(**{**vars(given), **taken, "project": config})
    lacking = [
        name
        for name in _REQUIRED.get(given.command, ())
        if name not in said and not vars(chosen)[name]
    ]
    if lacking:
        raise missing(lacking, config)
    if "target" in taken and config.targets is not None:
        _check_targets(config, config.targets)
    _tell(taken, config)
    return chosen


def starting_folder(given: Any) -> str:
    """Return where the search starts: beside the program that is named, else where the user is.

    So a program has the settings that an editor sees for it, wherever polc is called.
    """
    named = getattr(given, "files", None) or getattr(given, "policy", None) or ()
    folders = [os.path.dirname(os.path.abspath(name)) for name in named if name != "-"]
    return os.path.commonpath(folders) if folders else os.getcwd()


def relative(path: str) -> str:
    """Return a path as a user in the working folder writes it."""
    return os.path.relpath(path).replace(os.sep, "/")


def as_usage(error: ConfigError, revision: str = "") -> UsageError:
    """Return the error as the user is told of it."""
    line = f":{error.line}" if error.line is not None else ""
    advice = f"\nhelp: {harmless(error.help)}" if error.help else ""
    return UsageError(f"{revision}{relative(error.path)}{line}: {harmless(error.message)}{advice}")


def missing(options: Iterable[str], config: Config) -> UsageError:
    """Return the error for options that neither command line nor configuration says."""
    names, examples = zip(*(_MISSING[option] for option in options), strict=True)
    file = FILE if config.path is None else relative(config.path)
    written = " and ".join(f"`{each}`" for each in dict.fromkeys(examples))
    return UsageError(
        f"these are missing: {', '.join(names)}\n"
        f"help: name what is meant, or write {written} into {file}"
    )


def _read(path: str) -> bytes:
    # In a folder that is closed to us nothing is there for us.
    if not os.path.exists(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return read_file(path, _LONGEST)


def _offers(command: str, config: Config) -> Mapping[str, Any]:
    """Return what the options of a command default to; `format` and `out` of some mean others."""
    files = [relative(path) for path in config.files]
    out = None if config.out is None else relative(config.out)
    offered = {
        "files": files,
        "policy": files or None,
        "target": None if config.targets is None else list(config.targets),
        "env": config.env,
        "fail_level": config.fail_level or "error",
    }
    if command == "build":
        offered["out"] = out
    if command == "verify":
        offered["paths"] = [out] if out else []
    if command not in ("diff", "graph"):
        offered["format"] = config.format or "full"
    return offered


def _check_targets(config: Config, names: tuple[str, ...]) -> None:
    """Tell of a target that does not exist where it stands."""
    from polc_backends.registry import RegistryError, load

    try:
        load(names)
    except RegistryError as error:
        raise as_usage(fault(config, "targets", str(error), _read)) from None


def _tell(taken: Mapping[str, Any], config: Config) -> None:
    """Say which settings decide about what is permitted: even with `-q`, so that all see them."""
    if config.path is None:
        return
    deciding = ("policy", "env", "target")
    found = {name: taken[name] for name in deciding if taken.get(name) is not None}
    texts = [
        f"{name} {value if isinstance(value, str) else ', '.join(value)}"
        for name, value in found.items()
    ]
    if texts:
        to_stderr(harmless(f"from {relative(config.path)}: {'; '.join(texts)}") + "\n")
