"""What the names and numbers in a statement mean: asked of the compiler's own resolution.

Nothing is found out here a second time. Whatever an editor says of a port or a peer is what
`polc.lower` makes of it.
"""

from typing import NamedTuple

from polc import syntax as s
from polc.ir.nodes import Port
from polc.lower.callee_ports import ports_called
from polc.lower.peers import Broad, Named, open_peers
from polc.lower.ports import declared_ports
from polc.lower.probes import port_probed
from polc.resolve.symbols import Symbol, Table


class Callee(NamedTuple):
    """A declaration on whose ports an `allow` is, by its key."""

    key: str
    declaration: s.Node

    @property
    def ports(self) -> tuple[Port, ...]:
        """Its ports, without those that are in error."""
        return declared_ports(self.declaration)


def peers_of(table: Table, allow: s.Allow, scope: str) -> tuple[Symbol, ...]:
    """Return the declarations that an `allow` names, with groups opened."""
    found = _opened(table, allow, scope)
    return tuple(each.symbol for each in found if isinstance(each, Named))


def callees(table: Table, allow: s.Allow, scope: str, own: Callee | None) -> tuple[Callee, ...]:
    """Return on whose ports an `allow` of the declaration `own` is."""
    itself = (own,) if own is not None else ()
    if allow.direction == "from":
        return itself
    listed: list[Callee] = []
    for peer in _opened(table, allow, scope):
        if isinstance(peer, Named):
            listed.append(Callee(peer.symbol.key, peer.symbol.declaration))
        elif peer.word == "self":
            listed += itself
    return tuple(listed)


def ports(
    written: s.Name | s.Number, callees: tuple[Callee, ...]
) -> tuple[tuple[Callee, Port], ...]:
    """Return the ports of callees that a name or number in `on` means."""
    return tuple((each, port) for each in callees for port in ports_called(written, each.ports))


def probed(written: s.Name | s.Number, own: Callee | None) -> tuple[tuple[Callee, Port], ...]:
    """Return the port that a probe of `own` is on."""
    port = port_probed(written, own.ports) if own is not None else None
    return ((own, port),) if own is not None and port is not None else ()


def _opened(table: Table, allow: s.Allow, scope: str) -> tuple[Named | Broad, ...]:
    def find(ref: s.Ref, where: str) -> Symbol | None:
        candidates = table.candidates(ref, "peer", where)
        return candidates[0] if len(candidates) == 1 else None

    return open_peers(allow.peers, scope, find, set())
