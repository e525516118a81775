"""PeerAuthentication: on which ports of a pod callers need a client certificate.

The narrowest policy decides: one whose selector matches the pod, in its own namespace; else that
of the namespace; else that of the root namespace; else PERMISSIVE. A mode that is unset leaves
the question to the next wider one. `portLevelMtls` counts in container ports, and only in a
policy with a selector. Of several at one level the oldest wins (istio/api,
security/v1beta1/peer_authentication.proto).
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from attrs import frozen

from polc.verify.objects import Found, Manifests

GROUP = "security.istio.io"
ROOT = "istio-system"
"""Istio's root namespace, unless the mesh was installed otherwise."""
Mode = Literal["STRICT", "PERMISSIVE", "DISABLE"]
_MODES: Mapping[str, Mode] = {
    "STRICT": "STRICT", "PERMISSIVE": "PERMISSIVE", "DISABLE": "DISABLE"
}  # fmt: skip


@frozen
class Mtls:
    """The mode of every port; `ports` are the exceptions. `said` is the object that says so."""

    mode: Mode = "PERMISSIVE"
    ports: tuple[tuple[int, Mode], ...] = ()
    said: Found | None = None
    reasons: tuple[str, ...] = ()


def mtls_of(
    manifests: Manifests, namespace: str, labels: Mapping[str, str], root: str = ROOT
) -> Mtls:
    """Return what the pods with some labels ask of their callers."""
    here = [
        each
        for each in manifests.of_kind("PeerAuthentication", GROUP)
        if each.namespace in (namespace, root)
    ]
    found = Mtls()
    for level in (
        [each for each in here if each.namespace == root and not selector(each)],
        [each for each in here if each.namespace == namespace and not selector(each)],
        [
            each
            for each in here
            if each.namespace == namespace
            and (wanted := selector(each))
            and wanted.items() <= labels.items()
        ],
    ):
        found = _narrowed(found, level)
    return found


def selector(found: Found) -> Mapping[str, str]:
    """Return the labels that a policy selects by; none: it selects everything."""
    chosen = found.spec.get("selector") or {}
    labels = chosen.get("matchLabels") if isinstance(chosen, Mapping) else None
    return labels if isinstance(labels, Mapping) else {}


def _narrowed(wider: Mtls, level: Iterable[Found]) -> Mtls:
    level = sorted(level, key=lambda each: (str(each.metadata.get("creationTimestamp")), each.name))
    if not level:
        return wider
    one = level[0]
    found = _read(wider, one)
    dated = all("creationTimestamp" in each.metadata for each in level)
    if not dated and any(each.spec != one.spec for each in level):
        names = " and ".join(f"`{each.name}`" for each in level)
        return Mtls(found.mode, found.ports, one, (*found.reasons, f"{names} compete"))
    return found


def _read(wider: Mtls, one: Found) -> Mtls:
    reasons = [*wider.reasons]
    spec = one.spec
    for name in sorted(set(spec) - {"selector", "mtls", "portLevelMtls"}):
        reasons.append(f"the field `{name}` of `{one.name}` is not known")
    mode = _mode(spec.get("mtls"), wider.mode, reasons)
    ports: dict[int, Mode] = {}
    by_port = spec.get("portLevelMtls")
    if selector(one) and isinstance(by_port, Mapping):
        for port, chosen in by_port.items():
            if str(port).isdecimal():
                ports[int(port)] = _mode(chosen, mode, reasons)
            else:
                reasons.append(f"`{port}` is no port")
    exceptions = tuple(sorted((port, each) for port, each in ports.items() if each != mode))
    return Mtls(mode, exceptions, one, tuple(reasons))


def _mode(body: object, wider: Mode, reasons: list[str]) -> Mode:
    said = body.get("mode", "UNSET") if isinstance(body, Mapping) else "UNSET"
    if said == "UNSET":
        return wider
    if said not in _MODES:
        reasons.append(f"`{said}` is no mode")
        return "PERMISSIVE"
    return _MODES[said]
