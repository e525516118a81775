"""A text to the parts that are one document each, as `kubectl` splits it (apimachinery, util/yaml).

A line that starts with `---` ends a document, and nothing but a comment may follow on it. A text
that starts with `{` is JSON as far as it can be, object after object.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from polc.semantics.objects.yaml.errors import UnreadableError, shown
from polc.semantics.objects.yaml.scalars import HALF, as_json, refuse_halves

MOST_NESTED = 200
"""So deep may lists and mappings stand in each other: three times what the deepest objects need."""
TOO_DEEP = f"lists and mappings are nested more than {MOST_NESTED} deep"

_SEPARATOR = re.compile(r"^---(.*)$", re.MULTILINE)
_SPACE = re.compile(r"[ \t\n\r]*")
_TO_NEXT_LINE = re.compile(r"[ \t\r\v\f]*\n?")


@frozen(eq=False)
class Part:
    """One document: its text and the line (from 1) where that starts, or what it is as JSON."""

    line: int
    text: str
    json: bool = False
    value: Any = None


def parts(text: str) -> Iterator[Part]:
    """Yield the documents of a text."""
    if not text.isascii() and (half := HALF.search(text)):
        raise UnreadableError("half of a character stands alone", _line(text, half.start()))
    if "\r\n" in text:
        text = text.replace("\r\n", "\n")
    start = 0
    if text[:1] == "{" or text.lstrip()[:1] == "{":
        found, start = _objects(text)
        yield from found
    yield from _documents(text, start)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _documents(text: str, start: int) -> Iterator[Part]:
    """Yield what stands between the lines that separate documents; never nothing at all."""
    line = _line(text, start)
    for separator in _SEPARATOR.finditer(text, start):
        at = separator.start()
        if separator[1].strip() and not separator[1].lstrip().startswith("#"):
            where = _line(text, at)
            raise UnreadableError("only a comment may stand after `---` on its line", where, 4)
        if at > start:
            yield Part(line, text[start:at])
            line += text.count("\n", start, at) + 1
            start = min(separator.end() + 1, len(text))
    if start < len(text):
        yield Part(line, text[start:] if text.endswith("\n") else f"{text[start:]}\n")


# --- JSON ---------------------------------------------------------------------------------------


class _TwiceError(Exception):
    """A key stands twice."""


def _objects(text: str) -> tuple[list[Part], int]:
    """Return the objects that stand as JSON at the start of a text, and where YAML starts.

    The original reads on as YAML where no or one object was read; after more it is an error.
    """
    found: list[Part] = []
    at = line = over = 0
    while True:
        start = _space(text, at)
        line += text.count("\n", at, start)
        at = start
        if at == len(text):
            return found, at
        try:
            value, end = _DECODER.raw_decode(text, at)
            _check(value)
        except RecursionError:
            raise UnreadableError(TOO_DEEP, line + 1) from None
        except _TwiceError as twice:
            raise UnreadableError(str(twice), line + 1) from None
        except json.JSONDecodeError as problem:
            if len(found) > 1:
                why = "after objects in JSON stands what is none"
                raise UnreadableError(why, problem.lineno, problem.colno) from None
            return found, at if not found else _after(text, over)
        except ValueError as problem:
            raise UnreadableError(str(problem), line + 1) from None
        found.append(Part(line + 1, text[at:end], True, value))
        line += text.count("\n", at, end)
        at = over = end


def _space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None
    return match.end()


def _after(text: str, at: int) -> int:
    match = _TO_NEXT_LINE.match(text, at)
    assert match is not None
    return match.end()


def _check(value: Any) -> None:
    """Raise a ValueError for what is nested too deep, and for texts that are none."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MOST_NESTED + 1:
            raise ValueError(TOO_DEEP)
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below += each
                below += each.values()
            elif isinstance(each, list):
                below += each
            elif isinstance(each, str) and not each.isascii():
                refuse_halves(each)
            elif isinstance(each, float):
                as_json(each)
        level = below


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _TwiceError(f"the key {shown(key)} stands twice in one mapping")
            seen.add(key)
    return found


def _integer(digits: str) -> Any:
    return as_json(int(digits)) if len(digits) < 40 else _float(digits)


def _float(digits: str) -> Any:
    found = float(digits)
    return found if math.isinf(found) else as_json(found)  # What is no JSON may be YAML yet.


def _constant(word: str) -> Any:
    raise json.JSONDecodeError(f"`{word}` is no JSON", "", 0)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_mapping, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
