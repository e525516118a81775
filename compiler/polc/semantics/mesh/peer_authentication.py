"""PeerAuthentication: on which ports of a pod callers need a client certificate.

The narrowest policy decides: one whose selector matches the pod, in its own namespace; else that
of the namespace; else that of the root namespace; else PERMISSIVE. A mode that is unset leaves
the question to the next wider one. `portLevelMtls` counts in container ports, and only in a
policy with a selector. Of several at one level the oldest wins (istio/api,
security/v1beta1/peer_authentication.proto).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from attrs import frozen

from polc.semantics.objects.model import Found, Manifests

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


@frozen(eq=False)
class Selected:
    """Objects that select by labels, each found by the first of its labels."""

    general: tuple[Any, ...]
    by_label: Mapping[tuple[str, str], tuple[tuple[Any, Mapping[str, str]], ...]]

    @classmethod
    def of(cls, found: Iterable[tuple[Any, Mapping[str, str]]]) -> "Selected":
        """Sort objects, each with the labels that it selects by."""
        general: list[Any] = []
        groups: dict[tuple[str, str], list[tuple[Any, Mapping[str, str]]]] = {}
        for each, labels in found:
            if labels:
                groups.setdefault(min(labels.items()), []).append((each, labels))
            else:
                general.append(each)
        return cls(tuple(general), {label: tuple(group) for label, group in groups.items()})

    def every(self) -> Iterator[Any]:
        """Yield the objects, the general ones first."""
        yield from self.general
        for group in self.by_label.values():
            yield from (each for each, _ in group)

    def chosen(self, labels: Mapping[str, str]) -> list[Any]:
        """Return the objects that select pods with some labels; not the general ones."""
        return [
            each
            for label in labels.items()
            for each, wanted in self.by_label.get(label, ())
            if wanted.items() <= labels.items()
        ]


@frozen(eq=False, slots=False)
class Authentications:
    """All PeerAuthentications, found by where they apply."""

    manifests: Manifests
    root: str = ROOT

    @cached_property
    def _by_namespace(self) -> Mapping[str, Selected]:
        groups: dict[str, list[Found]] = {}
        for each in self.manifests.of_kind("PeerAuthentication", GROUP):
            groups.setdefault(each.namespace, []).append(each)
        return {
            name: Selected.of((each, selector(each)) for each in group)
            for name, group in groups.items()
        }

    def of(
        self, namespace: str, labels: Mapping[str, str], without: Collection[Found] = ()
    ) -> Mtls:
        """Return what the pods with some labels ask of their callers, `without` some objects."""
        found = Mtls()
        if (mesh := self._by_namespace.get(self.root)) is not None:
            found = _narrowed(found, mesh.general, without)
        if (here := self._by_namespace.get(namespace)) is not None:
            if namespace != self.root:
                found = _narrowed(found, here.general, without)
            found = _narrowed(found, here.chosen(labels), without)
        return found

    def objects(self, namespace: str) -> tuple[Found, ...]:
        """Return the objects of a namespace."""
        here = self._by_namespace.get(namespace)
        return () if here is None else tuple(here.every())


def selector(found: Found) -> Mapping[str, str]:
    """Return the labels that a policy selects by; none: it selects everything."""
    chosen = found.spec.get("selector") or {}
    labels = chosen.get("matchLabels") if isinstance(chosen, Mapping) else None
    return labels if isinstance(labels, Mapping) else {}


def _narrowed(wider: Mtls, level: Iterable[Found], without: Collection[Found]) -> Mtls:
    level = sorted(
        (each for each in level if each not in without),
        key=lambda each: (str(each.metadata.get("creationTimestamp")), each.name),
    )
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
