"""Callers that a policy names and no account of the input is, where the input shows all of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.codes.proof import NO_SUCH
from polc.diagnostics import Diagnostic
from polc.semantics.mesh.authorization import Policy
from polc.semantics.mesh.membership import GATEWAY_GROUP
from polc.semantics.objects.model import Key
from polc.semantics.objects.values import items, mapping
from polc.suggest import nearest
from polc.survey.mistakes import mistake
from polc.survey.shown import Shown


def account_mistakes(
    policy: Policy, rule: Mapping[str, Any], keys: tuple[Key, ...], shown: Shown
) -> Iterator[Diagnostic]:
    """Report principals and service accounts that nothing in the input has."""
    home = policy.found.namespace
    for index, entry in enumerate(items(rule.get("from"))):
        source = mapping(mapping(entry).get("source"))
        for field in ("principals", "notPrincipals", "serviceAccounts", "notServiceAccounts"):
            for value in map(str, items(source.get(field))):
                account = _account(value, field.lower().endswith("principals"), home)
                if account is None or not _lacks(shown, *account):
                    continue
                space, name = account
                known = shown.accounts[space]
                near = nearest(name, known)
                message = f"names `{value}`, and the namespace `{space}` has no account `{name}`"
                advice = f"did you mean `{near}`?" if near else f"its accounts: {_list(known)}"
                place = (*keys, "from", index, "source", field)
                yield mistake(policy.found, message, advice, *place, code=NO_SUCH)


def _account(value: str, principal: bool, home: str) -> tuple[str, str] | None:
    """Return the namespace and name of the one account that a value means."""
    if "*" in value:
        return None
    parts = value.split("/")
    if not principal:
        return (home, value) if len(parts) == 1 else (parts[0], parts[1])
    if len(parts) != 5 or (parts[1], parts[3]) != ("ns", "sa"):
        return None
    return parts[2], parts[4]


def _lacks(shown: Shown, namespace: str, name: str) -> bool:
    """Tell whether surely no pod of a namespace has an account."""
    known = shown.accounts.get(namespace)
    if known is None or name in known or not shown.complete(namespace):
        return False
    gateways = {
        f"{each.name}{suffix}"
        for each in shown.manifests.of_kind("Gateway", GATEWAY_GROUP)
        for suffix in ("", f"-{each.spec.get('gatewayClassName')}")
        if each.namespace == namespace
    }
    return name not in gateways and not shown.makers.make("", "serviceaccounts", namespace)


def _list(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)[:5])
