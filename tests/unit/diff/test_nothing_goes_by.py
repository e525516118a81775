"""No change that means something goes by: whatever the verifier's tests break, diff tells.

Its tests hold changed objects against a program; here they are held against the objects as they
were built. And of random policies, what an evaluator decides otherwise has to be told.
"""

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ir_build import rich_program
from mutations_netpol import MUTATIONS
from polc.diagnostics import has_errors
from polc.diff.changes import Kind, gained, lost
from polc.diff.objects.compare import Comparison, compare_objects
from polc.diff.objects.side import Side
from polc.ir.nodes import Mesh
from polc.semantics.objects.model import Found, Manifests
from semantics.netpol import Pod, passes
from semantics.policies import admits
from unit.semantics.test_authorization import CALLS
from unit.verify import (
    test_gateway_mutations,
    test_mesh_mutations,
    test_route_mutations,
)
from unit.verify.meshed import ROLLOUT, Body, build, manifests, policy, routed
from unit.verify.test_mesh_minimal import PODS, SPECS, _selects
from unit.verify.test_mutations import PLAIN
from unit.verify.test_mutations import build as built_policies

Change = Callable[[list[Body]], Any]


def compared(before: list[Body], after: list[Body]) -> Comparison:
    return compare_objects(Side(manifests(before)), Side(manifests(after)))


def changed(bodies: list[Body], change: Change) -> list[Body]:
    after = copy.deepcopy(bodies)
    change(after)
    return after


def is_told(found: Comparison) -> bool:
    return bool(found.changes) or any(str(each.severity) == "error" for each in found.left_open)


# --- network policies ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", MUTATIONS)
def test_network_policies(name: str) -> None:
    codes, change = MUTATIONS[name]
    tried = 0
    for made in (PLAIN, *map(rich_program, Mesh)):
        before = built_policies(made)
        for seed in (1, 2):
            after = copy.deepcopy(before)
            if not change(after, random.Random(seed)):
                continue
            tried += 1
            one, other = (
                Side(Manifests(tuple(Found(each, "x") for each in side)))
                for side in (before, after)
            )
            found = compare_objects(one, other)
            assert "POL901" not in codes or gained(found.changes), name
            assert "POL902" not in codes or lost(found.changes), name
    assert tried


LABELS = st.sampled_from(({}, {"app": "api"}, {"app": "web"}, {"v": "2"}))
SELECTED = st.one_of(
    LABELS.map(lambda labels: {"matchLabels": labels} if labels else {}),
    st.just({"matchExpressions": [{"key": "v", "operator": "Exists"}]}),
    st.just({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]}),
)
SPACES = st.sampled_from(
    ({}, {"matchLabels": {"kubernetes.io/metadata.name": "other"}}, {"matchLabels": {"team": "a"}})
)
PEERS = st.one_of(
    st.fixed_dictionaries({"podSelector": SELECTED}),
    st.fixed_dictionaries({"podSelector": SELECTED, "namespaceSelector": SPACES}),
    st.just({"ipBlock": {"cidr": "203.0.113.0/24"}}),
)
PORTS = st.sampled_from(({"port": 80}, {"port": 80, "endPort": 90}, {"protocol": "UDP"}))
SIDES = st.lists(
    st.fixed_dictionaries(
        {}, optional={"peers": st.lists(PEERS, max_size=2), "ports": st.lists(PORTS, max_size=2)}
    ),
    max_size=2,
)
POLICIES = st.lists(st.tuples(SELECTED, st.sampled_from(("ingress", "egress")), SIDES), max_size=3)
TEAMS = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other", "labels": labels}}
    for labels in ({"team": "a"}, {})
]


def network_policies(drawn: list[tuple[Body, str, list[Body]]]) -> list[Body]:
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"p{number}", "namespace": "shop"},
            "spec": {
                "podSelector": pods,
                "policyTypes": [direction.capitalize()],
                direction: [
                    {
                        **({"from" if direction == "ingress" else "to": rule["peers"]}
                           if "peers" in rule else {}),
                        **({"ports": rule["ports"]} if "ports" in rule else {}),
                    }
                    for rule in rules
                ],
            },
        }
        for number, (pods, direction, rules) in enumerate(drawn)
    ]  # fmt: skip


def connections(policies: list[Body], team: Body) -> list[bool]:
    """Return which pods may exchange packets with which peers, at their own end."""
    labels = team["metadata"]["labels"]
    peers = [
        *(Pod("shop", each) for each in PODS),
        *(Pod("other", each, space=labels) for each in PODS),
        *("203.0.113.7", "198.51.100.1"),
    ]
    return [
        passes(policies, direction, Pod("shop", each), peer, protocol, port)
        for each in PODS
        for peer in peers
        for direction in ("Ingress", "Egress")
        for protocol, port in (("TCP", 80), ("TCP", 85), ("UDP", 53))
    ]


@given(POLICIES, POLICIES, st.data())
def test_random_network_policies(old: list[Any], new: list[Any], data: st.DataObject) -> None:
    if data.draw(st.booleans()):  # Two that have much in common.
        new = [*old, *new] if data.draw(st.booleans()) else [*old[1:], *new[:1]]
    before, after = network_policies(old), network_policies(new)
    teams = data.draw(st.sampled_from(TEAMS)), data.draw(st.sampled_from(TEAMS))
    found = compared([*before, teams[0]], [*after, teams[1]])
    assert found.left_open == ()
    sides = connections(before, teams[0]), connections(after, teams[1])
    for held, holds in zip(*sides, strict=True):
        assert not (holds and not held) or gained(found.changes)
        assert not (held and not holds) or lost(found.changes)


# --- the mesh -----------------------------------------------------------------------------------

MESH = {
    **{("sidecar", name): each for name, each in test_mesh_mutations.SIDECAR.items()},
    **{("ambient", name): each for name, each in test_mesh_mutations.AMBIENT.items()},
}


@pytest.mark.parametrize("mesh", MESH, ids=" ".join)
def test_what_the_mesh_admits(mesh: tuple[str, str]) -> None:
    change, expected = MESH[mesh]
    bodies, _ = build(mesh[0])
    found = compared(bodies, changed(bodies, change))
    told = {"POL930": gained, "POL931": lost}.get(expected[:6], lambda changes: changes)
    kinds = {each.kind for each in told(found.changes)}
    assert Kind.MESH in kinds, [each.message for each in found.left_open]


def decisions(specs: list[Body]) -> list[bool]:
    bodies = named(specs)
    return [
        admits([each for each in bodies if _selects(each, labels)], call)
        for labels in PODS
        for call in CALLS[::7]
    ]


def named(specs: list[Body]) -> list[Body]:
    return [policy(f"p{number}", spec) for number, spec in enumerate(specs)]


@given(SPECS, SPECS, st.data())
def test_random_policies(old: list[Body], new: list[Body], data: st.DataObject) -> None:
    if data.draw(st.booleans()):  # Two that have much in common.
        new = [*old, *new] if data.draw(st.booleans()) else [*old[1:], *new[:1]]
    found = compared(named(old), named(new))
    assert not has_errors(found.left_open)
    for before, after in zip(decisions(old), decisions(new), strict=True):
        assert not (after and not before) or gained(found.changes)
        assert not (before and not after) or lost(found.changes)


# --- routes -------------------------------------------------------------------------------------

ROUTES = {
    **{("sidecar", name): each for name, each in test_route_mutations.SIDECAR.items()},
    **{("ambient", name): each for name, each in test_route_mutations.AMBIENT.items()},
}
GATEWAYS = {
    **{("sidecar", name): each for name, each in test_gateway_mutations.SIDECAR.items()},
    **{("ambient", name): each for name, each in test_gateway_mutations.AMBIENT.items()},
}
# What permits a route to lead to another namespace may be elsewhere: it is taken to be there.
del GATEWAYS["ambient", "of others: a backend that nobody lets it have"]
OPEN = test_gateway_mutations.OPEN


@pytest.mark.parametrize("mesh", ROUTES, ids=" ".join)
def test_routes_within_the_mesh(mesh: tuple[str, str]) -> None:
    change, _ = ROUTES[mesh]
    rollout = test_route_mutations.ORDERED if mesh[0] == "ambient" else ROLLOUT
    bodies, _ = routed(mesh[0], rollout)
    assert is_told(compared(bodies, changed(bodies, change)))


@pytest.mark.parametrize("mesh", GATEWAYS, ids=" ".join)
def test_routes_at_gateways(mesh: tuple[str, str]) -> None:
    change, _ = GATEWAYS[mesh]
    bodies, _ = test_gateway_mutations.built(mesh[0])
    assert is_told(compared(bodies, changed(bodies, change)))


@pytest.mark.parametrize("name", OPEN)
def test_what_the_verifier_does_not_decide(name: str) -> None:
    mesh, change, _ = OPEN[name]
    bodies, _ = test_gateway_mutations.built(mesh)
    after = changed(bodies, change)
    assert is_told(compared(bodies, after))
    assert compared(after, after).changes == ()
    assert compared(after, after).left_open == ()
