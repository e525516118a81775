"""Who may reach whom in a mesh, as its objects say without a program.

With sidecars a pod's own proxy decides; in ambient mode its ztunnel does, and where a waypoint
stands before its Service, both do: the waypoint about the caller, ztunnel about the waypoint
(`polc.verify.mesh.compare`). A caller outside of the mesh has no identity. What is not decided is
admitted perhaps, and told so.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import frozen

from polc.semantics.mesh.authorization import Admitted, Policy, admitted, authenticated
from polc.semantics.mesh.fields import ANONYMOUS, PORTS
from polc.semantics.mesh.model import MeshModel, behind, spoken
from polc.semantics.mesh.peer_authentication import Mtls
from polc.semantics.mesh.rules import Reading
from polc.semantics.mesh.ways import OWN_PORTS, ServicePort, open_ports
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets import products, strings
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import Region, box
from polc.semantics.sets.strings import StringSet
from polc.semantics.workloads.templates import Template
from polc.terms import Mesh


@frozen
class Way:
    """Ports of some pods that others may reach: all of it, some requests only, or perhaps."""

    source: str
    target: str
    whole: IntSet
    partly: IntSet
    perhaps: IntSet

    def __str__(self) -> str:
        parts = [
            *([_text(self.whole)] if self.whole else ()),
            *([f"{_text(self.partly)} (some requests)"] if self.partly else ()),
            *([f"{_text(self.perhaps)} (perhaps)"] if self.perhaps else ()),
        ]
        return f"{self.source} -> {self.target}: {', '.join(parts)}"


def ways(model: MeshModel) -> Iterator[Way]:
    """Yield who may reach whom among some pods; those that nothing decides are open."""
    pods = sorted(
        (each for group in model.pods.values() for each in group),
        key=lambda each: (each.namespace, each.found.name),
    )
    names = [f"{each.namespace}/{each.found.name}" for each in pods]
    callers = [_identity(each, model) for each in pods]
    inbound = [_Inbound(model, each) for each in pods]
    for source, who in zip(names, callers, strict=True):
        for target, each in zip(names, inbound, strict=True):
            way = each.way(source, target, who)
            if source != target and (way.whole or way.partly or way.perhaps):
                yield way


def _identity(pod: Template, model: MeshModel) -> StringSet:
    """Return the principal of some pods; none: they are not in the mesh."""
    if model.plane(pod.namespace, pod.labels) is Mesh.NONE:
        return ANONYMOUS
    account = pod.spec.get("serviceAccountName") or pod.spec.get("serviceAccount") or "default"
    return strings.of_texts((f"{model.trust}/ns/{pod.namespace}/sa/{account}",))


@frozen(eq=False, slots=False)
class _Inbound:
    """What some pods let in: for sure, and perhaps."""

    model: MeshModel
    pod: Template

    @cached_property
    def plane(self) -> Mesh:
        return self.model.plane(self.pod.namespace, self.pod.labels)

    @cached_property
    def straight(self) -> Admitted:
        """What they let in themselves."""
        if self.plane is Mesh.NONE:
            return Admitted(products.ALL, products.ALL)
        policies = self.model.policies.at_pods(self.pod.namespace, self.pod.labels)
        mtls, ambient = self.model.mtls(self.pod), self.plane is Mesh.AMBIENT
        found = (
            admitted(policies, "ztunnel")
            if ambient
            else _read(policies, self.model.ports(self.pod))
        )
        must, may = (authenticated(each, mtls, ambient=ambient) for each in (found.must, found.may))
        return Admitted(must, may)

    @cached_property
    def relayed(self) -> Admitted:
        """What waypoints of their Services let in, and they let the waypoints in."""
        must: Region = ()
        may: Region = ()
        for service in self.model.services(self.pod) if self.plane is Mesh.AMBIENT else ():
            space = service.namespace
            name = self.model.membership.waypoint(space, service.name)
            if name is None:
                continue
            principal = strings.of_texts((f"{self.model.trust}/ns/{space}/sa/{name}",))
            policies = self.model.policies.at_waypoint(space, service.name, name)
            ports = [mapping(each) for each in items(service.spec.get("ports"))]
            said = {each["port"]: spoken(each) for each in ports if type(each.get("port")) is int}
            here = _read(policies, said)
            sure, perhaps = (
                open_ports(each, principal) for each in (self.straight.must, self.straight.may)
            )
            for port in ports:
                number, container = port.get("port"), behind(port, self.pod)
                if type(number) is int and container is not None:
                    moved = ServicePort(container, number, 0).moved(here, sure, perhaps)
                    proven = [
                        authenticated(each, Mtls("STRICT"), ambient=True)
                        for each in (moved.must, moved.may)
                    ]
                    must, may = (*must, *proven[0]), (*may, *proven[1])
        return Admitted(must, may)

    def way(self, source: str, target: str, who: StringSet) -> Way:
        """Return what a caller may reach."""
        caller = (box(who=who),)
        must = (*self.straight.must, *self.relayed.must)
        may = (*self.straight.may, *self.relayed.may)
        whole, some = _ports(products.both(must, caller))
        open_, more = _ports(products.both(may, caller))
        return Way(source, target, whole, some - whole, (open_ | more) - whole - some)


def _read(policies: Iterable[Policy], ports: Mapping[int, str]) -> Admitted:
    """Return what some policies admit: by requests, but for ports that speak no HTTP."""
    policies = tuple(policies)
    opaque = IntSet.of((number, number) for number, word in ports.items() if word == "tcp")
    must: Region = ()
    may: Region = ()
    views: tuple[tuple[Reading, IntSet], ...] = (("http", PORTS - opaque), ("tcp", opaque))
    for reading, here in views:
        if here:
            found = admitted(policies, reading).within((box(port=here),))
            must, may = (*must, *found.must), (*may, *found.may)
    return Admitted(must, may)


def _ports(region: Region) -> tuple[IntSet, IntSet]:
    """Return the ports of a region on which everything is admitted, and those of some requests."""
    whole, some = IntSet(), IntSet()
    for each in region:
        ports = each.by_name.get("port", PORTS)
        assert isinstance(ports, IntSet)
        if set(each.by_name) <= {"who", "port"}:
            whole |= ports
        else:
            some |= ports
    return whole - OWN_PORTS, some - OWN_PORTS


def _text(ports: IntSet) -> str:
    if ports == PORTS - OWN_PORTS:
        return "every port"
    return "TCP " + ",".join(
        str(low) if low == high else f"{low}-{high}" for low, high in ports.intervals
    )
