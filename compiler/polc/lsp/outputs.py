"""What was built, on the disk: in which file and line an object stands, and where it comes from.

Everything is read from `polc.map.json`, which lies in each folder that `polc build` wrote.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from attrs import frozen

from polc.files import read_file
from polc.output.disk import is_safe
from polc.output.sourcemap import FILE

_FOLDER = "out"
_top = re.compile(r"(apiVersion|kind): (.*)").fullmatch
_meta = re.compile(r"  (name|namespace): (.*)").fullmatch


class Built(NamedTuple):
    """An object, patch or file of a build: below which folder it stands, and which lines made it.

    `sources` are lines, from 1, of files of the program as it was then, the main one first. Their
    names are relative to the folder of the program, about which the map says nothing.
    """

    id: str
    file: str
    sources: tuple[tuple[str, int], ...]


class Document(NamedTuple):
    """A document of a YAML file: the lines, from 0, that it starts at and ends before."""

    id: str
    start: int
    end: int
    kind: int
    """The line that says what it is."""


@frozen
class Output:
    """A folder with what was built."""

    folder: str
    built: dict[str, Built]


def output(folder: str) -> Output | None:
    """Return what a folder holds, if polc built it."""
    try:
        data = json.loads(read_file(os.path.join(folder, FILE)))
        objects = data["objects"]
        built = {
            name: Built(name, each["file"], tuple(map(_place, each["source"])))
            for name, each in objects.items()
            if is_safe(each["file"])
        }
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    return Output(folder, built)


def outputs(folders: Iterator[str]) -> tuple[Output, ...]:
    """Return what was built into some folders, or right below them: one for each environment."""
    found: dict[str, Output] = {}
    for folder in dict.fromkeys(folders):
        below: list[str] = []
        with suppress(OSError):
            below = sorted(each.path for each in os.scandir(folder) if each.is_dir())
        for each in (folder, *below):
            made = output(each)
            if made is not None:
                found.setdefault(each, made)
    return tuple(found.values())


def output_around(path: str) -> Output | None:
    """Return the build that a file is part of."""
    folder = os.path.dirname(path)
    while True:
        if os.path.isfile(os.path.join(folder, FILE)):
            return output(folder)
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def beside(paths: tuple[str, ...], configured: str | None) -> Iterator[str]:
    """Return the folders into which programs that start from some files are built."""
    if configured is not None:
        yield configured
        return
    for path in paths:
        yield os.path.join(os.path.dirname(path), _FOLDER)


def documents(text: str) -> Iterator[Document]:
    """Return the documents of a YAML file as polc writes it, each with the id of its object."""
    lines = text.split("\n")
    starts = [0, *(number + 1 for number, line in enumerate(lines) if line == "---")]
    for start, end in zip(starts, [*(at - 1 for at in starts[1:]), len(lines)], strict=True):
        top: dict[str, str] = {}
        meta: dict[str, str] = {}
        kind, section = start, ""
        for number in range(start, end):
            line = lines[number]
            if match := _top(line):
                top[match[1]] = _plain(match[2])
                kind = number if match[1] == "kind" else kind
            elif section == "metadata" and (match := _meta(line)):
                meta.setdefault(match[1], _plain(match[2]))
            if line[:1].isalpha():
                section = line.partition(":")[0]
        name = meta.get("name", "")
        place = f"{meta['namespace']}/{name}" if "namespace" in meta else name
        yield Document(f"{top.get('apiVersion')}/{top.get('kind')} {place}", start, end, kind)


def _place(source: str) -> tuple[str, int]:
    name, _, line = source.rpartition(":")
    return name, int(line)


def _plain(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
