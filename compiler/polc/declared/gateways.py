"""What a program declares of its gateways: which host name leads to which port of which service.

- A request belongs to the service whose path pattern is the narrowest that it meets, and of equal
  ones to that which names its method. A request that no service asks for may go to any of those
  that serve the host: their own policies refuse it.
- With sidecars the gateway's proxy splits requests by the rollout of the service. In ambient mode
  the waypoint of the service does that, so that the Service as a whole is where they go.
- What speaks no HTTP, and what comes through a gateway that names no object, is for the user to
  route: it may be routed, but need not.
"""

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from polc.declared.mesh import Bound, requests_sides
from polc.declared.routes import declared
from polc.ir.nodes import HTTP_PROTOCOLS, Flow, Mesh, Pods, Program, Workload
from polc.semantics.routes.matches import full, real
from polc.semantics.routes.targets import Shares, gateway_name, shares
from polc.semantics.sets import products
from polc.semantics.sets.products import Box, Region, box
from polc.semantics.sets.strings import StringSet
from polc.source import Span

Part = tuple[Region, Shares, Span]
"""Requests, where they go, and the declaration."""


@frozen(eq=False)
class Claim:
    """What one port of a service gets under one host name; `name` is `namespace/service:port`.

    `parts` are what has to go nowhere else, `needed` what has to arrive.
    """

    flow: Flow
    name: str
    parts: tuple[Part, ...] = ()
    needed: Region = ()

    @property
    def opaque(self) -> bool:
        """Whether nobody reads requests there, so that connections have no host name."""
        return self.flow.port.protocol not in HTTP_PROTOCOLS

    @property
    def span(self) -> Span:
        """The declaration."""
        assert isinstance(self.flow.target, Pods)
        return self.flow.spans[0] if self.flow.spans else self.flow.target.span


Hosts = Mapping[str, tuple[Claim, ...]]


def claims_by_gateway(program: Program) -> Mapping[str, Hosts]:
    """Return the claims by gateway object and host; the gateway "" is one that names none."""
    flows: dict[str, dict[str, list[Flow]]] = {}
    for flow in program.flows:
        source, target = flow.source, flow.target
        if isinstance(source, Pods) and isinstance(target, Pods) and flow.hosts:
            name = gateway_name(source.uses, target.namespace) if source.uses else ""
            for host in flow.hosts:
                flows.setdefault(name, {}).setdefault(host.lower(), []).append(flow)
    workloads = {workload.key: workload for workload in program.workloads}
    sidecar = program.cluster.mesh is Mesh.SIDECAR
    meshed = program.cluster.mesh is not Mesh.NONE
    return {
        name: {
            host: tuple(_claims(each, workloads, split=sidecar, routed=meshed and bool(name)))
            for host, each in hosts.items()
        }
        for name, hosts in flows.items()
    }


def _claims(
    flows: Iterable[Flow], workloads: Mapping[str, Workload], *, split: bool, routed: bool
) -> Iterator[Claim]:
    """Yield the claims on one host; with `split` their rollouts hold at the gateway."""
    ours: list[tuple[str, Flow, Workload]] = []
    for flow in flows:
        assert isinstance(flow.target, Pods)
        workload = workloads.get(flow.target.key)
        name = f"{flow.target.key}:{flow.port.service}"
        claim = Claim(flow, name)
        if not routed or claim.opaque or workload is None:
            yield claim
        else:
            ours.append((name, flow, workload))
    for name, flow, workload in ours:
        others = [piece for each, other, _ in ours if each != name for piece in _pieces(other)]
        owned = real(_narrowest(flow, others))
        parts = tuple(_parts(name, workload, flow, owned, split=split))
        needed = tuple(each for piece in _pieces(flow, "least") for each in piece.asked)
        yield Claim(flow, name, parts, real(needed))


@frozen(eq=False)
class _Piece:
    """What a flow asks for by one pattern: the paths, the requests, and if of some methods only."""

    paths: StringSet
    asked: Region
    narrow: bool

    def within(self, other: "_Piece") -> bool:
        """Tell whether this one is tried before another: narrower paths, then named methods."""
        if not self.paths <= other.paths:
            return False
        return (self.narrow and not other.narrow) or not other.paths <= self.paths


def _pieces(flow: Flow, bound: Bound = "most") -> Iterator[_Piece]:
    for request in flow.requests if flow.requests is not None else (None,):
        for sides in requests_sides(None if request is None else (request,), bound):
            paths = sides.get("path", full("path"))
            assert isinstance(paths, StringSet)
            yield _Piece(paths, (box(**sides),), "method" in sides)


def _narrowest(flow: Flow, others: Iterable[_Piece]) -> Iterator[Box]:
    """Yield what a flow asks for and no narrower pattern of another service does."""
    others = tuple(others)
    for piece in _pieces(flow):
        cut = tuple(each for other in others if other.within(piece) for each in other.asked)
        yield from products.subtract(piece.asked, cut, full)


def _parts(
    name: str, workload: Workload, flow: Flow, owned: Region, *, split: bool
) -> Iterator[Part]:
    """Yield where the requests of a claim go, version by version where there are any."""
    claim = Claim(flow, name)
    if workload.rollout is None or not split:
        yield owned, shares([(name, 1)]), claim.span
        return
    port = name.rpartition(":")[2]
    for region, goes, span in declared(workload, workload.rollout, http=True):
        met = real(products.both(owned, region))
        if met:
            yield met, tuple((f"{each}:{port}", part) for each, part in goes), span
