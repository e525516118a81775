"""Names that would be too long for what is derived from them, or the names of two things."""

from collections.abc import Mapping

from polc import syntax as s
from polc.codes import names as codes
from polc.codes.output import CONFLICTING_OBJECTS
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Program, Workload
from polc.resolve.services import ServiceModel
from polc.source import Span

MAX_SERVICE_NAME = 57
"""The longest name of a service.

Policies are named after services, and one widely used agent fails on policy names of 58 characters
and more (aws-network-policy-agent issue 665); Knative appends `-00001` for revisions. Truncating
would make two names one, and hashing would rename everything, so polc refuses.
"""
MAX_LABEL = 63
"""The longest DNS label (RFC 1123), and so the longest name of a Service."""


def check_objects(program: Program, models: Mapping[str, ServiceModel]) -> tuple[Diagnostic, ...]:
    """Refuse two services of one workload: a Deployment (or the like) has one pod template."""
    found: list[Diagnostic] = []
    first: dict[tuple[str, str, str], Workload] = {}
    in_order = sorted(program.workloads, key=lambda each: _named(each, models).key())
    for workload in in_order:
        kind, name = workload.kind, workload.object_name
        other = first.setdefault((kind, workload.namespace, name), workload)
        if other is not workload:
            found.append(
                Diagnostic(
                    CONFLICTING_OBJECTS,
                    f"`{other.name}` and `{workload.name}` are both the {kind}"
                    f" `{workload.namespace}/{name}`",
                    _named(workload, models),
                    (Label(_named(other, models), f"`{other.name}` is it already"),),
                    help="merge the two services, or name another workload:"
                    f" `workload {kind} NAME`",
                )
            )
    return tuple(found)


def _named(workload: Workload, models: Mapping[str, ServiceModel]) -> Span:
    """Return where the object that runs a service gets its name."""
    statement = models[workload.key].one(s.WorkloadKind)
    return statement.name.span if statement and statement.name else workload.span


def check_lengths(program: Program) -> tuple[Diagnostic, ...]:
    """Report names of services and versions that leave no room for derived names."""
    found: list[Diagnostic] = []
    for workload in program.workloads:
        if len(workload.name) > MAX_SERVICE_NAME:
            found.append(
                Diagnostic(
                    codes.NAME_TOO_LONG,
                    f"the name has {len(workload.name)} characters, and objects named after it"
                    f" allow {MAX_SERVICE_NAME}",
                    workload.span,
                    help="shorten it; polc never cuts a name, since two could become one",
                )
            )
        found += _versions(workload)
    return tuple(found)


def _versions(workload: Workload) -> list[Diagnostic]:
    if workload.rollout is None or workload.kind == "knative":
        return []
    return [
        Diagnostic(
            codes.NAME_TOO_LONG,
            f"`{workload.name}-{version.name}` has more than {MAX_LABEL} characters",
            version.span,
            (Label(workload.span, "versions are named after the service"),),
            help="shorten the version's name",
        )
        for version in workload.rollout.versions
        if len(workload.name) + 1 + len(version.name) > MAX_LABEL
    ]
