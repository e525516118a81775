"""`polc.map.json`: which line made which object, and which files polc wrote.

It is what makes `out/` polc's: a file that it lists may be overwritten, and removed while it is
what polc wrote; any other one may not. All its paths are relative to `out/`, so that it is the same
on every machine. A map that is read may be anybody's: only paths and digests are taken from it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring_ascii as _text
from typing import Any

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
    """What a map says of the last build: its files, and the texts that each may have."""

    files: Mapping[str, frozenset[str]]
    """Digests by path; several after a build that did not end, none where they can't be read."""


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
        {path: digest(text.encode()) for path, text in layout.files.items()},
    )


def render_union(old: OldMap, files: Mapping[str, str]) -> str:
    """Return the map of a run that has begun: all old files and all that it is going to write."""
    digests = {path: set(known) for path, known in old.files.items()}
    for path, text in files.items():
        digests.setdefault(path, set()).add(digest(text.encode()))
    digests.pop(FILE, None)
    return _dump({}, {path: sorted(digests[path]) for path in sorted(digests)})


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
    return OldMap({path: _digests(value) for path, value in files.items()})


def digest(data: bytes) -> str:
    """Return what a map says of a file's bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _digests(value: Any) -> frozenset[str]:
    values = value if isinstance(value, list) else [value]
    return frozenset(each for each in values if isinstance(each, str))


def _dump(objects: dict[str, str], files: Mapping[str, str | list[str]]) -> str:
    """Write one line per object and per file, so that a reviewer sees which one changed."""
    written = {path: json.dumps(known) for path, known in files.items()}
    return (
        f'{{\n"format": {_text(_FORMAT)},\n"version": {_VERSION},\n'
        f'"objects": {{\n{_lines(objects)}\n}},\n'
        f'"files": {{\n{_lines(written)}\n}}\n}}\n'
    )


def _lines(entries: dict[str, str]) -> str:
    return ",\n".join(f"{_text(key)}: {value}" for key, value in entries.items())
