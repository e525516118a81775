"""Sets of pods, by their labels and those of their namespace.

A box is a conjunction of one condition per label key, on the side of the namespace or of the pod.
A condition is a set of values, finite or cofinite, in which `None` stands for "has no such label".
So the operators of Kubernetes (`In`, `NotIn`, `Exists`, `DoesNotExist`; apimachinery,
meta/v1.LabelSelector) are all of one form, `NotIn` holds for a missing label as it does there, and
the difference of two boxes is again a finite union of boxes. There are more label values than any
program names, so a cofinite condition can always be met.

The name of a namespace is its label `kubernetes.io/metadata.name`, which the control plane sets and
nobody can change (kubernetes.io, "Network Policies").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import field, frozen

NAME_LABEL = "kubernetes.io/metadata.name"
NAMESPACE, POD = "namespace", "pod"
Axis = tuple[str, str]
"""Side (`NAMESPACE` or `POD`) and label key."""
NAME: Axis = (NAMESPACE, NAME_LABEL)

_FRESH = ("other", "elsewhere", "stranger")


@frozen(cache_hash=True)
class Values:
    """Some values of a label; `None` among them is its absence. `negated`: all but these."""

    members: frozenset[str | None]
    negated: bool = False

    def __contains__(self, value: str | None) -> bool:
        return (value in self.members) is not self.negated

    def __bool__(self) -> bool:
        return self.negated or bool(self.members)

    def __invert__(self) -> Values:
        return Values(self.members, not self.negated)

    def __and__(self, other: Values) -> Values:
        match self.negated, other.negated:
            case False, False:
                return Values(self.members & other.members)
            case True, True:
                return Values(self.members | other.members, True)
            case False, True:
                return Values(self.members - other.members)
            case _:
                return Values(other.members - self.members)

    def __le__(self, other: Values) -> bool:
        return not self & ~other

    def sample(self, avoid: Iterable[str] = ()) -> str | None:
        """Return a member: no label where that will do, else a value, a new one if it must be."""
        if None in self:
            return None
        if not self.negated:
            return min(value for value in self.members if value is not None)
        return fresh({*avoid, *(value for value in self.members if value is not None)})


def fresh(taken: set[str]) -> str:
    """Return a value that is not taken."""
    for value in _FRESH:
        if value not in taken:
            return value
    number = 1
    while f"other-{number}" in taken:
        number += 1
    return f"other-{number}"


def one_of(*values: str) -> Values:
    """Return the condition that a label has one of these values."""
    return Values(frozenset(values))


EXISTS = Values(frozenset({None}), True)
ABSENT = Values(frozenset({None}))
ANY_NAME = EXISTS
"""A namespace without a name there is none."""


@frozen(cache_hash=True)
class LabelBox:
    """Pods that meet every condition, sorted by axis; none of the conditions always holds.

    Build it with `box`, which keeps that. An empty condition leaves no pod; the box without
    conditions holds every pod.
    """

    conditions: tuple[tuple[Axis, Values], ...] = ()
    by_axis: dict[Axis, Values] = field(init=False, eq=False, repr=False)

    @by_axis.default
    def _index(self) -> dict[Axis, Values]:
        return dict(self.conditions)

    def __and__(self, other: LabelBox) -> LabelBox | None:
        """Return the pods of both, or None where there can be none."""
        joined = dict(self.by_axis)
        for axis, values in other.conditions:
            mine = joined.get(axis)
            both = values if mine is None else mine & values
            if not both:
                return None
            joined[axis] = both
        return box(joined)

    def meets(self, other: LabelBox) -> bool:
        """Tell whether a pod may be of both."""
        for axis, values in other.conditions:
            mine = self.by_axis.get(axis)
            if mine is not None and mine is not values and not mine & values:
                return False
        return True

    def __le__(self, other: LabelBox) -> bool:
        return all(
            axis in self.by_axis and self.by_axis[axis] <= values
            for axis, values in other.conditions
        )

    def minus(self, other: LabelBox) -> Iterator[LabelBox]:
        """Yield disjoint boxes that together hold the pods of this one but not of the other."""
        if not self.meets(other):
            yield self
            return
        inside = dict(self.by_axis)
        for axis, values in other.conditions:
            mine = inside.get(axis, _everything(axis))
            rest = mine & ~values
            if rest:
                yield box({**inside, axis: rest})
            inside[axis] = mine & values

    def holds(self, namespace: Mapping[str, str], pod: Mapping[str, str]) -> bool:
        """Tell whether a pod with these labels, in a namespace with those, is in the box."""
        return all(
            (namespace if side == NAMESPACE else pod).get(key) in values
            for (side, key), values in self.conditions
        )


def _everything(axis: Axis) -> Values:
    return ANY_NAME if axis == NAME else Values(frozenset(), True)


EVERY_POD = LabelBox()


def box(conditions: Mapping[Axis, Values]) -> LabelBox:
    """Return the box of some conditions; those that are always met are left out."""
    kept = []
    for axis in sorted(conditions):
        values = conditions[axis]
        if axis == NAME:
            values &= ANY_NAME
            if values == ANY_NAME:
                continue
        if values.members or not values.negated:
            kept.append((axis, values))
    return LabelBox(tuple(kept))


def pods_of(namespace: str | None, labels: Iterable[tuple[str, str]] = ()) -> LabelBox:
    """Return the pods with all of these labels, in one namespace or in any."""
    conditions = {(POD, key): one_of(value) for key, value in labels}
    if namespace is not None:
        conditions[NAME] = one_of(namespace)
    return box(conditions)


@frozen
class Witness:
    """One concrete pod: labels of its namespace (the name among them) and its own."""

    namespace: Mapping[str, str]
    pod: Mapping[str, str]

    @property
    def namespace_name(self) -> str:
        """The name of its namespace."""
        return self.namespace[NAME_LABEL]


@frozen
class World:
    """What is known of namespaces: labels by name. Other labels, and namespaces, may exist."""

    namespaces: Mapping[str, Mapping[str, str]] = field(factory=dict)

    def pick(self, chosen: LabelBox) -> Witness | None:
        """Return a pod of the box, or None where what is known leaves none."""
        conditions = chosen.by_axis
        name = self._name(chosen)
        if name is None:
            return None
        namespace = dict(self.namespaces.get(name, {}))
        pod: dict[str, str] = {}
        for (side, key), values in conditions.items():
            labels = namespace if side == NAMESPACE else pod
            if (side, key) == NAME or key in labels:
                continue
            value = values.sample()
            if value is not None:
                labels[key] = value
        return Witness({**namespace, NAME_LABEL: name}, pod)

    def possible(self, chosen: LabelBox) -> bool:
        """Tell whether the box can hold a pod."""
        return self._name(chosen) is not None

    def _name(self, chosen: LabelBox) -> str | None:
        if not all(values for _, values in chosen.conditions):
            return None
        names = chosen.by_axis.get(NAME, ANY_NAME)
        if names.negated:  # Some namespace that nobody named, and so without known labels.
            return names.sample(self.namespaces)
        fitting = [
            name
            for name in names.members
            if name is not None and self._fits(chosen, self.namespaces.get(name))
        ]
        return min(fitting, default=None)

    def _fits(self, chosen: LabelBox, labels: Mapping[str, str] | None) -> bool:
        if not labels:
            return True
        for key, value in labels.items():
            wanted = chosen.by_axis.get((NAMESPACE, key))
            if wanted is not None and key != NAME_LABEL and value not in wanted:
                return False
        return True
