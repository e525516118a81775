"""Two programs to the packets that the rest needs in one and not in the other (language.md 5.2)."""

from collections.abc import Iterable, Iterator

from polc.diff.changes import Change, Kind
from polc.diff.flows import peer_name
from polc.ir.nodes import Program, Purpose, TransportPort
from polc.source import Span

_Row = tuple[str, str, str, str]


def added_changes(program: Program, other: Program, *, is_gain: bool) -> Iterator[Change]:
    """Yield what the compiler added for `program` and not for `other`."""
    before = _rows(other)
    for (subject, direction, peer, purpose), (ports, span) in _rows(program).items():
        known = before.get((subject, direction, peer, purpose))
        fresh = sorted(set(ports) - set(known[0] if known else ()))
        if fresh:
            text = ", ".join(map(_port_name, fresh))
            what = "may reach" if direction == "to" else "may be reached by"
            yield Change(
                Kind.ADDED,
                is_gain,
                subject,
                what,
                f"{peer} on {text}",
                (),
                because=(purpose,),
                span=span,
            )


def _rows(program: Program) -> dict[_Row, tuple[tuple[TransportPort, ...], Span]]:
    rows: dict[_Row, tuple[tuple[TransportPort, ...], Span]] = {}
    for isolation in program.isolations:
        name = f"{isolation.key} (waypoint)" if isolation.waypoint else isolation.key
        for direction, rules in (("from", isolation.ingress), ("to", isolation.egress)):
            for rule in rules:
                if rule.purpose is not Purpose.DECLARED:
                    key = (name, direction, peer_name(rule.peer), rule.purpose.value)
                    held = rows.get(key, ((), isolation.span))[0]
                    rows[key] = (_union(held, rule.ports), isolation.span)
    return rows


def _union(
    one: Iterable[TransportPort], other: Iterable[TransportPort]
) -> tuple[TransportPort, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _port_name(port: TransportPort) -> str:
    end = f"-{port.end}" if port.end != port.port else ""
    return f"{port.port}{end}/{port.transport.value}"
