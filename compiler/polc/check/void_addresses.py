"""Addresses of a line that lie within others: an endpoint in another one, or in `internet`."""

from attrs import define, field

from polc.ir import nodes as ir
from polc.ir.blocks import holds
from polc.lower.declared import Declared, Half

_MOST_COMPARED = 24
"""Of more endpoints than these that one end names on a port, only `internet` is looked into."""
_INTERNET = "internet"

End = tuple[str, str, tuple[object, ...]]
"""A direction, the service that says it, and the port."""


@define
class Addresses:
    """What lines say of addresses, by the end that says it."""

    lines: dict[End, dict[ir.Addresses, Half]] = field(factory=dict)

    @classmethod
    def of(cls, declared: Declared) -> "Addresses":
        """Collect all that the program says."""
        made = cls()
        for (source, target, port), half in declared.direct.items():
            found = _end(source, target, port)
            if found is not None:
                end, addresses = found
                made.lines.setdefault(end, {}).setdefault(addresses, []).extend(half)
        return made

    def around(self, source: ir.Peer, target: ir.Peer, port: ir.Port) -> Half:
        """Return the lines of the same end for more addresses than those of a flow."""
        found = _end(source, target, port)
        if found is None:
            return []
        end, addresses = found
        others = self.lines[end]
        many = len(others) > _MOST_COMPARED
        return [
            said
            for other, half in others.items()
            if other is not addresses and (other.name == _INTERNET or not many)
            if holds(other.blocks, addresses.blocks) and not holds(addresses.blocks, other.blocks)
            for said in half
        ]


def _end(source: ir.Peer, target: ir.Peer, port: ir.Port) -> tuple[End, ir.Addresses] | None:
    number = (port.transport, port.container, port.end)
    if isinstance(source, ir.Addresses) and isinstance(target, ir.Pods) and not source.nodes:
        return ("from", target.key, number), source
    if isinstance(target, ir.Addresses) and isinstance(source, ir.Pods) and not target.nodes:
        return ("to", source.key, number), target
    return None
