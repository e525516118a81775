"""Ports: numbers and protocols, and that no two ports of a callee collide."""

from collections.abc import Callable, Iterable, Iterator

from polc import syntax
from polc.codes import flows, names, values
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Port, Transport
from polc.lower.values import is_dns_label, port_number, port_range
from polc.lower.words import unknown
from polc.parse.names import spelled
from polc.resolve.symbols import Symbol

PROTOCOLS: dict[str, Transport] = {
    "http": Transport.TCP,
    "http2": Transport.TCP,
    "grpc": Transport.TCP,
    "https": Transport.TCP,
    "tls": Transport.TCP,
    "tcp": Transport.TCP,
    "udp": Transport.UDP,
    "sctp": Transport.SCTP,
    "mongo": Transport.TCP,
    "mysql": Transport.TCP,
    "redis": Transport.TCP,
    "postgres": Transport.TCP,
    "kafka": Transport.TCP,
}
"""Application protocols and what carries them (language.md 5.1)."""

_WITHOUT_PORTS = (syntax.Group, syntax.Role, syntax.Profile, syntax.Cluster, syntax.Environment)


def lower_ports(
    ports: Iterable[syntax.Port], found: list[Diagnostic], *, shared: bool = False
) -> tuple[Port, ...]:
    """Read the ports of one callee, sorted by container port; colliding ones are left out.

    With `shared`, several ports of Services may stand before one port of the container: who may
    call them is compared later (`shared_ports`).
    """
    kept: list[Port] = []
    taken: set[object] = set()
    ranges = False
    for each in ports:
        port = lower_port(each, found)
        if port is None:
            continue
        claims = _claims(port, shared)
        suspects = kept if ranges or not claims or not taken.isdisjoint(claims) else ()
        clash = next((c for other in suspects if (c := _collision(other, port, shared))), None)
        if clash is None:
            kept.append(port)
            taken.update(claims)
            ranges = ranges or not claims
            continue
        message, other, hint = clash
        found.append(
            Diagnostic(
                flows.DUPLICATE_PORT,
                message,
                each.name.span if other.name == port.name else each.span,
                (Label(other.span, "the other one"),),
                help=hint,
            )
        )
    return tuple(sorted(kept, key=lambda p: (p.container, p.transport.value, p.name)))


def declared_ports(declaration: syntax.Node) -> tuple[Port, ...]:
    """Return the ports of a declaration, whatever is wrong with others."""
    statements = getattr(declaration, "statements", ())
    ports = (each for each in statements if isinstance(each, syntax.Port))
    return lower_ports(ports, [], shared=isinstance(declaration, syntax.Service))


def lost_ports(callee: Symbol, ports: tuple[Port, ...]) -> Callable[[str], bool]:
    """Return what tells whether a mistake reported elsewhere explains that a port is not there.

    Asked for the empty name, it tells whether there may be more ports at all.
    """
    declaration = callee.declaration

    def is_lost(name: str) -> bool:
        kept = {port.name for port in ports}
        written = () if isinstance(declaration, _WITHOUT_PORTS) else declaration.statements
        lost = {
            text
            for each in written
            if isinstance(each, syntax.Port) and each.name.text not in kept
            for text in _spellings(each)
        }
        return declaration.broken or (name in lost if name else bool(lost))

    return is_lost


def _spellings(p: syntax.Port) -> Iterator[str]:
    yield p.name.text
    yield p.container_port.low.text
    if p.service_port is not None:
        yield p.service_port.text


def lower_port(p: syntax.Port, found: list[Diagnostic]) -> Port | None:
    """Read one port.

    Its name is that of a Service port, a DNS label of at most 63 characters. The 15 characters of
    a container port's name (RFC 6335, section 5.1) do not bind it: polc refers to container ports
    by number.
    """
    transport = _transport(p.protocol, found)
    span = port_range(p.container_port, found)
    service = port_number(p.service_port, found) if p.service_port is not None else None
    if not is_dns_label(p.name.text):
        found.append(
            Diagnostic(
                names.BAD_NAME,
                f"`{p.name.text}` is not a port name",
                p.name.span,
                help="use lower-case letters, digits and `-`, at most 63 characters",
            )
        )
        return None
    if transport is None or span is None or (service is None and p.service_port is not None):
        return None
    low, high = span
    if p.service_port is not None and high != low:
        found.append(
            Diagnostic(
                values.BAD_PORT,
                f"a range of ports can't have the service port `{p.service_port.text}`",
                p.service_port.span,
                help=f"write `port {spelled(p.name.text)} {low}..{high} {p.protocol.text}`: "
                "a Service maps single ports only",
            )
        )
        return None
    known_as = p.known_as.text if p.known_as is not None else None
    protocol = p.protocol.text
    return Port(p.name.text, service or low, low, high, protocol, transport, p.span, known_as)


def describe(port: Port) -> str:
    """Return a port as a message shows it: `8080/TCP`, `20000..20100/UDP`."""
    numbers = f"{port.container}" if port.end == port.container else f"{port.container}..{port.end}"
    return f"{numbers}/{port.transport.value}"


def _transport(protocol: syntax.Name, found: list[Diagnostic]) -> Transport | None:
    transport = PROTOCOLS.get(protocol.text)
    if transport is None:
        found.append(
            unknown(
                values.UNKNOWN_WORD,
                f"`{protocol.text}` is not a protocol that polc knows",
                protocol.span,
                protocol.text,
                PROTOCOLS,
                otherwise="write `tcp` or `udp` for a protocol that is not listed",
            )
        )
    return transport


def _claims(port: Port, shared: bool) -> list[object]:
    """Return what a single port has to itself: two without anything in common can't collide.

    A range claims nothing, and is compared with each other port.
    """
    if port.end != port.container:
        return []
    transport = port.transport
    outer = (transport, port.known_as, port.service)
    return [port.name, outer, *(() if shared else ((transport, port.container),))]


def _collision(one: Port, other: Port, shared: bool) -> tuple[str, Port, str] | None:
    """Return the message, the earlier port and the help where two ports collide."""
    if one.name == other.name:
        return f"two ports are called `{one.name}`", one, "give each port a name of its own"
    if one.transport is not other.transport:
        return None
    single = one.container == one.end and other.container == other.end
    # Rules are enforced per container port: with two names for one, the wider rule would win.
    if not (shared and single) and one.container <= other.end and other.container <= one.end:
        return (
            f"the ports `{one.name}` and `{other.name}` are both {describe(_shared(one, other))} "
            "of the container",
            one,
            "keep one of them: rules are enforced per container port",
        )
    if single and (one.service, one.known_as) == (other.service, other.known_as):
        return (
            f"the ports `{one.name}` and `{other.name}` are both service port {one.service}",
            one,
            "give each port a service port of its own; or name the Service that one of them is"
            ' behind: `known-as "NAME"`',
        )
    return None


def _shared(one: Port, other: Port) -> Port:
    low, high = max(one.container, other.container), min(one.end, other.end)
    return Port(one.name, low, low, high, one.protocol, one.transport)
