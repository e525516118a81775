"""What stands between two words of a text: spaces, line ends and comments."""

from functools import lru_cache

from attrs import frozen

_BLANK = " \t\r"


@frozen
class Gap:
    """One gap, read; all that the formatter keeps of it is in here."""

    trailing: str
    """The comment behind the word before, on its line."""
    own: tuple[tuple[bool, str], ...]
    """The comments on lines of their own; True where an empty line stands above."""
    newline: bool
    """There is a line end in it."""
    blank: bool
    """An empty line stands directly above the next word's."""
    wide: bool
    """More space than needed stands between two words of a line, or before `trailing`."""
    indent: str
    """What the next word's line starts with."""

    @property
    def commented(self) -> bool:
        """There are comments in it."""
        return bool(self.trailing or self.own)

    @property
    def divided(self) -> bool:
        """There is an empty line in it."""
        return self.blank or any(blank for blank, _ in self.own)


@lru_cache(maxsize=4096)
def read_gap(text: str) -> Gap:
    """Read a gap as it is written. Line ends are line feeds, as everywhere in polc."""
    first, *lines = text.split("\n")
    trailing = first.lstrip(_BLANK)
    space = first[: len(first) - len(trailing)]
    wide = bool(trailing or not lines) and ("\t" in space or len(space) > 1 + bool(trailing))
    indent = lines.pop() if lines and not lines[-1].strip(_BLANK) else ""
    own: list[tuple[bool, str]] = []
    blank = False
    for line in lines:
        comment = line.strip(_BLANK)
        if comment:
            own.append((blank, comment.rstrip()))
        blank = not comment
    return Gap(trailing.rstrip(), tuple(own), "\n" in text, blank, wide, indent)
