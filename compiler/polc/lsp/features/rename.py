"""Giving something another name, in every file that names it."""

from lsprotocol import types

from polc.lsp.convert import range_of, workspace_edit
from polc.lsp.feature import Feature, Refusal, at_position, of_document
from polc.lsp.occurrences import use_at
from polc.lsp.renaming import edits, renaming, spelling
from polc.lsp.session import View


def prepare(view: View, offset: int) -> types.PrepareRenamePlaceholder | Refusal | None:
    """Return the name under the cursor that can be changed, or why it can't."""
    use = use_at(view, offset)
    if use is None:
        return None
    found = renaming(view, use)
    if isinstance(found, Refusal):
        return found
    return types.PrepareRenamePlaceholder(range_of(view.session, use.span), found.target.name)


def rename(view: View, params: types.RenameParams) -> types.WorkspaceEdit | Refusal | None:
    """Return the edits that give what is under the cursor a new name, or why it can't have it."""
    at = params.position
    use = use_at(view, view.text.offset((at.line, at.character), view.session.encoding))
    if use is None:
        return None
    found, new = renaming(view, use), spelling(params.new_name)
    if isinstance(found, Refusal):
        return found
    if isinstance(new, Refusal):
        return new
    made = edits(view, found, new)
    return made if isinstance(made, Refusal) else workspace_edit(view.session, made)


FEATURES: tuple[Feature, ...] = (
    Feature(types.TEXT_DOCUMENT_PREPARE_RENAME, at_position(prepare)),
    Feature(types.TEXT_DOCUMENT_RENAME, of_document(rename)),
)
