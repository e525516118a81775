"""Kubelet's probes and hooks: whether they get through to the pods.

- NetworkPolicy never holds what comes from a pod's own node, so without a mesh they do.
- With sidecars the injector leads them to the agent beside the proxy, unless an annotation keeps it
  from that; then they meet the proxy like any caller without a certificate. A bare connection
  succeeds there all the same: the proxy takes it.
- In ambient mode they come from a fixed address, which NetworkPolicies have to admit; ztunnel lets
  them pass.

Sources: kubernetes.io, "Network Policies"; istio.io, "Health Checking of Istio Services" and
"Ambient and Kubernetes NetworkPolicy".
"""

from collections.abc import Iterator
from functools import cached_property

from attrs import frozen

from polc.codes.proof import UNMET_NEED
from polc.declared import mesh as declared_mesh
from polc.declared.network import KUBELET
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Mesh, Port, Program, Workload
from polc.semantics.mesh.authorization import Policies, admitted, authenticated, policies_of
from polc.semantics.mesh.fields import ANONYMOUS
from polc.semantics.mesh.membership import Membership
from polc.semantics.mesh.peer_authentication import Authentications
from polc.semantics.network.policies import Network, read_network
from polc.semantics.objects.model import Manifests
from polc.semantics.sets import products, strings
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import box
from polc.semantics.workloads.probes import Check, checks, rewritten
from polc.semantics.workloads.templates import Template

_HEALTH = "/grpc.health.v1.Health/Check"
_WORDS = {"readinessProbe": "ready", "livenessProbe": "live", "startupProbe": "startup"}


@frozen(eq=False, slots=False)
class Kubelet:
    """What kubelet asks of pods, and what stands in its way."""

    manifests: Manifests
    program: Program

    def blocked(self, template: Template, workload: Workload) -> tuple[list[Diagnostic], int]:
        """Return the checks of some pods that fail, and how many there are."""
        if template.is_knative or template.spec.get("hostNetwork"):
            return [], 0
        found: list[Diagnostic] = []
        asked = list(checks(template))
        for each in asked:
            if each.port is None:
                found.append(_no_port(each, template))
                continue
            why = self._why(each, each.port, template)
            if why is not None:
                found.append(_blocked(each, why, template, workload))
        return found, len(asked)

    def _why(self, check: Check, port: int, template: Template) -> tuple[str, bool] | None:
        """Return what stands in the way, and whether the program could open it."""
        if self.program.cluster.mesh is Mesh.NONE:
            return None
        namespace, labels = template.namespace, template.labels
        plane = self.membership.plane(namespace, dict(_worn(template)))
        if plane is Mesh.AMBIENT:
            permitted = self.network.permitted(namespace, labels, "ingress")
            if permitted is None or permitted.holds(KUBELET[0], "TCP", port):
                return None
            return f"no NetworkPolicy admits kubelet's address `{KUBELET[0]}` on it", True
        if plane is not Mesh.SIDECAR or rewritten(template) or check.action == "tcpSocket":
            return None
        return None if self._passes(check, port, template) else (_PROXY, False)

    def _passes(self, check: Check, port: int, template: Template) -> bool:
        """Tell whether a proxy lets in somebody without a certificate who asks for this."""
        namespace, labels = template.namespace, template.labels
        method, path = ("GET", check.path) if check.action == "httpGet" else ("POST", _HEALTH)
        asked = box(
            who=ANONYMOUS,
            port=IntSet(((port, port),)),
            method=strings.of_texts((method,)),
            path=strings.of_texts((path.partition("?")[0],)),
        )
        policies = self.policies.at_pods(namespace, labels)
        may = admitted(policies, "tcp" if check.tls else "http").may
        mtls = self.authentications.of(namespace, labels)
        return bool(products.both(authenticated(may, mtls, ambient=False), (asked,)))

    @cached_property
    def membership(self) -> Membership:
        """Who is in the mesh."""
        return declared_mesh.membership(self.manifests, self.program)

    @cached_property
    def network(self) -> Network:
        """The NetworkPolicies."""
        return read_network(self.manifests)[0]

    @cached_property
    def policies(self) -> Policies:
        """The AuthorizationPolicies."""
        return policies_of(self.manifests, self.program.cluster.trust_domain)

    @cached_property
    def authentications(self) -> Authentications:
        """The PeerAuthentications."""
        return Authentications(self.manifests)


_PROXY = (
    "it meets the sidecar without a certificate, which is refused there, for the annotation"
    " `sidecar.istio.io/rewriteAppHTTPProbers` keeps it from the agent beside the proxy"
)


def _worn(template: Template) -> Iterator[tuple[str, str]]:
    """Yield labels of pods; an annotation that keeps the sidecar away counts as its label."""
    if template.annotations.get("sidecar.istio.io/inject") == "false":
        yield "sidecar.istio.io/inject", "false"
    yield from template.labels.items()


def _no_port(check: Check, template: Template) -> Diagnostic:
    return Diagnostic(
        UNMET_NEED,
        f"{template.title}: the {check.what} asks the port `{check.said}`, which its container does"
        " not have",
        template.found.span(*template.keys, "spec", *check.keys),
        help="write the name of a port of that container, or its number",
    )


def _blocked(
    check: Check, why: tuple[str, bool], template: Template, workload: Workload
) -> Diagnostic:
    reason, by_program = why
    help_ = "take the annotation away"
    if by_program:
        lines = " and ".join(f"`{each}`" for each in _lines(check, workload))
        help_ = f"write {lines} in service `{workload.name}`"
    return Diagnostic(
        UNMET_NEED,
        f"{template.title}: the {check.what} can't reach TCP port {check.port} of its pods:"
        f" {reason}",
        template.found.span(*template.keys, "spec", *check.keys),
        labels=(Label(workload.span, f"what the program says of `{workload.key}`"),),
        help=help_,
    )


def _lines(check: Check, workload: Workload) -> Iterator[str]:
    """Yield what to write, so that the compiler opens the way; a hook needs any probe there."""
    port = _port(check, workload)
    word = _WORDS.get(check.field, "live")
    name = port.name if port is not None else _new_name(word, workload)
    if port is None:
        protocol = {"httpGet": "https" if check.tls else "http", "grpc": "grpc"}
        yield f"port {name} {check.port} {protocol.get(check.action, 'tcp')}"
    match check.action:
        case "httpGet" if not check.tls:
            yield f'probe {word} GET "{check.path}" on {name}'
        case "grpc":
            yield f"probe {word} grpc on {name}"
        case _:
            yield f"probe {word} tcp on {name}"


def _port(check: Check, workload: Workload) -> Port | None:
    return next(
        (
            each
            for each in workload.ports
            if check.port is not None and each.container <= check.port <= each.end
        ),
        None,
    )


def _new_name(word: str, workload: Workload) -> str:
    names = {each.name for each in workload.ports}
    return next(name for name in (word, "health", f"{word}-probe", "kubelet") if name not in names)
