"""Why one end may call another, or what is missing for it."""

from collections.abc import Iterator

from attrs import evolve, frozen

from polc.diff.sets import Rules, peer_covers, port_covers, requests_outside
from polc.ir.nodes import (
    HTTP_PROTOCOLS,
    Addresses,
    AllPods,
    Flow,
    Host,
    HttpRequest,
    Mesh,
    NamespacePods,
    Path,
    Peer,
    Pods,
    Port,
    Program,
    Transport,
)
from polc.ir.paths import matches
from polc.ir.show import request_text
from polc.semantics.network.admin import read_admin_policies
from polc.semantics.network.policies import read_network
from polc.semantics.network.reachability import Reachability
from polc.semantics.objects.model import Manifests
from polc.semantics.sets.intervals import block_set, cidr_set
from polc.why.advice import missing_lines
from polc.why.answer import Answer, Reason, Step, Verdict, joined
from polc.why.ends import End
from polc.why.mesh import Asked, MeshLayer, mesh_step
from polc.why.network import Hop, end_of, hop_steps

_HBONE, _QUEUE_HTTP1, _QUEUE_H2C = 15008, 8012, 8013
_Way = tuple[Pods | str, Pods | str, str, int]
"""Who sends packets to whom, by which protocol and on which port."""


@frozen
class FlowQuestion:
    """Whether `caller` may call `callee` on `port`, with `method` and `path` if given."""

    caller: End
    callee: End
    port: Port
    method: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        request = " ".join(filter(None, (self.method, self.path)))
        number = f"{self.port.container}/{self.port.transport.value}"
        name = f" {self.port.name}" if self.port.name != str(self.port.container) else ""
        text = f"{self.caller.name} -> {self.callee.name} on{name} ({number})"
        return f"{text} with {request}" if request else text


def why_flow(
    program: Program, manifests: Manifests, question: FlowQuestion, *, explain: bool = False
) -> Answer:
    """Answer a question about a flow from the objects, and name the lines of the program.

    With `explain` every rule that is about the ends is told, also one for other ports.
    """
    question, notes = _by_gateway(program, question)
    declared = tuple(_declared(program, question))
    said = _program_step(question, declared)
    steps = tuple(_object_steps(program, manifests, question, explain))
    verdict = joined(tuple(step.verdict for step in steps)) if steps else said.verdict
    if not steps:
        notes = (*notes, "no object restricts this; the program alone answers")
    missing: tuple[Reason, ...] = ()
    if verdict != "allowed":
        opened = any(_is_opened(flow, question) for flow in program.flows)
        missing = missing_lines(question, declared, opened=opened)
    return Answer(str(question), verdict, (said, *steps), missing, notes)


def _by_gateway(program: Program, question: FlowQuestion) -> tuple[FlowQuestion, tuple[str, ...]]:
    """Ask for the gateway where the internet comes in by one: packets come from its pods."""
    if question.caller.name != "internet":
        return question, ()
    for flow in program.flows:
        if flow.hosts and isinstance(flow.source, Pods) and _is_callee(flow, question):
            key = flow.source.key
            caller = End(f"internet via {key}", flow.source, pods=flow.source)
            hosts = ", ".join(flow.hosts)
            return evolve(question, caller=caller), (f"as {hosts}, through the gateway `{key}`",)
    return question, ()


def _is_callee(flow: Flow, question: FlowQuestion) -> bool:
    return _reaches(flow.target, question.callee) and port_covers(flow.port, question.port)


def _declared(program: Program, question: FlowQuestion) -> Iterator[Flow]:
    """Yield the flows between these ends, whatever requests they admit."""
    owned = frozenset(namespace.name for namespace in program.namespaces)
    for flow in program.flows:
        if not port_covers(flow.port, question.port):
            continue
        if _reaches(flow.source, question.caller, owned) and _reaches(
            flow.target, question.callee, owned
        ):
            yield flow


def _is_opened(flow: Flow, question: FlowQuestion) -> bool:
    """Tell whether the callee admits a broad peer that the caller is one of."""
    broad = isinstance(flow.source, AllPods | NamespacePods) and flow.requests is None
    return broad and _is_callee(flow, question) and _reaches(flow.source, question.caller)


def _reaches(peer: Peer, end: End, owned: frozenset[str] = frozenset()) -> bool:
    """Tell whether what a program names is, or contains, an end of the question."""
    if isinstance(peer, Addresses) and end.address is not None and end.name != peer.name:
        if end.name == "internet":
            return False
        address = cidr_set(end.address)
        return any(address <= block_set(each.cidr, each.excepts) for each in peer.blocks)
    if isinstance(peer, Addresses | Host):
        return peer.name == end.name
    if not end.known and isinstance(peer, AllPods | NamespacePods):
        return peer_covers(peer, end.peer, Rules())
    return end.pods is not None and peer_covers(peer, end.pods, Rules(True, owned))


def _program_step(question: FlowQuestion, declared: tuple[Flow, ...]) -> Step:
    if not declared:
        return Step("program", "", "denied", (Reason("nothing declares it"),))
    admitting = [flow for flow in declared if _admits(flow, question) != "denied"]
    verdicts = {_admits(flow, question) for flow in declared}
    verdict: Verdict = "denied"
    if verdicts & {"allowed", "partly"}:
        verdict = "allowed" if "allowed" in verdicts else "partly"
    reasons = [
        Reason(
            " ".join(span.source.line_text(span.line).split()), f"{span.source.name}:{span.line}"
        )
        for flow in (admitting or declared)
        for span in flow.spans
        if span.source.text
    ]
    if verdict != "allowed":
        only = sorted({request_text(each) for flow in declared for each in flow.requests or ()})
        reasons.append(Reason(f"only for {', '.join(only)}"))
    return Step("program", "", verdict, tuple(dict.fromkeys(reasons)))


def _admits(flow: Flow, question: FlowQuestion) -> Verdict:
    if flow.requests is None:
        return "allowed"
    if question.path is None:
        return "partly"
    path = question.path.partition("?")[0]
    exact = Path(tuple(path.removeprefix("/").split("/")))
    methods = (question.method,) if question.method else ()
    asked = (HttpRequest(methods, exact),)
    if "*" in exact.segments:
        inside = any(isinstance(r, HttpRequest) and matches(r.path, path) for r in flow.requests)
        return "partly" if inside else "denied"
    rest = requests_outside(asked, flow.requests)
    return "allowed" if rest == () else "denied"


# --- the objects ----------------------------------------------------------------------------------


def _object_steps(
    program: Program, manifests: Manifests, question: FlowQuestion, explain: bool
) -> Iterator[Step]:
    """Yield what each layer says on the way that packets and requests take."""
    if isinstance(question.callee.peer, Host):
        return
    reach = Reachability(read_network(manifests)[0], (), read_admin_policies(manifests)[0])
    mesh = MeshLayer(manifests, program)
    for source, target, protocol, number in _hops(program, mesh, question):
        one, other = (end_of(each, manifests.namespaces) for each in (source, target))
        yield from hop_steps(reach, Hop(one, other, protocol, number, explain))
    pods, port = question.callee.pods, question.port
    callee = mesh.known(pods) if pods is not None else None
    if callee is None or port.transport is not Transport.TCP:
        return
    asked = _asked(program, question)
    waypoint = mesh.waypoint(callee)
    if waypoint is not None and question.caller.pods is not None:
        domain = program.cluster.trust_domain
        yield mesh_step(mesh.at_waypoint(callee, port, waypoint), asked)
        relay = Asked(f"{domain}/ns/{callee.namespace}/sa/{waypoint}", None, None, None)
        yield mesh_step(mesh.at_pod(callee, port, port.container), relay)
    else:
        number = _queue(port) if callee.knative else port.container
        yield mesh_step(mesh.at_pod(callee, port, number), asked)


def _asked(program: Program, question: FlowQuestion) -> Asked:
    pods = question.caller.pods
    principal = None
    if pods is not None and pods.account is not None:
        principal = f"{program.cluster.trust_domain}/ns/{pods.namespace}/sa/{pods.account}"
    reads = question.port.protocol in HTTP_PROTOCOLS
    method = question.method if reads else None
    return Asked(principal, question.caller.address, method, question.path if reads else None)


def _hops(program: Program, mesh: MeshLayer, question: FlowQuestion) -> Iterator[_Way]:
    """Yield the ways of packets: to the pods, through the mesh's tunnel, a waypoint or Knative."""
    source = question.caller.pods or question.caller.address
    target = question.callee.pods or question.callee.address
    port = question.port
    if source is None or target is None:
        return
    if isinstance(target, Pods) and target.knative:
        yield from _knative_hops(program, source, target, _queue(port))
        return
    callee = mesh.known(target) if isinstance(target, Pods) else None
    tunnel = (
        program.cluster.mesh is Mesh.AMBIENT
        and port.transport is Transport.TCP
        and isinstance(source, Pods)
        and isinstance(target, Pods)
        and callee is not None
    )
    if not tunnel:
        yield (source, target, port.transport.value, port.container)
        return
    assert callee is not None
    waypoint = mesh.waypoint(callee)
    if waypoint is None:
        yield (source, target, "TCP", _HBONE)
        return
    labels = (("gateway.networking.k8s.io/gateway-name", waypoint),)
    key = f"{callee.namespace}/{waypoint}"
    proxy = Pods(key, callee.namespace, labels, waypoint, "gateway")
    yield (source, proxy, "TCP", _HBONE)
    yield (proxy, target, "TCP", _HBONE)


def _knative_hops(
    program: Program, source: Pods | str, target: Pods, number: int
) -> Iterator[_Way]:
    """Yield the way to Knative's pods: from the caller's sidecar, else by the local gateway."""
    cluster = program.cluster
    came_in = isinstance(source, Pods) and source.origin == "gateway"
    if cluster.mesh is Mesh.SIDECAR or came_in:
        yield (source, target, "TCP", number)
        return
    gateway = cluster.knative_gateway
    for port in gateway.ports[:1]:
        yield (source, gateway.pods, port.transport.value, port.container)
    yield (gateway.pods, target, "TCP", number)


def _queue(port: Port) -> int:
    return _QUEUE_H2C if port.protocol in ("http2", "grpc") else _QUEUE_HTTP1
