"""The text of one document to nodes with their places: the one module that knows the library.

Only the library's events are used. What nests too deep is refused here, at a depth that neither
version of the library, in C or in Python, comes to first.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml
from attrs import field, frozen

from polc.semantics.objects.yaml.errors import UnreadableError, in_our_words
from polc.semantics.objects.yaml.stream import MOST_NESTED, TOO_DEEP

_NOT_PRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_AFTER_COLON = (",", "[", "]", "{", "}")
_ESCAPES = re.compile(r"\\(.)")
LOADERS: tuple[Any, ...] = tuple(
    getattr(yaml, name) for name in ("CSafeLoader", "SafeLoader") if hasattr(yaml, name)
)
"""The library in C, if it is here, and in Python."""


@frozen(eq=False)
class Scalar:
    """A word: bare or quoted, with a tag or without."""

    text: str
    tag: str | None
    bare: bool
    line: int
    column: int


@frozen(eq=False)
class Sequence:
    """A list."""

    items: "list[Node]" = field(repr=False)
    in_brackets: bool
    line: int
    column: int


@frozen(eq=False)
class Mapping:
    """A mapping: its keys and values, one after the other."""

    items: "list[Node]" = field(repr=False)
    in_brackets: bool
    line: int
    column: int

    def pairs(self) -> "Iterator[tuple[Node, Node]]":
        """Yield keys with their values."""
        return zip(self.items[::2], self.items[1::2], strict=True)


@frozen(eq=False)
class Alias:
    """What stands elsewhere under an anchor."""

    target: "Node"
    line: int
    column: int


Node = Scalar | Sequence | Mapping | Alias


def compose(text: str, first: int = 1, loader: Any = LOADERS[0]) -> Node | None:
    """Return the root of a document whose text starts on a line; None where there is nothing."""
    text = text.removeprefix("\ufeff")
    odd = _NOT_PRINTABLE.search(text)
    if odd is not None:
        line = text.count("\n", 0, odd.start())
        why = f"the character U+{ord(odd[0]):04X} can't stand in YAML"
        raise UnreadableError(why, first + line, odd.start() - text.rfind("\n", 0, odd.start()))
    try:
        return _Composer(first, text).compose(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
        why = in_our_words(str(getattr(problem, "problem", None) or ""))
        line, column, at = (mark.line, mark.column, mark.index) if mark else (0, 0, 0)
        # It looks so far ahead for a `:`, and may find too many brackets before they are events.
        before = text[max(at - 1100, 0) : at + 1]
        if before.count("[") + before.count("{") > MOST_NESTED:
            why = TOO_DEEP
        raise UnreadableError(why, first + line, column + 1) from None
    except (ValueError, OverflowError) as problem:
        if isinstance(problem, UnreadableError):
            raise
        raise UnreadableError("an escape stands for no character", first) from None


class _Composer:
    def __init__(self, first: int, text: str) -> None:
        self.first = first
        self.text = text
        self.slashes = "\\/" in text
        self.anchors: dict[str, Node] = {}
        self.root: Node | None = None
        self.open: list[Sequence | Mapping] = []

    def compose(self, events: Iterator[Any]) -> Node | None:
        """Return the root of the one document; what follows it is an error."""
        over = False
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._refuse_other_versions(event)
                line, column = self._place(event)
                bare = event.implicit[0]
                self._add(Scalar(event.value, event.tag, bare, line, column), event.anchor)
            elif kind is yaml.MappingStartEvent:
                self._begin(Mapping([], event.flow_style, *self._place(event)), event.anchor)
            elif kind is yaml.SequenceStartEvent:
                self._begin(Sequence([], event.flow_style, *self._place(event)), event.anchor)
            elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
                self.open.pop()
            elif kind is yaml.AliasEvent:
                line, column = self._place(event)
                if event.anchor not in self.anchors:
                    raise UnreadableError("an alias has no anchor", line, column)
                self._add(Alias(self.anchors[event.anchor], line, column), None)
            elif kind is yaml.DocumentStartEvent:
                if over:
                    why = "what follows the document's end is not read; start it with `---`"
                    raise UnreadableError(why, *self._place(event))
                over = True
        return self.root

    def _place(self, event: Any) -> tuple[int, int]:
        mark = event.start_mark
        return self.first + mark.line, mark.column + 1

    def _refuse_other_versions(self, event: Any) -> None:
        r"""Refuse what newer rules read otherwise: `\/`, and `a?b` and `a:` in brackets."""
        start, end = event.start_mark.index, event.end_mark.index
        why = ""
        if not event.style:
            if self.text[end : end + 1] == ":" and self.text[end + 1 : end + 2] in _AFTER_COLON:
                why = "a `:` lacks a space after it"
            elif "?" in event.value and self.open and self.open[-1].in_brackets:
                why = "a word in brackets with a `?` has to stand in quotes"
        elif self.slashes and event.style == '"' and "/" in _ESCAPES.findall(self.text[start:end]):
            why = in_our_words("unknown escape character")
        if why:
            raise UnreadableError(why, *self._place(event))

    def _add(self, node: Node, anchor: str | None) -> None:
        if self.open:
            self.open[-1].items.append(node)
        else:
            self.root = node
        if anchor is not None:
            self.anchors[anchor] = node

    def _begin(self, node: Sequence | Mapping, anchor: str | None) -> None:
        self._add(node, anchor)
        self.open.append(node)
        if len(self.open) > MOST_NESTED:
            raise UnreadableError(TOO_DEEP, node.line, node.column)


# --- places -------------------------------------------------------------------------------------


def follow(text: str, first: int, keys: tuple[str | int, ...]) -> int:
    """Return the line to which keys lead in a document, or as much of them as is there."""
    node = _composed(text, first)
    line = first if node is None else node.line
    for key in keys:
        while isinstance(node, Alias):
            node = node.target
        if isinstance(key, int) and isinstance(node, Sequence):
            if key >= len(node.items):
                break
            node = node.items[key]
            line = node.line
            continue
        pairs = node.pairs() if isinstance(node, Mapping) else ()
        pair = next((each for each in pairs if getattr(each[0], "text", None) == key), None)
        if pair is None:
            break
        line, node = pair[0].line, pair[1]
    return line


@lru_cache(maxsize=64)
def _composed(text: str, first: int) -> Node | None:
    try:
        return compose(text, first)
    except UnreadableError:
        return None
