"""Probes: health checks, each on a port that the service declares."""

import re
from collections.abc import Callable
from typing import Literal, cast

from attrs import evolve

from polc import syntax
from polc.codes import flows, names, values
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Port, Probe, Transport
from polc.lower.ports import describe
from polc.lower.values import port_of
from polc.lower.words import unknown
from polc.parse.names import spelled
from polc.prose import listed

KINDS = ("live", "ready", "startup")
_Kind = Literal["ready", "live", "startup"]


def lower_probes(
    probes: tuple[syntax.Probe, ...],
    ports: tuple[Port, ...],
    found: list[Diagnostic],
    lost: Callable[[str], bool] = lambda name: False,
) -> tuple[Probe, ...]:
    """Read the probes of a service, at most one of each kind, sorted by kind.

    `lost` tells of ports that are missing for a reason reported elsewhere.
    """
    first: dict[str, syntax.Probe] = {}
    made: list[Probe] = []
    for probe in probes:
        kind = probe.kind.text
        if kind not in KINDS:
            message = f"`{kind}` is not a kind of probe"
            found.append(
                unknown(values.UNKNOWN_WORD, message, probe.kind.span, _meant(kind), KINDS)
            )
        elif kind in first:
            found.append(
                Diagnostic(
                    names.DUPLICATE_STATEMENT,
                    f"`probe {kind}` stands twice",
                    probe.span,
                    (Label(first[kind].span, "it stands here already"),),
                    help="a pod has one probe of each kind: keep one of them",
                )
            )
            continue
        first.setdefault(kind, probe)
        if _is_lost(probe, ports, lost):
            continue
        lowered = _probe(probe, ports, found)
        if lowered is not None and kind in KINDS:
            made.append(lowered)
    return tuple(sorted(made, key=lambda probe: probe.kind))


def _is_lost(probe: syntax.Probe, ports: tuple[Port, ...], lost: Callable[[str], bool]) -> bool:
    if probe.action == "exec":
        return False
    if probe.port is None:
        return not ports and lost("")
    return probe.port.text not in {port.name for port in ports} and lost(probe.port.text)


def _meant(kind: str) -> str:
    """Return our word for Kubernetes' `readinessProbe` and `livenessProbe`."""
    return {"liveness": "live", "readiness": "ready"}.get(kind, kind)


def _probe(probe: syntax.Probe, ports: tuple[Port, ...], found: list[Diagnostic]) -> Probe | None:
    kind = cast(_Kind, probe.kind.text)
    if probe.action == "exec":
        command = tuple(each.value for each in probe.command)
        if command:
            return Probe(kind, "exec", command=command, span=probe.span)
        message = "`exec` without a command"
        hint = 'write the program and its arguments: `exec ["/bin/check"]`'
        found.append(Diagnostic(values.BAD_VALUE, message, probe.span, help=hint))
        return None
    port = _port(probe, ports, found)
    path = probe.path.value if probe.path is not None else ""
    if probe.action == "GET" and not _is_path(probe, found):
        return None
    if port is None:
        return None
    if port.transport is not Transport.TCP:
        found.append(
            Diagnostic(
                values.BAD_VALUE,
                f"port `{port.name}` speaks {port.transport.value}, and probes connect over TCP",
                probe.port.span if probe.port is not None else probe.span,
                (Label(port.span, "the port"),),
                help='probe a TCP port, or use `exec ["…"]`',
            )
        )
        return None
    return Probe(kind, probe.action, port, path, span=probe.span)


def _is_path(probe: syntax.Probe, found: list[Diagnostic]) -> bool:
    """Check a path that the kubelet asks for as it stands, its query included."""
    text = probe.path.value if probe.path is not None else ""
    if re.fullmatch(r"/[!-~]*", text) and "*" not in text and "#" not in text:
        return True
    found.append(
        Diagnostic(
            values.BAD_PATH,
            f"`{text}` is not a path that the kubelet can ask for",
            probe.path.span if probe.path is not None else probe.span,
            help="write one path, from its `/` on: `/healthz`",
        )
    )
    return False


def _port(probe: syntax.Probe, ports: tuple[Port, ...], found: list[Diagnostic]) -> Port | None:
    """Find the container port that a probe means."""
    if probe.port is None:
        return _only_port(probe, ports, found)
    text = probe.port.text
    named = port_probed(probe.port, ports)
    if named is not None and named.end != named.container:
        found.append(_ambiguous(probe.port, f"`{text}` is a range of ports", (named,)))
        return None
    if named is None:
        known = [port.name for port in ports]
        otherwise = f"it has {listed(known)}" if known else "declare it with `port`"
        message = f"the service has no port `{text}`"
        if isinstance(probe.port, syntax.Number) and (
            meant := next((port for port in ports if str(port.service) == text), None)
        ):
            otherwise = f"the kubelet asks the container: write `{meant.name}`"
            known = []
        found.append(
            unknown(flows.UNKNOWN_PORT, message, probe.port.span, text, known, otherwise=otherwise)
        )
    return named


def port_probed(written: syntax.Name | syntax.Number, ports: tuple[Port, ...]) -> Port | None:
    """Return the port that the kubelet asks: a number is one of the container's, over TCP."""
    if isinstance(written, syntax.Name):
        return next((port for port in ports if port.name == written.text), None)
    number = port_of(written) or 0
    found = [port for port in ports if port.container <= number <= port.end]
    named = next(
        (port for port in found if port.transport is Transport.TCP), next(iter(found), None)
    )
    return evolve(named, container=number, end=number) if named is not None else None


def _only_port(
    probe: syntax.Probe, ports: tuple[Port, ...], found: list[Diagnostic]
) -> Port | None:
    if len(ports) == 1 and ports[0].end == ports[0].container:
        return ports[0]
    if not ports:
        message = "the probe needs a port, and the service declares none"
        hint = "declare it: `port web 8080 http`"
        found.append(Diagnostic(flows.NO_PORT, message, probe.span, help=hint))
    else:
        found.append(_ambiguous(probe, "the probe does not say on which port", ports))
    return None


def _ambiguous(node: syntax.Node, message: str, ports: tuple[Port, ...]) -> Diagnostic:
    if len(ports) == 1:
        hint = f"write one number of {describe(ports[0])}"
    else:
        hint = "end it with " + listed((f"on {spelled(port.name)}" for port in ports), "or")
    return Diagnostic(flows.AMBIGUOUS_PORT, message, node.span, help=hint)
