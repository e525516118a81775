"""Two programs to what pods may do on their node beyond the other's: the hardening."""

from collections.abc import Iterator
from datetime import date

from polc.diff.changes import Change, Kind
from polc.diff.flows import lasts
from polc.ir.nodes import Level, Program, Relaxation, Workload
from polc.source import Span

_LOOSENESS = {Level.RESTRICTED: 0, Level.BASELINE: 1, Level.PRIVILEGED: 2}
_Permission = tuple[str, date | None, tuple[str, ...], Span]
"""What it is, until when, why, and where it is said."""


def pod_changes(program: Program, other: Program, *, is_gain: bool) -> Iterator[Change]:
    """Yield what `program` lets pods and namespaces do and `other` does not."""
    before = {workload.key: workload for workload in other.workloads}
    for workload in program.workloads:
        known = _permissions(before[workload.key]) if workload.key in before else {}
        for what, (_, until, because, span) in _permissions(workload).items():
            held = known.get(what)
            if held is not None and lasts(held[1], until):
                continue
            yield Change(
                Kind.POD,
                is_gain,
                workload.key,
                what,
                beyond=held[1] if held else None,
                because=because,
                until=until,
                span=span,
            )
    yield from _levels(program, other, is_gain)


def _permissions(workload: Workload) -> dict[str, _Permission]:
    """Return all that a pod may do beyond the strictest hardening, by what it is called."""
    security = workload.security
    found = [
        *(_excepted("may use capability", each) for each in security.capabilities),
        *(_excepted("is relaxed in", each) for each in security.relaxed),
        *((f"may write {path}", None, (), security.span) for path in security.writes),
    ]
    if security.user == 0:
        found.append(("runs as root", None, (), security.span))
    if security.group == 0:
        found.append(("runs in the group root", None, (), security.span))
    if workload.needs_token:
        found.append(("gets a token for the Kubernetes API", None, (), workload.span))
    return {each[0]: each for each in found}


def _excepted(word: str, each: Relaxation) -> _Permission:
    return f"{word} {each.name}", each.until, (each.because,), each.span


def _levels(program: Program, other: Program, is_gain: bool) -> Iterator[Change]:
    """Compare which Pod Security Standard each namespace enforces."""
    before = {namespace.name: namespace.level for namespace in other.namespaces}
    for namespace in program.namespaces:
        held = before.get(namespace.name)
        if held is not None and _LOOSENESS[namespace.level] > _LOOSENESS[held]:
            yield Change(
                Kind.POD,
                is_gain,
                f"namespace {namespace.name}",
                f"admits pods of level {namespace.level.value}",
                besides=(f"level {held.value}",),
                span=namespace.span,
            )
