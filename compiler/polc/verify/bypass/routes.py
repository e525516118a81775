"""Routes of which the program has nothing to say.

Sources: istio/api networking/v1 virtual_service.proto; Gateway API v1 (routes of a Service).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from polc.diagnostics import Diagnostic
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes.targets import host_name
from polc.verify.bypass.around import GATEWAY, ISTIO, Around, undecided
from polc.verify.bypass.hosts import kept_back

_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")


def routes(around: Around) -> Iterator[Diagnostic]:
    """Yield routes that the program has nothing to say of."""
    for found in around.manifests.of_kind("VirtualService", ISTIO):
        gateways = [str(each) for each in items(found.spec.get("gateways"))] or ["mesh"]
        hosts = [str(each) for each in items(found.spec.get("hosts"))]
        inside = hosts if "mesh" in gateways else ()
        yield from _inside(around, found, [host_name(each, found.namespace) for each in inside])
        if found.namespace in around.owned:
            yield from kept_back(found)
    for kind in _ROUTES:
        for found in around.manifests.of_kind(kind, GATEWAY):
            yield from _attached(around, found)


def _attached(around: Around, found: Found) -> Iterator[Diagnostic]:
    for parent in map(mapping, items(found.spec.get("parentRefs"))):
        name = f"{parent.get('namespace') or found.namespace}/{parent.get('name', '')}"
        if parent.get("kind") == "Service":
            yield from _inside(around, found, [name], judged=found.kind == "HTTPRoute")
        elif parent.get("kind", "Gateway") != "Gateway":
            yield from _elsewhere(around, found, str(parent["kind"]))


def _elsewhere(around: Around, found: Found, kind: str) -> Iterator[Diagnostic]:
    """Yield a route of what is no gateway, such as a ListenerSet, to a known service."""
    rules = map(mapping, items(found.spec.get("rules")))
    refs = [mapping(each) for rule in rules for each in items(rule.get("backendRefs"))]
    for ref in refs:
        name = f"{ref.get('namespace') or found.namespace}/{ref.get('name')}"
        if name in around.known:
            yield undecided(found, f"it leads from a {kind} to `{name}`", "spec", "parentRefs")
            return


def _inside(
    around: Around, found: Found, names: Iterable[str], *, judged: bool = True
) -> Iterator[Diagnostic]:
    """Yield a route of requests within the mesh to a service without a rollout."""
    for name in names:
        workload = around.known.get(name)
        if workload is None and "*" not in name:
            continue
        if workload is None or workload.rollout is None or not judged:
            yield undecided(found, f"it routes what is sent to `{name}`")
