"""Bindings by themselves: roles and accounts that are not there, and subjects that nobody meant."""

from collections.abc import Iterator

from polc.codes.proof import NO_SUCH
from polc.diagnostics import Diagnostic
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.bindings import Rbac, role_key, subject_key
from polc.semantics.rbac.defaults import is_default
from polc.semantics.rbac.privileges import EVERYONE
from polc.suggest import nearest
from polc.survey.mistakes import mistake
from polc.survey.shown import Shown


def binding_mistakes(shown: Shown) -> Iterator[Diagnostic]:
    """Report bindings that give nothing, or to somebody else than a reader would think."""
    made = {each.namespace for each in shown.manifests.of_kind("ServiceAccount", "")}
    for binding in shown.rbac.bindings:
        yield from _role(binding, shown.rbac)
        yield from _subjects(binding, made, shown)
    yield from _default(shown.manifests, shown.rbac)


def _role(binding: Found, rbac: Rbac) -> Iterator[Diagnostic]:
    if not items(binding.body.get("subjects")):
        yield mistake(binding, "is given to nobody", "name its subjects, or leave it out")
    namespace, name = key = role_key(binding)
    if key in rbac.roles:
        if binding.kind == "RoleBinding" and any(
            rule.body.get("nonResourceURLs") for rule in rbac.rules(key)
        ):
            message = "gives `nonResourceURLs`, which only a ClusterRoleBinding can"
            yield mistake(binding, message, "bind that role cluster-wide", "roleRef")
        return
    if is_default(namespace, name):
        return
    kind = "ClusterRole" if namespace is None else "Role"
    message = f"gives the {kind} `{name}`, which is not in the input and none of Kubernetes' own:"
    message += " it gives nothing until somebody makes a role of that name, and then whatever that"
    message += " says"
    known = {other for space, other in rbac.roles if space == namespace}
    other = ("Role", namespace) if namespace is None else ("ClusterRole", None)
    near = nearest(name, known)
    advice = "correct the name, or keep the role with its binding"
    if near is not None:
        advice = f"did you mean `{near}`?"
    elif binding.kind == "RoleBinding" and (_other(binding, namespace), name) in rbac.roles:
        advice = f"there is a {other[0]} of that name: write `kind: {other[0]}`"
    yield mistake(binding, message, advice, "roleRef", "name", code=NO_SUCH)


def _other(binding: Found, namespace: str | None) -> str | None:
    return binding.namespace if namespace is None else None


def _subjects(binding: Found, made: set[str], shown: Shown) -> Iterator[Diagnostic]:
    """Report accounts that are not there, in namespaces of which the input makes accounts."""
    for index, subject in enumerate(map(mapping, items(binding.body.get("subjects")))):
        key = subject_key(subject, binding)
        if key is None or key[0] != "ServiceAccount" or key[1] not in made:
            continue
        _, namespace, name = key
        known = shown.accounts[namespace]
        if name in known or shown.makers.make("", "serviceaccounts", namespace):
            continue
        message = f"is for the service account `{namespace}/{name}`, which is not in the input"
        near = nearest(name, known)
        advice = f"did you mean `{near}`?" if near else "correct the name, or make the account"
        yield mistake(binding, message, advice, "subjects", index, code=NO_SUCH)


def _default(manifests: Manifests, rbac: Rbac) -> Iterator[Diagnostic]:
    made = {(each.namespace, each.name) for each in manifests.of_kind("ServiceAccount")}
    for namespace, name in rbac.accounts():
        if name != "default" or (namespace, name) in made:
            continue
        entries, _ = rbac.granted(namespace, name)
        given = next((each for each in entries if each.access - EVERYONE), None)
        if given is not None:
            message = f"gives privileges to `{namespace}/default`, which every pod has that names"
            message += " no account"
            advice = "make an account for the pods that need them"
            yield mistake(given.binding, message, advice, "subjects")
