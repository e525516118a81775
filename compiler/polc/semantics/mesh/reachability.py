"""Who may reach whom in a mesh, as its objects say without a program.

With sidecars a pod's own proxy decides; in ambient mode its ztunnel does, and where a waypoint
stands before its Service, both do: the waypoint about the caller, ztunnel about the waypoint
(`polc.verify.mesh.compare`). A caller outside of the mesh has no identity. What is not decided is
admitted perhaps, and told so.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any

from attrs import field, frozen

from polc.semantics.ends import End
from polc.semantics.mesh.authorization import Admitted, Policy, admitted, authenticated
from polc.semantics.mesh.fields import ANONYMOUS, PORTS
from polc.semantics.mesh.model import MeshModel, spoken
from polc.semantics.mesh.peer_authentication import Mtls
from polc.semantics.mesh.rules import Reading
from polc.semantics.mesh.ways import OWN_PORTS, ServicePort, open_ports
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets import products, strings
from polc.semantics.sets.intervals import EMPTY, IntSet
from polc.semantics.sets.products import Region, box
from polc.semantics.sets.strings import StringSet
from polc.semantics.workloads.ports import behind
from polc.semantics.workloads.templates import Template
from polc.terms import Mesh


@frozen
class Passes:
    """Ports of some pods that a caller gets through to: whole, some requests only, or perhaps."""

    whole: IntSet = EMPTY
    partly: IntSet = EMPTY
    perhaps: IntSet = EMPTY

    def __bool__(self) -> bool:
        return bool(self.whole or self.partly or self.perhaps)

    @property
    def ports(self) -> IntSet:
        """Every port that something may pass on."""
        return self.whole | self.partly | self.perhaps

    def on(self, ports: IntSet) -> "Passes":
        """Return what passes on some ports only."""
        return Passes(self.whole & ports, self.partly & ports, self.perhaps & ports)


def identity(end: End, model: MeshModel) -> StringSet:
    """Return the principals that an end may have; none: it is not in the mesh.

    Pods that nobody described may be of any account of their namespace.
    """
    if end.addresses is not None or model.plane(end.namespace, end.labels) is Mesh.NONE:
        return ANONYMOUS
    home = f"{model.trust}/ns/{end.namespace}/sa/"
    return strings.prefix(home) if end.account is None else strings.of_texts((home + end.account,))


@frozen(eq=False, slots=False)
class Inbound:
    """What some pods let in: for sure, and perhaps.

    Pods that are alike in `key` let the same in.
    """

    model: MeshModel
    pod: Template
    _known: dict[object, Passes] = field(factory=dict, init=False, repr=False)

    @cached_property
    def plane(self) -> Mesh:
        """What carries their traffic."""
        return self.model.plane(self.pod.namespace, self.pod.labels)

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """The AuthorizationPolicies at the pods themselves."""
        return self.model.policies.at_pods(self.pod.namespace, self.pod.labels)

    @cached_property
    def waypoints(self) -> tuple[tuple[Found, str], ...]:
        """The waypoints before them: each with the Service that it stands before."""
        if self.plane is not Mesh.AMBIENT:
            return ()
        found = (
            (each, self.model.membership.waypoint(each.namespace, each.name))
            for each in self.model.services.before(self.pod)
        )
        return tuple((each, name) for each, name in found if name is not None)

    @cached_property
    def key(self) -> object:
        """What decides about callers."""
        mtls = self.model.mtls(self.pod)
        ports = tuple(sorted(self.model.ports(self.pod).items()))
        at = tuple((id(service), name) for service, name in self.waypoints)
        return self.plane, tuple(map(id, self.policies)), mtls.mode, mtls.ports, ports, at

    @cached_property
    def straight(self) -> Admitted:
        """What they let in themselves."""
        if self.plane is Mesh.NONE:
            return Admitted(products.ALL, products.ALL)
        mtls, ambient = self.model.mtls(self.pod), self.plane is Mesh.AMBIENT
        found = (
            admitted(self.policies, "ztunnel")
            if ambient
            else _read(self.policies, self.model.ports(self.pod))
        )
        must, may = (authenticated(each, mtls, ambient=ambient) for each in (found.must, found.may))
        return Admitted(must, may)

    @cached_property
    def relayed(self) -> Admitted:
        """What waypoints of their Services let in, and they let the waypoints in."""
        must: Region = ()
        may: Region = ()
        for service, name in self.waypoints:
            space = service.namespace
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

    def lets_in(self, who: StringSet, *, relayed: bool = True) -> Passes:
        """Return what callers get through to, straight and (unless left out) by waypoints."""
        key = (self._named(who), relayed)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._lets_in(who, relayed=relayed)
        return known

    def _named(self, who: StringSet) -> object:
        """Return in which sets of callers a caller is: all that decides about a single one."""
        if who.listed is None or len(who.listed) != 1:
            return who
        (text,) = who.listed
        listed, others = self._callers
        return listed.get(text, ()), tuple(_holds(each, text) for each in others)

    @cached_property
    def _callers(self) -> tuple[Mapping[str, tuple[int, ...]], tuple[StringSet, ...]]:
        """The sets of callers that count: those that are listed, by their texts, and others."""
        found = (self.straight.must, self.straight.may, self.relayed.must, self.relayed.may)
        sides: Any = (each.by_name.get("who") for region in found for each in region)
        listed: dict[str, tuple[int, ...]] = {}
        others: list[StringSet] = []
        for number, each in enumerate(dict.fromkeys(side for side in sides if side is not None)):
            if each.listed is None:
                others.append(each)
            for text in each.listed or ():
                listed[text] = (*listed.get(text, ()), number)
        return listed, tuple(others)

    def _lets_in(self, who: StringSet, *, relayed: bool) -> Passes:
        caller = (box(who=who),)
        more = self.relayed if relayed else Admitted((), ())
        whole, some = _ports(products.both((*self.straight.must, *more.must), caller), who)
        open_, rest = _ports(products.both((*self.straight.may, *more.may), caller), who)
        return Passes(whole, some - whole, (open_ | rest) - whole - some)


@lru_cache(maxsize=1 << 16)
def _holds(callers: StringSet, text: str) -> bool:
    return text in callers


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


def _ports(region: Region, who: StringSet) -> tuple[IntSet, IntSet]:
    """Return the ports of a region on which everything is admitted, and those of some requests.

    What only some of the callers may ask counts as some.
    """
    whole, some = IntSet(), IntSet()
    for each in region:
        ports = each.by_name.get("port", PORTS)
        assert isinstance(ports, IntSet)
        callers: Any = each.by_name.get("who", who)
        if set(each.by_name) <= {"who", "port"} and (callers is who or not who - callers):
            whole |= ports
        else:
            some |= ports
    return whole - OWN_PORTS, some - OWN_PORTS
