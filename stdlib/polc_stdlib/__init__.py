"""The standard library of the language: its modules as text, written in the language itself."""

from functools import cache
from importlib import resources

_MODULES = ("std.hardening", "std.platform", "std.roles")


def modules() -> tuple[str, ...]:
    """Return the dotted names of all modules, sorted."""
    return _MODULES


@cache
def text(module: str) -> str | None:
    """Return the text of a module, or None where there is no such module."""
    if module not in _MODULES:
        return None
    name = module.removeprefix("std.")
    return (resources.files(__name__) / f"{name}.svc").read_text(encoding="utf-8")
