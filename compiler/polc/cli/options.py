"""What several commands do: choices of the user to a compilation, diagnostics to a stream."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from polc.cli import CLEAN, FINDINGS
from polc.cli.console import Files, document, document_to_stderr, has_colour, to_stderr, to_stdout
from polc.cli.usage import UsageError
from polc.diagnostics import Diagnostic, Severity
from polc.driver import Compilation, Options, compile_program


def compile_chosen(chosen: Any, files: Files) -> Compilation:
    """Compile what the user named, for the targets and the day that the user chose."""
    from polc_backends.registry import RegistryError, load

    _tune_memory()
    names = chosen_targets(chosen.target)
    options = Options(today=chosen_day(chosen.today), environment=chosen.env, targets=names)
    try:
        return compile_program(tuple(chosen.files), files.read, load(names), options)
    except RegistryError as error:
        raise UsageError(str(error)) from error


def chosen_targets(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """Split `--target a,b --target c`; None means the default."""
    if given is None:
        return None
    names = [name.strip() for each in given for name in each.split(",")]
    if not all(names):
        raise UsageError("`--target` wants names of targets with commas between, as `rbac,istio`")
    return tuple(dict.fromkeys(names))


def chosen_day(given: str | None) -> date:
    """Return the day to compile for: the option, SOURCE_DATE_EPOCH, or today's UTC date.

    Source: reproducible-builds.org/specs/source-date-epoch (seconds, in UTC).
    """
    if given is not None:
        try:
            if len(given) != len("2026-12-31"):
                raise ValueError
            return date.fromisoformat(given)
        except ValueError:
            message = f"`--today {given}` is no date; write it as `2026-12-31`"
            raise UsageError(message) from None
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC).date()
    try:
        return datetime.fromtimestamp(int(epoch), UTC).date()
    except (ValueError, OverflowError, OSError):
        message = f"SOURCE_DATE_EPOCH is `{epoch}`; it must be a number of seconds since 1970"
        raise UsageError(message) from None


def show(chosen: Any, diagnostics: Sequence[Diagnostic], *, documents_to_stdout: bool) -> None:
    """Print diagnostics: for people on standard error, machine formats where they are read."""
    from polc.render import FOR_PEOPLE, render

    if chosen.format in FOR_PEOPLE:
        colour = has_colour(chosen.color, sys.stderr)
        to_stderr(render(chosen.format, diagnostics, colour))
    elif documents_to_stdout:
        document(render(chosen.format, diagnostics))
    else:
        document_to_stderr(render(chosen.format, diagnostics))


def show_as_result(chosen: Any, diagnostics: Sequence[Diagnostic]) -> None:
    """Print diagnostics that are the command's result: on standard output."""
    from polc.render import FOR_PEOPLE, render

    if chosen.format in FOR_PEOPLE:
        to_stdout(render(chosen.format, diagnostics, has_colour(chosen.color, sys.stdout)))
    else:
        document(render(chosen.format, diagnostics))


def exit_code(chosen: Any, diagnostics: Sequence[Diagnostic]) -> int:
    """Return 1 where something is as bad as `--fail-level`, unless `--exit-zero`."""
    level = Severity[chosen.fail_level.upper()]
    bad = any(diagnostic.severity >= level for diagnostic in diagnostics)
    return FINDINGS if bad and not chosen.exit_zero else CLEAN


def _tune_memory() -> None:
    """Switch the cyclic garbage collector off: a build makes no cycles and ends soon."""
    import gc

    gc.freeze()
    gc.disable()
