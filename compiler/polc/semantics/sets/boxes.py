"""Exact algebra of unions of boxes: products of one set per dimension."""

from collections.abc import Iterable, Sequence
from operator import and_
from typing import Any, Protocol


class Dimension(Protocol):
    """A set of texts that is closed under intersection and difference; false where empty."""

    def __and__(self, other: Any) -> Any: ...

    def __sub__(self, other: Any) -> Any: ...

    def __contains__(self, text: object) -> bool: ...

    def sample(self, preferred: Iterable[str] = ()) -> str:
        """Return a text of the set."""


Box = tuple[Dimension, ...]
"""One set per dimension, each of a fixed type; the box is what all of them admit at once."""


def subtract(box: Box, other: Box) -> tuple[Box, ...]:
    """Return what of `box` lies outside `other`, as boxes that do not overlap."""
    both = tuple(map(and_, box, other))
    if not all(both):
        return (box,)
    parts: list[Box] = []
    for place, (mine, theirs) in enumerate(zip(box, other, strict=True)):
        outside = mine - theirs
        if outside:
            parts.append((*both[:place], outside, *box[place + 1 :]))
    return tuple(parts)


def difference(boxes: Iterable[Box], others: Sequence[Box]) -> tuple[Box, ...]:
    """Return the part of `boxes` that none of `others` has; empty: it is a subset."""
    left: list[Box] = []
    for box in boxes:
        if not all(box):
            continue
        parts: tuple[Box, ...] = (box,)
        for other in others:
            parts = tuple(part for each in parts for part in subtract(each, other))
            if not parts:
                break
        left += parts
    return tuple(left)
