"""From a name to where it is declared, and to all its uses."""

import os

from lsprotocol import types

import polc_stdlib
from polc.lsp.convert import location, range_of
from polc.lsp.documents import uri_of
from polc.lsp.feature import Feature, at_position, of_document
from polc.lsp.guess import guess_at
from polc.lsp.occurrences import all_uses, declarations, everywhere, use_at
from polc.lsp.session import View
from polc.lsp.uses import Use


def definition(view: View, offset: int) -> list[types.Location]:
    """Return where the name under the cursor is declared; of an import, the file."""
    use = use_at(view, offset) or guess_at(view, offset)
    if use is None:
        return []
    imported = imported_uri(view, use)
    if imported is not None:
        start = types.Position(0, 0)
        return [types.Location(imported, types.Range(start, start))]
    return [location(view.session, span) for span in declarations(view, use.targets)]


def imported_uri(view: View, use: Use) -> str | None:
    """Return the URI of the file that an import means, if there is one."""
    for kind, key, _ in use.targets:
        path = None
        if kind == "module":
            path = polc_stdlib.path(key)
        elif kind == "file" and key:
            path = os.path.normpath(os.path.join(os.path.dirname(use.span.source.name), key))
        if path is not None:
            document = view.session.documents.open.get(path)
            return document.uri if document else uri_of(path) if os.path.isfile(path) else None
    return None


def references(view: View, params: types.ReferenceParams) -> list[types.Location]:
    """Return every use of the name under the cursor, in all programs that share it."""
    at = params.position
    offset = view.text.offset((at.line, at.character), view.session.encoding)
    use = use_at(view, offset) or guess_at(view, offset)
    if use is None:
        return []
    with_declaration = params.context.include_declaration
    return [
        location(view.session, each.span)
        for each in everywhere(view, use.targets)
        if with_declaration or not each.declares
    ]


def highlights(view: View, offset: int) -> list[types.DocumentHighlight]:
    """Return every use in this document of the name under the cursor."""
    use = use_at(view, offset) or guess_at(view, offset)
    if use is None:
        return []
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(
            range_of(view.session, each.span), kinds.Write if each.declares else kinds.Read
        )
        for each in all_uses(view.snapshot, use.targets)
        if each.span.source is view.tree.source
    ]


FEATURES: tuple[Feature, ...] = (
    Feature(types.TEXT_DOCUMENT_DEFINITION, at_position(definition)),
    Feature(types.TEXT_DOCUMENT_DECLARATION, at_position(definition)),
    Feature(types.TEXT_DOCUMENT_REFERENCES, of_document(references)),
    Feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, at_position(highlights)),
)
