"""What a difference is made of: one `Change` for each thing that is gained or lost."""

from collections.abc import Iterable
from datetime import date
from enum import Enum

from attrs import field, frozen

from polc.ir.nodes import Flow
from polc.source import Span, nowhere


class Kind(Enum):
    """What a change is about, in the order in which a reader wants it."""

    SCOPE = "what is restricted at all"
    FLOW = "flows"
    MESH = "what the mesh lets through"
    ROUTE = "where requests go"
    VERB = "privileges on the Kubernetes API"
    POD = "capabilities and relaxations"
    ADDED = "flows that the rest needs"


@frozen
class Change:
    """One thing that is newly permitted (`gained`), or no longer.

    `subject` may do `what` (to `target`), narrowed to `requests` where there are any. `besides`
    names what of it had been permitted all along; `beyond` is the day after which it is new.
    `notes` are further remarks. What is `shifted` is permitted before and after, in another share;
    it is neither gained nor lost. `namespaces` are those whose pods it concerns.
    """

    kind: Kind
    gained: bool
    subject: str
    what: str
    target: str = ""
    requests: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    beyond: date | None = None
    hosts: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    until: date | None = None
    notes: tuple[str, ...] = ()
    shifted: bool = False
    namespaces: tuple[str, ...] = field(default=(), eq=False, repr=False)
    span: Span = field(factory=nowhere, eq=False, repr=False)
    flow: Flow | None = field(default=None, eq=False, repr=False)

    def sort_key(self) -> tuple[object, ...]:
        """Return what the order of a report follows."""
        order = list(Kind).index(self.kind)
        rest = (self.requests, self.besides, self.hosts, str(self.beyond or ""), self.notes)
        return (order, self.subject, self.what, self.target, not self.gained, *rest)


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Sort changes and drop repeats."""
    return tuple(sorted(dict.fromkeys(changes), key=Change.sort_key))


def gained(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return what is newly permitted."""
    return tuple(change for change in changes if change.gained and not change.shifted)


def lost(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return what is no longer permitted."""
    return tuple(change for change in changes if not (change.gained or change.shifted))


def shifted(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return what is permitted in another share."""
    return tuple(change for change in changes if change.shifted)
