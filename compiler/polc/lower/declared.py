"""What the ends of flows declare, collected before anything is decided about consent."""

from datetime import date

from attrs import define, field, frozen

from polc.ir import nodes as ir
from polc.lower.peers import Broad
from polc.resolve.services import ServiceModel
from polc.resolve.symbols import Symbol
from polc.source import Span


@frozen
class Said:
    """What one statement declares of one flow; not `active` past its date or elsewhere."""

    span: Span = field(eq=False)
    active: bool
    requests: tuple[ir.Request, ...] | None
    because: str | None
    until: date | None
    hosts: tuple[str, ...] = ()
    narrowed: Span | None = field(default=None, eq=False)
    """Where the requests are listed."""
    only_in: frozenset[str] = frozenset()
    """The environments that it holds in; none written: all."""
    plain_text: bool = False


Half = list[Said]
"""All that one end declares of one flow. Never empty."""

FlowKey = tuple[str, str, ir.Port]
"""Caller's key, callee's key, port of the callee."""


@frozen(eq=False)
class Owned:
    """A service of the program with what its flows need to know of it."""

    model: ServiceModel
    pods: ir.Pods
    ports: tuple[ir.Port, ...]


@define
class Declared:
    """What all `allow` statements declare."""

    callee: dict[FlowKey, Half] = field(factory=dict)
    caller: dict[FlowKey, Half] = field(factory=dict)
    broad_from: dict[str, list[tuple[Broad, ir.Port, Said]]] = field(factory=dict)
    broad_to: dict[str, list[tuple[Broad, ir.Port, Said]]] = field(factory=dict)
    direct: dict[tuple[ir.Peer, ir.Peer, ir.Port], Half] = field(factory=dict)
    decided: dict[tuple[str, str], Span] = field(factory=dict)
    """By callee and port, where it says who calls there, whether or not that holds today."""
    used_ports: set[tuple[str, str]] = field(factory=set)
    used: set[Symbol] = field(factory=set)
    doubtful: set[tuple[str, str]] = field(factory=set)
    """Service and direction of statements with a name or a request that means nothing."""
