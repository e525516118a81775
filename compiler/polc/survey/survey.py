"""What manifests say by themselves: mistakes, what can't be decided, and who may reach whom."""

from collections.abc import Iterator

from attrs import frozen

from polc.codes.proof import BELOW_STANDARD, NOT_DECIDED
from polc.diagnostics import Diagnostic, Severity
from polc.gaps import gap_finding
from polc.semantics.mesh.model import MeshModel
from polc.semantics.mesh.reachability import ways
from polc.semantics.network.networkpolicy import Direction
from polc.semantics.network.policies import Network, read_network
from polc.semantics.objects.model import Manifests
from polc.semantics.objects.shapes import guarded
from polc.semantics.pods.standards import breaches
from polc.semantics.rbac.bindings import Entry, read_rbac
from polc.semantics.sets.labels import NAME_LABEL
from polc.semantics.sets.regions import EVERY_PORT, PortSet, Region
from polc.semantics.workloads.templates import Template, templates, unknown_makers
from polc.survey.mesh import mesh_mistakes
from polc.survey.mistakes import network_mistakes, rbac_mistakes
from polc.survey.ports import port_mistakes
from polc.survey.routes import route_mistakes
from polc.terms import Level

_MOST_PODS = 300
"""Up to here the connections of all pairs are worked out and listed."""


def survey(manifests: Manifests) -> tuple[Diagnostic, ...]:
    """Report what is wrong with manifests whatever they are meant for, and what is undecided."""
    _, unread = read_network(manifests)
    rbac = read_rbac(manifests)
    gaps = (
        Diagnostic(
            NOT_DECIDED, f"{gap.at.kind} `{gap.at.name}`: {gap.reason}", gap.at.span(*gap.place)
        )
        for gap in rbac.gaps
    )
    makers = (
        Diagnostic(NOT_DECIDED, f"{each.kind} `{each.name}` makes pods in its own way", each.span())
        for each in unknown_makers(manifests)
    )
    return (
        *map(gap_finding, unread),
        *gaps,
        *makers,
        *network_mistakes(manifests),
        *port_mistakes(manifests),
        *rbac_mistakes(manifests, rbac),
        *_mesh(manifests),
        *_pods(manifests),
    )


def _mesh(manifests: Manifests) -> tuple[Diagnostic, ...]:
    """Report mistakes in the objects of a mesh, and what can't be decided of them."""

    def find(objects: Manifests) -> tuple[Diagnostic, ...]:
        return (*mesh_mistakes(MeshModel(objects)), *route_mistakes(objects))

    found, odd = guarded(find, manifests)
    return (*found, *map(gap_finding, odd))


def _pods(manifests: Manifests) -> Iterator[Diagnostic]:
    """Report what Pod Security refuses: each field for *baseline*, all in one for *restricted*."""
    for template in templates(manifests):
        found = breaches(template, Level.RESTRICTED)
        for breach in found:
            if breach.level is Level.BASELINE:
                yield Diagnostic(
                    BELOW_STANDARD,
                    f"{template.title}: `{template.path(*breach.path)}`: {breach.message}",
                    template.found.span(*template.keys, "spec", *breach.path),
                    help="forbidden by the Pod Security Standard `baseline`",
                    severity=Severity.WARNING,
                )
        short = [breach for breach in found if breach.level is Level.RESTRICTED]
        if short:
            checks = ", ".join(sorted({breach.check for breach in short}))
            yield Diagnostic(
                BELOW_STANDARD,
                f"{template.title}: refused by the Pod Security Standard `restricted` ({checks})",
                template.found.span(*template.keys, "spec", *short[0].path),
                help=f"the first of it is at `{template.path(*short[0].path)}`",
                severity=Severity.NOTE,
            )


@frozen
class Connection:
    """Pods of one object that may reach pods of another. Names are `namespace/name`."""

    source: str
    target: str
    ports: PortSet


def connections(manifests: Manifests) -> tuple[Connection, ...]:
    """Return who may reach whom among the pods of the input, by network policies alone."""
    network, _ = read_network(manifests)
    pods = sorted(templates(manifests), key=lambda each: (each.namespace, each.found.name))
    sends = [_allowed(network, each, "egress") for each in pods]
    takes = [_allowed(network, each, "ingress") for each in pods]
    found: list[Connection] = []
    for source, egress in zip(pods, sends, strict=True):
        for target, ingress in zip(pods, takes, strict=True):
            if source is target:
                continue
            ports = _towards(egress, target, network) & _towards(ingress, source, network)
            if ports:
                found.append(Connection(_name(source), _name(target), ports))
    return tuple(found)


def _allowed(network: Network, pod: Template, direction: Direction) -> Region:
    return network.allows(pod.namespace, pod.labels, direction)


def _towards(region: Region, pod: Template, network: Network) -> PortSet:
    """Return the ports on which a region has a pod."""
    known = network.world.namespaces.get(pod.namespace, {})
    namespace = {**known, NAME_LABEL: pod.namespace}
    labels = pod.labels
    ports = PortSet()
    for box, more in region.pods:
        if box.holds(namespace, labels):
            ports |= more
    return ports


def _name(pod: Template) -> str:
    return f"{pod.namespace}/{pod.found.name}"


def survey_text(manifests: Manifests) -> str:
    """Return who may reach whom, a line for each pair, and who has which privileges."""
    lines: list[str] = []
    pods = list(templates(manifests))
    if len(pods) > _MOST_PODS:
        lines.append(f"{len(pods)} workloads: too many to list who may reach whom")
    elif len(pods) > 1:
        lines.append("who may reach whom, by network policies:")
        for each in connections(manifests):
            ports = "every port" if each.ports == EVERY_PORT else str(each.ports)
            lines.append(f"  {each.source} -> {each.target}: {ports}")
        if len(lines) == 1:
            lines.append("  nobody")
        lines += _by_mesh(manifests)
    rbac = read_rbac(manifests)
    held = [(account, rbac.granted(*account)[0]) for account in rbac.accounts()]
    rows = [
        f"  {namespace}/{name}: {', '.join(sorted({_role(each) for each in entries}))}"
        for (namespace, name), entries in held
        if entries
    ]
    if rows:
        lines += ["who has privileges on the Kubernetes API:", *rows]
    return "".join(f"{line}\n" for line in lines)


def _by_mesh(manifests: Manifests) -> list[str]:
    """Return the same by what the mesh admits, where it has policies."""
    kinds = ("AuthorizationPolicy", "PeerAuthentication")
    if not any(manifests.of_kind(kind, "security.istio.io") for kind in kinds):
        return []
    rows = [f"  {each}" for each in ways(MeshModel(manifests))]
    return ["who may reach whom, by the mesh:", *(rows or ["  nobody"])]


def _role(entry: Entry) -> str:
    wide = entry.binding.kind == "ClusterRoleBinding"
    scope = "cluster-wide" if wide else entry.binding.namespace
    name = entry.role.name if entry.role is not None else "cluster-admin"
    return f"{name} ({scope})"
