"""What Istio's policies mean, read off their documentation and nothing else.

Plain on purpose: no indexes, no sharing with the backend but the objects themselves. Sources:
the comments of istio/api security/v1/authorization_policy.proto and peer_authentication.proto,
and for ambient mode istio.io, "Layer 4 security policy" and "Use Layer 7 features".

Only ALLOW policies and positive matches (and `notIpBlocks`) are understood; anything else fails,
so that a new field of the output can't be read past.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from attrs import frozen

Body = Mapping[str, Any]
Proxy = Literal["sidecar", "ztunnel", "waypoint"]


@frozen
class Call:
    """One request as a proxy sees it: `principal` None is plain text; `method` None is no HTTP."""

    principal: str | None
    address: str
    port: int
    method: str | None = None
    path: str = "/"


@frozen
class Target:
    """The pods, or the Service in front of them, that a policy may be about."""

    namespace: str
    labels: tuple[tuple[str, str], ...]
    service: str


def admitted_at_pod(objects: Iterable[Body], target: Target, call: Call, proxy: Proxy) -> bool:
    """Tell whether the pod's own proxy lets a call in."""
    objects = list(objects)
    if call.principal is None and not takes_plain_text(objects, target, call.port):
        return False
    policies = [
        each for each in _of(objects, target, "AuthorizationPolicy") if _selects(each, target)
    ]
    return _any_allows(policies, call, proxy)


def admitted_at_waypoint(objects: Iterable[Body], target: Target, call: Call) -> bool:
    """Tell whether the namespace's waypoint lets a call to the Service through.

    `call.port` is a port of the Service.
    """
    if call.principal is None:
        return False
    policies = [
        each
        for each in _of(objects, target, "AuthorizationPolicy")
        if any(
            ref in ({"group": "", "kind": "Service", "name": target.service}, _WAYPOINT)
            for ref in each["spec"].get("targetRefs", ())
        )
    ]
    return _any_allows(policies, call, "waypoint")


_WAYPOINT = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "waypoint"}


def takes_plain_text(objects: Iterable[Body], target: Target, port: int) -> bool:
    """Tell whether a port of a pod needs no client certificate; the narrower object decides."""
    mode = "PERMISSIVE"  # Istio's default
    objects = _of(objects, target, "PeerAuthentication")
    for body in sorted(objects, key=lambda each: "selector" in each["spec"]):
        _only(body["spec"], "selector", "mtls", "portLevelMtls")
        if not _selects(body, target):
            continue
        mode = body["spec"].get("mtls", {}).get("mode", mode)
        by_port = body["spec"].get("portLevelMtls", {})
        if str(port) in by_port:
            mode = by_port[str(port)]["mode"]
    return mode == "PERMISSIVE"


# --- policies ---------------------------------------------------------------------------------


def _of(objects: Iterable[Body], target: Target, kind: str) -> list[Body]:
    return [
        each
        for each in objects
        if each["kind"] == kind and each["metadata"]["namespace"] == target.namespace
    ]


def _selects(body: Body, target: Target) -> bool:
    """Tell whether a policy is about the pods: by its selector, or by having no target at all."""
    spec = body["spec"]
    if "targetRefs" in spec:
        return False
    _only(spec.get("selector", {}), "matchLabels")
    wanted = spec.get("selector", {}).get("matchLabels", {})
    return set(wanted.items()) <= set(target.labels)


def _any_allows(policies: list[Body], call: Call, proxy: Proxy) -> bool:
    if not policies:
        return True
    for policy in policies:
        spec = policy["spec"]
        _only(spec, "selector", "targetRefs", "action", "rules")
        assert spec.get("action", "ALLOW") == "ALLOW"
        if any(_rule_allows(rule, call, proxy) for rule in spec.get("rules", ())):
            return True
    return False


def _rule_allows(rule: Body, call: Call, proxy: Proxy) -> bool:
    _only(rule, "from", "to")
    for part in ("from", "to"):
        assert rule.get(part) != [], "an empty list is not what anybody means"
    sources = [each["source"] for each in rule.get("from", [{"source": {}}])]
    operations = [each["operation"] for each in rule.get("to", [{"operation": {}}])]
    if (proxy == "ztunnel" or call.method is None) and any(
        {"methods", "paths", "hosts"} & set(each) for each in operations
    ):
        return False  # An ALLOW rule about HTTP is left out where there is none to be read.
    return any(_from(each, call) for each in sources) and any(
        _to(each, call) for each in operations
    )


def _from(source: Body, call: Call) -> bool:
    _only(source, "principals", "ipBlocks", "notIpBlocks")
    assert all(value for value in source.values()), "an empty field restricts nothing"
    if "principals" in source and (
        call.principal is None or not any(_text(p, call.principal) for p in source["principals"])
    ):
        return False
    if "ipBlocks" in source and not _in_blocks(call.address, source["ipBlocks"]):
        return False
    return not _in_blocks(call.address, source.get("notIpBlocks", ()))


def _to(operation: Body, call: Call) -> bool:
    _only(operation, "ports", "methods", "paths")
    assert all(value for value in operation.values()), "an empty field restricts nothing"
    assert all(isinstance(port, str) for port in operation.get("ports", ())), "ports are strings"
    if "ports" in operation and str(call.port) not in operation["ports"]:
        return False
    if "methods" in operation and call.method not in operation["methods"]:
        return False
    return "paths" not in operation or any(_path(each, call.path) for each in operation["paths"])


def _in_blocks(address: str, blocks: Iterable[str]) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(block) for block in blocks)


def _text(pattern: str, value: str) -> bool:
    if pattern == "*":
        return value != ""
    if pattern.startswith("*"):
        return value.endswith(pattern[1:])
    if pattern.endswith("*"):
        return value.startswith(pattern[:-1])
    return value == pattern


_LITERAL = r"-a-zA-Z0-9._~%!$&'()+,;:@"


def _path(pattern: str, path: str) -> bool:
    """Match as Envoy does: a template where there are braces, otherwise text with one `*`."""
    if "{" not in pattern:
        return _text(pattern, path)
    assert not pattern.endswith("/"), "older proxies refuse it"
    parts = []
    for segment in pattern.removeprefix("/").split("/"):
        match segment:
            case "{*}":
                parts.append(f"[{_LITERAL}]+")
            case "{**}":
                parts.append(f"[{_LITERAL}/]*")
            case _:
                assert re.fullmatch(f"[{_LITERAL}]+", segment), f"{segment!r} is no literal"
                parts.append(re.escape(segment))
    assert "{**}" not in pattern.removesuffix("/{**}"), "it has to be last"
    return re.fullmatch("/" + "/".join(parts), path) is not None


def _only(body: Body, *known: str) -> None:
    assert set(body) <= set(known), f"not understood: {sorted(set(body) - set(known))}"
