"""Rules that others cover are left out, and only those."""

from typing import Any

import pytest

from ir_build import INTERNET, blocks, cluster, flow, labels, pods, port, program, span, workload
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Block,
    Mesh,
    NamespacePods,
    NetworkRule,
    Port,
    Probe,
    TransportPort,
)
from polc.passes import add_isolations

WEB = port("web", 8080)
METRICS = port("metrics", 9090)
UDP = port("dns", 8080, "udp")
RANGE = port("range", 8000, end=9000)


def ingress(*callers: tuple[Any, Port]) -> list[tuple[Any, tuple[int, ...]]]:
    """Return the peers and port numbers that are left of some flows into one workload."""
    return [(rule.peer, tuple(each.port for each in rule.ports)) for rule in rules(*callers)]


def rules(*callers: tuple[Any, Port]) -> tuple[NetworkRule, ...]:
    callee = workload("shop/api", WEB, METRICS, UDP, RANGE)
    flows = [
        flow(caller, callee, on, spans=(span(f"allow {at}"),))
        for at, (caller, on) in enumerate(callers)
    ]
    return add_isolations(program([callee], flows))[0].isolations[0].ingress


FEW = pods("ops/few", "extern", labels(app="x"))
MORE = pods("ops/more", "extern", labels(app="x", tier="y"))
OPS = NamespacePods("ops")
MANY = pods("ops/many", "extern", labels(app="x", **{f"l{at}": "v" for at in range(9)}))


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (FEW, OPS),
        (FEW, AllPods()),
        (OPS, AllPods()),
        (MORE, FEW),
        (MORE, OPS),
        (MANY, FEW),
        (MANY, OPS),
        (blocks("a", "203.0.113.0/25"), blocks("b", "203.0.113.0/24")),
        (blocks("a", "2001:db8:1::/48"), blocks("b", "2001:db8::/32")),
        (blocks("a", "203.0.113.0/24", "198.51.100.0/24"), INTERNET),
        (
            Addresses("a", (Block("203.0.113.0/24", ("203.0.113.64/26",)),)),
            Addresses("b", (Block("203.0.113.0/24", ("203.0.113.64/27",)),)),
        ),
    ],
)
def test_a_wider_peer_covers_a_narrower_one(narrow: Any, wide: Any) -> None:
    for order in ((narrow, WEB), (wide, WEB)), ((wide, WEB), (narrow, WEB)):
        assert ingress(*order) == [(wide, (8080,))]
    assert ingress((narrow, METRICS), (wide, WEB)) == ingress((wide, WEB), (narrow, METRICS))
    assert len(ingress((narrow, METRICS), (wide, WEB))) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FEW, pods("ops/other", "extern", labels(app="z"))),
        (FEW, pods("dev/few", "extern", labels(app="x"))),
        (FEW, NamespacePods("dev")),
        (OPS, NamespacePods("dev")),
        (AllPods(), INTERNET),
        (FEW, blocks("all", "0.0.0.0/0")),
        (blocks("a", "203.0.113.0/24"), blocks("b", "203.0.112.0/24")),
        (blocks("a", "::/0"), blocks("b", "0.0.0.0/0")),
        (
            Addresses("a", (Block("203.0.113.0/24"),)),
            Addresses("b", (Block("203.0.0.0/16", ("203.0.113.64/26",)),)),
        ),
    ],
)
def test_peers_that_only_meet_or_differ_both_stay(one: Any, other: Any) -> None:
    assert {peer for peer, _ in ingress((one, WEB), (other, WEB))} == {one, other}


def test_of_addresses_only_the_blocks_go_that_others_cover() -> None:
    mixed, left = blocks("a", "10.1.0.0/16", "203.0.113.0/24"), blocks("a", "10.1.0.0/16")
    assert ingress((mixed, WEB), (INTERNET, WEB)) == [(left, (8080,)), (INTERNET, (8080,))]
    assert ingress((mixed, WEB), (mixed, METRICS), (INTERNET, WEB)) == [
        (left, (8080,)),
        (mixed, (9090,)),
        (INTERNET, (8080,)),
    ]


def test_several_blocks_cover_one_together() -> None:
    halves = blocks("halves", "10.0.0.0/9", "10.128.0.0/9")
    whole = blocks("whole", "10.0.0.0/8")
    assert ingress((whole, WEB), (halves, WEB)) == [(whole, (8080,))]
    around = Addresses("around", (Block("8.0.0.0/6", ("10.0.0.0/8",)),))
    all_four = blocks("all", "8.0.0.0/6")
    assert ingress((around, WEB), (whole, WEB), (all_four, WEB)) == [(all_four, (8080,))]
    more = Addresses("more", (Block("8.0.0.0/5", ("10.0.0.0/8",)),))
    assert ingress((more, WEB), (halves, WEB), (all_four, WEB)) == [
        (all_four, (8080,)),
        (more, (8080,)),
    ]


def test_blocks_of_one_peer_cover_each_other() -> None:
    (rule,) = rules((blocks("a", "10.0.0.0/8", "10.1.0.0/16"), WEB))
    assert rule.peer == blocks("a", "10.0.0.0/8")
    (rule,) = rules((blocks("a", "10.0.0.0/8"), RANGE), (blocks("b", "10.0.0.0/9"), WEB))
    assert rule.peer == blocks("a", "10.0.0.0/8")
    assert sorted(each.text for each in rule.spans) == ["allow 0", "allow 1"]


def test_blocks_of_one_place_are_one_peer_whatever_their_name() -> None:
    here, there = blocks("a", "203.0.113.0/24"), blocks("b", "203.0.113.0/24")
    assert len(ingress((here, WEB), (there, WEB))) == 1


def test_a_range_covers_the_ports_in_it() -> None:
    (rule,) = rules((FEW, WEB), (FEW, RANGE), (FEW, UDP))
    assert [(each.transport.value, each.port, each.end) for each in rule.ports] == [
        ("TCP", 8000, 9000),
        ("UDP", 8080, 8080),
    ]


def test_only_the_covered_port_of_a_rule_goes() -> None:
    assert ingress((FEW, METRICS), (FEW, WEB), (OPS, RANGE)) == [(FEW, (9090,)), (OPS, (8000,))]


def test_what_covers_inherits_the_lines_of_what_it_covers() -> None:
    (rule,) = rules((FEW, WEB), (OPS, WEB), (AllPods(), WEB))
    assert sorted(each.text for each in rule.spans) == ["allow 0", "allow 1", "allow 2"]


def test_ports_are_sorted() -> None:
    (rule,) = rules((FEW, METRICS), (FEW, WEB), (FEW, UDP))
    assert rule.ports == tuple(sorted(rule.ports))
    assert all(isinstance(each, TransportPort) for each in rule.ports)


def test_where_the_outside_holds_the_probes_address_it_is_not_opened_again() -> None:
    """A cluster may count the addresses as outside that ambient mode uses for probes."""
    outside = Addresses("internet", (Block("0.0.0.0/0", ("169.254.0.0/16",)), Block("::/0")))
    probes = (Probe("ready", "GET", WEB, "/ready"),)
    callee = workload("shop/api", WEB, probes=probes)
    built = program([callee], [flow(outside, callee, WEB)], on=cluster(Mesh.AMBIENT))
    ((isolation,),) = (add_isolations(built)[0].isolations,)
    assert [each.peer.blocks for each in isolation.ingress] == [  # type: ignore[union-attr]
        outside.blocks,
        (Block("169.254.7.127/32"),),
    ]
