"""Where routing objects send a request, read off their documentation and nothing else.

- `virtual_service`: the first match wins; within one entry of `match` all fields hold, entries
  are alternatives (istio/api networking/v1/virtual_service.proto).
- `http_routes`: the most specific match of all routes wins, ties go to the order of the list
  (Gateway API v1, HTTPRouteRule.matches), with Istio's place for regular expressions: behind all
  other paths (istio/istio, pilot/pkg/config/kube/gateway/conversion.go, sortHTTPRoutes).

Both return the destinations with their shares, or None where the request is refused.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

Body = Mapping[str, Any]
Shares = dict[tuple[str, str], int]
"""By name and subset (or empty) of the Service."""


@frozen
class Request:
    """What a client sends; names of headers in lower case."""

    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(factory=dict, hash=False)
    query: Mapping[str, str] = field(factory=dict, hash=False)
    port: int = 80


def virtual_service(spec: Body, request: Request) -> Shares | None:
    """Return where a VirtualService sends a request to one of its hosts."""
    _only(spec, "hosts", "gateways", "http", "tcp")
    for route in spec["http"]:
        _only(route, "match", "route")
        assert route.get("match") != []
        if "match" not in route or any(_item(each, request) for each in route["match"]):
            return _destinations(route["route"])
    return None


def _item(item: Body, request: Request) -> bool:
    _only(item, "uri", "method", "headers", "queryParams", "port")
    assert item, "an empty match is a catch-all in disguise"
    if "port" in item and item["port"] != request.port:
        return False
    return (
        _holds(item.get("uri"), request.path)
        and _holds(item.get("method"), request.method)
        and all(_holds(w, request.headers.get(n)) for n, w in item.get("headers", {}).items())
        and all(_holds(w, request.query.get(n)) for n, w in item.get("queryParams", {}).items())
        and all(name == name.lower() for name in item.get("headers", {}))
    )


def _holds(wanted: Body | None, value: str | None) -> bool:
    if wanted is None:
        return True
    if value is None:
        return False
    ((kind, text),) = wanted.items()
    match kind:
        case "exact":
            return value == text
        case "prefix":
            return value.startswith(text)
        case "regex":
            return re.fullmatch(text, value) is not None
    raise AssertionError(kind)


def _destinations(route: Iterable[Body]) -> Shares:
    route = list(route)
    shares: Shares = {}
    for each in route:
        to = each["destination"]
        assert to["host"].endswith(".svc.cluster.local"), "short names are read elsewhere"
        shares[to["host"], to.get("subset", "")] = each.get("weight", 100 if len(route) == 1 else 0)
    return shares


# --- Gateway API ------------------------------------------------------------------------------


def http_routes(specs: Iterable[Body], request: Request) -> Shares | None:
    """Return where the routes of one parent send a request, taken together."""
    ranked = [
        (_rank(match), rule)
        for spec in specs
        for rule in spec["rules"]
        for match in rule.get("matches", [{}])
        if _meets(match, request)
    ]
    if not ranked:
        return None
    _, best = max(ranked, key=lambda each: each[0])  # The first of several that are equal.
    shares: Shares = {}
    for backend in best["backendRefs"]:
        shares[backend["name"], ""] = backend.get(
            "weight", 100 if len(best["backendRefs"]) == 1 else 1
        )
    return shares


def _path(match: Body) -> tuple[str, str]:
    path = match.get("path", {"type": "PathPrefix", "value": "/"})
    return path["type"], path["value"]


def _rank(match: Body) -> tuple[int, int, bool, int, int]:
    kind, value = _path(match)
    order = ("RegularExpression", "PathPrefix", "Exact").index(kind)
    headers, query = match.get("headers", ()), match.get("queryParams", ())
    return order, len(value), "method" in match, len(headers), len(query)


def _meets(match: Body, request: Request) -> bool:
    kind, value = _path(match)
    bare = value.rstrip("/")
    path = {
        "Exact": request.path == value,
        "PathPrefix": request.path == bare or request.path.startswith(f"{bare}/"),
        "RegularExpression": kind == "RegularExpression"
        and re.fullmatch(value, request.path) is not None,
    }[kind]
    return (
        path
        and match.get("method", request.method) == request.method
        and all(_pair(each, request.headers) for each in match.get("headers", ()))
        and all(_pair(each, request.query) for each in match.get("queryParams", ()))
    )


def _pair(wanted: Body, given: Mapping[str, str]) -> bool:
    value = given.get(wanted["name"])
    if value is None:
        return False
    if wanted.get("type", "Exact") == "RegularExpression":
        return re.fullmatch(wanted["value"], value) is not None
    return value == wanted["value"]


def _only(body: Body, *known: str) -> None:
    assert set(body) <= set(known), f"not understood: {sorted(set(body) - set(known))}"
