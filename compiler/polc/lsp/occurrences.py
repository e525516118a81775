"""Where something is named: under the cursor, in a program, and in all programs that share it."""

from collections.abc import Iterator

from polc.lower.ports import declared_ports
from polc.lsp.analysis import Snapshot
from polc.lsp.session import View
from polc.lsp.uses import Target, Use, declared_at, placed, uses
from polc.resolve.symbols import Table
from polc.source import Span


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


def all_uses(snapshot: Snapshot, targets: tuple[Target, ...]) -> Iterator[Use]:
    """Return every name in one program that may refer to one of the targets."""
    words = {word for target in targets for word in _spellings(snapshot.table, target)}
    wanted = set(targets)
    for place in snapshot.places():
        if "" in words or not words.isdisjoint(place.piece.words):
            for use in uses(snapshot.table, place):
                if not wanted.isdisjoint(use.targets):
                    yield use


def _spellings(table: Table, target: Target) -> Iterator[str]:
    """Return the words that may name something; the empty one where any number may."""
    yield target.name
    symbol = table.symbols.get(("peer", target.owner)) if target.kind == "port" else None
    for port in declared_ports(symbol.declaration) if symbol else ():
        if port.name == target.name:
            yield from map(str, (port.container, port.service))
            if port.end != port.container:
                yield ""


def declarations(view: View, targets: tuple[Target, ...]) -> tuple[Span, ...]:
    """Return where the targets are declared; more than one place where that is not decided."""
    places = tuple(view.snapshot.places()) if any(t.kind == "namespace" for t in targets) else ()
    declared = [span for target in targets for span in declared_at(view.table, target, places)]
    if not declared:  # a version that only an environment declares
        declared = [use.span for use in all_uses(view.snapshot, targets) if use.declares]
    return tuple(dict.fromkeys(declared))


def snapshots(view: View, targets: tuple[Target, ...]) -> tuple[Snapshot, ...]:
    """Return the program of a document, and all others that have to do with the targets.

    Those are the programs of the document, and of the files that declare the targets: what they
    share may be named in each of them.
    """
    session = view.session
    files = {span.source.name for span in declarations(view, targets)}
    paths = sorted({view.document.path, *files.intersection(view.snapshot.trees)})
    programs = [view.program, *(each for path in paths for each in session.programs(path))]
    return tuple(each.snapshot() for each in dict.fromkeys(programs))


def everywhere(view: View, targets: tuple[Target, ...]) -> tuple[Use, ...]:
    """Return every name, in all programs, that may refer to one of the targets; in order."""
    found: dict[tuple[str, int, int], Use] = {}
    for snapshot in snapshots(view, targets):
        for use in all_uses(snapshot, targets):
            found.setdefault(use.span.key(), use)
    return tuple(found[key] for key in sorted(found))
