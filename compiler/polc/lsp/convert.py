"""From the compiler's values to the protocol's."""

import os
from collections.abc import Iterable

from lsprotocol import types

import polc.codes
import polc_stdlib
from polc.codes import flows, names
from polc.diagnostics import Code, Diagnostic, Edit, Severity
from polc.lsp.documents import uri_of
from polc.lsp.session import Session
from polc.lsp.text import Text
from polc.source import Source, Span

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}
_FADED = (names.UNUSED, flows.UNUSED_PORT)
_PAGES = os.path.dirname(polc.codes.__file__)


def range_in(session: Session, text: Text, start: int, end: int) -> types.Range:
    """Return the range between two offsets of a text."""
    return types.Range(
        types.Position(*text.position(start, session.encoding)),
        types.Position(*text.position(end, session.encoding)),
    )


def range_of(session: Session, span: Span) -> types.Range:
    """Return the range of a span."""
    text = session.documents.text_of(span.source)
    return range_in(session, text, span.offset, span.end_offset)


def uri_of_source(session: Session, source: Source) -> str:
    """Return the URI of a file, spelt as the editor spells it if it is open there."""
    document = session.documents.open.get(source.name)
    if document is not None:
        return document.uri
    return uri_of(polc_stdlib.path(source.name) or source.name)


def location(session: Session, span: Span) -> types.Location:
    """Return the place of a span."""
    return types.Location(uri_of_source(session, span.source), range_of(session, span))


def page_uri(code: Code) -> str:
    """Return the URI of the page that explains a code."""
    return uri_of(os.path.join(_PAGES, f"{code.id}.md"))


def diagnostic(session: Session, found: Diagnostic) -> types.Diagnostic:
    """Return a finding as editors show it, with its help under the message."""
    can = session.abilities
    related = [
        types.DiagnosticRelatedInformation(location(session, label.span), label.message)
        for label in found.labels
    ]
    message = capital(found.message)
    if found.help:
        message += f"\nhelp: {found.help}"
    return types.Diagnostic(
        range=range_of(session, found.span),
        message=relative(session, message, found.span.source.name),
        severity=_SEVERITIES[found.severity],
        code=found.code.id,
        code_description=types.CodeDescription(page_uri(found.code)) if can.code_pages else None,
        source="polc",
        related_information=(related or None) if can.related else None,
        tags=[types.DiagnosticTag.Unnecessary] if found.code in _FADED else None,
    )


def relative(session: Session, message: str, near: str) -> str:
    """Shorten the paths in a message: to those below the workspace or below a file's folder."""
    for folder in (*session.projects.folders, os.path.dirname(near)):
        if len(folder) > 1:
            message = message.replace(f"{folder}{os.sep}", "")
    return message


def workspace_edit(session: Session, edits: Iterable[Edit]) -> types.WorkspaceEdit:
    """Return edits of any number of files; open ones are held to their version."""
    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.span.source.name, []).append(edit)
    if not session.abilities.document_changes:
        return types.WorkspaceEdit(
            changes={
                uri_of_source(session, here[0].span.source): _text_edits(session, here)
                for here in by_file.values()
            }
        )
    changes: list[types.TextDocumentEdit] = []
    for path, here in by_file.items():
        document = session.documents.open.get(path)
        identifier = types.OptionalVersionedTextDocumentIdentifier(
            uri_of_source(session, here[0].span.source), document.version if document else None
        )
        changes.append(types.TextDocumentEdit(identifier, list(_text_edits(session, here))))
    return types.WorkspaceEdit(document_changes=list(changes))


def _text_edits(session: Session, edits: Iterable[Edit]) -> list[types.TextEdit]:
    return [types.TextEdit(range_of(session, each.span), each.text) for each in edits]


def capital(message: str) -> str:
    """Return a message as editors begin theirs."""
    return message[:1].upper() + message[1:]
