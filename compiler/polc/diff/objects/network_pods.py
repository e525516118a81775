"""Pods for which two networks differ, found exactly, however selectors are written and overlap.

What one network newly permits to pods that a policy selects is left over when all is taken off that
the other one permits to them; a pod is found for it, or there is none (`semantics.network.search`).
"""

from collections.abc import Iterator, Mapping

from polc.diff.objects.subjects import Subject, name_of
from polc.semantics.network.networkpolicy import DIRECTIONS, Direction, Policy, region_of
from polc.semantics.network.policies import Network
from polc.semantics.network.search import Cut, Cuts, find_leftover
from polc.semantics.sets.labels import NAME, NAME_LABEL, POD, Axis, LabelBox, Values, box, one_of
from polc.semantics.sets.regions import EVERYTHING, Region


def differing(one: Network, other: Network) -> Iterator[Subject]:
    """Yield a pod for each rule, and each end that it opens, of what only `one` permits."""
    for namespace in sorted(other.by_namespace):
        for direction in DIRECTIONS:
            mine, theirs = (
                [each for each in side.policies(namespace) if each.rules(direction) is not None]
                for side in (one, other)
            )
            # A pod that nothing isolates on the other side may do everything there.
            cuts = Cuts(Cut(each.pods, _region(each, direction)) for each in theirs)
            for policy in mine:
                for rule in policy.rules(direction) or ():
                    region = region_of([(peer, rule.ports) for peer in rule.peers])
                    yield from _pod(namespace, policy.pods, region, cuts, one)
            isolating = [Cut(each.pods, EVERYTHING) for each in mine]
            regions = [Cut(each.pods, _region(each, direction)) for each in theirs]
            opened = Cuts((*isolating, *regions))
            for policy in theirs:
                yield from _pod(namespace, policy.pods, EVERYTHING, opened, one)


def within(region: Region, namespace: str, labels: Mapping[str, str]) -> Region:
    """Return the pods of a region in a namespace with some labels, by their own labels alone."""
    own = {**labels, NAME_LABEL: namespace}
    inside = {NAME: one_of(namespace)}
    return Region(
        tuple(
            (box({**_of_pods(chosen), **inside}), ports)
            for chosen, ports in region.pods
            if all(
                own.get(key) in values for (side, key), values in chosen.conditions if side != POD
            )
        )
    )


def _of_pods(chosen: LabelBox) -> dict[Axis, Values]:
    return {axis: values for axis, values in chosen.conditions if axis[0] == POD}


def _region(policy: Policy, direction: Direction) -> Region:
    rules = policy.rules(direction) or ()
    return region_of([(peer, rule.ports) for rule in rules for peer in rule.peers])


def _pod(
    namespace: str, pods: LabelBox, region: Region, cuts: Cuts, one: Network
) -> Iterator[Subject]:
    found = find_leftover(pods, region, cuts, one.world, needs_cut=True)
    if found is not None:
        labels = tuple(sorted(found.pod.pod.items()))
        yield Subject(namespace, labels, name_of(namespace, found.pod.pod), mixed=True)
