"""Routes in ambient mode: HTTPRoutes, at the waypoint for the mesh and at Gateways for the outside.

- A route for the mesh names the Service as its parent, and each version's Service as a backend
  (Gateway API, GAMMA). Once a Service has a route, requests that no rule matches are refused, so
  the weights are a rule without matches.
- The most specific rule wins, wherever it stands; the list decides between equals only. istiod
  sorts by the kind of path (exact, prefix, regular expression), its length, method, number of
  headers, number of query parameters (istio/istio, pilot/pkg/config/kube/gateway/conversion.go,
  sortHTTPRoutes). A program's rules are tried in order. Where the two could send one request to
  different versions the rollout is an error (POL508), since no HTTPRoute says what was meant.
- `PathPrefix` works on whole segments: `/v1` is exactly `/v1/**`. Regular expressions are left
  to the implementation; Istio has them for paths and headers.
- At a Gateway the workload's own Service is the backend: the request goes on to the waypoint,
  which routes it (`istio.io/ingress-use-waypoint`).
"""

from collections.abc import Iterator
from typing import Any

from polc.backend import KubernetesObject
from polc.codes.names import NAME_TOO_LONG
from polc.codes.routes import ROUTE_NOT_EXPRESSIBLE
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import HTTP_PROTOCOLS, Path, Port, Program, Rollout, Transport, Workload
from polc.ir.paths import intersect
from polc.source import Span
from polc_backends.istio.authorization import Emitted
from polc_backends.istio.conditions import Match, cookie_regex, overlap, path_regex
from polc_backends.istio.gateways import Entry, Share
from polc_backends.istio.objects import GATEWAY_API, workload_object
from polc_backends.istio.routes_virtualservice import ANYTHING, Routes, rule_matches
from polc_backends.istio.versions import emit_version_services, version_service

KIND = "HTTPRoute"
MAX_RULES = 16
"""How many rules a route takes (Gateway API v1, HTTPRouteSpec.rules)."""
MAX_MATCHES = 64
"""How many matches a rule takes (HTTPRouteRule.matches)."""
MAX_BACKENDS = 16
"""Among how many backends a rule splits (HTTPRouteRule.backendRefs)."""

_CATCH_ALL = (2, 1, False, 0, 0)
"""The rank of a rule without matches, which the API server fills with the prefix `/`."""


def emit_rollout(program: Program, workload: Workload, rollout: Rollout) -> Emitted:
    """Return the versions' Services, and one route for each port that speaks HTTP."""
    matches, unroutable = rule_matches(workload, rollout)
    found = [*unroutable, *_unsplit_ports(program, workload, rollout)]
    found += _disordered(workload, matches, rollout)
    ports = tuple(port for port in workload.ports if port.protocol in HTTP_PROTOCOLS)
    if len(rollout.rules) >= MAX_RULES:
        message = f"an HTTPRoute has at most {MAX_RULES} rules, its weights among them"
        found.append(_refused(workload, message, rollout.rules[MAX_RULES - 1].span))
    if len(rollout.weights) > MAX_BACKENDS:
        message = f"a rule of an HTTPRoute has at most {MAX_BACKENDS} backends"
        found.append(_refused(workload, message, rollout.span))
    if not ports:
        return (), tuple(found)
    services, problems = emit_version_services(program, workload, rollout, ports)
    routes = tuple(
        _mesh_route(workload, rollout, port, matches, several=len(ports) > 1) for port in ports
    )
    return (*services, *routes), (*found, *problems)


def _mesh_route(
    workload: Workload, rollout: Rollout, port: Port, matches: Routes, *, several: bool
) -> KubernetesObject:
    rules: list[dict[str, Any]] = [
        {
            "matches": [_match(asked)],
            "backendRefs": [_backend(version_service(workload, rule.version), port)],
        }
        for rule, asked in matches
    ]
    rules.append(
        {
            "backendRefs": [
                {**_backend(version_service(workload, version), port), "weight": weight}
                for version, weight in rollout.weights
            ]
        }
    )
    parent = {"group": "", "kind": "Service", "name": workload.name, "port": port.service}
    name = f"{workload.name}.{port.name}" if several else workload.name
    spec = {"parentRefs": [parent], "rules": rules}
    return workload_object(workload, GATEWAY_API, KIND, name, spec, (rollout.span,))


def emit_entry(entry: Entry) -> Emitted:
    """Return one route for each workload that serves these hosts, in its own namespace.

    Gateways need no order between routes: the most specific path of all of them wins.
    """
    found: list[Diagnostic] = list(_weak_patterns(entry))
    objects: list[KubernetesObject] = []
    by_workload: dict[str, list[Share]] = {}
    for share in entry.shares:
        by_workload.setdefault(share.workload.key, []).append(share)
    for _, shares in sorted(by_workload.items()):
        emitted, problems = _outside_route(entry, shares)
        objects.append(emitted)
        found += problems
    return tuple(objects), tuple(found)


def _outside_route(
    entry: Entry, shares: list[Share]
) -> tuple[KubernetesObject, tuple[Diagnostic, ...]]:
    workload = shares[0].workload
    by_port: dict[Port, list[dict[str, Any]]] = {}
    for share in shares:
        by_port.setdefault(share.port, []).extend(_share_matches(share))
    rules: list[dict[str, Any]] = []
    found: list[Diagnostic] = []
    for port, matches in by_port.items():
        narrow = {} if entry.alone else {"matches": matches}
        rules.append({**narrow, "backendRefs": [_backend(workload.name, port)]})
        if not entry.alone and len(matches) > MAX_MATCHES:
            message = f"a rule of an HTTPRoute has at most {MAX_MATCHES} matches"
            found.append(_refused(workload, message, shares[0].span))
    namespace, _, name = entry.uses.rpartition("/")
    parent = {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        **({"namespace": namespace} if namespace else {}),
        "name": name,
    }
    spec = {"parentRefs": [parent], "hostnames": list(entry.hosts), "rules": rules}
    spans = tuple(share.span for share in shares)
    full = f"{workload.name}.{entry.name}"
    if len(full) > 253:
        found.append(
            Diagnostic(
                NAME_TOO_LONG,
                f"the route for `{entry.hosts[0]}` would be called `{full}`",
                shares[0].span,
                help="a name has at most 253 characters: shorten one of its parts",
            )
        )
    return workload_object(workload, GATEWAY_API, KIND, full, spec, spans), tuple(found)


def _share_matches(share: Share) -> Iterator[dict[str, Any]]:
    path = None if share.path == ANYTHING else share.path
    if not share.methods:
        yield _match(Match(path))
    for method in share.methods:
        yield _match(Match(path, method))


def _backend(service: str, port: Port) -> dict[str, Any]:
    return {"name": service, "port": port.service}


def _match(match: Match) -> dict[str, Any]:
    kind, value = _path(match.path)
    headers: list[dict[str, Any]] = [
        {"name": name, "value": value} for name, value in match.headers
    ]
    if match.cookie is not None:
        cookie = {"type": "RegularExpression", "value": cookie_regex(match.cookie)}
        headers.append({"name": "cookie", **cookie})
    query = [{"name": name, "value": value} for name, value in match.query]
    return {
        # An empty match would be complete as well, but read as if it matched nothing.
        **({"path": {"type": kind, "value": value}} if match.path or match == Match() else {}),
        **({"method": match.method} if match.method is not None else {}),
        **({"headers": headers} if headers else {}),
        **({"queryParams": query} if query else {}),
    }


def _path(path: Path | None) -> tuple[str, str]:
    if path is None:
        return "PathPrefix", "/"
    if "*" in path.segments:
        return "RegularExpression", path_regex(path)
    text = "".join(f"/{segment}" for segment in path.segments)
    return ("PathPrefix", text or "/") if path.rest else ("Exact", text)


def _rank(match: Match) -> tuple[int, int, bool, int, int]:
    """Return how specific istiod holds a match to be; the higher goes first."""
    kind, value = _path(match.path)
    order = {"Exact": 3, "PathPrefix": 2, "RegularExpression": 1}[kind]
    return order, len(value), match.method is not None, match.header_count, len(match.query)


def _disordered(workload: Workload, rules: Routes, rollout: Rollout) -> Iterator[Diagnostic]:
    """Report each rule that would be tried before an earlier one, or after the weights."""
    for index, (rule, asked) in enumerate(rules[: MAX_RULES - 1]):
        for earlier, other in rules[:index]:
            if (
                earlier.version != rule.version
                and _rank(asked) > _rank(other)
                and overlap(asked, other)
            ):
                yield Diagnostic(
                    ROUTE_NOT_EXPRESSIBLE,
                    f"in ambient mode this rule of `{workload.name}` would be tried before an"
                    " earlier one",
                    rule.span,
                    (Label(earlier.span, "a request can meet this one too"),),
                    "the more specific rule goes first there: a path before headers and"
                    " parameters; put this rule first, or make the other as specific",
                )
                break
        if _rank(asked) < _CATCH_ALL and {name for name, _ in rollout.weights} != {rule.version}:
            yield Diagnostic(
                ROUTE_NOT_EXPRESSIBLE,
                f"in ambient mode `{asked.path}` would be tried after the weights of"
                f" `{workload.name}`",
                rule.span,
                help="Istio tries a path with `*` last: write it out, or end it with `**`",
            )


def _unsplit_ports(program: Program, workload: Workload, rollout: Rollout) -> Iterator[Diagnostic]:
    """Report ports in use whose connections nothing would split: TCPRoute is no standard yet."""
    used = dict.fromkeys(flow.port for flow in program.inbound.get(workload.key, ()))
    for port in used:
        if port.transport is Transport.TCP and port.protocol not in HTTP_PROTOCOLS:
            yield _refused(
                workload,
                f"in ambient mode connections to port `{port.name}` can't be split by version",
                rollout.span,
            )


def _weak_patterns(entry: Entry) -> Iterator[Diagnostic]:
    """Report a path with `*` that the pattern of another workload would take over."""
    if entry.alone:
        return
    for share in entry.shares:
        if "*" not in share.path.segments:
            continue
        for other in entry.shares:
            if other.workload.key == share.workload.key:
                continue
            if intersect(share.path, other.path) is not None:
                yield Diagnostic(
                    ROUTE_NOT_EXPRESSIBLE,
                    f"in ambient mode `{other.workload.name}` would get the requests for"
                    f" `{share.path}`",
                    share.span,
                    (Label(other.span, f"`{other.path}` is tried first"),),
                    "Istio tries a path with `*` last: write it out, or end it with `**`",
                )
                break


def _refused(workload: Workload, message: str, span: Span) -> Diagnostic:
    return Diagnostic(
        ROUTE_NOT_EXPRESSIBLE,
        f"{message}: `{workload.name}`",
        span,
        help="simplify the rollout, or run the mesh with sidecars",
    )
