"""The program as it was at the last commit, and what has been permitted since."""

import os
import subprocess

from attrs import define, evolve, field

from polc.codes.output import WIDENED
from polc.diagnostics import Diagnostic, Label, Severity, has_errors
from polc.diff.changes import Change, Kind, gained
from polc.diff.program import compare
from polc.diff.render_words import remarks, requests_of, sentence
from polc.driver import Options, compile_program
from polc.ir.nodes import Program
from polc.lsp.projects import Entries

_GIT_SECONDS = 10
"""How long git may take; a repository on a sleeping disk must not stop diagnostics for good."""


@define(eq=False)
class Head:
    """Programs of git's HEAD, each compiled once per commit."""

    _programs: dict[tuple[Entries, Options], tuple[str, Program | None]] = field(factory=dict)

    def program(self, entries: Entries, options: Options) -> Program | None:
        """Return a program as it was at HEAD; None where there was none, or it was in error."""
        commit = _commit(os.path.dirname(entries[0]))
        if commit is None:
            return None
        known = self._programs.get((entries, options))
        if known is None or known[0] != commit:
            known = commit, _compile(entries, commit, options)
            self._programs[entries, options] = known
        return known[1]


def widening(old: Program, new: Program) -> tuple[Diagnostic, ...]:
    """Return a finding for each line that permits what `old` did not, with all that it permits."""
    by_line: dict[tuple[str, int], list[Change]] = {}
    for change in gained(compare(old, new)):
        if change.kind is not Kind.ADDED and change.span.source.text:
            by_line.setdefault((change.span.source.name, change.span.line), []).append(change)
    return tuple(_finding(changes) for _, changes in sorted(by_line.items()))


def _finding(changes: list[Change]) -> Diagnostic:
    first = min(changes, key=lambda each: each.span.key())
    more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
    told = {text: None for change in changes for text in remarks(change)}
    return Diagnostic(
        WIDENED,
        f"newly permitted since the last commit: {_phrase(first)}{more}",
        first.span,
        tuple(Label(change.span, _phrase(change)) for change in changes),
        help="; ".join(told) or None,
        severity=Severity.NOTE,
    )


def _phrase(change: Change) -> str:
    return ", ".join((sentence(change), *requests_of(change)))


def _compile(entries: Entries, commit: str, options: Options) -> Program | None:
    def read(path: str) -> bytes:
        # gitrevisions(7): `REV:./path` is relative to the working folder.
        folder, name = os.path.split(path)
        done = _git(folder, "show", f"{commit}:./{name}")
        if done is None:
            raise FileNotFoundError(2, "the last commit has no such file")
        return done

    compiled = compile_program(entries, read, (), evolve(options, targets=()))
    return None if has_errors(compiled.diagnostics) else compiled.program


def _commit(folder: str) -> str | None:
    found = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    return None if found is None else found.decode().strip()


def _git(folder: str, *arguments: str) -> bytes | None:
    """Return what git prints; None where it fails, or is not there."""
    try:
        done = subprocess.run(
            ("git", "-C", folder, *arguments),
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,  # not the editor's messages
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
