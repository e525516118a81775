"""From a text to its blocks: where declarations start, found without reading what they say.

A block runs from the comment above a declaration to the next block. Braces decide what is inside
of what. Only a brace that nothing closes is cut short, at the next line that starts with the
word of a declaration: so a missing brace costs its own declaration, not the rest of the file.
"""

import re

_STARTERS = (
    "import|namespace|cluster|service|extern|gateway|endpoint|group|role|profile|environment"
)
_WORD_END = r"(?![\w*]|-(?!>)|\.[\w*])"
_STRING = r'"[^"\\\r\n]*(?:\\[^\r\n][^"\\\r\n]*)*"?'
"""A string and what could be one, with its loop over plain characters unrolled for speed."""
BRACES = re.compile(rf"{_STRING}|#[^\n]*|[{{}}]").finditer
"""Strings, comments, and the braces outside of them."""
_top = re.compile(rf"{_STRING}|#[^\n]*|\{{|(?<![\w.-])(?:{_STARTERS}){_WORD_END}").search
_line_start = re.compile(rf"\n(?:{_STARTERS}){_WORD_END}").search
_foreign = re.compile(r"[ \t]*(external)[ \t]+").fullmatch
_between = re.compile(r"[ \t\r\n]*").fullmatch


def blocks(text: str) -> list[int]:
    """Return the offsets at which blocks start; the first is 0 and the last is the end."""
    closing = _closing(text)
    starts: list[int] = []
    at = 0
    word_end = -1
    headed = False  # a declaration has started whose braces have not come yet
    while match := _top(text, at):
        at = match.end()
        match text[match.start()]:
            case '"' | "#":
                continue
            case "{":
                if match.start() in closing:
                    at = closing[match.start()] + 1
                    headed = False
                    continue
                if not headed:
                    continue
                cut = _line_start(text, match.start())
                if cut is None:
                    break
                at = cut.start() + 1
            case _:
                if not _continues(text, word_end, match.start()):
                    starts.append(_foreign_start(text, match.start()))
                headed = True
                word_end = at
    return [0, *_with_comments(text, starts), len(text)]


def _closing(text: str) -> dict[int, int]:
    """Return, for each brace that is closed, where."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for match in BRACES(text):
        at = match.start()
        if text[at] == "{":
            opened.append(at)
        elif text[at] == "}" and opened:
            closing[opened.pop()] = at
    return closing


def _continues(text: str, word_end: int, start: int) -> bool:
    """Tell whether a word follows another on its line: `extern service`, or a reserved name."""
    if word_end < 0:
        return False
    between = text[word_end:start]
    if not between or _between(between) is None:
        return False
    return "\n" not in between or text.startswith("extern", word_end - len("extern"))


def _foreign_start(text: str, start: int) -> int:
    """Return where a declaration starts that says `external service` for `extern service`."""
    match = _foreign(text, text.rfind("\n", 0, start) + 1, start)
    return start if match is None else match.start(1)


def _with_comments(text: str, starts: list[int]) -> list[int]:
    """Move each start up to the block of comment lines directly above it."""
    floors = [0, *(start + 1 for start in starts)]
    moved = (_comment_start(text, start, floors[n]) for n, start in enumerate(starts))
    return [start for start in moved if start > 0]


def _comment_start(text: str, start: int, floor: int) -> int:
    """Return where the comment lines above a word start; nothing before `floor` belongs to it."""
    line = _line_of(text, start, floor)
    if line < 0 or text[line:start].strip(" \t"):
        return start
    top = start
    while line > floor:
        line, end = _line_of(text, line - 1, floor), line - 1
        if line < 0 or not text[line:end].lstrip(" \t").startswith("#"):
            break
        top = line
    return top


def _line_of(text: str, at: int, floor: int) -> int:
    """Return where the line of an offset starts, or -1 if that is before `floor`."""
    start = text.rfind("\n", floor, at) + 1
    return -1 if start == 0 and floor > 0 else start


def doc(above: str) -> str:
    """Return what the text above a declaration says, if all of it is lines of comment."""
    lines = [line.strip() for line in above.split("\n")]
    if lines.pop() or not all(line.startswith("#") for line in lines):
        return ""
    return "\n".join(line[1:].removeprefix(" ") for line in lines)
