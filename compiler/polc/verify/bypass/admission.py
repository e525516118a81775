"""What changes objects when they are applied, after the proof has looked at them.

Sources: kubernetes.io, "Dynamic Admission Control" and "Mutating Admission Policy"; kyverno.io,
"Mutate Rules"; openkruise.io, "SidecarSet"; docs.cilium.io, "L7-Aware Traffic Management";
open-policy-agent.github.io/gatekeeper, "Mutation". What only refuses objects is no matter here: it
says so when they are applied. Istio's own injector is what the program's mesh is.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.ir.nodes import Program
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping, matches_selector
from polc.semantics.sets.labels import NAME_LABEL

_ADMISSION = "admissionregistration.k8s.io"
_INJECTOR = ".sidecar-injector.istio.io"
_JUDGED = (
    ("", "pods"),
    ("", "services"),
    ("", "serviceaccounts"),
    ("", "namespaces"),
    *(("", kind) for kind in ("endpoints", "replicationcontrollers")),
    ("discovery.k8s.io", "endpointslices"),
    *(("apps", kind) for kind in ("deployments", "daemonsets", "replicasets", "statefulsets")),
    *(("batch", kind) for kind in ("jobs", "cronjobs")),
    ("networking.k8s.io", "networkpolicies"),
    *(("security.istio.io", kind) for kind in ("authorizationpolicies", "peerauthentications")),
    *(("networking.istio.io", f"{kind}s") for kind in ("virtualservice", "destinationrule")),
    *(("gateway.networking.k8s.io", kind) for kind in ("httproutes", "gateways")),
    *(("rbac.authorization.k8s.io", kind) for kind in ("roles", "rolebindings")),
    *(("rbac.authorization.k8s.io", f"cluster{kind}") for kind in ("roles", "rolebindings")),
)
"""Group and resource of what says who may do what."""
_OTHERS = frozenset({
    ("apps.kruise.io", "SidecarSet"),
    ("cilium.io", "CiliumEnvoyConfig"),
    ("cilium.io", "CiliumClusterwideEnvoyConfig"),
})  # fmt: skip
"""What puts containers into pods, or proxies before Services, wherever these are applied."""

Change = tuple[Found, str, tuple[Key, ...]]


def changing(manifests: Manifests, program: Program) -> Iterator[Change]:
    """Yield what may change objects of the program's namespaces, with why and where."""
    owned = {each.name: manifests.namespaces.get(each.name, {}) for each in program.namespaces}
    for found in manifests.of_kind("MutatingWebhookConfiguration", _ADMISSION):
        for index, hook in enumerate(map(mapping, items(found.body.get("webhooks")))):
            if _meets(hook, owned) and not str(hook.get("name")).endswith(_INJECTOR):
                why = f"its webhook `{hook.get('name')}` may change what was looked at"
                yield found, why, ("webhooks", index)
    for found in manifests.of_kind("MutatingAdmissionPolicy", _ADMISSION):
        held = mapping(found.spec.get("matchConstraints"))
        rules = held.get("resourceRules")
        if rules is None or _meets({**held, "rules": rules}, owned):
            yield found, "it may change what was looked at", ("spec",)
    for found in manifests.objects:
        if (found.group, found.kind) in _OTHERS or _mutates(found):
            yield found, "it may change what was looked at", ("spec",)


def _mutates(found: Found) -> bool:
    if found.group == "mutations.gatekeeper.sh":
        return True
    if found.group != "kyverno.io" and not found.group.endswith(".kyverno.io"):
        return False
    rules = map(mapping, items(found.spec.get("rules")))
    return found.kind.startswith("Mutating") or any("mutate" in each for each in rules)


def _meets(hook: Mapping[str, Any], owned: Mapping[str, Mapping[str, str]]) -> bool:
    """Tell whether a webhook is asked about any object that the proof looks at."""
    chosen = mapping(hook.get("namespaceSelector"))
    if not any(
        matches_selector(chosen, {**labels, NAME_LABEL: name}) for name, labels in owned.items()
    ):
        return False
    for rule in map(mapping, items(hook.get("rules"))):
        groups = items(rule.get("apiGroups"))
        resources = [str(each) for each in items(rule.get("resources"))]
        for group, resource in _JUDGED:
            known = group in groups or "*" in groups
            if known and {"*", "*/*", resource, f"{resource}/*"} & set(resources):
                return True
    return False
