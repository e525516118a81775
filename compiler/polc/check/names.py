"""Names that would be too long for what is derived from them, or the names of two things."""

from collections.abc import Iterator, Mapping

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
    """Refuse two services of one workload, which has one pod template, or of Knative's Service."""
    found: list[Diagnostic] = []
    first: dict[tuple[str, str, str], tuple[Workload, Span]] = {}
    named = [
        (span, name, workload)
        for workload in program.workloads
        for name, span in _named(workload, models)
    ]
    for span, name, workload in sorted(named, key=lambda each: each[0].key()):
        kind = workload.kind
        key = kind, workload.namespace, name
        other, place = first.setdefault(key, (workload, span))
        if other is not workload:
            found.append(
                Diagnostic(
                    CONFLICTING_OBJECTS,
                    f"`{other.name}` and `{workload.name}` are both the {kind}"
                    f" `{workload.namespace}/{name}`",
                    span,
                    (Label(place, f"`{other.name}` is it already"),),
                    help="merge the two services, or name another workload:"
                    f" `workload {kind} NAME`",
                )
            )
    return (*found, *_knative_services(program, models))


def _knative_services(program: Program, models: Mapping[str, ServiceModel]) -> Iterator[Diagnostic]:
    """Refuse a Service of the name that Knative gives to one of its own.

    Several services of the program may stand behind one Service of the cluster's manifests, but
    Knative makes its Service itself, and gives up where another one has the name.
    """
    made = {
        (each.namespace, each.object_name): each
        for each in program.workloads
        if each.kind == "knative"
    }
    for workload in program.workloads if made else ():
        for name, span in _services(workload, models):
            other = made.get((workload.namespace, name))
            if other is not None and other is not workload:
                yield Diagnostic(
                    CONFLICTING_OBJECTS,
                    f"the Service `{workload.namespace}/{name}` of `{workload.name}` has the name"
                    f" of the one that Knative makes for `{other.name}`",
                    span,
                    (Label(next(_named(other, models))[1], f"`{other.name}` is called so"),),
                    help="rename one of the two",
                )


def _services(workload: Workload, models: Mapping[str, ServiceModel]) -> Iterator[tuple[str, Span]]:
    """Yield the Services in front of a service that Knative does not run, each once."""
    if workload.kind != "knative":
        names: dict[str, Span] = {}
        for port in workload.ports:
            own = port.known_as is None
            names.setdefault(port.known_as or workload.name, workload.span if own else port.span)
        yield from names.items()


def _named(workload: Workload, models: Mapping[str, ServiceModel]) -> Iterator[tuple[str, Span]]:
    """Yield the objects that run a service, each with the place where it gets its name."""
    statement = models[workload.key].one(s.WorkloadKind)
    places = {name.text: name.span for name in reversed(statement.names if statement else ())}
    for name in (workload.object_name, *workload.more_objects):
        yield name, places.get(name, workload.span)


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
