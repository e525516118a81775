"""Emitted policies mean what was declared: random programs against a reference evaluator.

What ought to be allowed is worked out here from flows and facts alone, pair by pair, without the
pass: also for pods and addresses that the program has never heard of.
"""

from collections.abc import Iterator
from itertools import product

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from ir_build import (
    API_SERVER,
    INGRESS,
    INTERNET,
    ISTIOD,
    KUBE_DNS,
    blocks,
    cluster,
    flow,
    labels,
    pods,
    port,
    program,
    workload,
)
from polc.ir.nodes import (
    Addresses,
    AllPods,
    Flow,
    Grant,
    Host,
    Mesh,
    NamespacePods,
    Peer,
    Pods,
    Probe,
    Program,
    Transport,
)
from polc.passes import add_isolations
from polc_backends.networkpolicy import BACKEND
from semantics.netpol import Endpoint, Pod, Policy, allowed, passes

PORTS = (
    port("web", 8080),
    port("metrics", 9090),
    port("range", 8000, end=8100),
    port("udp", 8080, "udp"),
)
KEYS = ("shop/a", "shop/b", "data/c", "data/d")
PROMETHEUS = pods("monitoring/prometheus", "extern")
CACHE = pods("shop/cache", "extern")
OFFICE = blocks("office", "203.0.113.0/24")
BROAD = (AllPods(), NamespacePods("shop"), NamespacePods("monitoring"))
OUTSIDE = (INTERNET, OFFICE)
KNOWN = (PROMETHEUS, CACHE)

NUMBERS = [
    (protocol, number)
    for protocol in ("TCP", "UDP")
    for number in (53, 6443, 7999, 8000, 8080, 8100, 8101, 9090, 15008, 15012)
]
PROBES = ("169.254.7.127", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff")
ADDRESSES = ("203.0.113.7", "8.8.8.8", "2001:db8::1", "10.0.0.1", "192.168.1.1", *PROBES)


@st.composite
def programs(draw: st.DrawFn, keys: tuple[str, ...] = KEYS, flows: int = 0) -> Program:
    """Return a program whose callees are owned, known or outside, in any mesh."""
    mesh = draw(st.sampled_from(list(Mesh)))
    probes = st.sampled_from([(), (Probe("ready", "GET", PORTS[0], "/"),)])
    grants = st.sampled_from([(), (Grant(("get",), "", "pods", namespace="shop"),)])
    owned = [
        workload(key, *PORTS, probes=draw(probes), grants=draw(grants))
        for key in draw(st.lists(st.sampled_from(keys), min_size=1, unique=True))
    ]
    ours = st.sampled_from([each.pods for each in owned])
    callers = ours | st.sampled_from((*BROAD, *OUTSIDE, *KNOWN, INGRESS))
    callees = ours | st.sampled_from((*OUTSIDE, *KNOWN, Host("stripe", "api.stripe.com")))
    pairs = st.tuples(callers, ours) | st.tuples(ours, callees)
    triples = draw(
        st.lists(st.tuples(pairs, st.sampled_from(PORTS)), min_size=flows, max_size=8, unique=True)
    )
    made = [flow(source, target, on) for (source, target), on in triples]
    return program(owned, made, on=cluster(mesh, api_server=API_SERVER))


def policies_of(made: Program) -> list[Policy]:
    artifacts, _ = BACKEND.emit(add_isolations(made)[0])
    return [each.body for each in artifacts]


@frozen
class Expectation:
    """What a program says ought to pass, worked out flow by flow."""

    made: Program

    def passes(
        self, direction: str, here: Pod, there: Endpoint, protocol: str, number: int
    ) -> bool:
        if here.namespace not in {each.name for each in self.made.namespaces}:
            return True
        return (
            any(
                _is(mine, here) and _is(theirs, there) and _on(each, protocol, number)
                for each, mine, theirs in self._flows(direction)
            )
            or self._tunnels(direction, here, there, protocol, number)
            or (direction == "Egress" and self._platform_calls(here, there, protocol, number))
            or (direction == "Ingress" and self._probed(here, there, protocol, number))
        )

    def _flows(self, direction: str) -> Iterator[tuple[Flow, Peer, Peer]]:
        """Yield the flows that a pod of the program or of its namespaces takes part in."""
        owned = {each.name for each in self.made.namespaces}
        for each in self.made.flows:
            mine, theirs = each.source, each.target
            if direction == "Ingress":
                mine, theirs = theirs, mine
            if isinstance(mine, Pods) and mine.namespace in owned:
                yield each, mine, theirs

    def _tunnels(
        self, direction: str, here: Pod, there: Endpoint, protocol: str, number: int
    ) -> bool:
        return (
            self.made.cluster.mesh is Mesh.AMBIENT
            and (protocol, number) == ("TCP", 15008)
            and isinstance(there, Pod)
            and any(
                _is(mine, here) and _is(theirs, there) and each.port.transport is Transport.TCP
                for each, mine, theirs in self._flows(direction)
            )
        )

    def _platform_calls(self, here: Pod, there: Endpoint, protocol: str, number: int) -> bool:
        sidecar = self.made.cluster.mesh is Mesh.SIDECAR
        known = [each.pods for each in self.made.workloads]
        known += [
            end for each in self.made.flows for end in (each.source, each.target) if end in KNOWN
        ]
        mine = [each for each in known if _is(each, here)]
        calls = any(_is(source, here) for _, source, _ in self._flows("Egress"))
        tokens = [each.pods for each in self.made.workloads if each.grants]
        return (
            (_is(KUBE_DNS.pods, there) and number == 53 and (calls or bool(mine and sidecar)))
            or (sidecar and bool(mine) and _is(ISTIOD.pods, there) and (protocol, number) == XDS)
            or (
                any(_is(each, here) for each in tokens)
                and there == "10.0.0.1"
                and (protocol, number) == ("TCP", 6443)
            )
        )

    def _probed(self, here: Pod, there: Endpoint, protocol: str, number: int) -> bool:
        return (
            self.made.cluster.mesh is Mesh.AMBIENT
            and there in PROBES
            and (protocol, number) == ("TCP", 8080)
            and any(_is(each.pods, here) for each in self.made.workloads if each.probes)
        )


XDS = ("TCP", 15012)


def _is(peer: Peer, there: Endpoint) -> bool:
    """Tell whether a peer of the program is (or holds) a pod or an address."""
    match peer, there:
        case Pods(), Pod():
            return there.namespace == peer.namespace and dict(peer.labels).items() <= (
                there.labels.items()
            )
        case NamespacePods(), Pod():
            return there.namespace == peer.namespace
        case AllPods(), Pod():
            return True
        case Addresses(name="office"), str():
            return there == "203.0.113.7"
        case Addresses(name="internet"), str():
            return there in ("203.0.113.7", "8.8.8.8", "2001:db8::1", "169.254.7.127")
    return False


def _on(each: Flow, protocol: str, number: int) -> bool:
    on = each.port
    return on.transport.value == protocol and on.container <= number <= on.end


def world() -> list[Endpoint]:
    """Return one pod of every kind, some that nobody declared, and addresses."""
    known = [pods(key) for key in KEYS]
    known += [*KNOWN, INGRESS, KUBE_DNS.pods, ISTIOD.pods]
    found: list[Endpoint] = [Pod(each.namespace, dict(each.labels)) for each in known]
    found += [
        Pod("shop", {"app": "a", "pod-template-hash": "x"}),
        Pod("shop", {"app": "stranger"}),
        Pod("shop", {}),
        Pod("monitoring", {"app": "stranger"}),
        Pod("elsewhere", dict(labels(app="a"))),
        Pod("elsewhere", {"k8s-app": "kube-dns"}),
    ]
    return [*found, *ADDRESSES]


WORLD = world()


@given(programs())
def test_policies_let_through_what_was_declared_and_nothing_else(made: Program) -> None:
    policies, expected = policies_of(made), Expectation(made)
    for here, there in product(WORLD, WORLD):
        if not isinstance(here, Pod):
            continue
        for direction, (protocol, number) in product(("Ingress", "Egress"), NUMBERS):
            assert passes(policies, direction, here, there, protocol, number) == (
                expected.passes(direction, here, there, protocol, number)
            ), (direction, here, there, protocol, number)


@given(programs())
def test_every_declared_flow_passes_both_ends(made: Program) -> None:
    policies = policies_of(made)
    for each in made.flows:
        sources = [one for one in WORLD if _is(each.source, one)]
        targets = [one for one in WORLD if _is(each.target, one)]
        if isinstance(each.source, AllPods | NamespacePods):
            # The callee's end is open; an owned caller opens its own end by a flow of its own.
            sources = [one for one in sources if one.namespace in ("elsewhere", "monitoring")]
        for source, target in product(sources, targets):
            assert allowed(policies, source, target, each.port.transport.value, each.port.end)


@given(programs(keys=("shop/a",), flows=5))  # Many flows with one end: they do cover each other.
def test_no_rule_can_be_left_out(made: Program) -> None:
    policies = policies_of(made)
    for policy in policies:
        for direction, name in (("Ingress", "ingress"), ("Egress", "egress")):
            rules = policy["spec"].get(name, [])
            for at in range(len(rules)):
                fewer = {**policy["spec"], name: rules[:at] + rules[at + 1 :]}
                assert _differ(policy, {**policy, "spec": fewer}, direction)


def _differ(one: Policy, other: Policy, direction: str) -> bool:
    selected = one["spec"]["podSelector"].get("matchLabels", {})
    here = Pod(one["metadata"]["namespace"], selected)
    return any(
        passes([one], direction, here, there, protocol, number)
        != passes([other], direction, here, there, protocol, number)
        for there in WORLD
        for protocol, number in NUMBERS
    )
