"""What can be done about a finding besides the fix that it brings along, by its code."""

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

from polc import syntax as s
from polc.codes import flows, hardening, names, privileges
from polc.codes import syntax as texts
from polc.diagnostics import Diagnostic, Edit, Fix, write
from polc.lsp.session import View
from polc.lsp.uses import nodes_at
from polc.resolve.symbols import Symbol
from polc.source import Span
from polc.suggest import nearest

Mend = Callable[[View, Diagnostic], Iterator[Fix]]
_Node = TypeVar("_Node", bound=s.Node)


def _say_which(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Write an ambiguous name with one of its namespaces."""
    for label in found.labels:
        yield write(found.span, label.message.strip("`"))


def _choose_port(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Say which port of a callee that has several."""
    allow = _around(view, found, s.Allow)
    callee = _labelled(view, found)
    if allow is None or callee is None or not allow.peers:
        return
    behind = (allow.via or allow.peers[-1]).span.end
    at = Span(allow.span.anchor, behind, behind)
    for each in _ports(callee.declaration):
        yield Fix(f"add `on {each}`", (Edit(at, f" on {each}"),))


def _other_port(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Write one of the ports that there are, where none is like the one that there is not."""
    callee = _labelled(view, found)
    declaration = callee.declaration if callee else _around(view, found, s.Service)
    for each in _ports(declaration) if found.fix is None else ():
        yield write(found.span, each)


def _ports(declaration: s.Node | None) -> Iterator[str]:
    for each in getattr(declaration, "statements", ()):
        if isinstance(each, s.Port):
            yield each.name.span.text


def _labelled(view: View, found: Diagnostic) -> Symbol | None:
    """Return the declaration that a finding points to."""
    places = {label.span.key() for label in found.labels}
    return next((x for x in view.table.symbols.values() if x.span.key() in places), None)


def _say_why(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Add an empty reason, which polc refuses until somebody fills it in."""
    for node in reversed(nodes_at(view.tree, found.span.offset)):
        qualifiers = getattr(node, "qualifiers", None)
        if qualifiers is not None and qualifiers.because is None:
            at = Span(node.span.anchor, node.span.end, node.span.end)
            yield Fix('add `because "…"`', (Edit(at, ' because ""'),))
            return


def _remove(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Take away what nobody uses, what stands twice, what has expired, what does nothing."""
    path = nodes_at(view.tree, found.span.offset)
    if found.code is names.UNUSED:
        nodes = path
    elif found.code is flows.EXPIRED:
        nodes = [each for each in reversed(path) if hasattr(each, "qualifiers")]
    else:
        nodes = [each for each in path if each.span.key() == found.span.key()]
    if nodes:
        yield Fix("remove it", (Edit(_with_space(nodes[0].span), ""),))


def _remove_mark(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Take away a character or a closing brace; an opening one may lack its partner."""
    if found.fix is None and found.span.text != "{" and len(found.span.text) == 1:
        yield Fix("remove it", (Edit(_with_space(found.span), ""),))


def _with_space(span: Span) -> Span:
    """Return a span with its lines where nothing else stands on them, else with space before it."""
    text, base = span.source.text, span.anchor.offset
    start = text.rfind("\n", 0, span.offset) + 1
    end = text.find("\n", span.end_offset) + 1 or len(text)
    if not text[start : span.offset].strip() and not text[span.end_offset : end].strip():
        return Span(span.anchor, start - base, end - base)
    before = len(text[start : span.offset].rstrip()) + start
    return Span(span.anchor, before - base, span.end) if before > start else span


def _of_a_name(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Import the module of a name of the library, or declare what nobody does."""
    module = found.span.text.rpartition(".")[0]
    if module.startswith("std.") and module not in view.table.modules:
        imports = [each for each in view.tree.file.declarations if isinstance(each, s.Import)]
        if imports:
            last = imports[-1].span
            edit = Edit(Span(last.anchor, last.end, last.end), f"\nimport {module}")
        else:
            edit = Edit(Span(view.tree.pieces[0].anchor, 0, 0), f"import {module}\n\n")
        yield Fix(f"add `import {module}`", (edit,))
    yield from _declare(view, found)


def _declare(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Declare a name of the own namespace below the declaration that uses it."""
    match path := nodes_at(view.tree, found.span.offset):
        case [*_, parent, s.Ref(namespace=None, name=name), s.Name()]:
            pass
        case [*_, parent, s.Ref(namespace=None, name=name)]:
            pass
        case _:
            return
    said = name.span.text
    match parent:
        case s.Allow() | s.Group() if "." not in said:
            kind, text = "service", f'service {said} {{\n  select {{ app: "{name.text}" }}\n}}'
        case s.HasRole() if "." not in said:
            kind, text = "role", f"role {said} {{ }}"
        case s.Harden() if "." not in said:
            kind, text = "profile", f"profile {said} extends restricted {{ }}"
        case _:
            return
    below = Span(path[0].span.anchor, path[0].span.end, path[0].span.end)
    yield Fix(f"declare {kind} `{name.text}`", (Edit(below, f"\n\n{text}"),))


def _of_a_text(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Say which direction an `allow` has."""
    before = view.text.value[: found.span.offset].split()[-1:]
    if found.fix is None and before == ["allow"] and found.span.text.isidentifier():
        yield write(found.span, f"from {found.span.text}")
        yield write(found.span, f"to {found.span.text}")


def _other_file(view: View, found: Diagnostic) -> Iterator[Fix]:
    """Write the path of a file of the workspace that is called nearly so."""
    folder = os.path.dirname(view.document.path)
    files = view.session.projects.files() - {view.document.path}
    known = [os.path.relpath(each, folder).replace(os.sep, "/") for each in files]
    wanted = found.span.text.strip('"')
    meant = nearest(wanted, known)
    if meant is not None:
        yield Fix(f"write `{meant}`", (Edit(found.span, f'"{meant}"'),))


def _around(view: View, found: Diagnostic, kind: type[_Node]) -> _Node | None:
    path = nodes_at(view.tree, found.span.offset)
    return next((each for each in path if isinstance(each, kind)), None)


MORE: dict[str, Mend] = {
    code.id: mend
    for code, mend in (
        (texts.SYNTAX_ERROR, _of_a_text),
        (texts.BAD_CHARACTER, _remove_mark),
        (texts.OPEN_BRACE, _remove_mark),
        (texts.MISSING_FILE, _other_file),
        (names.AMBIGUOUS_NAME, _say_which),
        (names.UNKNOWN_NAME, _of_a_name),
        (names.DUPLICATE_STATEMENT, _remove),
        (names.UNUSED, _remove),
        (flows.AMBIGUOUS_PORT, _choose_port),
        (flows.UNKNOWN_PORT, _other_port),
        (flows.BROAD_PEER, _say_why),
        (flows.EXPIRED, _remove),
        (flows.UNUSED_PORT, _remove),
        (privileges.PRIVILEGED_GRANT, _say_why),
        (hardening.RELAXATION_WITHOUT_REASON, _say_why),
        (hardening.USELESS_CAPABILITY, _remove),
    )
}
"""Further fixes of a finding, the likeliest first."""
