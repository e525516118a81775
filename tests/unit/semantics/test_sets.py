"""Sets of numbers, of pods and of what flows, against counting one by one."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from polc.semantics.sets.intervals import IntSet, block_set, cidr_set
from polc.semantics.sets.labels import (
    ABSENT,
    EXISTS,
    NAME,
    NAME_LABEL,
    NAMESPACE,
    POD,
    LabelBox,
    Values,
    World,
    box,
    one_of,
    pods_of,
)
from polc.semantics.sets.regions import PortSet, Region, port_set

NUMBERS = range(12)
intervals = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=4)
int_sets = intervals.map(IntSet.of)


def members(numbers: IntSet) -> set[int]:
    return {number for number in NUMBERS if number in numbers}


@given(int_sets, int_sets)
def test_numbers(one: IntSet, other: IntSet) -> None:
    a, b = members(one), members(other)
    assert members(one | other) == a | b
    assert members(one & other) == a & b
    assert members(one - other) == a - b
    assert (one <= other) == (a <= b)
    assert (one == other) == (a == b), "equal sets are equal objects"
    assert bool(one) == bool(a)
    assert not one or one.sample() == min(a)


def test_blocks() -> None:
    holed = block_set("10.0.0.0/8", ("10.1.0.0/16",))
    assert cidr_set("10.0.255.0/24") <= holed
    assert not cidr_set("10.1.2.0/24") <= holed
    assert cidr_set("10.1.2.3/8") == cidr_set("10.0.0.0/8")
    assert (cidr_set("2001:db8::/32") - cidr_set("2001:db8::/33")).sample() == "2001:db8:8000::"


# A small world: two keys with two values or none, in namespaces with a name and one more label.
# `z` and the namespace `else` stand for all that no condition names.
LABELS = [
    {key: value for key, value in zip(("a", "b"), values, strict=True) if value}
    for values in product(("x", "y", "z", ""), repeat=2)
]
KNOWN = {"red": {"team": "x"}, "green": {"team": "y", "tier": "x"}}
SPACES = [
    {NAME_LABEL: name, **extra}
    for name in ("red", "green", "else")
    for extra in ({}, {"team": "x"}, {"team": "y"}, {"team": "z"}, {"team": "y", "tier": "x"})
]
PODS = list(product(SPACES, LABELS))
names = st.builds(
    Values, st.frozensets(st.sampled_from(["red", "green"]), max_size=2), st.booleans()
)
conditions = st.builds(
    Values, st.frozensets(st.sampled_from(["x", "y", None]), max_size=3), st.booleans()
)
axes = st.sampled_from([(NAMESPACE, "team"), (POD, "a"), (POD, "b")])


@st.composite
def boxes(draw: st.DrawFn) -> LabelBox:
    chosen = draw(st.dictionaries(axes, conditions.filter(bool), max_size=3))
    if draw(st.booleans()):
        chosen[NAME] = draw(names.filter(bool))
    return box(chosen)


def pods(chosen: LabelBox) -> set[int]:
    return {at for at, pod in enumerate(PODS) if chosen.holds(*pod)}


@given(boxes(), boxes())
def test_boxes(one: LabelBox, other: LabelBox) -> None:
    a, b = pods(one), pods(other)
    both = one & other
    assert (pods(both) if both is not None else set()) == a & b
    assert one.meets(other) == (both is not None)
    parts = list(one.minus(other))
    assert set().union(*map(pods, parts)) == a - b
    assert sum(len(pods(part)) for part in parts) == len(a - b), "the parts are disjoint"
    assert (one <= other) == (a <= b)


@given(boxes())
def test_a_witness_is_in_the_box_and_fits_what_is_known(chosen: LabelBox) -> None:
    witness = World(KNOWN).pick(chosen)
    fitting = [
        pod
        for pod in PODS
        if chosen.holds(*pod) and KNOWN.get(pod[0][NAME_LABEL], {}).items() <= pod[0].items()
    ]
    assert (witness is not None) == bool(fitting)
    if witness is not None:
        assert chosen.holds(witness.namespace, witness.pod)
        assert KNOWN.get(witness.namespace_name, {}).items() <= witness.namespace.items()


def test_what_equals_everything_is_the_box_of_everything() -> None:
    assert box({(POD, "a"): Values(frozenset(), True)}) == LabelBox()
    assert box({NAME: EXISTS}) == LabelBox()
    assert pods_of("red", [("a", "x")]) <= pods_of(None, [("a", "x")])
    assert list(box({(POD, "a"): EXISTS}).minus(box({(POD, "a"): one_of("x")}))) == [
        box({(POD, "a"): Values(frozenset({None, "x"}), True)})
    ]
    assert not box({(POD, "a"): ABSENT}).meets(box({(POD, "a"): EXISTS}))


ports = st.lists(
    st.tuples(st.sampled_from(["TCP", "UDP"]), st.integers(1, 4), st.integers(1, 4)), max_size=3
).map(lambda drawn: port_set(tuple(drawn)))
regions = st.lists(st.tuples(boxes(), ports), max_size=3).map(lambda parts: Region(tuple(parts)))


def flows(region: Region) -> set[tuple[int, str, int]]:
    return {
        (at, protocol, number)
        for at, (namespace, pod) in enumerate(PODS)
        if KNOWN.get(namespace[NAME_LABEL], {}).items() <= namespace.items()
        for protocol, number in product(("TCP", "UDP"), range(1, 5))
        if any(
            chosen.holds(namespace, pod) and number in open_ports.of_protocol(protocol)
            for chosen, open_ports in region.pods
        )
    }


@given(regions, regions)
def test_regions(one: Region, other: Region) -> None:
    world = World(KNOWN)
    left = one.minus(other, world)
    assert flows(left) == flows(one) - flows(other)
    assert bool(left) == bool(flows(left))
    assert flows(one.meet(other, world)) == flows(one) & flows(other)
    if left:
        peer, (protocol, number) = left.sample(world)
        assert one.holds(peer, protocol, number)
        assert not other.holds(peer, protocol, number)


def test_addresses_with_ports() -> None:
    web, dns = port_set((("TCP", 80, 80),)), port_set((("UDP", 53, 53),))
    outside = Region((), ((cidr_set("10.0.0.0/8"), web | dns),))
    inside = Region((), ((cidr_set("10.0.0.0/9"), web), (cidr_set("10.0.0.0/8"), dns)))
    left = outside.minus(inside, World())
    assert left.addresses == ((cidr_set("10.128.0.0/9"), web),)
    assert left.sample(World()) == ("10.128.0.0", ("TCP", 80))
    assert not inside.minus(outside, World())


def test_port_sets() -> None:
    assert port_set((("TCP", 1, 5), ("TCP", 4, 9))) == port_set((("TCP", 1, 9),))
    assert str(port_set((("UDP", 53, 53), ("TCP", 1, 9)))) == "TCP 1-9 and UDP 53"
    assert PortSet() <= port_set((("UDP", 1, 1),))
