"""How requests come into the cluster: Ingresses, OpenShift's Routes, routes at gateways, Services.

Sources: networking.k8s.io/v1 Ingress; route.openshift.io/v1; istio/api and Gateway API for routes;
kubernetes.io, "Service" (types `NodePort` and `LoadBalancer`, `externalIPs`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes.targets import NETWORKING, gateway_name, host_name

INGRESS, ROUTE, GATEWAY_API = (
    "networking.k8s.io", "route.openshift.io", "gateway.networking.k8s.io"
)  # fmt: skip


@frozen
class Entrance:
    """One way in: what takes the requests, for which host, and the Service that gets them.

    `by` is the gateway's name, `ingress` for what an ingress controller does, and `outside` for a
    Service that is open itself. `port` is the Service's, by number or name; None: any.
    """

    by: str
    host: str
    namespace: str
    service: str
    port: int | str | None
    found: Found
    keys: tuple[Key, ...]


def entrances(manifests: Manifests) -> Iterator[Entrance]:
    """Yield every way in."""
    for found in manifests.of_kind("Ingress", INGRESS):
        yield from _ingress(found)
    for found in manifests.of_kind("Route", ROUTE):
        host = str(found.spec.get("host") or "*")
        port = mapping(found.spec.get("port")).get("targetPort")
        backends = (found.spec.get("to"), *items(found.spec.get("alternateBackends")))
        for each in map(mapping, backends):
            if each.get("kind", "Service") == "Service" and each.get("name"):
                at = (found.namespace, str(each["name"]), port)
                yield Entrance("ingress", host, *at, found, ("spec",))
    for kind, group in (("HTTPRoute", GATEWAY_API), ("GRPCRoute", GATEWAY_API)):
        for found in manifests.of_kind(kind, group):
            yield from _gateway_route(found)
    for found in manifests.of_kind("VirtualService", NETWORKING):
        yield from _virtual(found)
    for found in manifests.of_kind("Service", ""):
        if found.spec.get("type") in ("NodePort", "LoadBalancer") or items(
            found.spec.get("externalIPs")
        ):
            for number, port in enumerate(map(mapping, items(found.spec.get("ports")))):
                at = (found.namespace, found.name, port.get("port"))
                yield Entrance("outside", "*", *at, found, ("spec", "ports", number))


def _ingress(found: Found) -> Iterator[Entrance]:
    backends: list[tuple[str, object, tuple[Key, ...]]] = []
    if found.spec.get("defaultBackend"):
        backends.append(("*", found.spec["defaultBackend"], ("spec", "defaultBackend")))
    for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
        host = str(rule.get("host") or "*")
        for index, path in enumerate(items(mapping(rule.get("http")).get("paths"))):
            keys: tuple[Key, ...] = ("spec", "rules", number, "http", "paths", index)
            backends.append((host, mapping(path).get("backend"), keys))
    for host, backend, where in backends:
        service = mapping(mapping(backend).get("service"))
        port = mapping(service.get("port"))
        if service.get("name"):
            said = port.get("number") or port.get("name")
            target = (found.namespace, str(service["name"]), said)
            yield Entrance("ingress", host, *target, found, where)


def _gateway_route(found: Found) -> Iterator[Entrance]:
    parents = [mapping(each) for each in items(found.spec.get("parentRefs"))]
    gateways = [
        f"{each.get('namespace') or found.namespace}/{each.get('name')}"
        for each in parents
        if each.get("kind", "Gateway") == "Gateway"
    ]
    hosts = [str(each) for each in items(found.spec.get("hostnames"))] or ["*"]
    for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
        for ref in map(mapping, items(rule.get("backendRefs"))):
            if ref.get("kind", "Service") != "Service" or not ref.get("name"):
                continue
            space = str(ref.get("namespace") or found.namespace)
            for gateway in gateways:
                for host in hosts:
                    at = (space, str(ref["name"]), ref.get("port"))
                    yield Entrance(gateway, host, *at, found, ("spec", "rules", number))


def _virtual(found: Found) -> Iterator[Entrance]:
    gateways = [str(each) for each in items(found.spec.get("gateways"))]
    outer = [gateway_name(each, found.namespace) for each in gateways if each != "mesh"]
    for field in ("http", "tls", "tcp") if outer else ():
        for number, route in enumerate(map(mapping, items(found.spec.get(field)))):
            for part in map(mapping, items(route.get("route"))):
                body: Mapping[str, Any] = mapping(part.get("destination"))
                name = host_name(str(body.get("host", "")), found.namespace)
                space, slash, service = name.partition("/")
                if not slash:
                    continue
                port = mapping(body.get("port")).get("number")
                for gateway in outer:
                    for host in map(str, items(found.spec.get("hosts"))):
                        keys = ("spec", field, number)
                        yield Entrance(gateway, host, space, service, port, found, keys)
