"""What NetworkPolicies say: objects to rules of peers and ports.

The meaning is that of the field comments of k8s.io/api/networking/v1 (types.go), what is refused
that of kubernetes/kubernetes, pkg/apis/networking/validation:

- `policyTypes` says which directions a policy isolates. Without it that is ingress, and egress if
  the policy has egress rules (NetworkPolicySpec.policyTypes). Rules of a direction that it does not
  isolate have no effect.
- A direction without rules permits nothing. A rule whose `from`/`to` is missing *or empty* is about
  every peer, one whose `ports` is missing or empty about every port.
- The selectors of one peer are joined by *and*, peers and rules by *or*. `podSelector` alone means
  the policy's own namespace, `namespaceSelector: {}` every namespace. An `ipBlock` stands alone.
- A port is one of the *pod*; without `protocol` it is TCP, without `port` all of the protocol. A
  name is looked up in the pods that receive. `endPort` needs a number that is no greater.
- `podSelector` of the policy may be left out and then selects every pod of the namespace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_network
from typing import Any, Literal

from attrs import define, field, frozen

from polc.semantics.gaps import Gap
from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.selectors import plain_labels, read_selector
from polc.semantics.sets.intervals import block_set
from polc.semantics.sets.labels import EVERY_POD, NAME_LABEL, NAMESPACE, POD, LabelBox, box, pods_of
from polc.semantics.sets.regions import EVERY_PORT, PortSet, RawPort, Region, port_set
from polc.terms import Block, Labels

Direction = Literal["ingress", "egress"]
DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")

Peer = tuple[str, Labels] | LabelBox | Block
"""Pods of one namespace with some labels (the plain case), any other set of pods, or addresses."""
EVERYONE: tuple[Peer, ...] = (EVERY_POD, Block("0.0.0.0/0"), Block("::/0"))

_SPEC = frozenset({"podSelector", "policyTypes", "ingress", "egress"})
_PEER = frozenset({"namespaceSelector", "podSelector", "ipBlock"})
_PORT = frozenset({"protocol", "port", "endPort"})
_BLOCK = frozenset({"cidr", "except"})
_PROTOCOLS = frozenset({"TCP", "UDP", "SCTP"})
_PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
_WRITTEN = re.compile(r"[0-9A-Fa-f.:]+/(0|[1-9][0-9]*)")
"""How the API server wants a block: no netmask, no zone."""
_EVERY_RAW: tuple[RawPort, ...] = tuple(
    (protocol, low, high)
    for protocol, ports in EVERY_PORT.by_protocol
    for low, high in ports.intervals
)


@frozen
class Rule:
    """Some peers on some ports; `index` is its place in the list. `names` are ports by name."""

    peers: tuple[Peer, ...]
    raw: tuple[RawPort, ...]
    index: int
    names: tuple[tuple[str, str], ...] = ()

    @property
    def ports(self) -> PortSet:
        """The ports that it gives by number."""
        return port_set(self.raw)


@frozen(eq=False)
class Policy:
    """One policy. A direction that it does not isolate is None; `selector` is about pods alone."""

    found: Found
    namespace: str
    selector: Labels | LabelBox
    ingress: tuple[Rule, ...] | None
    egress: tuple[Rule, ...] | None

    def rules(self, direction: Direction) -> tuple[Rule, ...] | None:
        """Return the rules of a direction, or None where the policy does not isolate it."""
        return self.ingress if direction == "ingress" else self.egress

    @property
    def pods(self) -> LabelBox:
        """The pods that it selects."""
        return selected(self.namespace, self.selector)

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Tell whether it selects a pod of its namespace."""
        if isinstance(self.selector, LabelBox):
            return self.selector.holds({}, labels)
        return all(labels.get(key) == value for key, value in self.selector)

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"`{self.namespace}/{self.found.name}`"


def selected(namespace: str, selector: Labels | LabelBox) -> LabelBox:
    """Return the pods of a namespace that a selector means."""
    if isinstance(selector, LabelBox):
        inside = selector & pods_of(namespace)
        return inside if inside is not None else selector
    return pods_of(namespace, selector)


def region_of(peers: Mapping[Peer, PortSet] | list[tuple[Peer, PortSet]]) -> Region:
    """Return what peers with their ports may exchange."""
    pods, addresses = [], []
    for peer, ports in peers.items() if isinstance(peers, Mapping) else peers:
        if isinstance(peer, Block):
            addresses.append((block_set(peer.cidr, peer.excepts), ports))
        else:
            pods.append((peer_box(peer), ports))
    return Region(tuple(pods), tuple(addresses))


def peer_box(peer: tuple[str, Labels] | LabelBox) -> LabelBox:
    """Return the pods of a peer."""
    return peer if isinstance(peer, LabelBox) else pods_of(*peer)


def read_policy(found: Found) -> tuple[Policy, tuple[Gap, ...]]:
    """Read one policy; what is not understood is reported and permits nothing here."""
    reader = _Reader(found)
    policy = reader.policy()
    return policy, tuple(reader.problems)


@define
class _Reader:
    """Reads one policy; `direction`, `rule` and `peer` are where it is, for reports."""

    found: Found
    problems: list[Gap] = field(factory=list)
    direction: Direction = "ingress"
    rule: int = 0
    peer: int = -1

    def policy(self) -> Policy:
        found = self.found
        spec = found.body.get("spec")
        if not isinstance(spec, dict):
            # The API server fills in an empty one: it selects all and isolates ingress.
            if spec is not None:
                self.report("`spec` is no mapping", "spec")
            spec = {}
        if not spec.keys() <= _SPEC:
            for key in spec.keys() - _SPEC:
                self.report(f"there is no field `spec.{key}`", "spec", str(key))
        namespace = found.namespace
        types = self._types(spec)
        return Policy(
            found,
            namespace,
            self._selector(spec.get("podSelector")),
            self._rules(spec, "ingress", "from", namespace) if "Ingress" in types else None,
            self._rules(spec, "egress", "to", namespace) if "Egress" in types else None,
        )

    def report(self, what: str, *keys: Key) -> None:
        found = self.found
        name = f"`{found.namespace}/{found.name}` in `{found.where(*keys)}`"
        self.problems.append(
            Gap(
                "malformed",
                f"what {name} permits is not decided: {what}",
                found,
                keys,
                "write it as the NetworkPolicy API has it; the API server refuses or drops"
                " what it does not know",
                "network",
                found.namespace,
            )
        )

    def report_here(self, what: str, *keys: Key) -> None:
        """Report something about the rule, or the peer of it, that is being read."""
        side: Key = "from" if self.direction == "ingress" else "to"
        peer = () if self.peer < 0 else (side, self.peer)
        self.report(what, "spec", self.direction, self.rule, *peer, *keys)

    def _types(self, spec: Mapping[str, Any]) -> tuple[str, ...] | list[Any]:
        types = spec.get("policyTypes")
        if types is None or types == []:
            return ("Ingress", "Egress") if spec.get("egress") else ("Ingress",)
        if (
            isinstance(types, list)
            and len(types) <= 2  # The API server counts them.
            and all(each in ("Ingress", "Egress") for each in types)
        ):
            return types
        self.report("`policyTypes` holds `Ingress`, `Egress` or both", "spec", "policyTypes")
        return ()

    def _selector(self, selector: object) -> Labels | LabelBox:
        if selector is None:
            return ()
        if isinstance(selector, dict):
            plain = plain_labels(selector)
            if plain is not None:
                return plain
        conditions, problems = read_selector(POD, selector)
        for problem in problems:
            self.report(problem, "spec", "podSelector")
        return box(conditions)

    def _rules(
        self, spec: Mapping[str, Any], direction: Direction, side: str, namespace: str
    ) -> tuple[Rule, ...]:
        rules = spec.get(direction)
        if rules is None:
            return ()
        if not isinstance(rules, list):
            self.report(f"`{direction}` is a list of rules", "spec", direction)
            return ()
        self.direction = direction
        read: list[Rule] = []
        for index, rule in enumerate(rules):
            self.rule, self.peer = index, -1
            if rule is None:
                rule = {}
            if not isinstance(rule, dict):
                self.report_here("a rule is a mapping")
                continue
            if len(rule) != (side in rule) + ("ports" in rule):
                wrong = sorted(str(key) for key in rule if key not in (side, "ports"))
                self.report_here(f"a rule of `{direction}` has no field `{wrong[0]}`")
                continue
            raw, names = self._ports(rule.get("ports"))
            peers = self._peers(rule.get(side), namespace)
            if peers and (raw or names):
                read.append(Rule(peers, raw, index, names))
        return tuple(read)

    # --- peers ---

    def _peers(self, peers: object, namespace: str) -> tuple[Peer, ...]:
        if peers is None or peers == []:
            return EVERYONE
        if not isinstance(peers, list):
            self.report_here("peers are a list")
            return ()
        found = []
        for index, peer in enumerate(peers):
            self.peer = index
            read = self._peer(peer, namespace)
            if read is not None:
                found.append(read)
        return tuple(found)

    def _peer(self, peer: object, namespace: str) -> Peer | None:
        if not isinstance(peer, dict):
            self.report_here("a peer is a mapping")
            return None
        spaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
        if spaces is not None and pods is not None and len(peer) == 2:
            return self._pods(spaces, pods, namespace)
        if not peer.keys() <= _PEER:
            self.report_here("a peer has `namespaceSelector`, `podSelector` or `ipBlock`")
            return None
        block = peer.get("ipBlock")
        if block is not None:
            if spaces is not None or pods is not None:
                self.report_here("`ipBlock` can't stand beside a selector")
                return None
            return self._block(block)
        if spaces is None and pods is None:
            self.report_here("a peer has to say something")
            return None
        return self._pods(spaces, pods, namespace)

    def _pods(self, spaces: Any, pods: Any, namespace: str) -> Peer | None:
        labels = () if pods is None else plain_labels(pods) if type(pods) is dict else None
        if labels is not None:
            if spaces is None:
                return namespace, labels
            named = plain_labels(spaces) if type(spaces) is dict else None
            if named is not None and len(named) == 1 and named[0][0] == NAME_LABEL:
                return named[0][1], labels
        conditions, problems = read_selector(POD, {} if pods is None else pods)
        if spaces is None:
            inside = dict(pods_of(namespace).conditions)
        else:
            inside, more = read_selector(NAMESPACE, spaces)
            problems += more
        for problem in problems:
            self.report_here(problem)
        return None if problems else box({**conditions, **inside})

    def _block(self, block: object) -> Block | None:
        if not isinstance(block, dict) or not block.keys() <= _BLOCK:
            self.report_here("an `ipBlock` has `cidr` and `except`, nothing else")
            return None
        cidr, excepts = block.get("cidr"), block.get("except") or []
        if (
            not isinstance(cidr, str)
            or not isinstance(excepts, list)
            or not all(isinstance(each, str) and "/" in each for each in (cidr, *excepts))
        ):
            self.report_here("addresses are written as blocks, such as `10.0.0.0/8`")
            return None
        holes = tuple(sorted(excepts))
        problem = _wrong_block(cidr, holes)
        if problem is not None:
            self.report_here(problem)
            return None
        return Block(cidr, holes)

    # --- ports ---

    def _ports(self, ports: object) -> tuple[tuple[RawPort, ...], tuple[tuple[str, str], ...]]:
        if ports is None or ports == []:
            return _EVERY_RAW, ()
        if not isinstance(ports, list):
            self.report_here("ports are a list", "ports")
            return (), ()
        raw: list[RawPort] = []
        names: list[tuple[str, str]] = []
        for index, each in enumerate(ports):
            if type(each) is dict and len(each) == 2:  # Nearly every port is of this form.
                protocol, port = each.get("protocol"), each.get("port")
                if type(port) is int and 0 < port < 65536 and protocol in ("TCP", "UDP", "SCTP"):
                    raw.append((protocol, port, port))
                    continue
            if not isinstance(each, dict) or not each.keys() <= _PORT:
                self.report_here("a port has `protocol`, `port`, `endPort`", "ports", index)
                continue
            protocol = "TCP" if each.get("protocol") is None else each["protocol"]
            port, end = each.get("port"), each.get("endPort")
            if type(protocol) is not str or protocol not in _PROTOCOLS:
                self.report_here(f"there is no protocol `{protocol}`", "ports", index)
            elif type(port) is int and 0 < port < 65536:
                last = port if end is None else end
                if type(last) is int and port <= last < 65536:
                    raw.append((protocol, port, last))
                else:
                    self.report_here(f"`endPort` is a number from {port} on", "ports", index)
            elif port is None and end is None:
                raw.append((protocol, 1, 65535))
            elif isinstance(port, str) and _PORT_NAME.fullmatch(port) and end is None:
                names.append((protocol, port))
            else:
                self.report_here(f"`{port}` is no port", "ports", index)
        return tuple(raw), tuple(names)


@lru_cache(maxsize=4096)
def _wrong_block(cidr: str, excepts: tuple[str, ...]) -> str | None:
    """Return what is wrong with a block, or None.

    IPv4 inside of IPv6 is the one to some implementations and the other to others.
    """
    for each in (cidr, *excepts):
        if not _WRITTEN.fullmatch(each):
            return f"`{each}` is not written as a block is, such as `10.0.0.0/8`"
    try:
        outer = ip_network(cidr, strict=False)
        for hole in excepts:
            inner: Any = ip_network(hole, strict=False)
            if inner.version != outer.version or inner == outer or not inner.subnet_of(outer):
                return f"`except` `{hole}` is no part of `{cidr}`"
        if outer.version == 6 and outer.network_address.ipv4_mapped is not None:
            return f"`{cidr}` is an IPv4 block in the form of IPv6"
    except ValueError as problem:
        return str(problem).replace("'", "`")
    return None
