"""An independent analyzer reads the emitted policies as our reference evaluator does."""

from itertools import product
from pathlib import Path

import pytest

from ir_build import (
    ACTIVATOR,
    AUTOSCALER,
    INGRESS,
    ISTIOD,
    KNATIVE_GATEWAY,
    KUBE_DNS,
    rich_program,
)
from oracles import nca
from polc.ir.mesh import waypoint_pods
from polc.ir.nodes import Mesh
from polc.passes import add_isolations
from polc_backends.networkpolicy import BACKEND
from semantics.netpol import Endpoint, Pod, allowed

NUMBERS = [
    (protocol, number)
    for protocol in ("TCP", "UDP", "SCTP")
    for number in (53, 443, 5432, 6443, 8012, 8080, 8081, 8112, 9090, 15008, 15012, 30050, 30101)
]
ADDRESSES = ("8.8.8.8", "10.0.0.1", "169.254.7.127", "2001:db8::1", "192.168.7.7")


@pytest.mark.oracle
@pytest.mark.parametrize("mesh", list(Mesh))
def test_nca_agrees_with_the_evaluator(mesh: Mesh, tmp_path: Path) -> None:
    made, _ = add_isolations(rich_program(mesh))
    policies = [each.body for each in BACKEND.emit(made)[0]]
    facts = [each.pods for each in (KUBE_DNS, ISTIOD, ACTIVATOR, AUTOSCALER, KNATIVE_GATEWAY)]
    known = [*(each.pods for each in made.workloads), *facts, INGRESS, waypoint_pods("shop")]
    pods = [Pod(each.namespace, dict(each.labels), f"10.9.0.{at}") for at, each in enumerate(known)]
    pods += [
        Pod("shop", {"app": "stranger"}, "10.9.1.1"),
        Pod("monitoring", {"app": "stranger"}, "10.9.1.2"),
        Pod("elsewhere", {"app": "api"}, "10.9.1.3"),
    ]
    answer = nca.ask(policies, pods, tmp_path)
    ends: list[Endpoint] = [*pods, *ADDRESSES]
    open_pairs = 0
    for source, target in product(ends, ends):
        if source is target or not (isinstance(source, Pod) or isinstance(target, Pod)):
            continue
        for protocol, number in NUMBERS:
            ours = allowed(policies, source, target, protocol, number)
            theirs = answer.allows(source, target, protocol, number)
            assert ours == theirs, (source, target, protocol, number)
            open_pairs += ours
    assert open_pairs
