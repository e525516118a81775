"""Names that would be too long for what is derived from them."""

from polc.codes import names as codes
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Program, Workload

MAX_SERVICE_NAME = 57
"""The longest name of a service.

Policies are named after services, and one widely used agent fails on policy names of 58 characters
and more (aws-network-policy-agent issue 665); Knative appends `-00001` for revisions. Truncating
would make two names one, and hashing would rename everything, so polc refuses.
"""
MAX_LABEL = 63
"""The longest DNS label (RFC 1123), and so the longest name of a Service."""


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
