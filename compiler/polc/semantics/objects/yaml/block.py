"""The block style that polc's writer writes, read line by line; no other document is read here.

INVARIANT: what is read here is what the full reader makes of it, or nothing. So the subset is one
in which every line says by itself what it is: printable ASCII, keys and words on one line, plain
or in double quotes, `{}`, `[]`, and `|` blocks. In doubt None is returned, never a guess.
"""

import re
from typing import Any, NamedTuple

from polc.semantics.objects.yaml.scalars import Scalar, as_json, resolve

_FOREIGN = re.compile(r"[^\n -~]")
_WORD = r"(?:[A-Za-z0-9_/$^(.+]|-(?=[!-~]))[!-~]*(?<!:)(?: (?!#)[!-~]+(?<!:))*"
_QUOTED = r'"(?:[^"\\]|\\[\\"abefnrtv0])*"'
_KEY = r'[A-Za-z_$][A-Za-z0-9_./-]{0,250}|"[^"\\]{0,250}"'
_LINE = re.compile(
    rf"(?P<key>{_KEY}):(?: (?P<value>\S.*))?|(?P<item>-) (?P<rest>\S.*)|(?P<scalar>[^\s].*)"
)
_VALUE = re.compile(
    rf"(?P<word>{_WORD})|(?P<quoted>{_QUOTED})|(?P<block>\|-?)|(?P<empty>\{{\}}|\[\])"
)
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {
    **{each: each for each in '\\"'},
    **dict(zip("abefnrtv0", "\a\b\x1b\f\n\r\t\v\0", strict=True)),
}
_DEEPEST = 90
"""Lines that are indented further are left to the other reader, which counts what they nest."""
_MEMO_LIMIT = 100_000
_memo: dict[str, "_Line"] = {}


class _Line(NamedTuple):
    """What a line says: `key: value`, `- …` with the line that follows the dash, or a value."""

    indent: int
    key: str | None = None
    inner: "_Line | None" = None
    style: str = "word"
    value: Scalar = None


class _OtherError(Exception):
    """A line is not of the subset."""


_OTHER = _Line(-1, style="other")


def read(text: str) -> tuple[int, Any] | None:
    """Return a document's value and the line (from 0) that it starts on, or None for: not here."""
    if _FOREIGN.search(text):
        return None
    raw = text.split("\n")
    start = 0
    while start < len(raw) and (raw[start].startswith("#") or raw[start] in ("", "---")):
        start += 1
    if raw[-1] != "" or start >= len(raw) - 1 or "---" in raw[1:start]:
        return None
    raw.pop()
    reader = _Reader(raw)
    try:
        value, end = reader.nested(start, 0)
    except _OtherError:
        return None
    return (start, value) if end == len(raw) else None


class _Reader:
    """Reads lists and mappings as far as lines fit; one that fits nowhere is left over."""

    def __init__(self, raw: list[str]) -> None:
        memo = _memo
        self.raw = raw
        if len(memo) > _MEMO_LIMIT:
            memo.clear()
        self.lines = [memo.get(each) or _line(each) for each in raw]
        self.lines.append(_Line(-1, style="end"))

    def nested(self, at: int, indent: int) -> tuple[Any, int]:
        """Read the list or mapping that starts on a line, at an indentation."""
        line = self.lines[at]
        if line.indent != indent:
            raise _OtherError
        if line.key is not None:
            return self._mapping(at, line)
        if line.inner is not None:
            return self._sequence(at, line)
        raise _OtherError

    def _mapping(self, at: int, line: _Line) -> tuple[dict[str, Any], int]:
        """Read a mapping; its first line may stand after a dash."""
        found: dict[str, Any] = {}
        lines, indent = self.lines, line.indent
        while line.indent == indent and line.key is not None:
            key = line.key
            if key in found:
                raise _OtherError
            if line.style == "word":
                found[key] = line.value
                at += 1
            else:
                found[key], at = self._value(at, line)
            line = lines[at]
        return found, at

    def _sequence(self, at: int, line: _Line) -> tuple[list[Any], int]:
        found: list[Any] = []
        lines, indent = self.lines, line.indent
        while line.indent == indent and line.inner is not None:
            inner = line.inner
            value: Any
            if inner.key is not None:
                value, at = self._mapping(at, inner)
            elif inner.inner is not None:
                value, at = self._sequence(at, inner)
            elif inner.style == "word":
                value = inner.value
                at += 1
            else:
                value, at = self._value(at, inner._replace(indent=indent))
            found.append(value)
            line = lines[at]
        return found, at

    def _value(self, at: int, line: _Line) -> tuple[Any, int]:
        """Read what is no word: what is empty, a block, or what stands on the next lines."""
        match line.style:
            case "{}":
                return {}, at + 1
            case "[]":
                return [], at + 1
            case "|" | "|-":
                return self._block(at + 1, line)
            case "next":
                below = self.lines[at + 1]
                if below.indent > line.indent:
                    return self.nested(at + 1, below.indent)
                if below.indent == line.indent and below.inner is not None:
                    return self._sequence(at + 1, below)
                return None, at + 1
        raise _OtherError

    def _block(self, at: int, line: _Line) -> tuple[str, int]:
        """Read a text of several lines, without spaces or empty lines at its ends."""
        first = self.raw[at] if at < len(self.raw) else ""
        width = len(first) - len(first.lstrip(" "))
        if width <= max(line.indent, 0) or width == len(first):
            raise _OtherError
        lead, found = " " * width, []
        while at < len(self.raw) and (not self.raw[at] or self.raw[at].startswith(lead)):
            found.append(self.raw[at][width:])
            at += 1
        if not found[-1] or any(each and not each.strip(" ") for each in found):
            raise _OtherError
        return "\n".join(found) + ("\n" if line.style == "|" else ""), at


def _line(raw: str) -> _Line:
    """Return what a line says, and remember it: most lines of a build stand in it often."""
    text = raw.lstrip(" ")
    indent = len(raw) - len(text)
    found = _parsed(text, indent) if indent <= _DEEPEST else _OTHER
    if len(raw) < 200:
        _memo[raw] = found
    return found


def _parsed(text: str, indent: int) -> _Line:
    match = _LINE.fullmatch(text)
    value: Scalar
    if match is None or indent > _DEEPEST:
        return _OTHER
    if match["item"]:
        inner = _parsed(match["rest"], indent + 2)
        return _OTHER if inner is _OTHER else _Line(indent, inner=inner)
    key: str | None = match["key"]
    if key is None:
        style, value = _said(match["scalar"])
        return _OTHER if style == "other" else _Line(indent, None, None, style, value)
    if key[0] == '"':
        key = key[1:-1]
    elif resolve(key) is not key:
        return _OTHER
    if match["value"] is None:
        return _Line(indent, key, None, "next")
    style, value = _said(match["value"])
    return _OTHER if style == "other" else _Line(indent, key, None, style, value)


def _said(text: str) -> tuple[str, Scalar]:
    """Return the style of a value, and what it is if that is a word."""
    match = _VALUE.fullmatch(text)
    if match is None:
        return "other", None
    if match["word"] is not None:
        return _word(text)
    if match["quoted"] is not None:
        plain = text[1:-1]
        if "\\" in plain:
            plain = _ESCAPED.sub(lambda escape: _ESCAPES[escape[1]], plain)
        return "word", plain
    return text, None


def _word(text: str) -> tuple[str, Scalar]:
    try:
        return "word", as_json(resolve(text))
    except ValueError:
        return "other", None
