"""Ports of network policies that are at odds with the Services and pods beside them.

Sources: the API reference of NetworkPolicyPort ("the port on the given protocol", which is the
pod's) and of ServicePort (`targetPort` is the pod's, and `port` where it is not given). A container
need not name its ports, so a port is missed only of pods all of which name some of that protocol.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from polc.codes.proof import NO_SUCH
from polc.diagnostics import Diagnostic
from polc.semantics.network.networkpolicy import DIRECTIONS, Policy, Rule, peer_box
from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.selectors import plain_labels
from polc.semantics.objects.values import items, mapping, matches_selector
from polc.semantics.sets.labels import NAME, NAME_LABEL, POD, LabelBox
from polc.semantics.workloads.templates import Template
from polc.survey.mistakes import mistake
from polc.survey.shown import Shown, listened
from polc.terms import Block

Labels = Mapping[str, str]
_PROXIES = frozenset({15001, 15006, 15008, 15020, 15021, 15053, 15090, 4143, 4191})
"""Ports that meshes add to pods."""


def port_mistakes(policies: Iterable[Policy], shown: Shown) -> Iterator[Diagnostic]:
    """Report ports that are a Service's and not its pods', and ports that no container names."""
    for policy in policies:
        for direction in DIRECTIONS:
            for rule in policy.rules(direction) or ():
                body = mapping(items(policy.found.spec[direction])[rule.index])
                place: tuple[Key, ...] = ("spec", direction, rule.index)
                if direction == "ingress":
                    own = mapping(policy.found.spec.get("podSelector"))
                    chosen = [(policy.namespace, own)]
                    boxes = [policy.pods]
                else:
                    chosen = list(_chosen(policy, body))
                    boxes = list(_boxes(rule))
                misled: set[int] = set()
                yield from _services(policy, body, place, chosen, shown, misled)
                yield from _containers(policy, rule, place, boxes, shown, misled)


# --- a Service's port -----------------------------------------------------------------------------


def _chosen(policy: Policy, rule: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the namespace and selector of each peer that is in one namespace."""
    for peer in map(mapping, items(rule.get("to"))):
        namespace = _namespace(policy, peer)
        if "ipBlock" not in peer and namespace is not None:
            yield namespace, mapping(peer.get("podSelector"))


def _namespace(policy: Policy, peer: Mapping[str, Any]) -> str | None:
    """Return the one namespace that a peer is in, or None."""
    if "namespaceSelector" not in peer:
        return policy.namespace
    match plain_labels(mapping(peer["namespaceSelector"])):
        case ((label, name),) if label == NAME_LABEL:
            return name
    return None


def _services(
    policy: Policy,
    rule: Mapping[str, Any],
    place: tuple[Key, ...],
    chosen: list[tuple[str, Mapping[str, Any]]],
    shown: Shown,
    misled: set[int],
) -> Iterator[Diagnostic]:
    for index, port in enumerate(map(mapping, items(rule.get("ports")))):
        number, protocol = port.get("port"), str(port.get("protocol", "TCP"))
        if type(number) is not int or "endPort" in port:
            continue
        for namespace, selector in chosen:
            found = _misled(number, protocol, namespace, selector, shown)
            if found is not None:
                service, target = found
                misled.add(number)
                message = f"names port {number}, which is that of Service"
                message += f" `{service.namespace}/{service.name}`: its pods listen on {target}"
                advice = f"policies see the port of the pod: write {target}"
                yield mistake(policy.found, message, advice, *place, "ports", index)
                break


def _misled(
    number: int, protocol: str, namespace: str, selector: Mapping[str, Any], shown: Shown
) -> tuple[Found, object] | None:
    """Return the Service whose port a number is, and its pods' port, if no pod has that number."""
    labels = plain_labels(selector)
    if not labels:
        return None
    led: tuple[Found, object] | None = None
    for service in shown.services_for(namespace, dict(labels)):
        if not _is_same(dict(labels), mapping(service.spec.get("selector"))):
            continue
        for port in map(mapping, items(service.spec.get("ports"))):
            if str(port.get("protocol", "TCP")) != protocol:
                continue
            target = port.get("targetPort", port.get("port"))
            if target == number:
                return None
            if port.get("port") == number:
                led = led or (service, target)
    pods = [x for x in shown.pods.get(namespace, ()) if matches_selector(selector, x.labels)]
    if led is None or any(number in listened(pod, protocol) for pod in pods):
        return None
    return led if type(led[1]) is int or pods else None  # nobody says which port a name is


def _is_same(one: Labels, other: Labels) -> bool:
    """Tell whether two selectors are for the same pods: one says all that the other does."""
    fewer, more = sorted((one, other), key=len)
    return all(more.get(key) == value for key, value in fewer.items())


# --- a port of nobody -----------------------------------------------------------------------------


def _boxes(rule: Rule) -> Iterator[LabelBox]:
    """Yield the peers that are pods by some label; none where others may be meant as well."""
    boxes = [peer_box(peer) for peer in rule.peers if not isinstance(peer, Block)]
    if len(boxes) == len(rule.peers) and all(
        any(side == POD for (side, _), _ in box.conditions) for box in boxes
    ):
        yield from boxes


def _containers(
    policy: Policy,
    rule: Rule,
    place: tuple[Key, ...],
    boxes: list[LabelBox],
    shown: Shown,
    misled: set[int],
) -> Iterator[Diagnostic]:
    pods = _all_pods(boxes, shown)
    if not pods or any(each.is_knative for each in pods):  # Knative adds a container with ports.
        return
    for protocol, low, high in rule.raw:
        if (low, high) in ((0, 65535), (1, 65535)) or low in misled or low in _PROXIES:
            continue
        known = [_ports(pod, protocol, shown) for pod in pods]
        if not all(known) or any(low <= port <= high for ports in known for port in ports):
            continue
        text = str(low) if low == high else f"{low} to {high}"
        listening = sorted({port for ports in known for port in ports})
        numbers = ", ".join(map(str, listening[:6]))
        who = pods[0].title if len(pods) == 1 else f"any of {len(pods)} workloads"
        message = f"is about {protocol} {text}, on which no container of {who} listens: they name"
        message += f" {numbers}"
        advice = f"policies see the port of the container: write {numbers}, or name it there"
        yield mistake(policy.found, message, advice, *place, "ports", code=NO_SUCH)


def _all_pods(boxes: list[LabelBox], shown: Shown) -> list[Template]:
    """Return the pods of some sets; none where the input may not show all of them."""
    found: dict[int, Template] = {}
    for box in boxes:
        names = box.by_axis.get(NAME)
        if names is None or names.negated or not all(shown.complete(str(n)) for n in names.members):
            return []
        found.update({id(each.found): each for each in shown.held(box)})
    return list(found.values())


def _ports(pod: Template, protocol: str, shown: Shown) -> set[int]:
    """Return the ports that the containers of a pod name, and numbers that others say they have."""
    found = listened(pod, protocol)
    if not found:
        return found
    labels = pod.labels
    for service in shown.services_for(pod.namespace, labels):
        if mapping(service.spec.get("selector")).items() <= labels.items():
            for port in map(mapping, items(service.spec.get("ports"))):
                target = port.get("targetPort", port.get("port"))
                if type(target) is int and port.get("protocol", "TCP") == protocol:
                    found.add(target)
    for _, container in pod.containers():
        for name in ("livenessProbe", "readinessProbe", "startupProbe"):
            probe = mapping(container.get(name))
            for kind in ("httpGet", "tcpSocket", "grpc"):
                number = mapping(probe.get(kind)).get("port")
                if type(number) is int:
                    found.add(number)
    return found
