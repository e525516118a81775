"""What is asked for, and where it is led: one side's routes cut into cells of requests.

What a route asks for, and in which order routes are tried, is read as the verifier reads it
(`polc.verify.routes`). Within the mesh, what nothing routes goes to the Service that was asked for;
at a gateway it goes nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from attrs import frozen

from polc.diff.objects.route_reading import Routes, gateway_name, parent_name
from polc.diff.objects.route_words import gateway_words, virtual_words
from polc.diff.routing import Asked, Cell, Goal, Goals, goals
from polc.verify import routes_match
from polc.verify.objects import Found, Key
from polc.verify.reading import items, mapping
from polc.verify.routes_match import Unreadable, full
from polc.verify.sets import products
from polc.verify.sets.products import Region

_ASIDE = ("rewrite", "headers", "corsPolicy")
"""Fields that change requests on their way, or who may send them."""
_MIRRORS = ("mirror", "mirrors", "mirrorPercentage")
_PLAIN = frozenset({"name", "match", "route", "timeout", "retries", *_MIRRORS, *_ASIDE})
_SPEC = frozenset({"hosts", "gateways", "http", "tcp", "exportTo"})
_RULE = frozenset({"name", "matches", "backendRefs", "timeouts"})


@frozen(eq=False)
class Unread:
    """Routes of a host that use what is not understood."""

    found: Found
    why: str
    keys: tuple[Key, ...] = ()


def cells(routes: Routes, asked: Asked, port: int | None, layer: str) -> tuple[Cell, ...] | Unread:
    """Return how requests to a host on a port are led, on the layer `http` or `tcp`."""
    applying = routes.applying(asked)
    if not asked.by:
        applying = tuple(each for each in applying if _takes(each, asked, port))
    home = Cell(products.ALL, goals([(routes.goal(asked.host), 1)]), "")
    if not applying:
        return () if asked.by else (home,)
    kinds = {each.kind for each in applying}
    reader = _Reader(routes, asked, port)
    try:
        if kinds == {"Service"}:
            return reader.knative(applying[0])
        if kinds == {"HTTPRoute"}:
            if layer == "http":
                return reader.gateway_api(applying)
            return () if asked.by else (home,)
        if len(kinds) > 1 or (len(applying) > 1 and not asked.by):
            raise _Stop(Unread(applying[-1], "several objects route one host"))
        read = [reader.virtual(each, layer) for each in applying]
    except _Stop as stop:
        return stop.unread
    for number, one in enumerate(read):
        for other in read[:number]:
            if any(_meet(left, right) for left in one or () for right in other or ()):
                # Which of them is tried first is not defined (istio.io, "Split large virtual
                # services and destination rules into multiple resources").
                return Unread(applying[number], "it overlaps with another one for the same host")
    if not asked.by and read == [None]:
        return (home,)
    return tuple(cell for each in read for cell in each or ())


def _meet(one: Cell, other: Cell) -> bool:
    return bool(routes_match.real(products.both(one.region, other.region)))


def _takes(found: Found, asked: Asked, port: int | None) -> bool:
    """Tell whether an HTTPRoute of a Service is for one of its ports; others are for all."""
    if found.kind != "HTTPRoute":
        return True
    refs = (
        mapping(ref)
        for ref in items(found.spec.get("parentRefs"))
        if parent_name(mapping(ref), found) == asked.host
    )
    return any(ref.get("port") in (None, port) for ref in refs)


class _Stop(Exception):
    """Something that is not understood."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.why)
        self.unread = unread


@frozen(eq=False)
class _Reader:
    routes: Routes
    asked: Asked
    port: int | None

    def virtual(self, found: Found, layer: str) -> tuple[Cell, ...] | None:
        """Cut requests by the routes of a VirtualService; None: it has none on the layer."""
        odd = sorted({str(key) for key, value in found.spec.items() if value} - _SPEC)
        if odd:
            raise _Stop(Unread(found, f"the field `{odd[0]}`", ("spec", odd[0])))
        if found.spec.get("exportTo") not in (None, [], ["*"]):
            raise _Stop(Unread(found, "`exportTo`, which hides it", ("spec", "exportTo")))
        routes = items(found.spec.get(layer))
        if not routes:
            return None
        cells: list[Cell] = []
        taken: Region = ()
        for number, route in enumerate(map(mapping, routes)):
            keys = ("spec", layer, number)
            region = self._asked_for(found, route, layer, keys)
            left = routes_match.real(products.subtract(region, taken, full))
            if left:
                goes = self._destinations(found, route, keys)
                words = virtual_words(route.get("match")) or ("every other" if taken else "")
                cells.append(Cell(left, goes, _rest(words), found.span(*keys)))
            taken = (*taken, *region)
        return tuple(cells)

    def _asked_for(
        self, found: Found, route: Mapping[str, Any], layer: str, keys: tuple[Key, ...]
    ) -> Region:
        known = _PLAIN if layer == "http" else frozenset({"match", "route"})
        odd = sorted(set(route) - known)
        if odd:
            raise _Stop(Unread(found, f"the field `{odd[0]}` of a route", (*keys, odd[0])))
        matches = items(route.get("match"))
        if layer == "tcp" and any(set(mapping(each)) - {"port", "gateways"} for each in matches):
            raise _Stop(Unread(found, "a match of a TCP route", (*keys, "match")))
        by = self.asked.by or "mesh"
        try:
            return routes_match.virtual(
                [_absolute(mapping(each), found) for each in matches], self.port or 0, by
            )
        except Unreadable as reason:
            raise _Stop(Unread(found, str(reason), (*keys, "match"))) from None

    def _destinations(self, found: Found, route: Mapping[str, Any], keys: tuple[Key, ...]) -> Goals:
        parts = [mapping(each) for each in items(route.get("route"))]
        if not parts:
            raise _Stop(Unread(found, "a route without destinations", keys))
        led = goals(
            (
                self._to(found, each.get("destination"), f"{_aside(route)} {_aside(each)}".strip()),
                each.get("weight", 100 if len(parts) == 1 else 0),
            )
            for each in parts
        )
        return (*led, *self._copies(found, route))

    def _copies(self, found: Found, route: Mapping[str, Any]) -> Goals:
        """Return where requests go as well: mirrors, whose answers nobody waits for."""
        copies: list[tuple[Goal, Fraction]] = []
        if route.get("mirror"):
            share = _percentage(route.get("mirrorPercentage"))
            copies.append((self._to(found, route["mirror"], "as a copy"), share))
        for each in map(mapping, items(route.get("mirrors"))):
            to = self._to(found, each.get("destination"), "as a copy")
            copies.append((to, _percentage(each.get("percentage"))))
        return tuple(copies)

    def _to(self, found: Found, destination: object, aside: str) -> Goal:
        return self.routes.destination(mapping(destination), found.namespace, self.port, aside)

    def gateway_api(self, applying: Iterable[Found]) -> tuple[Cell, ...]:
        """Cut requests by the matches of HTTPRoutes, the most specific first."""
        tried: list[tuple[routes_match.Rank, Region, str, Found, int]] = []
        for found in sorted(applying, key=_age):
            for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
                keys = ("spec", "rules", number)
                odd = sorted(set(rule) - _RULE)
                if odd:
                    raise _Stop(Unread(found, f"the field `{odd[0]}` of a rule", (*keys, odd[0])))
                for match in items(rule.get("matches")) or [{}]:
                    try:
                        region = routes_match.gateway_match(mapping(match))
                        rank = routes_match.rank(mapping(match))
                    except Unreadable as reason:
                        raise _Stop(Unread(found, str(reason), keys)) from None
                    tried.append((rank, region, gateway_words(mapping(match)), found, number))
        tried.sort(key=lambda each: each[0], reverse=True)  # Stable: equals keep their order.
        cells: list[Cell] = []
        taken: Region = ()
        for _, asked, words, found, number in tried:
            keys = ("spec", "rules", number)
            left = routes_match.real(products.subtract(asked, taken, full))
            refs = [mapping(each) for each in items(found.spec["rules"][number].get("backendRefs"))]
            if any(each.get("kind", "Service") != "Service" or "filters" in each for each in refs):
                raise _Stop(Unread(found, "a backend that is no plain Service", keys))
            if left:
                space = found.namespace
                to = [(self.routes.backend(each, space), each.get("weight", 1)) for each in refs]
                words = words or ("every other" if taken else "")
                cells.append(Cell(left, goals(to), _rest(words), found.span(*keys)))
            taken = (*taken, *asked)
        return tuple(cells)

    def knative(self, found: Found) -> tuple[Cell, ...]:
        """Return the parts of a Knative Service's traffic; without any, the latest revision."""
        parts = [mapping(each) for each in items(found.spec.get("traffic"))]
        odd = {key for each in parts for key in each} - {
            "revisionName",
            "percent",
            "latestRevision",
        }
        if odd:
            raise _Stop(Unread(found, f"the field `{min(odd)}`", ("spec", "traffic")))
        to = [
            (
                Goal(
                    self.asked.host,
                    frozenset((("revision", str(each.get("revisionName", "the latest"))),)),
                ),
                each.get("percent", 0),
            )
            for each in parts
        ]
        latest = Goal(self.asked.host, frozenset((("revision", "the latest"),)))
        return (
            Cell(products.ALL, goals(to or [(latest, 100)]), "", found.span("spec", "traffic")),
        )


def _age(found: Found) -> tuple[str, str, str]:
    """Return what decides between HTTPRoutes: the oldest, then by name (Gateway API v1)."""
    created = str(found.metadata.get("creationTimestamp", ""))
    return created, found.namespace, found.name


def _aside(route: Mapping[str, Any]) -> str:
    """Return what else a route does to requests, so that two that do not do the same differ."""
    return " ".join(
        f"with {name} {json.dumps(route[name], sort_keys=True, default=str)}"
        for name in _ASIDE
        if route.get(name)
    )


def _absolute(match: Mapping[str, Any], found: Found) -> Mapping[str, Any]:
    """Return a match whose gateways have their namespaces."""
    if not match.get("gateways"):
        return match
    names = [str(each) for each in items(match["gateways"])]
    full_names = [n if n == "mesh" else gateway_name(n, found.namespace) for n in names]
    return {**match, "gateways": full_names}


def _percentage(body: object) -> Fraction:
    """Return the part of a `Percent`; without one it is all (istio/api, virtual_service.proto)."""
    value = mapping(body).get("value", 100 if body is None else 0)
    return (
        Fraction(value).limit_denominator(10**6) / 100
        if type(value) in (int, float)
        else Fraction(1)
    )


def _rest(words: str) -> str:
    return "every other request" if words == "every other" else words
