"""The meaning of policies: against the reference evaluator, and against public truth tables.

The cases with names are those of the public collection "network-policy-recipes" and of the
examples of kubernetes.io, "Network Policies", written anew: who may connect to whom is what they
state.
"""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polc.semantics.network.policies import Network, read_network
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.reading import read_yaml
from polc.semantics.sets.labels import NAME_LABEL, Witness
from semantics.netpol import Endpoint, Pod, allowed, passes

# --- random policies in a small world -----------------------------------------------------------

KEYS, VALUES = ("app", "tier"), ("x", "y")
pairs = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2)
expressions = st.lists(
    st.one_of(
        st.builds(
            lambda key, operator, values: {"key": key, "operator": operator, "values": values},
            st.sampled_from(KEYS),
            st.sampled_from(("In", "NotIn")),
            st.lists(st.sampled_from(VALUES), min_size=1, max_size=2),
        ),
        st.builds(
            lambda key, operator: {"key": key, "operator": operator},
            st.sampled_from(KEYS),
            st.sampled_from(("Exists", "DoesNotExist")),
        ),
    ),
    max_size=2,
)
selectors = st.one_of(
    st.just({}),
    st.builds(lambda labels: {"matchLabels": labels}, pairs),
    st.builds(
        lambda labels, more: {"matchLabels": labels, "matchExpressions": more}, pairs, expressions
    ),
)
spaces = st.one_of(
    st.sampled_from(({}, {"matchLabels": {NAME_LABEL: "red"}}, {"matchLabels": {"team": "a"}})),
    st.just({"matchExpressions": [{"key": NAME_LABEL, "operator": "NotIn", "values": ["red"]}]}),
    st.just({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}),
)
peers = st.one_of(
    st.fixed_dictionaries({"podSelector": selectors}),
    st.fixed_dictionaries({"namespaceSelector": spaces}),
    st.fixed_dictionaries({"namespaceSelector": spaces, "podSelector": selectors}),
    st.sampled_from(
        (
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
            {"ipBlock": {"cidr": "0.0.0.0/0"}},
            {"ipBlock": {"cidr": "2001:db8::/32", "except": ["2001:db8:1::/48"]}},
        )
    ),
)
ports = st.fixed_dictionaries(
    {},
    optional={
        "protocol": st.sampled_from(("TCP", "UDP")),
        "port": st.sampled_from((80, 443)),
    },
) | st.just({"port": 80, "endPort": 90})


def rules(side: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={side: st.lists(peers, max_size=2), "ports": st.lists(ports, max_size=2)}
    )


specs = st.fixed_dictionaries(
    {"podSelector": selectors},
    optional={
        "policyTypes": st.sampled_from(([], ["Ingress"], ["Egress"], ["Ingress", "Egress"])),
        "ingress": st.lists(rules("from"), max_size=2),
        "egress": st.lists(rules("to"), max_size=2),
    },
)
policies = st.lists(st.tuples(st.sampled_from(("red", "green")), specs), max_size=4).map(
    lambda drawn: [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"p{at}", "namespace": namespace},
            "spec": spec,
        }
        for at, (namespace, spec) in enumerate(drawn)
    ]
)
LABELS = ({}, {"app": "x"}, {"app": "y", "tier": "x"}, {"tier": "y"}, {"app": "z"})
PODS = [
    Pod(namespace, labels, space=space)
    for namespace, space in (("red", {}), ("green", {"team": "a"}), ("other", {"team": "b"}))
    for labels in LABELS
]
ADDRESSES = ("10.2.0.1", "10.1.0.1", "8.8.8.8", "2001:db8::1", "2001:db8:1::1")
PORTS = (("TCP", 80), ("TCP", 85), ("UDP", 443), ("SCTP", 9))


def read(objects: list[dict[str, Any]]) -> Network:
    network, problems = read_network(Manifests(tuple(Found(each, "x") for each in objects)))
    assert problems == ()
    return network


def peer_of(end: Endpoint) -> Witness | str:
    if isinstance(end, Pod):
        return Witness({**end.space, NAME_LABEL: end.namespace}, end.labels)
    return end


@settings(max_examples=60)
@given(policies)
def test_sets_agree_with_the_evaluator(objects: list[dict[str, Any]]) -> None:
    network = read(objects)
    for here, direction in product(PODS, ("ingress", "egress")):
        region = network.allows(here.namespace, here.labels, direction)
        for there, (protocol, port) in product((*PODS, *ADDRESSES), PORTS):
            assert region.holds(peer_of(there), protocol, port) == passes(
                objects, direction.capitalize(), here, there, protocol, port
            ), (direction, here, there, protocol, port)


# --- truth tables ---------------------------------------------------------------------------------

HEAD = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: %s, namespace: default}
spec:
"""


def both(text: str, source: Endpoint, target: Endpoint, port: int, protocol: str = "TCP") -> bool:
    """Return whether a connection passes, as the sets and as the evaluator say it."""
    found, problems = read_yaml("x.yaml", text)
    assert problems == ()
    network, problems = read_network(Manifests(found))
    assert problems == ()
    ours = True
    for here, there, direction in ((source, target, "egress"), (target, source, "ingress")):
        if isinstance(here, Pod):
            region = network.allows(here.namespace, here.labels, direction)
            ours = ours and region.holds(peer_of(there), protocol, port)
    theirs = allowed(
        [each.body for each in found if each.kind == "NetworkPolicy"],
        source,
        target,
        protocol,
        port,
    )
    assert ours == theirs
    return ours


def pod(namespace: str = "default", /, space: dict[str, str] | None = None, **labels: str) -> Pod:
    return Pod(namespace, labels, space=space or {})


WEB, API = pod(app="web"), pod(app="bookstore", role="api")
RECIPES: list[Any] = [
    ("deny all to web", "podSelector: {matchLabels: {app: web}}, ingress: []", pod(), WEB, 80, 0),
    ("web itself may call", "podSelector: {matchLabels: {app: web}}, ingress: []", WEB, API, 80, 1),
    (
        "limit to the application",
        "podSelector: {matchLabels: {app: bookstore, role: api}},"
        " ingress: [{from: [{podSelector: {matchLabels: {app: bookstore}}}]}]",
        *(pod(), API, 80, 0),
    ),
    (
        "limit to the application, from within",
        "podSelector: {matchLabels: {app: bookstore, role: api}},"
        " ingress: [{from: [{podSelector: {matchLabels: {app: bookstore}}}]}]",
        *(pod(app="bookstore", role="frontend"), API, 80, 1),
    ),
    (
        "allow all to web",
        "podSelector: {matchLabels: {app: web}}, ingress: [{}]",
        *(pod("other"), WEB, 80, 1),
    ),
    ("default deny", "podSelector: {}, ingress: []", WEB, API, 80, 0),
    (
        "deny other namespaces",
        "podSelector: {matchLabels: {}}, ingress: [{from: [{podSelector: {}}]}]",
        *(pod("foo"), WEB, 80, 0),
    ),
    (
        "deny other namespaces, the same one",
        "podSelector: {matchLabels: {}}, ingress: [{from: [{podSelector: {}}]}]",
        *(pod(), WEB, 80, 1),
    ),
    (
        "all namespaces",
        "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {}}]}]",
        *(pod("secondary"), WEB, 80, 1),
    ),
    (
        "all namespaces are no addresses",
        "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {}}]}]",
        *("203.0.113.9", WEB, 80, 0),
    ),
    (
        "production alone",
        "podSelector: {matchLabels: {app: web}},"
        " ingress: [{from: [{namespaceSelector: {matchLabels: {purpose: production}}}]}]",
        *(pod("prod", space={"purpose": "production"}), WEB, 80, 1),
    ),
    (
        "production alone, from testing",
        "podSelector: {matchLabels: {app: web}},"
        " ingress: [{from: [{namespaceSelector: {matchLabels: {purpose: production}}}]}]",
        *(pod("dev", space={"purpose": "testing"}), WEB, 80, 0),
    ),
    (
        "monitoring of a team",
        "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector:"
        " {matchLabels: {team: operations}}, podSelector: {matchLabels: {type: monitoring}}}]}]",
        *(pod("other", space={"team": "operations"}, type="monitoring"), WEB, 80, 1),
    ),
    (
        "monitoring of a team: the team is not enough",
        "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector:"
        " {matchLabels: {team: operations}}, podSelector: {matchLabels: {type: monitoring}}}]}]",
        *(pod("other", space={"team": "operations"}), WEB, 80, 0),
    ),
    (
        "monitoring of a team: as two items the team is enough",
        "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector:"
        " {matchLabels: {team: operations}}}, {podSelector: {matchLabels: {type: monitoring}}}]}]",
        *(pod("other", space={"team": "operations"}), WEB, 80, 1),
    ),
    (
        "external clients",
        "podSelector: {matchLabels: {app: web}}, ingress: [{from: []}]",
        *("203.0.113.9", WEB, 80, 1),
    ),
    (
        "one port",
        "podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 5000}],"
        " from: [{podSelector: {matchLabels: {role: monitoring}}}]}]",
        *(pod(role="monitoring"), WEB, 5000, 1),
    ),
    (
        "another port",
        "podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 5000}],"
        " from: [{podSelector: {matchLabels: {role: monitoring}}}]}]",
        *(pod(role="monitoring"), WEB, 8000, 0),
    ),
    (
        "several selectors",
        "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels:"
        " {role: search}}}, {podSelector: {matchLabels: {role: api}}}]}]",
        *(pod(role="api"), WEB, 80, 1),
    ),
    (
        "no egress",
        "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: []",
        *(WEB, API, 80, 0),
    ),
    (
        "no egress, but ingress",
        "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: []",
        *(API, WEB, 80, 1),
    ),
    (
        "egress to DNS alone",
        "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress:"
        " [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]",
        *(WEB, "203.0.113.9", 53, 1),
    ),
    (
        "egress to DNS alone: nothing else",
        "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress:"
        " [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]",
        *(WEB, "203.0.113.9", 80, 0),
    ),
    (
        "egress within the cluster",
        "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress:"
        " [{to: [{namespaceSelector: {}}]}]",
        *(WEB, "203.0.113.9", 80, 0),
    ),
    (
        "an exception of a block",
        "podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress], ingress:"
        " [{from: [{ipBlock: {cidr: 172.17.0.0/16, except: [172.17.1.0/24]}}]}]",
        *("172.17.1.9", WEB, 6379, 0),
    ),
    (
        "a range of ports",
        "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress:"
        " [{to: [{ipBlock: {cidr: 10.0.0.0/24}}], ports: [{port: 32000, endPort: 32768}]}]",
        *(WEB, "10.0.0.7", 32768, 1),
    ),
    (
        "namespaces by their name",
        "podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector:"
        " {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In,"
        " values: [frontend, backend]}]}}]}]",
        *(WEB, pod("backend"), 80, 1),
    ),
]


@pytest.mark.parametrize(
    ("spec", "source", "target", "port", "passing"),
    [pytest.param(*case[1:], id=case[0].replace(" ", "-")) for case in RECIPES],
)
def test_recipes(spec: str, source: Endpoint, target: Endpoint, port: int, passing: int) -> None:
    text = HEAD % "recipe" + f"  {{{spec}}}\n"
    assert both(text, source, target, port) == bool(passing)


# --- ports by name -------------------------------------------------------------------------------

WORKLOADS = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  template:
    metadata: {labels: {app: web, version: v1}}
    spec:
      containers:
      - ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]
---
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: default, labels: {app: web, version: v0}}
spec: {containers: [{ports: [{name: http, containerPort: 80}]}]}
"""


def named(spec: str) -> Network:
    found, problems = read_yaml("x.yaml", HEAD % "named" + f"  {{{spec}}}\n" + WORKLOADS)
    assert problems == ()
    network, problems = read_network(Manifests(found))
    assert problems == ()
    return network


def test_the_name_of_a_port_is_that_of_the_receiving_pod() -> None:
    network = named("podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: http}]}]")
    anyone = Witness({NAME_LABEL: "else"}, {})
    new = network.allows("default", {"app": "web", "version": "v1"}, "ingress")
    old = network.allows("default", {"app": "web", "version": "v0"}, "ingress")
    assert new.holds(anyone, "TCP", 8080)
    assert not new.holds(anyone, "TCP", 80)
    assert old.holds(anyone, "TCP", 80)
    assert not network.allows("default", {"app": "web"}, "ingress").pods
    out = named(
        "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}, {port: 9}]}]"
    ).allows("default", {}, "egress")
    web = Witness({NAME_LABEL: "default"}, {"app": "web", "version": "v1"})
    assert out.holds(web, "TCP", 8080)
    assert not out.holds(web, "TCP", 80)
    assert out.holds(anyone, "TCP", 9)
    assert not out.holds("203.0.113.9", "TCP", 8080)


def test_a_name_has_a_protocol() -> None:
    found, _ = read_yaml(
        "x.yaml",
        HEAD % "named" + "  {podSelector: {}, ingress: [{ports: [{port: dns}]}]}\n" + WORKLOADS,
    )
    _, (problem,) = read_network(Manifests(found))
    assert "TCP port `dns`" in problem.message


def test_a_workload_with_more_labels_keeps_its_own_names() -> None:
    """Pods of `job` have all labels of `web` and one more, but not its ports."""
    text = (
        HEAD % "named"
        + "  {podSelector: {}, ingress: [{ports: [{port: http}]}],"
        + " egress: [{ports: [{port: http}]}]}\n"
        + "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}},"
        + " spec: {containers: [{ports: [{name: http, containerPort: 80}]}]}}\n"
        + "---\n{apiVersion: v1, kind: Pod, metadata: {name: job, labels: {app: web, tier: job}},"
        + " spec: {containers: [{ports: [{name: http, containerPort: 8080}]}]}}\n"
    )
    network, problems = read_network(Manifests(read_yaml("x.yaml", text)[0]))
    assert problems == ()
    anyone = Witness({NAME_LABEL: "else"}, {})
    for labels, number in (({"app": "web"}, 80), ({"app": "web", "tier": "job"}, 8080)):
        taken = network.allows("default", labels, "ingress")
        given = network.allows("default", {}, "egress")
        pod = Witness({NAME_LABEL: "default"}, labels)
        for port in (80, 8080):
            assert taken.holds(anyone, "TCP", port) is (port == number)
            assert given.holds(pod, "TCP", port) is (port == number)


def test_a_name_of_addresses_is_not_decided() -> None:
    """Pods may be among them, and some implementations look the name up there."""
    rule = "to: [{podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: http}]"
    found, _ = read_yaml(
        "x.yaml", HEAD % "named" + f"  {{podSelector: {{}}, egress: [{{{rule}}}]}}\n" + WORKLOADS
    )
    _, (problem,) = read_network(Manifests(found))
    assert "the TCP port `http` of addresses" in problem.message
