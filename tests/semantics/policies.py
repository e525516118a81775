"""Any AuthorizationPolicy, evaluated call by call: slow, plain, shared with nobody.

Read off istio.io, "Authorization Policy", "Authorization Policy Conditions" and "Authorization for
TCP traffic", and the comments of istio/api security/v1/authorization_policy.proto.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

Body = Mapping[str, Any]


@frozen
class Call:
    """A request as a proxy sees it; `method` None: it reads no requests there."""

    principal: str
    address: str
    port: int
    method: str | None = None
    path: str = "/"
    headers: Mapping[str, str] = field(factory=dict, hash=False)


def admits(policies: Iterable[Body], call: Call) -> bool:
    """Tell whether policies that all apply let a call in."""
    specs = [each.get("spec") or {} for each in policies]
    if any(
        _matches(rule, call, "DENY")
        for spec in specs
        if spec.get("action") == "DENY"
        for rule in spec.get("rules") or ()
    ):
        return False
    allowing = [spec for spec in specs if spec.get("action", "ALLOW") == "ALLOW"]
    if not allowing:
        return True
    return any(_matches(rule, call, "ALLOW") for spec in allowing for rule in spec.get("rules", ()))


def _matches(rule: Body, call: Call, action: str) -> bool:
    if call.method is None and action == "ALLOW" and _reads_requests(rule):
        return False
    froms = [each["source"] for each in rule.get("from") or [{"source": {}}]]
    tos = [each["operation"] for each in rule.get("to") or [{"operation": {}}]]
    return (
        any(_fields(each, call) for each in froms)
        and any(_fields(each, call) for each in tos)
        and all(_when(each, call) for each in rule.get("when") or ())
    )


def _reads_requests(rule: Body) -> bool:
    return any(
        values and name in ("methods", "paths", "notMethods", "notPaths")
        for each in rule.get("to") or ()
        for name, values in each["operation"].items()
    ) or any(each["key"].startswith("request.") for each in rule.get("when") or ())


def _fields(body: Body, call: Call) -> bool:
    for name, values in body.items():
        negated = name.startswith("not")
        plain = name[3].lower() + name[4:] if negated else name
        if values and plain in ("methods", "paths") and call.method is None:
            continue  # Only DENY gets here: it matches by the rest.
        if values and any(_value(plain, each, call) for each in values) is negated:
            return False
    return True


def _value(name: str, value: str, call: Call) -> bool:
    match name:
        case "principals":
            return _text(value, call.principal)
        case "namespaces":
            parts = call.principal.split("/")
            return len(parts) == 5 and parts[0] == "cluster.local" and _text(value, parts[2])
        case "ipBlocks":
            return ipaddress.ip_address(call.address) in ipaddress.ip_network(value)
        case "ports":
            return value == str(call.port)
        case "methods":
            return _text(value, call.method or "")
        case "paths":
            return _path(value, call.path)
    raise AssertionError(name)


def _when(body: Body, call: Call) -> bool:
    key = body["key"]
    if key.startswith("request.") and call.method is None:
        return True
    header = key.removeprefix("request.headers[").removesuffix("]")
    value = {
        "source.principal": call.principal,
        "destination.port": str(call.port),
    }.get(key, call.headers.get(header, ""))
    good = not body.get("values") or any(_text(each, value) for each in body["values"])
    return good and not any(_text(each, value) for each in body.get("notValues") or ())


def _text(pattern: str, value: str) -> bool:
    if pattern == "*":
        return value != ""
    if pattern.startswith("*"):
        return value.endswith(pattern[1:])
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def _path(pattern: str, path: str) -> bool:
    if "{" not in pattern:
        return _text(pattern, path)
    one = r"[-a-zA-Z0-9._~%!$&'()+,;:@]"
    rest = one.replace("@]", "@/]")
    return (
        re.fullmatch(pattern.replace("{**}", f"{rest}*").replace("{*}", f"{one}+"), path)
        is not None
    )
