"""The files of the session: open documents as the editor holds them, all others from the disk."""

import os
import stat
from contextlib import suppress
from errno import EISDIR
from functools import cache
from urllib.parse import quote, unquote, urlsplit

from attrs import define, field

import polc_stdlib
from polc.files import read_file
from polc.load import Parsed
from polc.lsp.text import Encoding, Position, Text
from polc.lsp.trees import Tree, grow
from polc.parse import parse_bytes
from polc.source import Source

Change = tuple[tuple[Position, Position] | None, str]
"""What replaces which range of a text; no range means all of it."""


def path_of(uri: str) -> str:
    """Return the path that a `file:` URI names; any other URI stands for itself (RFC 8089)."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return uri
    path = unquote(parts.path)
    if os.name == "nt":
        path = path.lstrip("/")
    return os.path.normpath(path) if path else uri


def uri_of(path: str) -> str:
    """Return the URI of a path."""
    if not os.path.isabs(path):
        return path
    path = path.replace(os.sep, "/")
    return "file://" + quote(path if path.startswith("/") else f"/{path}", safe="/~@+!$&'(),;=")


@define(eq=False)
class Document:
    """A document that an editor holds open; `uri` is spelt as the editor spells it."""

    uri: str
    path: str
    version: int
    text: Text
    _tree: Tree | None = field(default=None, init=False)
    _grown: Text | None = field(default=None, init=False)

    @property
    def tree(self) -> Tree:
        """The syntax tree of the present text."""
        if self._tree is None or self._grown is not self.text:
            self._tree = grow(self.path, self.text.value, self.text.starts, self._tree)
            self._grown = self.text
        return self._tree

    def follow(self, tree: Tree | None) -> None:
        """Have the tree grow out of another, which is of no use to anybody else from then on."""
        self._tree = tree

    def change(self, changes: list[Change], version: int, encoding: Encoding) -> None:
        """Carry out the editor's changes, one after the other."""
        for span, new in changes:
            if span is None:
                self.text = Text.of(new)
                continue
            start, end = (self.text.offset(each, encoding) for each in span)
            self.text = self.text.replaced(min(start, end), max(start, end), new)
        self.version = version


@define(eq=False)
class _OnDisk:
    stamp: tuple[int, int]
    tree: Tree


@cache
def module_tree(name: str) -> Tree | None:
    """Return a module of the standard library."""
    text = polc_stdlib.text(name)
    return None if text is None else grow(name, text, None, None)


def _stamp(path: str) -> tuple[int, int]:
    """Return what changes with a file, or raise `OSError`."""
    try:
        state = os.stat(path)
    except ValueError:  # a null byte, or half of a surrogate pair
        raise OSError("no file can be called so") from None
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(EISDIR, "is a directory")
    if not stat.S_ISREG(state.st_mode):
        raise OSError("not a regular file")
    return state.st_mtime_ns, state.st_size


def _read(path: str, before: Tree | None) -> _OnDisk:
    """Read a file, or raise `OSError`; `before` is the tree of an earlier version."""
    stamp = _stamp(path)
    return _OnDisk(stamp, _tree_of(path, read_file(path), before))


def _tree_of(path: str, data: bytes, before: Tree | None) -> Tree:
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        source, file, found = parse_bytes(path, data)
        return Tree(source, (), file, found)
    return grow(path, text, None, before)


@define(eq=False)
class Documents:
    """All files by path; an `Opener` for `load`."""

    open: dict[str, Document] = field(factory=dict)
    _disk: dict[str, _OnDisk] = field(factory=dict)

    def take(self, document: Document) -> None:
        """Have a document count from now on, and no more what its file says."""
        known = self._disk.pop(document.path, None)
        document.follow(known.tree if known else None)
        self.open[document.path] = document

    def release(self, path: str) -> None:
        """Have the file count again, with as much of the document's tree as it shares."""
        document = self.open.pop(path, None)
        if document is not None:
            with suppress(OSError):
                self._disk[path] = _read(path, document.tree)

    def file(self, path: str) -> Parsed:
        """Return the syntax tree of a file and what is wrong with it.

        Raises:
            OSError: there is no such file.

        """
        tree = self.tree(path)
        return tree.file, tree.diagnostics

    def module(self, name: str) -> Parsed | None:
        """Return a module of the standard library."""
        tree = module_tree(name)
        return None if tree is None else (tree.file, tree.diagnostics)

    def tree(self, path: str) -> Tree:
        """Return the tree of a file, or raise `OSError`."""
        document = self.open.get(path)
        if document is not None:
            return document.tree
        known = self._disk.get(path)
        if known is None or known.stamp != _stamp(path):
            known = self._disk[path] = _read(path, known.tree if known else None)
        return known.tree

    def read(self, path: str) -> bytes:
        """Return a file's bytes, of an open document those of its text.

        Raises:
            OSError: there is no such file.

        """
        document = self.open.get(path)
        if document is not None:
            return document.text.value.encode("utf-8", "replace")
        return read_file(path)

    def text_of(self, source: Source) -> Text:
        """Return the text that a span's source holds, with its lines."""
        document = self.open.get(source.name)
        if document is not None and document.text.value is source.text:
            return document.text
        lines: Text | None = source.__dict__.get("lsp_text")
        if lines is None:
            lines = source.__dict__["lsp_text"] = Text.of(source.text)
        return lines

    def forget(self, path: str) -> None:
        """Drop what was read of a file."""
        self._disk.pop(path, None)
