"""Did-you-mean: the nearest of the names that would have been right, a date as it is written."""

import re
from collections.abc import Iterable
from datetime import date


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `word`, or None where none is near.

    That is the shortest one that starts with it: who is still typing wrote the start of a name.
    """
    from difflib import get_close_matches

    words = sorted(set(candidates))
    begun = [each for each in words if each.startswith(word)] if len(word) > 2 else []
    matches = [min(begun, key=len)] if begun else get_close_matches(word, words, n=1, cutoff=0.6)
    return matches[0] if matches else None


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
