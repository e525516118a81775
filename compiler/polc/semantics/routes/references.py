"""Which Services do other objects name? Routes, policies, rules and webhooks, with the port.

Sources: istio/api networking/v1 (VirtualService, DestinationRule), security/v1 (targetRefs);
Gateway API v1 (backendRefs, parentRefs, mirrors); networking.k8s.io/v1 (Ingress);
admissionregistration.k8s.io/v1 and apiregistration.k8s.io/v1 (webhooks, API services).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes.targets import NETWORKING, host_name

_GATEWAY = "gateway.networking.k8s.io"
_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")
_SECURITY = ("AuthorizationPolicy", "RequestAuthentication")


@frozen
class Reference:
    """A Service as another object names it; `port` is a number or the name of a port, if any."""

    found: Found
    keys: tuple[Key, ...]
    namespace: str
    name: str
    port: int | str | None = None

    @property
    def title(self) -> str:
        """What names it, for a message."""
        return f"{self.found.kind} `{self.found.namespace}/{self.found.name}`"


def references(manifests: Manifests) -> Iterator[Reference]:
    """Yield every Service that another object names."""
    for found in manifests.of_kind("VirtualService", NETWORKING):
        yield from _virtual(found)
    for found in manifests.of_kind("DestinationRule", NETWORKING):
        yield from _host(found, ("spec", "host"), found.spec.get("host"))
    for kind in _ROUTES:
        for found in manifests.of_kind(kind, _GATEWAY):
            yield from _route(found)
    for kind in _SECURITY:
        for found in manifests.of_kind(kind, "security.istio.io"):
            for index, each in enumerate(map(mapping, items(found.spec.get("targetRefs")))):
                yield from _ref(found, ("spec", "targetRefs", index), each, kind="")
            yield from _ref(found, ("spec", "targetRef"), found.spec.get("targetRef"), kind="")
    for found in manifests.of_kind("Ingress", "networking.k8s.io"):
        yield from _ingress(found)
    yield from _called(manifests)


def _host(
    found: Found, keys: tuple[Key, ...], host: object, port: object = None
) -> Iterator[Reference]:
    namespace, slash, name = host_name(str(host or ""), found.namespace).partition("/")
    if slash and "*" not in name:
        yield Reference(found, keys, namespace, name, port if type(port) is int else None)


def _virtual(found: Found) -> Iterator[Reference]:
    spec = found.spec
    for index, host in enumerate(items(spec.get("hosts"))):
        if "mesh" in (items(spec.get("gateways")) or ("mesh",)) and "." not in str(host):
            yield from _host(found, ("spec", "hosts", index), host)
    for kind in ("http", "tcp", "tls"):
        for number, route in enumerate(map(mapping, items(spec.get(kind)))):
            at = ("spec", kind, number)
            for index, each in enumerate(map(mapping, items(route.get("route")))):
                yield from _destination(found, (*at, "route", index), each.get("destination"))
            yield from _destination(found, (*at, "mirror"), route.get("mirror"))
            for index, each in enumerate(map(mapping, items(route.get("mirrors")))):
                yield from _destination(found, (*at, "mirrors", index), each.get("destination"))


def _destination(found: Found, keys: tuple[Key, ...], body: object) -> Iterator[Reference]:
    said = mapping(body)
    if said:
        port = mapping(said.get("port")).get("number")
        yield from _host(found, keys, said.get("host"), port)


def _route(found: Found) -> Iterator[Reference]:
    for index, each in enumerate(items(found.spec.get("parentRefs"))):
        yield from _ref(found, ("spec", "parentRefs", index), each, kind="Gateway")
    for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
        at = ("spec", "rules", number)
        yield from _backends(found, at, rule)
        for index, each in enumerate(map(mapping, items(rule.get("filters")))):
            mirror = mapping(each.get("requestMirror")).get("backendRef")
            keys = (*at, "filters", index, "requestMirror", "backendRef")
            yield from _ref(found, keys, mirror, kind="Service")


def _backends(found: Found, at: tuple[Key, ...], rule: Mapping[str, Any]) -> Iterator[Reference]:
    for index, each in enumerate(items(rule.get("backendRefs"))):
        yield from _ref(found, (*at, "backendRefs", index), each, kind="Service")


def _ref(found: Found, keys: tuple[Key, ...], body: object, *, kind: str) -> Iterator[Reference]:
    """Yield what a reference of the Gateway API means; `kind` holds where it names none."""
    said = mapping(body)
    if said.get("kind", kind) == "Service" and not said.get("group") and said.get("name"):
        port = said.get("port")
        number = port if type(port) is int else None
        namespace = str(said.get("namespace") or found.namespace)
        yield Reference(found, keys, namespace, str(said["name"]), number)


def _ingress(found: Found) -> Iterator[Reference]:
    yield from _backend(found, ("spec", "defaultBackend"), found.spec.get("defaultBackend"))
    for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
        for index, each in enumerate(map(mapping, items(mapping(rule.get("http")).get("paths")))):
            keys = ("spec", "rules", number, "http", "paths", index, "backend")
            yield from _backend(found, keys, each.get("backend"))


def _backend(found: Found, keys: tuple[Key, ...], body: object) -> Iterator[Reference]:
    service = mapping(mapping(body).get("service"))
    if service.get("name"):
        port = mapping(service.get("port"))
        said = port.get("number", port.get("name"))
        known = said if isinstance(said, int | str) else None
        yield Reference(found, keys, found.namespace, str(service["name"]), known)


def _called(manifests: Manifests) -> Iterator[Reference]:
    """Yield the Services that the API server calls."""
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for found in manifests.of_kind(kind, "admissionregistration.k8s.io"):
            for index, each in enumerate(map(mapping, items(found.body.get("webhooks")))):
                at: tuple[Key, ...] = ("webhooks", index, "clientConfig", "service")
                client = mapping(each.get("clientConfig"))
                yield from _service(found, at, client.get("service"))
    for found in manifests.of_kind("APIService", "apiregistration.k8s.io"):
        yield from _service(found, ("spec", "service"), found.spec.get("service"))
    for found in manifests.of_kind("CustomResourceDefinition", "apiextensions.k8s.io"):
        webhook = mapping(mapping(found.spec.get("conversion")).get("webhook"))
        keys = ("spec", "conversion", "webhook", "clientConfig", "service")
        yield from _service(found, keys, mapping(webhook.get("clientConfig")).get("service"))


def _service(found: Found, keys: tuple[Key, ...], body: object) -> Iterator[Reference]:
    said = mapping(body)
    if said.get("name") and said.get("namespace"):
        port = said.get("port", 443)
        number = port if type(port) is int else None
        yield Reference(found, keys, str(said["namespace"]), str(said["name"]), number)
