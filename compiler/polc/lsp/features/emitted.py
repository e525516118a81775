"""From a line to the objects that were built of it, in `out/`, and from there back to the line."""

import os
from collections.abc import Iterator
from typing import Any

from lsprotocol import types

import polc_stdlib
from polc.backend import KubernetesObject
from polc.lsp.analysis import settle
from polc.lsp.compiled import made_at
from polc.lsp.documents import path_of, uri_of
from polc.lsp.feature import Command, CommandError, Feature, Show, at_position
from polc.lsp.made import Made
from polc.lsp.made import path_of as file_of
from polc.lsp.outputs import Built, Output, beside, documents, output_around, outputs
from polc.lsp.session import Session, View
from polc.output.objects import object_id
from polc.output.sourcemap import FILE
from polc.source import Span


def implementation(view: View, offset: int) -> list[types.Location]:
    """Return where the objects stand that the line under the cursor compiles to.

    Only what was built is there; `polc.showCompiled` shows what would be.
    """
    program = view.program
    config = view.session.projects.config(view.document.path)
    found = outputs(beside((*program.entries, view.document.path), config.out))
    if not found:
        return []
    if not view.is_settled:
        program.settled = settle(view.snapshot, program.backends)
    wanted = dict.fromkeys(map(_id, made_at(view, offset)))
    places = [_place(each, name) for name in wanted for each in found if name in each.built]
    return [each for each in places if each is not None]


def open_source(session: Session, uri: str = "", position: Any = None, *_: Any) -> Show:
    """Open the program at the line that the object under the cursor comes from.

    The file with the object need not be open; its text as it is on the disk counts.
    """
    path = path_of(uri) if isinstance(uri, str) else ""
    found = output_around(path) if os.path.isabs(path) else None
    if found is None:
        raise CommandError("this file is not in a folder that `polc build` wrote")
    built = _built_at(found, path, _line(position))
    if built is None or not built.sources:
        raise CommandError("polc.map.json names no line for this place; build again")
    name, line = built.sources[0]
    source = polc_stdlib.path(name) or _find(session, found.folder, name)
    if source is None:
        raise CommandError(f"`{name}`, from which this comes, is not found")
    span = _now(session, source, built.id)
    return Show(source, line - 1) if span is None else Show(span.source.name, span.line - 1)


def _id(made: Made) -> str:
    return object_id(made) if isinstance(made, KubernetesObject) else file_of(made)


def _place(found: Output, name: str) -> types.Location | None:
    """Return where an object of a build stands; None where it is not what the map says."""
    built = found.built[name]
    path = os.path.join(found.folder, built.file)
    if name == built.file:
        return _line_of(path, 0, 0) if os.path.isfile(path) else None
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except (OSError, ValueError):
        return None
    for document in documents(text):
        if document.id == name:
            return _line_of(path, document.kind, len(text.split("\n")[document.kind]))
    return None


def _line_of(path: str, line: int, length: int) -> types.Location:
    span = types.Range(types.Position(line, 0), types.Position(line, length))
    return types.Location(uri_of(path), span)


def _built_at(found: Output, path: str, line: int) -> Built | None:
    """Return what stands in a line of a file; in one of several objects' rest, the first."""
    file = os.path.relpath(path, found.folder).replace(os.sep, "/")
    here = [each for each in found.built.values() if each.file == file]
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except (OSError, ValueError):
        text = ""
    names = {each.id for each in documents(text) if each.start <= line <= each.end}
    return next((each for each in here if each.id in names), here[0] if here else None)


def _find(session: Session, folder: str, name: str) -> str | None:
    """Return the file of a program of which a folder was built, by its name in the map."""
    for root in _roots(session, folder):
        path = os.path.normpath(os.path.join(root, name))
        if path in session.documents.open or os.path.isfile(path):
            return path
    return None


def _roots(session: Session, folder: str) -> Iterator[str]:
    """Return the folders in which the program of a build may lie, most likely first."""
    others = []
    for program in session.all_programs():
        root = os.path.commonpath(list(map(os.path.dirname, program.entries)))
        configured = session.projects.config(program.entries[0]).out
        built = set(beside(program.entries, configured))
        if built.isdisjoint((folder, os.path.dirname(folder))):
            others.append(root)
        else:
            yield root
    files = session.projects.config(os.path.join(folder, FILE)).files
    if files:
        yield os.path.commonpath(list(map(os.path.dirname, files)))
    above = os.path.dirname(folder)
    yield above
    yield os.path.dirname(above)  # where each environment has a folder below `out/`
    yield from others


def _now(session: Session, source: str, name: str) -> Span | None:
    """Return where an object comes from as of now, if the program that made it is compiled."""
    for program in session.all_programs():
        snapshot, settled = program.snapshot(), program.settled
        if settled is None or source not in snapshot.trees:
            continue
        for made in settled.made.values():
            for _, each in made:
                if _id(each) == name and snapshot.is_live(each.spans[0]):
                    return each.spans[0]
    return None


def _line(position: Any) -> int:
    """Return the line of a position as it comes on the wire; 0 of what is none."""
    line = position.get("line") if isinstance(position, dict) else getattr(position, "line", 0)
    return line if isinstance(line, int) else 0


FEATURES: tuple[Feature, ...] = (
    Feature(types.TEXT_DOCUMENT_IMPLEMENTATION, at_position(implementation)),
)
COMMANDS: tuple[Command, ...] = (Command("polc.openSource", open_source),)
