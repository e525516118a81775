"""Colours of a terminal, and text made harmless for one."""

import unicodedata

from attrs import frozen

from polc.diagnostics import Severity

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that reorder what follows: a line could read otherwise than it is."""

_SEVERITY_COLOURS = {
    Severity.ERROR: "1;31",
    Severity.WARNING: "1;33",
    Severity.NOTE: "1;36",
    Severity.HINT: "1;32",
}


@frozen
class Paint:
    """Wraps text in colours, or returns it as it is."""

    on: bool

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text

    def severity(self, severity: Severity, text: str) -> str:
        """Colour by how bad it is."""
        return self._wrap(_SEVERITY_COLOURS[severity], text)

    def strong(self, text: str) -> str:
        """Set in bold."""
        return self._wrap("1", text)

    def frame(self, text: str) -> str:
        """Colour what stands around the user's text: line numbers, bars, second places."""
        return self._wrap("1;34", text)

    def help(self, text: str) -> str:
        """Colour the word that starts a piece of advice."""
        return self._wrap("1;36", text)


def width(char: str) -> int:
    """Return how many columns a terminal gives a character (Unicode Standard Annex 11)."""
    if char < "\x7f":
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def harmless(text: str) -> str:
    """Replace what a terminal would act on: control characters and changes of direction."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def one_line(text: str) -> str:
    """Make a text fit for one line of a terminal."""
    return harmless(" ".join(text.split("\n")))


def _shown(char: str) -> str:
    if char < "\x20":
        return chr(0x2400 + ord(char))  # the pictures of U+2400: one per control character
    if char == "\x7f":
        return "\u2421"
    if char in _BIDI or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
        return "\ufffd"
    return char
