"""Every change to the network policies of any program is caught, by a counterexample that is one.

The reference evaluator (`semantics.netpol`) judges the counterexamples: under the changed policies
the pod may do what is said, and under the policies as they were built it may not; or the reverse.
"""

import copy
import random
from typing import Any

import pytest
from attrs import define, field
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ir_build import flow, pods, port, program, rich_program, workload
from ir_strategies import OFFICE, PORTS, PROMETHEUS, ir_programs
from mutations_netpol import MUTATIONS
from polc.declared.network import Subject
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Mesh, Program
from polc.passes import add_isolations
from polc.semantics.network.networkpolicy import Direction, Policy, Rule
from polc.semantics.network.policies import Network
from polc.semantics.network.search import Leftover
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.sets.labels import NAME_LABEL, Witness
from polc.verify.network.compare import compare
from polc.verify.network.words import Words
from polc_backends.networkpolicy import BACKEND
from semantics.netpol import Endpoint, Pod, allowed, passes

Said = tuple[str, Direction, Pod, Endpoint, str, int]


@define
class Recorder:
    """Notes what is found before it is put into words."""

    said: list[Said] = field(factory=list)

    def __call__(self, program: Program, network: Network) -> Words:
        said = self.said

        class Noting(Words):
            def not_isolated(
                self, namespace: str, pod: Witness, direction: Direction
            ) -> Diagnostic:
                here = as_pod(pod)
                said.append(("POL901", direction, here, Pod("evil", {}), "TCP", 1))
                return super().not_isolated(namespace, pod, direction)

            def undeclared(
                self, policy: Policy, rule: Rule, direction: Direction, found: Leftover
            ) -> Diagnostic:
                note("POL901", direction, found)
                passing = self._ends.passing(found, direction)
                note("flows" if passing else "is stopped", direction, passing or found)
                return super().undeclared(policy, rule, direction, found)

            def denied(self, subject: Subject, direction: Direction, found: Leftover) -> Diagnostic:
                note("POL902", direction, found)
                return super().denied(subject, direction, found)

        def note(code: str, direction: Direction, found: Leftover) -> None:
            peer, (protocol, port) = found.region.sample(network.world)
            there = as_pod(peer) if isinstance(peer, Witness) else peer
            said.append((code, direction, as_pod(found.pod), there, protocol, port))

        return Noting(program, network)


def as_pod(witness: Witness) -> Pod:
    space = {key: value for key, value in witness.namespace.items() if key != NAME_LABEL}
    return Pod(witness.namespace_name, witness.pod, space=space)


Built = list[dict[str, Any]]


def build(made: Program) -> Built:
    return [dict(each.body) for each in BACKEND.emit(add_isolations(made)[0])[0]]


def caught(name: str, made: Program, built: Built, seed: int) -> bool:
    """Tell whether a change could be made; fail if it was and went by."""
    expected, change = MUTATIONS[name]
    changed = copy.deepcopy(built)
    if not change(changed, random.Random(seed)):
        return False
    recorder = Recorder()
    verdict = compare(Manifests(tuple(Found(each, "x") for each in changed)), made, recorder)
    assert verdict.undecided == ()
    codes = {each.code.id for each in verdict.violations}
    assert expected <= codes, (name, expected, [each.message for each in verdict.violations])
    for said in recorder.said:
        assert_real(said, built, changed)
    return True


UDP = port("udp", 8080, "udp")
PLAIN = program(
    [workload("shop/a", UDP), workload("shop/b", PORTS[0])],
    [
        flow(pods("shop/b"), pods("shop/a"), UDP),
        flow(pods("shop/b"), OFFICE, PORTS[0]),
        flow(PROMETHEUS, pods("shop/b"), PORTS[1]),
    ],
)


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_change_to_known_programs_is_caught(name: str) -> None:
    made = [PLAIN, *map(rich_program, Mesh)]
    assert [caught(name, each, build(each), seed) for each in made for seed in (1, 2)].count(True)


@settings(suppress_health_check=list(HealthCheck))
@given(made=ir_programs(flows=3), seed=st.integers(0, 1000))
def test_every_change_to_any_program_is_caught(made: Program, seed: int) -> None:
    built = build(made)
    for name in MUTATIONS:
        caught(name, made, built, seed)


def assert_real(said: Said, built: list[Any], changed: list[Any]) -> None:
    code, direction, here, there, protocol, port = said
    ends = (there, here) if direction == "ingress" else (here, there)
    if code in ("flows", "is stopped"):
        assert allowed(changed, *ends, protocol, port) is (code == "flows"), said
        return
    now = passes(changed, direction.capitalize(), here, there, protocol, port)
    before = passes(built, direction.capitalize(), here, there, protocol, port)
    assert (now, before) == ((True, False) if code == "POL901" else (False, True)), said


def test_there_are_enough_kinds() -> None:
    assert len(MUTATIONS) >= 35
