"""Which ports of some pods speak HTTP: only there do proxies read requests.

Services say it (`semantics.mesh.model`), and a program of its own ports. What nobody says is told
by the first bytes that a client sends, so the client chooses: such a port is read both ways.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import frozen

from polc.declared.mesh import Callee, callees
from polc.diff.objects.side import Side
from polc.diff.objects.subjects import Subject
from polc.semantics.mesh.fields import PORTS
from polc.semantics.mesh.model import spoken
from polc.semantics.mesh.rules import Reading
from polc.semantics.mesh.ways import OWN_PORTS
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets.intervals import EMPTY, IntSet
from polc.semantics.workloads.ports import behind as port_behind
from polc.semantics.workloads.templates import templates

Readings = tuple[tuple[Reading, IntSet], ...]


@frozen
class Spoken:
    """Ports of some pods that speak HTTP, and others that are known to speak something else."""

    http: IntSet = EMPTY
    opaque: IntSet = EMPTY

    @classmethod
    def of(cls, word: str, ports: IntSet) -> "Spoken":
        """Return what is said of some ports: `http`, `tcp`, or nothing."""
        return cls(ports if word == "http" else EMPTY, ports if word == "tcp" else EMPTY)

    def __or__(self, other: "Spoken") -> "Spoken":
        return Spoken(self.http | other.http, self.opaque | other.opaque)

    def readings(self) -> Readings:
        """Return who reads what arrives where; ports of which two things are said are both."""
        both = self.http & self.opaque
        http, opaque = self.http - both, self.opaque - both
        return (("http", PORTS - opaque - OWN_PORTS), ("tcp", PORTS - http - OWN_PORTS))


@frozen(eq=False, slots=False)
class Protocols:
    """What one side says of ports; where it has nothing to say them by, the other side does."""

    side: Side
    other: Side

    def of(self, subject: Subject) -> Spoken:
        """Return what the ports of some pods speak."""
        found = Spoken()
        for each in (self.side, self.other):
            for callee in self._callees.get(id(each), {}).get(subject.namespace, ()):
                if callee.labels.items() <= dict(subject.labels).items():
                    found |= Spoken(callee.http, callee.opaque)
            for port, container in service_ports(each.manifests, subject):
                found |= Spoken.of(spoken(port), container)
            if self._has_services(subject.namespace):
                break
        return found

    def _has_services(self, namespace: str) -> bool:
        if self.side.program is not None:
            return True
        return any(each.namespace == namespace for each in self._services)

    @cached_property
    def _services(self) -> tuple[Found, ...]:
        return self.side.manifests.of_kind("Service", "")

    @cached_property
    def _callees(self) -> dict[int, dict[str, list[Callee]]]:
        found: dict[int, dict[str, list[Callee]]] = {}
        for each in (self.side, self.other):
            groups: dict[str, list[Callee]] = {}
            for callee in callees(each.program) if each.program else ():
                groups.setdefault(callee.namespace, []).append(callee)
            found[id(each)] = groups
        return found


def service_ports(
    manifests: Manifests, subject: Subject
) -> Iterator[tuple[Mapping[str, object], IntSet]]:
    """Yield the TCP ports of the Services in front of some pods, with the pods' ports behind."""
    labels = dict(subject.labels)
    for service in manifests.of_kind("Service", ""):
        selector = mapping(service.spec.get("selector"))
        if service.namespace != subject.namespace or not selector:
            continue
        if not selector.items() <= labels.items():
            continue
        for port in map(mapping, items(service.spec.get("ports"))):
            if port.get("protocol", "TCP") == "TCP":
                yield port, behind(manifests, subject, port)


def behind(manifests: Manifests, subject: Subject, port: Mapping[str, object]) -> IntSet:
    """Return the pods' ports that a port of a Service leads to; none: nobody says which."""
    target = port.get("targetPort") or port.get("port")
    numbers = (
        [target]
        if type(target) is int
        else [
            port_behind(port, template)
            for template in templates(manifests)
            if template.namespace == subject.namespace
            and template.labels.items() == dict(subject.labels).items()
        ]
    )
    return IntSet.of((number, number) for number in numbers if number is not None)
