"""Whose address pods see behind a Service that is open to the outside.

Behind `externalTrafficPolicy: Cluster`, which holds where nothing is said, it is that of the node
that the caller came to. So a policy that admits callers by their addresses admits none of them,
except where the caller came to the pod's own node, which no NetworkPolicy holds: there it is
everybody (kubernetes.io, "Using Source IP" and "Network Policies").
"""

from collections.abc import Iterator, Sequence

from polc.codes.proof import NODE_ADDRESS
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Addresses, Flow, Mesh, Port, Program, Workload
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import mapping
from polc.semantics.sets.intervals import EVERY_ADDRESS, cidr_set
from polc.semantics.workloads import services as model
from polc.semantics.workloads.ports import behind
from polc.semantics.workloads.services import Services
from polc.semantics.workloads.templates import Template

_LOCAL = "set `externalTrafficPolicy: Local` in the Service, which keeps the caller's address"


def node_addresses(
    services: Services, program: Program, held: Sequence[tuple[Template, Workload]]
) -> Iterator[Diagnostic]:
    """Report ports of Services by which callers come with the address of a node."""
    owned = {namespace.name for namespace in program.namespaces}
    for service in services.by_name.values():
        if service.namespace not in owned or not model.hides_callers(service):
            continue
        for template, workload in _behind(service, program, held):
            if workload.kind != "knative" and "host-network" not in workload.security.relaxes:
                yield from _port_by_port(service, template, workload, program)


def _behind(
    service: Found, program: Program, held: Sequence[tuple[Template, Workload]]
) -> Iterator[tuple[Template | None, Workload]]:
    """Yield the workloads behind a Service, with pods of the input if there are any."""
    seen: set[str] = set()
    for template, workload in held:
        if workload.key not in seen and model.selects(service, template):
            seen.add(workload.key)
            yield template, workload
    chosen = mapping(service.spec.get("selector")).items()
    for workload in program.in_namespace.get(service.namespace, ()) if chosen else ():
        if workload.key not in seen and chosen <= dict(workload.pods.labels).items():
            yield None, workload


def _port_by_port(
    service: Found, template: Template | None, workload: Workload, program: Program
) -> Iterator[Diagnostic]:
    flows = program.inbound.get(workload.key, ())
    for index, each in model.ports(service):
        port = _port(each, template, workload)
        if port is None:
            continue
        outside = [
            flow
            for flow in flows
            if flow.port == port and isinstance(flow.source, Addresses) and not flow.source.nodes
        ]
        if not outside and program.cluster.mesh is Mesh.NONE:
            yield _open(service, index, workload, port)
        elif outside and not _everybody(outside):
            yield _hidden(service, index, workload, outside)


def _port(
    entry: dict[str, object] | object, template: Template | None, workload: Workload
) -> Port | None:
    """Return the declared port that a Service's leads to."""
    body = mapping(entry)
    number = behind(body, template) if template is not None else body.get("targetPort")
    if type(number) is not int:
        return next((each for each in workload.ports if each.service == body.get("port")), None)
    return next((each for each in workload.ports if each.container <= number <= each.end), None)


def _everybody(flows: list[Flow]) -> bool:
    """Tell whether every address is admitted, so that it does not matter whose it is."""
    left = EVERY_ADDRESS
    for flow in flows:
        assert isinstance(flow.source, Addresses)
        for block in flow.source.blocks:
            taken = cidr_set(block.cidr)
            for each in block.excepts:
                taken -= cidr_set(each)
            left -= taken
    return not left


def _hidden(service: Found, index: int, workload: Workload, flows: list[Flow]) -> Diagnostic:
    way = model.from_outside(service)
    names = " and ".join(dict.fromkeys(f"`{_name(flow)}`" for flow in flows))
    return Diagnostic(
        NODE_ADDRESS,
        f"what comes to `{workload.key}` by Service `{service.name}` ({way}) has the address of a"
        f" node, for its `externalTrafficPolicy` is `Cluster`: callers from {names} are refused"
        " there, but on the pod's own node, where everybody gets in",
        service.span("spec", "ports", index),
        labels=(Label(flows[0].spans[0], "these callers"),) if flows[0].spans else (),
        help=_LOCAL,
    )


def _name(flow: Flow) -> str:
    assert isinstance(flow.source, Addresses)
    return flow.source.name


def _open(service: Found, index: int, workload: Workload, port: Port) -> Diagnostic:
    way = model.from_outside(service)
    return Diagnostic(
        NODE_ADDRESS,
        f"anybody outside of the cluster can reach port {port.container} of `{workload.key}` by"
        f" Service `{service.name}` ({way}) where it comes to the pod's own node: with"
        " `externalTrafficPolicy: Cluster` it has that node's address, which no NetworkPolicy"
        " holds; nothing in the program declares it",
        service.span("spec", "ports", index),
        labels=(Label(workload.span, f"what the program says of `{workload.key}`"),),
        help=f"make it a `ClusterIP` Service, or {_LOCAL}",
    )
