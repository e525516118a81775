"""Find one pod for which something is left over, or show that there is none.

Which policies (or declarations) count for a pod depends on its labels. So a box of pods is cut by
the selectors in turn: within one of them its region is taken off, outside of it nothing is. Outside
is tried first, since what is left over there can only be more; so a pod is found without trying
other cuts whenever there is one that few selectors mean.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from polc.semantics.sets.labels import POD, Axis, LabelBox, Witness, World
from polc.semantics.sets.regions import Region


@frozen
class Cut:
    """Pods that some selector means, and what that takes off for them."""

    pods: LabelBox
    region: Region


class Cuts:
    """Cuts in their order, found by the pods that they may mean.

    Most selectors ask for one value of a label, and most of them for the same label: pods with
    another value need not be compared with them one by one.
    """

    def __init__(self, cuts: Iterable[Cut]) -> None:
        self._others: list[tuple[int, Cut]] = []
        self._by_value: dict[Axis, dict[str | None, list[tuple[int, Cut]]]] = {}
        for entry in enumerate(cuts):
            for axis, values in entry[1].pods.conditions:
                if axis[0] == POD and not values.negated:
                    group = self._by_value.setdefault(axis, {})
                    for value in values.members:
                        group.setdefault(value, []).append(entry)
                    break
            else:
                self._others.append(entry)

    def meeting(self, pods: LabelBox) -> list[Cut]:
        """Return the cuts that mean some of the pods."""
        found = dict(self._others)
        for axis, group in self._by_value.items():
            wanted = pods.by_axis.get(axis)
            chosen = group if wanted is None or wanted.negated else wanted.members & group.keys()
            for value in chosen:
                found.update(group[value])
        return [found[at] for at in sorted(found) if pods.meets(found[at].pods)]


@frozen
class Leftover:
    """A pod, and what is left over for it."""

    pod: Witness
    region: Region


def find_leftover(
    pods: LabelBox, left: Region, cuts: Cuts, world: World, *, needs_cut: bool = False
) -> Leftover | None:
    """Return a pod of `pods` for which the cuts that apply do not take off all of `left`.

    With `needs_cut` only a pod counts to which some cut applies.
    """
    relevant = cuts.meeting(pods)
    stack = [(pods, 0, left, not needs_cut)]
    while stack:
        chosen, at, rest, counts = stack.pop()
        if not rest or not world.possible(chosen):
            continue
        if at == len(relevant):
            witness = world.pick(chosen) if counts else None
            if witness is not None:
                return Leftover(witness, rest)
            continue
        cut = relevant[at]
        inside = chosen & cut.pods
        if inside is None:
            stack.append((chosen, at + 1, rest, counts))
            continue
        stack.append((inside, at + 1, rest.minus(cut.region, world), True))
        for piece in chosen.minus(cut.pods):
            stack.append((piece, at + 1, rest, counts))
    return None
