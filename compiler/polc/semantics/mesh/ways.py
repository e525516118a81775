"""Ways to some pods: who decides there, on whose ports, and who can be a caller at all."""

from collections.abc import Iterator
from functools import cached_property

from attrs import frozen

from polc.semantics.mesh.authorization import Admitted, Policy, admitted, authenticated
from polc.semantics.mesh.callee import Callee
from polc.semantics.mesh.fields import PORTS, full
from polc.semantics.mesh.peer_authentication import Mtls
from polc.semantics.mesh.rules import Reading
from polc.semantics.sets import products, strings
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import Box, Region, box
from polc.terms import Mesh

OWN_PORTS = IntSet.of(
    (port, port) for port in (15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090)
)
"""Ports of the proxies themselves (istio.io, "Ports used by Istio")."""


@frozen(eq=False)
class Seen:
    """One way to some pods: who decides, and by what policies.

    `translated` is what they admit where their ports are not those of the pods.
    """

    reading: Reading
    policies: tuple[Policy, ...]
    mtls: Mtls
    ambient: bool
    labels: tuple[tuple[str, str], ...] = ()
    translated: Admitted | None = None

    @cached_property
    def admits(self) -> Admitted:
        """What it lets through, certificates left aside."""
        return self.translated or admitted(self.policies, self.reading)

    def proven(self, region: Region) -> Region:
        """Return the part of a region whose callers can be real ones here."""
        return authenticated(real(region), self.mtls, ambient=self.ambient)


def real(region: Region) -> Region:
    """Leave out what can't be: principals of no certificate, paths that no proxy compares."""
    found: list[Box] = []
    for each in region:
        narrow = {name: full(name) for name in ("who", "path") if name in each.by_name}
        met = products.intersect(each, box(**narrow))
        if met is not None:
            found.append(met)
    return tuple(found)


HTTP = frozenset({"http", "http2", "grpc"})


@frozen
class ServicePort:
    """A port of a Service and the pods' port behind it; `more` follow both."""

    container: int
    service: int
    more: int

    def moved(self, admits: Admitted, must: IntSet, may: IntSet) -> Admitted:
        """Count what is admitted at the Service in ports of the pods that let it in."""
        return Admitted(
            tuple(self._moved(admits.must, must)),
            tuple(self._moved(admits.may, may)),
            admits.reasons,
        )

    def _moved(self, region: Region, open_: IntSet) -> Iterator[Box]:
        offset = self.container - self.service
        mine = IntSet(((self.service, self.service + self.more),))
        for each in region:
            ports = each.by_name.get("port", PORTS)
            assert isinstance(ports, IntSet)
            here = IntSet(
                tuple((low + offset, high + offset) for low, high in (ports & mine).intervals)
            )
            if here & open_:
                yield box(**{**each.by_name, "port": here & open_})


def open_ports(region: Region, principal: strings.StringSet) -> IntSet:
    """Return the ports on which a region lets a caller in, whatever address it has."""
    found = IntSet()
    for each in products.both(region, (box(who=principal),)):
        if not set(each.by_name) - {"who", "port"}:
            ports = each.by_name.get("port", PORTS)
            assert isinstance(ports, IntSet)
            found |= ports
    return found


def readings(callee: Callee, plane: Mesh) -> tuple[tuple[Reading, IntSet], ...]:
    """Return who reads what, with the ports that each of them leaves to another."""
    if plane is Mesh.AMBIENT:
        return (("ztunnel", OWN_PORTS),)
    return (("http", callee.opaque | OWN_PORTS), ("tcp", callee.http | OWN_PORTS))


def unencrypted(mtls: Mtls) -> IntSet:
    """Return the ports that need no client certificate."""
    found = PORTS if mtls.mode != "STRICT" else IntSet()
    for port, mode in mtls.ports:
        one = IntSet(((port, port),))
        found = found - one if mode == "STRICT" else found | one
    return found
