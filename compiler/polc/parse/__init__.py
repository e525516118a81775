"""From text to a syntax tree and diagnostics; nothing raises, and nothing stops at an error.

`scan` cuts a text into blocks, one for each declaration; `lex` cuts a block into words; `engine`
drives the grammar's parse table over them; `builder` and the modules beside it make the nodes
(`declarations`, `statements`, `grants`, `running`, `qualifiers`); `reporting`, `marks`, `phrases`,
`rewind`, `mend` and `recover` go on after an error, with what `messages`, `hints` and `foreign` say
of it; `unfinished` tells what could come next. A block is parsed without knowledge of the others,
with spans relative to its start, so that its outcome can be kept while its text is the same.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from polc.codes import syntax as codes
from polc.diagnostics import Diagnostic, Edit, Fix
from polc.parse.lexer import Tokens, lex
from polc.parse.recover import Recovery
from polc.parse.scan import blocks
from polc.source import Anchor, Source, Span
from polc.syntax import Declaration, File

__all__ = ["Block", "parse", "parse_block", "parse_blocks", "parse_bytes"]


_hidden = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]").search
"""Controls but tabs and line ends, and the characters that turn the direction of text."""


class Block(NamedTuple):
    """What one piece of the text came to: as a rule, one declaration."""

    anchor: Anchor
    text: str
    declarations: tuple[Declaration, ...]
    diagnostics: tuple[Diagnostic, ...]


def parse_block(text: str, anchor: Anchor) -> Block:
    """Parse one block of a text, as `scan.blocks` cut it; `anchor` is where it starts."""
    tokens = lex(text)
    recovery = Recovery(anchor, tokens)
    declarations = recovery.declarations()
    found = recovery.builder.found
    if "\r" in text:
        found += _swallowed(tokens, anchor)
    if _hidden(text):
        found += _unseen(tokens, anchor)
    return Block(anchor, text, tuple(declarations), tuple(found))


def _swallowed(tokens: Tokens, anchor: Anchor) -> Iterator[Diagnostic]:
    """Report each comment that goes on behind a carriage return, which ends no line."""
    for piece, start in zip(tokens.pieces, tokens.offsets, strict=False):
        end = piece.rstrip("\r").find("\r")
        if piece.startswith("#") and end >= 0:
            yield Diagnostic(
                codes.BAD_CHARACTER,
                "this comment goes on behind a carriage return, which ends no line",
                Span(anchor, start, start + end),
                help="save the file with line feeds as line ends (LF, or CRLF)",
            )


def _unseen(tokens: Tokens, anchor: Anchor) -> Iterator[Diagnostic]:
    """Warn of what can't be seen in strings and comments, once in each; elsewhere it is an error.

    A terminal acts on control characters, and changes of direction show a line as what it is not.
    """
    for piece, start in zip(tokens.pieces, tokens.offsets, strict=False):
        match = _hidden(piece) if piece[:1] in ("#", '"', "'") else None
        if match is None:
            continue
        where = "comment" if piece[0] == "#" else "string"
        at = start + match.start()
        span = Span(anchor, at, at + 1)
        point = f"{ord(match[0]):04X}"
        code, what = codes.CONTROL_CHARACTER, "a control character"
        if match[0] >= "\u202a":
            code, what = codes.TURNED_TEXT, "a character that turns the direction of what follows"
        advice, text = "remove it", ""
        if where == "string":
            text = f"\\u{{{point}}}"
            advice = f"remove it, or write `{text}` so that it can be seen"
        fix = Fix(f"write `{text}`" if text else "remove it", (Edit(span, text),))
        message = f"in this {where} stands {what} (U+{point})"
        yield Diagnostic(code, message, span, help=advice, fix=fix)


def parse_blocks(source: Source) -> Iterator[Block]:
    """Parse a text block by block."""
    text = source.text
    starts = blocks(text)
    for start, end in pairwise(starts):
        yield parse_block(text[start:end], Anchor(source, start))


def parse(source: Source) -> tuple[File, tuple[Diagnostic, ...]]:
    """Parse a text."""
    declarations: list[Declaration] = []
    diagnostics: list[Diagnostic] = []
    for block in parse_blocks(source):
        declarations += block.declarations
        diagnostics += block.diagnostics
    return File(source, tuple(declarations)), tuple(diagnostics)


def parse_bytes(name: str, data: bytes) -> tuple[Source, File, tuple[Diagnostic, ...]]:
    """Decode and parse a file; line ends stay as they are, a byte order mark goes."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    source = Source(name, text)
    file, diagnostics = parse(source)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = len(data[: error.start].removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
        problem = Diagnostic(
            codes.NOT_UTF8,
            f"`{name}` is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}",
            Span(Anchor(source), at, at + 1),
            help="save the file in UTF-8",
        )
        # What stands for bytes that are no text is reported as that, once.
        others = (each for each in diagnostics if "\ufffd" not in each.span.text)
        return source, file, (problem, *others)
    return source, file, diagnostics
