"""Services by whose names or ports requests come to others, or are read as something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from polc.diagnostics import Diagnostic
from polc.ir.nodes import Port, Workload
from polc.semantics.mesh.model import HTTP, spoken
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.verify.bypass.around import Around, undecided

_SLICE_OF = "kubernetes.io/service-name"
_SLICE_BY = "endpointslice.kubernetes.io/managed-by"


def names_abroad(around: Around) -> Iterator[Diagnostic]:
    """Yield Services that lead the name of a service out of the cluster."""
    for found in around.manifests.of_kind("Service", ""):
        if (
            f"{found.namespace}/{found.name}" in around.known
            and found.spec.get("type") == "ExternalName"
        ):
            why = f"it leads the name to `{found.spec.get('externalName')}`"
            yield undecided(found, why, "spec", "type")


def services(around: Around) -> Iterator[Diagnostic]:
    """Yield Services that lead to none of the pods of the service whose name they have."""
    for found in around.manifests.of_kind("Service", ""):
        if found.namespace in around.owned:
            yield from _settings_of(found)
            yield from _other_protocols(around, found)
        workload = around.known.get(f"{found.namespace}/{found.name}")
        selector = mapping(found.spec.get("selector"))
        if workload is None or workload.kind == "knative":
            continue
        if not selector:
            why = "it has no selector, so other objects say where the name leads"
            yield undecided(found, why, "spec")
        own = dict(workload.pods.labels)
        if any(own.get(key, value) != value for key, value in selector.items()):
            why = f"it selects no pods of `{workload.key}`"
            yield undecided(found, why, "spec", "selector")
        yield from _other_ports(found, workload)


def _other_protocols(around: Around, found: Found) -> Iterator[Diagnostic]:
    """Yield ports of a Service that make proxies read something else than is declared."""
    ports = tuple(map(mapping, items(found.spec.get("ports"))))
    for workload, (index, each) in product(_behind(around, found), enumerate(ports)):
        for port in workload.ports:
            target = each.get("targetPort") or each.get("port")
            why = _read_as(each, port) if target in (port.container, port.name) else None
            if why is not None:
                why += f", and the program says `{port.protocol}` ({workload.key}:{port.name})"
                yield undecided(found, why, "spec", "ports", index)


def _read_as(entry: Mapping[str, object], port: Port) -> str | None:
    """Tell for what proxies take a port of a Service, unless it is what the program says."""
    protocol = entry.get("protocol") or "TCP"
    if protocol != port.transport.value:
        return f"its port is {protocol}"
    word = spoken(entry)
    # They read requests where there are none, or none where there are.
    unlike = word != "unknown" and (word == "http") != (port.protocol in HTTP)
    return f"proxies take its port for `{word}`" if protocol == "TCP" and unlike else None


def _behind(around: Around, found: Found) -> Iterator[Workload]:
    """Yield the services that a Service may have behind it."""
    selector = mapping(found.spec.get("selector"))
    pairs = ((found.namespace, str(key), str(value)) for key, value in selector.items())
    near = {each.key: each for pair in pairs for each in around.by_label.get(pair, ())}
    for workload in near.values():
        if all(selector.get(key, value) == value for key, value in workload.pods.labels):
            yield workload


def _settings_of(service: Found) -> Iterator[Diagnostic]:
    """Yield settings of the mesh at a Service: who sees it, and what passes its waypoint."""
    for field, key, fine in (
        ("annotations", "networking.istio.io/exportTo", "*"),
        ("labels", "istio.io/ingress-use-waypoint", None),
    ):
        said = mapping(service.metadata.get(field)).get(key)
        if said is not None and said != fine:
            why = f"`{key}: {said}` changes who gets to it, and by which way"
            yield undecided(service, why, "metadata", field, key)


def _other_ports(found: Found, workload: Workload) -> Iterator[Diagnostic]:
    """Yield ports of a Service that lead to others than the program says; names are the pods'."""
    meant = {(port.service, port.container) for port in workload.ports}
    served = {service for service, _ in meant}
    entries = items(found.spec.get("ports")) if found.spec.get("clusterIP") != "None" else ()
    for index, each in enumerate(map(mapping, entries)):
        port = each.get("port")
        target = each.get("targetPort") or port
        if isinstance(target, int) and port in served and (port, target) not in meant:
            why = f"it leads port {port} to {target}, and the program elsewhere"
            yield undecided(found, why, "spec", "ports", index)


def addresses(around: Around) -> Iterator[Diagnostic]:
    """Yield addresses that are written by hand for the name of a service.

    Controllers correct what is theirs: slices with their label, and the Endpoints of a Service
    with a selector (kubernetes.io, "EndpointSlices" and "Services without selectors").
    """
    filled = {
        f"{each.namespace}/{each.name}"
        for each in around.manifests.of_kind("Service", "")
        if each.spec.get("selector")
    }
    for found in around.manifests.of_kind("EndpointSlice", "discovery.k8s.io"):
        labels = mapping(found.metadata.get("labels"))
        name = f"{found.namespace}/{labels.get(_SLICE_OF)}"
        by_hand = labels.get(_SLICE_BY) != "endpointslice-controller.k8s.io"
        if name in around.known and by_hand:
            yield undecided(found, f"it adds addresses to `{name}`")
    for found in around.manifests.of_kind("Endpoints", ""):
        name = f"{found.namespace}/{found.name}"
        if name in around.known and name not in filled:
            yield undecided(found, f"it says which addresses `{name}` has")
