"""VirtualServices cut into cells of requests: their routes are tried in order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from attrs import frozen

from polc.diff.objects.route_reading import Routes, Stop, Unread
from polc.diff.objects.route_words import rest_words, virtual_words
from polc.diff.routing import Asked, Cell, Goal, Goals, goals
from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes import matches as routes_match
from polc.semantics.routes.matches import Unreadable, full
from polc.semantics.routes.targets import gateway_name
from polc.semantics.sets import products
from polc.semantics.sets.products import Region

_ASIDE = ("rewrite", "headers", "corsPolicy")
"""Fields that change requests on their way, or who may send them."""
_MIRRORS = ("mirror", "mirrors", "mirrorPercentage")
_PLAIN = frozenset({"name", "match", "route", "timeout", "retries", *_MIRRORS, *_ASIDE})
_SPEC = frozenset({"hosts", "gateways", "http", "tcp", "exportTo"})


@frozen(eq=False)
class VirtualReader:
    """Reads the VirtualServices of one host, on one port (or any)."""

    routes: Routes
    asked: Asked
    port: int | None

    def cells(self, found: Found, layer: str) -> tuple[Cell, ...] | None:
        """Cut requests by the routes of a VirtualService; None: it has none on the layer."""
        odd = sorted({str(key) for key, value in found.spec.items() if value} - _SPEC)
        if odd:
            raise Stop(Unread(found, f"the field `{odd[0]}`", ("spec", odd[0])))
        if found.spec.get("exportTo") not in (None, [], ["*"]):
            raise Stop(Unread(found, "`exportTo`, which hides it", ("spec", "exportTo")))
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
                cells.append(Cell(left, goes, rest_words(words), found.span(*keys)))
            taken = (*taken, *region)
        return tuple(cells)

    def _asked_for(
        self, found: Found, route: Mapping[str, Any], layer: str, keys: tuple[Key, ...]
    ) -> Region:
        known = _PLAIN if layer == "http" else frozenset({"match", "route"})
        odd = sorted(set(route) - known)
        if odd:
            raise Stop(Unread(found, f"the field `{odd[0]}` of a route", (*keys, odd[0])))
        matches = items(route.get("match"))
        if layer == "tcp" and any(set(mapping(each)) - {"port", "gateways"} for each in matches):
            raise Stop(Unread(found, "a match of a TCP route", (*keys, "match")))
        by = self.asked.by or "mesh"
        try:
            return routes_match.virtual(
                [_absolute(mapping(each), found) for each in matches], self.port or 0, by
            )
        except Unreadable as reason:
            raise Stop(Unread(found, str(reason), (*keys, "match"))) from None

    def _destinations(self, found: Found, route: Mapping[str, Any], keys: tuple[Key, ...]) -> Goals:
        parts = [mapping(each) for each in items(route.get("route"))]
        if not parts:
            raise Stop(Unread(found, "a route without destinations", keys))
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


def _aside(route: Mapping[str, Any]) -> str:
    """Return what else a route does to requests, so that two that do not do the same differ."""
    return " ".join(
        f"with {name} {json.dumps(route[name], sort_keys=True, default=str)}"
        for name in _ASIDE
        if route.get(name)
    )


def _percentage(body: object) -> Fraction:
    """Return the part of a `Percent`; without one it is all (istio/api, virtual_service.proto)."""
    value = mapping(body).get("value", 100 if body is None else 0)
    return (
        Fraction(value).limit_denominator(10**6) / 100
        if type(value) in (int, float)
        else Fraction(1)
    )


def _absolute(match: Mapping[str, Any], found: Found) -> Mapping[str, Any]:
    """Return a match whose gateways have their namespaces."""
    if not match.get("gateways"):
        return match
    names = [str(each) for each in items(match["gateways"])]
    full_names = [n if n == "mesh" else gateway_name(n, found.namespace) for n in names]
    return {**match, "gateways": full_names}
