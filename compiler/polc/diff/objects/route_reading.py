"""Which objects route what, and where their destinations lead: one side's routes.

A host of a gateway without a route of its own has that of the narrowest wildcard (istio/api,
networking/v1/virtual_service.proto, `hosts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from attrs import frozen

from polc.diff.objects.side import Side
from polc.diff.routing import Asked, Goal, Labels
from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes.targets import DOMAIN, NETWORKING, gateway_name

GATEWAY_API = "gateway.networking.k8s.io"
KNATIVE = "serving.knative.dev"
INGRESS = "networking.k8s.io"
_MANAGED = "app.kubernetes.io/managed-by"


@frozen(eq=False)
class Unread:
    """Routes of a host that use what is not understood."""

    found: Found
    why: str
    keys: tuple[Key, ...] = ()


class Stop(Exception):
    """Something that is not understood."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.why)
        self.unread = unread


@frozen(eq=False, slots=False)
class Routes:
    """The routes of one side; where it has no Services, the other side's say what they select."""

    side: Side
    other: Side

    @cached_property
    def routing(self) -> Mapping[Asked, tuple[Found, ...]]:
        """The objects that route what is asked for."""
        found: dict[Asked, list[Found]] = {}
        for each in self.side.manifests.of_kind("VirtualService", NETWORKING):
            for gateway in _texts(each.spec.get("gateways")) or ["mesh"]:
                for host in _texts(each.spec.get("hosts")):
                    inside = gateway == "mesh"
                    name = whole_name(host, each.namespace) if inside else host
                    by = "" if inside else gateway_name(gateway, each.namespace)
                    found.setdefault(Asked(name, by), []).append(each)
        for each in self.side.manifests.of_kind("HTTPRoute", GATEWAY_API):
            for asked in _asked_of(each):
                found.setdefault(asked, []).append(each)
        for each in self.side.manifests.of_kind("Ingress", INGRESS):
            by = f"Ingress class {each.spec.get('ingressClassName') or 'default'}"
            for rule in items(each.spec.get("rules")) or [{}]:
                host = str(mapping(rule).get("host") or "*")
                found.setdefault(Asked(host, by), []).append(each)
        for each in self.side.manifests.of_kind("Service", KNATIVE):
            found[Asked(f"{each.namespace}/{each.name}", "Knative")] = [each]
        return {asked: tuple(dict.fromkeys(group)) for asked, group in found.items()}

    def ports(self, asked: Asked) -> set[int]:
        """Return the ports that the routes of a host, or its Service, speak of."""
        found: set[int] = set()
        for each in self.applying(asked):
            routes = (*items(each.spec.get("http")), *items(each.spec.get("tcp")))
            matches = (match for route in routes for match in items(mapping(route).get("match")))
            refs = (*matches, *items(each.spec.get("parentRefs")))
            found |= {port for ref in refs if type(port := mapping(ref).get("port")) is int}
            parts = (part for route in routes for part in items(mapping(route).get("route")))
            ends = [mapping(mapping(part).get("destination")) for part in parts]
            own = [
                to for to in ends if whole_name(str(to.get("host")), each.namespace) == asked.host
            ]
            numbers = (mapping(to.get("port")).get("number") for to in own)
            found |= {number for number in numbers if type(number) is int}
        for service in self._services(asked.host):
            ports = (mapping(each).get("port") for each in items(service.spec.get("ports")))
            found |= {port for port in ports if type(port) is int}
        return found

    def applying(self, asked: Asked) -> tuple[Found, ...]:
        """Return the objects that route what is asked for, by its own name or a wildcard."""
        own = self.routing.get(asked)
        if own is not None or not asked.by or asked.by == "Knative":
            return own or ()
        hosts = [each.host for each in self.routing if each.by == asked.by]
        wide = [host for host in hosts if host == "*" or asked.host.endswith(host.lstrip("*"))]
        wide = [host for host in wide if host.startswith("*")]
        return self.routing[Asked(max(wide, key=len), asked.by)] if wide else ()

    # --- goals ---

    def _services(self, host: str) -> Iterator[Found]:
        found = _service(self.side, host) or _service(self.other, host)
        if found is not None:
            yield found

    def _selector(self, host: str) -> Labels | None:
        """Return the labels that the Service of a host selects by, if anybody says."""
        for service in self._services(host):
            selector = mapping(service.spec.get("selector"))
            return frozenset((str(key), str(value)) for key, value in selector.items()) or None
        for side in (self.side, self.other):
            for workload in side.program.workloads if side.program else ():
                if workload.key == host:
                    return frozenset(workload.pods.labels)
        return None

    def goal(self, host: str, labels: Labels = frozenset(), aside: str = "") -> Goal:
        """Return a goal with what is known of the pods behind its host."""
        selector = self._selector(host)
        return Goal(host, labels, aside, None if selector is None else selector | labels)

    @cached_property
    def _subsets(self) -> Mapping[tuple[str, str], Labels]:
        found: dict[tuple[str, str], Labels] = {}
        for rule in self.side.manifests.of_kind("DestinationRule", NETWORKING):
            host = whole_name(str(rule.spec.get("host", "")), rule.namespace)
            for each in map(mapping, items(rule.spec.get("subsets"))):
                labels = mapping(each.get("labels"))
                pairs = frozenset((str(key), str(value)) for key, value in labels.items())
                found.setdefault((host, str(each.get("name", ""))), pairs)
        return found

    def destination(
        self, body: Mapping[str, Any], where: str, port: int | None, aside: str
    ) -> Goal:
        """Return where a destination of a VirtualService leads."""
        host = whole_name(str(body.get("host", "")), where)
        number = mapping(body.get("port")).get("number")
        if number is not None and number != port and not self._is_only(host, number):
            aside = f"on port {number} {aside}".strip()
        subset = body.get("subset")
        if not subset:
            return self.goal(host, aside=aside)
        labels = self._subsets.get((host, str(subset)))
        if labels is None:
            return Goal(host, aside=f"as the subset {subset}, which nothing defines")
        return self.goal(host, labels, aside)

    def _is_only(self, host: str, number: object) -> bool:
        """Tell whether a Service has no other port than this one."""
        services = list(self._services(host))
        ports = [mapping(each).get("port") for one in services for each in items(one.spec["ports"])]
        return ports == [number]

    def backend(self, body: Mapping[str, Any], where: str, port: int | None) -> Goal | None:
        """Return where a backend of an HTTPRoute or an Ingress leads; nowhere without its Service.

        One of polc's is beside the route, if there is one; those of others may be anywhere.
        """
        host = f"{body.get('namespace') or where}/{body.get('name', '')}"
        there = _service(self.other, host)
        labels = mapping(there.metadata.get("labels")) if there is not None else {}
        if _service(self.side, host) is None and labels.get(_MANAGED) == "polc":
            return None
        number = body.get("port")
        plain = number in (None, port) or self._is_only(host, number)
        return self.goal(host, aside="" if plain else f"on port {number}")


def _service(side: Side, host: str) -> Found | None:
    found = (
        each
        for each in side.manifests.of_kind("Service", "")
        if f"{each.namespace}/{each.name}" == host
    )
    return next(found, None)


def _texts(value: object) -> list[str]:
    return [str(each) for each in items(value)]


def whole_name(host: str, namespace: str) -> str:
    """Return `namespace/service` for the name of a Service, and any other as it is.

    Istio completes a name without dots only, and takes any other to be whole (istio/istio,
    pilot/pkg/model/config.go, ResolveShortnameToFQDN).
    """
    if "." not in host:
        return f"{namespace}/{host}"
    name, dot, where = host.removesuffix(DOMAIN).partition(".")
    return f"{where}/{name}" if host.endswith(DOMAIN) and dot and "." not in where else host


def parent_name(ref: Mapping[str, Any], route: Found) -> str:
    """Return what a route is attached to, with its namespace."""
    return f"{ref.get('namespace') or route.namespace}/{ref.get('name', '')}"


def _asked_of(route: Found) -> Iterator[Asked]:
    for ref in map(mapping, items(route.spec.get("parentRefs"))):
        name = parent_name(ref, route)
        if ref.get("kind") == "Service":
            yield Asked(name)
            continue
        section = f" at its listener {ref['sectionName']}" if ref.get("sectionName") else ""
        for host in _texts(route.spec.get("hostnames")) or ["*"]:
            yield Asked(host, f"{name}{section}")
