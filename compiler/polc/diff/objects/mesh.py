"""The mesh of two sides to the callers and requests that only one of them lets through.

What decides: policies rule by rule as the ports are read there, modes of mutual TLS port by port,
and whether pods are in the mesh at all. In ambient mode two ways lead to a pod, by its ztunnel and
by its Service's waypoint: what one way admitted before is not new on the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, field, frozen

from polc.diff.changes import Change, Kind
from polc.diff.objects.mesh_gains import Gain, Way, admits, gains
from polc.diff.objects.rule_words import told
from polc.diff.objects.subjects import ELSEWHERE, Subject
from polc.diff.objects.view import View
from polc.diff.objects.waypoints import named_way, relay, services_of, targets_of
from polc.ir.nodes import Mesh
from polc.semantics.mesh.authorization import authenticated
from polc.semantics.mesh.fields import ANONYMOUS, IDENTITIES, PORTS, full
from polc.semantics.mesh.ways import OWN_PORTS, real, unencrypted
from polc.semantics.sets import products
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import Region, Side, box
from polc.source import Span, nowhere

_KINDS = ("AuthorizationPolicy", "PeerAuthentication")


@frozen
class _Row:
    """A change at some pods; `subject` None: it is about them. `after` follows their name."""

    subject: str | None
    what: str
    after: str = ""
    requests: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    span: Span = field(factory=nowhere, eq=False)

    def change(self, callee: str, namespaces: tuple[str, ...]) -> Change:
        target = self.after if self.subject is None else f"{callee}{self.after}"
        return Change(
            Kind.MESH,
            True,
            self.subject or callee,
            self.what,
            target,
            self.requests,
            notes=self.notes,
            namespaces=namespaces,
            span=self.span,
        )


def mesh_changes(mine: View, theirs: View, subjects: tuple[Subject, ...]) -> Iterator[Change]:
    """Yield what only the mesh of `mine` lets through."""
    sides = (mine.side.manifests, theirs.side.manifests)
    if not any(side.of_kind(kind) for side in sides for kind in _KINDS):
        return
    rows = {each: _rows(mine, theirs, each) for each in (*subjects, ELSEWHERE)}
    yield from _joined(rows)
    yield from _at_others(mine, theirs, subjects)


def _at_others(mine: View, theirs: View, subjects: tuple[Subject, ...]) -> Iterator[Change]:
    """Yield the same of Services and gateways that policies name, and nobody knows the pods of."""
    known = {
        (each.namespace, name)
        for each in subjects
        for view in (mine, theirs)
        for name in services_of(view, each)
    }
    for kind, namespace, name in sorted({*targets_of(mine), *targets_of(theirs)}):
        if kind == "Service" and (namespace, name) in known:
            continue
        one, other = (named_way(view, kind, namespace, name) for view in (mine, theirs))
        if one is None:
            continue
        called = f"{kind} {namespace}/{name}" if name else f"any other Service of {namespace}"
        straight = () if name else _on_every_port(theirs.pods(Subject(namespace, (), "")))
        for gain in gains(one, other):
            region = products.subtract(gain.region, straight, full)
            for row in rows_of(evolve(gain, region=region), one, mine.trust):
                yield row.change(called, (namespace,))


def _on_every_port(way: Way) -> Region:
    """Return what is admitted for sure on every port, in whatever ports one counts."""
    every: Side = PORTS - OWN_PORTS
    region = admits(way, sure=True)
    return tuple(each for each in region if not every - each.by_name.get("port", every))


def _joined(rows: Mapping[Subject, tuple[_Row, ...]]) -> Iterator[Change]:
    """Yield changes; what is so for all pods of a namespace, or of all, is said once."""
    mixed = {each: found for each, found in rows.items() if each.mixed}
    rows = {each: found for each, found in rows.items() if not each.mixed}
    for subject, found in mixed.items():
        known = {row for part in rows if subject.is_near(part) for row in rows[part]}
        for row in found:
            if row not in known:
                yield row.change(subject.name, (subject.namespace,))
    spaces: dict[str, list[Subject]] = {}
    for subject in rows:
        spaces.setdefault(subject.namespace, []).append(subject)
    every = set.intersection(*map(set, rows.values())) if len(spaces) > 1 else set[_Row]()
    for row in next(iter(rows.values())) if every else ():
        if row in every:
            yield row.change("every pod of the mesh", tuple(spaces))
    for namespace, group in spaces.items():
        shared = set.intersection(*(set(rows[each]) for each in group)) if group[1:] else set()
        for subject in group:
            for row in rows[subject]:
                if row not in every:
                    name = f"every pod of {namespace}" if row in shared else subject.name
                    yield row.change(name, (namespace,))


def _rows(mine: View, theirs: View, subject: Subject) -> tuple[_Row, ...]:
    """Return what is new at some pods."""
    left = tuple(_out_of_the_mesh(mine, theirs, subject))
    if left or _out_of_the_mesh(theirs, mine, subject):
        return left
    one, other = mine.pods(subject), theirs.pods(subject)
    return (
        *_plain_text(one, other),
        *_certified(one, other),
        *_by_rules(mine, theirs, subject, one, other),
    )


# --- in the mesh or not -----------------------------------------------------------------------


def _out_of_the_mesh(mine: View, theirs: View, subject: Subject) -> tuple[_Row, ...]:
    """Return that pods left the mesh, where both sides say of their namespace whether it is."""
    namespace, labels = subject.namespace, dict(subject.labels)
    if any(namespace not in view.side.manifests.namespaces for view in (mine, theirs)):
        return ()
    planes = [view.membership.plane(namespace, labels) for view in (mine, theirs)]
    if planes[0] is not Mesh.NONE or planes[1] is Mesh.NONE:
        return ()
    found = next(
        each for each in mine.side.manifests.of_kind("Namespace", "") if each.name == namespace
    )
    note = "no policy of the mesh is enforced there, and callers have no identity"
    return (_Row(None, "is out of the mesh", notes=(note,), span=found.span("metadata")),)


# --- mutual TLS -------------------------------------------------------------------------------


def _plain_text(mine: Way, theirs: Way) -> Iterator[_Row]:
    """Yield the ports that newly need no certificate, and what callers without one then get."""
    new = unencrypted(mine.mtls) - unencrypted(theirs.mtls) - OWN_PORTS
    if new:
        note = _met_by(mine, new, "a caller without identity")
        at = _said(mine, theirs)
        yield _Row(None, "takes plain text on", _numbers(new), notes=(note,), span=at)


def _certified(mine: Way, theirs: Way) -> Iterator[_Row]:
    """Yield the ports that newly heed certificates, if that lets anybody in."""
    new = _identified(mine) - _identified(theirs) - OWN_PORTS
    if not new:
        return
    here = box(port=new)
    named = products.both(admits(mine, sure=False), (_with(here, who=IDENTITIES),))
    before = products.both(admits(theirs, sure=True), (_with(here, who=ANONYMOUS),))
    anybody = tuple(
        box(**{name: side for name, side in each.sides if name != "who"}) for each in before
    )
    if real(products.subtract(named, anybody, full)):
        note = "rules that name an identity are met there"
        at = _said(mine, theirs)
        yield _Row(None, "heeds certificates on", _numbers(new), notes=(note,), span=at)


def _with(here: products.Box, **sides: object) -> products.Box:
    """Return a box with further sides."""
    return box(**{**here.by_name, **sides})


def _identified(way: Way) -> IntSet:
    """Return the ports on which a certificate says who calls; ambient mode has no DISABLE."""
    if way.ambient:
        return PORTS
    found = PORTS if way.mtls.mode != "DISABLE" else IntSet()
    for port, mode in way.mtls.ports:
        one = IntSet(((port, port),))
        found = found - one if mode == "DISABLE" else found | one
    return found


def _met_by(way: Way, ports: IntSet, who: str) -> str:
    """Return whether policies let callers without identity in on some ports."""
    region = products.both(admits(way, sure=False), (box(who=ANONYMOUS, port=ports),))
    if not region:
        return f"no policy admits {who}"
    if not any(policy.action == "ALLOW" for policy in way.policies):
        return f"no ALLOW policy applies, so that {who} is admitted"
    return f"some rule admits {who}"


def _said(mine: Way, theirs: Way) -> Span:
    """Return who says the mode, or where nobody does any more who said it."""
    said = mine.mtls.said or theirs.mtls.said
    return said.span("spec") if said else nowhere()


def _numbers(ports: IntSet) -> str:
    return "every port" if ports >= PORTS - OWN_PORTS else f"port {ports}"


# --- policies ---------------------------------------------------------------------------------


def _by_rules(mine: View, theirs: View, subject: Subject, one: Way, other: Way) -> Iterator[_Row]:
    """Yield what rules newly admit, straight and by waypoints."""
    held: Region = ()
    own: Region = ()
    for service in sorted({*services_of(mine, subject), *services_of(theirs, subject)}):
        new, old = (relay(view, subject, service) for view in (mine, theirs))
        if old is not None:
            held += old.moved(admits(old.way, sure=True), other, sure=True)
        if new is not None:
            own += new.own
            straight = admits(other, sure=True)
            for gain in gains(new.way, old.way if old else None):
                moved = new.moved(gain.region, one, sure=False)
                if products.subtract(moved, (*straight, *held), full):
                    yield from rows_of(gain, new.way, mine.trust, f" of its Service {service}")
    for gain in gains(one, other):
        region = products.subtract(gain.region, (*held, *own), full)
        yield from rows_of(evolve(gain, region=region), one, mine.trust)


def rows_of(gain: Gain, way: Way, trust: str, where: str = "") -> Iterator[_Row]:
    """Yield a gain in words, if its callers can be real ones there; `where` follows a port."""
    region = authenticated(real(gain.region), way.mtls, ambient=way.ambient)
    if not region:
        return
    notes: tuple[str, ...] = ("no ALLOW policy applies",)
    span = gain.closed_by.span("spec") if gain.closed_by else nowhere()
    if gain.ruling is not None:
        found, number = gain.ruling.found, gain.ruling.number
        span = found.span("spec", "rules", number)
        name = f"{gain.ruling.policy.action} policy {found.namespace}/{found.name}"
        notes = ()
        if gain.dropped:
            closed = any(policy.action == "ALLOW" for policy in way.policies)
            limits = "; what no ALLOW policy admits stays refused" if closed else ""
            word = "may refuse" if gain.ruling.policy.action == "CUSTOM" else "refuses"
            notes = (f"on the other side the {name} {word} it{limits}",)
    if gain.reread:
        notes += ("its ports are read as HTTP on one side only",)
    for each in told(evolve(gain, region=region), trust):
        after = f" on {each.ports or 'every port'}{where}" if each.ports or where else ""
        yield _Row(each.caller, "may call", after, each.requests, notes, span)
