"""Did-you-mean: the nearest of the names that would have been right."""

from collections.abc import Iterable


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `word`, or None where none is near."""
    from difflib import get_close_matches

    matches = get_close_matches(word, sorted(set(candidates)), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """Return a help line that names the nearest candidate, or None."""
    match = nearest(word, candidates)
    return f"did you mean `{match}`?" if match else None
