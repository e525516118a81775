"""Ways by a proxy that stands before Services: a waypoint in ambient mode, or a gateway.

It counts in ports of the Service, and lets through what the pods' ztunnel admits from its own
account (istio.io, "Configure waypoint proxies").
"""

from collections.abc import Iterator

from attrs import frozen

from polc.diff.objects.mesh_gains import Way, admits
from polc.diff.objects.protocols import Spoken, service_ports
from polc.diff.objects.subjects import Subject
from polc.diff.objects.view import View
from polc.ir.mesh import WAYPOINT
from polc.ir.nodes import HTTP_PROTOCOLS, Mesh, Transport
from polc.semantics.mesh.authorization import Admitted
from polc.semantics.mesh.model import spoken
from polc.semantics.mesh.peer_authentication import Mtls
from polc.semantics.mesh.ways import ServicePort, open_ports
from polc.semantics.objects.values import mapping
from polc.semantics.sets import strings
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import Region, box
from polc.semantics.sets.strings import StringSet

Target = tuple[str, str, str]
"""Kind, namespace and name of what a policy refers to."""


@frozen(eq=False)
class Relay:
    """A waypoint before a Service of some pods; `ports` none: nobody says what they lead to."""

    way: Way
    principal: StringSet
    ports: tuple[ServicePort, ...]

    @property
    def own(self) -> Region:
        """Its own calls to the pods' ports, which are those of its callers."""
        ports = IntSet.of((each.container, each.container + each.more) for each in self.ports)
        return (box(who=self.principal, **({"port": ports} if ports else {})),)

    def moved(self, region: Region, pods: Way, *, sure: bool) -> Region:
        """Count requests in ports of the pods, where these let the waypoint in."""
        opened = open_ports(admits(pods, sure=sure), self.principal)
        ports = self.ports or (ServicePort(1, 1, 65534),)
        given = Admitted(region, region)
        return tuple(box for each in ports for box in each.moved(given, opened, opened).may)


def services_of(view: View, subject: Subject) -> Iterator[str]:
    """Yield the names of the Services in front of some pods."""
    labels = dict(subject.labels)
    if not labels:
        return
    for service in view.side.manifests.of_kind("Service", ""):
        selector = mapping(service.spec.get("selector"))
        same = service.namespace == subject.namespace
        if same and selector and selector.items() <= labels.items():
            yield service.name
    for workload in view.side.program.workloads if view.side.program else ():
        if workload.namespace == subject.namespace and set(workload.pods.labels) <= set(
            subject.labels
        ):
            yield workload.name
    for kind, namespace, name in targets_of(view):
        if kind == "Service" and subject.name == f"{namespace}/{name}":
            yield name


def relay(view: View, subject: Subject, service: str) -> Relay | None:
    """Return the waypoint between callers of a Service and its pods, if there is one."""
    namespace = subject.namespace
    if view.membership.plane(namespace, dict(subject.labels)) is not Mesh.AMBIENT:
        return None
    name = view.membership.waypoint(namespace, service)
    if name is None:
        return None
    said, ports = Spoken(), []
    for port, container in service_ports(view.side.manifests, subject):
        number = port.get("port")
        if type(number) is int:
            said |= Spoken.of(spoken(port), IntSet(((number, number),)))
            ports += [ServicePort(low, number, high - low) for low, high in container.intervals]
    for workload in view.side.program.workloads if view.side.program else ():
        if (workload.namespace, workload.name) == (namespace, service):
            for each in workload.ports:
                if each.transport is Transport.TCP:
                    last = each.service + each.end - each.container
                    word = "http" if each.protocol in HTTP_PROTOCOLS else "tcp"
                    said |= Spoken.of(word, IntSet(((each.service, last),)))
                    more = each.end - each.container
                    ports.append(ServicePort(each.container, each.service, more))
    policies = view.policies.at_waypoint(namespace, service, name)
    way = Way(policies, said.readings(), Mtls("STRICT"), ambient=True)
    principal = strings.of_texts((f"{view.trust}/ns/{namespace}/sa/{name}",))
    return Relay(way, principal, tuple(dict.fromkeys(ports)))


def targets_of(view: View) -> Iterator[Target]:
    """Yield the Services and gateways that policies refer to, but for waypoints.

    A Service without a name is any other one behind the waypoint of its namespace.
    """
    for namespace, _ in view.membership.waypoints:
        yield "Service", namespace, ""
    for namespace, group in view.policies.by_namespace.items():
        for policy in group:
            for kind, name in policy.targets:
                is_waypoint = (namespace, name) in view.membership.waypoints or name == WAYPOINT
                if kind == "Service" or (kind == "Gateway" and not is_waypoint):
                    yield kind, namespace, name


def named_way(view: View, kind: str, namespace: str, name: str) -> Way | None:
    """Return the way by what policies refer to, where nothing else is known of it; maybe none."""
    if kind == "Gateway":
        policies = view.policies.at_waypoint(namespace, "", name)
    else:
        waypoint = view.membership.waypoint(namespace, name)
        if waypoint is None and namespace in view.side.manifests.namespaces:
            return None
        policies = view.policies.at_waypoint(namespace, name, waypoint or WAYPOINT)
    return Way(policies, Spoken().readings(), Mtls("STRICT"), ambient=True)
