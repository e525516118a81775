"""Imports of nothing that is used."""

from polc import syntax as s
from polc.codes.flows import UNUSED_IMPORT
from polc.diagnostics import Diagnostic
from polc.load import Unit, imported
from polc.resolve.symbols import Symbol

_NAMED = (s.Endpoint, s.ExternService, s.Gateway, s.Group, s.Profile, s.Role)
"""Declarations that do nothing until something names them."""


def check_imports(units: tuple[Unit, ...], used: set[Symbol]) -> tuple[Diagnostic, ...]:
    """Warn of imports by which no name comes that something uses, and no part of the program.

    A file of names alone that imports another one hands on what that has.
    """
    by_name = {unit.module or unit.file.source.name: unit for unit in units}
    needed = {symbol.span.source.name for symbol in used}
    needed |= {name for name, unit in by_name.items() if unit.module is None and _acts(unit)}
    asked: dict[str, list[str]] = {}
    for name, unit in by_name.items():
        for each in _imports(unit):
            asked.setdefault(imported(each, name), []).append(name)
    useful, waiting = set(needed), list(needed)
    while waiting:
        for name in asked.get(waiting.pop(), ()):
            if name not in useful:
                useful.add(name)
                waiting.append(name)
    return tuple(
        Diagnostic(
            UNUSED_IMPORT,
            f"nothing uses what `{_called(each)}` declares",
            each.target.span,
            help="delete the import",
        )
        for name, unit in by_name.items()
        if unit.module is None
        for each in _imports(unit)
        if (target := imported(each, name)) in by_name and target not in useful
    )


def _imports(unit: Unit) -> list[s.Import]:
    return [each for each in unit.file.declarations if isinstance(each, s.Import)]


def _called(declaration: s.Import) -> str:
    target = declaration.target
    return target.text if isinstance(target, s.Name) else target.value


def _acts(unit: Unit) -> bool:
    """Tell whether a file is a part of the program, whether or not something names it."""
    declarations = unit.file.declarations
    if any(isinstance(each, s.Namespace) and each.settings for each in declarations):
        return True
    return any(not isinstance(each, (*_NAMED, s.Namespace, s.Import)) for each in declarations)
