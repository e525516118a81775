"""Pods on their nodes' network: no policy selects them, and no mesh captures them.

To the network they are their nodes, so in a flow the nodes' addresses stand for them. Whoever
reaches a node reaches them: a rule that says less can't be enforced. What they call is not held.
"""

from collections.abc import Iterable, Iterator

from attrs import evolve

from polc.codes import clusters
from polc.codes import flows as codes
from polc.diagnostics import Diagnostic, Label
from polc.ir import nodes as ir
from polc.lower.declared import Owned
from polc.parse.names import spelled
from polc.source import Span


def settle(
    flows: Iterable[ir.Flow], cluster: ir.Cluster, owned: Iterable[Owned]
) -> tuple[tuple[ir.Flow, ...], tuple[Diagnostic, ...]]:
    """Put addresses for pods on the nodes' network, and report what nobody can hold of them."""
    flows = tuple(flows)
    found: dict[tuple[str, object], Diagnostic] = {}
    settled = []
    for flow in flows:
        for each in _problems(flow, cluster):
            found.setdefault((each.message, each.span.key()), each)
        moved = _on_network(flow, cluster)
        if moved is not None:
            settled.append(moved)
    open_ports = _open_ports(flows)
    restricted = tuple(
        _restricted(service, port, flows)
        for service in owned
        if service.pods.host_network
        for port in service.ports
        if not _is_open(service, port, open_ports)
    )
    return tuple(settled), (*found.values(), *restricted)


def _on_network(flow: ir.Flow, cluster: ir.Cluster) -> ir.Flow | None:
    """Return a flow as the network sees it; None where the nodes' addresses are not known."""
    source, target = flow.source, flow.target
    if not _held(source) and not _held(target):
        return flow  # Neither end can be restricted: it only says what is so.
    ends = []
    for end in (source, target):
        if not _on_nodes(end):
            ends.append(end)
        elif not cluster.nodes:
            return None
        else:
            assert isinstance(end, ir.Pods)
            ends.append(ir.Addresses(end.key, cluster.nodes, nodes=True))
    return evolve(flow, source=ends[0], target=ends[1]) if ends != [source, target] else flow


def _held(peer: ir.Peer) -> bool:
    """Tell whether the program restricts what an end may exchange."""
    return isinstance(peer, ir.Pods) and peer.origin == "workload" and not peer.host_network


def _on_nodes(peer: ir.Peer) -> bool:
    return isinstance(peer, ir.Pods) and peer.host_network


def _problems(flow: ir.Flow, cluster: ir.Cluster) -> Iterator[Diagnostic]:
    """Yield what a flow between one held end and a node lacks."""
    for end, other in ((flow.source, flow.target), (flow.target, flow.source)):
        if isinstance(end, ir.Pods) and end.host_network and _held(other) and not cluster.nodes:
            yield _no_nodes(end, flow.spans[-1], cluster)
    if _on_nodes(flow.source) and _held(flow.target) and cluster.mesh is not ir.Mesh.NONE:
        assert isinstance(flow.source, ir.Pods)
        if not flow.plain_text and flow.port.transport is ir.Transport.TCP:
            yield needs_plain_text(flow.source, flow.port, flow.spans[0])


def _no_nodes(pods: ir.Pods, span: Span, cluster: ir.Cluster) -> Diagnostic:
    return Diagnostic(
        clusters.NO_NODES,
        f"the pods of `{pods.key}` are on their nodes' network, and cluster `{cluster.name}` does"
        " not say which addresses nodes have",
        span,
        (Label(pods.span, "declared here"),) if pods.span.source.text else (),
        "add `nodes <CIDR>` to the cluster, after `kubectl get nodes --output wide`",
    )


def needs_plain_text(pods: ir.Pods, port: ir.Port, span: Span) -> Diagnostic:
    """Report a caller outside of the mesh that is to be admitted as if it had an identity."""
    return Diagnostic(
        codes.NEEDS_PLAIN_TEXT,
        f"`{pods.key}` is not in the mesh, and calls in plain text",
        span,
        (Label(pods.span, "declared here"),) if pods.span.source.text else (),
        f'open the port to plain text: `on {spelled(port.name)} plain-text because "…"`',
    )


Opened = dict[tuple[str, ir.Port], set[str]]


def _open_ports(flows: Iterable[ir.Flow]) -> Opened:
    """Return who may send what they like to a port: of `any` and `internet`, which."""
    found: Opened = {}
    for flow in flows:
        if not isinstance(flow.target, ir.Pods) or flow.requests is not None:
            continue
        if isinstance(flow.source, ir.AllPods):
            found.setdefault((flow.target.key, flow.port), set()).add("any")
        elif isinstance(flow.source, ir.Addresses) and flow.source.name == "internet":
            found.setdefault((flow.target.key, flow.port), set()).add("internet")
    return found


def _is_open(service: Owned, port: ir.Port, opened: Opened) -> bool:
    return opened.get((service.pods.key, port)) == {"any", "internet"}


def _restricted(service: Owned, port: ir.Port, flows: tuple[ir.Flow, ...]) -> Diagnostic:
    said = [
        flow.narrowed or flow.spans[0]
        for flow in flows
        if isinstance(flow.target, ir.Pods)
        and (flow.target.key, flow.port) == (service.pods.key, port)
        and flow.spans[0].anchor is port.span.anchor
    ]
    return Diagnostic(
        codes.NOT_ENFORCEABLE,
        f"not enforceable: `{service.model.name}` is on its node's network, so no target can"
        f" restrict who reaches its port `{port.name}`",
        said[0] if said else port.span,
        (Label(service.model.symbol.span, "this service"),),
        f'say what is so: `allow from any, internet on {spelled(port.name)} because "…"`;'
        " whoever reaches the node reaches it",
    )
