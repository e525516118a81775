"""Routes with sidecars: VirtualServices, for the mesh and for the host names of gateways.

- The first match wins, and istiod sends nothing to Envoy that stands behind a catch-all
  (istio/istio, pilot/pkg/networking/core/route/route.go): rules come first, in the program's
  order, then the weights.
- One VirtualService applies to the mesh (the default of `gateways`), others to gateways: one
  list of gateways would drop the mesh.
- Entries of a `match` are alternatives, the fields of one are all required. `/v1` and what is
  below it takes two entries, since `prefix` does not stop at a `/`.
- A Service with several ports needs the port in each destination (istioctl analyze, IST0112),
  and so a match of its own.
- Connections that are not HTTP have weights only (`tcp`).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from polc.codes.routes import ROUTE_NOT_EXPRESSIBLE
from polc.diagnostics import Diagnostic
from polc.ir.nodes import (
    HTTP_PROTOCOLS,
    Path,
    Port,
    Rollout,
    RouteRule,
    Transport,
    Workload,
)
from polc_backends.istio.authorization import Emitted
from polc_backends.istio.conditions import (
    Match,
    Unroutable,
    cookie_regex,
    match_of,
    narrowed,
    path_regex,
)
from polc_backends.istio.gateways import Entry, Share
from polc_backends.istio.objects import NETWORKING, fqdn, workload_object
from polc_backends.istio.versions import emit_destination_rule

KIND = "VirtualService"
ANYTHING = Path((), rest=True)

Routes = list[tuple[RouteRule, Match]]


def emit_rollout(workload: Workload, rollout: Rollout) -> Emitted:
    """Return subsets and routes for what the mesh sends to a workload's Service."""
    matches, found = rule_matches(workload, rollout)
    ports = [port for port in workload.ports if port.transport is Transport.TCP]
    several = len(workload.ports) > 1
    http: list[dict[str, Any]] = []
    tcp: list[dict[str, Any]] = []
    for port in ports:
        where = {"port": port.service} if several else {}
        if port.protocol in HTTP_PROTOCOLS:
            http += _http_routes(workload, port, rollout, matches, (Match(),), where)
        else:
            to = {"match": [{"port": port.service}]} if several else {}
            tcp.append({**to, "route": _weights(workload, port, rollout)})
    if not ports:
        return (), found
    if not http and rollout.rules:
        found = (*found, _no_http(workload, rollout))
    spec = {
        "hosts": [fqdn(workload)],
        **({"http": http} if http else {}),
        **({"tcp": tcp} if tcp else {}),
    }
    return (
        emit_destination_rule(workload, rollout),
        workload_object(workload, NETWORKING, KIND, workload.name, spec, (rollout.span,)),
    ), found


def emit_entry(entry: Entry) -> Emitted:
    """Return the routes for host names of a gateway, in the file of the first workload."""
    http: list[dict[str, Any]] = []
    found: list[Diagnostic] = []
    for workload, port, bases in _bases(entry):
        if workload.rollout is None:
            http.append(
                {**_match(bases, {}), "route": [{"destination": _destination(workload, port)}]}
            )
            continue
        matches, problems = rule_matches(workload, workload.rollout)
        found += problems
        http += _http_routes(workload, port, workload.rollout, matches, bases, {})
    spec = {"hosts": list(entry.hosts), "gateways": [entry.uses], "http": http}
    first = min((share.workload for share in entry.shares), key=lambda each: each.key)
    spans = tuple(share.span for share in entry.shares)
    name = f"{first.name}.{entry.name}"
    return (workload_object(first, NETWORKING, KIND, name, spec, spans),), tuple(found)


def _bases(entry: Entry) -> Iterator[tuple[Workload, Port, tuple[Match, ...]]]:
    """Yield what of the hosts goes where, in order; runs of one destination stay together."""
    if entry.alone:
        yield entry.shares[0].workload, entry.shares[0].port, (Match(),)
        return
    run: list[Share] = []
    for share in entry.shares:
        if run and (run[0].workload.key, run[0].port) != (share.workload.key, share.port):
            yield run[0].workload, run[0].port, tuple(_of_shares(run))
            run = []
        run.append(share)
    yield run[0].workload, run[0].port, tuple(_of_shares(run))


def _of_shares(shares: Iterable[Share]) -> Iterator[Match]:
    for share in shares:
        path = None if share.path == ANYTHING else share.path
        if share.methods:
            yield from (Match(path, method) for method in share.methods)
        else:
            yield Match(path)


def rule_matches(workload: Workload, rollout: Rollout) -> tuple[Routes, tuple[Diagnostic, ...]]:
    """Return what each rule of a rollout asks of a request, and the rules that no API can ask."""
    matches: Routes = []
    found: list[Diagnostic] = []
    for each in rollout.rules:
        try:
            matches.append((each, match_of(each)))
        except Unroutable as reason:
            found.append(
                Diagnostic(
                    ROUTE_NOT_EXPRESSIBLE,
                    f"the mesh can't route `{workload.name}` like that: {reason}",
                    each.span,
                    help="write a rule with fewer conditions",
                )
            )
    return matches, tuple(found)


def _http_routes(
    workload: Workload,
    port: Port,
    rollout: Rollout,
    rules: Routes,
    bases: tuple[Match, ...],
    where: dict[str, int],
) -> list[dict[str, Any]]:
    """Return the rules of a rollout, then its weights, for requests that meet one of `bases`."""
    routes: list[dict[str, Any]] = []
    for rule, asked in rules:
        both = (narrowed(asked, base.path, base.method) for base in bases)
        met = tuple(each for each in both if each is not None)
        if met:  # INVARIANT: no match at all would be a catch-all.
            to = {"destination": _destination(workload, port, rule.version)}
            routes.append({**_match(met, where), "route": [to]})
    routes.append({**_match(bases, where), "route": _weights(workload, port, rollout)})
    return routes


def _destination(workload: Workload, port: Port, version: str | None = None) -> dict[str, Any]:
    return {
        "host": fqdn(workload),
        **({"subset": version} if version is not None else {}),
        "port": {"number": port.service},
    }


def _weights(workload: Workload, port: Port, rollout: Rollout) -> list[dict[str, Any]]:
    return [
        {"destination": _destination(workload, port, version), "weight": weight}
        for version, weight in rollout.weights
    ]


def _match(matches: Iterable[Match], where: dict[str, int]) -> dict[str, Any]:
    """Return the `match` of a route, or nothing where everything matches."""
    items = [{**item, **where} for match in matches for item in _items(match)]
    return {} if any(not item for item in items) else {"match": items}


def _items(match: Match) -> Iterator[dict[str, Any]]:
    rest: dict[str, Any] = {}
    if match.method is not None:
        rest["method"] = {"exact": match.method}
    headers: dict[str, Any] = {name: {"exact": value} for name, value in match.headers}
    if match.cookie is not None:
        headers["cookie"] = {"regex": cookie_regex(match.cookie)}
    if headers:
        rest["headers"] = dict(sorted(headers.items()))
    if match.query:
        rest["queryParams"] = {name: {"exact": value} for name, value in match.query}
    if match.path is None:
        yield rest
        return
    for uri in _uris(match.path):
        yield {"uri": uri, **rest}


def _uris(path: Path) -> Iterator[dict[str, str]]:
    if "*" in path.segments:
        yield {"regex": path_regex(path)}
        return
    text = "".join(f"/{segment}" for segment in path.segments)
    if text:
        yield {"exact": text}
    if path.rest:
        yield {"prefix": f"{text}/"}


def _no_http(workload: Workload, rollout: Rollout) -> Diagnostic:
    return Diagnostic(
        ROUTE_NOT_EXPRESSIBLE,
        f"`{workload.name}` has no port with requests that `when` could look at",
        rollout.rules[0].span,
        help="route by weights alone, or declare a port with `http`, `http2` or `grpc`",
    )
