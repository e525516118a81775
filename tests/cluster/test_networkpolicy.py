"""NetworkPolicies: the verifier against cyclonus, and against the API server's own validation.

cyclonus reads an `ipBlock` as matching pods by their address, too; so here a pod counts as its
labels or its address. That it may also be read the other way, polc decides elsewhere.
"""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import assume, given, settings

from cluster.policies import (
    NAMESPACES,
    PODS,
    End,
    Packet,
    Places,
    packets,
    places,
    pod_selectors,
    policies,
    policy,
)
from cluster.specs import AGREED, STRICTER, WIDER, Spec
from oracles.referee import Referee, find, start
from polc.semantics.network.networkpolicy import DIRECTIONS, read_policy
from polc.semantics.network.policies import Network, read_network
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.selectors import read_selector
from polc.semantics.objects.values import matches_selector
from polc.semantics.sets.labels import POD, Witness, box
from polc.semantics.sets.regions import Region

pytestmark = pytest.mark.cluster
find()


@pytest.fixture(scope="module")
def referee() -> Referee:
    return start("networkpolicy")


def read(bodies: list[Any], *, pods: bool = False) -> tuple[Network, tuple[Any, ...]]:
    made = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in NAMESPACES.items()
    ]
    if pods:
        made += [each.manifest(number) for number, each in enumerate(PODS)]
    return read_network(Manifests(tuple(Found(body, "x.yaml") for body in (*made, *bodies))))


def allows(region: Region, other: End, packet: Packet) -> bool:
    """Tell whether what a pod may exchange holds a packet with the other end."""
    place = packet.protocol, packet.port
    by_labels = bool(other.namespace) and region.holds(
        Witness(NAMESPACES[other.namespace], other.labels), *place
    )
    bits = 128 if ":" in other.ip else 32
    return by_labels or region.holds(f"{other.ip}/{bits}", *place)


def ask(
    referee: Referee, bodies: list[Any], sent: Iterable[Packet], *, own: bool = False
) -> dict[str, Any]:
    return referee.ask(
        {"policies": bodies, "traffic": [each.json() for each in sent], "ownSelectors": own}
    )


def compare(network: Network, answer: dict[str, Any], sent: list[Packet]) -> None:
    """Compare packet by packet, at both ends; what is outside of the cluster may do all."""
    for direction in DIRECTIONS:
        regions = {pod.ip: network.allows(pod.namespace, pod.labels, direction) for pod in PODS}
        for packet, real in zip(sent, answer[direction], strict=True):
            ends = packet.target, packet.source
            end, other = ends if direction == "ingress" else ends[::-1]
            mine = not end.namespace or allows(regions[end.ip], other, packet)
            assert mine == real, (direction, packet)


@settings(max_examples=300)
@given(bodies=policies(), ports=places())
def test_random_policies(referee: Referee, bodies: list[Any], ports: Places) -> None:
    sent = packets(ports)
    answer = ask(referee, bodies, sent)
    network, problems = read(bodies)
    assert not any(answer["refused"])
    assert problems == ()
    compare(network, answer, sent)


@settings(max_examples=300)
@given(bodies=policies(names=True), ports=places())
def test_ports_by_name(referee: Referee, bodies: list[Any], ports: Places) -> None:
    sent = packets(ports)
    answer = ask(referee, bodies, sent)
    network, problems = read(bodies, pods=True)
    assert not any(answer["refused"])
    # A name that no pod has permits nothing. What one permits of addresses is left open.
    assert all("port `" in each.message for each in problems)
    assume(not any("of addresses" in each.message for each in problems))
    compare(network, answer, sent)


# --- selectors ----------------------------------------------------------------------------------

_WORLD = ({}, {"app": ""}, {"app": "web"}, {"tier": "db"}, {"app": "api", "tier": ""}, {"x": "y"})


@settings(max_examples=300)
@given(selector=pod_selectors)
def test_selectors(selector: dict[str, Any]) -> None:
    """Both readers of selectors in the verifier agree with apimachinery."""
    answer = start("selector").ask({"selector": selector, "labels": _WORLD})
    conditions, problems = read_selector(POD, selector)
    assert problems == ()
    assert [box(conditions).holds({}, labels) for labels in _WORLD] == answer["matches"]
    assert [matches_selector(selector, labels) for labels in _WORLD] == answer["matches"]


def _hidden(value: object) -> bool:
    """Tell whether a selector asks what cyclonus itself answers otherwise than apimachinery."""
    if isinstance(value, dict):
        labels = value.get("matchLabels") or {}
        return (
            "" in labels.values()
            or value.get("operator") == "NotIn"
            or _hidden(list(value.values()))
        )
    return isinstance(value, list) and any(map(_hidden, value))


@settings(max_examples=300)
@given(bodies=policies().filter(lambda bodies: not _hidden(bodies)), ports=places())
def test_selectors_by_cyclonus(referee: Referee, bodies: list[Any], ports: Places) -> None:
    sent = packets(ports)
    compare(read(bodies)[0], ask(referee, bodies, sent, own=True), sent)


@pytest.mark.parametrize(
    ("selector", "kept"),
    [
        ({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["y"]}]}, False),
        ({"matchLabels": {"x": ""}}, True),
    ],
    ids=["NotIn holds without the label", "an empty value is not the lack of the label"],
)
def test_where_cyclonus_differs(referee: Referee, selector: dict[str, Any], kept: bool) -> None:
    """apimachinery decides what a selector means; the verifier is with it."""
    sent = [Packet(PODS[1], PODS[0], "TCP", 80)]
    bodies = [policy({"podSelector": {}, "ingress": [{"from": [{"podSelector": selector}]}]})]
    assert ask(referee, bodies, sent, own=True)["ingress"] == [kept]
    assert ask(referee, bodies, sent)["ingress"] == [not kept]
    compare(read(bodies)[0], ask(referee, bodies, sent), sent)


# --- what the API server takes -------------------------------------------------------------------


def judged(referee: Referee, spec: Spec | None) -> tuple[str, bool]:
    """Return why the API server refuses a specification, and whether the verifier decides it."""
    body = policy(spec)
    _, problems = read_policy(Found(body, "x.yaml"))
    return ask(referee, [body], ())["refused"][0], not problems


@pytest.mark.parametrize("spec", AGREED, ids=json.dumps)
def test_what_is_refused_is_not_decided(referee: Referee, spec: Spec | None) -> None:
    refused, decided = judged(referee, spec)
    assert decided is not bool(refused), refused


@pytest.mark.parametrize("spec", WIDER, ids=json.dumps)
def test_what_is_refused_and_read_all_the_same(referee: Referee, spec: Spec) -> None:
    refused, decided = judged(referee, spec)
    assert refused
    assert decided


@pytest.mark.parametrize("spec", STRICTER, ids=json.dumps)
def test_nulls_in_lists_are_not_decided(referee: Referee, spec: Spec) -> None:
    assert judged(referee, spec) == ("", False)
