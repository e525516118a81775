"""Two sets of objects to everything that one permits and the other does not."""

import re
from collections.abc import Iterator

from attrs import evolve, frozen

from polc.diagnostics import Diagnostic, Severity, has_errors, in_order
from polc.diff import changes as ordering
from polc.diff.changes import Change
from polc.diff.objects.entrances import entrance_changes, open_entrances
from polc.diff.objects.mesh import mesh_changes
from polc.diff.objects.network import network_changes
from polc.diff.objects.pods import open_pods, pod_changes
from polc.diff.objects.privileges import open_privileges, privilege_changes
from polc.diff.objects.routes import changes_of, compare_routes, service_changes
from polc.diff.objects.side import Side
from polc.diff.objects.subjects import subjects_of
from polc.diff.objects.trust import align
from polc.diff.objects.undecided import followers, meaning, undecided
from polc.diff.objects.view import View, views
from polc.gaps import gap_finding
from polc.semantics.gaps import Gap
from polc.semantics.network.policies import read_network


@frozen
class Comparison:
    """What changes, and what is left open: errors among it stop a gate, notes do not.

    `unread` tells that something was not read which is not the same on both sides.
    """

    changes: tuple[Change, ...]
    left_open: tuple[Diagnostic, ...]
    unread: bool = False


def compare_objects(old: Side, new: Side) -> Comparison:
    """Return what the step from `old` to `new` permits and takes away, in a fixed order."""
    routes = compare_routes(old, new)
    aligned = align(old, new)
    found = [*_changes(old, new, views(old, new, aligned)), *changes_of(routes)]
    changes = ordering.in_order(found)
    unread = tuple(_not_read(old, new))
    left_open = (
        *unread,
        *_unread(old, new),
        *undecided(old, new),
        *routes.left_open,
        *open_entrances(old.manifests, new.manifests),
        *open_privileges(old.manifests, new.manifests),
        *open_pods(old, new),
        *aligned.notes,
        *followers(old.manifests, new.manifests, changes),
    )
    return Comparison(changes, in_order(left_open), has_errors(unread))


def _changes(old: Side, new: Side, seen: tuple[View, View]) -> Iterator[Change]:
    subjects = subjects_of((old, new))
    before, after = seen
    for one, other, mine, theirs, is_gain in (
        (new, old, after, before, True),
        (old, new, before, after, False),
    ):
        objects = one.manifests, other.manifests
        for change in (
            *network_changes(one, other, subjects),
            *mesh_changes(mine, theirs, subjects),
            *service_changes(*objects),
            *entrance_changes(*objects),
            *privilege_changes(*objects),
            *pod_changes(one, other),
        ):
            yield evolve(change, gained=is_gain)


def _not_read(old: Side, new: Side) -> Iterator[Diagnostic]:
    """Yield what was not read of either side; what is the same on both is a note."""
    sides = [{_known_by(gap): gap for gap in side.unread} for side in (old, new)]
    for side, other in (sides, sides[::-1]):
        for key, gap in side.items():
            finding = gap_finding(gap)
            if key not in other:
                yield finding
            elif side is sides[1]:
                message = f"{gap.message}; it is the same on both sides"
                yield evolve(finding, message=message, severity=Severity.NOTE)


def _known_by(gap: Gap) -> tuple[object, ...]:
    """Return what a gap is known by on either side: what it says, and of what."""
    found = gap.found
    body = repr(meaning(found)) if found.body else found.text
    return gap.name, found.kind, found.namespace, found.name, body


def _unread(old: Side, new: Side) -> Iterator[Diagnostic]:
    """Yield what of network policies is not understood, unless the same stands on both sides."""
    known = {_without_place(each.message) for each in read_network(old.manifests)[1]}
    before, after = (
        {f"`{each.namespace}/{each.name}`": meaning(each) for each in side.manifests.of_kind(*_NET)}
        for side in (old, new)
    )
    for each in read_network(new.manifests)[1]:
        named = [name for name in after if name in each.message]
        same = all(before.get(name) == after[name] for name in named)
        if named and not (same and _without_place(each.message) in known):
            yield gap_finding(each)


_NET = ("NetworkPolicy", "networking.k8s.io")


def _without_place(message: str) -> str:
    return re.sub(r" in `[^`]*`", "", message)
