"""Code actions: what would mend a finding, and what would narrow a statement."""

from collections.abc import Callable, Iterable, Iterator

from lsprotocol import types

from polc import syntax as s
from polc.codes import flows, names
from polc.diagnostics import Diagnostic, Edit, Fix, write
from polc.lsp.convert import diagnostic, workspace_edit
from polc.lsp.feature import Feature, of_document
from polc.lsp.session import View
from polc.lsp.uses import path_to, peers_of
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
    more = _MORE.get(found.code.id)
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
    match _path(view, offset):
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


def _path(view: View, offset: int) -> list[s.Node]:
    """Return the nodes around an offset, from the declaration to the smallest."""
    piece = view.tree.piece_at(offset)
    for declaration in piece.declarations if piece else ():
        if declaration.span.offset <= offset <= declaration.span.end_offset:
            return path_to(declaration, offset)
    return []


# --- what can be done about a finding besides the fix that it brings along ------------------------


def _say_which(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Write an ambiguous name with one of its namespaces."""
    for label in found.labels:
        yield write(found.span, label.message.strip("`"))


def _choose_port(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Say which port of a callee that has several."""
    allow = next((x for x in _path(view, found.span.offset) if isinstance(x, s.Allow)), None)
    callee = next((x for x in view.table.symbols.values() if _is_label(x, found)), None)
    if allow is None or callee is None or not allow.peers:
        return
    behind = (allow.via or allow.peers[-1]).span.end
    at = Span(allow.span.anchor, behind, behind)
    for each in getattr(callee.declaration, "statements", ()):
        if isinstance(each, s.Port):
            yield Fix(f"add `on {each.name.text}`", (Edit(at, f" on {each.name.text}"),))


def _is_label(symbol: Symbol, found: Diagnostic) -> bool:
    return any(label.span.key() == symbol.span.key() for label in found.labels)


def _say_why(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Add an empty reason for a broad peer, which polc refuses until somebody fills it in."""
    allow = next((x for x in _path(view, found.span.offset) if isinstance(x, s.Allow)), None)
    if allow is not None and allow.qualifiers.because is None:
        at = Span(allow.span.anchor, allow.span.end, allow.span.end)
        yield Fix('add `because "…"`', (Edit(at, ' because ""'),))


def _import(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Import the module of a name of the library."""
    module = found.span.text.rpartition(".")[0]
    if not module.startswith("std.") or module in view.table.modules:
        return
    imports = [each for each in view.tree.file.declarations if isinstance(each, s.Import)]
    if imports:
        last = imports[-1].span
        edit = Edit(Span(last.anchor, last.end, last.end), f"\nimport {module}")
    else:
        top = view.tree.pieces[0].anchor
        edit = Edit(Span(top, 0, 0), f"import {module}\n\n")
    yield Fix(f"add `import {module}`", (edit,))


def _remove(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Take away what nobody uses, what stands twice, what has expired."""
    path = _path(view, found.span.offset)
    node = path[0] if found.code is names.UNUSED else path[1] if len(path) > 1 else None
    if node is not None:
        yield Fix("remove it", (Edit(_lines(node.span), ""),))


def _lines(span: Span) -> Span:
    """Return a span with the rest of its lines, where nothing else stands on them."""
    text = span.source.text
    start = text.rfind("\n", 0, span.offset) + 1
    end = text.find("\n", span.end_offset) + 1 or len(text)
    if text[start : span.offset].strip() or text[span.end_offset : end].strip():
        return span
    base = span.anchor.offset
    return Span(span.anchor, start - base, end - base)


_MORE: dict[str, Callable[[View, Diagnostic], Iterator[Fix]]] = {
    names.AMBIGUOUS_NAME.id: _say_which,
    names.UNKNOWN_NAME.id: _import,
    names.DUPLICATE_STATEMENT.id: _remove,
    names.UNUSED.id: _remove,
    flows.AMBIGUOUS_PORT.id: _choose_port,
    flows.BROAD_PEER.id: _say_why,
    flows.EXPIRED.id: _remove,
    flows.UNUSED_PORT.id: _remove,
}

FEATURES = (
    Feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        of_document(actions),
        types.CodeActionOptions(
            [types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, FIX_ALL]
        ),
    ),
)
