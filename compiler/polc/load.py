"""From the files given to polc to every file of the program: imports, transitively.

Reading is injected, so this phase does no I/O of its own.
"""

import posixpath
from collections.abc import Callable, Iterator
from errno import EFBIG
from typing import Protocol

from attrs import define, field, frozen

import polc_stdlib
from polc.codes import syntax as codes
from polc.diagnostics import Diagnostic, Label, write
from polc.parse import parse, parse_bytes
from polc.source import Anchor, Source, Span
from polc.suggest import nearest
from polc.syntax import File, Import, Name, String

Reader = Callable[[str], bytes]
"""Read one file by its path as displayed; raise `OSError` where it can't be read."""

Parsed = tuple[File, tuple[Diagnostic, ...]]


class Opener(Protocol):
    """Where the syntax trees of files come from; a language server keeps those it has."""

    def file(self, path: str) -> Parsed:
        """Return a file by its path as displayed; raise `OSError` where it can't be read."""

    def module(self, name: str) -> Parsed | None:
        """Return a module of the standard library, or None if there is no such module."""


@frozen
class Reading:
    """Opens files by reading and parsing them."""

    read: Reader

    def file(self, path: str) -> Parsed:
        """Read and parse a file."""
        data = self.read(path)
        if len(data) > LONGEST:
            raise OSError(EFBIG, f"it is longer than {LONGEST >> 20} megabytes")
        _, file, diagnostics = parse_bytes("<stdin>" if path == "-" else path, data)
        return file, diagnostics

    def module(self, name: str) -> Parsed | None:
        """Parse a module of the standard library."""
        text = polc_stdlib.text(name)
        return None if text is None else parse(Source(name, text))


LONGEST = 16 << 20
"""So many bytes of a file are parsed; that is some 300,000 statements."""

PRELUDE = "std.platform"
"""The module that is always loaded: it holds the defaults of a cluster."""


@frozen
class Unit:
    """One file of the program; `module` is its dotted name if it is of the standard library."""

    file: File
    module: str | None = None


def imported(declaration: Import, importer: str) -> str:
    """Return the module or the path of the file that a file imports."""
    match declaration.target:
        case Name(text=module):
            return module
        case String(value=relative):
            folder = "" if importer == "-" else posixpath.dirname(importer)
            path = posixpath.normpath(posixpath.join(folder, relative))
            # A lone dash is standard input on the command line only.
            return "./-" if path == "-" else path


@define
class _Loader:
    opener: Opener
    units: dict[str, Unit] = field(factory=dict)
    found: list[Diagnostic] = field(factory=list)
    open_imports: list[tuple[str, Span | None]] = field(factory=list)
    waiting: list[Iterator[Import]] = field(factory=list)
    """For each file that is open, what it imports and nobody has looked at yet."""

    def load_file(self, path: str, at: Span | None) -> None:
        """Load one file and all that it imports; `at` is the import that asked for it."""
        self._start_file(path, at)
        self._follow_imports()

    def load_module(self, module: str, at: Span | None) -> None:
        """Load one module of the standard library, and all that it imports."""
        self._start_module(module, at)
        self._follow_imports()

    def _start_file(self, path: str, at: Span | None) -> None:
        if self._is_open(path, at) or path in self.units:
            return
        try:
            file, diagnostics = self.opener.file(path)
        except OSError as error:
            span = at or Span(Anchor(Source(path, "")), 0, 0)
            reason = (error.strerror or str(error)).lower()
            message = f"can't read `{path}`: {reason}"
            is_folder = isinstance(error, IsADirectoryError)
            help_line = (
                f"name the files in it: `{path.rstrip('/')}/NAME.svc`" if is_folder else None
            )
            self.found.append(Diagnostic(codes.MISSING_FILE, message, span, help=help_line))
            return
        self.found += diagnostics
        self._open(path, Unit(file), at)

    def _start_module(self, module: str, at: Span | None) -> None:
        if self._is_open(module, at) or module in self.units:
            return
        parsed = self.opener.module(module)
        if parsed is None:
            assert at is not None, "the prelude is part of the library"
            self.found.append(_unknown_module(module, at))
            return
        file, diagnostics = parsed
        self.found += diagnostics
        self._open(module, Unit(file, module), at)

    def _open(self, path: str, unit: Unit, at: Span | None) -> None:
        self.units[path] = unit
        self.open_imports.append((path, at))
        self.waiting.append(iter([d for d in unit.file.declarations if isinstance(d, Import)]))

    def _follow_imports(self) -> None:
        """Load what is imported; no recursion, so that a long chain is as good as a short one."""
        while self.waiting:
            declaration = next(self.waiting[-1], None)
            if declaration is None:
                self.waiting.pop()
                self.open_imports.pop()
            else:
                self._follow(declaration, self.open_imports[-1][0])

    def _follow(self, declaration: Import, importer: str) -> None:
        match declaration.target:
            case Name(text=module):
                self._start_module(module, declaration.target.span)
            case String():
                self._start_file(imported(declaration, importer), declaration.target.span)

    def _is_open(self, path: str, at: Span | None) -> bool:
        """Report a circle when `path` is among the files that are being loaded."""
        names = [name for name, _ in self.open_imports]
        if path not in names or at is None:
            return False
        circle = self.open_imports[names.index(path) + 1 :]
        self.found.append(
            Diagnostic(
                codes.CYCLIC_IMPORT,
                f"`{path}` imports itself"
                if not circle
                else "these files import each other in a circle: "
                + " -> ".join([*names[names.index(path) :], path]),
                at,
                labels=tuple(
                    Label(span, f"`{name}` is imported here")
                    for name, span in circle
                    if span is not None
                ),
                help="move what both need into a third file",
            )
        )
        return True


def _unknown_module(module: str, at: Span) -> Diagnostic:
    known = polc_stdlib.modules()
    near = nearest(module, known)
    if near:
        help = f"did you mean `{near}`?"
    elif module.startswith("std."):
        help = "modules: " + ", ".join(f"`{each}`" for each in known)
    else:
        file = module if module.endswith(".svc") else f"{module}.svc"
        help = f'a file of yours is imported by its path, in quotes: `"{file}"`'
    message = f"the standard library has no module `{module}`"
    return Diagnostic(
        codes.UNKNOWN_MODULE, message, at, help=help, fix=write(at, near) if near else None
    )


def load(
    entries: tuple[str, ...], opener: Opener
) -> tuple[tuple[Unit, ...], tuple[Diagnostic, ...]]:
    """Return every file of the program, sorted by path, and what is wrong with their texts."""
    loader = _Loader(opener)
    loader.load_module(PRELUDE, None)
    for entry in entries:
        loader.load_file(entry if entry == "-" else posixpath.normpath(entry), None)
    units = tuple(loader.units[path] for path in sorted(loader.units))
    return units, tuple(loader.found)
