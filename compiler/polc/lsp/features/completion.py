"""Completion: what can be written at the cursor, the likely first, and its documentation."""

from collections.abc import Iterable, Iterator
from operator import itemgetter

from lsprotocol import types

from polc import syntax as s
from polc.lsp.convert import range_in
from polc.lsp.explain import explained
from polc.lsp.explain.text import content
from polc.lsp.feature import Feature, of_document
from polc.lsp.features.symbols import nearness
from polc.lsp.offers import Offer, offers
from polc.lsp.session import Session, View
from polc.lsp.spot import Spot, spot_at

_MOST = 250
"""So many are sent; where there are more, the client asks again as the word grows."""
_SPACE = " "
_NEAR = 1
"""A name that starts as the word does: the nearest that counts."""


def completion(view: View, params: types.CompletionParams) -> types.CompletionList | None:
    """Return what can be written at a place.

    After a space that the user only typed, that is nothing unless a word has to follow: an item
    that nobody asked for would be taken with the next line break.
    """
    at = params.position
    spot = spot_at(view, view.text.offset((at.line, at.character), view.session.encoding))
    typed = params.context.trigger_character if params.context else None
    if typed == _SPACE and not spot.is_needed:
        return None
    found = sorted(_like(spot.word, offers(spot)), key=itemgetter(0))
    shown = _Shown(spot)
    items = [shown.item(offer, sort_text) for sort_text, offer in found[:_MOST]]
    return types.CompletionList(len(found) > _MOST, items, item_defaults=shown.defaults)


def resolve(session: Session, item: types.CompletionItem) -> types.CompletionItem:
    """Add its documentation to an item."""
    match item.data:
        case [str(uri), *about] if (view := session.view(uri)) is not None:
            text = explained(view, tuple(map(str, about)))
            if text:
                item.documentation = content(text, is_markdown=session.abilities.markdown)
    return item


def _like(word: str, found: Iterable[Offer]) -> Iterator[tuple[str, Offer]]:
    """Return what is like a half-typed word, with what sorts it; the nearest first.

    Some clients (Neovim) show what they are sent, others look again themselves.
    """
    word = word.lower()
    for each in found:
        name = each.label.replace('"', "")
        far = nearness(word, name.lower())
        if far is not None:
            yield f"{max(far, _NEAR) - _NEAR}{each.rank:d}{each.order:03d}{name}", each


class _Shown:
    """Turns offers into items that replace the half-typed word of a place."""

    def __init__(self, spot: Spot) -> None:
        view = spot.view
        self.session, self.spot = view.session, spot
        self.uri = view.document.uri
        self.typed = range_in(view.session, view.text, spot.start, spot.offset)
        self.whole = range_in(view.session, view.text, spot.start, spot.end)
        self.abilities = view.session.abilities

    @property
    def defaults(self) -> types.CompletionItemDefaults | None:
        """What all items have in common: where they go, if the client knows of such."""
        if not self.abilities.shared_ranges:
            return None
        if self.abilities.insert_replace:
            both = types.EditRangeWithInsertReplace(self.typed, self.whole)
            return types.CompletionItemDefaults(edit_range=both)
        return types.CompletionItemDefaults(edit_range=self._span)

    @property
    def _span(self) -> types.Range:
        """What an item replaces: the word under the cursor, but no word behind it."""
        return self.whole if self.spot.word else self.typed

    def item(self, offer: Offer, sort_text: str) -> types.CompletionItem:
        """Return an offer as the client takes it."""
        # Before what is there already, the rest of a statement would be in the way.
        is_snippet = offer.snippet and self.abilities.snippets and self.spot.ends_line
        text = offer.insert if is_snippet else offer.label
        if self.spot.is_open and not text.endswith("/"):
            text += '"'
        is_shared = self.abilities.shared_ranges
        return types.CompletionItem(
            offer.label,
            kind=offer.kind,
            detail=offer.detail or None,
            sort_text=sort_text,
            filter_text=offer.label.replace('"', "") if '"' in offer.label else None,
            insert_text_format=types.InsertTextFormat.Snippet if is_snippet else None,
            text_edit=None if is_shared else self._edit(text),
            text_edit_text=text if is_shared and text != offer.label else None,
            additional_text_edits=self._imports(offer.imports) if offer.imports else None,
            commit_characters=[","] if offer.in_list else None,
            data=[self.uri, *offer.about] if offer.about else None,
        )

    def _edit(self, text: str) -> types.TextEdit | types.InsertReplaceEdit:
        if self.abilities.insert_replace:
            return types.InsertReplaceEdit(text, insert=self.typed, replace=self.whole)
        return types.TextEdit(self._span, text)

    def _imports(self, module: str) -> list[types.TextEdit]:
        """Return the edit that imports a module, behind the other imports or at the start."""
        view = self.spot.view
        imports = [x for x in view.tree.file.declarations if isinstance(x, s.Import)]
        if imports:
            at = imports[-1].span.end_offset
            return [types.TextEdit(range_in(self.session, view.text, at, at), f"\nimport {module}")]
        place = range_in(self.session, view.text, 0, 0)
        return [types.TextEdit(place, f"import {module}\n\n")]


FEATURES: tuple[Feature, ...] = (
    Feature(
        types.TEXT_DOCUMENT_COMPLETION,
        of_document(completion),
        types.CompletionOptions(trigger_characters=[" ", "/", ".", '"'], resolve_provider=True),
    ),
    Feature(types.COMPLETION_ITEM_RESOLVE, resolve),
)
