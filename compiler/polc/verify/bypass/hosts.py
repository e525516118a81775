"""Where names lead, and how connections to them are made, by Istio's objects.

Source: istio/api networking/v1 {service_entry,workload_entry,destination_rule}.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from polc.diagnostics import Diagnostic
from polc.semantics.mesh.peer_authentication import ROOT
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes.targets import host_name
from polc.verify.bypass.around import GATEWAY, ISTIO, Around, undecided


def hosts(around: Around) -> Iterator[Diagnostic]:
    """Yield what changes where a name leads, or how a connection to it is made."""
    for found in around.manifests.of_kind("ServiceEntry", ISTIO):
        names = [host_name(str(each), found.namespace) for each in items(found.spec.get("hosts"))]
        if any(name in around.known for name in names):
            yield undecided(found, "it says where the name of a service leads")
        elif found.namespace in around.owned and found.spec.get("workloadSelector"):
            yield undecided(found, "it gives another name to pods")
    for found in around.manifests.of_kind("WorkloadEntry", ISTIO):
        if found.namespace in around.owned:
            yield undecided(found, "it adds an address to the pods of a service")
    first: dict[str, Found] = {}
    for found in around.manifests.of_kind("DestinationRule", ISTIO):
        name = host_name(str(found.spec.get("host", "")), found.namespace)
        wide = "*" in name or name in around.known
        if wide and any(_speaks_otherwise(each) for each in _traffic_policies(found)):
            yield undecided(found, "it says how connections are encrypted")
        workload = around.known.get(name)
        if workload is None or workload.rollout is None:
            continue
        if found.spec.get("workloadSelector"):
            yield undecided(found, "it holds for some callers only")
        if found.namespace not in (workload.namespace, ROOT):
            yield undecided(found, "callers in other namespaces do not see its versions")
        # Istio joins them, or takes that of the caller's namespace: who wins is not followed.
        if first.setdefault(name, found) is not found:
            yield undecided(found, f"`{name}` has another DestinationRule")
        yield from kept_back(found)
    for found in around.manifests.of_kind("BackendTLSPolicy", GATEWAY):
        for target in map(mapping, items(found.spec.get("targetRefs"))):
            if f"{found.namespace}/{target.get('name')}" in around.known:
                yield undecided(found, "it says how connections are encrypted")


def kept_back(found: Found) -> Iterator[Diagnostic]:
    """Yield an object that not every namespace gets to see (`exportTo`)."""
    seen = items(found.spec.get("exportTo"))
    if seen and "*" not in seen:
        yield undecided(found, "`exportTo` keeps it from namespaces", "spec", "exportTo")


def _traffic_policies(found: Found) -> Iterator[Mapping[str, object]]:
    """Yield what a DestinationRule says of connections: of all, of versions, of single ports."""
    for each in (found.spec, *map(mapping, items(found.spec.get("subsets")))):
        policy = mapping(each.get("trafficPolicy"))
        yield policy
        yield from map(mapping, items(policy.get("portLevelSettings")))


def _speaks_otherwise(policy: Mapping[str, object]) -> bool:
    return any(field in policy for field in ("tls", "proxyProtocol", "tunnel"))
