"""Did-you-mean: the nearest of the names that would have been right, a date as it is written."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property

_FEW = 64
"""So many names are compared with a word one by one."""
_BESIDE = 16
"""Of more names, so many on each side of the word, by their starts and by their ends."""
MANY = 8
"""No message lists more names, or points at more places."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-./"


class Vocabulary:
    """Names that a word may have meant, laid out so that few of them are compared with it."""

    def __init__(self, names: Iterable[str]) -> None:
        self.words = sorted(set(names))

    @cached_property
    def _backwards(self) -> list[str]:
        return sorted(each[::-1] for each in self.words)

    def around(self, word: str) -> list[str]:
        """Return names that are near a word, if any are: all of them where there are few.

        What differs in one letter is looked up; what differs in more begins or ends alike.
        """
        if len(self.words) <= _FEW:
            return self.words
        ends = [each[::-1] for each in _beside(self._backwards, word[::-1])]
        return [*_beside(self.words, word), *ends, *filter(self._has, _variants(word))]

    def begun(self, word: str) -> list[str]:
        """Return names that start with a word: the first ones, where there are many."""
        return _starting(self.words, word)

    def ended(self, word: str) -> list[str]:
        """Return names that end with a word: some of them, where there are many."""
        return [each[::-1] for each in _starting(self._backwards, word[::-1])]

    def _has(self, word: str) -> bool:
        at = bisect_left(self.words, word)
        return at < len(self.words) and self.words[at] == word


NOTHING = Vocabulary(())


def nearest(word: str, *candidates: Iterable[str] | Vocabulary) -> str | None:
    """Return the candidate most like `word`, or None where none is near.

    That is the shortest one that starts with it: who is still typing wrote the start of a name.
    """
    from difflib import get_close_matches

    known = [each if isinstance(each, Vocabulary) else Vocabulary(each) for each in candidates]
    begun = sorted({each for names in known for each in names.begun(word)} if len(word) > 2 else ())
    if begun:
        return min(begun, key=len)
    words = sorted({each for names in known for each in names.around(word)})
    matches = get_close_matches(word, words, n=1, cutoff=0.6)
    return matches[0] if matches else None


def some(names: Sequence[str], between: str = ", ") -> str:
    """List names in a message: all of them if they are few, else the first and how many more."""
    shown = names if len(names) <= MANY else names[: MANY - 1]
    text = between.join(f"`{name}`" for name in shown)
    return text if len(shown) == len(names) else f"{text} and {len(names) - len(shown)} more"


def _starting(words: list[str], word: str) -> list[str]:
    at = bisect_left(words, word)
    return [each for each in words[at : at + _FEW] if each.startswith(word)]


def _beside(words: list[str], word: str) -> list[str]:
    at = bisect_left(words, word)
    return words[max(0, at - _BESIDE) : at + _BESIDE]


def _variants(word: str) -> Iterator[str]:
    """Yield what a word is but for one letter: one too many, too few, another, or two swapped."""
    if len(word) > _FEW:
        return
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (head + letter + tail for letter in _LETTERS)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in _LETTERS)
            yield head + tail[1:2] + tail[0] + tail[2:]


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """Return a help line that names the nearest candidate, or None."""
    match = nearest(word, candidates)
    return f"did you mean `{match}`?" if match else None


_YEAR_FIRST = re.compile(
    r"([0-9]{4})(?:([-./])([0-9]{1,2})\2([0-9]{1,2})(?:T.*)?|([0-9]{2})([0-9]{2}))"
).fullmatch
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-./])([0-9]{1,2})\2([0-9]{4})").fullmatch


def as_date(text: str) -> str | None:
    """Return a date as ISO 8601 has it, year first, where a text can mean only one."""
    if first := _YEAR_FIRST(text):
        year, month, day = first[1], first[3] or first[5], first[4] or first[6]
    elif last := _YEAR_LAST(text):
        one, mark, other, year = last.groups()
        # With dots the day comes first everywhere; with other marks that depends on the country.
        if mark != "." and int(one) <= 12 and int(other) <= 12:
            return None
        day, month = (one, other) if int(one) > 12 or mark == "." else (other, one)
    else:
        return None
    better = f"{year}-{month:0>2}-{day:0>2}"
    try:
        date.fromisoformat(better)
    except ValueError:
        return None
    return better
