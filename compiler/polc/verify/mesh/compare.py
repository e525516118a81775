"""Does the mesh admit exactly what the program declares? At every owned pod, for every caller.

With sidecars the pod's proxy decides. In ambient mode two ways lead to a pod: straight to it, where
its ztunnel decides about callers and ports, or to its Service, where first the waypoint decides
about requests and then ztunnel admits the waypoint. No way may admit more than is declared, and
what is declared has to pass: by the Service, and straight where the waypoint has nothing to decide.

Pods may carry more labels than the program knows of, so each selector that adds labels to those
of a workload is tried as well, and so are pods of the namespace that the program never heard of.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import frozen

from polc.declared import mesh as declared_mesh
from polc.declared.mesh import Callee
from polc.diagnostics import Diagnostic
from polc.gaps import gap_finding
from polc.ir.nodes import Addresses, Flow, Mesh, Pods, Port, Program, Transport
from polc.semantics.mesh.authorization import Policies, admitted, authenticated, policies_of
from polc.semantics.mesh.fields import full
from polc.semantics.mesh.membership import Membership
from polc.semantics.mesh.peer_authentication import GROUP, Authentications, Mtls, selector
from polc.semantics.mesh.places import Places
from polc.semantics.mesh.rules import Reading
from polc.semantics.mesh.ways import (
    HTTP,
    OWN_PORTS,
    Seen,
    ServicePort,
    open_ports,
    readings,
    real,
    unencrypted,
)
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.shapes import guarded
from polc.semantics.sets import products, strings
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import Region, box
from polc.verify.mesh import equal, words
from polc.verify.mesh.minimal import removable
from polc.verify.verdict import Verdict

Findings = tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]
_UNDECIDED_KINDS = (
    ("EnvoyFilter", "networking.istio.io"),
    ("WasmPlugin", "extensions.istio.io"),
    ("Sidecar", "networking.istio.io"),
    ("ProxyConfig", "networking.istio.io"),
)


def mesh_findings(manifests: Manifests, program: Program) -> Findings:
    """Return what the mesh admits but nothing declares or the reverse, and what is not decided."""
    if program.cluster.mesh is Mesh.NONE:
        return (), ()
    (violations, left), gaps = guarded(lambda objects: _findings(objects, program), manifests)
    return violations, (*left, *map(gap_finding, gaps))


def _findings(manifests: Manifests, program: Program) -> Findings:
    proof = _Proof(manifests, program)
    violations: list[Diagnostic] = []
    for callee in proof.callees:
        violations += proof.check(callee)
    for name, callees in proof.by_namespace.items():
        violations += proof.strangers(name)
        violations += proof.plain_text(name)
        places = Places(name, proof.policies, proof.authentications, proof.membership, callees)
        violations += removable(places)
    return tuple(violations), tuple(proof.undecided())


def compare(manifests: Manifests, program: Program) -> Verdict:
    """Decide whether the mesh admits exactly the declared flows."""
    violations, undecided = mesh_findings(manifests, program)
    tcp = sum(1 for flow in program.flows if flow.port.transport is Transport.TCP)
    counts = () if program.cluster.mesh is Mesh.NONE else (("flows in the mesh", tcp),)
    return Verdict(violations, undecided, counts)


@frozen(eq=False, slots=False)
class _Proof:
    manifests: Manifests
    program: Program

    @cached_property
    def callees(self) -> tuple[Callee, ...]:
        return tuple(declared_mesh.callees(self.program))

    @cached_property
    def trust(self) -> str:
        return self.program.cluster.trust_domain

    @cached_property
    def policies(self) -> Policies:
        return policies_of(self.manifests, self.trust)

    @cached_property
    def authentications(self) -> Authentications:
        return Authentications(self.manifests)

    @cached_property
    def membership(self) -> Membership:
        return declared_mesh.membership(self.manifests, self.program)

    @cached_property
    def unsure(self) -> dict[tuple[int, str], tuple[Found, str]]:
        """Gaps between what is and what may be admitted, where they left a question open."""
        return {}

    @cached_property
    def foreign(self) -> dict[str, tuple[Mapping[str, str], ...]]:
        """Selectors by namespace that are not exactly those of a known workload."""
        known = {(each.namespace, frozenset(each.labels.items())) for each in self.callees}
        found: dict[str, dict[frozenset[tuple[str, str]], Mapping[str, str]]] = {}
        owned = [namespace.name for namespace in self.program.namespaces]
        for kind in ("AuthorizationPolicy", "PeerAuthentication"):
            for each in self.manifests.of_kind(kind, GROUP):
                labels = selector(each)
                key = frozenset(labels.items())
                mesh = each.namespace == self.policies.root and kind == "AuthorizationPolicy"
                for where in owned if mesh else (each.namespace,):
                    if labels and (where, key) not in known:
                        found.setdefault(where, {})[key] = labels
        return {where: tuple(each.values()) for where, each in found.items()}

    @cached_property
    def by_namespace(self) -> Mapping[str, list[Callee]]:
        """The callees of each owned namespace."""
        groups: dict[str, list[Callee]] = {each.name: [] for each in self.program.namespaces}
        for each in self.callees:
            groups[each.namespace].append(each)
        return groups

    def worlds(self, callee: Callee) -> Iterator[Mapping[str, str]]:
        """Yield the labels that pods of a workload may have."""
        templates = self.membership.templates(callee)
        yield from (*self.membership.others(callee), *templates)
        if templates:
            return
        yield callee.labels
        for extra in self.foreign.get(callee.namespace, ()):
            if any(callee.labels.get(key, value) != value for key, value in extra.items()):
                continue
            if not extra.items() <= callee.labels.items():
                yield {**callee.labels, **extra}

    # --- pods of the program ------------------------------------------------------------------

    def check(self, callee: Callee) -> Iterator[Diagnostic]:
        """Yield what is wrong with one callee, once."""
        for labels in self.worlds(callee):
            found = tuple(self._at(callee, labels))
            yield from found
            if found:
                return

    def _at(self, callee: Callee, labels: Mapping[str, str]) -> Iterator[Diagnostic]:
        plane = self.membership.plane(callee.namespace, labels)
        if plane is Mesh.NONE:
            yield words.outside(callee, self.manifests)
            return
        waypoint = None
        if plane is Mesh.AMBIENT and not callee.knative:
            waypoint = self.membership.waypoint(callee.namespace, callee.name)
        if waypoint is not None:
            yield from self._behind(callee, labels, waypoint)
            return
        if self._plainly(callee, labels, ambient=plane is Mesh.AMBIENT):
            return
        for reading, passed in readings(callee, plane):
            seen = self._seen(callee.namespace, labels, reading, plane)
            flows = declared_mesh.flows_on(callee.flows, passed)
            yield from self._compare(callee, seen, flows, flows, passed)

    def _plainly(self, callee: Callee, labels: Mapping[str, str], *, ambient: bool) -> bool:
        """Tell whether the policies at some pods are word for word what the flows come to."""
        if ambient and any(flow.requests is not None for flow in callee.flows):
            return False
        if not equal.strict(self.authentications.of(callee.namespace, labels)):
            return False
        flows = equal.plain_flows(callee.flows, self.trust, _container)
        if flows is None:
            return False
        policies = self.policies.at_pods(callee.namespace, labels)
        return equal.same(flows, equal.plain_rules(policies))

    def _plainly_behind(
        self,
        callee: Callee,
        labels: Mapping[str, str],
        waypoint: str,
        relayed: tuple[Flow, ...],
        straight: tuple[Flow, ...],
    ) -> bool:
        """Tell the same of the two places that a waypoint makes of one."""
        if len(relayed) != len(callee.flows):
            return False
        if not equal.strict(self.authentications.of(callee.namespace, labels)):
            return False
        at_pods = equal.plain_flows(straight, self.trust, _container)
        at_service = equal.plain_flows(relayed, self.trust, _service)
        if at_pods is None or at_service is None or not relayed:
            return False
        numbers = IntSet.of((flow.port.container, flow.port.end) for flow in relayed).intervals
        every = frozenset(str(n) for low, high in numbers for n in range(low, high + 1))
        who = frozenset((f"{self.trust}/ns/{callee.namespace}/sa/{waypoint}",))
        at_pods[who, every, frozenset(), frozenset()] = None
        policies = self.policies.at_pods(callee.namespace, labels)
        if not equal.same(at_pods, equal.plain_rules(policies)):
            return False
        policies = self.policies.at_waypoint(callee.namespace, callee.name, waypoint)
        return equal.same(at_service, equal.plain_rules(policies))

    def _seen(
        self, namespace: str, labels: Mapping[str, str], reading: Reading, plane: Mesh
    ) -> Seen:
        return Seen(
            reading,
            self.policies.at_pods(namespace, labels),
            self.authentications.of(namespace, labels),
            plane is Mesh.AMBIENT,
            tuple(sorted(labels.items())),
        )

    def _compare(
        self,
        callee: Callee,
        seen: Seen,
        least: Iterable[Flow],
        most: Iterable[Flow],
        passed: IntSet,
        besides: Region = (),
    ) -> Iterator[Diagnostic]:
        """Hold what one way admits against flows, `passed` ports and `besides` left aside."""
        aside = (*besides, box(port=passed))
        least_region, most_region = declared_mesh.bounds(most, self.trust)
        if least is not most:
            least_region = declared_mesh.region(least, self.trust, "least")
        extra = products.subtract(seen.admits.may, (*most_region, *aside), full)
        if extra and (extra := seen.proven(extra)):
            sure = products.subtract(seen.admits.must, (*most_region, *aside), full)
            if sure and (sure := seen.proven(sure)):
                yield words.wider(callee, seen, sure, self.trust)
            else:
                self._doubt(seen)
        must = authenticated(seen.admits.must, seen.mtls, ambient=seen.ambient)
        missing = real(products.subtract(least_region, must, full))
        if missing:
            may = authenticated(seen.admits.may, seen.mtls, ambient=seen.ambient)
            lost = real(products.subtract(least_region, may, full))
            if lost:
                yield words.narrower(callee, seen, lost, self.trust)
            else:
                self._doubt(seen)

    def _doubt(self, seen: Seen) -> None:
        for found, why in (
            *seen.admits.reasons,
            *((seen.mtls.said, why) for why in seen.mtls.reasons if seen.mtls.said),
        ):
            self.unsure[id(found), why] = (found, why)

    # --- ambient mode with a waypoint -----------------------------------------------------------

    def _behind(
        self, callee: Callee, labels: Mapping[str, str], waypoint: str
    ) -> Iterator[Diagnostic]:
        namespace = callee.namespace
        principal = strings.of_texts((f"{self.trust}/ns/{namespace}/sa/{waypoint}",))
        led = self.membership.gateways_use_waypoint(namespace)
        relayed = tuple(flow for flow in callee.flows if declared_mesh.by_service(flow, led=led))
        straight = tuple(
            flow
            for flow in callee.flows
            if (flow.port not in callee.decided and flow.requests is None)
            or not declared_mesh.by_service(flow, led=led)
        )
        if self._plainly_behind(callee, labels, waypoint, relayed, straight):
            return
        ports = IntSet.of((flow.port.container, flow.port.end) for flow in relayed)
        pod = self._seen(namespace, labels, "ztunnel", Mesh.AMBIENT)
        besides = (box(who=principal, port=ports),) if ports else ()
        yield from self._compare(callee, pod, straight, callee.flows, OWN_PORTS, besides)
        policies = self.policies.at_waypoint(namespace, callee.name, waypoint)
        must = authenticated(pod.admits.must, pod.mtls, ambient=True)
        open_must, open_may = (open_ports(each, principal) for each in (must, pod.admits.may))
        for port in callee.ports:
            reading: Reading = "http" if port.protocol in HTTP else "tcp"
            service = ServicePort(port.container, port.service, port.end - port.container)
            here = service.moved(admitted(policies, reading), open_must, open_may)
            seen = Seen(reading, policies, Mtls("STRICT"), True, (), here)
            flows = tuple(flow for flow in relayed if flow.port == port)
            most = tuple(flow for flow in callee.flows if flow.port == port)
            yield from self._compare(callee, seen, flows, most, IntSet())

    def others_at_waypoint(self, namespace: str) -> Iterator[Diagnostic]:
        """Yield what is open at a waypoint for Services that the program does not know."""
        waypoint = self.membership.namespace_waypoint(namespace)
        if waypoint in (None, "none") or (namespace, waypoint) not in self.membership.waypoints:
            return
        assert waypoint is not None
        known = {each.name for each in self.by_namespace[namespace]}
        named = {
            name
            for policy in self.policies.candidates(namespace)
            for kind, name in policy.targets
            if kind == "Service" and policy.found.namespace == namespace
        }
        for service in ("", *sorted(named - known)):
            policies = self.policies.at_waypoint(namespace, service, waypoint)
            for reading in ("http", "tcp"):
                seen = Seen(reading, policies, Mtls("STRICT"), True)
                if sure := seen.proven(seen.admits.must):
                    yield words.stranger_service(
                        self.program, namespace, waypoint, service, seen, sure, self.trust
                    )
                    break
                if seen.proven(seen.admits.may):
                    self._doubt(seen)

    # --- pods that the program never heard of ---------------------------------------------------

    def strangers(self, namespace: str) -> Iterator[Diagnostic]:
        """Yield what other pods of an owned namespace admit."""
        known = [each.labels for each in self.by_namespace[namespace]]
        flows = tuple(
            flow
            for flow in self.program.flows
            if getattr(flow.target, "namespace", namespace) == namespace
            and not isinstance(flow.target, Pods)
        )
        most = declared_mesh.region(flows, self.trust, "most")
        for labels in ({}, *self.foreign.get(namespace, ())):
            if labels and any(each.items() <= labels.items() for each in known):
                continue
            plane = self.membership.plane(namespace, labels)
            ways: tuple[Reading, ...] = ("ztunnel",) if plane is Mesh.AMBIENT else ("http", "tcp")
            for reading in ways:
                if plane is Mesh.NONE:
                    return  # Said at the workloads.
                seen = self._seen(namespace, labels, reading, plane)
                aside = (*most, box(port=OWN_PORTS))
                sure = seen.proven(products.subtract(seen.admits.must, aside, full))
                if sure:
                    yield words.stranger(self.program, namespace, seen, sure, self.trust)
                    return
                if seen.proven(products.subtract(seen.admits.may, aside, full)):
                    self._doubt(seen)
        yield from self.others_at_waypoint(namespace)

    def plain_text(self, namespace: str) -> Iterator[Diagnostic]:
        """Yield once for a namespace that a port takes plain text though nothing asks for it."""
        for callee in self.by_namespace[namespace]:
            asked = IntSet.of(
                (flow.port.container, flow.port.end)
                for flow in callee.flows
                if isinstance(flow.source, Addresses)
            )
            mtls = self.authentications.of(namespace, callee.labels)
            found = unencrypted(mtls) - asked - OWN_PORTS
            if found:
                yield words.plain_text(callee, mtls, found)
                return
        mtls = self.authentications.of(namespace, {})
        if unencrypted(mtls):
            yield words.plain_text_of_strangers(self.program, namespace, mtls)

    def undecided(self) -> Iterator[Diagnostic]:
        """Yield what nobody can tell from the objects alone."""
        owned = {namespace.name for namespace in self.program.namespaces}
        here = {*owned, self.policies.root}
        for kind, group in _UNDECIDED_KINDS:
            for found in self.manifests.of_kind(kind, group):
                if found.namespace in here and kind != "Sidecar":
                    yield words.undecided(found, f"{kind} can change what a proxy admits")
        for namespace in sorted(here):
            for policy in self.policies.by_namespace.get(namespace, ()):
                if policy.action == "CUSTOM":
                    why = "it asks a provider outside the mesh's configuration"
                    self.unsure[id(policy.found), why] = (policy.found, why)
                for why in policy.unknown:
                    self.unsure[id(policy.found), why] = (policy.found, why)
        for namespace in sorted(owned):
            for found, why in self.membership.undecided(namespace):
                yield words.undecided(found, why)
        for found, why in self.unsure.values():
            yield words.undecided(found, why)


def _container(port: Port) -> int:
    return port.container


def _service(port: Port) -> int:
    return port.service
