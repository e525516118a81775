"""Changes to emitted NetworkPolicies that always change what some pod may do.

Each takes the policies as plain data and something to choose with, changes them in place, and
tells whether there was anything to change. The output of polc is minimal, so to take anything away
narrows it. The expected codes stand beside the name: `w` for what widens (POL901), `n` for what
narrows (POL902).
"""

import random
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

from semantics.netpol import NAME_LABEL

Policies = list[dict[str, Any]]
Mutation = Callable[[Policies, random.Random], bool]
MUTATIONS: dict[str, tuple[frozenset[str], Mutation]] = {}
_CODES = {"w": "POL901", "n": "POL902"}
SIDES = (("ingress", "from"), ("egress", "to"))


def mutation(effect: str) -> Callable[[Mutation], Mutation]:
    def register(change: Mutation) -> Mutation:
        codes = frozenset(_CODES[each] for each in effect)
        MUTATIONS[change.__name__.replace("_", "-")] = codes, change
        return change

    return register


def _rules(policies: Policies) -> Iterator[tuple[dict[str, Any], str, str, int]]:
    for policy in policies:
        for direction, side in SIDES:
            for index in range(len(policy["spec"].get(direction, ()))):
                yield policy, direction, side, index


def _pick(
    policies: Policies,
    choose: random.Random,
    wanted: Callable[[dict[str, Any], dict[str, Any], str], bool] = lambda *_: True,
) -> tuple[dict[str, Any], str, str, int] | None:
    fitting = [
        each
        for each in _rules(policies)
        if wanted(each[0], each[0]["spec"][each[1]][each[3]], each[2])
    ]
    return choose.choice(fitting) if fitting else None


def _change_rule(
    policies: Policies,
    choose: random.Random,
    change: Callable[[dict[str, Any], str], None],
    wanted: Callable[[dict[str, Any], dict[str, Any], str], bool] = lambda *_: True,
) -> bool:
    found = _pick(policies, choose, wanted)
    if found is None:
        return False
    policy, direction, side, index = found
    change(policy["spec"][direction][index], side)
    return True


def _and_peer(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
    return len(rule[side][0]) == 2


def _block(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
    return "ipBlock" in rule[side][0]


def _holed(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
    return "except" in rule[side][0].get("ipBlock", {})


def _narrow_block(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
    return rule[side][0].get("ipBlock", {}).get("cidr", "").endswith("/24")


def _pods(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
    return "ipBlock" not in rule[side][0]


def _named(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
    return bool(rule[side][0].get("namespaceSelector", {}).get("matchLabels"))


def _range(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
    return any("endPort" in port for port in rule["ports"])


def _udp(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
    return any(port["protocol"] == "UDP" and port["port"] != 53 for port in rule["ports"])


def _several(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
    return len(rule["ports"]) > 1


def _deny(policies: Policies) -> list[dict[str, Any]]:
    return [each for each in policies if each["metadata"]["name"] == "default-deny"]


def _own(policies: Policies, direction: str = "") -> list[dict[str, Any]]:
    return [
        each
        for each in policies
        if each["metadata"]["name"] != "default-deny"
        and (each["spec"].get(direction) if direction else _has_rules(each))
    ]


def _has_rules(policy: dict[str, Any]) -> bool:
    return bool(policy["spec"].get("ingress") or policy["spec"].get("egress"))


# --- rules ---------------------------------------------------------------------------------------


@mutation("n")
def drop_a_rule(policies: Policies, choose: random.Random) -> bool:
    found = _pick(policies, choose)
    if found is None:
        return False
    policy, direction, _, index = found
    del policy["spec"][direction][index]
    return True


@mutation("n")
def empty_a_direction(policies: Policies, choose: random.Random) -> bool:
    found = _pick(policies, choose)
    if found is None:
        return False
    found[0]["spec"][found[1]] = []
    return True


@mutation("w")
def add_a_rule_for_everything(policies: Policies, choose: random.Random) -> bool:
    policy = choose.choice(_own(policies) or [{}])
    if not policy:
        return False
    policy["spec"].setdefault(choose.choice(SIDES)[0], []).append({})
    return True


def _is_narrow(peer: dict[str, Any]) -> bool:
    """Tell whether a peer can't be part of another: some pods by their labels, or addresses."""
    return "ipBlock" in peer or bool(peer.get("podSelector"))


@mutation("w")
def merge_two_rules(policies: Policies, choose: random.Random) -> bool:
    """Every peer of the two gets the ports of both."""
    for policy in policies:
        for direction, side in SIDES:
            rules = policy["spec"].get(direction, [])
            for one in rules:
                for other in rules:
                    kinds = {"ipBlock" in one[side][0], "ipBlock" in other[side][0]}
                    if (
                        one is other
                        or len(kinds) == 2
                        or not all(_is_narrow(each[side][0]) for each in rules)
                        or {}
                        in (
                            one[side][0].get("namespaceSelector"),
                            other[side][0].get("namespaceSelector"),
                        )
                    ):
                        continue
                    if one["ports"] != other["ports"] and "ipBlock" not in one[side][0]:
                        one[side] = one[side] + other[side]
                        one["ports"] = one["ports"] + other["ports"]
                        rules.remove(other)
                        return True
    return False


@mutation("wn")
def swap_directions(policies: Policies, choose: random.Random) -> bool:
    for policy in _own(policies, "egress"):
        spec = policy["spec"]
        into, out = spec.pop("ingress", []), spec.pop("egress")
        spec["ingress"] = [{"from": rule["to"], "ports": rule["ports"]} for rule in out]
        spec["egress"] = [{"to": rule["from"], "ports": rule["ports"]} for rule in into]
        # A pod that may call itself and be called by itself alone says the same both ways.
        same = spec["ingress"] == into
        return not same and not any(_same_peer(rule, into) for rule in spec["ingress"])
    return False


def _same_peer(rule: dict[str, Any], others: list[dict[str, Any]]) -> bool:
    return any(rule["from"] == other["from"] for other in others)


# --- peers ---------------------------------------------------------------------------------------

STRANGER = {
    "namespaceSelector": {"matchLabels": {NAME_LABEL: "evil"}},
    "podSelector": {"matchLabels": {"app": "stranger"}},
}


def _closed_to_strangers(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
    direction = "ingress" if side == "from" else "egress"
    return all(each[side][0].get("namespaceSelector") != {} for each in policy["spec"][direction])


@mutation("w")
def add_a_peer(policies: Policies, choose: random.Random) -> bool:
    return _change_rule(
        policies, choose, lambda rule, side: rule[side].append(STRANGER), _closed_to_strangers
    )


@mutation("w")
def split_and(policies: Policies, choose: random.Random) -> bool:
    def split(rule: dict[str, Any], side: str) -> None:
        peer = rule[side][0]
        rule[side] = [{key: peer[key]} for key in peer]

    return _change_rule(policies, choose, split, _and_peer)


@mutation("w")
def empty_peers(policies: Policies, choose: random.Random) -> bool:
    return _change_rule(policies, choose, lambda rule, side: rule.update({side: []}))


@mutation("w")
def drop_peers(policies: Policies, choose: random.Random) -> bool:
    return _change_rule(policies, choose, lambda rule, side: rule.pop(side))


@mutation("w")
def drop_pod_selector(policies: Policies, choose: random.Random) -> bool:
    return _change_rule(
        policies, choose, lambda rule, side: rule[side][0].pop("podSelector"), _and_peer
    )


@mutation("wn")
def drop_namespace_selector(policies: Policies, choose: random.Random) -> bool:
    def elsewhere(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
        if not _and_peer(policy, rule, side):
            return False
        named = rule[side][0]["namespaceSelector"]["matchLabels"][NAME_LABEL]
        here = policy["metadata"]["namespace"]
        direction = "ingress" if side == "from" else "egress"
        others = [each[side][0] for each in policy["spec"][direction] if each is not rule]
        # Pods of the same labels, named in the own namespace already, would be nobody new.
        same = any(each.get("podSelector") == rule[side][0]["podSelector"] for each in others)
        return named != here and not same and all("podSelector" in each for each in others)

    def drop(rule: dict[str, Any], side: str) -> None:
        del rule[side][0]["namespaceSelector"]

    return _change_rule(policies, choose, drop, elsewhere)


@mutation("w")
def every_namespace(policies: Policies, choose: random.Random) -> bool:
    return _change_rule(
        policies,
        choose,
        lambda rule, side: rule[side][0].update(namespaceSelector={}),
        _named,
    )


@mutation("wn")
def namespace_by_the_label_name(policies: Policies, choose: random.Random) -> bool:
    def rename(rule: dict[str, Any], side: str) -> None:
        labels = rule[side][0]["namespaceSelector"]["matchLabels"]
        labels["name"] = labels.pop(NAME_LABEL)

    return _change_rule(policies, choose, rename, _named)


@mutation("wn")
def another_namespace(policies: Policies, choose: random.Random) -> bool:
    def rename(rule: dict[str, Any], side: str) -> None:
        rule[side][0]["namespaceSelector"]["matchLabels"][NAME_LABEL] = "evil"

    return _change_rule(policies, choose, rename, _named)


@mutation("wn")
def another_label(policies: Policies, choose: random.Random) -> bool:
    def change(rule: dict[str, Any], side: str) -> None:
        rule[side][0]["podSelector"]["matchLabels"] = {"app": "stranger"}

    return _change_rule(policies, choose, change, _and_peer)


@mutation("n")
def one_more_label(policies: Policies, choose: random.Random) -> bool:
    def change(rule: dict[str, Any], side: str) -> None:
        rule[side][0]["podSelector"]["matchLabels"]["tier"] = "gold"

    return _change_rule(policies, choose, change, _and_peer)


@mutation("wn")
def all_but_the_peer(policies: Policies, choose: random.Random) -> bool:
    def change(rule: dict[str, Any], side: str) -> None:
        ((key, value),) = rule[side][0]["podSelector"]["matchLabels"].items()
        wanted = {"key": key, "operator": "NotIn", "values": [value]}
        rule[side][0]["podSelector"] = {"matchExpressions": [wanted]}

    return _change_rule(policies, choose, change, _and_peer)


# --- addresses -----------------------------------------------------------------------------------


@mutation("w")
def widen_a_block(policies: Policies, choose: random.Random) -> bool:
    def widen(rule: dict[str, Any], side: str) -> None:
        block = rule[side][0]["ipBlock"]
        block["cidr"] = str(ip_network(block["cidr"]).supernet(3))

    def alone(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
        direction = "ingress" if side == "from" else "egress"
        peers = [each[side][0].get("ipBlock", {}) for each in policy["spec"][direction]]
        return _narrow_block(policy, rule, side) and not any(
            each.get("cidr") == "0.0.0.0/0" for each in peers
        )

    return _change_rule(policies, choose, widen, alone)


@mutation("w")
def drop_except(policies: Policies, choose: random.Random) -> bool:
    return _change_rule(
        policies, choose, lambda rule, side: rule[side][0]["ipBlock"].pop("except"), _holed
    )


@mutation("n")
def add_except(policies: Policies, choose: random.Random) -> bool:
    def hole(rule: dict[str, Any], side: str) -> None:
        block = rule[side][0]["ipBlock"]
        address = block["cidr"].rpartition("/")[0]
        length = 128 if ":" in address else 32
        block["except"] = [*block.get("except", ()), f"{address}/{length}"]

    def wide(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
        cidr = rule[side][0].get("ipBlock", {}).get("cidr", "/32")
        return not cidr.endswith(("/32", "/128"))

    return _change_rule(policies, choose, hole, wide)


# --- ports ---------------------------------------------------------------------------------------


def _change_port(
    policies: Policies,
    choose: random.Random,
    change: Callable[[dict[str, Any]], object],
    wanted: Callable[[dict[str, Any]], bool],
) -> bool:
    ports = [
        port
        for policy, direction, _, index in _rules(policies)
        for port in policy["spec"][direction][index]["ports"]
        if wanted(port)
    ]
    if not ports:
        return False
    change(choose.choice(ports))
    return True


@mutation("wn")
def service_port_for_container_port(policies: Policies, choose: random.Random) -> bool:
    return _change_port(
        policies,
        choose,
        lambda port: port.update(port=80),
        lambda port: port["port"] == 8080 and port["protocol"] == "TCP",
    )


@mutation("w")
def drop_ports(policies: Policies, choose: random.Random) -> bool:
    return _change_rule(policies, choose, lambda rule, side: rule.pop("ports"))


@mutation("w")
def empty_ports(policies: Policies, choose: random.Random) -> bool:
    return _change_rule(policies, choose, lambda rule, side: rule.update(ports=[]))


@mutation("n")
def drop_a_port(policies: Policies, choose: random.Random) -> bool:
    return _change_rule(policies, choose, lambda rule, side: rule["ports"].pop(), _several)


@mutation("w")
def every_port_of_the_protocol(policies: Policies, choose: random.Random) -> bool:
    def widen(port: dict[str, Any]) -> None:
        del port["port"]
        port.pop("endPort", None)

    return _change_port(policies, choose, widen, lambda port: True)


@mutation("wn")
def wrong_protocol(policies: Policies, choose: random.Random) -> bool:
    return _change_port(
        policies, choose, lambda port: port.update(protocol="SCTP"), lambda port: True
    )


@mutation("wn")
def forget_the_protocol(policies: Policies, choose: random.Random) -> bool:
    """What was UDP is TCP then."""
    return _change_port(
        [each for each in policies if not _has_web(each)],
        choose,
        lambda port: port.pop("protocol"),
        lambda port: port["protocol"] == "UDP" and port["port"] == 8080,
    )


def _has_web(policy: dict[str, Any]) -> bool:
    return any(
        port["protocol"] == "TCP" and port["port"] <= 8080 <= port.get("endPort", port["port"])
        for direction, _ in SIDES
        for rule in policy["spec"].get(direction, ())
        for port in rule["ports"]
    )


@mutation("w")
def widen_a_port_to_a_range(policies: Policies, choose: random.Random) -> bool:
    return _change_port(
        policies,
        choose,
        lambda port: port.update(endPort=port.get("endPort", port["port"]) + 7),
        lambda port: True,
    )


@mutation("n")
def drop_the_end_of_a_range(policies: Policies, choose: random.Random) -> bool:
    return _change_port(
        policies, choose, lambda port: port.pop("endPort"), lambda port: "endPort" in port
    )


@mutation("n")
def dns_over_udp_alone(policies: Policies, choose: random.Random) -> bool:
    def only(rule: dict[str, Any], side: str) -> None:
        rule["ports"] = [port for port in rule["ports"] if port["protocol"] == "UDP"]

    def dns(policy: dict[str, Any], rule: dict[str, Any], side: str) -> bool:
        return any(port["port"] == 53 for port in rule["ports"])

    return _change_rule(policies, choose, only, dns)


# --- policies ------------------------------------------------------------------------------------


@mutation("w")
def drop_default_deny(policies: Policies, choose: random.Random) -> bool:
    policies.remove(choose.choice(_deny(policies)))
    return True


@mutation("w")
def forget_policy_types_of_default_deny(policies: Policies, choose: random.Random) -> bool:
    """What has no egress rules then isolates ingress alone."""
    del choose.choice(_deny(policies))["spec"]["policyTypes"]
    return True


@mutation("w")
def default_deny_of_ingress_only(policies: Policies, choose: random.Random) -> bool:
    choose.choice(_deny(policies))["spec"]["policyTypes"] = [choose.choice(["Ingress", "Egress"])]
    return True


@mutation("w")
def default_deny_of_some_pods(policies: Policies, choose: random.Random) -> bool:
    some = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
    choose.choice(_deny(policies))["spec"]["podSelector"] = some
    return True


@mutation("n")
def one_direction_forgotten(policies: Policies, choose: random.Random) -> bool:
    direction, kept = choose.choice([("ingress", "Egress"), ("egress", "Ingress")])
    fitting = _own(policies, direction)
    if not fitting:
        return False
    choose.choice(fitting)["spec"]["policyTypes"] = [kept]
    return True


@mutation("n")
def drop_a_policy(policies: Policies, choose: random.Random) -> bool:
    fitting = _own(policies)
    if fitting:
        policies.remove(choose.choice(fitting))
    return bool(fitting)


@mutation("w")
def rules_for_every_pod(policies: Policies, choose: random.Random) -> bool:
    fitting = _own(policies)
    if fitting:
        choose.choice(fitting)["spec"]["podSelector"] = {}
    return bool(fitting)


@mutation("n")
def rules_for_fewer_pods(policies: Policies, choose: random.Random) -> bool:
    fitting = _own(policies)
    if fitting:
        choose.choice(fitting)["spec"]["podSelector"]["matchLabels"]["version"] = "v2"
    return bool(fitting)


@mutation("n")
def rules_in_another_namespace(policies: Policies, choose: random.Random) -> bool:
    fitting = _own(policies)
    if fitting:
        choose.choice(fitting)["metadata"]["namespace"] = "elsewhere"
    return bool(fitting)
