"""Code lenses: over each service how many may reach it and how many it reaches, and the graph.

The numbers are of a compilation of the present text without errors, or they are not there.
"""

from typing import Any

from lsprotocol import types

from polc import syntax as s
from polc.lsp.convert import range_of
from polc.lsp.explain import reach
from polc.lsp.explain.names import program_of
from polc.lsp.feature import Feature, of_document
from polc.lsp.session import Session, View
from polc.lsp.uses import owner_key, placed


def lenses(view: View, params: Any = None) -> list[types.CodeLens] | None:
    """Return the lenses of a document; what they say of flows comes when they are seen."""
    if not view.session.settings.code_lens:
        return None
    found = []
    for place in placed(view.tree):
        service = place.declaration
        if isinstance(service, s.Service) and place.scope:
            span = range_of(view.session, service.name.span)
            uri = view.document.uri
            graph = types.Command("show graph", "polc.showGraph", arguments=[uri, span.start])
            if program_of(view) is not None:
                found.append(types.CodeLens(span, data=[uri, owner_key(place)]))
            found.append(types.CodeLens(span, graph))
    return found


def resolve(session: Session, lens: types.CodeLens) -> types.CodeLens:
    """Count who may reach a service, and whom it reaches."""
    match lens.data:
        case [str(uri), str(key)] if (view := session.view(uri)) is not None:
            program = program_of(view)
            if program is not None:
                title = reach.counted(reach.reach_of(program, key))
                lens.command = types.Command(
                    title, "polc.showReach", arguments=[uri, lens.range.start]
                )
    return lens


FEATURES: tuple[Feature, ...] = (
    Feature(
        types.TEXT_DOCUMENT_CODE_LENS,
        of_document(lenses),
        types.CodeLensOptions(resolve_provider=True),
    ),
    Feature(types.CODE_LENS_RESOLVE, resolve),
)
