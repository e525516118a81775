"""Commands: the graph, who reaches whom, what a line compiles to, what changed since the commit.

Each comes twice: as text for editors that have a place of their own for it (`polc.graphHtml`,
`polc.reachText`, `polc.objectText`, `polc.diffHeadText`), and as a file that any editor can be
asked to open (`polc.showGraph`, `polc.showReach`, `polc.showCompiled`, `polc.diffHead`).
"""

import atexit
import os
import shutil
import tempfile
from functools import cache
from typing import Any

from polc.diagnostics import has_errors
from polc.diff import md
from polc.diff.program import compare
from polc.graph import html
from polc.graph.build import build_graph
from polc.graph.layered import LayoutMissing
from polc.ir.nodes import Program as IR
from polc.lsp.analysis import settle
from polc.lsp.compiled import objects_at
from polc.lsp.convert import relative
from polc.lsp.explain import reach
from polc.lsp.feature import Command, CommandError, Show
from polc.lsp.session import Session, View
from polc.lsp.uses import owner_key, placed
from polc.syntax import Service

_FAULTY = "the program has errors; mend them first"


def graph_html(session: Session, uri: str = "", *_: Any) -> str:
    """Return the page that shows who may reach whom, with what differs from the last commit."""
    view = _view(session, uri)
    program = _program(view)
    try:
        return html.render(build_graph(program, _old(view)))
    except LayoutMissing:
        raise CommandError("graphs need the layout library: `pip install fast-sugiyama`") from None


def show_graph(session: Session, uri: str = "", *_: Any) -> Show:
    """Write the page to a file and have it opened."""
    return Show(_write("graph.html", graph_html(session, uri)), external=True)


def reach_text(session: Session, uri: str = "", position: Any = None, *_: Any) -> str:
    """Return who may reach a service and whom it reaches, as Markdown."""
    view = _view(session, uri)
    program, offset = _program(view), _offset(view, position)
    for place in placed(view.tree):
        span = place.declaration.span
        if isinstance(place.declaration, Service) and span.offset <= offset <= span.end_offset:
            return reach.page(program, owner_key(place))
    raise CommandError("put the cursor into a service first")


def show_reach(session: Session, uri: str = "", position: Any = None, *_: Any) -> Show:
    """Write who may reach a service to a file and have it opened."""
    return Show(_write("reach.md", reach_text(session, uri, position)))


def object_text(
    session: Session, uri: str = "", position: Any = None, *_: Any
) -> dict[str, Any] | None:
    """Return what a line compiles to: `title`, `text`, and the `line` of it to look at."""
    view = _view(session, uri)
    _settled(view)
    found = objects_at(view, _offset(view, position))
    if not found:
        return None
    title = found[0].title if len(found) == 1 else f"{found[0].title}, and {len(found) - 1} more"
    documents = (f"# {each.title}\n{each.text.rstrip()}\n" for each in found)
    return {"title": title, "text": "---\n".join(documents), "line": 1 + found[0].line}


def show_compiled(session: Session, uri: str = "", position: Any = None, *_: Any) -> Show:
    """Write what a line compiles to to a file and have it opened."""
    found = object_text(session, uri, position)
    if found is None:
        raise CommandError("nothing is compiled from this line alone")
    return Show(_write("compiled.yaml", found["text"]), line=found["line"])


def diff_head_text(session: Session, uri: str = "", *_: Any) -> str:
    """Return what the program permits and takes away since the last commit, as Markdown."""
    view = _view(session, uri)
    program = _program(view)
    old = _old(view)
    if old is None:
        raise CommandError("the last commit has no such program, or one with errors")
    return relative(session, md.render(compare(old, program)), view.document.path)


def diff_head(session: Session, uri: str = "", *_: Any) -> Show:
    """Write the changes since the last commit to a file and have it opened."""
    return Show(_write("changes.md", diff_head_text(session, uri)))


def _view(session: Session, uri: str) -> View:
    view = session.view(uri) if isinstance(uri, str) else None
    if view is None:
        raise CommandError("open a program (`*.svc`) first")
    return view


def _settled(view: View) -> None:
    """See to it that the whole program is compiled as it stands."""
    if not view.is_settled:
        program = view.program
        program.settled = settle(view.snapshot, program.backends)


def _program(view: View) -> IR:
    _settled(view)
    compiled = view.compiled
    if compiled is None or compiled.program is None or has_errors(compiled.diagnostics):
        raise CommandError(_FAULTY)
    return compiled.program


def _old(view: View) -> IR | None:
    return view.session.head.program(view.program.entries, view.snapshot.options)


def _offset(view: View, position: Any) -> int:
    """Return the offset of a position as it comes on the wire, where it is one."""
    get = position.get if isinstance(position, dict) else lambda name: getattr(position, name, 0)
    line, character = get("line"), get("character")
    if not (isinstance(line, int) and isinstance(character, int)):
        return 0
    return view.text.offset((line, character), view.session.encoding)


@cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="polc-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _write(name: str, text: str) -> str:
    path = os.path.join(_folder(), name)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return path


COMMANDS = (
    Command("polc.graphHtml", graph_html),
    Command("polc.showGraph", show_graph),
    Command("polc.reachText", reach_text),
    Command("polc.showReach", show_reach),
    Command("polc.objectText", object_text),
    Command("polc.showCompiled", show_compiled),
    Command("polc.diffHeadText", diff_head_text),
    Command("polc.diffHead", diff_head),
)
