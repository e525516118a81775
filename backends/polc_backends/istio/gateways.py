"""Which workload serves which host name of a gateway, for either routing API.

Flows `internet via GATEWAY host …` are gathered into entries: the names that one gateway serves
in the same way. Mostly one workload serves a name alone, and gets all that is sent to it; what
it does not admit, its AuthorizationPolicy refuses. Where several share a name, each gets the
paths that it admits, the narrower pattern first; what no order settles is an error.
"""

from collections.abc import Iterable, Iterator

from attrs import frozen

from polc.codes.routes import ROUTE_NOT_EXPRESSIBLE, UNROUTED_HOST
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import (
    HTTP_PROTOCOLS,
    Flow,
    HttpRequest,
    Path,
    Pods,
    Port,
    Program,
    Request,
    RpcRequest,
    Workload,
)
from polc.ir.paths import covers, intersect
from polc.source import Span


@frozen
class Share:
    """What a workload gets of a host name: some methods (none: all) on one path."""

    workload: Workload
    port: Port
    path: Path
    methods: tuple[str, ...]
    span: Span


@frozen
class Entry:
    """Host names that one gateway serves in one way; `uses` is its object, `namespace/name`.

    The shares are in the order in which they have to be tried.
    """

    gateway: Pods
    uses: str
    hosts: tuple[str, ...]
    shares: tuple[Share, ...]

    @property
    def alone(self) -> bool:
        """Whether one port of one workload gets everything."""
        return len({(share.workload.key, share.port) for share in self.shares}) == 1

    @property
    def name(self) -> str:
        """What to call the object that routes these hosts."""
        return f"{self.gateway.key.partition('/')[2]}.{self.hosts[0].replace('*', 'any')}"


def find_entries(program: Program) -> tuple[tuple[Entry, ...], tuple[Diagnostic, ...]]:
    """Gather the host names of all gateways, sorted, and report what can't be routed."""
    found: list[Diagnostic] = []
    gateways: dict[str, Pods] = {}
    flows_of: dict[tuple[str, str], list[tuple[Workload, Flow]]] = {}
    for workload in program.workloads:
        if workload.kind == "knative":  # Knative maps and routes its host names itself.
            continue
        for flow in program.inbound.get(workload.key, ()):
            if not flow.hosts or not isinstance(flow.source, Pods):
                continue
            if problem := _unrouted(flow, flow.source, workload):
                found.append(problem)
                continue
            gateways[flow.source.key] = flow.source
            for host in flow.hosts:
                flows_of.setdefault((flow.source.key, host), []).append((workload, flow))
    hosts_of: dict[tuple[str, tuple[Share, ...]], list[str]] = {}
    for (gateway, host), flows in sorted(flows_of.items()):
        shares, problems = _shares(host, flows)
        found += problems
        hosts_of.setdefault((gateway, shares), []).append(host)
    entries = (
        Entry(gateways[key], gateways[key].uses or "", tuple(hosts), shares)
        for (key, shares), hosts in hosts_of.items()
    )
    return tuple(entries), tuple(found)


def _unrouted(flow: Flow, gateway: Pods, workload: Workload) -> Diagnostic | None:
    if gateway.uses is None:
        reason = f"`{gateway.key}` does not say which Gateway object it `uses`"
        help_line = 'say `uses "NAMESPACE/NAME"` in the gateway, or route the host yourself'
    elif flow.port.protocol not in HTTP_PROTOCOLS:
        reason = f"port `{flow.port.name}` does not speak HTTP to the gateway"
        help_line = "route the host yourself, or let the port speak HTTP"
    else:
        return None
    hosts = ", ".join(f"`{host}`" for host in flow.hosts)
    return Diagnostic(
        UNROUTED_HOST,
        f"polc routes no traffic for {hosts}: {reason}",
        flow.spans[0] if flow.spans else workload.span,
        help=help_line,
    )


def _shares(
    host: str, flows: Iterable[tuple[Workload, Flow]]
) -> tuple[tuple[Share, ...], Iterable[Diagnostic]]:
    shares = [
        Share(workload, flow.port, path, methods, flow.spans[0] if flow.spans else workload.span)
        for workload, flow in flows
        for path, methods in _patterns(flow.requests)
    ]
    shares.sort(key=_narrow_first)
    return tuple(shares), tuple(_conflicts(host, shares))


def _patterns(requests: tuple[Request, ...] | None) -> Iterator[tuple[Path, tuple[str, ...]]]:
    if requests is None:
        yield Path((), rest=True), ()
        return
    for request in requests:
        match request:
            case HttpRequest():
                yield request.path, request.methods
            case RpcRequest(service, ""):
                yield Path((service, "*")), ()
            case RpcRequest(service, method):
                yield Path((service, method)), ()


def _narrow_first(share: Share) -> tuple[int, bool, int, str, bool, tuple[str, ...], str]:
    """Order patterns so that one which lies within another comes before it."""
    path = share.path
    return (
        -len(path.segments),
        path.rest,
        path.segments.count("*"),
        str(path),
        not share.methods,
        share.methods,
        share.workload.key,
    )


def _conflicts(host: str, shares: list[Share]) -> Iterator[Diagnostic]:
    """Report pairs of workloads that want the same requests, with nothing to tell who is first.

    Patterns without `*` lie one within the other or share nothing, so only equal ones conflict. One
    with `*` has to be held against all.
    """
    owners: dict[tuple[Path, str], Share] = {}
    for share in shares:
        for method in share.methods or ("",):
            owner = owners.setdefault((share.path, method), share)
            if _compete(owner, share):
                yield _conflict(host, owner, share)
                break
    starred = [share for share in shares if "*" in share.path.segments]
    for one in starred:
        for other in shares:
            if one.path == other.path or not _compete(one, other) or _nested(one, other):
                continue
            if intersect(one.path, other.path) is not None:
                yield _conflict(host, one, other)


def _nested(one: Share, other: Share) -> bool:
    return covers(one.path, other.path) or covers(other.path, one.path)


def _compete(one: Share, other: Share) -> bool:
    if (one.workload.key, one.port) == (other.workload.key, other.port):
        return False
    return not one.methods or not other.methods or bool({*one.methods} & {*other.methods})


def _conflict(host: str, one: Share, other: Share) -> Diagnostic:
    first, second = sorted((one, other), key=lambda share: share.workload.key)
    what = (
        "everything"
        if one.path == Path((), rest=True)
        else f"`{intersect(one.path, other.path) or one.path}`"
    )
    return Diagnostic(
        ROUTE_NOT_EXPRESSIBLE,
        f"`{first.workload.name}` and `{second.workload.name}` both serve {what} under `{host}`",
        second.span,
        (Label(first.span, "claimed here too"),),
        "give each its own host name, or narrow one of them to other paths",
    )
