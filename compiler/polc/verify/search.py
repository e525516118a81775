"""Find one pod for which something is left over, or show that there is none.

Which policies (or declarations) count for a pod depends on its labels. So a box of pods is cut by
the selectors in turn: within one of them its region is taken off, outside of it nothing is. Outside
is tried first, since what is left over there can only be more; so a pod is found without trying
other cuts whenever there is one that few selectors mean.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from polc.verify.sets.labels import LabelBox, Witness, World
from polc.verify.sets.regions import Region


@frozen
class Cut:
    """Pods that some selector means, and what that takes off for them."""

    pods: LabelBox
    region: Region


@frozen
class Leftover:
    """A pod, and what is left over for it."""

    pod: Witness
    region: Region


def find_leftover(
    pods: LabelBox, left: Region, cuts: Sequence[Cut], world: World, *, needs_cut: bool = False
) -> Leftover | None:
    """Return a pod of `pods` for which the cuts that apply do not take off all of `left`.

    With `needs_cut` only a pod counts to which some cut applies.
    """
    relevant = [each for each in cuts if pods.meets(each.pods)]
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
