"""No restriction without a target that enforces it (language.md 1, rule 2)."""

from collections.abc import Iterable, Iterator

from polc.backend import Feature
from polc.codes import flows as codes
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import (
    Addresses,
    Flow,
    Host,
    HttpRequest,
    Mesh,
    Pods,
    Program,
    RpcRequest,
    Transport,
    Workload,
)
from polc.source import Span

NETWORK = frozenset(
    {
        Feature.POD_PEERS,
        Feature.ADDRESS_PEERS,
        Feature.NODE_PEERS,
        Feature.HOST_PEERS,
        Feature.PORTS,
        Feature.IDENTITY,
        Feature.HTTP_REQUESTS,
        Feature.RPC_REQUESTS,
    }
)
"""Features of targets that decide about flows."""


def check_enforceable(
    program: Program, features: frozenset[Feature], every_target: bool
) -> tuple[Diagnostic, ...]:
    """Report every restriction and route that none of the chosen targets enforces.

    Flows are checked as soon as one target decides about flows at all; rollouts only where the
    user left the choice of targets to polc, since `--target` may leave out whole documents.
    """
    found: list[Diagnostic] = []
    if features & NETWORK:
        found += _once(_unenforced_flows(program, features))
        found += _behind_waypoints(program)
        found += _of_other_names(program)
    if every_target:
        for workload in program.workloads:
            found += _unrouted(workload, features, program)
    return tuple(found)


def _once(diagnostics: Iterable[Diagnostic]) -> Iterable[Diagnostic]:
    """Keep one finding per place: an `allow` over five peers lacks one thing, not five."""
    return {(each.span.key(), each.message): each for each in diagnostics}.values()


def _unenforced_flows(program: Program, features: frozenset[Feature]) -> Iterator[Diagnostic]:
    for flow in program.flows:
        if isinstance(flow.source, Pods) and flow.source.host_network:
            continue  # What it calls is not held: that is what its relaxation stands for.
        if isinstance(flow.target, Host):
            if Feature.HOST_PEERS not in features:
                yield _host(flow, flow.target, program)
            continue
        if isinstance(flow.target, Addresses) or isinstance(flow.source, Addresses):
            if Feature.ADDRESS_PEERS not in features:
                yield _missing(flow, "address blocks", "choose the target `networkpolicy`")
            elif Feature.NODE_PEERS not in features and (node := _node_of(flow)) is not None:
                yield _nodes(flow, node)
        elif not features & {Feature.POD_PEERS, Feature.IDENTITY}:
            yield _missing(flow, "its peers", "choose the target `networkpolicy`")
        if flow.port.transport is not Transport.TCP and Feature.POD_PEERS not in features:
            yield _missing(
                flow, f"{flow.port.transport.value} ports", "choose the target `networkpolicy`"
            )
        yield from _requests(flow, features, program)


def _requests(flow: Flow, features: frozenset[Feature], program: Program) -> Iterator[Diagnostic]:
    kinds = {type(request) for request in flow.requests or ()}
    help_line = (
        "let a mesh enforce it: `cluster … { mesh istio sidecar }`, or drop the braces"
        if program.cluster.mesh is Mesh.NONE
        else "choose the target `istio`, or drop the braces"
    )
    if HttpRequest in kinds and Feature.HTTP_REQUESTS not in features:
        yield _missing(flow, "methods and paths", help_line, flow.narrowed)
    if RpcRequest in kinds and Feature.RPC_REQUESTS not in features:
        yield _missing(flow, "gRPC methods", help_line, flow.narrowed)


def _missing(flow: Flow, what: str, help_line: str, at: Span | None = None) -> Diagnostic:
    return Diagnostic(
        codes.NOT_ENFORCEABLE,
        f"not enforceable: no chosen target can restrict this flow to {what}",
        at or flow.spans[0],
        help=help_line,
    )


def _behind_waypoints(program: Program) -> Iterator[Diagnostic]:
    """Report services on their node's network whose callers a waypoint would stand in front of."""
    for workload in program.workloads:
        on_node = workload.pods.host_network and workload.ports
        if on_node and workload.namespace in program.waypoint_namespaces:
            yield Diagnostic(
                codes.NOT_ENFORCEABLE,
                f"not enforceable: the waypoint of namespace `{workload.namespace}` stands before"
                f" `{workload.name}`, which is on its node's network and not in the mesh",
                workload.span,
                help="declare it in a namespace of which no service lists requests or has a"
                " rollout",
            )


def _of_other_names(program: Program) -> Iterator[Diagnostic]:
    """Report ports behind a Service of another name where routes or waypoints go by the name."""
    for workload in program.workloads:
        named = [port for port in workload.ports if port.known_as not in (None, workload.name)]
        if not named or program.cluster.mesh is Mesh.NONE:
            continue
        flows = program.inbound.get(workload.key, ())
        led = {flow.port for flow in flows if flow.hosts}
        by_name = workload.rollout is not None or workload.namespace in program.waypoint_namespaces
        for port in named:
            if by_name or port in led:
                yield Diagnostic(
                    codes.NOT_ENFORCEABLE,
                    f"not enforceable: routes and waypoints go by the Service `{workload.name}`,"
                    f" and port `{port.name}` is behind `{port.known_as}`",
                    port.span,
                    help="declare the service in a namespace without a waypoint, and without a"
                    " rollout or a gateway for this port",
                )


def _node_of(flow: Flow) -> str | None:
    """Return the pods of a flow that nodes stand for."""
    ends = (end for end in (flow.source, flow.target) if isinstance(end, Addresses) and end.nodes)
    return next((end.name for end in ends), None)


def _nodes(flow: Flow, name: str) -> Diagnostic:
    return Diagnostic(
        codes.NOT_ENFORCEABLE,
        f"not enforceable: `{name}` is on its nodes' network, and no chosen target can tell nodes",
        flow.spans[-1],
        help="Cilium matches no address block against nodes; where its `policyCIDRMatchMode` is"
        " `nodes`, write `cni kubernetes`",
    )


def _host(flow: Flow, target: Host, program: Program) -> Diagnostic:
    mesh = "" if program.cluster.mesh is Mesh.NONE else ", and Istio's egress is no firewall"
    return Diagnostic(
        codes.NOT_ENFORCEABLE,
        f"not enforceable: no chosen target can restrict calls to the host `{target.host}`",
        flow.spans[0],
        help=f"NetworkPolicy knows addresses only{mesh}: give `{target.name}` addresses"
        " with `cidr`",
    )


def _unrouted(
    workload: Workload, features: frozenset[Feature], program: Program
) -> Iterator[Diagnostic]:
    rollout = workload.rollout
    if rollout is None:
        return
    if workload.kind == "knative":
        if Feature.REVISION_ROUTES not in features:
            yield _no_route(workload, rollout.span, "choose the target `knative`")
    elif not features & {Feature.WEIGHTED_ROUTES, Feature.CONDITIONAL_ROUTES}:
        where = program.cluster.name
        yield _no_route(
            workload, rollout.span, f"a mesh routes: say `mesh istio sidecar` in cluster `{where}`"
        )


def _no_route(workload: Workload, span: Span, help_line: str) -> Diagnostic:
    return Diagnostic(
        codes.NOT_ENFORCEABLE,
        f"not enforceable: no chosen target can route the rollout of `{workload.name}`",
        Span(span.anchor, span.start, span.start + len("rollout")),
        (Label(workload.span, "in this service"),),
        help_line,
    )
