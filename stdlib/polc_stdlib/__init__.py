"""The standard library of the language: its modules as text, written in the language itself."""

import os.path
from functools import cache

_MODULES = ("std.hardening", "std.platform", "std.roles")
_FOLDER = os.path.dirname(__file__)  # `importlib.resources` costs more than to read a module


def modules() -> tuple[str, ...]:
    """Return the dotted names of all modules, sorted."""
    return _MODULES


def path(module: str) -> str | None:
    """Return the file that holds a module, or None where there is no such module."""
    if module not in _MODULES:
        return None
    return os.path.join(_FOLDER, f"{module.removeprefix('std.')}.svc")


@cache
def text(module: str) -> str | None:
    """Return the text of a module, or None where there is no such module."""
    place = path(module)
    if place is None:
        return None
    with open(place, encoding="utf-8", newline="") as file:
        return file.read()
