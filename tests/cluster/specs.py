"""Specifications of NetworkPolicies, right and wrong in one place each."""

from typing import Any

Spec = dict[str, Any]


def _peer(**peer: Any) -> Spec:
    return {"podSelector": {}, "ingress": [{"from": [peer]}]}


def _block(cidr: Any = "10.0.0.0/8", *excepts: Any, **more: Any) -> Spec:
    return _peer(ipBlock={"cidr": cidr, **({"except": list(excepts)} if excepts else {}), **more})


def _port(**port: Any) -> Spec:
    return {"podSelector": {}, "egress": [{"ports": [port]}]}


def _labels(labels: Any) -> Spec:
    return {"podSelector": {"matchLabels": labels}}


def _expression(**expression: Any) -> Spec:
    return {"podSelector": {"matchExpressions": [expression]}}


def _all(**spec: Any) -> Spec:
    return {"podSelector": {}, **spec}


AGREED: tuple[Spec | None, ...] = (
    *(None, {}, {"podSelector": None}, {"podSelectors": {}}, {"podSelector": []}),
    *({"podSelector": "x"}, {"podSelector": {"app": "x"}}, _all(ingres=[])),
    *(_all(policyTypes=types) for types in (["ingress"], ["Ingress"] * 2, "Ingress", ["", None])),
    *(_all(policyTypes=types) for types in ({}, ["Ingress", "Egress", "Ingress"])),
    *(_all(ingress=rules) for rules in ({}, [None], "all", [[]], [{"to": []}], [{"From": []}])),
    *(_all(egress=rules) for rules in ([{"from": []}], [{"to": {}}], [{"to": [None]}])),
    *(_all(ingress=rules) for rules in ([{"from": [{}]}], [{"ports": {}}])),
    *(_peer(podSelector=None), _peer(podSelector={}, ipBlock={"cidr": "10.0.0.0/8"})),
    *(_peer(namespaceSelector={}, ipBlock={"cidr": "10.0.0.0/8"}), _peer(ipBlock=None)),
    *(_peer(namespaceSelector=None, ipBlock={"cidr": "10.0.0.0/8"}), _peer(ipBlock={})),
    *(_peer(podselector={}), _peer(serviceAccount={})),
    *map(_block, ("10.0.0.0/8", "10.0.0.1", "010.0.0.0/8", "10.0.0.0/33", "0::0/0", "FD00::/8")),
    *map(_block, (" 10.0.0.0/8", "10.0/8", "", None, 10, "10.0.0.0/-1", "10.0.0.0/", "10/8")),
    *map(_block, ("10.0.0.0/255.0.0.0", "::ffff:10.0.0.0/104", "::ffff:a00:0/104")),
    *map(_block, ("10.0.0.0/08", "fe80::1%eth0/64", "fe80::%eth0/64", "10.0.0.0/8/8")),
    *(_block("10.0.0.0/8", hole) for hole in ("10.0.0.0/8", "11.0.0.0/16", "10.0.0.0/7")),
    *(_block("10.0.0.0/8", hole) for hole in ("::/16", "10.0.0.1", "", None, "10.0.0.0/16")),
    *(_block("10.0.0.0/8", hole) for hole in ("10.0.0.0/255.255.0.0", "::ffff:10.0.0.0/112")),
    *(_block("10.0.0.0/8", **{"except": "10.0.0.0/16"}), _block("10.0.0.0/8", excepts=[])),
    *(_block("10.0.0.1/32", "10.0.0.1/32"), _block("10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/16")),
    *(_port(port=port) for port in (0, 1, 65535, 65536, -1, 80.5, "80", "", "http", "HTTP")),
    *(_port(port=port) for port in ("a-very-long-name", "a-very-long-nam", "-a", "a-", "a--b")),
    *(_port(port=port) for port in ("1a", "12", "a.b", True)),
    *(_port(protocol=protocol) for protocol in ("tcp", "", "ICMP", None, "SCTP", 6)),
    *(_port(endPort=80), _port(port="http", endPort=90), _port(port=80, endport=90)),
    *(_port(port=80, endPort=end) for end in (79, 80, 81, 65535, 65536, 0, "90", None)),
    *(_port(portName="x"), _labels(None), _labels([]), _labels(["a"])),
    *(_labels({"a": value}) for value in ("", 1, True)),
    *(_expression(key="a", operator="In", values=values) for values in (["x"], [], None, "x", [1])),
    *(_expression(key="a", operator="NotIn", **values) for values in ({}, {"values": ["x", ""]})),
    *(_expression(key="a", operator="Exists", values=values) for values in (["x"], [], None)),
    *(_expression(key="a", operator=operator) for operator in ("in", "Gt", "", None)),
    *(_expression(key="a"), _expression(operator="Exists"), _expression(key="", operator="Exists")),
    _expression(key="a", operator="In", values=["x"], value="y"),
    *({"podSelector": {"matchExpressions": each}} for each in ({}, [None], None)),
)
"""What the API server refuses and nothing else is "not decided"."""

WIDER: tuple[Spec, ...] = (
    *(_block("10.0.0.1/8"), _block("10.0.0.0/8", "10.1.2.3/16")),
    *(_labels({key: "x"}) for key in ("", "a b", "a/b/c", "A.com/b", "a" * 64)),
    *(_labels({"a": value}) for value in ("x y", "-x", "x" * 64)),
    _expression(key="a", operator="In", values=["x y"]),
    _expression(key="a b", operator="Exists"),
)
"""What the API server refuses (some of it since 1.36), and the verifier reads as it is written."""

STRICTER: tuple[Spec, ...] = (
    _all(ingress=[{"ports": [None]}]),
    _labels({"a": None}),
    _expression(key="a", operator="In", values=[None]),
)
"""Nulls that the API server takes for the zero value; the verifier does not decide them."""
