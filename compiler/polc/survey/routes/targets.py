"""Where routes lead: Services, ports and subsets that are not there, and odd weights."""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.codes.proof import NO_SUCH, NO_SUCH_VERSION
from polc.diagnostics import Diagnostic, Severity
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes.targets import NETWORKING, host_name
from polc.suggest import nearest
from polc.survey.mistakes import mistake
from polc.survey.shown import Shown

_GATEWAY_API, _KNATIVE = "gateway.networking.k8s.io", "serving.knative.dev"


def target_mistakes(shown: Shown) -> Iterator[Diagnostic]:
    """Report targets that are not in the input, subsets that nobody declares, and odd weights."""
    manifests = shown.manifests
    hosts = {
        str(host)
        for entry in manifests.of_kind("ServiceEntry", NETWORKING)
        for host in items(entry.spec.get("hosts"))
    }
    subsets = _subsets(manifests)
    for found in manifests.of_kind("VirtualService", NETWORKING):
        for field in ("http", "tcp", "tls"):
            for number, route in enumerate(map(mapping, items(found.spec.get(field)))):
                place = ("spec", field, number)
                yield from _route(found, route, place, subsets)
                yield from _destinations(found, route, place, hosts, shown)
    for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"):
        for found in manifests.of_kind(kind, _GATEWAY_API):
            yield from _backends(found, shown)
    for found in manifests.of_kind("Ingress", "networking.k8s.io"):
        yield from _ingress(found, shown)
    for kind in ("Service", "Route"):
        for found in manifests.of_kind(kind, _KNATIVE):
            yield from _traffic(found)


# --- Services -------------------------------------------------------------------------------------


def _destinations(
    found: Found,
    route: Mapping[str, Any],
    place: tuple[Key, ...],
    hosts: set[str],
    shown: Shown,
) -> Iterator[Diagnostic]:
    for index, part in enumerate(map(mapping, items(route.get("route")))):
        body = mapping(part.get("destination"))
        host = str(body.get("host", ""))
        space, slash, name = host_name(host, found.namespace).partition("/")
        if slash and host not in hosts and "*" not in host:
            port = mapping(body.get("port")).get("number")
            yield from _target(found, space, name, port, (*place, "route", index), shown)


def _backends(found: Found, shown: Shown) -> Iterator[Diagnostic]:
    for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
        for index, ref in enumerate(map(mapping, items(rule.get("backendRefs")))):
            if ref.get("kind", "Service") == "Service" and not ref.get("group"):
                space = str(ref.get("namespace") or found.namespace)
                place = ("spec", "rules", number, "backendRefs", index)
                yield from _target(
                    found, space, str(ref.get("name")), ref.get("port"), place, shown
                )


def _ingress(found: Found, shown: Shown) -> Iterator[Diagnostic]:
    backends: list[tuple[Mapping[str, Any], tuple[Key, ...]]] = [
        (mapping(found.spec.get("defaultBackend")), ("spec", "defaultBackend"))
    ]
    for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
        for index, path in enumerate(map(mapping, items(mapping(rule.get("http")).get("paths")))):
            place = ("spec", "rules", number, "http", "paths", index)
            backends.append((mapping(path.get("backend")), (*place, "backend")))
    for backend, at in backends:
        service = mapping(backend.get("service"))
        if service.get("name"):
            port = mapping(service.get("port"))
            wanted = port.get("number") or port.get("name")
            name = str(service["name"])
            yield from _target(found, found.namespace, name, wanted, at, shown)


def _target(
    found: Found, space: str, name: str, port: object, place: tuple[Key, ...], shown: Shown
) -> Iterator[Diagnostic]:
    """Report a Service, or a port of it, that the input shows not to be there."""
    services = shown.services_by_name.get(space, {})
    if not any(not each.group for each in services.values()) or shown.makers.make(
        "", "services", space
    ):
        return
    if name not in services:
        near = nearest(name, services)
        message = f"leads to the Service `{space}/{name}`, which is not in the input"
        advice = (
            f"did you mean `{near}`?" if near else "correct the name, or keep the Service with it"
        )
        yield mistake(found, message, advice, *place, code=NO_SUCH)
        return
    service = services[name]
    ports = [mapping(each) for each in items(service.spec.get("ports"))]
    known = [each.get("port") for each in ports] + [each.get("name") for each in ports]
    if port is None or service.group or not ports or port in known:
        return
    message = f"leads to port {port} of the Service `{space}/{name}`, which has no such port"
    numbers = ", ".join(str(each.get("port")) for each in ports)
    yield mistake(found, message, f"write one of its ports: {numbers}", *place, code=NO_SUCH)


# --- subsets and weights --------------------------------------------------------------------------


def _subsets(manifests: Manifests) -> dict[str, set[str]]:
    """Return the subsets by host, of those whose Service or DestinationRule is in the input."""
    found: dict[str, set[str]] = {
        f"{each.namespace}/{each.name}": set() for each in manifests.of_kind("Service", "")
    }
    for rule in manifests.of_kind("DestinationRule", NETWORKING):
        host = host_name(str(rule.spec.get("host", "")), rule.namespace)
        names = {str(mapping(each).get("name")) for each in items(rule.spec.get("subsets"))}
        found.setdefault(host, set()).update(names)
    return found


def _route(
    found: Found, route: Mapping[str, Any], keys: tuple[Key, ...], subsets: Mapping[str, set[str]]
) -> Iterator[Diagnostic]:
    parts = [mapping(each) for each in items(route.get("route"))]
    for index, part in enumerate(parts):
        body = mapping(part.get("destination"))
        host, subset = host_name(str(body.get("host", "")), found.namespace), body.get("subset")
        if subset and host in subsets and subset not in subsets[host]:
            yield Diagnostic(
                NO_SUCH_VERSION,
                f"a route of VirtualService `{found.namespace}/{found.name}` names the subset"
                f" `{subset}`, which no DestinationRule of the input has for `{body.get('host')}`",
                found.span(*keys, "route", index),
                help="declare the subset in a DestinationRule for that host",
                severity=Severity.WARNING,
            )
    weights = [each.get("weight", 0) for each in parts]
    if len(parts) < 2 or not all(type(each) is int for each in weights) or sum(weights) == 100:
        return
    message = f"has weights that total {sum(weights)}, and not 100"
    effect = "Istio refuses it" if not sum(weights) else "they are parts of that total"
    yield mistake(found, f"{message}: {effect}", "let them total 100", *keys, "route")


def _traffic(found: Found) -> Iterator[Diagnostic]:
    """Report traffic of Knative that is no 100%; its webhook refuses that."""
    traffic = [mapping(each) for each in items(found.spec.get("traffic"))]
    parts = [each.get("percent") or 0 for each in traffic]
    if not traffic or not all(type(each) is int for each in parts) or sum(parts) == 100:
        return
    message = f"sends {sum(parts)}% of its requests, and not 100%: Knative refuses it"
    yield mistake(found, message, "let `percent` total 100", "spec", "traffic")
