"""Products of sets: a box holds the points whose every coordinate lies in the side of its name.

A side that a box does not name is the whole of that dimension. Regions are unions of boxes. What
is left of a box when another is cut out of it are again boxes, one for each side of the other, so
containment is decided, and a point that is not contained is found.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Protocol

from attrs import frozen


class Side(Protocol):
    """What a set has to know of itself to be a side of a box."""

    def __bool__(self) -> bool:
        """Tell whether there is anything in it."""
        ...

    def __and__(self, other: Any, /) -> Any:
        """Return what both hold."""
        ...

    def __sub__(self, other: Any, /) -> Any:
        """Return what the other does not hold."""
        ...

    def sample(self) -> Any:
        """Return an element; the set must not be empty."""
        ...


@frozen(slots=False, cache_hash=True)
class Box:
    """Sides by name, sorted; none of them is empty."""

    sides: tuple[tuple[str, Side], ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Side]:
        """The sides by their names."""
        return dict(self.sides)


def box(**sides: Any) -> Box:
    """Return the box with these sides."""
    return Box(tuple(sorted(sides.items(), key=lambda side: side[0])))


Region = tuple[Box, ...]
"""A union of boxes; they may overlap."""

ALL: Region = (Box(),)
NONE: Region = ()

Full = Callable[[str], Side]
"""The whole of a dimension, by its name."""


def intersect(one: Box, other: Box) -> Box | None:
    """Return what both hold; None: nothing."""
    if one is other or not other.sides:
        return one
    if not one.sides:
        return other
    sides = dict(one.sides)
    for name, side in other.sides:
        both = sides[name] & side if name in sides else side
        if not both:
            return None
        sides[name] = both
    return Box(tuple(sorted(sides.items(), key=lambda side: side[0])))


def both(one: Iterable[Box], other: Region) -> Region:
    """Return what lies in both regions."""
    met = (intersect(left, right) for left in one for right in other)
    return tuple(dict.fromkeys(each for each in met if each is not None))


def subtract(region: Iterable[Box], cut: Region, full: Full) -> Region:
    """Return what lies in the region and in no box of `cut`.

    Equal boxes cancel each other first: mostly that is all there is to do.
    """
    equal = set(cut)
    left = tuple(each for each in dict.fromkeys(region) if each not in equal)
    for each in cut:
        if not left:
            break
        left = tuple(part for whole in left for part in _cut(whole, each, full))
    return left


_CHEAP = ("port", "who", "ip", "method")
"""Sides that are compared first: they are quick to tell that two boxes do not meet."""


def _cut(whole: Box, cut: Box, full: Full) -> tuple[Box, ...]:
    """Return disjoint boxes that make up what of `whole` is not in `cut`.

    Side by side: what is outside of this side of the cut, then, inside of it, the next.
    """
    mine, theirs = whole.by_name, cut.by_name
    names = [name for name in _CHEAP if name in theirs]
    names += (name for name in theirs if name not in _CHEAP)
    common: list[tuple[str, Side, Side]] = []
    for name in names:
        here = mine[name] if name in mine else full(name)
        met = here & theirs[name]
        if not met:
            return (whole,)
        common.append((name, here, met))
    inside: dict[str, Side] = dict(whole.sides)
    parts: list[Box] = []
    for name, here, met in common:
        if met is not here and (outside := here - theirs[name]):
            parts.append(_box({**inside, name: outside}))
        inside[name] = met
    return tuple(parts)


def _box(sides: Mapping[str, Side]) -> Box:
    return Box(tuple(sorted(sides.items(), key=lambda side: side[0])))
