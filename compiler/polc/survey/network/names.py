"""Pods that may open connections but not ask for names, and rules for DNS that miss its pods.

The pods of a cluster's DNS have the label `k8s-app: kube-dns` in the namespace `kube-system`
(kubernetes.io, "Customizing DNS Service"; CoreDNS keeps the label); they are asked on 53, with UDP
and, for long answers, TCP. Some distributions have them elsewhere; blocks of addresses may be
caches on the nodes.
"""

from collections.abc import Iterable, Iterator

from polc.diagnostics import Diagnostic
from polc.semantics.network.networkpolicy import Policy, Rule, peer_box, region_of
from polc.semantics.network.policies import Network
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets.labels import NAME_LABEL
from polc.semantics.sets.regions import Region
from polc.survey.mistakes import mistake
from polc.survey.shown import Shown
from polc.terms import Block

_SERVERS = (
    ("kube-system", {"k8s-app": "kube-dns"}, (53,)),
    ("kube-system", {"k8s-app": "coredns"}, (53,)),
    ("kube-system", {"app.kubernetes.io/name": "coredns"}, (53,)),
    ("kube-system", {"k8s-app": "node-local-dns"}, (53,)),
    ("openshift-dns", {"dns.operator.openshift.io/daemonset-dns": "default"}, (53, 5353)),
)
_RIGHT = "`k8s-app: kube-dns` in `kube-system` on 53/UDP and 53/TCP"


def dns_mistakes(
    policies: Iterable[Policy], shown: Shown, network: Network
) -> Iterator[Diagnostic]:
    """Report policies under which pods can't ask for names, and rules meant for that."""
    for policy in policies:
        rules = policy.egress
        if rules is None or not rules or policy.namespace in network.unclear:
            continue
        asking = [each for each in rules if _is_about_names(each)]
        missed = [each for each in asking if not _reaches(_region([each]), shown)]
        if missed and not _answered(policy, shown, network):
            yield _misses(policy, missed[0])
        elif not asking and not _answered(policy, shown, network):
            message = "lets its pods open connections, but not ask for names"
            advice = f"allow egress to {_RIGHT}, unless another policy does"
            yield mistake(policy.found, message, advice, "spec", "egress")


def _region(rules: Iterable[Rule]) -> Region:
    return region_of([(peer, rule.ports) for rule in rules for peer in rule.peers])


def _is_about_names(rule: Rule) -> bool:
    """Tell whether a rule is for port 53, or for names of ports that may be that."""
    if any(name.startswith("dns") for _, name in rule.names):
        return True
    return any(low <= 53 <= high or low == high == 5353 for _, low, high in rule.raw)


def _answered(policy: Policy, shown: Shown, network: Network) -> bool:
    """Tell whether all pods of a policy may ask for names, by all policies that select them."""
    if _reaches(_region(policy.egress or ()), shown):
        return True
    pods = list(shown.held(policy.pods))
    regions = (network.allows(each.namespace, each.labels, "egress") for each in pods)
    return bool(pods) and all(_reaches(region, shown) for region in regions)


def _reaches(region: Region, shown: Shown) -> bool:
    """Tell whether some server for names may be asked with UDP."""
    for _, ports in region.addresses:
        if 53 in ports.of_protocol("UDP"):
            return True
    for namespace, labels, numbers in _SERVERS:
        known = shown.manifests.namespaces.get(namespace, {})
        space = {**known, NAME_LABEL: namespace}
        for box, ports in region.pods:
            udp = ports.of_protocol("UDP")
            if box.holds(space, labels) and any(number in udp for number in numbers):
                return True
    return False


def _misses(policy: Policy, rule: Rule) -> Diagnostic:
    place = ("spec", "egress", rule.index)
    body = mapping(items(policy.found.spec["egress"])[rule.index])
    protocols = {protocol for protocol, low, high in rule.raw if low <= 53 <= high}
    if protocols == {"TCP"}:
        message = "lets its pods ask for names on port 53 with TCP alone, and they ask with UDP"
        advice = "add `{protocol: UDP, port: 53}`; without `protocol` a port is one of TCP"
        return mistake(policy.found, message, advice, *place, "ports")
    boxes = [peer_box(peer) for peer in rule.peers if not isinstance(peer, Block)]
    own = any(
        "podSelector" in mapping(each) and "namespaceSelector" not in mapping(each)
        for each in items(body.get("to"))
    )
    message = "has a rule for port 53 that misses the pods of the cluster's DNS"
    space, labels = {NAME_LABEL: "kube-system"}, {"k8s-app": "kube-dns"}
    if own and not any(box.holds(space, labels) for box in boxes):
        message += ": a `podSelector` alone is about its own namespace"
    return mistake(policy.found, message, f"allow egress to {_RIGHT}", *place, "to")
