"""Why one end may reach another in a cluster that its objects show, or who may ask the API what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from attrs import frozen

from polc.semantics.cluster import HBONE, Cluster
from polc.semantics.ends import End, named_ports
from polc.semantics.gaps import Layer
from polc.semantics.mesh.peer_authentication import Mtls
from polc.semantics.mesh.reachability import Inbound
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.privileges import EVERYONE
from polc.semantics.sets.intervals import cidr_set
from polc.semantics.sets.regions import PROTOCOLS
from polc.semantics.workloads.ports import behind
from polc.suggest import nearest
from polc.terms import Mesh
from polc.why.answer import Answer, Reason, Step, Verdict, joined
from polc.why.ends import PUBLIC_ADDRESS, Unanswerable
from polc.why.mesh import Asked, Decision, mesh_step
from polc.why.network import Hop, hop_steps
from polc.why.resources import request_of
from polc.why.verb import rbac_reasons, request_verdict

_FORMS = (
    "write `CALLER CALLEE[:PORT] [METHOD PATH]` or `PODS can VERB RESOURCE [NAME] [in NAMESPACE]`"
)


def why(cluster: Cluster, words: list[str], *, explain: bool) -> Answer:
    """Answer a question about some objects.

    Raises:
        Unanswerable: the words form no question, or name what the objects do not have.

    """
    match words:
        case [who, "can", verb, *what] if what:
            return _why_verb(cluster, _end(cluster, who), verb, what)
        case [caller, callee]:
            return _why_flow(cluster, caller, callee, None, None, explain)
        case [caller, callee, path] if path.startswith("/"):
            return _why_flow(cluster, caller, callee, None, path, explain)
        case [caller, callee, method, path] if path.startswith("/"):
            return _why_flow(cluster, caller, callee, method.upper(), path, explain)
    raise Unanswerable(f"that is no question; {_FORMS}")


# --- ends and ports -------------------------------------------------------------------------------


def _end(cluster: Cluster, word: str) -> End:
    if word == "internet":
        return End("internet", "addresses", addresses=cidr_set(PUBLIC_ADDRESS))
    if word == "any":
        return cluster.stranger("")
    if word.endswith("/*"):
        return cluster.stranger(word.removesuffix("/*"))
    try:
        return End(word, "addresses", addresses=cidr_set(str(ip_address(word))))
    except ValueError:
        pass
    known = (*cluster.pods, *cluster.expected)
    found = [end for end in known if end.id == word] or [end for end in known if end.name == word]
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(f"`{end.id}`" for end in found)
        raise Unanswerable(f"there are several `{word}`; name one: {names}")
    near = nearest(word, [text for end in known for text in (end.id, end.name)])
    advice = f"did you mean `{near}`?" if near else "no object makes pods of that name"
    raise Unanswerable(f"the manifests know no `{word}`; {advice}")


def _split(word: str) -> tuple[str, str | None]:
    head, colon, tail = word.rpartition(":")
    if colon and ":" not in head:  # an IPv6 address has several
        return head, tail
    if word.startswith("["):
        return word[1:].partition("]")[0], word.partition("]:")[2] or None
    return word, None


@frozen
class _Port:
    """A port of the pods; `service` is that of a Service in front of them, where one is meant."""

    protocol: str
    number: int
    service: int | None = None


def _port(cluster: Cluster, end: End, word: str | None) -> _Port | None:
    """Return what a port is called: a number of the pods, or a name of theirs or of a Service's."""
    if word is None:
        return None
    name, _, said = word.partition("/")
    protocol = said.upper() or "TCP"
    if protocol not in PROTOCOLS:
        raise Unanswerable(f"there is no protocol `{said}`; write TCP, UDP or SCTP")
    ways = list(_service_ports(cluster, end))
    for way, names in ways:
        if way.protocol == protocol and name in names:
            return way
    if name.isdecimal() and 0 < int(name) < 65536:
        own = next((way.service for way, _ in ways if way.number == int(name)), None)
        return _Port(protocol, int(name), own)
    ports = named_ports(end)
    if name in ports:
        protocol, number = ports[name].sample()
        return _Port(protocol, number)
    known = ", ".join(f"`{each}`" for each in sorted({*ports, *(n for _, ns in ways for n in ns)}))
    raise Unanswerable(f"`{end.id}` has no port `{name}`; it has {known or 'none with a name'}")


def _service_ports(cluster: Cluster, end: End) -> Iterator[tuple[_Port, tuple[str, ...]]]:
    template = end.template
    for service in cluster.mesh.services.before(template) if template is not None else ():
        for port in map(mapping, items(service.spec.get("ports"))):
            assert template is not None
            container, number = behind(port, template), port.get("port")
            if container is not None and type(number) is int:
                protocol = str(port.get("protocol") or "TCP")
                yield _Port(protocol, container, number), (str(port.get("name")),)


# --- flows ----------------------------------------------------------------------------------------


def _why_flow(
    cluster: Cluster, who: str, what: str, method: str | None, path: str | None, explain: bool
) -> Answer:
    caller = _end(cluster, who)
    name, word = _split(what)
    callee = _end(cluster, name)
    port = _port(cluster, callee, word)
    if caller.addresses is not None and callee.addresses is not None:
        raise Unanswerable("both ends are addresses; no object decides about these")
    inbound = cluster.inbound(callee) if cluster.has_mesh else None
    if inbound is not None and inbound.plane is Mesh.NONE:
        inbound = None
    steps: list[Step] = []
    for hop in _hops(cluster, caller, callee, port, inbound, explain):
        steps += hop_steps(cluster.reachability, hop)
    if inbound is not None and (port is None or port.protocol == "TCP"):
        steps += _mesh_steps(cluster, caller, inbound, port, method, path)
    verdict = joined(tuple(step.verdict for step in steps)) if steps else "allowed"
    on = "any port" if port is None else f"{port.number}/{port.protocol}"
    request = " ".join(filter(None, (method, path)))
    text = f"{caller.id} -> {callee.id} on {on}" + (f" with {request}" if request else "")
    layers: tuple[Layer, ...] = ("network", "mesh") if cluster.has_mesh else ("network",)
    spaces = [end.namespace for end in (caller, callee) if end.namespace]
    return Answer(text, verdict, tuple(steps), notes=tuple(_notes(cluster, layers, spaces)))


def _hops(
    cluster: Cluster,
    caller: End,
    callee: End,
    port: _Port | None,
    inbound: Inbound | None,
    explain: bool,
) -> Iterator[Hop]:
    """Yield the ways of packets: straight, or through ambient's tunnel and a waypoint."""
    tcp = port is None or port.protocol == "TCP"
    if inbound is None or not tcp or not cluster.tunnels(caller, callee):
        number, protocol = (None, "TCP") if port is None else (port.number, port.protocol)
        yield Hop(caller, callee, protocol, number, explain)
        return
    if not inbound.waypoints:
        yield Hop(caller, callee, "TCP", HBONE, explain)
    for service, name in inbound.waypoints[:1]:
        proxy = cluster.waypoint(service.namespace, name)
        yield Hop(caller, proxy, "TCP", HBONE, explain)
        yield Hop(proxy, callee, "TCP", HBONE, explain)


def _mesh_steps(
    cluster: Cluster,
    caller: End,
    inbound: Inbound,
    port: _Port | None,
    method: str | None,
    path: str | None,
) -> Iterator[Step]:
    mesh, pod = cluster.mesh, inbound.pod
    if port is None:
        yield Step("mesh", "", "partly", (Reason("name a port to see which rules decide"),))
        return
    reads = mesh.ports(pod).get(port.number) != "tcp"
    asked = _asked(cluster, caller, method if reads else None, path if reads else None)
    ambient = inbound.plane is Mesh.AMBIENT
    straight = Decision(
        f"mesh at {pod.namespace}/{pod.found.name}",
        inbound.policies,
        "ztunnel" if ambient else "http" if reads else "tcp",
        mesh.mtls(pod),
        ambient,
        port.number,
    )
    for service, name in inbound.waypoints[:1]:
        policies = mesh.policies.at_waypoint(service.namespace, service.name, name)
        number = port.service or port.number
        reading = Decision(
            f"waypoint of {service.namespace}",
            policies,
            "http" if reads else "tcp",
            Mtls("STRICT"),
            True,
            number,
        )
        yield mesh_step(reading, asked)
        relay = Asked(f"{mesh.trust}/ns/{service.namespace}/sa/{name}", None, None, None)
        yield mesh_step(straight, relay)
        return
    yield mesh_step(straight, asked)


def _asked(cluster: Cluster, caller: End, method: str | None, path: str | None) -> Asked:
    """Return a request as a mesh sees it; pods that nobody described may be of any account."""
    if caller.addresses is not None:
        address = PUBLIC_ADDRESS if caller.id == "internet" else str(caller.id)
        return Asked(None, address, method, path)
    principal = None
    if cluster.mesh.plane(caller.namespace, caller.labels) is not Mesh.NONE:
        account = "*" if caller.account is None else caller.account
        principal = f"{cluster.mesh.trust}/ns/{caller.namespace}/sa/{account}"
    return Asked(principal, None, method, path)


def _notes(cluster: Cluster, layers: Iterable[Layer], namespaces: Iterable[str]) -> Iterator[str]:
    for gap in cluster.gaps:
        if any(gap.concerns(layer, *namespaces) for layer in layers):
            yield f"depends on what was not read: {gap.message}"


# --- privileges -----------------------------------------------------------------------------------


def _why_verb(cluster: Cluster, end: End, verb: str, words: list[str]) -> Answer:
    if end.addresses is not None or end.account is None:
        raise Unanswerable(f"`{end.id}` has no service account that the manifests name")
    request = request_of(end.namespace, verb, words, _FORMS)
    entries, gaps = cluster.rbac.granted(end.namespace, end.account)
    verdicts = [(entry, request_verdict(entry.access, request)) for entry in entries]
    said = [(entry, verdict) for entry, verdict in verdicts if verdict != "denied"]
    reasons = [reason for entry, _ in said for reason in rbac_reasons(entry)]
    verdict: Verdict = "denied"
    if said:
        verdict = "allowed" if any(each == "allowed" for _, each in said) else "partly"
    if request in EVERYONE:
        verdict = "allowed"
        reasons.append(Reason("every service account of a cluster may ask this"))
    if not reasons:
        reasons = [Reason("no role that is bound to the service account gives it")]
    notes = [f"not decided: {gap.reason} ({gap.at.where(*gap.place)})" for gap in gaps]
    notes += _notes(cluster, ("rbac",), [end.namespace])
    text = f"service account {end.namespace}/{end.account}: {request}"
    return Answer(text, verdict, (Step("RBAC", "", verdict, tuple(reasons)),), notes=tuple(notes))
