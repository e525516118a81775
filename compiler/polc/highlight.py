"""A text in colours: the lexer that Pygments finds as `polc` (entry point `pygments.lexers`).

The compiler's own lexer cuts the text, and its syntax tree tells which words are names, so nothing
here has to follow the grammar. Nothing else of polc imports Pygments; who loads this module has it.
"""

import re
from collections.abc import Iterator

import attrs
from pygments import token as t
from pygments.lexer import Lexer
from pygments.token import _TokenType as Type

from polc import syntax
from polc.parse import parse
from polc.parse.lexer import TABLES, tokens
from polc.parse.words import DECLARATIONS, SPELLING
from polc.source import Source

_TYPES = {
    "WHITESPACE": t.Whitespace,
    "COMMENT": t.Comment.Single,
    "NUMBER": t.Number,
    "PERCENT": t.Number,
    "CIDR": t.Number,
    "DATE": t.Literal.Date,
    "UPPER": t.Name.Constant,
    "NAME": t.Name,
    "DOTTED": t.Name,
    "ERROR": t.Error,
    "WILDCARD": t.Error,  # in the grammar only so that it can be refused by name
}
_WORDS = (
    dict.fromkeys(TABLES.words, t.Keyword)
    | {SPELLING[kind]: t.Keyword.Declaration for kind in DECLARATIONS}
    | dict.fromkeys(("any", "internet", "self"), t.Keyword.Constant)
)
_MARKS = dict.fromkeys(TABLES.punctuation, t.Operator) | dict.fromkeys("{}[],", t.Punctuation)
_ESCAPES = re.compile(r"(\\(?:u\{[0-9a-fA-F]*\}|.))")
_IN_A_SERVICE = "service s {\n"


class PolcLexer(Lexer):
    """Lexer for programs of polc, and for statements of a service alone."""

    name = "polc"
    aliases = ("polc", "svc")
    filenames = ("*.svc",)
    version_added = ""

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Type, str]]:
        """Yield where each piece of the text starts, its type, and the piece."""
        names = _names(text)
        for token in tokens(text):
            if token.kind == "STRING":
                yield from _string(token.start, token.text)
            else:
                type_ = _WORDS.get(token.text) or _MARKS.get(token.text) or _TYPES[token.kind]
                if type_ is not t.Error:
                    type_ = names.get(token.start, type_)
                yield token.start, type_, token.text


def _string(start: int, literal: str) -> Iterator[tuple[int, Type, str]]:
    """Cut a string at its escapes."""
    for number, part in enumerate(_ESCAPES.split(literal)):
        if part:
            yield start, t.String.Escape if number % 2 else t.String.Double, part
        start += len(part)


def _names(text: str) -> dict[int, Type]:
    """Return what the names of a text are, by where they start.

    Documentation also shows what stands inside of a service; that is read as such, if it then
    reads better.
    """
    file, found = parse(Source("", text))
    shift = 0
    if found:
        inside, still_found = parse(Source("", f"{_IN_A_SERVICE}{text}\n}}\n"))
        if len(still_found) < len(found):
            file, shift = inside, len(_IN_A_SERVICE)
    return {start - shift: type_ for start, type_ in _walk(file.declarations, t.Name)}


def _walk(node: object, type_: Type) -> Iterator[tuple[int, Type]]:
    match node:
        case tuple():
            for item in node:
                yield from _walk(item, t.Name)
        case syntax.Name() | syntax.Resource():  # a label's key may have several pieces, too
            start, end = node.span.offset, node.span.end_offset
            for token in tokens(node.span.source.text[start:end]):
                if token.kind != "SLASH":
                    yield start + token.start, type_
        case syntax.Node():
            for field in attrs.fields(type(node)):
                defines = field.name == "name" and isinstance(node, syntax.Declaration)
                yield from _walk(getattr(node, field.name), t.Name.Class if defines else t.Name)
