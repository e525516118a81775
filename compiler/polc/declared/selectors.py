"""Whose pods are these? What a program selects by labels, found fast for any pod."""

from collections.abc import Mapping

from attrs import define, field

from polc.ir.nodes import Pods, Program
from polc.semantics.workloads.labels import KEYS, may_wear, ordinals
from polc.semantics.workloads.templates import Template


@define
class Selectors:
    """Workloads and other known pods by a label pair, so that a pod's own are found fast."""

    by_pair: dict[tuple[str, str, str], list[Pods]] = field(factory=dict)
    everything: dict[str, list[Pods]] = field(factory=dict)
    by_controllers: dict[str, list[Pods]] = field(factory=dict)

    @classmethod
    def of(cls, program: Program) -> "Selectors":
        """Return the selectors of a program's workloads, and of whatever pods its flows name."""
        found = cls()
        known: dict[tuple[str, tuple[tuple[str, str], ...]], Pods] = {}
        for workload in program.workloads:
            found.add(workload.pods)
        for flow in program.flows:
            for end in (flow.source, flow.target):
                if isinstance(end, Pods) and end.origin != "workload":
                    known.setdefault((end.key, end.labels), end)
        for pods in known.values():
            found.add(pods)
        return found

    def add(self, pods: Pods) -> None:
        """Add pods."""
        if pods.labels:
            self.by_pair.setdefault((pods.namespace, *pods.labels[0]), []).append(pods)
        else:
            self.everything.setdefault(pods.namespace, []).append(pods)
        if any(key in KEYS for key, _ in pods.labels):
            self.by_controllers.setdefault(pods.namespace, []).append(pods)

    def selecting(self, template: Template) -> list[Pods]:
        """Return who selects the pods of a template, or some of them."""
        labels = template.labels
        found = self.wearing(template.namespace, labels)
        found += (
            pods
            for pods in self.by_controllers.get(template.namespace, ())
            if pods not in found and may_wear(template.found, labels, dict(pods.labels))
        )
        return found

    def wearing(self, namespace: str, labels: Mapping[str, str]) -> list[Pods]:
        """Return who selects pods with labels."""
        found = list(self.everything.get(namespace, ()))
        for pair in labels.items():
            found += self.by_pair.get((namespace, *pair), ())
        return [pods for pods in found if set(pods.labels) <= labels.items()]

    def left_out(self, template: Template) -> str | None:
        """Return the name of a pod that nobody selects, though others of its set are."""
        if template.found.kind != "StatefulSet":
            return None
        for each in ordinals(template.found):
            labels = {**template.labels, **each}
            if not self.wearing(template.namespace, labels):
                return each["statefulset.kubernetes.io/pod-name"]
        return None
