"""Ports and selectors of network policies that are at odds with the Services and pods beside them.

Sources: the API reference of NetworkPolicyPort ("the port on the given protocol", which is the
pod's) and of ServicePort (`targetPort` is the pod's, and `port` where it is not given).
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from attrs import frozen

from polc.diagnostics import Diagnostic
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.selectors import plain_labels
from polc.semantics.objects.values import items, mapping, matches_selector
from polc.semantics.sets.labels import NAME_LABEL
from polc.semantics.workloads.templates import CONTAINERS, Template, templates
from polc.survey.mistakes import mistake

Labels = Mapping[str, str]


@frozen(slots=False)
class _Input:
    """The Services and pods of the input, by namespace."""

    manifests: Manifests

    @cached_property
    def pods(self) -> dict[str, list[Template]]:
        """The pods that something in the input makes."""
        found: dict[str, list[Template]] = {}
        for each in templates(self.manifests):
            found.setdefault(each.namespace, []).append(each)
        return found

    @cached_property
    def services(self) -> dict[str, list[Found]]:
        """The Services that choose pods."""
        found: dict[str, list[Found]] = {}
        for each in self.manifests.of_kind("Service", ""):
            if mapping(each.spec.get("selector")):
                found.setdefault(each.namespace, []).append(each)
        return found


def port_mistakes(manifests: Manifests) -> Iterator[Diagnostic]:
    """Report ports that are a Service's and not its pods', and selectors of no pod of the input."""
    known = _Input(manifests)
    for policy in manifests.of_kind("NetworkPolicy", "networking.k8s.io"):
        own = mapping(policy.spec.get("podSelector"))
        yield from _of_nobody(policy, own, known)
        for index, rule in enumerate(map(mapping, items(policy.spec.get("ingress")))):
            yield from _ports(
                policy, rule, ("spec", "ingress", index), [(policy.namespace, own)], known
            )
        for index, rule in enumerate(map(mapping, items(policy.spec.get("egress")))):
            chosen = [
                (namespace, mapping(peer.get("podSelector")))
                for peer in map(mapping, items(rule.get("to")))
                if "ipBlock" not in peer and (namespace := _namespace(policy, peer)) is not None
            ]
            yield from _ports(policy, rule, ("spec", "egress", index), chosen, known)


def _namespace(policy: Found, peer: Mapping[str, Any]) -> str | None:
    """Return the one namespace that a peer is in, or None."""
    if "namespaceSelector" not in peer:
        return policy.namespace
    match plain_labels(mapping(peer["namespaceSelector"])):
        case ((label, name),) if label == NAME_LABEL:
            return name
    return None


def _of_nobody(policy: Found, selector: Mapping[str, Any], known: _Input) -> Iterator[Diagnostic]:
    pods = known.pods.get(policy.namespace, [])
    if selector and pods and not any(matches_selector(selector, each.labels) for each in pods):
        message = "selects none of the pods that the input makes in its namespace"
        advice = "compare its `podSelector` with the labels of the pods"
        yield mistake(policy, message, advice, "spec", "podSelector")


def _ports(
    policy: Found,
    rule: Mapping[str, Any],
    place: tuple[Key, ...],
    chosen: list[tuple[str, Mapping[str, Any]]],
    known: _Input,
) -> Iterator[Diagnostic]:
    for index, port in enumerate(map(mapping, items(rule.get("ports")))):
        number, protocol = port.get("port"), str(port.get("protocol", "TCP"))
        if type(number) is not int or "endPort" in port:
            continue
        for namespace, selector in chosen:
            found = _misled(number, protocol, namespace, selector, known)
            if found is not None:
                service, target = found
                message = f"names port {number}, which is that of Service"
                message += f" `{service.namespace}/{service.name}`: its pods listen on {target}"
                advice = f"policies see the port of the pod: write {target}"
                yield mistake(policy, message, advice, *place, "ports", index)
                break


def _misled(
    number: int, protocol: str, namespace: str, selector: Mapping[str, Any], known: _Input
) -> tuple[Found, object] | None:
    """Return the Service whose port a number is, and its pods' port, if no pod has that number."""
    labels = plain_labels(selector)
    if not labels:
        return None
    led: tuple[Found, object] | None = None
    for service in known.services.get(namespace, ()):
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
    pods = [x for x in known.pods.get(namespace, ()) if matches_selector(selector, x.labels)]
    if led is None or any(number in _listened(pod) for pod in pods):
        return None
    return led if type(led[1]) is int or pods else None  # nobody says which port a name is


def _is_same(one: Labels, other: Labels) -> bool:
    """Tell whether two selectors are for the same pods: one says all that the other does."""
    fewer, more = sorted((one, other), key=len)
    return all(more.get(key) == value for key, value in fewer.items())


def _listened(pod: Template) -> Iterator[object]:
    for field in CONTAINERS:
        for container in map(mapping, items(pod.spec.get(field))):
            for port in map(mapping, items(container.get("ports"))):
                yield port.get("containerPort")
