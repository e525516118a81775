"""Two revisions of any program: what they compile to differs as they themselves do."""

import re
from collections.abc import Iterable

from hypothesis import HealthCheck, given, settings

from diffing import compiled, lines, output_side, program_side
from polc.diff.changes import Change, Kind
from polc.diff.objects.compare import compare_objects
from polc.diff.program import compare
from polc.ir.nodes import Mesh, Pods, Program
from revisions import revisions

HBONE = 15008
"""The port of ambient mode's tunnels, which no flow is about."""
Called = set[tuple[str, int]]
"""Callees with the container ports on which somebody newly may call them, or no longer."""


def declared(changes: Iterable[Change], *, gained: bool) -> tuple[Called, Called]:
    """Return what two programs say of callees, and what the compiler adds to it."""
    flows: Called = set()
    added: Called = set()
    for each in changes:
        if each.gained is not gained:
            continue
        if each.kind is Kind.FLOW and each.flow and isinstance(each.flow.target, Pods):
            flows.add((each.flow.target.key, each.flow.port.container))
        if each.kind is Kind.ADDED and each.what == "may be reached by":
            key = each.subject.removesuffix(" (waypoint)")
            added |= {(key, number) for number in numbers(each.target)}
    return flows, added


def seen(changes: Iterable[Change], program: Program, *, gained: bool) -> Called:
    """Return what the objects say of the callees that a program knows."""
    found: Called = set()
    behind = {
        (workload.key, port.service): port.container
        for workload in program.workloads
        for port in workload.ports
    }
    for each in changes:
        if each.gained is not gained or each.kind not in (Kind.FLOW, Kind.MESH):
            continue
        if each.what == "may receive from":
            found |= {(key_of(each.subject), number) for number in numbers(each.target)}
        elif each.what == "may call":
            callee, _, where = each.target.partition(" on ")
            key = key_of(callee)
            for number in numbers(where.partition(" of its Service")[0]):
                by_service = "of its Service" in where
                found.add((key, behind[key, number] if by_service else number))
    return {each for each in found if each[1] != HBONE}


def key_of(pods: str) -> str:
    """Return the service that pods with its label `app` are."""
    named = re.fullmatch(r"(\S+) \{ app: (\S+) \}", pods)
    return f"{named[1]}/{named[2]}" if named else pods


def numbers(text: str) -> set[int]:
    return {int(each) for each in re.findall(r"\d+", text.rpartition(" on ")[2])}


@settings(suppress_health_check=list(HealthCheck))
@given(two=revisions())
def test_objects_of_two_revisions_tell_the_flows_that_the_programs_do(two: tuple[str, str]) -> None:
    old, new = (compiled(text).program for text in two)
    assert old is not None
    assert new is not None
    by_programs = compare(old, new)
    # By itself nothing says which pods stand behind a waypoint's Service: the programs do.
    read = program_side if new.cluster.mesh is Mesh.AMBIENT else output_side
    found = compare_objects(*map(read, two))
    assert found.left_open == ()
    for gained, known in ((True, new), (False, old)):
        flows, added = declared(by_programs, gained=gained)
        here = seen(found.changes, known, gained=gained)
        assert flows <= here <= flows | added, (lines(by_programs), lines(found.changes))


@settings(suppress_health_check=list(HealthCheck))
@given(two=revisions())
def test_grants_are_told_alike(two: tuple[str, str]) -> None:
    old, new = (compiled(text).program for text in two)
    assert old is not None
    assert new is not None
    found = compare_objects(*map(output_side, two))
    assert verbs(found.changes) == verbs(compare(old, new))


def verbs(changes: Iterable[Change]) -> set[tuple[bool, str, str, str]]:
    """Return who gained or lost which verb on what; objects cut out the names that stay."""
    found = set()
    for each in changes:
        if each.kind is Kind.VERB:
            what = each.target.partition(" in ")[0].partition(" named ")[0].replace(",", "").split()
            found |= {(each.gained, each.subject, verb, what[-1]) for verb in what[:-1]}
    return found


@settings(suppress_health_check=list(HealthCheck))
@given(two=revisions())
def test_output_permits_what_its_program_does(two: tuple[str, str]) -> None:
    for text in two:
        for one, other in ((program_side, output_side), (output_side, program_side)):
            found = compare_objects(one(text), other(text))
            assert (lines(found.changes), found.left_open) == ([], ())
