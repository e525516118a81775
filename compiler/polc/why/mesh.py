"""What the mesh says of a caller and a request: by which rules of which AuthorizationPolicy."""

from collections.abc import Iterable

from attrs import frozen

from polc.declared import mesh as declared
from polc.declared.mesh import Callee, callees
from polc.ir.nodes import HTTP_PROTOCOLS, Mesh, Pods, Port, Program
from polc.semantics.mesh.authorization import Policy, admitted, authenticated, policies_of
from polc.semantics.mesh.fields import full
from polc.semantics.mesh.membership import Membership
from polc.semantics.mesh.peer_authentication import Authentications, Mtls
from polc.semantics.mesh.rules import Reading
from polc.semantics.objects.model import Manifests
from polc.semantics.sets import products, strings
from polc.semantics.sets.intervals import IntSet, cidr_set
from polc.semantics.sets.products import Region, box
from polc.why.answer import Reason, Step, Verdict


@frozen
class Asked:
    """Who calls, by identity or (None) without one, and for which request; None is any.

    An identity with `*` at its end is every one that starts so, as in Istio's policies.
    """

    principal: str | None
    address: str | None
    method: str | None
    path: str | None

    def region(self, port: int) -> Region:
        """Return it as the requests that it means, on one port."""
        sides: dict[str, object] = {"port": IntSet(((port, port),))}
        principal = self.principal or ""
        anyone = principal.endswith("*")
        sides["who"] = strings.prefix(principal[:-1]) if anyone else strings.of_texts((principal,))
        if self.address is not None:
            sides["ip"] = cidr_set(self.address)
        if self.method is not None:
            sides["method"] = strings.of_texts((self.method,))
        if self.path is not None:
            sides["path"] = strings.of_texts((self.path.partition("?")[0],))
        return (box(**sides),)


@frozen
class Decision:
    """Some policies and how they read what arrives on a port."""

    name: str
    policies: tuple[Policy, ...]
    reading: Reading
    mtls: Mtls
    ambient: bool
    port: int


@frozen(eq=False, slots=False)
class MeshLayer:
    """The mesh of a program, as the objects configure it."""

    manifests: Manifests
    program: Program

    def known(self, pods: Pods) -> Callee | None:
        """Return a callee that the mesh protects."""
        if self.program.cluster.mesh is Mesh.NONE:
            return None
        return next((each for each in callees(self.program) if each.key == pods.key), None)

    @property
    def membership(self) -> Membership:
        """Who takes part."""
        return declared.membership(self.manifests, self.program)

    def waypoint(self, callee: Callee) -> str | None:
        """Return the waypoint in front of a callee."""
        plane = self.membership.plane(callee.namespace, callee.labels)
        if plane is not Mesh.AMBIENT or callee.knative:
            return None
        return self.membership.waypoint(callee.namespace, callee.name)

    def at_pod(self, callee: Callee, port: Port, number: int) -> Decision:
        """Return what decides at the pods of a callee."""
        plane = self.membership.plane(callee.namespace, callee.labels)
        policies = policies_of(self.manifests, self.program.cluster.trust_domain)
        reading: Reading = "http" if port.protocol in HTTP_PROTOCOLS else "tcp"
        return Decision(
            f"mesh at {callee.key}",
            policies.at_pods(callee.namespace, callee.labels),
            "ztunnel" if plane is Mesh.AMBIENT else reading,
            Authentications(self.manifests).of(callee.namespace, callee.labels),
            plane is Mesh.AMBIENT,
            number,
        )

    def at_waypoint(self, callee: Callee, port: Port, waypoint: str) -> Decision:
        """Return what decides at the waypoint, which sees the port of the Service."""
        policies = policies_of(self.manifests, self.program.cluster.trust_domain)
        reading: Reading = "http" if port.protocol in HTTP_PROTOCOLS else "tcp"
        return Decision(
            f"waypoint of {callee.namespace}",
            policies.at_waypoint(callee.namespace, callee.name, waypoint),
            reading,
            Mtls("STRICT"),
            True,
            port.service,
        )


def mesh_step(decision: Decision, asked: Asked) -> Step:
    """Return what some policies say of a caller and its requests."""
    wanted = asked.region(decision.port)
    title = f"{asked.principal or 'no identity'} on port {decision.port}"
    proven = authenticated(wanted, decision.mtls, ambient=decision.ambient)
    if not proven:
        text = f"mutual TLS is {decision.mtls.mode}, and the caller has no identity in the mesh"
        said = decision.mtls.said
        place = said.where() if said is not None else None
        return Step(decision.name, title, "denied", (Reason(text, place),))
    must = admitted(decision.policies, decision.reading).must
    verdict: Verdict = "allowed"
    if not products.both(must, wanted):
        verdict = "denied"
    elif products.subtract(wanted, must, full):
        verdict = "partly"
    return Step(decision.name, title, verdict, tuple(_reasons(decision, wanted, verdict)))


def _reasons(decision: Decision, wanted: Region, verdict: Verdict) -> Iterable[Reason]:
    if not any(policy.action == "ALLOW" for policy in decision.policies):
        yield Reason("no AuthorizationPolicy is about it, so every caller is admitted")
    for policy in decision.policies:
        name = f"AuthorizationPolicy {policy.found.namespace}/{policy.found.name}"
        hits = [
            number
            for number, match in enumerate(policy.matches(decision.reading))
            if products.both(match.may, wanted)
        ]
        for number in hits:
            place = policy.found.where("spec", "rules", number)
            if policy.action == "ALLOW" and verdict != "denied":
                yield Reason(f"rule {number + 1} of {name}", place)
            elif policy.action != "ALLOW":
                yield Reason(f"rule {number + 1} of {name} ({policy.action})", place)
        if not hits and verdict == "denied" and policy.action == "ALLOW":
            yield Reason(f"no rule of {name} admits it", policy.found.where())
