"""Regular expressions of RE2 to exact sets: what routes are written with, and no more.

Literals, `.`, escapes, classes, groups, `|`, `*`, `+`, `?`. Both routing APIs compare the whole
text. Anything else (counts, anchors, flags) is refused, so that nothing is read wrongly.
"""

from collections.abc import Iterable

from attrs import define, field

from polc.semantics.sets.automata import Chars, Dfa, explored
from polc.semantics.sets.strings import StringSet

_CLASSES = {
    "d": Chars(frozenset("0123456789")),
    "w": Chars(frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")),
    "s": Chars(frozenset("\t\n\f\r ")),
}


class UnknownRegex(ValueError):
    """An expression that uses more than this module knows."""


def regex(text: str) -> StringSet:
    """Return the strings that an expression matches as a whole."""
    parser = _Parser(text)
    end = parser.alternatives(0)
    if parser.at != len(text):
        raise UnknownRegex(f"`{text}` has a bracket too many")
    dfa = _deterministic(parser.steps, parser.jumps, end)
    return StringSet(frozenset()) if dfa.is_empty else StringSet(None, dfa)


@define
class _Parser:
    """Builds a machine with jumps while it reads; every method returns the state behind."""

    text: str
    at: int = 0
    count: int = 1
    steps: list[tuple[int, Chars, int]] = field(factory=list)
    jumps: list[tuple[int, int]] = field(factory=list)

    def state(self) -> int:
        self.count += 1
        return self.count - 1

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def alternatives(self, start: int) -> int:
        end = self.state()
        while True:
            self.jumps.append((self.sequence(start), end))
            if self.peek() != "|":
                return end
            self.at += 1

    def sequence(self, start: int) -> int:
        here = start
        while self.peek() not in ("", "|", ")"):
            here = self.repeated(here)
        return here

    def repeated(self, start: int) -> int:
        # A state of its own on either side, so that jumps of a repetition touch nothing else.
        first = self.state()
        self.jumps.append((start, first))
        last = self.atom(first)
        end = self.state()
        self.jumps.append((last, end))
        sign = self.peek()
        if sign in ("*", "+", "?") and sign:
            self.at += 1
            if sign != "+":
                self.jumps.append((first, end))
            if sign != "?":
                self.jumps.append((last, first))
            if self.peek() == "?":  # Lazy: the same texts match.
                self.at += 1
        if self.peek() in ("*", "+", "?", "{") and self.peek():
            raise UnknownRegex(f"`{self.text}` repeats in a way that is not known")
        return end

    def atom(self, start: int) -> int:
        char = self.peek()
        self.at += 1
        match char:
            case "(":
                if self.text.startswith("?:", self.at):
                    self.at += 2
                elif self.peek() == "?":
                    raise UnknownRegex(f"`{self.text}` has a group that is not known")
                end = self.alternatives(start)
                if self.peek() != ")":
                    raise UnknownRegex(f"`{self.text}` has no bracket at its end")
                self.at += 1
                return end
            case "[":
                return self.step(start, self.members())
            case ".":
                return self.step(start, Chars(frozenset("\n"), others=True))
            case "\\":
                return self.step(start, self.escape())
            case "^" | "$" | "{" | "*" | "+" | "?":
                raise UnknownRegex(f"`{char}` in `{self.text}` is not known here")
        return self.step(start, Chars(frozenset(char)))

    def step(self, start: int, chars: Chars) -> int:
        end = self.state()
        self.steps.append((start, chars, end))
        return end

    def escape(self) -> Chars:
        char = self.peek()
        self.at += 1
        if char.lower() in _CLASSES:
            known = _CLASSES[char.lower()]
            return Chars(known.listed, others=char.isupper())
        if not char or char.isalnum():
            raise UnknownRegex(f"`\\{char}` in `{self.text}` is not known")
        return Chars(frozenset(char))

    def members(self) -> Chars:
        negated = self.peek() == "^"
        self.at += negated
        found: set[str] = set()
        first = True
        while (char := self.peek()) != "]" or first:
            if not char or self.text.startswith("[:", self.at):
                raise UnknownRegex(f"`{self.text}` has a class that is not known")
            first = False
            found |= self.member()
        self.at += 1
        return Chars(frozenset(found), others=negated)

    def member(self) -> set[str]:
        char = self.peek()
        self.at += 1
        if char == "\\":
            chars = self.escape()
            if chars.others:
                raise UnknownRegex(f"`{self.text}` has a class that is not known")
            if len(chars.listed) != 1:
                return set(chars.listed)
            char = min(chars.listed)
        if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
            last = self.text[self.at + 1]
            if last == "\\" or ord(last) - ord(char) not in range(256):
                raise UnknownRegex(f"`{self.text}` has a range that is not known")
            self.at += 2
            return set(map(chr, range(ord(char), ord(last) + 1)))
        return {char}


def _deterministic(
    steps: Iterable[tuple[int, Chars, int]], jumps: Iterable[tuple[int, int]], end: int
) -> Dfa:
    ways: dict[int, list[tuple[Chars, int]]] = {}
    for start, chars, target in steps:
        ways.setdefault(start, []).append((chars, target))
    free: dict[int, list[int]] = {}
    for start, target in jumps:
        free.setdefault(start, []).append(target)
    alphabet = sorted({c for found in ways.values() for chars, _ in found for c in chars.listed})

    def closed(states: Iterable[int]) -> frozenset[int]:
        found = set(states)
        waiting = list(found)
        while waiting:
            for target in free.get(waiting.pop(), ()):
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return frozenset(found)

    def step(states: frozenset[int], char: str | None) -> frozenset[int]:
        return closed(
            target
            for state in states
            for chars, target in ways.get(state, ())
            if (chars.others if char is None else chars.has(char))
        )

    return explored(closed((0,)), alphabet, step, lambda states: end in states)
