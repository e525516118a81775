"""Causes before consequences: many findings of one cause are told as one.

A port that is another number in the program than in the objects shows at every caller, in every
layer and in both directions. What it comes to is one sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from polc.codes.proof import (
    DENIES_DECLARED,
    MESH_DENIES,
    MESH_PERMITS,
    OTHER_PORT,
    PERMITS_UNDECLARED,
)
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Port, Program, Workload

_LACKING = (DENIES_DECLARED, MESH_DENIES)
_BEYOND = (PERMITS_UNDECLARED, MESH_PERMITS)
_SHOWN = 3


def by_cause(violations: Iterable[Diagnostic], program: Program) -> Iterator[Diagnostic]:
    """Yield violations, those that a port's number explains as one."""
    groups: dict[str, list[Diagnostic]] = {}
    for each in violations:
        if each.about is None or each.code not in (*_LACKING, *_BEYOND):
            yield each
        else:
            groups.setdefault(each.about[0], []).append(each)
    workloads = {each.key: each for each in program.workloads}
    for key, group in groups.items():
        cause = _cause(workloads.get(key), group)
        yield from group if cause is None else (cause,)


def _cause(workload: Workload | None, group: list[Diagnostic]) -> Diagnostic | None:
    lacking, beyond = (
        {each.about[1:] for each in group if each.about and each.code in codes}
        for codes in (_LACKING, _BEYOND)
    )
    if workload is None or len(group) < 3 or len(lacking) != 1 or len(beyond) != 1:
        return None
    [(protocol, wanted)], [(other, number)] = lacking, beyond
    port = next((each for each in workload.ports if each.container == wanted), None)
    if port is None or protocol != other or port.end != port.container:
        return None
    return _told(workload, port, number, group)


def _told(workload: Workload, port: Port, number: int, group: list[Diagnostic]) -> Diagnostic:
    places = [each for each in group if each.code in _BEYOND]
    more = len(places) - _SHOWN
    rules = f"{len(places)} rules are" if len(places) > 1 else "a rule is"
    service = f"{port.service} -> " if port.service != port.container else ""
    return Diagnostic(
        OTHER_PORT,
        f"port `{port.name}` of `{workload.key}` is {port.container} in the program and {number} in"
        f" the objects: {rules} about {number}, so callers get through there, and not where the"
        " program has it",
        port.span if port.span.source.text else workload.span,
        tuple(Label(each.span, "about the other port") for each in places[:_SHOWN]),
        f"build again, or write `port {port.name} {service}{number} {port.protocol}`"
        + (f"; {more} more rules are not shown" if more > 0 else ""),
    )
