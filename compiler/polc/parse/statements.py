"""The productions that make the statements of a service."""

from typing import Any, cast

from polc import syntax as s
from polc.codes import names as name_codes
from polc.codes import privileges as privilege_codes
from polc.codes import syntax as codes
from polc.parse.builder import Builder, action, listed, plain
from polc.source import Span

plain("image", s.Image)
listed("select", s.Select)
plain("account", s.Account)
plain("workload", s.WorkloadKind)
plain("port", s.Port)
plain("harden", s.Harden)
listed("writes", s.Writes)
listed("run", s.Run)
listed("resources", s.Resources)
listed("rollout", s.Rollout)
plain("scale", s.Scale)
plain("concurrency", s.Concurrency)
plain("timeout", s.Timeout)
plain("rpc_request", s.RpcRequest)
plain("namespace_peer", s.NamespacePeer)
plain("scope", s.Scope)


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


def _qualifiers(b: Builder, parts: s.Qualifiers | None) -> s.Qualifiers:
    """Return what stood behind a statement, or nothing, with the place where it would stand."""
    if parts is not None:
        return parts
    end = b.offsets[b.last + 1]
    return s.Qualifiers(Span(b.anchor, end, end))


def _kept(b: Builder, node: Any) -> Any:
    """Return a statement, unless a part of it was refused."""
    spoilt, b.spoilt = b.spoilt, False
    return None if spoilt else node


@action
def allow_from(
    b: Builder,
    first: int,
    peers: list[s.Peer],
    through: s.Via | None,
    ports: tuple[s.Name | s.Number, ...] | None,
    wanted: tuple[s.Request, ...] | None,
    extra: s.Qualifiers | None,
) -> s.Allow:
    """Make a rule that admits callers."""
    where = _qualifiers(b, extra)
    return s.Allow(b.span(first), "from", tuple(peers), through, ports or (), wanted, where)


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
    where = _qualifiers(b, extra)
    return s.Allow(b.span(first), "to", tuple(peers), None, ports or (), wanted, where)


# --- qualifiers -----------------------------------------------------------------------------------


@action
def only(b: Builder, first: int, names: list[s.Name]) -> tuple[int, tuple[s.Name, ...]]:
    """Take the environments of a statement, and where they were said."""
    return first, tuple(names)


@action
def until(b: Builder, first: int, day: int) -> tuple[int, s.Date]:
    """Take the last day of a statement, and where it was said."""
    return first, s.Date(b.token_span(day), b.text(day))


@action
def because(b: Builder, first: int, reason: s.String) -> tuple[int, s.String]:
    """Take the reason of a statement, and where it was said."""
    return first, reason


_Only = tuple[int, tuple[s.Name, ...]]
_Until = tuple[int, s.Date]
_Because = tuple[int, s.String]


@action
def qualifiers(b: Builder, only: _Only, until: _Until | None, because: _Because | None) -> Any:
    """Make qualifiers that start with `only in`."""
    return s.Qualifiers(b.span(only[0]), only[1], until and until[1], because and because[1])


@action
def qualifiers_until(b: Builder, until: _Until, because: _Because | None) -> s.Qualifiers:
    """Make qualifiers that start with `until`."""
    return s.Qualifiers(b.span(until[0]), (), until[1], because and because[1])


@action
def qualifiers_because(b: Builder, because: _Because) -> s.Qualifiers:
    """Make qualifiers that are a reason alone."""
    return s.Qualifiers(b.span(because[0]), (), None, because[1])


# --- privileges -----------------------------------------------------------------------------------


def _refuse_wildcard(b: Builder, token: int) -> None:
    b.spoilt = True
    at = b.offsets[token] + b.text(token).index("*")
    b.report(
        privilege_codes.WILDCARD,
        "there are no wildcards in a grant",
        Span(b.anchor, at, at + 1),
        help="list the verbs and resources that the service needs",
    )


@action
def wildcard(b: Builder, token: int) -> s.Name:
    """Refuse a verb."""
    _refuse_wildcard(b, token)
    return s.Name(b.token_span(token), b.text(token))


@action
def wildcard_resource(b: Builder, token: int, sub: int | None) -> s.Resource:
    """Refuse a resource."""
    _refuse_wildcard(b, token)
    return s.Resource(b.span(token), b.text(token), "", "" if sub is None else b.text(sub))


@action
def wildcard_subresource(b: Builder, token: int, sub: int) -> s.Resource:
    """Refuse a subresource."""
    _refuse_wildcard(b, sub)
    return s.Resource(b.span(token), b.text(token), "", b.text(sub))


@action
def resource(b: Builder, token: int, sub: int | None) -> s.Resource:
    """Make a resource as `kubectl` writes it: `deployments.apps/scale`."""
    name, _, group = b.text(token).partition(".")
    return s.Resource(b.span(token), name, group, "" if sub is None else b.text(sub))


@action
def named(b: Builder, first: int, names: list[s.String]) -> tuple[s.String, ...]:
    """Take the names of a grant."""
    return tuple(names)


@action
def scope_wide(b: Builder, first: int) -> s.Scope:
    """Make the scope of a whole cluster."""
    return s.Scope(b.span(first), None)


@action
def can(
    b: Builder,
    first: int,
    verbs: list[s.Name],
    resources: list[s.Resource],
    names: tuple[s.String, ...] | None,
    where: s.Scope | None,
    extra: s.Qualifiers | None,
) -> Any:
    """Make a grant."""
    parts = tuple(verbs), tuple(resources), names or (), where, _qualifiers(b, extra)
    return _kept(b, s.Can(b.span(first), *parts))


@action
def can_path(
    b: Builder,
    first: int,
    verbs: list[s.Name],
    paths: list[s.String],
    extra: s.Qualifiers | None,
) -> Any:
    """Make a grant of URLs."""
    return _kept(b, s.CanPath(b.span(first), tuple(verbs), tuple(paths), _qualifiers(b, extra)))


@action
def grant(
    b: Builder,
    verbs: list[s.Name],
    resources: list[s.Resource],
    names: tuple[s.String, ...] | None,
    extra: s.Qualifiers | None,
) -> Any:
    """Make a grant of a role."""
    parts = tuple(verbs), tuple(resources), names or (), None, _qualifiers(b, extra)
    return _kept(b, s.Can(b.span(verbs[0]), *parts))


@action
def grant_path(
    b: Builder, verbs: list[s.Name], paths: list[s.String], extra: s.Qualifiers | None
) -> Any:
    """Make a role's grant of URLs."""
    node = s.CanPath(b.span(verbs[0]), tuple(verbs), tuple(paths), _qualifiers(b, extra))
    return _kept(b, node)


@action
def has_role(
    b: Builder, first: int, role: s.Ref, where: s.Scope | None, extra: s.Qualifiers | None
) -> s.HasRole:
    """Make the use of a role."""
    return s.HasRole(b.span(first), role, where, _qualifiers(b, extra))


# --- running --------------------------------------------------------------------------------------


@action
def run_id(b: Builder, first: int, value: s.Number) -> s.RunId:
    """Make a user or group."""
    return s.RunId(b.span(first), cast(Any, b.text(first)), value)


@action
def capability(b: Builder, first: int, name: s.Word, extra: s.Qualifiers | None) -> s.Capability:
    """Make a capability that is kept."""
    return s.Capability(b.span(first), name, _qualifiers(b, extra))


@action
def relax(b: Builder, first: int, name: s.Name, extra: s.Qualifiers | None) -> s.Relax:
    """Make a loosening."""
    return s.Relax(b.span(first), name, _qualifiers(b, extra))


@action
def resource_range(b: Builder, first: int, amount: s.Range) -> s.ResourceRange:
    """Make a request and limit."""
    return s.ResourceRange(b.span(first), cast(Any, b.text(first)), amount)


@action
def probe_get(
    b: Builder, first: int, kind: s.Name, method: int, path: s.String, port: s.Name | s.Number
) -> s.Probe:
    """Make a probe over HTTP; its method is GET, for Kubernetes knows no other."""
    if b.text(method) != "GET":
        b.report(
            codes.SYNTAX_ERROR,
            f"a probe can't send `{b.text(method)}`",
            b.token_span(method),
            help="write `GET`, `tcp`, `grpc` or `exec`",
        )
        b.broken = True
    return s.Probe(b.span(first), kind, "GET", path, (), port)


@action
def probe_tcp(b: Builder, first: int, kind: s.Name, port: s.Name | s.Number) -> s.Probe:
    """Make a probe that opens a connection."""
    return s.Probe(b.span(first), kind, "tcp", None, (), port)


@action
def probe_grpc(b: Builder, first: int, kind: s.Name, port: s.Name | s.Number) -> s.Probe:
    """Make a probe of gRPC's health service."""
    return s.Probe(b.span(first), kind, "grpc", None, (), port)


@action
def probe_exec(b: Builder, first: int, kind: s.Name, command: list[s.String]) -> s.Probe:
    """Make a probe that runs a command."""
    return s.Probe(b.span(first), kind, "exec", None, tuple(command), None)


def _once(b: Builder, items: list[tuple[int, Any]]) -> dict[str, Any]:
    """Return the items of a block by their words; a second one of a kind is refused."""
    by_word: dict[str, Any] = {}
    for token, value in items:
        word = b.text(token)
        if word in by_word:
            b.report(
                name_codes.DUPLICATE_STATEMENT,
                f"`{word}` is given twice",
                b.token_span(token),
                help="keep one of the two",
            )
        by_word.setdefault(word, value)
    return by_word


@action
def grace(b: Builder, first: int, value: s.Number) -> tuple[int, s.Number]:
    """Take the time that a pod has to stop."""
    return first, value


@action
def signal(b: Builder, first: int, value: s.Word) -> tuple[int, s.Word]:
    """Take the signal that stops a pod."""
    return first, value


@action
def stop(b: Builder, first: int, items: list[tuple[int, Any]]) -> s.Stop:
    """Make the way a pod stops."""
    parts = _once(b, items)
    return s.Stop(b.span(first), parts.get("grace"), parts.get("signal"))


# --- routes and builds -----------------------------------------------------------------------


@action
def when(b: Builder, first: int, conditions: list[s.Condition], target: s.Name) -> s.When:
    """Make a route with conditions."""
    return s.When(b.span(first), tuple(conditions), target)


@action
def condition(b: Builder, first: int, value: s.String | s.Word) -> s.Condition:
    """Make a condition on a path or method."""
    return s.Condition(b.span(first), cast(Any, b.text(first)), None, value)


@action
def condition_on_key(b: Builder, first: int, key: s.String, value: s.String) -> s.Condition:
    """Make a condition on a header, cookie or query parameter."""
    return s.Condition(b.span(first), cast(Any, b.text(first)), key, value)


@action
def weight(b: Builder, target: s.Name, percent: int) -> s.Weight:
    """Make a share of the traffic."""
    share = s.Percent(b.token_span(percent), b.text(percent)[:-1])
    return s.Weight(b.span(target), target, share)


@action
def version(b: Builder, first: int, name: s.Name, items: list[s.Select | s.Image]) -> s.Version:
    """Make what a version differs in."""
    kinds: dict[str, Any] = {}
    for item in items:
        word = "select" if isinstance(item, s.Select) else "image"
        if word in kinds:
            b.report(
                name_codes.DUPLICATE_STATEMENT,
                f"`{word}` is given twice",
                item.span,
                help="keep one of the two",
            )
        kinds.setdefault(word, item)
    return s.Version(b.span(first), name, kinds.get("select"), kinds.get("image"))


@action
def build_text(b: Builder, first: int, value: s.String) -> tuple[int, s.String]:
    """Take a setting of a build that is one string."""
    return first, value


@action
def build_command(b: Builder, first: int, words: list[s.String]) -> tuple[int, Any]:
    """Take a setting of a build that is a command."""
    return first, tuple(words)


@action
def build(b: Builder, first: int, items: list[tuple[int, Any]]) -> s.Build:
    """Make the image's build."""
    parts = _once(b, items)
    words = ("base", "builder", "app", "install", "command")
    return s.Build(b.span(first), *(parts.get(word) for word in words))
