"""Random NetworkPolicies, and a small cluster whose pods and addresses they are about."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from attrs import field, frozen
from hypothesis import strategies as st

Json = dict[str, Any]
NAME_LABEL = "kubernetes.io/metadata.name"
NAMESPACES: dict[str, dict[str, str]] = {
    "a": {NAME_LABEL: "a", "team": "red", "env": ""},
    "b": {NAME_LABEL: "b", "team": "blue"},
    "c": {NAME_LABEL: "c"},
}


@frozen
class End:
    """A pod with an address and the names of its ports, or (without a namespace) an address."""

    ip: str
    namespace: str = ""
    labels: Mapping[str, str] = field(factory=dict)
    names: Mapping[str, tuple[str, int]] = field(factory=dict)
    """Protocol and number by name."""

    def json(self) -> Json:
        return {
            "ip": self.ip,
            "namespace": self.namespace,
            "namespaceLabels": NAMESPACES.get(self.namespace, {}),
            "labels": dict(self.labels),
        }

    def manifest(self, number: int) -> Json:
        """Return the pod as an object."""
        ports = [
            {"name": name, "protocol": protocol, "containerPort": port}
            for name, (protocol, port) in self.names.items()
        ]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"p{number}",
                "namespace": self.namespace,
                "labels": dict(self.labels),
            },
            "spec": {"containers": [{"name": "c", "image": "app", "ports": ports}]},
        }


PODS = (
    End("10.0.0.1", "a", {"app": "web", "id": "0"}, {"http": ("TCP", 80), "dns": ("UDP", 53)}),
    End("10.0.0.2", "a", {"app": "api", "tier": "", "id": "1"}, {"http": ("TCP", 8080)}),
    End("10.0.0.3", "a", {"app": "web", "id": "0", "tier": "db"}, {"http": ("TCP", 81)}),
    End("10.0.1.1", "b", {"app": "web", "tier": "db", "id": "2"}, {"http": ("UDP", 80)}),
    End("10.0.1.2", "b", {"id": "3"}, {"http": ("TCP", 81), "dns": ("TCP", 53)}),
    End("fd00::1", "c", {"app": "", "id": "4"}, {"dns": ("UDP", 5353)}),
)
OUTSIDE = tuple(
    End(ip) for ip in ("10.0.0.77", "10.1.2.3", "8.8.8.8", "192.0.2.1", "fd00::99", "2001:db8::1")
)
PORTS = (1, 53, 79, 80, 81, 82, 5353, 8080, 65535)
PROTOCOLS = ("TCP", "UDP", "SCTP")


@st.composite
def selectors(draw: Callable[..., Any], keys: tuple[str, ...]) -> Json:
    """Draw a label selector: empty, missing lists, and every operator on few keys."""
    selector: Json = {}
    values = st.sampled_from(("web", "api", "", "db", "red"))
    labels = draw(st.dictionaries(st.sampled_from(keys), values, max_size=2))
    if labels or draw(st.integers(0, 3)) == 0:
        selector["matchLabels"] = labels or draw(st.sampled_from(({}, None)))
    expressions = []
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 1, 2)))):
        expression: Json = {"key": draw(st.sampled_from(keys))}
        expression["operator"] = draw(st.sampled_from(("In", "NotIn", "Exists", "DoesNotExist")))
        if expression["operator"] in ("In", "NotIn"):
            expression["values"] = draw(st.lists(values, min_size=1, max_size=2))
        elif draw(st.integers(0, 3)) == 0:
            expression["values"] = draw(st.sampled_from(([], None)))
        expressions.append(expression)
    if expressions or draw(st.integers(0, 3)) == 0:
        selector["matchExpressions"] = expressions or draw(st.sampled_from(([], None)))
    return selector


pod_selectors = selectors(("app", "tier", "other"))
_often = st.one_of(
    st.sampled_from(({}, *({"matchLabels": {"app": app}} for app in ("web", "api")))), pod_selectors
)
space_selectors = st.one_of(
    selectors(("team", "env", NAME_LABEL)),
    st.builds(lambda name: {"matchLabels": {NAME_LABEL: name}}, st.sampled_from("abcd")),
)

_BLOCKS = st.sampled_from(
    (
        *({"cidr": "0.0.0.0/0"}, {"cidr": "::/0"}, {"cidr": "10.0.0.0/8", "except": []}),
        *({"cidr": "10.0.0.0/24"}, {"cidr": "10.0.0.77/32"}, {"cidr": "8.8.8.8/32"}),
        {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/16"]},
        {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "192.0.2.0/24"]},
        {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/16", "10.0.0.0/24", "10.1.2.3/32"]},
        {"cidr": "10.0.0.0/23", "except": None},
        {"cidr": "::/0", "except": ["fd00::/8"]},
        {"cidr": "fd00::/64", "except": ["fd00::/124"]},
    )
)
_PEERS = st.one_of(
    st.builds(lambda pods: {"podSelector": pods}, _often),
    st.builds(lambda spaces: {"namespaceSelector": spaces}, space_selectors),
    st.builds(
        lambda spaces, pods: {"namespaceSelector": spaces, "podSelector": pods},
        space_selectors,
        _often,
    ),
    st.builds(lambda block: {"ipBlock": block}, _BLOCKS),
    st.builds(lambda block: {"ipBlock": block, "podSelector": None}, _BLOCKS),
)


def _ports(*, names: bool) -> st.SearchStrategy[Json]:
    protocol = st.sampled_from(({}, {"protocol": None}, *({"protocol": p} for p in PROTOCOLS)))
    what: list[Json] = [
        *({}, {"port": None}, {"port": 80}, {"port": 53}, {"port": 80, "endPort": 80}),
        *({"port": 79, "endPort": 81}, {"port": 1, "endPort": 65535}, {"port": 8080}),
        {"port": 81, "endPort": None},
    ]
    if names:
        what = [*what[:4], *({"port": name} for name in ("http", "dns") * 4)]
    return st.builds(lambda one, two: {**one, **two}, protocol, st.sampled_from(what))


def _some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw a list that may be empty, or null."""
    return st.one_of(
        st.lists(values, max_size=2), st.lists(values, min_size=1, max_size=2), st.none()
    )


def _rules(side: str, *, names: bool) -> st.SearchStrategy[Any]:
    ports = _ports(names=names)
    if names:
        given = {"ports": st.lists(ports, min_size=1, max_size=2)}
        rule = st.fixed_dictionaries(given, optional={side: _some(_PEERS)})
    else:
        rule = st.fixed_dictionaries({}, optional={side: _some(_PEERS), "ports": _some(ports)})
    return st.lists(rule, min_size=names, max_size=2)


@st.composite
def policies(draw: Callable[..., Any], *, names: bool = False) -> list[Json]:
    """Draw up to four policies that the API server takes; with `names`, ports by name, too."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        spec: Json = {"podSelector": draw(_often)}
        for direction, side in (("ingress", "from"), ("egress", "to")):
            if draw(st.integers(0, 3)):
                rules = _rules(side, names=names)
                spec[direction] = draw(st.one_of(rules, rules, st.none()))
        types = ([], None, ["Ingress"], ["Egress"], ["Ingress", "Egress"], ["Egress", "Ingress"])
        if draw(st.booleans()):
            spec["policyTypes"] = draw(st.sampled_from(types))
        if draw(st.integers(0, 9)) == 0:
            del spec["podSelector"]
        made.append(policy(spec, draw(st.sampled_from("aaabbc")), f"np-{number}"))
    return made


def policy(spec: Json | None, namespace: str = "a", name: str = "np") -> Json:
    """Return a policy."""
    body: Json = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
    }
    return body if spec is None else {**body, "spec": spec}


@frozen
class Packet:
    """What one end sends to a port of the other."""

    source: End
    target: End
    protocol: str
    port: int

    def json(self) -> Json:
        names = [
            name for name, place in self.target.names.items() if place == (self.protocol, self.port)
        ]
        return {
            "from": self.source.json(),
            "to": self.target.json(),
            "protocol": self.protocol,
            "port": self.port,
            "portName": names[0] if names else "",
        }


_PAIRS = (*product(PODS, (*PODS, *OUTSIDE)), *product(OUTSIDE, PODS))
_NAMED = sorted({place for pod in PODS for place in pod.names.values()})


Places = list[tuple[str, int]]
"""Protocols with port numbers."""


def places() -> st.SearchStrategy[Places]:
    """Draw three ports."""
    place = st.one_of(
        st.sampled_from(_NAMED), st.tuples(st.sampled_from(PROTOCOLS), st.sampled_from(PORTS))
    )
    return st.lists(place, min_size=3, max_size=3, unique=True)


def packets(ports: Places) -> list[Packet]:
    """Return what there is when every pod sends to all and every address to the pods."""
    return [Packet(*pair, *port) for pair in _PAIRS for port in ports]
