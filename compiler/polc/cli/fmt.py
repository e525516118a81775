"""`polc fmt`: programs rewritten in the one layout, or told apart from it."""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import define, field

from polc.cli import CLEAN, FINDINGS
from polc.cli.console import Files, document, has_colour, to_stderr, to_stdout
from polc.cli.usage import UsageError
from polc.codes import syntax as codes
from polc.diagnostics import Code, Diagnostic
from polc.fmt import format_source
from polc.plain import harmless
from polc.source import Source, nowhere

_STDIN = "-"


@define
class _Outcome:
    """What was found in all files so far."""

    changed: int = 0
    same: int = 0
    found: list[Diagnostic] = field(factory=list)

    def fail(self, code: Code, what: str, path: str, error: OSError) -> None:
        """Take note of a file that the system refused."""
        reason = (error.strerror or str(error)).lower()
        self.found.append(Diagnostic(code, f"can't {what} `{path}`: {reason}", nowhere(path)))


def run(chosen: Any) -> int:
    """Carry out the command."""
    if _STDIN in chosen.paths and len(chosen.paths) > 1:
        raise UsageError("`-` is standard input, and stands alone")
    if chosen.stdin_filename is not None and _STDIN not in chosen.paths:
        raise UsageError("`--stdin-filename` names standard input: give `-`, too")
    outcome = _Outcome()
    files = Files()
    for path in _files(chosen.paths, outcome):
        _format(chosen, path, files, outcome)
    _report(chosen, outcome)
    if outcome.found:
        return FINDINGS
    return FINDINGS if outcome.changed and (chosen.check or chosen.diff) else CLEAN


def _files(paths: Sequence[str], outcome: _Outcome) -> Iterator[str]:
    """Yield each file once: those named, and the programs in folders, links and dot files aside."""
    seen: set[str] = set()
    for path in paths:
        for file in _programs(path, outcome) if os.path.isdir(path) else (path,):
            real = os.path.realpath(file) if "\0" not in file else file
            if real not in seen:
                seen.add(real)
                yield file


def _programs(folder: str, outcome: _Outcome) -> Iterator[str]:
    def fail(error: OSError) -> None:
        outcome.fail(codes.MISSING_FILE, "read", error.filename, error)

    for place, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = os.path.normpath(os.path.join(place, name))
            if name.endswith(".svc") and not name.startswith(".") and not os.path.islink(file):
                yield file


def _format(chosen: Any, path: str, files: Files, outcome: _Outcome) -> None:
    """Format one file and deliver the result."""
    name = (chosen.stdin_filename or "<stdin>") if path == _STDIN else path
    try:
        data = files.read(path)
    except OSError as error:
        return outcome.fail(codes.MISSING_FILE, "read", path, error)
    try:
        before = data.decode()
    except UnicodeDecodeError:
        from polc.parse import parse_bytes

        _, _, found = parse_bytes(name, data)
        outcome.found += (each for each in found if each.code is codes.NOT_UTF8)
        return None
    after, problems = format_source(Source(name, before.removeprefix("\ufeff")))
    outcome.found += problems
    if chosen.diff:
        document(_diff(harmless(name), before, after), verbatim=True)
    elif path == _STDIN and not chosen.check:
        document(after, verbatim=True)
    if before == after:
        outcome.same += 1
    elif _deliver(chosen, path, name, after, outcome):
        outcome.changed += 1
    return None


def _deliver(chosen: Any, path: str, name: str, after: str, outcome: _Outcome) -> bool:
    """Write a file, or name it; False if it can't be written."""
    if chosen.check:
        to_stdout(f"{harmless(name)}\n")
    elif path != _STDIN and not chosen.diff:
        from polc.codes.output import UNWRITABLE
        from polc.output.write import replace_file

        try:
            replace_file(path, after)
        except OSError as error:
            outcome.fail(UNWRITABLE, "write", path, error)
            return False
    return True


def _diff(name: str, before: str, after: str) -> str:
    """Return what would change, as `patch` takes it; only a line feed ends a line."""
    from difflib import unified_diff

    rows = unified_diff(_lines(before), _lines(after), name, name)
    ends = "\n\\ No newline at end of file\n"
    return "".join(row if row.endswith("\n") else row + ends for row in rows)


def _lines(text: str) -> list[str]:
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + [last] * bool(last)


def _report(chosen: Any, outcome: _Outcome) -> None:
    """Show what is wrong, then what was done."""
    if outcome.found:
        from polc.render import render

        to_stderr(render("full", outcome.found, has_colour(chosen.color, sys.stderr)))
    if chosen.quiet or _STDIN in chosen.paths:
        return
    would = "would be " if chosen.check or chosen.diff else ""
    parts = []
    if outcome.changed:
        parts.append(f"{_counted(outcome.changed)} {would}reformatted")
    if outcome.same:
        stay = "left as it is" if outcome.same == 1 else "left as they are"
        parts.append(f"{outcome.same if parts else _counted(outcome.same)} {stay}")
    if parts or not outcome.found:
        to_stderr(f"{', '.join(parts) or 'there is no *.svc file'}\n")


def _counted(number: int) -> str:
    return f"{number} file" if number == 1 else f"{number} files"
