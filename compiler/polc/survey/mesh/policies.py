"""Classic mistakes in the mesh's policies, reported where no program says what is meant.

What rules say of callers and requests is looked at in `polc.survey.mesh.rules`. Sources:
istio.io, "Authorization Policy"; istio/api security/v1/authorization_policy.proto and
security/v1beta1/peer_authentication.proto.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic, Severity
from polc.semantics.mesh.authorization import Policy
from polc.semantics.mesh.fields import full
from polc.semantics.mesh.model import MeshModel
from polc.semantics.mesh.peer_authentication import GROUP, selector
from polc.semantics.mesh.rules import match_rule
from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets import products
from polc.survey.mesh.rules import CALLERS, could_be_one
from polc.survey.mistakes import mistake
from polc.terms import Mesh

_UNDECIDED = (
    ("EnvoyFilter", "networking.istio.io"),
    ("WasmPlugin", "extensions.istio.io"),
    ("ProxyConfig", "networking.istio.io"),
)
_SPLIT = {
    "from": ("source", (*CALLERS, "requestPrincipals")),
    "to": ("operation", ("hosts", "ports", "methods", "paths")),
}
"""Fields that stand in an item of their own where one item with several was meant."""


def policy_mistakes(policy: Policy, model: MeshModel) -> Iterator[Diagnostic]:
    """Report what a policy leaves open, and rules and places that look like others."""
    yield from _unsure(policy)
    if not policy.unknown:
        yield from _rules(policy)
        yield from _where(policy, model)


def undecided(model: MeshModel) -> Iterator[Diagnostic]:
    """Report objects that can change whatever the others say."""
    for kind, group in _UNDECIDED:
        for found in model.manifests.of_kind(kind, group):
            yield _undecided(found, f"{kind} can change what a proxy admits", "spec")


def _unsure(policy: Policy) -> Iterator[Diagnostic]:
    if policy.action == "CUSTOM":
        why = "it asks a provider outside of the mesh's configuration"
        yield _undecided(policy.found, why, "spec", "action")
    for why in policy.unknown:
        yield _undecided(policy.found, why, "spec")
    for number, match in enumerate(policy.matches("http")):
        for why in match.reasons:
            if not why.startswith("it depends on"):
                yield _undecided(policy.found, why, "spec", "rules", number)


# --- the form of rules ------------------------------------------------------------------------


def _rules(policy: Policy) -> Iterator[Diagnostic]:
    """Report what the form of rules means, where it looks like something else."""
    found, rules = policy.found, items(policy.found.spec.get("rules"))
    if policy.action == "DENY" and not rules:
        message = "denies nothing: without rules it matches no request"
        yield mistake(found, message, "write `rules: [{}]` to deny everything", "spec", "action")
    for number, rule in enumerate(rules):
        keys: tuple[Key, ...] = ("spec", "rules", number)
        if policy.action == "ALLOW" and not rule:
            message = "admits everybody to everything: a rule that is empty asks for nothing"
            yield mistake(found, message, "leave `rules` out to admit nobody", *keys)
            continue
        told = [*_items(policy, mapping(rule), keys)]
        whole = [] if told or not rule else [*_asks_nothing(policy, mapping(rule), keys)]
        yield from told or whole or _void(policy, mapping(rule), keys)


def _void(policy: Policy, rule: Mapping[str, Any], keys: tuple[Key, ...]) -> Iterator[Diagnostic]:
    """Report items all of whose lists are empty."""
    for field, (word, _) in _SPLIT.items():
        for index, entry in enumerate(items(rule.get(field))):
            body = mapping(mapping(entry).get(word))
            if body and not any(body.values()):
                message = f"has an item of `{field}` with empty lists, which asks for nothing"
                advice = "name who or what is meant"
                yield mistake(policy.found, message, advice, *keys, field, index)


def _items(policy: Policy, rule: Mapping[str, Any], keys: tuple[Key, ...]) -> Iterator[Diagnostic]:
    """Report lists and items that ask for less than they look like."""
    found = policy.found
    for field, (word, apart) in _SPLIT.items():
        entries = [mapping(each) for each in items(rule.get(field))]
        if field in rule and not entries:
            message = f"has an empty `{field}`, which asks for nothing"
            yield mistake(found, message, "name who or what is meant", *keys, field)
        bodies = [mapping(each.get(word)) for each in entries]
        for index, each in enumerate(bodies):
            if not each:
                message = f"has an item of `{field}` without fields, which Istio refuses"
                yield mistake(found, message, "name who or what is meant", *keys, field, index)
            void = [name for name, values in each.items() if not values]
            if void and len(void) < len(each):
                message = f"has an empty `{void[0]}` in `{field}`, which asks for nothing"
                advice = "name who or what is meant, or leave it out"
                yield mistake(found, message, advice, *keys, field, index, word, void[0])
            before = bodies[index - 1] if index else {}
            names = sorted({*before, *each})
            alone = len(before) == len(each) == 1 and len(names) == 2
            if alone and {*names} <= {*apart} and could_be_one(before, each, policy):
                both = " and ".join(f"`{name}`" for name in names)
                message = f"has {both} in two items of `{field}`: one of them is enough"
                advice = "put them into one item to have both hold"
                yield mistake(found, message, advice, *keys, field, index)


def _asks_nothing(
    policy: Policy, rule: Mapping[str, Any], keys: tuple[Key, ...]
) -> Iterator[Diagnostic]:
    """Report a rule that is not empty and matches every request."""
    match = match_rule(rule, policy.found.namespace, policy.trust, "http", "DENY")
    if not any(not each.by_name for each in match.must) and "*" not in str(rule):
        return  # Something is asked of each request, and no value holds of all.
    if match.reasons or products.subtract(products.ALL, match.must, full):
        return
    bodies = [
        mapping(mapping(entry).get(word))
        for field, (word, _) in _SPLIT.items()
        for entry in items(rule.get(field))
    ]
    meant = any(any(body.values()) for body in bodies) and not any(_void(policy, rule, keys))
    if meant and policy.action == "DENY":
        return
    does = "admits everybody to" if policy.action == "ALLOW" else "denies"
    why = "what it lists holds of every request" if meant else "what it lists is empty"
    yield mistake(
        policy.found,
        f"{does} everything: {why}",
        "name who or what is meant",
        *keys,
        severity=Severity.NOTE if meant else Severity.WARNING,
    )


# --- where policies hold ----------------------------------------------------------------------


def _where(policy: Policy, model: MeshModel) -> Iterator[Diagnostic]:
    """Report policies that hold nowhere in the folder, or everywhere."""
    found, home = policy.found, policy.found.namespace
    if policy.targets:
        for index, (kind, name) in enumerate(policy.targets):
            known = {each.name for each in model.manifests.of_kind(kind) if each.namespace == home}
            if kind in ("Service", "Gateway") and model.pods.get(home) and name not in known:
                message = f"is for the {kind} `{name}`, which is not in the input"
                yield mistake(found, message, "correct the name", "spec", "targetRefs", index)
        return
    yield from _selects(found, model)
    pods = model.selected(policy)
    if pods and all(model.plane(each.namespace, each.labels) is Mesh.NONE for each in pods):
        message = f"does nothing: {pods[0].title} makes pods that are not in the mesh"
        advice = "label the namespace with `istio-injection: enabled`, or in ambient mode with"
        yield mistake(found, message, f"{advice} `istio.io/dataplane-mode: ambient`", "spec")
    if home == model.root:
        message = "holds in every namespace: it is in the root namespace of the mesh"
        advice = "move it, unless that is meant"
        yield mistake(found, message, advice, "metadata", "namespace", severity=Severity.NOTE)


def _selects(found: Found, model: MeshModel) -> Iterator[Diagnostic]:
    labels, home = selector(found), found.namespace
    spaces = model.pods if home == model.root else {home: model.pods.get(home, ())}
    pods = [each for group in spaces.values() for each in group]
    if labels and pods and not any(labels.items() <= each.labels.items() for each in pods):
        text = ", ".join(f"{key}: {value}" for key, value in sorted(labels.items()))
        message = f"selects no pods of the input ({text})"
        yield mistake(found, message, "select by labels that the pods have", "spec", "selector")


# --- PeerAuthentication -----------------------------------------------------------------------


def authentication_mistakes(model: MeshModel) -> Iterator[Diagnostic]:
    """Report modes of mutual TLS that do nothing where they stand."""
    for found in model.manifests.of_kind("PeerAuthentication", GROUP):
        yield from _selects(found, model)
        if found.spec.get("portLevelMtls") and not selector(found):
            message = "has `portLevelMtls`, which does nothing without a `selector`"
            yield mistake(found, message, "select the pods that are meant", "spec", "portLevelMtls")
        off = mapping(found.spec.get("mtls")).get("mode") == "DISABLE"
        if off and model.plane(found.namespace, selector(found)) is Mesh.AMBIENT:
            message = "says DISABLE, which ambient mode does not heed"
            yield mistake(found, message, "say PERMISSIVE, if plain text is meant", "spec", "mtls")


def _undecided(found: Found, why: str, *keys: Key) -> Diagnostic:
    return Diagnostic(
        NOT_DECIDED,
        f"not decided: {why} ({found.kind} `{found.namespace}/{found.name}`)",
        found.span(*keys),
    )
