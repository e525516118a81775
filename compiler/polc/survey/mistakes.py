"""Classic mistakes in manifests, reported where no program says what is meant.

Network policies: https://kubernetes.io/docs/concepts/services-networking/network-policies/.
Roles: https://kubernetes.io/docs/concepts/security/rbac-good-practices/.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.codes.proof import LIKELY_MISTAKE
from polc.diagnostics import Diagnostic, Severity
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.bindings import Rbac, role_key
from polc.semantics.rbac.privileges import EVERYONE, NO_NAME_VERBS

_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"


def network_mistakes(manifests: Manifests) -> Iterator[Diagnostic]:
    """Report rules that open more, or less, than a reader would think."""
    for found in manifests.of_kind("NetworkPolicy", "networking.k8s.io"):
        types = items(found.spec.get("policyTypes"))
        for field, side, kind in (("ingress", "from", "Ingress"), ("egress", "to", "Egress")):
            rules = items(found.spec.get(field))
            if rules and types and kind not in types:
                message = f"has {field} rules, which do nothing without `{kind}` in `policyTypes`"
                yield mistake(found, message, "name it there", "spec", field)
            for index, rule in enumerate(map(mapping, rules)):
                yield from _peers(found, rule, side, ("spec", field, index))
        if "Egress" in types and items(found.spec.get("egress")) and not _lets_dns(found):
            message = "lets its pods open connections, but not ask for names"
            advice = "allow egress to `k8s-app: kube-dns` in `kube-system` on 53/UDP and 53/TCP,"
            advice += " unless another policy does"
            yield mistake(found, message, advice, "spec", "egress")


def _peers(
    found: Found, rule: Mapping[str, Any], side: str, keys: tuple[Key, ...]
) -> Iterator[Diagnostic]:
    peers = [mapping(each) for each in items(rule.get(side))]
    if side in rule and not peers:
        message = f"has an empty `{side}`, which means everybody"
        yield mistake(found, message, "leave the rule out to allow nobody", *keys, side)
    for index, peer in enumerate(peers):
        at = (*keys, side, index)
        spaces = peer.get("namespaceSelector")
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
        if isinstance(spaces, Mapping) and not spaces and not peer.get("podSelector"):
            message = "has a peer that is every pod of the cluster"
            yield mistake(found, message, "name the namespaces that are meant", *at)


def _lets_dns(found: Found) -> bool:
    """Tell whether some egress rule may be meant for DNS."""
    for rule in map(mapping, items(found.spec.get("egress"))):
        ports = items(rule.get("ports"))
        if not ports or any(mapping(port).get("port") in (53, "dns", 5353) for port in ports):
            return True
    return False


def rbac_mistakes(manifests: Manifests, rbac: Rbac) -> Iterator[Diagnostic]:
    """Report roles and bindings that give more, or less, than a reader would think."""
    for role in rbac.roles.values():
        for key in sorted(map(str, mapping(role.metadata.get("labels")))):
            if key.startswith(_AGGREGATE):
                target = key.removeprefix(_AGGREGATE)
                message = f"adds its rules to the cluster role `{target}` of everybody who has that"
                yield mistake(role, message, "leave the label out", "metadata", "labels", key)
        for index, rule in enumerate(map(mapping, items(role.body.get("rules")))):
            yield from _rule(role, rule, index)
    for binding in rbac.bindings:
        yield from _binding(binding, rbac)
    accounts = {(each.namespace, each.name) for each in manifests.of_kind("ServiceAccount")}
    for namespace, name in rbac.accounts():
        entries, _ = rbac.granted(namespace, name)
        given = next((each for each in entries if each.access - EVERYONE), None)
        if given is not None and name == "default" and (namespace, name) not in accounts:
            message = f"gives privileges to `{namespace}/default`, which every pod has that names"
            message += " no account"
            advice = "make an account for the pods that need them"
            yield mistake(given.binding, message, advice, "subjects")


def _rule(role: Found, rule: Mapping[str, Any], index: int) -> Iterator[Diagnostic]:
    at: tuple[Key, ...] = ("rules", index)
    for field in ("verbs", "resources", "apiGroups"):
        if "*" in items(rule.get(field)):
            message = f"gives every one of `{field}`, also those that do not exist yet"
            yield mistake(role, message, "write them out", *at, field)
    dead = sorted(NO_NAME_VERBS & set(map(str, items(rule.get("verbs")))))
    top = [each for each in items(rule.get("resources")) if "/" not in str(each)]
    if items(rule.get("resourceNames")) and dead and top:
        message = f"limits `{dead[0]}` by `resourceNames`, which never matches: such a request"
        message += " names no object"
        yield mistake(role, message, "give it in a rule without names, if at all", *at)


def _binding(binding: Found, rbac: Rbac) -> Iterator[Diagnostic]:
    if not items(binding.body.get("subjects")):
        yield mistake(binding, "is given to nobody", "name its subjects, or leave it out")
    key = role_key(binding)
    if binding.kind != "RoleBinding" or key not in rbac.roles:
        return
    for rule in rbac.rules(key):
        if rule.body.get("nonResourceURLs"):
            message = "gives `nonResourceURLs`, which only a ClusterRoleBinding can"
            yield mistake(binding, message, "bind that role cluster-wide", "roleRef")


def mistake(
    found: Found, message: str, advice: str, *keys: Key, severity: Severity = Severity.WARNING
) -> Diagnostic:
    """Say what an object does that rarely was meant, and what to write instead."""
    who = found.name if found.kind.startswith("Cluster") else f"{found.namespace}/{found.name}"
    title = f"{found.kind} `{who}`"
    place = found.span(*keys)
    return Diagnostic(LIKELY_MISTAKE, f"{title} {message}", place, help=advice, severity=severity)
