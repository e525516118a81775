"""The five kinds of workload that carry a pod template, and where it lies in each."""

from collections.abc import Iterable, Mapping

from attrs import frozen

from polc.ir.nodes import Workload


@frozen
class Kind:
    """A kind of workload. `pod` is the way to its pod's `spec`."""

    name: str
    group: str
    pod: tuple[str, ...] = ("spec", "template", "spec")

    @property
    def api_version(self) -> str:
        """The `apiVersion` of a patch for it."""
        return f"{self.group}/v1"

    @property
    def dotted(self) -> str:
        """The way to the pod's `spec` as Kustomize writes field paths."""
        return ".".join(self.pod)

    @property
    def pointer(self) -> str:
        """The way to the pod's `spec` as a JSON pointer (RFC 6901)."""
        return "/" + "/".join(self.pod)


KINDS = {
    "deployment": Kind("Deployment", "apps"),
    "statefulset": Kind("StatefulSet", "apps"),
    "daemonset": Kind("DaemonSet", "apps"),
    "job": Kind("Job", "batch"),
    "cronjob": Kind("CronJob", "batch", ("spec", "jobTemplate", "spec", "template", "spec")),
}
"""By the word in the program. A knative workload has no pod template of the user's to patch."""


def names_taken(workloads: Iterable[Workload]) -> dict[str, frozenset[str]]:
    """Return the names of the objects that run the workloads of a namespace, by kind."""
    names: dict[str, set[str]] = {}
    for workload in workloads:
        names.setdefault(workload.kind, set()).update(
            (workload.object_name, *workload.more_objects)
        )
    return {kind: frozenset(group) for kind, group in names.items()}


def object_names(workload: Workload, taken: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the names of the objects that run a workload, its own first.

    Versions run as objects of their own, by custom named `<name>-<version>`. A name that another
    workload of the program has is that workload's.
    """
    own = (workload.object_name, *workload.more_objects)
    derived = {f"{workload.object_name}-{version}" for version in workload.versions}
    return (*own, *sorted(derived - taken[workload.kind]))
