"""Pods and what makes them: where each kind keeps its pod template.

Sources: core/v1, apps/v1, batch/v1 types.go; Knative Serving's `spec.template` (v1 API); Argo
Rollouts' `spec.template`; OpenShift's DeploymentConfig (apps.openshift.io/v1).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.workloads.labels import added

TEMPLATES: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps.openshift.io", "DeploymentConfig"): ("spec", "template"),
    ("argoproj.io", "Rollout"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("serving.knative.dev", "Configuration"): ("spec", "template"),
    ("serving.knative.dev", "Revision"): (),
    ("serving.knative.dev", "Service"): ("spec", "template"),
}
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


@frozen
class Template:
    """The pods that an object makes. `keys` lead to what has their metadata and spec."""

    found: Found
    keys: tuple[Key, ...]
    body: Mapping[str, Any]

    @property
    def spec(self) -> Mapping[str, Any]:
        """The pod's specification."""
        return mapping(self.body.get("spec"))

    @property
    def namespace(self) -> str:
        """The namespace that the pods run in."""
        return self.found.namespace

    @property
    def is_knative(self) -> bool:
        """Whether Knative runs the pods, and adds a container of its own."""
        return self.found.group == "serving.knative.dev"

    @property
    def labels(self) -> dict[str, str]:
        """The labels of every pod, with those that its controller adds."""
        own = mapping(mapping(self.body.get("metadata")).get("labels"))
        return {**own, **added(self.found, self.body)}

    @property
    def annotations(self) -> Mapping[str, str]:
        """The annotations of the pods."""
        return mapping(mapping(self.body.get("metadata")).get("annotations"))

    @property
    def title(self) -> str:
        """Kind and name, for a message."""
        return f"{self.found.kind} `{self.found.namespace}/{self.found.name}`"

    def containers(self) -> Iterator[tuple[tuple[Key, ...], Mapping[str, Any]]]:
        """Yield every container with the way to it from the pod's specification."""
        for field in CONTAINERS:
            for index, container in enumerate(items(self.spec.get(field))):
                yield (field, index), mapping(container)

    def path(self, *keys: Key) -> str:
        """Write a path below the pod as people do: `spec.template.spec.containers[0].image`."""
        text = ""
        for key in (*self.keys, "spec", *keys):
            text += f"[{key}]" if isinstance(key, int) else f".{key}"
        return text.removeprefix(".")


def templates(manifests: Manifests) -> Iterator[Template]:
    """Yield all that makes pods, and pods themselves, by kind."""
    for (group, kind), keys in TEMPLATES.items():
        for found in manifests.of_kind(kind, group):
            if kind == "Rollout" and found.spec.get("workloadRef"):
                continue  # The pods are those of the object that it refers to.
            body: Any = found.body
            for key in keys:
                body = mapping(body).get(key)
            yield Template(found, keys, mapping(body))
