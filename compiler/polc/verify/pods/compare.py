"""Compares the pods of the input, or the component that hardens them, with the program."""

from collections.abc import Iterable, Iterator

from polc.codes.proof import LOOSE_NAMESPACE
from polc.declared.selectors import Selectors
from polc.diagnostics import Diagnostic, Label
from polc.gaps import gap_finding
from polc.ir.nodes import Level, Namespace, Program, Workload
from polc.semantics.objects.model import Manifests
from polc.semantics.workloads.makers import unread
from polc.semantics.workloads.templates import Template, templates
from polc.verify.pods.component import check_components
from polc.verify.pods.hardened import compare_pod
from polc.verify.pods.identity import Wearers, several_services, unknown_pods
from polc.verify.pods.reach import reach
from polc.verify.pods.tokens import token_secrets
from polc.verify.pods.windows import hardened_like_linux, is_windows
from polc.verify.verdict import Verdict

_ENFORCE = "pod-security.kubernetes.io/enforce"
_LEVELS = (Level.RESTRICTED.value, Level.BASELINE.value, Level.PRIVILEGED.value)


def compare(manifests: Manifests, program: Program) -> Verdict:
    """Decide whether the pods in the namespaces of the program are as hard as it says.

    Where pods of a service are in the input, they are judged; else the component is: it hardens
    whatever pods it is applied to. Neither of the two is not decided.
    """
    selectors = Selectors.of(program)
    wearers = Wearers.of(manifests)
    workloads = {each.key: each for each in program.workloads}
    accounts = {(each.namespace, each.name): each for each in manifests.of_kind("ServiceAccount")}
    secrets = token_secrets(manifests)
    owned = {namespace.name for namespace in program.namespaces}
    violations: list[Diagnostic] = []
    seen: set[str] = set()
    windows: list[tuple[Template, Workload]] = []
    for template in templates(manifests):
        if template.namespace not in owned:
            continue
        known = selectors.selecting(template)
        ours = [workloads[pods.key] for pods in known if pods.key in workloads]
        violations += unknown_pods(template, selectors, known, program)
        violations += several_services(template, ours)
        for workload in ours:
            seen.add(workload.key)
            wearers.add(template, workload)
            account = accounts.get((workload.namespace, workload.account))
            violations += compare_pod(template, workload, account, secrets)
            if is_windows(template):
                windows.append((template, workload))
    violations += (*wearers.judge(), *hardened_like_linux(manifests, windows))
    rest = [each for each in program.workloads if each.key not in seen]
    lost, undecided = check_components(manifests, rest)
    violations += lost
    undecided += tuple(reach(manifests, program))
    violations += _namespaces(manifests, program.namespaces)
    for gap in unread(manifests):
        if gap.concerns("pods", *owned):
            undecided += (gap_finding(gap),)
    counts = (("services hardened", len(program.workloads)),)
    return Verdict(tuple(violations), tuple(undecided), counts)


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
