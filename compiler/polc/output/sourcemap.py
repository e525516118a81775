"""`polc.map.json`: which line made which object, and which files polc wrote.

It is what makes `out/` polc's: a file that it lists may be overwritten and removed, any other one
may not. All its paths are relative to `out/`, so that it is the same on every machine.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring_ascii as _text

from attrs import frozen

from polc.output.layout import Layout, Placed
from polc.source import Span

FILE = "polc.map.json"
_FORMAT = "polc source map"
_VERSION = 1


class NotOurs(Exception):
    """A file at the map's place is no source map."""


@frozen
class OldMap:
    """What a map says of the last build."""

    files: frozenset[str]


def render_map(layout: Layout, relative: Callable[[str], str]) -> str:
    """Return the map's text; `relative` turns the name of a source into one relative to `out/`."""
    names: dict[str, str] = {}

    def place(span: Span) -> str:
        name = span.source.name
        if name not in names:
            names[name] = relative(name)
        return f"{names[name]}:{span.line}"

    def entry(item: Placed) -> str:
        lines = dict.fromkeys(place(span) for span in item.spans if span.source.text)
        return f'{{"file": {_text(item.path)}, "source": [{", ".join(map(_text, lines))}]}}'

    return _dump(
        {item.id: entry(item) for item in layout.placed},
        {path: _digest(text) for path, text in layout.files.items()},
    )


def render_union(old: OldMap, paths: Iterable[str]) -> str:
    """Return the map of a run that has begun: all old files and all that it is going to write."""
    return _dump({}, dict.fromkeys(sorted({*old.files, *paths} - {FILE}), ""))


def parse_map(text: str) -> OldMap:
    """Read a map.

    Raises:
        NotOurs: the text is no source map.

    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise NotOurs from None
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise NotOurs
    files = data.get("files")
    if not isinstance(files, dict):
        raise NotOurs
    return OldMap(frozenset(files))


def _dump(objects: dict[str, str], files: dict[str, str]) -> str:
    """Write one line per object and per file, so that a reviewer sees which one changed."""
    return (
        f'{{\n"format": {_text(_FORMAT)},\n"version": {_VERSION},\n'
        f'"objects": {{\n{_lines(objects)}\n}},\n'
        f'"files": {{\n{_lines({path: _text(digest) for path, digest in files.items()})}\n}}\n}}\n'
    )


def _lines(entries: dict[str, str]) -> str:
    return ",\n".join(f"{_text(key)}: {value}" for key, value in entries.items())


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
