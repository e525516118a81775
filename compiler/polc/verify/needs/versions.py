"""Whether each version of a rollout has pods, where the input shows any of the service."""

from collections.abc import Iterator, Mapping, Sequence

from polc.codes.proof import UNMET_NEED
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Workload
from polc.semantics.workloads.labels import may_wear
from polc.semantics.workloads.templates import Template


def versions_without_pods(held: Sequence[tuple[Template, Workload]]) -> Iterator[Diagnostic]:
    """Report versions to which requests are led, and that no pods of the input are."""
    groups: dict[str, list[Template]] = {}
    split: dict[str, Workload] = {}
    for template, workload in held:
        if workload.rollout is not None and workload.kind != "knative":
            groups.setdefault(workload.key, []).append(template)
            split[workload.key] = workload
    for key, workload in split.items():
        for version in workload.rollout.versions if workload.rollout is not None else ():
            wanted = dict(version.labels)
            if not any(_is(each, wanted) for each in groups[key]):
                said = ", ".join(f"`{name}: {value}`" for name, value in version.labels)
                yield Diagnostic(
                    UNMET_NEED,
                    f"version `{version.name}` of `{key}` gets requests, and nothing in the input"
                    f" makes pods of it ({said})",
                    version.span,
                    help="add what makes its pods to the input, or take it out of the rollout",
                )


def _is(template: Template, wanted: Mapping[str, str]) -> bool:
    labels = template.labels
    return wanted.items() <= labels.items() or may_wear(template.found, labels, wanted)
