"""A cluster as its objects show it: who may open which connection to whom, and who may do what.

Every layer has its say: networks decide about packets, the mesh about callers and requests, RBAC
about the API. What was not read is a gap, and what depends on it names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from attrs import evolve, field, frozen

from polc.semantics.ends import End, pod_ends
from polc.semantics.gaps import Gap
from polc.semantics.mesh.model import MeshModel
from polc.semantics.mesh.reachability import Inbound, Passes, identity
from polc.semantics.network.admin import GROUP as ADMIN
from polc.semantics.network.admin import AdminPolicies, read_admin_policies
from polc.semantics.network.networkpolicy import DIRECTIONS, peer_box
from polc.semantics.network.policies import Network, read_network
from polc.semantics.network.reachability import Class, Reachability
from polc.semantics.objects.model import Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.bindings import Rbac, read_rbac
from polc.semantics.routes.entrances import Entrance, entrances
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.labels import NAME, NAME_LABEL, POD, LabelBox, Witness
from polc.semantics.sets.regions import PortSet
from polc.semantics.workloads import makers
from polc.semantics.workloads.ports import behind
from polc.terms import Block, Mesh

HBONE = 15008
_MESH_KINDS = ("AuthorizationPolicy", "PeerAuthentication")


@frozen(eq=False)
class Connection:
    """Each of `sources` may reach each of `targets` on `ports`.

    `network` is what packets may do, `mesh` what the mesh lets through of TCP; None: no mesh has a
    say. On `partly` ports some requests pass only, on `perhaps` ports nobody can tell from here.
    """

    sources: tuple[End, ...]
    targets: tuple[End, ...]
    network: PortSet
    mesh: Passes | None
    ports: PortSet
    gaps: tuple[Gap, ...] = ()

    @property
    def partly(self) -> IntSet:
        """The TCP ports on which some requests pass only."""
        return self.mesh.partly & self.ports.of_protocol("TCP") if self.mesh else IntSet()

    @property
    def perhaps(self) -> IntSet:
        """The TCP ports on which something passes perhaps."""
        return self.mesh.perhaps & self.ports.of_protocol("TCP") if self.mesh else IntSet()


@frozen(eq=False, slots=False)
class Cluster:
    """All layers of some objects. `unread` is what could not be read of them."""

    manifests: Manifests
    unread: tuple[Gap, ...] = ()
    _inbound: dict[int, Inbound] = field(factory=dict, init=False, repr=False)
    _gaps: dict[str, tuple[Gap, ...]] = field(factory=dict, init=False, repr=False)

    @cached_property
    def _network(self) -> tuple[Network, tuple[Gap, ...]]:
        return read_network(self.manifests)

    @cached_property
    def _admin(self) -> tuple[AdminPolicies, tuple[Gap, ...]]:
        return read_admin_policies(self.manifests)

    @property
    def network(self) -> Network:
        """The NetworkPolicies."""
        return self._network[0]

    @cached_property
    def mesh(self) -> MeshModel:
        """The mesh."""
        return MeshModel(self.manifests)

    @cached_property
    def rbac(self) -> Rbac:
        """Roles and bindings."""
        return read_rbac(self.manifests)

    @cached_property
    def pods(self) -> tuple[End, ...]:
        """The pods that the objects make."""
        return pod_ends(self.manifests)

    @cached_property
    def reachability(self) -> Reachability:
        """Who may send packets to whom."""
        ends = (*self.pods, *self.expected, *self.strangers)
        return Reachability(self.network, ends, self._admin[0])

    @cached_property
    def expected(self) -> tuple[End, ...]:
        """Pods that policies speak of, and no object makes: one for each selector."""
        boxes: dict[LabelBox, None] = {}
        for policies in self.network.by_namespace.values():
            for policy in policies:
                boxes[policy.pods] = None
                for direction in DIRECTIONS:
                    for rule in policy.rules(direction) or ():
                        peers = (peer for peer in rule.peers if not isinstance(peer, Block))
                        boxes.update(dict.fromkeys(map(peer_box, peers)))
        chosen = (each for each in boxes if any(axis[0] == POD for axis in each.by_axis))
        found = {end.id: end for box in chosen if (end := self._expected(box)) is not None}
        return tuple(found[name] for name in sorted(found))

    def _expected(self, box: LabelBox) -> End | None:
        """Return a pod of a box that none of the known pods is in."""
        near: Iterable[End] = self.pods
        for (side, key), values in box.conditions:
            if side == POD and not values.negated and None not in values.members:
                near = [
                    end for each in values.members for end in self._by_label.get((key, each), ())
                ]
                break
        if any(end.witness and box.holds(end.witness.namespace, end.labels) for end in near):
            return None
        witness = self.network.world.pick(box)
        if witness is None or not witness.pod:
            return None
        known = box.by_axis.get(NAME)
        space = witness.namespace_name if known is not None and not known.negated else "*"
        labels = ", ".join(f"{key}: {value}" for key, value in sorted(witness.pod.items()))
        name = f"{space} {{ {labels} }}"
        ruled = any(
            self.network.applying(witness.namespace_name, witness.pod, each) for each in DIRECTIONS
        )
        space = witness.namespace_name
        return End(name, "other pods", space, name, witness=witness, is_ruled=ruled)

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, str | None], list[End]]:
        found: dict[tuple[str, str | None], list[End]] = {}
        for end in self.pods:
            for pair in end.labels.items():
                found.setdefault(pair, []).append(end)
        return found

    @cached_property
    def strangers(self) -> tuple[End, ...]:
        """Pods that nobody described: one of each namespace that is known, and one of any other.

        They have no labels of their own: what is open to them is open to everybody there.
        """
        names = {each.namespace for each in self.pods} | set(self.manifests.namespaces)
        found = [self.stranger(name) for name in sorted(names)]
        return (*found, self.stranger(""))

    def stranger(self, namespace: str, labels: Mapping[str, str] | None = None) -> End:
        """Return a pod that nobody described, in a namespace or (without one) in any other."""
        known = self.manifests.namespaces.get(namespace, {})
        name = namespace or _fresh(self.manifests.namespaces)
        witness = Witness({**known, NAME_LABEL: name}, labels or {})
        return End(f"{namespace or '*'}/*", "other pods", name, "*", witness=witness)

    @cached_property
    def entrances(self) -> tuple[Entrance, ...]:
        """The ways into the cluster."""
        return tuple(entrances(self.manifests))

    @cached_property
    def _on_nodes(self) -> Mapping[str, Gap]:
        """What is not known of the pods on their nodes' networks, by end."""
        return {end.id: _on_node(end) for end in self.pods if end.on_node}

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not read or not understood."""
        network = (
            each
            for each in self._network[1]
            if each.found.group != ADMIN or each.name != "other-policies"
        )
        found = (*self.unread, *network, *self._admin[1], *makers.unread(self.manifests))
        return tuple(dict.fromkeys((*found, *self._on_nodes.values())))

    # --- who may reach whom -----------------------------------------------------------------------

    @cached_property
    def connections(self) -> tuple[Connection, ...]:
        """Everything that may flow between known ends, as products of ends that are alike."""
        return tuple(self._connected())

    def _connected(self) -> Iterator[Connection]:
        reach = self.reachability
        callees = {id(each): self._parted(each, _as_callee) for each in reach.classes}
        for source in reach.classes:
            callers = self._parted(source, _as_caller)
            for target in reach.targets(source):
                network = reach.between(source, target)
                for what in callees[id(target)] if network else ():
                    yield from self._pass(source, callers, target, what, network)

    def _parted(
        self, group: Class, key: Callable[[Cluster, End], object]
    ) -> tuple[tuple[End, ...], ...]:
        """Return the ends of a class in parts that neither the mesh nor a gap tells apart."""
        parts: dict[object, list[End]] = {}
        for end in group.ends:
            mesh = key(self, end) if self.has_mesh else None
            parts.setdefault((self._unsure(end.namespace), mesh), []).append(end)
        return tuple(map(tuple, parts.values()))

    @cached_property
    def has_mesh(self) -> bool:
        """Whether a mesh has a say."""
        group = "security.istio.io"
        return any(self.manifests.of_kind(kind, group) for kind in _MESH_KINDS)

    def inbound(self, end: End) -> Inbound | None:
        """Return what the mesh lets in at some pods; None: nobody described them."""
        if end.template is None:
            return None
        known = self._inbound.get(id(end))
        if known is None:
            known = self._inbound[id(end)] = Inbound(self.mesh, end.template)
        return known

    def _pass(
        self,
        source: Class,
        callers: Iterable[tuple[End, ...]],
        target: Class,
        what: tuple[End, ...],
        network: PortSet,
    ) -> Iterator[Connection]:
        """Yield what callers of a class may send to some pods: alike what is alike."""
        alike: dict[object, list[End]] = {}
        for whom in callers:
            key: object = self._unsure(whom[0].namespace)
            if self.has_mesh:
                key = (
                    key,
                    self._mesh(source, whom[0], target, what[0]),
                    self.tunnels(whom[0], what[0]),
                )
            alike.setdefault(key, []).extend(whom)
        for found in alike.values():
            yield from self._ports(source, tuple(found), target, what, network)

    def _ports(
        self,
        source: Class,
        whom: tuple[End, ...],
        target: Class,
        what: tuple[End, ...],
        network: PortSet,
    ) -> Iterator[Connection]:
        if whom == what and len(what) == 1 and whom[0].kind != "pods":
            return
        mesh = self._mesh(source, whom[0], target, what[0]) if self.has_mesh else None
        ports = network
        if mesh is not None:
            tunnel = self.tunnels(whom[0], what[0])
            tcp = network.of_protocol("TCP")
            passing = mesh.ports if tunnel and HBONE in tcp else IntSet() if tunnel else tcp
            rest = [(name, each) for name, each in network if name != "TCP"]
            ports = PortSet.of((*rest, ("TCP", passing & mesh.ports)))
        if ports:
            yield Connection(
                whom, what, network, mesh, ports, tuple(dict.fromkeys(self._depends(whom, what)))
            )

    def tunnels(self, source: End, target: End) -> bool:
        """Tell whether connections go through ambient's tunnel, so that networks see one port."""
        return not any(
            each.addresses is not None
            or self.mesh.plane(each.namespace, each.labels) is not Mesh.AMBIENT
            for each in (source, target)
        )

    def _mesh(self, source: Class, whom: End, target: Class, what: End) -> Passes | None:
        inbound = self.inbound(what)
        if inbound is None or inbound.plane is Mesh.NONE:
            return None
        relayed = all(
            self._relays(source, target, service.namespace, name)
            for service, name in inbound.waypoints
        )
        return inbound.lets_in(identity(whom, self.mesh), relayed=relayed)

    def _relays(self, source: Class, target: Class, namespace: str, waypoint: str) -> bool:
        """Tell whether packets get to a waypoint and from it to the pods."""
        proxy = self.reachability.class_of(self.waypoint(namespace, waypoint))
        ways = ((source, proxy), (proxy, target))
        return all(HBONE in self.reachability.between(*way).of_protocol("TCP") for way in ways)

    def waypoint(self, namespace: str, name: str) -> End:
        """Return the pods of a waypoint, which Istio labels with the name of their Gateway."""
        labels = {"gateway.networking.k8s.io/gateway-name": name}
        return evolve(self.stranger(namespace, labels), id=f"{namespace}/{name}", account=name)

    def _depends(self, whom: tuple[End, ...], what: tuple[End, ...]) -> Iterator[Gap]:
        yield from (self._on_nodes[each.id] for each in (*whom, *what) if each.on_node)
        spaces = tuple({each.namespace for each in (*whom, *what) if each.namespace})
        yield from self._gaps_of(*spaces)

    def _unsure(self, namespace: str) -> tuple[Gap, ...]:
        """Return what is not known of a namespace, and known of others perhaps."""
        known = self._gaps.get(namespace)
        if known is None:
            known = self._gaps[namespace] = tuple(self._gaps_of(namespace)) if namespace else ()
        return known

    def _gaps_of(self, *spaces: str) -> Iterator[Gap]:
        on_nodes = set(map(id, self._on_nodes.values()))
        for gap in self.gaps:
            if id(gap) not in on_nodes and (
                gap.concerns("network", *spaces)
                or (self.has_mesh and gap.concerns("mesh", *spaces))
            ):
                yield gap

    # --- ways in ----------------------------------------------------------------------------------

    def behind(self, way: Entrance) -> tuple[tuple[End, IntSet], ...]:
        """Return the pods that get what comes in by a way, and their ports."""
        service = self.mesh.services.by_name.get((way.namespace, way.service))
        if service is None:
            return ()
        ports = [
            port
            for port in map(mapping, items(service.spec.get("ports")))
            if way.port in (None, port.get("port"), port.get("name"), port.get("targetPort"))
        ]
        chosen = mapping(service.spec.get("selector"))
        found: list[tuple[End, IntSet]] = []
        for end in self.pods if chosen else ():
            if end.namespace != way.namespace or not chosen.items() <= end.labels.items():
                continue
            template = end.template
            assert template is not None
            numbers = [number for port in ports if (number := behind(port, template)) is not None]
            found.append((end, IntSet.of((number, number) for number in numbers)))
        return tuple(found)


def _on_node(end: End) -> Gap:
    template = end.template
    assert template is not None
    return Gap(
        "host-network",
        f"{template.title} is on the network of its nodes: most network plugins hold it to no"
        " NetworkPolicy, and others know it by the addresses of its nodes only",
        template.found,
        (*template.keys, "spec", "hostNetwork"),
        "take `hostNetwork` away, or judge it by what the network plugin does",
        "network",
        end.namespace,
    )


def _as_caller(cluster: Cluster, end: End) -> object:
    principals = identity(end, cluster.mesh).listed
    plane = end.addresses is None and cluster.mesh.plane(end.namespace, end.labels)
    return plane, principals if principals is not None else end.id


def _as_callee(cluster: Cluster, end: End) -> object:
    inbound = cluster.inbound(end)
    return None if inbound is None else inbound.key


def _fresh(known: Mapping[str, object]) -> str:
    number, name = 1, "polc-elsewhere"
    while name in known:
        number += 1
        name = f"polc-elsewhere-{number}"
    return name
