"""Random flows and rollouts: what is emitted for them is proved, and what differs is caught."""

import copy
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ir_build import program
from polc.ir.nodes import Addresses, Flow, Pods, Program, Rollout
from polc.verify.mesh import equal as mesh_equal
from polc.verify.mesh.compare import mesh_findings
from polc.verify.routes.compare import route_findings
from semantics.routes import http_routes, virtual_service
from unit.backends.istio.emitting import AMBIENT, SIDECAR, emit
from unit.backends.istio.test_meaning import WORKLOADS, flows
from unit.backends.istio.test_route_meaning import (
    REQUESTS,
    WEB,
    rollouts,
    wanted,
    workload,
)
from unit.verify.meshed import manifests


def with_namespaces(bodies: list[Any], labels: dict[str, dict[str, str]]) -> list[Any]:
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": has}}
        for name, has in labels.items()
    ]
    return [*bodies, *spaces]


@pytest.mark.parametrize("on", [SIDECAR, AMBIENT])
@given(made=flows())
def test_what_is_emitted_is_proved(made: tuple[Flow, ...], on: Any) -> None:
    made = tuple(
        each
        for each in made
        if on is SIDECAR or each.requests is None or not isinstance(each.source, Addresses)
    )
    built = program(WORKLOADS, made, on=on)
    bodies, labels, _ = emit(built)
    objects = manifests(with_namespaces(bodies, labels))
    assert mesh_findings(objects, built) == ((), ())
    with patch.object(mesh_equal, "strict", return_value=False):  # By sets, not by words.
        assert mesh_findings(objects, built) == ((), ())


def _again(rules: list[Any], at: int) -> None:
    rules.append(copy.deepcopy(rules[at]))


def _a_part_again(rules: list[Any], at: int) -> None:
    """One caller of a rule, on one of its ports."""
    part = copy.deepcopy(rules[at])
    for entries, word in ((part["from"], "source"), (part["to"], "operation")):
        del entries[1:]
        field = "ports" if word == "operation" else next(iter(entries[0][word]))
        del entries[0][word][field][1:]
    rules.insert(0, part)


def _a_value_again(rules: list[Any], at: int) -> None:
    for entry, word in ((rules[at]["from"][0], "source"), (rules[at]["to"][-1], "operation")):
        values = next(iter(entry[word].values()))
        values.insert(0, values[-1])


@pytest.mark.parametrize("on", [SIDECAR, AMBIENT])
@pytest.mark.parametrize("change", [_again, _a_part_again, _a_value_again])
@given(made=flows(), which=st.integers(0, 6))
def test_what_is_said_twice_is_found(
    made: tuple[Flow, ...], which: int, change: Callable[[list[Any], int], None], on: Any
) -> None:
    made = tuple(each for each in made if not isinstance(each.source, Addresses))
    built = program(WORKLOADS, made, on=on)
    bodies, labels, _ = emit(built)
    bodies = copy.deepcopy(bodies)
    lists = [each["spec"]["rules"] for each in bodies if each["spec"].get("rules")]
    if not lists:
        return
    change(lists[which % len(lists)], which % len(lists[which % len(lists)]))
    violations, undecided = mesh_findings(manifests(with_namespaces(bodies, labels)), built)
    assert undecided == ()
    assert {each.code.id for each in violations} == {"POL990"}


@given(made=flows(), which=st.integers(0, 6))
def test_a_flow_more_or_less_is_caught(made: tuple[Flow, ...], which: int) -> None:
    """The objects of all flows are held against a program that lacks one, and the reverse."""
    tcp = [each for each in made if each.port.transport.value == "TCP"]
    if not tcp:
        return
    gone = tcp[which % len(tcp)]
    rest = tuple(each for each in made if each is not gone)
    whole, part = program(WORKLOADS, made, on=SIDECAR), program(WORKLOADS, rest, on=SIDECAR)
    bodies, labels, _ = emit(whole)
    more = with_namespaces(bodies, labels)
    bodies, labels, _ = emit(part)
    less = with_namespaces(bodies, labels)
    covered = any(_holds(each, gone) for each in rest)
    wider, _ = mesh_findings(manifests(more), part)
    narrower, _ = mesh_findings(manifests(less), whole)
    assert covered or {each.code.id for each in wider} & {"POL930", "POL932"}
    assert covered or {each.code.id for each in narrower} & {"POL931"}


def _holds(wide: Flow, narrow: Flow) -> bool:
    """Tell, in doubt yes, whether a flow may lie within others of the same port."""
    return wide.target == narrow.target and wide.port == narrow.port and not (
        isinstance(wide.source, Pods) and isinstance(narrow.source, Pods)
    )  # fmt: skip


def proved(made: Rollout, on: Any) -> tuple[list[Any], Program, bool]:
    built = program([workload("shop/api", WEB, rollout=made)], on=on)
    bodies, _, found = emit(built)
    return bodies, built, not found


@given(rollouts())
def test_emitted_virtual_services_are_proved(made: Rollout) -> None:
    bodies, built, clean = proved(made, SIDECAR)
    violations, undecided = route_findings(manifests(bodies), built)
    assert undecided == ()
    # A rule that an earlier one takes everything from is emitted, and said to be unreachable.
    assert not clean or {each.code.id for each in violations} <= {"POL941"}


@given(rollouts(), st.data())
def test_a_shuffled_virtual_service_is_judged_as_the_evaluator_does(
    made: Rollout, data: st.DataObject
) -> None:
    bodies, built, clean = proved(made, SIDECAR)
    if not clean:
        return
    bodies = copy.deepcopy(bodies)
    spec = next(each["spec"] for each in bodies if each["kind"] == "VirtualService")
    spec["http"] = data.draw(st.permutations(spec["http"]))
    violations, _ = route_findings(manifests(bodies), built)
    differ = [
        request
        for request in REQUESTS
        if _versions(virtual_service(spec, request)) != wanted(made, request)
    ]
    assert not differ or any(each.code.id == "POL940" for each in violations), differ[:1]


def _versions(found: Any) -> dict[str, int] | None:
    return None if found is None else {subset: weight for (_, subset), weight in found.items()}


@given(rollouts())
def test_http_routes_are_judged_as_the_evaluator_does(made: Rollout) -> None:
    """Also those that can't be emitted right: their order is another than the program's."""
    bodies, built, clean = proved(made, AMBIENT)
    specs = [each["spec"] for each in bodies if each["kind"] == "HTTPRoute"]
    violations, undecided = route_findings(manifests(bodies), built)
    assert undecided == ()
    differ = [
        request
        for request in REQUESTS
        if {name.removeprefix("api-"): weight for (name, _), weight in
            (http_routes(specs, request) or {}).items()} != wanted(made, request)
    ]  # fmt: skip
    misrouted = any(each.code.id == "POL940" for each in violations)
    assert not differ or misrouted, differ[:1]
    assert not clean or not misrouted, [each.message for each in violations]
