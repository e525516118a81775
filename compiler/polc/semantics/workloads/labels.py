"""Which labels pods wear that nobody wrote: those that the controllers which make them add.

Some are known from the object (the name of a Job), others only by their form (a hash, an ordinal).

Sources: k8s.io/api {apps,batch}/v1 types.go; kubernetes.io, "Well-Known Labels, Annotations and
Taints"; knative/serving, pkg/apis/serving/register.go; argoproj/argo-rollouts, pkg/apis/rollouts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from polc.semantics.objects.model import Found
from polc.semantics.objects.values import mapping

_HASH, _NUMBER, _UID = "[a-z0-9]+", "[0-9]+", "[0-9a-f-]{36}"
_KNATIVE = "serving.knative.dev/"
MOST_ORDINALS = 100
"""So many pods of one StatefulSet are told apart; the others are like the last of these."""


def added(found: Found, template: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels that every pod of an object gets from its controller."""
    kind, name = (found.group, found.kind), found.name
    if not name:
        return {}
    if kind == ("batch", "Job"):
        return {"job-name": name, "batch.kubernetes.io/job-name": name}
    if kind == ("batch", "CronJob") or found.group != "serving.knative.dev":
        return {}
    if found.kind == "Service":
        labels = {f"{_KNATIVE}service": name, f"{_KNATIVE}configuration": name}
    elif found.kind == "Configuration":
        labels = {f"{_KNATIVE}configuration": name}
    else:
        labels = {f"{_KNATIVE}revision": name}
    revision = mapping(template.get("metadata")).get("name")
    if isinstance(revision, str) and found.kind != "Revision":
        labels[f"{_KNATIVE}revision"] = revision
    return labels


def forms(found: Found) -> Mapping[str, str]:
    """Return what else a controller adds: the form of each label's value, which differs by pod."""
    name = re.escape(found.name)
    match found.group, found.kind:
        case "apps", "Deployment":
            return {"pod-template-hash": _HASH}
        case "apps", "DaemonSet":
            return {"controller-revision-hash": _HASH, "pod-template-generation": _NUMBER}
        case "apps", "StatefulSet":
            return {
                "controller-revision-hash": f"{name}-{_HASH}",
                "statefulset.kubernetes.io/pod-name": f"{name}-{_NUMBER}",
                "apps.kubernetes.io/pod-index": _NUMBER,
            }
        case "batch", "Job":
            return {**_OF_JOBS, "batch.kubernetes.io/job-completion-index": _NUMBER}
        case "batch", "CronJob":
            named = f"{name}-{_NUMBER}"
            return {**_OF_JOBS, "job-name": named, "batch.kubernetes.io/job-name": named}
        case "argoproj.io", "Rollout":
            return {"rollouts-pod-template-hash": _HASH}
        case "serving.knative.dev", "Service" | "Configuration":
            generated = f"{name}-[0-9]{{5,}}"
            return {**_OF_REVISIONS, f"{_KNATIVE}revision": generated, "app": generated}
        case "serving.knative.dev", _:
            return {**_OF_REVISIONS, "app": name}
    return {}


_OF_JOBS = {"controller-uid": _UID, "batch.kubernetes.io/controller-uid": _UID}
_OF_REVISIONS = {
    f"{_KNATIVE}{each}": _UID for each in ("revisionUID", "configurationUID", "serviceUID")
}


def may_wear(found: Found, labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Tell whether some pod of an object may wear labels beside those it has for sure."""
    missing = {key: value for key, value in wanted.items() if key not in labels}
    if any(labels[key] != value for key, value in wanted.items() if key in labels):
        return False
    known = forms(found) if missing else {}
    return all(
        key in known and re.fullmatch(known[key], value) is not None
        for key, value in missing.items()
    )


def ordinals(found: Found) -> Iterator[dict[str, str]]:
    """Yield the labels that tell the pods of a StatefulSet apart, one after the other."""
    replicas = found.spec.get("replicas", 1)
    start = mapping(found.spec.get("ordinals")).get("start", 0)
    count = min(replicas, MOST_ORDINALS) if type(replicas) is int else 1
    first = start if type(start) is int else 0
    for number in range(first, first + count):
        yield {
            "statefulset.kubernetes.io/pod-name": f"{found.name}-{number}",
            "apps.kubernetes.io/pod-index": str(number),
        }


KEYS = frozenset(
    (
        *_OF_JOBS,
        *_OF_REVISIONS,
        *("pod-template-hash", "controller-revision-hash", "pod-template-generation"),
        *("rollouts-pod-template-hash", "statefulset.kubernetes.io/pod-name", "app"),
        *("apps.kubernetes.io/pod-index", "batch.kubernetes.io/job-completion-index"),
        *("job-name", "batch.kubernetes.io/job-name", f"{_KNATIVE}revision"),
    )
)
"""All keys for which `forms` knows a form."""
