"""The two sides of a comparison: what the user named, read as a program or as objects."""

import os
import re
from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from polc.backend import Artifact
from polc.cli.console import Files
from polc.cli.options import compile_chosen, show
from polc.cli.revisions import RevisionFiles, Side, side
from polc.cli.usage import UsageError
from polc.diagnostics import Severity, has_errors
from polc.diff.changes import Change
from polc.ir.nodes import Program
from polc.output.layout import Layout, arrange
from polc.source import Span

if TYPE_CHECKING:
    from polc.diff.objects.side import Side as ObjectSide
    from polc.semantics.cluster import Cluster
    from polc.semantics.gaps import Gap
    from polc.semantics.objects.model import Manifests

_SUFFIXES = (".yaml", ".yml", ".json")
_OBJECT = re.compile(rb"^[\s{-]*[\"']?apiVersion[\"']?\s*:", re.MULTILINE)
"""What every manifest has and no program can."""


class Kept(Files):
    """Reads files, and keeps what can be read only once: pipes, such as a shell's `<(…)`."""

    def __init__(self) -> None:
        super().__init__()
        self._pipes: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """Return a file's bytes; see `Files`."""
        if path == "-" or os.path.isfile(path):
            return super().read(path)
        if path not in self._pipes:
            self._pipes[path] = super().read(path)
        return self._pipes[path]


def named(given: str | None, chosen: Any) -> Side:
    """Return what the user means by OLD or NEW: files or a folder, here or at a revision."""
    one = side(given, chosen)
    return one if one.revision is not None else evolve(one, files=Kept())


def is_objects(one: Side) -> bool:
    """Tell whether a side is manifests: a folder, a file by its name, or by what is in it."""
    if len(one.paths) != 1:
        return False
    path = one.paths[0]
    if isinstance(one.files, RevisionFiles):
        is_folder = one.files.is_folder(path)
    else:
        is_folder = path != "-" and os.path.isdir(path)
    if is_folder or path.endswith(_SUFFIXES):
        return True
    if path.endswith(".svc"):
        return False
    try:
        return _OBJECT.search(one.files.read(path)) is not None
    except OSError:
        return False  # It is told where the program is read.


@frozen
class Compiled:
    """A program, and what it compiles to."""

    program: Program
    artifacts: tuple[Artifact, ...]


def compile_side(chosen: Any, one: Side) -> Compiled | None:
    """Compile a side; where it does not compile, tell why and return nothing."""
    options = {"files": one.paths, "target": None, "format": "full"}
    compilation = compile_chosen(Namespace(**{**vars(chosen), **options}), one.files)
    one.name_sources(compilation.sources)
    if compilation.program is None or has_errors(compilation.diagnostics):
        errors = [each for each in compilation.diagnostics if each.severity is Severity.ERROR]
        show(Namespace(format="full", color=chosen.color), errors, documents_to_stdout=False)
        return None
    return Compiled(compilation.program, compilation.artifacts)


def objects_of(chosen: Any, one: Side) -> "tuple[ObjectSide, Layout | None] | None":
    """Return the objects of a side, with the layout of the program that makes them, if one does.

    Where the program does not compile, tell why and return nothing.
    """
    from polc.cli.proof import built
    from polc.diff.objects.side import Side as ObjectSide

    if not is_objects(one):
        compiled = compile_side(chosen, one)
        if compiled is None:
            return None
        layout, _ = arrange(compiled.artifacts)
        return ObjectSide(built(compiled.artifacts, layout), compiled.program), layout
    manifests, gaps = read_side(chosen, one)
    return ObjectSide(manifests, unread=gaps), None


def read_side(chosen: Any, one: Side) -> "tuple[Manifests, tuple[Gap, ...]]":
    """Read a side that is manifests."""
    from polc.cli.proof import read_manifests
    from polc.semantics.objects.reading import read_files

    [path] = one.paths
    if isinstance(one.files, RevisionFiles):
        return read_files(_at_revision(one.files, path), chosen.namespace)
    return read_manifests([path], one.files, chosen.namespace)


def clusters_of(chosen: Any, *sides: Side) -> "tuple[Cluster, ...] | None":
    """Return the clusters that some sides are: what programs compile to, or manifests.

    The pods that a program of any side speaks of are known on all of them, by its names. What was
    not read of manifests is told; where a program does not compile, nothing is returned.
    """
    from polc.cli.proof import built
    from polc.declared.workloads import described
    from polc.gaps import gap_warning
    from polc.semantics.cluster import Cluster

    read: list[tuple[Manifests, tuple[Gap, ...]]] = []
    programs: list[Program] = []
    for one in sides:
        if is_objects(one):
            read.append(read_side(chosen, one))
            continue
        compiled = compile_side(chosen, one)
        if compiled is None:
            return None
        programs.append(compiled.program)
        read.append((built(compiled.artifacts, arrange(compiled.artifacts)[0]), ()))
    clusters: list[Cluster] = []
    for manifests, gaps in read:
        for program in programs:
            manifests += described(program, manifests)
        clusters.append(Cluster(manifests, gaps))
        told = tuple(map(gap_warning, clusters[-1].gaps))
        show(Namespace(format="full", color=chosen.color), told, documents_to_stdout=False)
    return tuple(clusters)


def _at_revision(files: RevisionFiles, path: str) -> Mapping[str, str]:
    """Return the texts of a folder or file as they were, by names that say the revision."""
    if files.is_folder(path):
        read = {
            name: data
            for name, data in files.below(path).items()
            if name.endswith(_SUFFIXES) and not any(map(_is_hidden, name.split("/")))
        }
        if not read:
            raise UsageError(f"there are no YAML or JSON files in `{files.revision}:{path}`")
        folder = "" if path == "." else f"{path.rstrip('/')}/"
        read = {f"{folder}{name}": data for name, data in read.items()}
    else:
        read = {path: files.read(path)}
    texts: dict[str, str] = {}
    for name, data in read.items():
        try:
            texts[f"{files.revision}:{name}"] = data.decode()
        except UnicodeDecodeError:
            message = f"can't read `{files.revision}:{name}`: not UTF-8 text"
            raise UsageError(message) from None
    return texts


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def in_program(change: Change, layout: Layout | None) -> Change:
    """Return a change with its place in the program, where it is one in what was compiled."""
    span = change.span
    if layout is None or layout.files.get(span.source.name) != span.source.text:
        return change
    at = [each for each in layout.placed if each.path == span.source.name]
    number = span.source.text[: span.offset].split("\n").count("---")
    spans: tuple[Span, ...] = at[number].spans if number < len(at) else ()
    return evolve(change, span=spans[0]) if spans else change
