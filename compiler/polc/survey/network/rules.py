"""Rules of network policies that mean more, or less, than they look like.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.codes.proof import FOR_EVERYBODY
from polc.diagnostics import Diagnostic
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.survey.mistakes import mistake


def rule_mistakes(manifests: Manifests) -> Iterator[Diagnostic]:
    """Report rules that open more, or less, than a reader would think."""
    for found in manifests.of_kind("NetworkPolicy", "networking.k8s.io"):
        types = items(found.spec.get("policyTypes"))
        yield from _stars(found, mapping(found.spec.get("podSelector")), ("spec", "podSelector"))
        for field, side, kind in (("ingress", "from", "Ingress"), ("egress", "to", "Egress")):
            rules = items(found.spec.get(field))
            if rules and types and kind not in types:
                message = f"has {field} rules, which do nothing without `{kind}` in `policyTypes`"
                yield mistake(found, message, "name it there", "spec", field)
            for index, rule in enumerate(map(mapping, rules)):
                yield from _peers(found, rule, side, ("spec", field, index))


def _peers(
    found: Found, rule: Mapping[str, Any], side: str, keys: tuple[Key, ...]
) -> Iterator[Diagnostic]:
    peers = [mapping(each) for each in items(rule.get(side))]
    if side in rule and not peers:
        message = f"has an empty `{side}`, which means everybody"
        advice = "leave the rule out to allow nobody"
        yield mistake(found, message, advice, *keys, side, code=FOR_EVERYBODY)
    for index, peer in enumerate(peers):
        at = (*keys, side, index)
        spaces = peer.get("namespaceSelector")
        for name in ("podSelector", "namespaceSelector"):
            yield from _stars(found, mapping(peer.get(name)), (*at, name))
        if index and "podSelector" in peer and "namespaceSelector" not in peer:
            before = peers[index - 1]
            if set(before) == {"namespaceSelector"}:
                message = f"has two peers in `{side}`, any pod of a namespace and some pods of its"
                message += " own; they look as if both were to hold"
                advice = "put `namespaceSelector` and `podSelector` into one item to have both hold"
                yield mistake(found, message, advice, *at)
        if "name" in mapping(mapping(spaces).get("matchLabels")):
            message = "selects namespaces by the label `name`, which nobody sets by itself"
            advice = "select by `kubernetes.io/metadata.name`, which every namespace has"
            yield mistake(found, message, advice, *at, "namespaceSelector")


def _stars(
    found: Found, selector: Mapping[str, Any], place: tuple[Key, ...]
) -> Iterator[Diagnostic]:
    """Report a star as the value of a label, which no label can have."""
    values = [
        (key, value)
        for key, value in mapping(selector.get("matchLabels")).items()
        if "*" in str(value)
    ]
    for each in map(mapping, items(selector.get("matchExpressions"))):
        values += [(str(each.get("key")), v) for v in items(each.get("values")) if "*" in str(v)]
    if values:
        key, value = values[0]
        message = f"selects by `{key}: {value}`, and no label has a star in its value"
        advice = f"write `matchExpressions: [{{key: {key}, operator: Exists}}]`, or list the values"
        yield mistake(found, message, advice, *place)
