"""Which object makes pods in the end: a ReplicaSet's Deployment, a Job's CronJob.

A dump of a cluster holds pods and what made them, each with its owner. Where the owner is not among
the objects its name tells the next one: a Deployment's ReplicaSets end in a hash, a CronJob's Jobs
in a number (kubernetes/kubernetes, pkg/controller/{deployment,cronjob}).
"""

import re
from collections.abc import Mapping
from functools import cached_property

from attrs import frozen

from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping

_NEXT = {"ReplicaSet": ("Deployment", r"-[a-z0-9]+$"), "Job": ("CronJob", r"-[0-9]+$")}
_MOST_STEPS = 5


@frozen(eq=False, slots=False)
class Owners:
    """Finds the owners of objects."""

    manifests: Manifests

    @cached_property
    def _known(self) -> Mapping[tuple[str, str, str], Found]:
        kinds = (*_NEXT, "Deployment", "CronJob", "Rollout", "StatefulSet", "DaemonSet")
        return {
            (each.namespace, each.kind, each.name): each
            for kind in kinds
            for each in self.manifests.of_kind(kind)
        }

    def origins(self, found: Found) -> tuple[tuple[str, str], ...]:
        """Return kind and name of an object and of what owns it, the last owner last."""
        chain = [(found.kind, found.name)]
        at: Found | None = found
        for _ in range(_MOST_STEPS):
            owner = _controller(at) if at is not None else None
            if owner is not None:
                chain.append(owner)
            elif at is None and chain[-1][0] in _NEXT:
                kind, tail = _NEXT[chain[-1][0]]
                chain.append((kind, re.sub(tail, "", chain[-1][1])))
                break
            else:
                break
            at = self._known.get((found.namespace, *owner))
        return tuple(chain)


def _controller(found: Found) -> tuple[str, str] | None:
    for each in map(mapping, items(found.metadata.get("ownerReferences"))):
        kind, name = each.get("kind"), each.get("name")
        if each.get("controller") is True and isinstance(kind, str) and isinstance(name, str):
            return kind, name
    return None
