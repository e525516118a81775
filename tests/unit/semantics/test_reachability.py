"""Who may reach whom, class by class: against plain evaluators, pair by pair."""

from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from polc.semantics.ends import End
from polc.semantics.network.admin import read_admin_policies
from polc.semantics.network.policies import read_network
from polc.semantics.network.reachability import Reachability, address_parts
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.sets.intervals import EVERY_ADDRESS, AddressSet, cidr_set
from polc.semantics.sets.labels import NAME_LABEL, Witness
from polc.terms import Block
from semantics import admin as plain
from semantics.netpol import Endpoint
from unit.semantics.test_networkpolicy import ADDRESSES, PODS, PORTS, policies, selectors, spaces

SPACES = {"red": {}, "green": {"team": "a"}, "other": {"team": "b"}}
pods_peer = st.one_of(
    st.fixed_dictionaries({"namespaces": spaces}),
    st.fixed_dictionaries(
        {"pods": st.fixed_dictionaries({"namespaceSelector": spaces, "podSelector": selectors})}
    ),
)
networks = st.sampled_from(({"networks": ["10.0.0.0/8"]}, {"networks": ["0.0.0.0/0", "::/0"]}))
admin_ports = st.sampled_from(
    (
        {"tcp": {"destinationPort": {"number": 80}}},
        {"tcp": {"destinationPort": {"range": {"start": 80, "end": 90}}}},
        {"udp": {"destinationPort": {"number": 443}}},
        {"sctp": {}},
    )
)


def admin_rules(side: str) -> st.SearchStrategy[dict[str, Any]]:
    peers = pods_peer | networks if side == "to" else pods_peer
    return st.fixed_dictionaries(
        {
            "action": st.sampled_from(("Accept", "Deny", "Pass")),
            side: st.lists(peers, min_size=1, max_size=2),
        },
        optional={"protocols": st.lists(admin_ports, min_size=1, max_size=2)},
    )


admin_specs = st.lists(
    st.fixed_dictionaries(
        {
            "tier": st.sampled_from(("Admin", "Baseline")),
            "subject": pods_peer,
            "ingress": st.lists(admin_rules("from"), max_size=3),
            "egress": st.lists(admin_rules("to"), max_size=3),
        }
    ),
    max_size=3,
).map(
    lambda drawn: [
        {
            "apiVersion": "policy.networking.k8s.io/v1alpha2",
            "kind": "ClusterNetworkPolicy",
            "metadata": {"name": f"a{at}"},
            "spec": {**spec, "priority": at},
        }
        for at, spec in enumerate(drawn)
    ]
)


def end_of(point: Endpoint, at: int) -> End:
    if isinstance(point, str):
        return End(point, "addresses", addresses=cidr_set(point))
    labels = {**point.space, NAME_LABEL: point.namespace}
    return End(f"p{at}", "pods", point.namespace, f"p{at}", witness=Witness(labels, point.labels))


points = st.lists(st.sampled_from((*PODS, *ADDRESSES)), min_size=2, max_size=4)


@given(admin_specs, policies, points)
def test_every_pair_is_as_the_rules_in_their_order_say(
    admin: list[dict[str, Any]], objects: list[dict[str, Any]], chosen: list[Endpoint]
) -> None:
    named = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": labels},
        }
        for name, labels in SPACES.items()
    ]
    manifests = Manifests(tuple(Found(each, "x") for each in (*admin, *objects, *named)))
    ends = [end_of(point, at) for at, point in enumerate(chosen)]
    tiers, gaps = read_admin_policies(manifests)
    assert gaps == ()
    reach = Reachability(
        read_network(manifests)[0], tuple(end for end in ends if end.witness), tiers
    )
    for (source, one), (target, other) in product(zip(chosen, ends, strict=True), repeat=2):
        if isinstance(source, str) and isinstance(target, str):
            continue
        ports = reach.between(reach.class_of(one), reach.class_of(other))
        for protocol, port in PORTS:
            wanted = plain.allowed(admin, objects, source, target, protocol, port)
            assert (port in ports.of_protocol(protocol)) == wanted, (source, target, protocol, port)
    for source_class, target_class in product(reach.classes, repeat=2):
        if reach.between(source_class, target_class):
            assert target_class in reach.targets(source_class)


@given(policies)
def test_ends_of_a_class_are_alike(objects: list[dict[str, Any]]) -> None:
    manifests = Manifests(tuple(Found(each, "x") for each in objects))
    ends = tuple(end_of(point, at) for at, point in enumerate(PODS))
    reach = Reachability(read_network(manifests)[0], ends)
    assert sorted(end.id for each in reach.classes for end in each.ends if end.witness) == sorted(
        end.id for end in ends
    )
    for group in reach.classes:
        for each in group.ends:
            alone = reach._describe(each, reach._boxes, reach._blocks)
            assert alone.peers == group.peers
            assert alone.sides == group.sides
    everything = AddressSet()
    for end in reach.addresses:
        assert end.addresses is not None
        assert not everything & end.addresses
        everything |= end.addresses
    assert everything == EVERY_ADDRESS


def test_addresses_are_told_as_they_were_written() -> None:
    blocks = (Block("0.0.0.0/0", ("10.0.0.0/8",)), Block("10.1.0.0/16"), Block("192.0.2.7/32"))
    assert sorted(words for words, _ in address_parts(blocks)) == [
        "0.0.0.0/0 except 10.0.0.0/8, 192.0.2.7/32",
        "10.1.0.0/16",
        "192.0.2.7/32",
        "other addresses",
    ]
    assert [words for words, _ in address_parts(())] == ["every address"]


def test_what_is_said_twice_has_no_order() -> None:
    body = {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "AdminNetworkPolicy",
        "spec": {"priority": 5, "subject": {"namespaces": {}}},
    }
    both = [{**body, "metadata": {"name": name}} for name in "ab"]
    _, (gap,) = read_admin_policies(Manifests(tuple(Found(each, "x") for each in both)))
    assert gap.name == "equal-priorities"


def test_nodes_and_names_are_peers_that_are_not_read() -> None:
    rule = {"action": "Deny", "to": [{"nodes": {}}, {"domainNames": ["*.example.com"]}]}
    body = {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "AdminNetworkPolicy",
        "metadata": {"name": "a"},
        "spec": {"priority": 5, "subject": {"namespaces": {}}, "egress": [rule]},
    }
    _, gaps = read_admin_policies(Manifests((Found(body, "x"),)))
    assert [gap.name for gap in gaps] == ["admin-policy", "admin-policy"]


def test_pods_are_joined_below_what_controls_them() -> None:
    from polc.semantics.ends import pod_ends

    def pod(name: str, labels: dict[str, str], owner: str = "") -> dict[str, Any]:
        kind, _, above = owner.partition("/")
        owners = [{"controller": True, "kind": kind, "name": above}] if owner else []
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": labels, "ownerReferences": owners},
            "spec": {"containers": []},
        }

    bodies = [
        pod("web-1", {"app": "web"}, "ReplicaSet/web-77"),
        pod("web-2", {"app": "web"}, "ReplicaSet/web-77"),
        pod("etcd", {"component": "etcd"}, "Node/node-1"),
        pod("alone", {}),
        pod("odd-1", {"app": "a"}, "Custom/odd"),
        pod("odd-2", {"app": "b"}, "Custom/odd"),
    ]
    ends = pod_ends(Manifests(tuple(Found(each, "x") for each in bodies)))
    assert [(end.id, end.maker) for end in ends] == [
        ("default/alone", "Pod"),
        ("default/etcd", "Pod"),
        ("default/odd (odd-1)", "Custom"),
        ("default/odd (odd-2)", "Custom"),
        ("default/web-77", "ReplicaSet"),
    ]
