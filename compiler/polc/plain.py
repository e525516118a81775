"""Text that nothing acts on: no terminal, no viewer, and no runner of CI.

Names, reasons and paths come from whoever wrote the program. What they hold must not colour a
terminal, turn a line around, break a picture, or give a command to the runner that reads the log.
"""

import re
import unicodedata

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that reorder what follows: a line could read otherwise than it is."""

_odd = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""What no text needs; a tab and a line feed are none of it."""
_colour = re.compile(r"(\x1b\[[0-9;]*m)")
_command = re.compile(r"^(\s*):(?=:(?!:))", re.MULTILINE)
"""Where GitHub's runner takes a line for a command: it passes over spaces.

Three colons are none: those of a second place in a message, before the name of its file.
"""
_old_command = re.compile(r"##(?=\[|vso\[)")
"""Its older commands, and those of Azure: anywhere in a line."""


def harmless(text: str) -> str:
    """Replace control characters, line ends among them, and changes of direction."""
    if text.isascii() and text.isprintable():
        return text
    return lines(text).replace("\n", "\u240a").replace("\t", "\u2409")


def lines(text: str) -> str:
    """Replace the same in a text of several lines, whose line ends and tabs stay."""
    return _odd.sub(_shown, text)


def one_line(text: str) -> str:
    """Make a text fit for one line."""
    return harmless(" ".join(text.split("\n")))


def for_log(text: str, *, colour: bool = True) -> str:
    """Make a text fit for a terminal, or for a log of CI that is searched for commands.

    Colours stay: whoever wrote the text has made everything else harmless before.
    """
    if not (text.isascii() and text.isprintable()):
        parts = _colour.split(text)
        text = "".join(part if n % 2 and colour else lines(part) for n, part in enumerate(parts))
    return _old_command.sub(r"##\\", _command.sub(r"\1\\:", text))


def _shown(match: re.Match[str]) -> str:
    char = match[0]
    if char < "\x20":
        return chr(0x2400 + ord(char))  # the pictures of U+2400: one per control character
    return "\u2421" if char == "\x7f" else "\ufffd"


def width(char: str) -> int:
    """Return how many columns a terminal gives a character (Unicode Standard Annex 11)."""
    if char < "\x7f":
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
