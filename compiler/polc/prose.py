"""How messages say lists."""

from collections.abc import Iterable


def listed(words: Iterable[str], last: str = "and") -> str:
    """Join words in backticks as prose does: "`a`, `b` and `c`"."""
    return prose((f"`{word}`" for word in words), last)


def prose(words: Iterable[str], last: str = "and") -> str:
    """Join words as prose does."""
    *most, end = tuple(words) or ("",)
    return f"{', '.join(most)} {last} {end}" if most else end
