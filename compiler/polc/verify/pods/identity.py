"""Whose pods are these? Of a service by its labels, and made by what the program says.

Labels are all that the network knows a pod by, so who wears a service's labels may do what it may.
"""

from collections.abc import Iterator

from attrs import define, field

from polc.codes.proof import UNKNOWN_POD, WORN_LABELS
from polc.declared.selectors import Selectors
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Pods, Program, Workload
from polc.semantics.objects.model import Manifests
from polc.semantics.workloads.owners import Owners
from polc.semantics.workloads.templates import Template

_KINDS = {
    "deployment": ("Deployment", "Rollout", "DeploymentConfig", "ReplicaSet"),
    "statefulset": ("StatefulSet",),
    "daemonset": ("DaemonSet",),
    "job": ("Job",),
    "cronjob": ("CronJob",),
    "knative": ("Service", "Configuration", "Revision"),
}
"""What may make the pods of a service, by the word in the program."""


def unknown_pods(
    template: Template, selectors: Selectors, known: list[Pods], program: Program
) -> Iterator[Diagnostic]:
    """Report pods that nobody declares, and pods that are two services at once."""
    place = template.found.span(*template.keys, "metadata", "labels")
    labels = ", ".join(f"{key}={value}" for key, value in sorted(template.labels.items()))
    who = "pods" if not known else ""
    if known and (pod := selectors.left_out(template)) is not None:
        who = f"the pod `{pod}`"
    if who:
        near = [each for each in program.namespaces if each.name == template.namespace]
        yield Diagnostic(
            UNKNOWN_POD,
            f"{template.title} makes {who} that no service of the program selects"
            f" (labels: {labels or 'none'})",
            place,
            labels=tuple(Label(each.span, "the program owns this namespace") for each in near),
            help="declare them as a `service`, or run them in a namespace of their own",
        )


def several_services(template: Template, ours: list[Workload]) -> Iterator[Diagnostic]:
    """Report pods that are two services at once."""
    if len(ours) > 1:
        names = " and ".join(f"`{each.key}`" for each in ours)
        yield Diagnostic(
            UNKNOWN_POD,
            f"{template.title} makes pods that are {names} at once, and may do what both may",
            template.found.span(*template.keys, "metadata", "labels"),
            labels=tuple(Label(each.span, "selects them") for each in ours),
            help="give the pods the labels of one service only",
        )


@define
class Wearers:
    """Who wears the labels of services, and was not declared as their workload."""

    owners: Owners
    found: dict[str, list[tuple[Template, Workload]]] = field(factory=dict)

    @classmethod
    def of(cls, manifests: Manifests) -> "Wearers":
        """Return what looks at some objects."""
        return cls(Owners(manifests))

    def add(self, template: Template, workload: Workload) -> None:
        """Take down that a template's pods wear the labels of a workload."""
        self.found.setdefault(workload.key, []).append((template, workload))

    def judge(self) -> Iterator[Diagnostic]:
        """Report pods that wear the labels of a service whose workload makes others."""
        for group in self.found.values():
            told: set[str] = set()
            for template, workload in group:
                origins = self.owners.origins(template.found)
                title = f"{origins[-1][0]} `{template.namespace}/{origins[-1][1]}`"
                if not _declared(template, origins, workload) and title not in told:
                    told.add(title)
                    yield _worn(template, title, origins[-1], workload)


def _declared(template: Template, origins: tuple[tuple[str, str], ...], workload: Workload) -> bool:
    if any(name in (workload.object_name, *workload.more_objects) for _, name in origins):
        return True
    if not template.found.name:
        return True  # Its name is generated.
    labels = template.labels.items()
    if workload.rollout is not None and any(
        set(each.labels) <= labels for each in workload.rollout.versions
    ):
        return True
    return template.labels.get("version") in workload.versions


def _worn(
    template: Template, title: str, origin: tuple[str, str], workload: Workload
) -> Diagnostic:
    kind, name = origin
    word = next((word for word, kinds in _KINDS.items() if kind in kinds), workload.kind)
    labels = ", ".join(f"`{key}: {value}`" for key, value in workload.pods.labels)
    return Diagnostic(
        WORN_LABELS,
        f"{title} makes pods with the labels of `{workload.key}` ({labels}): whoever takes them for"
        f" it lets them do what it may; the program says that {workload.kind}"
        f" `{workload.object_name}` makes its pods",
        template.found.span(*template.keys, "metadata", "labels"),
        labels=(Label(workload.span, "declared here"),),
        help=f"give the pods other labels, or write `workload {word} {name}` in service"
        f" `{workload.name}`",
    )
