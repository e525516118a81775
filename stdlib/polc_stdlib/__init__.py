"""The standard library of the language: its modules as text, written in the language itself."""

import os.path
from functools import cache

_MODULES = ("std.hardening", "std.platform", "std.roles")
_FOLDER = os.path.dirname(__file__)  # `importlib.resources` costs more than to read a module


def modules() -> tuple[str, ...]:
    """Return the dotted names of all modules, sorted."""
    return _MODULES


@cache
def text(module: str) -> str | None:
    """Return the text of a module, or None where there is no such module."""
    if module not in _MODULES:
        return None
    name = module.removeprefix("std.")
    with open(os.path.join(_FOLDER, f"{name}.svc"), encoding="utf-8", newline="") as file:
        return file.read()
