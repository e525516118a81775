"""Blocks of a text of which most is as it was: only what changed is scanned again."""

import re
from itertools import pairwise

from polc.parse.scan import BRACES, blocks

_MARGIN = 2
"""Blocks around a change to look at: a line that turns into a comment moves to the block below."""
_brace = re.compile(r"[{}]")


def balanced(text: str) -> bool:
    """Tell whether every brace of a text, outside of strings and comments, has its partner."""
    if _brace.search(text) is None:
        return True
    depth = 0
    for match in BRACES(text):
        mark = text[match.start()]
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth < 0:
                return False
    return depth == 0


def rescan(text: str, before: list[str], closed: list[bool]) -> list[str]:
    """Return the blocks of `text`, given those of an earlier text and whether each is balanced.

    The same as `blocks` gives. What is before and behind the change need not be looked at where its
    braces have their partners, for then no block depends on another.
    """
    head, tail = _common(text, before)
    first = _whole_lines(before, head - _MARGIN, -1)
    behind = _whole_lines(before, len(before) - tail + _MARGIN, 1)
    start = sum(map(len, before[:first]))
    stop = len(text) - sum(map(len, before[behind:]))
    middle = text[start:stop]
    if not (all(closed[:first]) and all(closed[behind:]) and balanced(middle)):
        return _cut(text, blocks(text))
    return [*before[:first], *_cut(middle, blocks(middle)), *before[behind:]]


def _whole_lines(before: list[str], index: int, step: int) -> int:
    """Return the nearest block from `index` on before which a line ends."""
    while 0 < index < len(before) and not before[index - 1].endswith("\n"):
        index += step
    return min(max(index, 0), len(before))


def _common(text: str, before: list[str]) -> tuple[int, int]:
    """Return how many blocks stand unchanged at the start and at the end of a text."""
    head = at = 0
    while head < len(before) and text.startswith(before[head], at):
        at += len(before[head])
        head += 1
    tail, end = 0, len(text)
    while tail < len(before) - head:
        block = before[-1 - tail]
        if end - len(block) < at or not text.startswith(block, end - len(block)):
            break
        end -= len(block)
        tail += 1
    return head, tail


def _cut(text: str, starts: list[int]) -> list[str]:
    return [text[a:b] for a, b in pairwise(starts)]
