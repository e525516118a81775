"""Program and artifacts to a summary: all that a reviewer has to know besides the manifests.

Whatever the compiler added, relaxed, granted or left out is in it, each with its place.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from typing import Literal

from attrs import field, frozen

from polc.backend import Artifact, ComponentPart, KubernetesObject, TextFile
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Flow,
    Grant,
    Host,
    Isolation,
    Level,
    NamespacePods,
    NetworkRule,
    Peer,
    Pods,
    Program,
    Purpose,
    TransportPort,
    UrlGrant,
    Workload,
)
from polc.source import Span


@frozen
class Added:
    """Packets that nobody declared but that the rest needs (language.md 5.2)."""

    purpose: str
    service: str
    direction: str
    peer: str
    ports: tuple[str, ...]


@frozen
class Item:
    """Something to look at: `what` of `subject`, and why and until when it is so."""

    subject: str
    what: str
    because: str | None
    until: date | None
    place: str | None


@frozen
class Proof:
    """Whether the output was proved to permit exactly what is declared.

    `layers` were judged; `unasked` were not, since no target of the build makes anything of theirs.
    `undecided` and `wrong` are why it is not proved.
    """

    status: Literal["proved", "not proved", "nothing proved", "not asked"] = "not asked"
    counts: tuple[tuple[str, int], ...] = ()
    layers: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


@frozen
class Summary:
    """All of it, sorted."""

    environment: str | None
    cluster: str
    mesh: str
    today: date
    namespaces: int
    services: int
    flows: int
    objects: tuple[tuple[str, int], ...]
    patches: int
    texts: int
    added: tuple[Added, ...]
    relaxed: tuple[Item, ...]
    privileged: tuple[Item, ...]
    broad: tuple[Item, ...]
    levels: tuple[Item, ...]
    expires: tuple[Item, ...]
    expired: tuple[Item, ...]
    proof: Proof = field(factory=Proof)


def summarize(
    program: Program,
    artifacts: Iterable[Artifact],
    objects: Iterable[KubernetesObject],
    privileged: Callable[[Grant], str | None],
    proof: Proof | None = None,
) -> Summary:
    """Collect what a build did.

    `objects` are all that go to the cluster; `privileged` tells what a grant amounts to; without a
    `proof` nobody asked for one.
    """
    artifacts = tuple(artifacts)
    kinds = Counter(str(item.body["kind"]) for item in objects)
    return Summary(
        environment=program.environment,
        cluster=program.cluster.name,
        mesh=program.cluster.mesh.value,
        today=program.today,
        namespaces=len(program.namespaces),
        services=len(program.workloads),
        flows=len(program.flows),
        objects=tuple(sorted(kinds.items())),
        patches=sum(isinstance(item, ComponentPart) for item in artifacts),
        texts=sum(isinstance(item, TextFile) for item in artifacts),
        added=_added(program.isolations),
        relaxed=_sorted(item for each in program.workloads for item in _relaxed(each)),
        privileged=_sorted(
            item for each in program.workloads for item in _privileged(each, privileged)
        ),
        broad=_sorted(map(_broad, filter(_is_broad, program.flows))),
        levels=_levels(program),
        expires=_expires(program),
        expired=tuple(
            Item(place_of(each.span) or "", each.what, None, each.until, place_of(each.span))
            for each in sorted(program.expired, key=lambda each: (each.until, each.what))
        ),
        proof=proof or Proof(),
    )


def place_of(span: Span) -> str | None:
    """Return `file:line`, or None for what no text says."""
    return f"{span.source.name}:{span.line}" if span.source.text else None


def counts_text(counts: Iterable[tuple[str, int]]) -> str:
    """Return what a proof looked at: `2 flows, 1 service hardened`."""
    return ", ".join(f"{number} {_of(number, name)}" for name, number in counts)


def _of(number: int, plural: str) -> str:
    """Return `service hardened` for one of the `services hardened`."""
    return re.sub(r"s\b", "", plural, count=1) if number == 1 else plural


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 service` or `2 services`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def peer_name(peer: Peer) -> str:
    """Return what a program calls a peer."""
    match peer:
        case Pods(key=key):
            return key
        case NamespacePods(namespace=name):
            return f"namespace {name}"
        case AllPods():
            return "any"
        case Addresses(name=name):
            return name
        case Host(name=name, host=host):
            return f"{name} ({host})"


def port_name(port: TransportPort) -> str:
    """Return `53/UDP` or `8000-8010/TCP`."""
    end = f"-{port.end}" if port.end != port.port else ""
    return f"{port.port}{end}/{port.transport.value}"


def _added(isolations: Iterable[Isolation]) -> tuple[Added, ...]:
    order = {purpose: number for number, purpose in enumerate(Purpose)}
    rows: dict[tuple[int, str, str, str], Added] = {}
    for isolation in isolations:
        for direction, rules in (("from", isolation.ingress), ("to", isolation.egress)):
            for rule in rules:
                if rule.purpose is not Purpose.DECLARED:
                    added = _added_rule(isolation, direction, rule)
                    key = (order[rule.purpose], added.service, direction, added.peer)
                    before = rows.get(key)
                    ports = (before.ports if before else ()) + added.ports
                    rows[key] = Added(*_without_ports(added), tuple(dict.fromkeys(ports)))
    return tuple(rows[key] for key in sorted(rows))


def _added_rule(isolation: Isolation, direction: str, rule: NetworkRule) -> Added:
    name = f"{isolation.key} (waypoint)" if isolation.waypoint else isolation.key
    ports = tuple(map(port_name, rule.ports))
    return Added(rule.purpose.value, name, direction, peer_name(rule.peer), ports)


def _without_ports(added: Added) -> tuple[str, str, str, str]:
    return added.purpose, added.service, added.direction, added.peer


_UNHELD = " (no policy holds what it calls)"


def _relaxed(workload: Workload) -> Iterable[Item]:
    security = workload.security
    pairs = [
        (f"relax {each.name}{_UNHELD if each.name == 'host-network' else ''}", each)
        for each in security.relaxed
    ]
    pairs += [(f"capability {each.name}", each) for each in security.capabilities]
    for what, each in pairs:
        yield Item(workload.key, what, each.because, each.until, place_of(each.span))


def _privileged(workload: Workload, amounts_to: Callable[[Grant], str | None]) -> Iterable[Item]:
    for grant in workload.grants:
        reason = amounts_to(grant) if isinstance(grant, Grant) else None
        if reason is not None:
            what = f"{grant_text(grant)} ({reason})"
            yield Item(workload.key, what, grant.because, grant.until, place_of(grant.span))


def grant_text(grant: Grant | UrlGrant) -> str:
    """Return a grant as a program says it."""
    verbs = ", ".join(grant.verbs)
    if isinstance(grant, UrlGrant):
        return f"can {verbs} path {', '.join(grant.paths)}"
    resource = grant.resource + (f".{grant.group}" if grant.group else "")
    resource += f"/{grant.subresource}" if grant.subresource else ""
    named = f" named {', '.join(grant.names)}" if grant.names else ""
    where = f" in {grant.namespace}" if grant.namespace else " cluster-wide"
    return f"can {verbs} {resource}{named}{where}"


def _is_broad(flow: Flow) -> bool:
    """Tell whether a flow has an end that the program can't list: these needed a reason."""
    ends = (flow.source, flow.target)
    return (
        bool(flow.hosts)
        or flow.plain_text
        or any(isinstance(end, (AllPods, NamespacePods)) for end in ends)
        or any(isinstance(end, Addresses) and (end.nodes or end.name == "internet") for end in ends)
    )


def _broad(flow: Flow) -> Item:
    source = f"internet via {peer_name(flow.source)}" if flow.hosts else peer_name(flow.source)
    source += " (by its node)" if isinstance(flow.source, Addresses) and flow.source.nodes else ""
    plain = " in plain text" if flow.plain_text else ""
    what = f"is reached from {source} on {flow.port.name}{plain}"
    subject = peer_name(flow.target)
    if not isinstance(flow.target, Pods):
        node = " (by its node)" if isinstance(flow.target, Addresses) and flow.target.nodes else ""
        what, subject = f"reaches {subject}{node} on {flow.port.name}", source
    return Item(subject, what, "; ".join(flow.because) or None, flow.until, _place(flow))


def _place(flow: Flow) -> str | None:
    return place_of(flow.spans[0]) if flow.spans else None


def _levels(program: Program) -> tuple[Item, ...]:
    return tuple(
        Item(each.name, f"Pod Security level {each.level.value}", None, None, place_of(each.span))
        for each in program.namespaces
        if each.level is not Level.RESTRICTED
    )


def _expires(program: Program) -> tuple[Item, ...]:
    items = [
        Item(
            peer_name(flow.target),
            f"allow from {peer_name(flow.source)} on {flow.port.name}",
            "; ".join(flow.because) or None,
            flow.until,
            _place(flow),
        )
        for flow in program.flows
    ]
    for workload in program.workloads:
        items += _relaxed(workload)
        items += [
            Item(workload.key, grant_text(each), each.because, each.until, place_of(each.span))
            for each in workload.grants
        ]
    return _sorted(item for item in items if item.until is not None)


def _sorted(items: Iterable[Item]) -> tuple[Item, ...]:
    """Sort by date where there is one, then by subject; drop repeats."""
    unique = dict.fromkeys(items)
    return tuple(sorted(unique, key=lambda item: (item.until or date.max, item.subject, item.what)))
