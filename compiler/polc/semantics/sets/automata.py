"""Finite automata over all of Unicode: the exact form of every set of strings.

An automaton is deterministic, complete and minimal, and its states are numbered in a fixed order,
so equal languages are equal objects. A state has edges for the characters that something speaks
of, and one default for all others.
"""

import re
from collections import deque
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from attrs import field, frozen

NICE = "xaeo1-_.~XAE0%!$&'()+,;:@=/"
"""What a witness is spelled with where any of several characters will do, best first."""


State = TypeVar("State", bound=Hashable)


@frozen
class Chars:
    """The characters in `listed`, or with `others` all characters but these."""

    listed: frozenset[str]
    others: bool = False

    def has(self, char: str) -> bool:
        """Tell whether a character is one of them."""
        return (char in self.listed) is not self.others


ANY = Chars(frozenset(), others=True)


@frozen
class Item:
    """One step of a pattern: one of `chars`, or with `star` any number of them."""

    chars: Chars
    star: bool = False


Items = tuple[Item, ...]


def literal(text: str) -> Items:
    """Return the pattern for exactly this text."""
    return tuple(Item(Chars(frozenset((char,)))) for char in text)


def many(chars: Chars, *, at_least_one: bool = False) -> Items:
    """Return the pattern for any number of some characters."""
    return (*((Item(chars),) if at_least_one else ()), Item(chars, star=True))


@frozen
class Dfa:
    """States are numbers, 0 is the start; `moves[s]` are the edges, `defaults[s]` all others."""

    moves: tuple[Mapping[str, int], ...] = field(hash=False)
    defaults: tuple[int, ...]
    accepts: tuple[bool, ...]

    @cached_property
    def is_empty(self) -> bool:
        """Whether no string is accepted; all states of a minimal automaton can be reached."""
        return not any(self.accepts)

    def contains(self, text: str) -> bool:
        """Tell whether a string is accepted."""
        state = 0
        for char in text:
            state = self.moves[state].get(char, self.defaults[state])
        return self.accepts[state]

    def sample(self) -> str | None:
        """Return a shortest string that is accepted, as readable as may be; None: there is none."""
        came: dict[int, tuple[int, str]] = {}
        queue = deque([0])
        seen = {0}
        while queue:
            state = queue.popleft()
            if self.accepts[state]:
                return _spelled(came, state)
            for char, target in self._ways(state):
                if target not in seen:
                    seen.add(target)
                    came[target] = (state, char)
                    queue.append(target)
        return None

    def _ways(self, state: int) -> Iterator[tuple[str, int]]:
        moves = self.moves[state]
        for char in NICE:
            yield char, moves.get(char, self.defaults[state])
        for char in sorted(moves):
            yield char, moves[char]
        yield _unlisted(moves), self.defaults[state]


def _spelled(came: Mapping[int, tuple[int, str]], state: int) -> str:
    chars: list[str] = []
    while state in came:
        state, char = came[state]
        chars.append(char)
    return "".join(reversed(chars))


def _unlisted(listed: Container[str]) -> str:
    return next(char for char in map(chr, range(0x100, 0x10FFFF)) if char not in listed)


def of_patterns(patterns: Iterable[Items]) -> Dfa:
    """Return the automaton of all strings that match one of some patterns."""
    patterns = tuple(patterns)
    alike = _alike({item.chars for items in patterns for item in items})

    def step(positions: frozenset[tuple[int, int]], char: str | None) -> frozenset[tuple[int, int]]:
        moved = set()
        for pattern, at in positions:
            if at == len(patterns[pattern]):
                continue
            item = patterns[pattern][at]
            if item.chars.others if char is None else item.chars.has(char):
                moved.add((pattern, at if item.star else at + 1))
        return _closed(patterns, moved)

    start = _closed(patterns, {(number, 0) for number in range(len(patterns))})
    found = explored(
        start,
        sorted(alike),
        step,
        lambda positions: any(at == len(patterns[number]) for number, at in positions),
    )
    moves = ({c: to for one, to in each.items() for c in alike[one]} for each in found.moves)
    return Dfa(tuple(moves), found.defaults, found.accepts)


def _alike(sets: Iterable[Chars]) -> dict[str, list[str]]:
    """Return the characters that sets list, by the first of those that no set tells apart."""
    sides: dict[str, list[int]] = {}
    for number, each in enumerate(sets):
        for char in each.listed:
            sides.setdefault(char, []).append(number)
    groups: dict[tuple[int, ...], list[str]] = {}
    for char in sorted(sides):
        groups.setdefault(tuple(sides[char]), []).append(char)
    return {chars[0]: chars for chars in groups.values()}


def sample_of(items: Items) -> str:
    """Return a shortest text that matches a pattern, spelled as that of an automaton is."""
    return "".join(_nicest(item.chars) for item in items if not item.star)


def _nicest(chars: Chars) -> str:
    nice = (char for char in NICE if chars.has(char))
    return next(nice, None) or (_unlisted(chars.listed) if chars.others else min(chars.listed))


def expression(items: Items) -> str:
    """Return a pattern as a regular expression of Python's."""
    return "".join(f"{_class(item.chars)}{'*' if item.star else ''}" for item in items)


def _class(chars: Chars) -> str:
    listed = "".join(map(re.escape, sorted(chars.listed)))
    if not listed:
        return r"[\s\S]" if chars.others else r"(?!)"
    return f"[^{listed}]" if chars.others else f"[{listed}]"


def _closed(
    patterns: Sequence[Items], positions: Iterable[tuple[int, int]]
) -> frozenset[tuple[int, int]]:
    """Also stand behind each star."""
    found = set()
    for number, at in positions:
        found.add((number, at))
        while at < len(patterns[number]) and patterns[number][at].star:
            at += 1
            found.add((number, at))
    return frozenset(found)


def combined(one: Dfa, other: Dfa, keeps: Callable[[bool, bool], bool]) -> Dfa:
    """Return the automaton of the strings that `keeps` wants, told who accepts them."""
    alphabet = sorted({c for each in (one, other) for moves in each.moves for c in moves})

    def step(pair: tuple[int, int], char: str | None) -> tuple[int, int]:
        left, right = pair
        if char is None:
            return one.defaults[left], other.defaults[right]
        return (
            one.moves[left].get(char, one.defaults[left]),
            other.moves[right].get(char, other.defaults[right]),
        )

    return explored(
        (0, 0), alphabet, step, lambda pair: keeps(one.accepts[pair[0]], other.accepts[pair[1]])
    )


def explored(
    start: State,
    alphabet: Sequence[str],
    step: Callable[[State, str | None], State],
    accepts: Callable[[State], bool],
) -> Dfa:
    """Return the automaton of the states that `step` leads to from the start on."""
    numbers = {start: 0}
    order = [start]
    moves: list[dict[str, int]] = []
    defaults: list[int] = []
    for state in order:  # Grows while it is walked.
        targets = []
        for char in (None, *alphabet):
            target = step(state, char)
            if target not in numbers:
                numbers[target] = len(order)
                order.append(target)
            targets.append(numbers[target])
        defaults.append(targets[0])
        moves.append(
            {c: to for c, to in zip(alphabet, targets[1:], strict=True) if to != targets[0]}
        )
    return _minimal(moves, defaults, [accepts(state) for state in order])


def _minimal(moves: list[dict[str, int]], defaults: list[int], accepts: list[bool]) -> Dfa:
    """Merge states that nothing tells apart (Moore), and number the rest in a fixed order."""
    group = [int(each) for each in accepts]
    count = len(set(group))
    while True:
        keys = [
            (
                group[state],
                group[defaults[state]],
                frozenset(
                    (char, group[to])
                    for char, to in moves[state].items()
                    if group[to] != group[defaults[state]]
                ),
            )
            for state in range(len(moves))
        ]
        numbers: dict[object, int] = {}
        group = [numbers.setdefault(key, len(numbers)) for key in keys]
        if len(numbers) == count:
            return _numbered(moves, defaults, accepts, group)
        count = len(numbers)


def _numbered(
    moves: list[dict[str, int]], defaults: list[int], accepts: list[bool], group: list[int]
) -> Dfa:
    member: dict[int, int] = {}
    for state, number in enumerate(group):
        member.setdefault(number, state)
    order = [group[0]]
    place = {group[0]: 0}
    kept: list[dict[str, int]] = []
    rest: list[int] = []
    for number in order:
        state = member[number]
        default = group[defaults[state]]
        edges = {c: group[to] for c, to in sorted(moves[state].items()) if group[to] != default}
        for target in (default, *edges.values()):
            if target not in place:
                place[target] = len(order)
                order.append(target)
        kept.append({char: place[to] for char, to in edges.items()})
        rest.append(place[default])
    return Dfa(tuple(kept), tuple(rest), tuple(accepts[member[number]] for number in order))
