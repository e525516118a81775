"""What Pod Security refuses: a finding for each workload, or for those that lack the same."""

from collections.abc import Iterator

from polc.codes.proof import BELOW_STANDARD
from polc.diagnostics import Diagnostic, Label, Severity
from polc.prose import prose
from polc.semantics.objects.model import Manifests
from polc.semantics.pods.standards import Breach, breaches
from polc.semantics.workloads.templates import Template, templates
from polc.source import Span
from polc.survey.mistakes import counted_rest
from polc.terms import Level

_STANDARD = "the Pod Security Standard"
_MOST_TOLD = 4


def pod_findings(manifests: Manifests) -> Iterator[Diagnostic]:
    """Report pods that *baseline* refuses as a warning, and that *restricted* refuses as a note."""
    short: dict[tuple[str, tuple[str, ...]], list[tuple[Template, Breach]]] = {}
    for template in templates(manifests):
        found = breaches(template, Level.RESTRICTED)
        low = [each for each in found if each.level is Level.BASELINE]
        low.sort(key=lambda each: each.path[0] == "volumes")  # Of these there are many.
        if low:
            yield _refused(template, low)
        missing = [each for each in found if each.level is Level.RESTRICTED]
        if missing:
            checks = tuple(sorted({each.check for each in missing}))
            group = short.setdefault((template.namespace, checks), [])
            group.append((template, missing[0]))
    for (namespace, checks), group in short.items():
        yield _restricted(namespace, ", ".join(checks), group)


def _refused(template: Template, found: list[Breach]) -> Diagnostic:
    """Say what of one workload *baseline* refuses."""
    if len(found) == 1:
        [breach] = found
        message = f"{template.title}: `{template.path(*breach.path)}`: {breach.message}"
        labels: tuple[Label, ...] = ()
    else:
        said = prose(counted_rest((each.message for each in found), _MOST_TOLD))
        message = f"{template.title}: refused by {_STANDARD} `baseline`: {said}"
        labels = tuple(
            Label(_span(template, each), f"`{template.path(*each.path)}`") for each in found[1:]
        )
    return Diagnostic(
        BELOW_STANDARD,
        message,
        _span(template, found[0]),
        labels,
        help=f"forbidden by {_STANDARD} `baseline`",
        severity=Severity.WARNING,
    )


def _restricted(namespace: str, checks: str, group: list[tuple[Template, Breach]]) -> Diagnostic:
    """Say which workloads of a namespace *restricted* refuses for the same reasons."""
    template, first = group[0]
    if len(group) == 1:
        who = template.title
        advice = f"the first of it is at `{template.path(*first.path)}`"
    else:
        names = (f"`{each.found.name}`" for each, _ in group)
        some = prose(counted_rest(names, _MOST_TOLD))
        who = f"{len(group)} workloads of the namespace `{namespace}` ({some})"
        advice = f"the first of it is at `{template.path(*first.path)}` of each"
    labels = tuple(Label(_span(each, breach), each.title) for each, breach in group[1:])
    return Diagnostic(
        BELOW_STANDARD,
        f"{who}: refused by {_STANDARD} `restricted` ({checks})",
        _span(template, first),
        labels,
        help=advice,
        severity=Severity.NOTE,
    )


def _span(template: Template, breach: Breach) -> Span:
    return template.found.span(*template.keys, "spec", *breach.path)
