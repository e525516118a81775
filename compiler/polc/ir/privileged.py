"""Grants that amount to more than they say (`polc.powers`).

`privileged_reason` is asked of every grant, and the report lists what it says.
"""

from polc.ir.nodes import Grant
from polc.powers.table import Power, powers


def privileged_verbs(grant: Grant) -> dict[Power, tuple[str, ...]]:
    """Return what a grant amounts to, each with the verbs that do it; usually nothing."""
    found: dict[Power, list[str]] = {}
    for verb in grant.verbs:
        # The first one: what a verb amounts to on anything tells more than its resource does.
        power = next((each for each in powers(verb, grant.group, _full(grant)) if each.asks), None)
        if power is not None:
            found.setdefault(power, []).append(verb)
    return {power: tuple(verbs) for power, verbs in found.items()}


def privileged_reason(grant: Grant) -> str | None:
    """Return what a grant amounts to beyond what it says, or None for an ordinary one."""
    reasons = dict.fromkeys(power.amounts_to for power in privileged_verbs(grant))
    return "; ".join(reasons) or None


def _full(grant: Grant) -> str:
    return f"{grant.resource}/{grant.subresource}" if grant.subresource else grant.resource
