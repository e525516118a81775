"""Where requests go, on two sides: which goals are new for which of them, and in what share.

Routes are tried in order, so what a route gets is what those before it leave (`Cell.region`). Both
sides are cut into such cells, and held against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from attrs import field, frozen

from polc.diff.changes import Change, Kind
from polc.semantics.routes import matches as routes_match
from polc.semantics.routes.matches import full
from polc.semantics.sets import products
from polc.semantics.sets.products import Region
from polc.source import Span, nowhere
from polc.verify.routes.words import request_words

Labels = frozenset[tuple[str, str]]


@frozen
class Goal:
    """Where requests lead: pods of `host` with `labels`; `aside` is what else is done to them.

    `chosen` are all labels of the pods, the Service's selector among them, where they are known.
    """

    host: str
    labels: Labels = frozenset()
    aside: str = ""
    chosen: Labels | None = field(default=None, eq=False)

    def covers(self, other: Goal) -> bool:
        """Tell whether the pods of another goal are among those of this one."""
        if self.aside != other.aside:
            return False
        if self.host == other.host and self.labels <= other.labels:
            return True
        if self.chosen is None or other.chosen is None:
            return False
        same = self.host.partition("/")[0] == other.host.partition("/")[0]
        return same and self.chosen <= other.chosen

    def __str__(self) -> str:
        shown = ", ".join(f"{key}: {value}" for key, value in sorted(self.labels))
        return " ".join(filter(None, (self.host, f"{{ {shown} }}" if shown else "", self.aside)))


Goals = tuple[tuple[Goal, Fraction], ...]
"""Parts of the requests by goal; they add up to one."""


def goals(parts: Iterable[tuple[Goal, int]]) -> Goals:
    """Return parts of a whole; weights are relative."""
    joined: dict[Goal, int] = {}
    for goal, weight in parts:
        joined[goal] = joined.get(goal, 0) + weight
    total = sum(joined.values())
    found = ((goal, Fraction(weight, total)) for goal, weight in joined.items() if weight)
    return tuple(sorted(found, key=lambda part: str(part[0])))


@frozen(eq=False)
class Cell:
    """Requests that are led in one way; `words` are what their route asks for."""

    region: Region
    goes: Goals
    words: str
    span: Span = field(factory=nowhere)


@frozen(order=True)
class Asked:
    """What is asked for: a host (`namespace/service` within the mesh), by which gateway or none."""

    host: str
    by: str = ""

    def __str__(self) -> str:
        return f"requests to {self.host}" + (f" by {self.by}" if self.by else "")


Led = Mapping[Asked, tuple[Cell, ...]]


def route_changes(mine: Led, theirs: Led) -> Iterator[Change]:
    """Yield where only `mine` leads requests."""
    for asked, cells in sorted(mine.items()):
        for cell in cells:
            yield from _new(asked, cell, theirs.get(asked, ()))


def share_changes(old: Led, new: Led) -> Iterator[Change]:
    """Yield where requests go to the same goals as before, in another share."""
    for asked, cells in sorted(new.items()):
        for cell in cells:
            for other in old.get(asked, ()):
                same = {goal for goal, _ in cell.goes} == {goal for goal, _ in other.goes}
                if same and dict(cell.goes) != dict(other.goes):
                    met = routes_match.real(products.both(cell.region, other.region))
                    if met:
                        note = f"before: {_parts(other.goes)}"
                        yield _change(asked, cell, _parts(cell.goes), met, (note,), shifted=True)


def _new(asked: Asked, cell: Cell, others: tuple[Cell, ...]) -> Iterator[Change]:
    left = cell.region
    for other in others:
        met = routes_match.real(products.both(cell.region, other.region))
        left = products.subtract(left, other.region, full) if met else left
        for goal, share in cell.goes:
            if met and not any(each.covers(goal) for each, _ in other.goes):
                note = f"on the other side they go to {_parts(other.goes)}"
                yield _change(asked, cell, _share(goal, share), met, (note,))
    if left := routes_match.real(left):
        for goal, share in cell.goes:
            note = "on the other side nothing routes them"
            yield _change(asked, cell, _share(goal, share), left, (note,))


def _change(
    asked: Asked,
    cell: Cell,
    target: str,
    met: Region,
    notes: tuple[str, ...],
    *,
    shifted: bool = False,
) -> Change:
    part = products.subtract(cell.region, met, full)
    such = (f"such as {request_words(met[0]).replace('`', '')}",) if part else ()
    words = (cell.words,) if cell.words else ()
    space = asked.host.partition("/")[0] if "/" in asked.host else asked.by.partition("/")[0]
    return Change(
        Kind.ROUTE,
        True,
        str(asked),
        "go to",
        target,
        words,
        notes=(*such, *notes),
        shifted=shifted,
        namespaces=(space,),
        span=cell.span,
    )


def _share(goal: Goal, share: Fraction) -> str:
    return str(goal) if share == 1 else f"{goal} ({_percent(share)})"


def _parts(goes: Goals) -> str:
    if not goes:
        return "nothing"
    return ", ".join(_share(goal, share) for goal, share in goes)


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:.3g}%"
