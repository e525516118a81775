"""Where the policies of a namespace apply together: at which pods, and at which Services.

Nothing is known of pods but the labels that select them, and of their ports only what the program
says of the workload with just these labels.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from attrs import field, frozen

from polc.semantics.mesh.authorization import Policies, Policy
from polc.semantics.mesh.callee import Callee
from polc.semantics.mesh.fields import ANONYMOUS, IDENTITIES, PORTS, full
from polc.semantics.mesh.membership import Membership
from polc.semantics.mesh.peer_authentication import Authentications, selector
from polc.semantics.mesh.rules import Reading
from polc.semantics.mesh.ways import real, unencrypted
from polc.semantics.sets import products
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import Box, Region, Side, box
from polc.semantics.sets.strings import StringSet, of_texts
from polc.terms import Mesh

View = tuple[Reading, IntSet]
"""Who reads, and the ports that it leaves to another reader."""
Labels = Mapping[str, str]


@frozen(eq=False, slots=False)
class Place:
    """Where policies apply together; `loose` are the ports that need no certificate."""

    policies: tuple[Policy, ...]
    views: tuple[View, ...]
    loose: IntSet
    _let_in: dict[Reading, Region] = field(factory=dict, init=False)

    @cached_property
    def unread(self) -> IntSet:
        """The ports on which nobody reads requests."""
        found = PORTS
        for reading, aside in self.views:
            found = found & aside if reading == "http" else found
        return found

    def proven(self, region: Region) -> Region:
        """Return what of a region anybody can ask for."""
        proved, unproved = box(who=IDENTITIES), box(who=ANONYMOUS, port=self.loose)
        return products.both(real(region), (proved, unproved) if self.loose else (proved,))

    def let_in(self, reading: Reading) -> Region:
        """Return what the ALLOW policies may let in, mesh-wide ones among them."""
        found = self._let_in.get(reading)
        if found is None:
            allowing = [each for each in self.policies if each.action == "ALLOW"]
            matches = (match.may for each in allowing for match in each.matches(reading))
            found = tuple(each for may in matches for each in may) if allowing else products.ALL
            self._let_in[reading] = found
        return found

    def exceeds(self, region: Region, cut: Region, trust: str) -> bool:
        """Tell whether anybody can ask for something in a region that lies outside of `cut`.

        A request that nobody would write into a rule mostly shows it, without any algebra.
        """
        for each in region:
            point = _typical(each, cut, trust)
            if point is not None and self.proven((point,)):
                if not products.both((point,), cut):
                    return True
                # What holds this request comes first: it may well hold everything.
                holding = [part for part in cut if products.intersect(part, point)]
                cut = (*holding, *cut)
        left = products.subtract(region, cut, full)
        return bool(left) and bool(self.proven(left))


def _typical(whole: Box, cut: Region, trust: str) -> Box | None:
    """Return one request of a box, as unlike what is written as can be; None: don't try."""
    names = {"who", *whole.by_name, *(name for each in cut for name in each.by_name)}
    point: dict[str, Side] = {}
    for name in names:
        side = whole.by_name[name] if name in whole.by_name else full(name)
        if isinstance(side, StringSet):
            point[name] = of_texts((_text(side, name, trust),))
        elif isinstance(side, IntSet):
            point[name] = IntSet(((side.sample(), side.sample()),))
        else:
            return None  # Of addresses there are few, and what is left of them is quickly found.
    return box(**point)


def _text(side: StringSet, name: str, trust: str) -> str:
    wanted = {"who": (f"{trust}/ns/~/sa/~", "~/ns/~/sa/~"), "path": ("/~",)}.get(name, ("~",))
    for text in wanted:
        if text in side:
            return text
    for pattern in side.patterns or ():
        if pattern.kind in ("prefix", "suffix"):
            return f"{pattern.text}~" if pattern.kind == "prefix" else f"~{pattern.text}"
    return side.sample()


@frozen(eq=False, slots=False)
class Places:
    """The places of one namespace."""

    namespace: str
    policies: Policies
    authentications: Authentications
    membership: Membership
    callees: Sequence[Callee]

    def of(self, policy: Policy) -> tuple[Place, ...]:
        """Return the places that decide about a policy; none: nobody here heeds it."""
        if not policy.targets:
            return tuple(self._pods(policy))
        found = [tuple(self._targeted(policy, kind, name)) for kind, name in policy.targets]
        return tuple(place for each in found for place in each) if all(found) else ()

    # --- pods -------------------------------------------------------------------------------------

    def _pods(self, policy: Policy) -> Iterator[Place]:
        if not self._planes:
            return
        labels = policy.labels
        everything = {frozenset(labels.items()): labels}
        for other in self.policies.candidates(self.namespace) if policy.action == "DENY" else ():
            joined = {**other.labels, **labels}
            if (
                other.action == "ALLOW"
                and not other.targets
                and other.labels.items() <= joined.items()
            ):
                everything.setdefault(frozenset(joined.items()), joined)
        yield from map(self._at, everything.values())

    def _at(self, labels: Labels) -> Place:
        policies = self.policies.at_pods(self.namespace, labels)
        known = self._known.get(frozenset(labels.items()))
        opaque, http = (known.opaque, known.http) if known else (IntSet(), IntSet())
        return Place(policies, tuple(_views(self._planes, opaque, http)), self._loose)

    @cached_property
    def _known(self) -> Mapping[frozenset[tuple[str, str]], Callee]:
        return {frozenset(each.labels.items()): each for each in self.callees}

    @cached_property
    def _planes(self) -> frozenset[Mesh]:
        """What carries the traffic of any pods of the namespace; without a mesh, nothing does."""
        known: list[Labels] = [{}]
        for each in self.callees:
            known += (each.labels, *self.membership.templates(each))
        planes = {self.membership.plane(self.namespace, each) for each in known}
        return frozenset(planes - {Mesh.NONE})

    @cached_property
    def _loose(self) -> IntSet:
        """The ports that need no certificate, at any pods of the namespace."""
        found = unencrypted(self.authentications.of(self.namespace, {}))
        for each in self.authentications.objects(self.namespace):
            found |= unencrypted(self.authentications.of(self.namespace, selector(each)))
        return found

    # --- Services ---------------------------------------------------------------------------------

    def _targeted(self, policy: Policy, kind: str, name: str) -> Iterator[Place]:
        """Yield the places of a policy for a Service, or for the waypoint itself."""
        if kind == "Service":
            waypoint = self.membership.waypoint(self.namespace, name)
            if waypoint is not None:
                yield self._before(name, waypoint)
        elif kind == "Gateway" and (self.namespace, name) in self.membership.waypoints:
            services = [""]  # One that no policy names: the fewest apply there.
            if policy.action == "DENY":
                services += self._named
            yield from (self._before(service, name) for service in services)

    def _before(self, service: str, waypoint: str) -> Place:
        policies = self.policies.at_waypoint(self.namespace, service, waypoint)
        known = self._services.get(service)
        opaque, http = (known.service_opaque, known.service_http) if known else (IntSet(), IntSet())
        return Place(policies, tuple(_views({Mesh.SIDECAR}, opaque, http)), IntSet())

    @cached_property
    def _services(self) -> Mapping[str, Callee]:
        return {each.name: each for each in self.callees}

    @cached_property
    def _named(self) -> tuple[str, ...]:
        named = {
            name: None
            for policy in self.policies.candidates(self.namespace)
            for kind, name in policy.targets
            if kind == "Service"
        }
        return tuple(named)


def _views(planes: Collection[Mesh], opaque: IntSet, http: IntSet) -> Iterator[View]:
    """Yield who reads; a waypoint reads what a sidecar does."""
    if Mesh.SIDECAR in planes:
        yield "http", opaque
        yield "tcp", http
    if Mesh.AMBIENT in planes:
        yield "ztunnel", IntSet()
