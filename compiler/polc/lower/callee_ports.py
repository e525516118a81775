"""Which ports of a callee an `on` means."""

from attrs import evolve

from polc import syntax as s
from polc.codes import flows as codes
from polc.diagnostics import Diagnostic, Label, write
from polc.ir import nodes as ir
from polc.lower.peers import Broad, twice_in_list
from polc.lower.ports import lost_ports
from polc.lower.values import port_of
from polc.parse.names import spelled
from polc.resolve.symbols import Symbol
from polc.source import Span
from polc.suggest import nearest, some


def select_ports(
    ports: tuple[ir.Port, ...],
    written: tuple[s.Name | s.Number, ...],
    callee: Symbol,
    at: Span,
    found: list[Diagnostic],
) -> tuple[ir.Port, ...]:
    """Return the ports of the callee that `on` names; none written: its only one.

    `at` is the place to blame where nothing is written.
    """
    lost = lost_ports(callee, ports)
    if not ports:
        if not lost(""):
            found.append(_no_port(callee, written[0].span if written else at))
        return ()
    if not written:
        if len(ports) > 1 and not lost(""):
            found.append(_ambiguous(ports, callee, at))
        return ports if len(ports) == 1 else ()
    chosen: dict[ir.Port, s.Name | s.Number] = {}
    for each in written:
        called = ports_called(each, ports)
        if len(called) == 1:
            first = chosen.setdefault(called[0], each)
            if first is not each:
                found.append(twice_in_list(each, first))
        elif called:
            found.append(_two_ports(each, called))
        elif not lost(each.text):
            found.append(_unknown(each, ports, callee))
    return tuple(chosen)


def numbered_ports(
    written: tuple[s.Name | s.Number, ...], peer: Broad, found: list[Diagnostic]
) -> tuple[ir.Port, ...]:
    """Return TCP ports given by number, for peers that have no ports of their own."""
    made = []
    for each in written:
        number = port_of(each) if isinstance(each, s.Number) else None
        if number is not None:
            tcp = ir.Transport.TCP
            made.append(ir.Port(each.text, number, number, number, "tcp", tcp, each.span))
        else:
            found.append(
                Diagnostic(
                    codes.UNKNOWN_PORT,
                    f"`{peer.at.span.text}` has no port called `{each.text}`",
                    each.span,
                    help="write a port number: `on 443`",
                )
            )
    if not written:
        found.append(
            Diagnostic(
                codes.AMBIGUOUS_PORT,
                f"`{peer.at.span.text}` has no ports of its own to choose from",
                peer.at.span,
                help="write a port number: `on 443`",
            )
        )
    return tuple(made)


def _listed(ports: tuple[ir.Port, ...]) -> str:
    return some([port.name for port in ports])


def _no_port(callee: Symbol, at: Span) -> Diagnostic:
    return Diagnostic(
        codes.NO_PORT,
        f"{callee.kind} `{callee.name}` has no port",
        at,
        (Label(callee.span, "declared here"),),
        f"add `port NAME NUMBER PROTOCOL` to `{callee.name}`",
    )


def _ambiguous(ports: tuple[ir.Port, ...], callee: Symbol, at: Span) -> Diagnostic:
    return Diagnostic(
        codes.AMBIGUOUS_PORT,
        f"`{callee.name}` has {len(ports)} ports: {_listed(ports)}",
        at,
        (Label(callee.span, "declared here"),),
        f"say which: `on {spelled(ports[0].name)}`",
    )


def _unknown(written: s.Name | s.Number, ports: tuple[ir.Port, ...], callee: Symbol) -> Diagnostic:
    better = nearest(written.text, [port.name for port in ports])
    return Diagnostic(
        codes.UNKNOWN_PORT,
        f"{callee.kind} `{callee.name}` has no port `{written.text}`",
        written.span,
        (Label(callee.span, f"its ports are {_listed(ports)}"),),
        f"did you mean `{better}`?" if better else None,
        write(written.span, spelled(better)) if better else None,
    )


def _two_ports(written: s.Name | s.Number, called: tuple[ir.Port, ...]) -> Diagnostic:
    number = port_of(written) if isinstance(written, s.Number) else None
    meanings = [
        f"the {'container' if port.container <= (number or 0) <= port.end else 'service'} port "
        f"of `{port.name}`"
        for port in called
    ]
    choice = " or ".join(f"`on {spelled(port.name)}`" for port in called)
    return Diagnostic(
        codes.NUMBER_OF_TWO_PORTS,
        f"`{written.text}` is {' and '.join(meanings)}",
        written.span,
        tuple(Label(port.span, f"port `{port.name}`") for port in called),
        f"say which by its name: {choice}",
    )


def ports_called(written: s.Name | s.Number, ports: tuple[ir.Port, ...]) -> tuple[ir.Port, ...]:
    """Return the ports that a name or number may mean: just one, unless something is wrong.

    A number is that of the container or of the Service; one inside a range is just that number.
    """
    number = port_of(written) if isinstance(written, s.Number) else None
    if number is None:
        return tuple(port for port in ports if port.name == written.text)[:1]
    found = (p for p in ports if p.container <= number <= p.end or p.service == number)
    return tuple(
        port
        if port.end == port.container
        else evolve(port, service=number, container=number, end=number)
        for port in found
    )
