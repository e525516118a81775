"""What policies of cluster admins mean, read off network-policy-api's own documentation.

Plain on purpose, and shared with nobody: rules in the order of priorities, the first that matches
decides (network-policy-api, apis/v1alpha1 and v1alpha2, types.go).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from semantics.netpol import NAME_LABEL, Endpoint, Pod, passes, selector_matches, types

Policy = Mapping[str, Any]


def allowed(
    admin: Iterable[Policy],
    policies: Iterable[Policy],
    source: Endpoint,
    target: Endpoint,
    protocol: str,
    port: int,
) -> bool:
    """Tell whether a connection is let through at both of its ends."""
    admin, policies = list(admin), list(policies)
    return all(
        _passes(admin, policies, direction, here, there, protocol, port)
        for direction, here, there in (("egress", source, target), ("ingress", target, source))
        if isinstance(here, Pod)
    )


def _passes(
    admin: list[Policy],
    policies: list[Policy],
    direction: str,
    here: Pod,
    there: Endpoint,
    protocol: str,
    port: int,
) -> bool:
    verdict = _first(admin, "Admin", direction, here, there, protocol, port)
    if verdict in ("Accept", "Deny"):
        return verdict == "Accept"
    name = direction.capitalize()
    if any(_selects(each, here) and name in types(each) for each in policies):
        return passes(policies, name, here, there, protocol, port)
    return _first(admin, "Baseline", direction, here, there, protocol, port) != "Deny"


def _first(
    admin: list[Policy], tier: str, direction: str, here: Pod, there: Endpoint, *on: Any
) -> str | None:
    chosen = [each for each in admin if each["spec"].get("tier", "Admin") == tier]
    for policy in sorted(chosen, key=lambda each: each["spec"]["priority"]):
        if not _is_meant(policy["spec"]["subject"], here):
            continue
        for rule in policy["spec"].get(direction, ()):
            peers = rule["from" if direction == "ingress" else "to"]
            if any(_is_meant(peer, there) for peer in peers) and _on(rule, *on):
                return str(rule["action"])
    return None


def _is_meant(peer: Mapping[str, Any], end: Endpoint) -> bool:
    if "networks" in peer:
        from ipaddress import ip_address, ip_network

        return isinstance(end, str) and any(
            ip_address(end) in ip_network(each) for each in peer["networks"]
        )
    if isinstance(end, str):
        return False
    space = {**end.space, NAME_LABEL: end.namespace}
    if "namespaces" in peer:
        return selector_matches(peer["namespaces"], space)
    pods = peer["pods"]
    return selector_matches(pods["namespaceSelector"], space) and selector_matches(
        pods["podSelector"], end.labels
    )


def _on(rule: Mapping[str, Any], protocol: str, port: int) -> bool:
    ports = rule.get("protocols")
    if not ports:
        return True
    for each in ports:
        if protocol.lower() not in each:
            continue
        said = each[protocol.lower()].get("destinationPort", {})
        between = said.get(
            "range", {"start": said.get("number", 1), "end": said.get("number", 65535)}
        )
        if between["start"] <= port <= between["end"]:
            return True
    return False


def _selects(policy: Policy, pod: Pod) -> bool:
    home = policy["metadata"]["namespace"] == pod.namespace
    return home and selector_matches(policy["spec"]["podSelector"], pod.labels)
