"""Code actions: what would mend a finding, and what would narrow a statement."""

from collections.abc import Iterable, Iterator

from lsprotocol import types

from polc import syntax as s
from polc.diagnostics import Diagnostic, Edit
from polc.lsp.convert import diagnostic, workspace_edit
from polc.lsp.feature import Feature, of_document
from polc.lsp.meant import peers_of
from polc.lsp.mending import MORE
from polc.lsp.session import View
from polc.lsp.uses import nodes_at
from polc.resolve.symbols import Symbol
from polc.source import Span

FIX_ALL = "source.fixAll.polc"
_SYNTAX = "POL0"
"""Only mistakes of spelling are mended unseen: another name or peer may be a wider one."""


def actions(view: View, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Return what can be done about a range of a document."""
    encoding = view.session.encoding
    start, end = (
        view.text.offset((at.line, at.character), encoding)
        for at in (params.range.start, params.range.end)
    )
    wanted = params.context.only
    findings = [each for each in view.program.findings() if _is_here(view, each)]
    made: list[types.CodeAction] = []
    for found in findings:
        if found.span.offset <= end and start <= found.span.end_offset:
            made += _mending(view, found)
    made += _narrowing(view, start)
    made += _everything(view, findings)
    return [each for each in made if wanted is None or _is_wanted(each.kind, wanted)]


def _is_here(view: View, found: Diagnostic) -> bool:
    return found.span.source is view.tree.source


def _is_wanted(kind: types.CodeActionKind | str | None, wanted: Iterable[str]) -> bool:
    """Tell whether a kind is one of those asked for, or below one (LSP 3.17, CodeActionKind)."""
    name = kind.value if isinstance(kind, types.CodeActionKind) else str(kind)
    asked = (each.value if isinstance(each, types.CodeActionKind) else each for each in wanted)
    return any(not each or name == each or name.startswith(f"{each}.") for each in asked)


def _mending(view: View, found: Diagnostic) -> Iterator[types.CodeAction]:
    """Return the quick fixes of one finding; the one that it brings along stands first."""
    more = MORE.get(found.code.id)
    fixes = [*([found.fix] if found.fix else []), *(more(view, found) if more else ())]
    for fix in fixes:
        yield types.CodeAction(
            title=fix.title[:1].upper() + fix.title[1:],
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[diagnostic(view.session, found)],
            is_preferred=fix is found.fix or None,
            edit=workspace_edit(view.session, fix.edits),
        )


def _everything(view: View, findings: Iterable[Diagnostic]) -> Iterator[types.CodeAction]:
    """Return the action that mends every mistake of spelling in the document."""
    edits: list[Edit] = []
    for found in findings:
        if found.fix is None or not found.code.id.startswith(_SYNTAX):
            continue
        free = all(
            edit.span.source is view.tree.source
            and all(_apart(edit.span, other.span) for other in edits)
            for edit in found.fix.edits
        )
        if free:
            edits += found.fix.edits
    if edits:
        yield types.CodeAction(
            title="Mend all mistakes of spelling",
            kind=FIX_ALL,
            edit=workspace_edit(view.session, edits),
        )


def _apart(one: Span, other: Span) -> bool:
    return one.end_offset < other.offset or other.end_offset < one.offset


def _narrowing(view: View, offset: int) -> Iterator[types.CodeAction]:
    """Offer to name those who call a service, for `any` or `namespace N` among its callers."""
    match nodes_at(view.tree, offset):
        case [s.Service() as service, s.Allow(direction="from") as allow, peer, *_]:
            pass
        case _:
            return
    own = next((x for x in view.table.symbols.values() if x.declaration is service), None)
    match peer:
        case s.NamespacePeer(name=name):
            namespace: str | None = name.text
        case s.BroadPeer(word="any"):
            namespace = None
        case _:
            return
    if own is None:
        return
    listed = set(peers_of(view.table, allow, own.scope))
    callers = [each for each in _callers(view, own, namespace) if each not in listed]
    if callers:
        text = ", ".join(x.name if x.scope == own.scope else x.key for x in callers)
        yield types.CodeAction(
            title=f"Narrow to those who declare that they call it: {text}",
            kind=types.CodeActionKind.RefactorRewrite,
            edit=workspace_edit(view.session, (Edit(peer.span, text),)),
        )


def _callers(view: View, callee: Symbol, namespace: str | None) -> Iterator[Symbol]:
    """Return the services, sorted, that name a service in an `allow to`."""
    for symbol in view.table.of_kind("service"):
        if symbol is callee or namespace not in (None, symbol.scope):
            continue
        assert isinstance(symbol.declaration, s.Service)
        if any(
            isinstance(each, s.Allow)
            and each.direction == "to"
            and callee in peers_of(view.table, each, symbol.scope)
            for each in symbol.declaration.statements
        ):
            yield symbol


FEATURES = (
    Feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        of_document(actions),
        types.CodeActionOptions(
            [types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, FIX_ALL]
        ),
    ),
)
