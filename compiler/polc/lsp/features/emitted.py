"""From a line to the objects that were built of it, in `out/`, and from there back to the line."""

import os
from collections.abc import Callable, Iterator
from typing import Any

from lsprotocol import types

import polc_stdlib
from polc.backend import KubernetesObject
from polc.files import read_file
from polc.lsp.analysis import settle
from polc.lsp.compiled import comes_of, compiled_at
from polc.lsp.documents import path_of, uri_of
from polc.lsp.feature import Command, CommandError, Feature, Show, at_position
from polc.lsp.made import Made, lines_of
from polc.lsp.made import path_of as file_of
from polc.lsp.outputs import Built, Document, Output, beside, documents, output_around, outputs
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
    compiled = compiled_at(view, offset)
    if compiled is None:
        return []
    comes = comes_of(view, compiled.node)
    wanted = {_id(each): each for each in compiled.made}
    places = [
        _place(each, name, made, comes)
        for name, made in wanted.items()
        for each in found
        if name in each.built
    ]
    return [each for each in places if each is not None]


def open_source(session: Session, uri: str = "", position: Any = None, *_: Any) -> Show:
    """Open the program at the line that the object under the cursor comes from.

    The file with the object need not be open; its text as it is on the disk counts.
    """
    path = path_of(uri) if isinstance(uri, str) else ""
    found = output_around(path) if os.path.isabs(path) else None
    if found is None:
        raise CommandError("this file is not in a folder that `polc build` wrote")
    at = _line(position)
    built, text, start = _built_at(found, path, at)
    if built is None or not built.sources:
        raise CommandError("polc.map.json names no line for this place; build again")
    name, line = built.sources[0]
    source = polc_stdlib.path(name) or _find(session, found.folder, name)
    if source is None:
        raise CommandError(f"`{name}`, from which this comes, is not found")
    made = _now(session, source, built.id)
    if made is None:
        return Show(source, line - 1)
    span = _source_of(session, made, text, at - start)
    return Show(span.source.name, span.line - 1)


def _id(made: Made) -> str:
    return object_id(made) if isinstance(made, KubernetesObject) else file_of(made)


def _place(
    found: Output, name: str, made: Made, comes: Callable[[Span], bool]
) -> types.Location | None:
    """Return where an object of a build stands, or that in it which comes of a place.

    None where the object is not what the map says.
    """
    built = found.built[name]
    path = os.path.join(found.folder, built.file)
    if name == built.file:
        return _line_of(path, 0, 0) if os.path.isfile(path) else None
    try:
        text = read_file(path).decode().replace("\r\n", "\n")
    except (OSError, ValueError):
        return None
    for document in documents(text):
        if document.id == name:
            items = lines_of(made, _text_of(text, document))
            own = (at for at, _, spans in items if any(map(comes, spans)))
            line = next((document.start + at for at in own), document.kind)
            return _line_of(path, line, len(text.split("\n")[line]))
    return None


def _line_of(path: str, line: int, length: int) -> types.Location:
    span = types.Range(types.Position(line, 0), types.Position(line, length))
    return types.Location(uri_of(path), span)


def _built_at(found: Output, path: str, line: int) -> tuple[Built | None, str, int]:
    """Return what stands in a line of a file, its text, and the line at which that starts.

    In a line of none of several objects that is the first one.
    """
    file = os.path.relpath(path, found.folder).replace(os.sep, "/")
    here = {each.id: each for each in found.built.values() if each.file == file}
    try:
        text = read_file(path).decode().replace("\r\n", "\n")
    except (OSError, ValueError):
        text = ""
    for each in documents(text):
        if each.start <= line <= each.end and each.id in here:
            return here[each.id], _text_of(text, each), each.start
    return next(iter(here.values()), None), text, 0


def _text_of(text: str, document: Document) -> str:
    return "\n".join([*text.split("\n")[document.start : document.end], ""])


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


def _now(session: Session, source: str, name: str) -> Made | None:
    """Return an object as of now, if the program that made it is compiled and not edited there."""
    for program in session.all_programs():
        snapshot, settled = program.snapshot(), program.settled
        if settled is None or source not in snapshot.trees:
            continue
        for made in settled.made.values():
            for _, each in made:
                if _id(each) == name and snapshot.is_live(each.spans[0]):
                    return each
    return None


def _source_of(session: Session, made: Made, text: str, line: int) -> Span:
    """Return the line that a line of an object's text comes from, rather its own than others'."""
    main = made.spans[0]
    for start, end, spans in lines_of(made, text):
        live = [x for x in spans if _is_live(session, x)] if start <= line < end else []
        if live:
            return min(live, key=lambda each: each.anchor is not main.anchor)
    return main


def _is_live(session: Session, span: Span) -> bool:
    return any(
        span.source.name in program.snapshot().trees and program.snapshot().is_live(span)
        for program in session.all_programs()
    )


def _line(position: Any) -> int:
    """Return the line of a position as it comes on the wire; 0 of what is none."""
    line = position.get("line") if isinstance(position, dict) else getattr(position, "line", 0)
    return line if isinstance(line, int) else 0


FEATURES: tuple[Feature, ...] = (
    Feature(types.TEXT_DOCUMENT_IMPLEMENTATION, at_position(implementation)),
)
COMMANDS: tuple[Command, ...] = (Command("polc.openSource", open_source),)
