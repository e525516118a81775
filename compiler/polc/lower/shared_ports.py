"""Several ports of Services before one port of the container (language.md 5.8).

Rules are enforced per container port, so who may call one of them calls the others as well: that
compiles only where the program says the same of all of them. Routes and waypoints go by the name of
a Service, and polc knows one for a service: in a mesh, another one is for ports without either.
"""

from collections.abc import Iterable, Iterator

from polc.codes import flows as codes
from polc.diagnostics import Diagnostic, Label
from polc.ir import nodes as ir
from polc.lower.declared import Owned
from polc.parse.names import spelled

Callers = frozenset[tuple[object, ...]]


def check_shared_ports(
    flows: Iterable[ir.Flow], cluster: ir.Cluster, owned: Iterable[Owned]
) -> tuple[Diagnostic, ...]:
    """Report ports of one container port that differ in their callers, or in how they are read."""
    sharing = {service.pods.key: (service, _groups(service.ports)) for service in owned}
    sharing = {key: pair for key, pair in sharing.items() if pair[1]}
    if not sharing:
        return ()
    callers: dict[tuple[str, ir.Port], set[tuple[object, ...]]] = {}
    for flow in flows:
        if isinstance(flow.target, ir.Pods) and flow.target.key in sharing:
            said = (flow.source, flow.requests, flow.until, flow.plain_text)
            callers.setdefault((flow.target.key, flow.port), set()).add(said)
    return tuple(
        finding
        for key, (service, groups) in sharing.items()
        if not service.model.declaration.broken
        for first, *others in groups
        for port in others
        for finding in _compare(key, first, port, callers, cluster)
    )


def _groups(ports: tuple[ir.Port, ...]) -> list[list[ir.Port]]:
    by_container: dict[tuple[ir.Transport, int], list[ir.Port]] = {}
    for port in sorted(ports, key=lambda port: port.span.key()):
        by_container.setdefault((port.transport, port.container), []).append(port)
    return [group for group in by_container.values() if len(group) > 1]


def _compare(
    key: str,
    one: ir.Port,
    other: ir.Port,
    callers: dict[tuple[str, ir.Port], set[tuple[object, ...]]],
    cluster: ir.Cluster,
) -> Iterator[Diagnostic]:
    names = f"`{one.name}` and `{other.name}`"
    where = f"{other.container}/{other.transport.value} of the container"
    labels = (Label(one.span, "the other one"),)
    if callers.get((key, one)) != callers.get((key, other)):
        yield Diagnostic(
            codes.DUPLICATE_PORT,
            f"the ports {names} are both {where}, and not the same callers may call them",
            other.span,
            labels,
            f"rules are enforced per container port: say the same of both, `on {spelled(one.name)},"
            f" {spelled(other.name)}`, or keep one of them",
        )
    elif cluster.mesh is not ir.Mesh.NONE and _is_read(one) != _is_read(other):
        yield Diagnostic(
            codes.NOT_ENFORCEABLE,
            f"not enforceable: the ports {names} are both {where}, and the mesh would read the"
            " requests of only one",
            other.span,
            labels,
            f"give both the same protocol, such as `{other.protocol}`",
        )


def _is_read(port: ir.Port) -> bool:
    return port.protocol in ir.HTTP_PROTOCOLS
