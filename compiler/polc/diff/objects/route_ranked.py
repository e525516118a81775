"""HTTPRoutes, Ingresses and Knative's `traffic` cut into cells: the narrowest match is first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.diff.objects.route_reading import Routes, Stop, Unread
from polc.diff.objects.route_words import gateway_words, rest_words
from polc.diff.routing import Asked, Cell, Goal, Goals, goals
from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes import matches as routes_match
from polc.semantics.routes.lanes import age
from polc.semantics.routes.matches import Unreadable, full
from polc.semantics.sets import products
from polc.semantics.sets.products import Region
from polc.source import Span

_RULE = frozenset({"name", "matches", "backendRefs", "timeouts"})
_TRAFFIC = frozenset({"revisionName", "percent", "latestRevision"})
_LATEST = "the latest"
_Tried = tuple[tuple[int, ...], Region, str, Goals, Span]
"""How specific a match is, what it takes, in words, where that goes, and where it is said."""


@frozen(eq=False)
class RankedReader:
    """Reads the routes of one host, on one port (or any)."""

    routes: Routes
    asked: Asked
    port: int | None

    def gateway_api(self, applying: Iterable[Found]) -> tuple[Cell, ...]:
        """Cut requests by the matches of HTTPRoutes, the most specific first."""
        tried: list[_Tried] = []
        for found in sorted(applying, key=age):
            for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
                keys = ("spec", "rules", number)
                odd = sorted(set(rule) - _RULE)
                if odd:
                    raise Stop(Unread(found, f"the field `{odd[0]}` of a rule", (*keys, odd[0])))
                for match in items(rule.get("matches")) or [{}]:
                    try:
                        region = routes_match.gateway_match(mapping(match))
                        rank = routes_match.rank(mapping(match))
                    except Unreadable as reason:
                        raise Stop(Unread(found, str(reason), keys)) from None
                    words = gateway_words(mapping(match))
                    goes = self._backends(found, rule, keys)
                    tried.append((rank, region, words, goes, found.span(*keys)))
        return _ranked(tried)

    def _backends(self, found: Found, rule: Mapping[str, Any], keys: tuple[Key, ...]) -> Goals:
        refs = [mapping(each) for each in items(rule.get("backendRefs"))]
        if any(each.get("kind", "Service") != "Service" or "filters" in each for each in refs):
            raise Stop(Unread(found, "a backend that is no plain Service", keys))
        led = [
            (self.routes.backend(each, found.namespace, self.port), each.get("weight", 1))
            for each in refs
        ]
        return goals((goal, weight) for goal, weight in led if goal is not None)

    def ingress(self, applying: Iterable[Found]) -> tuple[Cell, ...]:
        """Cut requests by the paths of Ingresses: the longest first, and exact ones before others.

        Source: kubernetes.io, "Ingress", "Path types" and "Multiple matches".
        """
        tried: list[_Tried] = []
        for found in applying:
            for keys, path in self._paths(found):
                kind = {"Prefix": "PathPrefix", "Exact": "Exact"}.get(str(path.get("pathType")))
                if kind is None:
                    raise Stop(Unread(found, f"the path type `{path.get('pathType')}`", keys))
                match = {"path": {"type": kind, "value": path.get("path") or "/"}}
                order, length, *_ = routes_match.rank(match)
                goes = self._one_backend(found, path.get("backend"), keys)
                region = routes_match.gateway_match(match)
                words = gateway_words(match)
                tried.append(((length, order), region, words, goes, found.span(*keys)))
            if found.spec.get("defaultBackend"):
                at = ("spec", "defaultBackend")
                goes = self._one_backend(found, found.spec["defaultBackend"], at)
                tried.append(((-1, 0), products.ALL, "", goes, found.span(*at)))
        return _ranked(tried)

    def _paths(self, found: Found) -> Iterator[tuple[tuple[Key, ...], Mapping[str, Any]]]:
        """Yield the paths of an Ingress for the host, and where they are said."""
        for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
            if str(rule.get("host") or "*") == self.asked.host:
                for index, path in enumerate(items(mapping(rule.get("http")).get("paths"))):
                    keys = ("spec", "rules", number, "http", "paths", index)
                    yield keys, mapping(path)

    def _one_backend(self, found: Found, backend: object, keys: tuple[Key, ...]) -> Goals:
        service = mapping(mapping(backend).get("service"))
        if not service:
            raise Stop(Unread(found, "a backend that is no Service", keys))
        port = mapping(service.get("port"))
        body = {"name": service.get("name"), "port": port.get("number") or port.get("name")}
        goal = self.routes.backend(body, found.namespace, None)
        return goals([(goal, 1)] if goal is not None else [])

    def knative(self, found: Found) -> tuple[Cell, ...]:
        """Return the parts of a Knative Service's traffic; without any, the latest revision."""
        parts = [mapping(each) for each in items(found.spec.get("traffic"))]
        odd = {key for each in parts for key in each} - _TRAFFIC
        if odd:
            raise Stop(Unread(found, f"the field `{min(odd)}`", ("spec", "traffic")))
        to = [(str(each.get("revisionName", _LATEST)), each.get("percent", 0)) for each in parts]
        led = goals(
            (Goal(self.asked.host, frozenset((("revision", name),))), percent)
            for name, percent in to or [(_LATEST, 100)]
        )
        return (Cell(products.ALL, led, "", found.span("spec", "traffic")),)


def _ranked(tried: list[_Tried]) -> tuple[Cell, ...]:
    """Cut requests by matches, the most specific first; equals keep their order."""
    cells: list[Cell] = []
    taken: Region = ()
    for _, asked, words, goes, span in sorted(tried, key=lambda each: each[0], reverse=True):
        left = routes_match.real(products.subtract(asked, taken, full))
        if left:
            words = words or ("every other" if taken else "")
            cells.append(Cell(left, goes, rest_words(words), span))
        taken = (*taken, *asked)
    return tuple(cells)
