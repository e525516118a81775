"""Declarations and ports that nobody uses: often a sign of a line that was forgotten."""

from polc.codes import flows, names
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Program
from polc.parse.names import spelled
from polc.resolve.symbols import Symbol, Table


def check_unused(
    program: Program, table: Table, used: set[Symbol], used_ports: set[tuple[str, str]]
) -> tuple[Diagnostic, ...]:
    """Warn of every endpoint, group, profile, role and port that no statement refers to."""
    found = [
        Diagnostic(
            names.UNUSED,
            f"nothing uses the {symbol.kind} `{symbol.name}`",
            symbol.span,
            help="remove it, or name it where it is meant",
        )
        for kind in ("endpoint", "group", "profile", "role")
        for symbol in table.of_kind(kind)
        if not symbol.library and symbol not in used and not symbol.declaration.broken
    ]
    for workload in program.workloads:
        probed = {probe.port.name for probe in workload.probes if probe.port}
        found += [
            Diagnostic(
                flows.UNUSED_PORT,
                f"nobody may call port `{port.name}` of `{workload.name}`",
                port.span,
                help=f"add `allow from … on {spelled(port.name)}`, or remove the port",
            )
            for port in workload.ports
            if (workload.key, port.name) not in used_ports and port.name not in probed
        ]
    return tuple(found)
