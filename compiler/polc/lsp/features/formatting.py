"""Formatting: the edits that lay out a document, or a part of it, as `polc fmt` does.

Only the text is looked at, so an answer never waits for any analysis.
"""

from lsprotocol import types

from polc.fmt import format_edits
from polc.lsp.convert import range_in
from polc.lsp.documents import Document
from polc.lsp.feature import Feature
from polc.lsp.session import Session


def whole(session: Session, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    """Return the edits that lay out a document."""
    document = session.document(params.text_document.uri)
    return None if document is None else _edits(session, document, None)


def part(
    session: Session, params: types.DocumentRangeFormattingParams
) -> list[types.TextEdit] | None:
    """Return the edits that lay out what a range touches."""
    document = session.document(params.text_document.uri)
    return None if document is None else _edits(session, document, params.range)


def parts(
    session: Session, params: types.DocumentRangesFormattingParams
) -> list[types.TextEdit] | None:
    """Return the edits that lay out what several ranges touch."""
    document = session.document(params.text_document.uri)
    if document is None:
        return None
    found = {
        (edit.range.start.line, edit.range.start.character, edit.new_text): edit
        for each in params.ranges
        for edit in _edits(session, document, each)
    }
    return list(found.values())


def _edits(
    session: Session, document: Document, wanted: types.Range | None
) -> list[types.TextEdit]:
    text = document.text
    span: tuple[int, int] | None = None
    if wanted is not None:
        start, end = (
            text.offset((at.line, at.character), session.encoding)
            for at in (wanted.start, wanted.end)
        )
        span = min(start, end), max(start, end)
    return [
        types.TextEdit(range_in(session, text, each.start, each.end), each.text)
        for each in format_edits(text.value, span)
    ]


FEATURES = (
    Feature(types.TEXT_DOCUMENT_FORMATTING, whole),
    Feature(
        types.TEXT_DOCUMENT_RANGE_FORMATTING,
        part,
        types.DocumentRangeFormattingOptions(ranges_support=True),
    ),
    Feature(types.TEXT_DOCUMENT_RANGES_FORMATTING, parts),
)
