"""Policies of a mesh that admit more, or less, than they look like, and names that nothing has."""

from collections.abc import Iterator

from polc.diagnostics import Diagnostic
from polc.semantics.mesh.authorization import Policy
from polc.semantics.mesh.model import MeshModel
from polc.semantics.mesh.peer_authentication import GROUP
from polc.semantics.objects.model import Key
from polc.semantics.objects.values import items, mapping
from polc.survey.mesh.accounts import account_mistakes
from polc.survey.mesh.literals import literal_mistakes
from polc.survey.mesh.policies import authentication_mistakes, policy_mistakes, undecided
from polc.survey.mesh.rules import callers, requests
from polc.survey.mesh.tokens import token_mistakes, unasked
from polc.survey.mesh.waypoints import waypoint_mistakes
from polc.survey.shown import Shown


def mesh_mistakes(model: MeshModel, shown: Shown) -> Iterator[Diagnostic]:
    """Report policies that admit more, or less, than a reader would think."""
    for found in model.manifests.of_kind("AuthorizationPolicy", GROUP):
        policy = Policy(found, model.trust)
        if policy.inert:  # AUDIT, and previews: they neither admit nor refuse anything.
            continue
        yield from policy_mistakes(policy, model)
        if policy.unknown:
            continue
        yield from token_mistakes(policy, model)
        for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
            keys: tuple[Key, ...] = ("spec", "rules", number)
            yield from callers(policy, rule, keys, model)
            yield from requests(policy, rule, keys, model)
            yield from literal_mistakes(found, rule, keys)
            yield from account_mistakes(policy, rule, keys, shown)
    yield from authentication_mistakes(model)
    yield from unasked(model)
    yield from waypoint_mistakes(model)
    yield from undecided(model)
