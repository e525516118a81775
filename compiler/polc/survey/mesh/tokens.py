"""Rules about tokens that nobody checks, and checks of tokens that nobody asks for.

Only a RequestAuthentication makes a proxy read tokens: without one no request has a principal or a
claim. With one, requests without any token get through, unless a policy asks for a principal or
(from Istio 1.32 on) a rule of it has `presence: REQUIRED` (istio.io, "RequestAuthentication").
"""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.codes.proof import NO_SUCH
from polc.diagnostics import Diagnostic
from polc.semantics.mesh.authorization import Policy
from polc.semantics.mesh.model import MeshModel
from polc.semantics.mesh.peer_authentication import GROUP, selector
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.survey.mistakes import mistake

_KIND = "RequestAuthentication"


def token_mistakes(policy: Policy, model: MeshModel) -> Iterator[Diagnostic]:
    """Report rules about tokens at pods or targets where no object has tokens checked."""
    where = _unchecked(policy, model)
    if where is None:
        return
    for number, rule in enumerate(map(mapping, items(policy.found.spec.get("rules")))):
        asked = _asked(rule)
        if asked is None:
            continue
        name, negated = asked
        effect = "it holds for every request" if negated else "it never matches"
        message = f"asks for a token (`{name}`), and no RequestAuthentication of the input has"
        message += f" tokens checked at {where}: {effect}"
        advice = "add a RequestAuthentication with the issuer for the same pods"
        yield mistake(policy.found, message, advice, "spec", "rules", number, code=NO_SUCH)


def _asked(rule: Mapping[str, Any]) -> tuple[str, bool] | None:
    """Return a field of a rule that is about tokens, and whether it is negated."""
    for entry in items(rule.get("from")):
        source = mapping(mapping(entry).get("source"))
        for name in ("requestPrincipals", "notRequestPrincipals"):
            if source.get(name):
                return name, name.startswith("not")
    for condition in map(mapping, items(rule.get("when"))):
        key = str(condition.get("key"))
        if key.startswith("request.auth."):
            return key, not condition.get("values")
    return None


def _unchecked(policy: Policy, model: MeshModel) -> str | None:
    """Return the words for where nobody checks tokens; None: somebody may."""
    home = policy.found.namespace
    checks = model.manifests.of_kind(_KIND, GROUP)
    if policy.targets:
        kind, name = policy.targets[0]
        if kind not in ("Service", "Gateway") or not model.pods.get(home):
            return None
        wanted = {*policy.targets}
        if any(each.namespace == home and _aims(each) & wanted for each in checks):
            return None
        # A check for the waypoint holds for the Services behind it.
        if any(each.namespace in (home, model.root) and _aims(each) for each in checks):
            return None
        return f"{kind} `{home}/{name}`"
    pods = model.selected(policy)
    if not pods:
        return None
    for pod in pods:
        if any(_holds(each, pod.namespace, pod.labels, model) for each in checks):
            return None
    return pods[0].title


def _aims(found: Found) -> set[tuple[str, str]]:
    refs = [*items(found.spec.get("targetRefs")), found.spec.get("targetRef")]
    return {
        (str(mapping(each).get("kind")), str(mapping(each).get("name"))) for each in refs if each
    }


def _holds(check: Found, namespace: str, labels: Mapping[str, str], model: MeshModel) -> bool:
    if check.namespace not in (namespace, model.root) or _aims(check):
        return False
    return selector(check).items() <= labels.items()


def unasked(model: MeshModel) -> Iterator[Diagnostic]:
    """Report checks of tokens at pods where no policy asks for one."""
    policies = [
        each
        for found in model.manifests.of_kind("AuthorizationPolicy", GROUP)
        if not (each := Policy(found, model.trust)).inert
    ]
    for check in model.manifests.of_kind(_KIND, GROUP):
        rules = [mapping(each) for each in items(check.spec.get("jwtRules"))]
        if not rules or _aims(check) or any(each.get("presence") == "REQUIRED" for each in rules):
            continue
        pods = [
            pod
            for group in model.pods.values()
            for pod in group
            if _holds(check, pod.namespace, pod.labels, model)
        ]
        asking = [
            each
            for each in policies
            if any(_asked(mapping(rule)) for rule in items(each.found.spec.get("rules")))
            or each.action == "CUSTOM"
        ]
        bare = [
            pod
            for pod in pods
            if not any(pod in model.selected(each) or each.targets for each in asking)
        ]
        if bare:
            message = (
                f"has tokens checked at {bare[0].title}, and requests without any get through:"
            )
            message += " no AuthorizationPolicy asks for one"
            advice = 'admit callers with `requestPrincipals: ["*"]` in an AuthorizationPolicy'
            yield mistake(check, message, advice, "spec", "jwtRules")
