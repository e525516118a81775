"""Where requests come into the cluster, on one side only: gateways, and Services open to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.diff.changes import Change, Kind
from polc.diff.objects.route_reading import GATEWAY_API, INGRESS, KNATIVE
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes.targets import NETWORKING
from polc.source import Span

_VISIBILITY = "networking.knative.dev/visibility"
_OPEN = ("LoadBalancer", "NodePort")
_CERTIFICATES = frozenset(
    {
        *("credentialName", "serverCertificate", "privateKey", "caCertificates"),
        *("minProtocolVersion", "maxProtocolVersion", "cipherSuites", "certificateRefs", "mode"),
        "httpsRedirect",
    }
)
"""Fields of `tls` that are told, or that say which certificate is shown."""
_KINDS = (("Gateway", NETWORKING), ("Gateway", GATEWAY_API), ("Ingress", INGRESS))
_Doors = Mapping[str, tuple[Key, ...]]


def entrance_changes(one: Manifests, other: Manifests) -> Iterator[Change]:
    """Yield hosts and ports that only the gateways of `one` take, and Services that are open."""
    for kind, group in _KINDS[:2]:
        before = other.by_name(kind, group)
        for name, found in one.by_name(kind, group).items():
            known = before.get(name)
            held = _listeners(known) if known is not None else {}
            for what, keys in _listeners(found).items():
                if what not in held:
                    subject = f"gateway {found.namespace}/{found.name}"
                    yield _change(subject, "takes requests for", what, found, found.span(*keys))
    for kind, group, doors in (("Service", "", _outside), ("Service", KNATIVE, _public)):
        before = other.by_name(kind, group)
        for name, found in one.by_name(kind, group).items():
            known = before.get(name)
            held = doors(known) if known is not None else {}
            for what, keys in doors(found).items():
                if what not in held:
                    target = f"{found.namespace}/{found.name} by {what}"
                    who = "anybody outside of the cluster"
                    yield _change(who, "may call", target, found, found.span(*keys))


def open_entrances(old: Manifests, new: Manifests) -> Iterator[Diagnostic]:
    """Yield gateways and Ingresses that differ in what is not told."""
    for kind, group in _KINDS:
        before = old.by_name(kind, group)
        for name, found in new.by_name(kind, group).items():
            known = before.get(name)
            if (_rest(known) if known is not None else _nothing(found)) != _rest(found):
                yield Diagnostic(
                    NOT_DECIDED,
                    f"{kind} `{found.namespace}/{found.name}` differs in more than hosts, ports and"
                    " routes, and what that permits is not compared",
                    found.span("metadata" if known is None else "spec"),
                )


def _change(subject: str, what: str, target: str, found: Found, span: Span) -> Change:
    return Change(Kind.ROUTE, True, subject, what, target, namespaces=(found.namespace,), span=span)


# --- gateways ---------------------------------------------------------------------------------


def _listeners(gateway: Found) -> _Doors:
    """Return what a gateway takes: a host on a port by a protocol (istio/api, Server; Listener)."""
    if str(gateway.spec.get("gatewayClassName", "")).startswith("istio-waypoint"):
        return {}
    found: dict[str, tuple[Key, ...]] = {}
    for index, each in enumerate(map(mapping, items(gateway.spec.get("servers")))):
        port = mapping(each.get("port"))
        for host in items(each.get("hosts")):
            found[_door(str(host), port, each)] = ("spec", "servers", index)
    for index, each in enumerate(map(mapping, items(gateway.spec.get("listeners")))):
        port = {"number": each.get("port"), "protocol": each.get("protocol")}
        found[_door(str(each.get("hostname") or "*"), port, each)] = ("spec", "listeners", index)
    return found


def _door(host: str, port: Mapping[str, Any], listener: Mapping[str, Any]) -> str:
    tls = mapping(listener.get("tls"))
    how = [str(port.get("protocol")), *([str(tls["mode"])] if tls.get("mode") else [])]
    how += ["redirected to HTTPS"] if tls.get("httpsRedirect") else []
    return f"{host} on port {port.get('number')} ({', '.join(how)})"


def _rest(found: Found) -> object:
    """Return what of a gateway or an Ingress is neither told nor a name."""
    told = {
        *("servers", "listeners", "rules", "defaultBackend", "ingressClassName", "gatewayClassName")
    }
    spec = {key: value for key, value in found.spec.items() if key not in told}
    parts = (*items(found.spec.get("servers")), *items(found.spec.get("listeners")))
    listeners = [
        {
            "tls": {k: v for k, v in mapping(each.get("tls")).items() if k not in _CERTIFICATES},
            "routes": each.get("allowedRoutes"),
            "bind": each.get("bind"),
        }
        for each in map(mapping, parts)
    ]
    odd = [each for each in listeners if any(each.values())]
    annotations = mapping(found.metadata.get("annotations")) if found.kind == "Ingress" else {}
    said = {key: value for key, value in annotations.items() if not str(key).startswith("kubectl.")}
    return spec, odd, said, found.spec.get("gatewayClassName")


def _nothing(found: Found) -> object:
    """Return the rest of a gateway that is told in full: it chooses proxies, and no more."""
    spec = {key: value for key, value in found.spec.items() if key == "selector"}
    return spec, [], {}, found.spec.get("gatewayClassName")


# --- Services ---------------------------------------------------------------------------------


def _outside(service: Found) -> _Doors:
    """Return how a Service is reached from outside (kubernetes.io, "Service", publishing)."""
    kind = service.spec.get("type")
    found: dict[str, tuple[Key, ...]] = {f"a {kind}": ("spec", "type")} if kind in _OPEN else {}
    addresses = ", ".join(map(str, items(service.spec.get("externalIPs"))))
    if addresses:
        found[f"address {addresses}"] = ("spec", "externalIPs")
    return found


def _public(service: Found) -> _Doors:
    """Return whether Knative has a route for it at its public gateway."""
    labels = mapping(service.metadata.get("labels"))
    if labels.get(_VISIBILITY) == "cluster-local":
        return {}
    return {"Knative's public gateway": ("metadata", "labels")}
