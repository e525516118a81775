"""The productions that make what a service is and whom it talks to."""

from typing import Any, cast

from polc import syntax as s
from polc.parse.builder import Builder, action, listed, plain
from polc.parse.qualifiers import qualified

plain("image", s.Image)
listed("select", s.Select)
plain("account", s.Account)
plain("port", s.Port)
plain("rpc_request", s.RpcRequest)
plain("namespace_peer", s.NamespacePeer)
plain("plain_text", s.PlainText)


@action
def workload(b: Builder, first: int, kind: s.Name, names: list[s.Name] | None) -> s.WorkloadKind:
    """Make the kind of a workload, and the names of the objects that run it."""
    return s.WorkloadKind(b.span(first), kind, tuple(names or ()))


@action
def known_as(b: Builder, first: int, name: s.Name) -> s.Name:
    """Take the name of a Service."""
    return name


@action
def entry(b: Builder, key: s.Name, value: s.String) -> s.Entry:
    """Make one label."""
    return s.Entry(b.span(key), key, value)


@action
def broad_peer(b: Builder, token: int) -> s.BroadPeer:
    """Make a peer of `any`, `internet` or `self`."""
    return s.BroadPeer(b.token_span(token), cast(Any, b.text(token)))


@action
def via(b: Builder, first: int, gateway: s.Ref, hosts: list[s.String]) -> s.Via:
    """Make the way through a gateway."""
    return s.Via(b.span(first), gateway, tuple(hosts))


@action
def on(b: Builder, first: int, ports: list[s.Name | s.Number]) -> tuple[s.Name | s.Number, ...]:
    """Take the ports of a flow."""
    return tuple(ports)


@action
def requests(b: Builder, items: list[s.Request]) -> tuple[s.Request, ...]:
    """Take the requests of a flow; none in the braces is not the same as no braces."""
    return tuple(items)


@action
def http_request(b: Builder, methods: list[s.Word], paths: list[s.String]) -> s.HttpRequest:
    """Make a request of HTTP."""
    return s.HttpRequest(b.span(methods[0]), tuple(methods), tuple(paths))


@action
def allow_from(
    b: Builder,
    first: int,
    peers: list[s.Peer],
    through: s.Via | None,
    ports: tuple[s.Name | s.Number, ...] | None,
    plain: s.PlainText | None,
    wanted: tuple[s.Request, ...] | None,
    extra: s.Qualifiers | None,
) -> s.Allow:
    """Make a rule that admits callers."""
    where = qualified(b, extra)
    return s.Allow(b.span(first), "from", tuple(peers), through, ports or (), wanted, where, plain)


@action
def allow_to(
    b: Builder,
    first: int,
    peers: list[s.Peer],
    ports: tuple[s.Name | s.Number, ...] | None,
    wanted: tuple[s.Request, ...] | None,
    extra: s.Qualifiers | None,
) -> s.Allow:
    """Make a rule that lets this service call; that requests have no place here is for later."""
    where = qualified(b, extra)
    return s.Allow(b.span(first), "to", tuple(peers), None, ports or (), wanted, where)
