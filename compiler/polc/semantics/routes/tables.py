"""What stands at each gateway: for which host name or pattern which routes are tried.

A proxy picks the narrowest host name first, and then never looks at a wider one (Envoy,
`VirtualHost.domains`). What it has to choose from are the hosts of routes, narrowed to those that a
server or listener of the gateway names: so a route for `*` at a server for `shop.example.com` is a
route for that name, and stands beside those that were written for it (istio/istio,
pilot/pkg/networking/core/gateway.go; Gateway API v1, HTTPRouteSpec.hostnames).

Where the gateway's own object is not among the objects, hosts are taken as the routes write them.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from attrs import field, frozen

from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping, matches_selector
from polc.semantics.routes.lanes import Lane, route_lane, virtual_lane
from polc.semantics.routes.targets import DOMAIN, NETWORKING, Targets, gateway_name
from polc.semantics.sets.hosts import meet
from polc.semantics.sets.labels import NAME_LABEL

GATEWAY_API = "gateway.networking.k8s.io"
ANY = "*"
_TERMINATES = ("SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL", "ISTIO_MUTUAL")
Table = dict[str, list[Lane]]
"""Routes by host pattern, as one server of a gateway knows them."""


@frozen(eq=False)
class Door:
    """A server of an Istio Gateway or a listener: `hosts` with the namespaces (`*`: all) of routes.

    Doors with one `key` know each other's routes. `spaces` is what a listener says of the
    namespaces of its routes, in the namespace `home`.
    """

    key: tuple[Any, ...] = ()
    hosts: tuple[tuple[str, str], ...] = ((ANY, ANY),)
    section: str | None = None
    port: int | None = None
    home: str = ""
    spaces: Mapping[str, Any] | None = None


@frozen(eq=False, slots=False)
class Tables:
    """The routes among some objects, by gateway."""

    manifests: Manifests
    targets: Targets
    _lanes: dict[tuple[int, str], Lane] = field(factory=dict, init=False, repr=False)

    @cached_property
    def virtual(self) -> Mapping[str, list[Found]]:
        """The VirtualServices that name a gateway."""
        found: dict[str, list[Found]] = {}
        for each in self.manifests.of_kind("VirtualService", NETWORKING):
            for name in dict.fromkeys(map(str, items(each.spec.get("gateways")))):
                if name != "mesh":
                    found.setdefault(gateway_name(name, each.namespace), []).append(each)
        return found

    @cached_property
    def attached(self) -> Mapping[str, list[tuple[Found, Mapping[str, Any]]]]:
        """The HTTPRoutes that name a gateway, with the reference that does it."""
        found: dict[str, list[tuple[Found, Mapping[str, Any]]]] = {}
        for each in self.manifests.of_kind("HTTPRoute", GATEWAY_API):
            for name, ref in parents(each):
                found.setdefault(name, []).append((each, ref))
        return found

    def known(self, gateway: str) -> tuple[Found, ...]:
        """Return the objects of a gateway: Istio's or that of the Gateway API, maybe both."""
        return tuple(
            each
            for each in self.manifests.of_kind("Gateway")
            if f"{each.namespace}/{each.name}" == gateway
            and each.group in (NETWORKING, GATEWAY_API)
        )

    def of(self, gateway: str, spaces: frozenset[str]) -> list[Table]:
        """Return what is tried at a gateway whose pods run in some namespaces (none: unknown)."""
        tables: dict[tuple[Any, ...], Table] = {}
        for door in self._doors(gateway, NETWORKING):
            for found in self.virtual.get(gateway, ()):
                if _visible(found, spaces):
                    lane = self._virtual(found, gateway)
                    for host in hosts_of(found):
                        _put(tables, door, found.namespace, host, lane)
        for door in self._doors(gateway, GATEWAY_API):
            routes: dict[str, list[Found]] = {}
            for found, ref in self.attached.get(gateway, ()):
                if self._admits(door, found, ref):
                    for host in hosts_of(found):
                        routes.setdefault(host, []).append(found)
            grants = self.manifests.of_kind("ReferenceGrant", GATEWAY_API)
            for host, group in routes.items():
                _put(tables, door, ANY, host, route_lane(group, grants))
        return list(tables.values())

    def _virtual(self, found: Found, gateway: str) -> Lane:
        key = id(found), gateway
        if key not in self._lanes:
            self._lanes[key] = virtual_lane(found, gateway, self.targets)
        return self._lanes[key]

    def _doors(self, gateway: str, group: str) -> Iterator[Door]:
        objects = [each for each in self.known(gateway) if each.group == group]
        if not objects:
            yield Door((group,))
        for each in objects:
            yield from _servers(each) if group == NETWORKING else _listeners(each)

    def _admits(self, door: Door, found: Found, ref: Mapping[str, Any]) -> bool:
        if door.section is not None and ref.get("sectionName") not in (None, "", door.section):
            return False
        if door.port is not None and ref.get("port") not in (None, door.port):
            return False
        if door.spaces is None or found.namespace == door.home:
            return True
        said = door.spaces.get("from", "Same")
        if said == "Selector":
            labels = self.manifests.namespaces.get(found.namespace)
            chosen = mapping(door.spaces.get("selector"))
            known = {**(labels or {}), NAME_LABEL: found.namespace}
            return labels is None or matches_selector(chosen, known)
        return bool(said == "All")


def hosts_of(found: Found) -> list[str]:
    """Return the hosts of a route, in lower case; a short name is that of a Service."""
    if found.kind != "VirtualService":
        return [str(each).lower() for each in items(found.spec.get("hostnames"))] or [ANY]
    hosts = (str(each).lower() for each in items(found.spec.get("hosts")))
    return [
        host if "." in host or host == ANY else f"{host}.{found.namespace}{DOMAIN}"
        for host in hosts
    ]


def parents(found: Found) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the gateways that a route of the Gateway API names, with the references."""
    for ref in map(mapping, items(found.spec.get("parentRefs"))):
        if ref.get("kind", "Gateway") == "Gateway" and ref.get("group", GATEWAY_API) == GATEWAY_API:
            yield f"{ref.get('namespace') or found.namespace}/{ref.get('name', '')}", ref


def _put(
    tables: dict[tuple[Any, ...], Table], door: Door, namespace: str, host: str, lane: Lane
) -> None:
    for space, pattern in door.hosts:
        shared = meet(pattern, host) if space in (ANY, namespace) or namespace == ANY else None
        if shared is not None:
            lanes = tables.setdefault(door.key, {}).setdefault(shared, [])
            if lane not in lanes:
                lanes.append(lane)


def _visible(found: Found, spaces: frozenset[str]) -> bool:
    """Tell whether a gateway gets to know a VirtualService (`exportTo`)."""
    said = {str(each) for each in items(found.spec.get("exportTo"))}
    if not said or "*" in said or not spaces:
        return True
    return bool({found.namespace if each == "." else each for each in said} & spaces)


def _servers(found: Found) -> Iterator[Door]:
    """Yield the servers that read requests; one that redirects everything to TLS has no routes."""
    for number, server in enumerate(map(mapping, items(found.spec.get("servers")))):
        port, tls = mapping(server.get("port")), mapping(server.get("tls"))
        protocol = str(port.get("protocol", "")).upper()
        secure = protocol == "HTTPS" and tls.get("mode") in _TERMINATES
        plain = protocol in ("HTTP", "HTTP2", "GRPC", "GRPC-WEB") and not tls.get("httpsRedirect")
        if plain or secure:
            key = (NETWORKING, number if secure else f"port {port.get('number')}")
            yield Door(key, tuple(_qualified(found, server)))


def _qualified(found: Found, server: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for host in map(str, items(server.get("hosts"))):
        space, slash, name = host.lower().rpartition("/")
        yield found.namespace if space == "." else space if slash else ANY, name


def _listeners(found: Found) -> Iterator[Door]:
    for number, each in enumerate(map(mapping, items(found.spec.get("listeners")))):
        protocol, tls = each.get("protocol"), mapping(each.get("tls"))
        secure = protocol == "HTTPS" and tls.get("mode", "Terminate") == "Terminate"
        allowed = mapping(each.get("allowedRoutes"))
        kinds = [mapping(kind).get("kind") for kind in items(allowed.get("kinds"))]
        if (protocol == "HTTP" or secure) and (not kinds or "HTTPRoute" in kinds):
            yield Door(
                (GATEWAY_API, number if secure else f"port {each.get('port')}"),
                ((ANY, str(each.get("hostname") or ANY).lower()),),
                str(each.get("name", "")),
                each.get("port"),
                found.namespace,
                mapping(allowed.get("namespaces")),
            )
