"""Compares the pods of the input, or the component that hardens them, with the program."""

from collections.abc import Iterable, Iterator

from attrs import define, field

from polc.codes.proof import LOOSE_NAMESPACE, NOT_DECIDED, UNKNOWN_POD
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Level, Namespace, Pods, Program, Workload
from polc.semantics.objects.model import Manifests
from polc.semantics.workloads.templates import Template, templates, unknown_makers
from polc.verify.pods.component import check_components
from polc.verify.pods.hardened import compare_pod
from polc.verify.pods.reach import reach
from polc.verify.verdict import Verdict

_ENFORCE = "pod-security.kubernetes.io/enforce"
_LEVELS = (Level.RESTRICTED.value, Level.BASELINE.value, Level.PRIVILEGED.value)


@define
class _Selectors:
    """Workloads and other known pods by a label pair, so that a pod's own are found fast."""

    by_pair: dict[tuple[str, str, str], list[Pods]] = field(factory=dict)
    everything: dict[str, list[Pods]] = field(factory=dict)

    def add(self, pods: Pods) -> None:
        if pods.labels:
            self.by_pair.setdefault((pods.namespace, *pods.labels[0]), []).append(pods)
        else:
            self.everything.setdefault(pods.namespace, []).append(pods)

    def of(self, template: Template) -> list[Pods]:
        """Return who selects the pods of a template."""
        labels = template.labels
        found = list(self.everything.get(template.namespace, ()))
        for pair in labels.items():
            found += self.by_pair.get((template.namespace, *pair), ())
        return [pods for pods in found if set(pods.labels) <= labels.items()]


def compare(manifests: Manifests, program: Program) -> Verdict:
    """Decide whether the pods in the namespaces of the program are as hard as it says.

    Where pods of a service are in the input, they are judged; else the component is: it hardens
    whatever pods it is applied to. Neither of the two is not decided.
    """
    selectors = _selectors(program)
    workloads = {each.key: each for each in program.workloads}
    accounts = {(each.namespace, each.name): each for each in manifests.of_kind("ServiceAccount")}
    owned = {namespace.name for namespace in program.namespaces}
    violations: list[Diagnostic] = []
    seen: set[str] = set()
    for template in templates(manifests):
        if template.namespace not in owned:
            continue
        known = selectors.of(template)
        ours = [workloads[pods.key] for pods in known if pods.key in workloads]
        violations += _identity(template, known, ours, program)
        for workload in ours:
            seen.add(workload.key)
            account = accounts.get((workload.namespace, workload.account))
            violations += compare_pod(template, workload, account)
    rest = [each for each in program.workloads if each.key not in seen]
    lost, undecided = check_components(manifests, rest)
    violations += lost
    undecided += tuple(reach(manifests, program))
    violations += _namespaces(manifests, program.namespaces)
    for found in unknown_makers(manifests):
        if found.namespace in owned:
            reason = f"{found.kind} `{found.namespace}/{found.name}` makes pods in its own way"
            undecided += (Diagnostic(NOT_DECIDED, reason, found.span("kind")),)
    counts = (("services hardened", len(program.workloads)),)
    return Verdict(tuple(violations), tuple(undecided), counts)


def _selectors(program: Program) -> _Selectors:
    selectors = _Selectors()
    known: dict[tuple[str, tuple[tuple[str, str], ...]], Pods] = {}
    for workload in program.workloads:
        selectors.add(workload.pods)
    for flow in program.flows:
        for end in (flow.source, flow.target):
            if isinstance(end, Pods) and end.origin != "workload":
                known.setdefault((end.key, end.labels), end)
    for pods in known.values():
        selectors.add(pods)
    return selectors


def _identity(
    template: Template, known: list[Pods], ours: list[Workload], program: Program
) -> Iterator[Diagnostic]:
    """Report pods that nobody declares, and pods that are two services at once."""
    place = template.found.span(*template.keys, "metadata", "labels")
    labels = ", ".join(f"{key}={value}" for key, value in sorted(template.labels.items()))
    if not known:
        near = [each for each in program.namespaces if each.name == template.namespace]
        yield Diagnostic(
            UNKNOWN_POD,
            f"{template.title} makes pods that no service of the program selects"
            f" (labels: {labels or 'none'})",
            place,
            labels=tuple(Label(each.span, "the program owns this namespace") for each in near),
            help="declare them as a `service`, or run them in a namespace of their own",
        )
    if len(ours) > 1:
        names = " and ".join(f"`{each.key}`" for each in ours)
        yield Diagnostic(
            UNKNOWN_POD,
            f"{template.title} makes pods that are {names} at once, and may do what both may",
            place,
            labels=tuple(Label(each.span, "selects them") for each in ours),
            help="give the pods the labels of one service only",
        )


def _namespaces(manifests: Manifests, namespaces: Iterable[Namespace]) -> Iterator[Diagnostic]:
    """Check what Pod Security enforces: no level at all is *privileged*."""
    objects = {each.name: each for each in manifests.of_kind("Namespace", "")}
    for namespace in namespaces:
        found = objects.get(namespace.name)
        label = Label(namespace.span, f"its services need `{namespace.level.value}`")
        if found is None:
            yield Diagnostic(
                LOOSE_NAMESPACE,
                f"namespace `{namespace.name}` is not in the input: nothing shows that it refuses"
                " pods which are not hardened",
                namespace.span,
                help=f"apply a Namespace with the label `{_ENFORCE}: {namespace.level.value}`",
            )
            continue
        labels = manifests.namespaces[namespace.name]
        level = labels.get(_ENFORCE, Level.PRIVILEGED.value)
        at = found.span("metadata", "labels", _ENFORCE)
        rank = _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)
        wanted = _LEVELS.index(namespace.level.value)
        version = labels.get(f"{_ENFORCE}-version", "latest")
        if rank != wanted:
            looser = rank > wanted
            why = "admits pods that the program does not" if looser else "refuses declared pods"
            yield Diagnostic(
                LOOSE_NAMESPACE,
                f"namespace `{namespace.name}` enforces `{level}` and so {why}",
                at,
                labels=(label,),
                help=f"set the label `{_ENFORCE}: {namespace.level.value}`",
            )
        elif version != "latest" and namespace.level is not Level.PRIVILEGED:
            yield Diagnostic(
                LOOSE_NAMESPACE,
                f"namespace `{namespace.name}` makes the checks of `{version}` only, and none that"
                " came later",
                found.span("metadata", "labels", f"{_ENFORCE}-version"),
                labels=(label,),
                help=f"set the label `{_ENFORCE}-version: latest`",
            )
