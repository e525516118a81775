"""From a name to where it is declared and to all its uses."""

from collections.abc import Iterator

from lsprotocol import types

from polc.lsp.convert import location, range_of
from polc.lsp.feature import Feature, at_position, of_document
from polc.lsp.session import View
from polc.lsp.uses import Target, Use, declared_at, placed, uses


def use_at(view: View, offset: int) -> Use | None:
    """Return the name that an offset is in, or directly behind."""
    behind: Use | None = None
    for place in placed(view.tree):
        start = place.piece.anchor.offset
        if not start <= offset <= start + len(place.piece.block.text):
            continue
        for use in uses(view.table, place):
            if use.span.offset <= offset < use.span.end_offset:
                return use
            if offset == use.span.end_offset:
                behind = use
    return behind


def all_uses(view: View, targets: tuple[Target, ...]) -> Iterator[Use]:
    """Return every name in the program that may refer to one of the targets."""
    words = {target.key.rpartition("/")[2].rpartition(".")[2] for target in targets}
    wanted = set(targets)
    for place in view.snapshot.places():
        if not words.isdisjoint(place.piece.words):
            for use in uses(view.table, place):
                if not wanted.isdisjoint(use.targets):
                    yield use


def definition(view: View, offset: int) -> list[types.Location]:
    """Return where the name under the cursor is declared."""
    use = use_at(view, offset)
    if use is None:
        return []
    spans = (
        span
        for target in use.targets
        for span in declared_at(view.table, target, view.snapshot.places())
    )
    return [location(view.session, span) for span in dict.fromkeys(spans)]


def references(view: View, params: types.ReferenceParams) -> list[types.Location]:
    """Return every use of the name under the cursor."""
    at = params.position
    use = use_at(view, view.text.offset((at.line, at.character), view.session.encoding))
    if use is None:
        return []
    found = all_uses(view, use.targets)
    wanted = (each for each in found if params.context.include_declaration or not each.declares)
    return [location(view.session, each.span) for each in wanted]


def highlights(view: View, offset: int) -> list[types.DocumentHighlight]:
    """Return every use in this document of the name under the cursor."""
    use = use_at(view, offset)
    if use is None:
        return []
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(
            range_of(view.session, each.span), kinds.Write if each.declares else kinds.Read
        )
        for each in all_uses(view, use.targets)
        if each.span.source is view.tree.source
    ]


FEATURES: tuple[Feature, ...] = (
    Feature(types.TEXT_DOCUMENT_DEFINITION, at_position(definition)),
    Feature(types.TEXT_DOCUMENT_REFERENCES, of_document(references)),
    Feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, at_position(highlights)),
)
