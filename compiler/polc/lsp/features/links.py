"""Links: from an import to its file, and from a code in a comment to the page that explains it."""

import re
from collections.abc import Iterator
from functools import cache

from lsprotocol import types

from polc.codes import all_codes
from polc.diagnostics import Code
from polc.lsp.convert import page_uri, range_in, range_of
from polc.lsp.feature import Feature, of_document
from polc.lsp.features.navigation import imported_uri
from polc.lsp.session import View
from polc.lsp.uses import Placed, uses
from polc.parse.lexer import tokens
from polc.syntax import Import, Name

_codes = re.compile(r"POL(?<!\wPOL)\d{3}\b").finditer


def links(view: View, params: object = None) -> list[types.DocumentLink]:
    """Return what can be followed in a document."""
    return [*_imports(view), *_pages(view)]


def _imports(view: View) -> Iterator[types.DocumentLink]:
    for piece in view.tree.pieces:
        for each in piece.declarations:
            if isinstance(each, Import):
                for use in uses(view.table, Placed(each, "", piece)):
                    uri = imported_uri(view, use)
                    if uri is not None:
                        is_module = isinstance(each.target, Name)
                        tooltip = "standard library" if is_module else "imported file"
                        yield types.DocumentLink(range_of(view.session, use.span), uri, tooltip)


def _pages(view: View) -> Iterator[types.DocumentLink]:
    text = view.text.value
    for match in _codes(text):
        code = _by_id().get(match.group())
        if code is not None and _in_comment(view, match.start()):
            place = range_in(view.session, view.text, match.start(), match.end())
            yield types.DocumentLink(place, page_uri(code), f"{code.id}: {code.summary}")


def _in_comment(view: View, offset: int) -> bool:
    piece = view.tree.piece_at(offset)
    if piece is None:
        return False
    at = offset - piece.anchor.offset
    words = tokens(piece.block.text)
    return any(each.kind == "COMMENT" and each.start <= at < each.end for each in words)


@cache
def _by_id() -> dict[str, Code]:
    return {code.id: code for code in all_codes()}


FEATURES: tuple[Feature, ...] = (Feature(types.TEXT_DOCUMENT_DOCUMENT_LINK, of_document(links)),)
