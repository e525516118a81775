"""Two sets of manifests to everything that one permits and the other does not.

Network policies are compared between all pods that either side speaks of, and between each of them
and peers that no workload of them is: addresses, whole namespaces, pods that are only named.
"""

from collections.abc import Iterator

from attrs import evolve

from polc.diff.changes import Change, Kind, in_order
from polc.diff.manifests_mesh import mesh_changes
from polc.diff.manifests_words import peer_text
from polc.diff.subjects import Subject, subjects_of
from polc.ir.nodes import Level
from polc.verify.netpol import DIRECTIONS, Direction
from polc.verify.objects import Manifests
from polc.verify.podsecurity import breaches
from polc.verify.policies import Network, read_network
from polc.verify.privileges import Access, union
from polc.verify.rbac import read_rbac
from polc.verify.sets.intervals import AddressSet
from polc.verify.sets.regions import EVERY_PORT, EVERYTHING, PortSet, Region
from polc.verify.templates import templates

_Side = tuple[Manifests, Network]
_VERBS: dict[Direction, str] = {"egress": "may send to", "ingress": "may receive from"}


def compare_manifests(old: Manifests, new: Manifests) -> tuple[Change, ...]:
    """Return what the step from `old` to `new` permits and takes away, in a fixed order."""
    before, after = (old, read_network(old)[0]), (new, read_network(new)[0])
    subjects = subjects_of((before, after))
    found: list[Change] = []
    for one, other, is_gain in ((after, before, True), (before, after, False)):
        changes = [
            *_between(one[1], other[1], subjects),
            *_outwards(one[1], other[1], subjects),
            *mesh_changes(one[0], other[0], subjects),
            *_privileges(one[0], other[0]),
            *_pods(one[0], other[0]),
        ]
        found += [evolve(change, gained=is_gain) for change in changes]
    return in_order(found)


# --- the network ------------------------------------------------------------------------------


def _between(one: Network, other: Network, subjects: tuple[Subject, ...]) -> Iterator[Change]:
    """Yield the connections between known pods that only `one` lets pass at both ends."""
    sides = [
        {
            (subject, direction): network.allows(subject.namespace, dict(subject.labels), direction)
            for subject in subjects
            for direction in DIRECTIONS
        }
        for network in (one, other)
    ]
    for source in subjects:
        for target in subjects:
            if source == target:
                continue
            passes = [
                _towards(allowed[source, "egress"], target, network)
                & _towards(allowed[target, "ingress"], source, network)
                for allowed, network in zip(sides, (one, other), strict=True)
            ]
            if new := passes[0] - passes[1]:
                besides = (_ports(passes[1]),) if passes[1] else ()
                text = f"{target.name} on {_ports(new)}"
                yield Change(Kind.FLOW, True, source.name, "may call", text, besides=besides)


def _towards(region: Region, subject: Subject, network: Network) -> PortSet:
    """Return the ports on which a region has pods."""
    witness = subject.witness(network)
    ports = PortSet()
    for chosen, more in region.pods:
        if chosen.holds(witness.namespace, witness.pod):
            ports |= more
    return ports


def _outwards(one: Network, other: Network, subjects: tuple[Subject, ...]) -> Iterator[Change]:
    """Yield what known pods may exchange with peers that are none of them."""
    for subject in subjects:
        labels = dict(subject.labels)
        for direction in DIRECTIONS:
            mine = one.allows(subject.namespace, labels, direction)
            theirs = other.allows(subject.namespace, labels, direction)
            yield from _parts(subject, direction, mine, theirs, (one, other), subjects)


def _parts(
    subject: Subject,
    direction: Direction,
    mine: Region,
    theirs: Region,
    networks: tuple[Network, Network],
    subjects: tuple[Subject, ...],
) -> Iterator[Change]:
    change = Change(Kind.FLOW, True, subject.name, _VERBS[direction])
    if mine is EVERYTHING:
        if theirs is not EVERYTHING:
            yield evolve(change, target="everything: no policy isolates it")
        return
    world = networks[0].world
    parts = [Region(pods=(part,)) for part in mine.pods]
    blocks: dict[PortSet, AddressSet] = {}
    for addresses, ports in mine.addresses:
        blocks[ports] = blocks.get(ports, AddressSet()) | addresses
    parts += [Region(addresses=((addresses, ports),)) for ports, addresses in blocks.items()]
    for part in parts:
        left = part.minus(theirs, world)
        if not left or _is_known(part, networks[0], subjects):
            continue
        ports = PortSet()
        for _, more in (*left.pods, *left.addresses):
            ports |= more
        yield evolve(change, target=f"{peer_text(part)} on {_ports(ports)}")


def _is_known(part: Region, network: Network, subjects: tuple[Subject, ...]) -> bool:
    """Tell whether a part means just the pods of one workload, which pairs are about."""
    return any(
        chosen.conditions
        and any(axis[0] == "pod" for axis, _ in chosen.conditions)
        and any(
            each.labels and chosen.holds(w.namespace, w.pod)
            for each in subjects
            for w in (each.witness(network),)
        )
        for chosen, _ in part.pods
    )


def _ports(ports: PortSet) -> str:
    return "every port" if ports == EVERY_PORT else str(ports)


# --- privileges and pods ----------------------------------------------------------------------


def _privileges(one: Manifests, other: Manifests) -> Iterator[Change]:
    """Yield a telling request of what only `one` grants, for each rule that grants it."""
    mine, theirs = read_rbac(one), read_rbac(other)
    for namespace, name in sorted({*mine.accounts(), *theirs.accounts()}):
        held: Access = union(entry.access for entry in theirs.granted(namespace, name)[0])
        for entry in mine.granted(namespace, name)[0]:
            left = entry.access - held
            if left:
                role = f"{entry.role.kind} {entry.role.name}" if entry.role else "cluster-admin"
                yield Change(
                    Kind.VERB,
                    True,
                    f"{namespace}/{name}",
                    "can, among others,",
                    str(left.sample()).replace("`", ""),
                    besides=(),
                    because=(f"{role}, bound by {entry.binding.name}",),
                    span=(entry.role or entry.binding).span(*entry.place),
                )


def _pods(one: Manifests, other: Manifests) -> Iterator[Change]:
    """Yield what only `one` lets pods do beyond the Pod Security Standard `restricted`."""
    known = {
        (template.title, breach.path, breach.message)
        for template in templates(other)
        for breach in breaches(template, Level.RESTRICTED)
    }
    for template in templates(one):
        for breach in breaches(template, Level.RESTRICTED):
            if (template.title, breach.path, breach.message) not in known:
                yield Change(
                    Kind.POD,
                    True,
                    template.title.replace("`", ""),
                    f"is beyond {breach.level.value}:",
                    f"{template.path(*breach.path)} {breach.message}".replace("`", ""),
                    span=template.found.span(*template.keys, "spec", *breach.path),
                )
