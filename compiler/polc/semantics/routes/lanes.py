"""Which requests for a host name the routes at a gateway send where, in the order of trying.

- VirtualService: the first match wins, and what stands behind a catch-all is never sent to the
  proxy (istio/istio, pilot/pkg/networking/core/route/route.go, BuildHTTPRoutesForVirtualService).
- HTTPRoute: of all routes for one host name at a listener the most specific match wins
  (Gateway API v1, HTTPRouteRule.matches; istio/istio, pilot/pkg/config/kube/gateway/
  route_collections.go, mergeHTTPRoutes). Without backends a rule answers 500.
- ReferenceGrant: without one a backend in another namespace is answered with 500 as well
  (Gateway API v1, HTTPBackendRef).

A redirect or an answer of the gateway's own leads nowhere. A mirror leads to a second place.
Fields that change what a service gets to see (`rewrite`), and whatever is not known, leave a gap.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes import matches as routes_match
from polc.semantics.routes.matches import Unreadable, full
from polc.semantics.routes.targets import (
    Astray,
    Cell,
    Shares,
    Targets,
    gateway_name,
    host_name,
    shares,
)
from polc.semantics.sets import products
from polc.semantics.sets.products import Region

_VIRTUAL = {"name", "match", "route", "timeout", "retries", "headers", "corsPolicy"}
_NOWHERE = {"redirect", "directResponse"}
_MIRRORS = {"mirror", "mirrors", "mirrorPercent", "mirrorPercentage", "mirror_percent"}
_RULE = {"name", "matches", "backendRefs", "timeouts", "retry", "sessionPersistence", "filters"}
_FILTERS = {"RequestHeaderModifier", "ResponseHeaderModifier", "CORS"}
_FILTERS |= {"RequestMirror", "RequestRedirect"}


@frozen(eq=False)
class Gap:
    """From here on it is not known where requests go: because of `why`.

    `astray` tells that they get nowhere: there is no such destination.
    """

    found: Found
    keys: tuple[Key, ...]
    why: str
    astray: bool = False


@frozen(eq=False)
class Lane:
    """Routes that are tried in order; `last` are those for everything else, put behind others."""

    found: tuple[Found, ...]
    cells: tuple[Cell, ...] = ()
    last: tuple[Cell, ...] = ()
    gap: Gap | None = None


def tried(lanes: Sequence[Lane]) -> Iterator[Cell]:
    """Yield where requests may go that several objects route, one host name at one gateway.

    Between objects no order is promised, but what takes everything is tried last (istio/istio,
    pilot/pkg/networking/core/gateway.go, buildGatewayHTTPRouteConfig, SortVHostRoutes).
    """
    for lane in lanes:
        yield from lane.cells
    for lane in lanes:
        taken = [cell for each in lanes if each is not lane for cell in each.cells]
        for cell in lane.last:
            cut = tuple(box for each in taken if not each.copy for box in each.region)
            left = routes_match.real(products.subtract(cell.region, cut, full))
            if left:
                yield Cell(left, cell.goes, cell.found, cell.keys, cell.copy)


# --- VirtualService ---------------------------------------------------------------------------


def virtual_lane(found: Found, gateway: str, targets: Targets) -> Lane:
    """Return what a VirtualService does with the requests that come in by a gateway."""
    cells: list[Cell] = []
    taken: Region = ()
    for number, route in enumerate(map(mapping, items(found.spec.get("http")))):
        keys: tuple[Key, ...] = ("spec", "http", number)
        try:
            asked = _virtual_match(route, found.namespace, gateway)
            goes, copies = _virtual_goes(route, found.namespace, targets)
        except Unreadable as reason:
            return Lane((found,), tuple(cells), (), Gap(found, keys, str(reason)))
        except Astray as reason:
            return Lane((found,), tuple(cells), (), Gap(found, keys, str(reason), astray=True))
        region = routes_match.real(products.subtract(asked, taken, full))
        taken = (*taken, *asked)
        if not region:
            continue
        here = [Cell(region, goes, found, keys)]
        here += (Cell(region, each, found, keys, copy=True) for each in copies)
        if _catches_all(route):
            return Lane((found,), tuple(cells), tuple(here))
        cells += here
    return Lane((found,), tuple(cells))


def _virtual_match(route: Mapping[str, Any], namespace: str, gateway: str) -> Region:
    unknown = sorted(set(route) - _VIRTUAL - _NOWHERE - _MIRRORS)
    if unknown:
        raise Unreadable(f"the field `{unknown[0]}` of a route")
    matches = []
    for item in map(mapping, items(route.get("match"))):
        if item.get("port") is not None:
            raise Unreadable("the port of a match, which is one of the gateway")
        named = [gateway_name(str(each), namespace) for each in items(item.get("gateways"))]
        matches.append({**item, "gateways": named} if named else item)
    return routes_match.virtual(matches, 0, gateway)


def _catches_all(route: Mapping[str, Any]) -> bool:
    """Tell whether istiod takes a route for one that leaves nothing (route.go, IsCatchAllRoute)."""
    matches = items(route.get("match"))
    for item in map(mapping, matches):
        asked = {key: each for key, each in item.items() if key not in ("name", "statPrefix")}
        if set(asked) <= {"uri", "gateways"} and asked.get("uri") in (
            *(None, {}, {"prefix": "/"}, {"regex": ".*"}),
        ):
            return True
    return not matches


def _virtual_goes(
    route: Mapping[str, Any], namespace: str, targets: Targets
) -> tuple[Shares, list[Shares]]:
    """Return where a route sends requests, and where copies of them."""
    parts = [mapping(each) for each in items(route.get("route"))]
    goes = shares(
        (
            _destination(mapping(each.get("destination")), namespace, targets),
            each.get("weight", 100 if len(parts) == 1 else 0),
        )
        for each in parts
    )
    mirrors = [mapping(route.get("mirror"))] if route.get("mirror") else []
    mirrors += (mapping(mapping(each).get("destination")) for each in items(route.get("mirrors")))
    copies = [shares([(_destination(each, namespace, targets), 1)]) for each in mirrors]
    return goes, copies


def _destination(body: Mapping[str, Any], namespace: str, targets: Targets) -> str:
    return _with_port(targets.destination(body, namespace, None), body, targets)


def _with_port(name: str, body: Mapping[str, Any], targets: Targets) -> str:
    number = mapping(body.get("port")).get("number")
    if number is None:
        # A Service with one port needs no number (virtual_service.proto, Destination.port).
        workload = targets.workloads.get(name.partition("@")[0])
        ports = {service for _, service, _ in workload.ports} if workload is not None else set()
        number = ports.pop() if len(ports) == 1 else "any port"
    return f"{name}:{number}"


def destinations(found: Found, targets: Targets) -> Iterator[tuple[str, tuple[Key, ...]]]:
    """Yield all that a route of any kind names, whether or not it is ever tried."""
    if found.kind != "VirtualService":
        for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
            for ref in (*_refs(rule), *_mirrored(rule)):
                yield backend_name(ref, found.namespace), ("spec", "rules", number)
        return
    for field in ("http", "tls", "tcp"):
        for number, route in enumerate(map(mapping, items(found.spec.get(field)))):
            bodies = [
                mapping(mapping(each).get("destination"))
                for each in (*items(route.get("route")), *items(route.get("mirrors")))
            ]
            for body in filter(None, (*bodies, mapping(route.get("mirror")))):
                name = host_name(str(body.get("host", "")), found.namespace)
                yield _with_port(name, body, targets), ("spec", field, number)


# --- HTTPRoute --------------------------------------------------------------------------------


@frozen(eq=False)
class Ranked:
    """One match of a rule; the highest rank is tried first."""

    rank: routes_match.Rank
    match: Mapping[str, Any]
    rule: Mapping[str, Any]
    found: Found
    number: int


def route_lane(routes: Iterable[Found], grants: Sequence[Found]) -> Lane:
    """Return what the HTTPRoutes of one host name do together."""
    found = sorted(routes, key=age)
    try:
        matches = sorted(ranked(found), key=lambda each: each.rank, reverse=True)
    except Unreadable as reason:
        return Lane(tuple(found), gap=Gap(found[0], ("spec", "rules"), str(reason)))
    cells: list[Cell] = []
    taken: Region = ()
    for each in matches:  # Equals keep their order.
        keys: tuple[Key, ...] = ("spec", "rules", each.number)
        try:
            asked = routes_match.gateway_match(each.match)
            goes, copies = _rule_goes(each.rule, each.found, grants)
        except Unreadable as reason:
            return Lane(tuple(found), tuple(cells), (), Gap(each.found, keys, str(reason)))
        except Astray as reason:
            gap = Gap(each.found, keys, str(reason), astray=True)
            return Lane(tuple(found), tuple(cells), (), gap)
        region = routes_match.real(products.subtract(asked, taken, full))
        taken = (*taken, *asked)
        if not region:
            continue
        here = [Cell(region, goes, each.found, keys)]
        here += (Cell(region, one, each.found, keys, copy=True) for one in copies)
        if each.rank == routes_match.rank({}) and set(each.match) <= {"path"}:
            return Lane(tuple(found), tuple(cells), tuple(here))
        cells += here
    return Lane(tuple(found), tuple(cells))


def age(found: Found) -> tuple[str, str, str]:
    """Return what decides between HTTPRoutes: the oldest, then by name (Gateway API v1)."""
    return str(found.metadata.get("creationTimestamp", "")), found.namespace, found.name


def ranked(found: Iterable[Found]) -> Iterator[Ranked]:
    """Yield the matches of some HTTPRoutes in their order, with their ranks."""
    for each in found:
        for number, rule in enumerate(map(mapping, items(each.spec.get("rules")) or ({},))):
            for match in map(mapping, items(rule.get("matches")) or ({},)):
                yield Ranked(routes_match.rank(match), match, rule, each, number)


def _rule_goes(
    rule: Mapping[str, Any], found: Found, grants: Sequence[Found]
) -> tuple[Shares, list[Shares]]:
    unknown = sorted(set(rule) - _RULE)
    if unknown:
        raise Unreadable(f"the field `{unknown[0]}` of a rule")
    kinds = {str(mapping(each).get("type")) for each in items(rule.get("filters"))}
    if odd := sorted(kinds - _FILTERS):
        raise Unreadable(f"a filter of type `{odd[0]}`")
    copies = [shares([(_backend(each, found, grants), 1)]) for each in _mirrored(rule)]
    goes = shares((_backend(each, found, grants), each.get("weight", 1)) for each in _refs(rule))
    return () if "RequestRedirect" in kinds else goes, copies


def _refs(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapping(each) for each in items(rule.get("backendRefs"))]


def _mirrored(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    mirrors = (mapping(mapping(each).get("requestMirror")) for each in items(rule.get("filters")))
    return [mapping(each.get("backendRef")) for each in mirrors if each]


def backend_name(ref: Mapping[str, Any], namespace: str) -> str:
    """Return what a backend names: `namespace/service:port`."""
    return f"{ref.get('namespace') or namespace}/{ref.get('name', '')}:{ref.get('port')}"


def _backend(ref: Mapping[str, Any], found: Found, grants: Sequence[Found]) -> str:
    if ref.get("kind", "Service") != "Service" or ref.get("group"):
        raise Unreadable(f"a backend of kind `{ref.get('kind')}`")
    name = backend_name(ref, found.namespace)
    where = str(ref.get("namespace") or found.namespace)
    if where != found.namespace and not any(
        each.namespace == where and _permits(each, str(ref.get("name")), found) for each in grants
    ):
        raise Astray(f"goes to `{name}`, which no ReferenceGrant in `{where}` permits")
    return name


def _permits(grant: Found, service: str, found: Found) -> bool:
    """Tell whether a ReferenceGrant lets a route have a Service of its namespace as a backend."""
    comes = any(
        (each.get("kind"), each.get("namespace")) == (found.kind, found.namespace)
        for each in map(mapping, items(grant.spec.get("from")))
    )
    return comes and any(
        each.get("kind") == "Service" and each.get("name") in (None, "", service)
        for each in map(mapping, items(grant.spec.get("to")))
    )
