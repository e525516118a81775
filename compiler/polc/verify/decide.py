"""Join the layers: objects and a program to one verdict.

A layer is a module with a function `compare(manifests, program) -> Verdict`. It decides what its
objects permit, in both directions: nothing that is undeclared, and all that is declared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module

from polc.diagnostics import in_order
from polc.ir.nodes import Program
from polc.semantics.objects.model import Manifests
from polc.verify import effect
from polc.verify.causes import by_cause
from polc.verify.verdict import Verdict

Compare = Callable[[Manifests, Program], Verdict]

LAYERS = {
    "network": "polc.verify.network.compare",
    "mesh": "polc.verify.mesh.compare",
    "routes": "polc.verify.routes.compare",
    "gateways": "polc.verify.gateways.compare",
    "rbac": "polc.verify.rbac.compare",
    "pods": "polc.verify.pods.compare",
    "needs": "polc.verify.needs.compare",
    "bystanders": "polc.verify.bypass.compare",
}
"""Module by the name of the layer, in the order of the report."""


def verify(
    manifests: Manifests,
    program: Program,
    layers: Collection[str] | None = None,
    parts: Mapping[str, Program] | None = None,
) -> Verdict:
    """Decide whether objects permit exactly what a program declares.

    `layers` limits the proof to what was built: a folder without network policies permits every
    packet, which is a violation unless it was never meant to hold any. `parts` holds for some
    layers the part of the program that is to be judged there.
    """
    verdict = effect.compare(manifests, program)
    for name, module in LAYERS.items():
        if layers is None or name in layers:
            compare: Compare = import_module(module).compare
            verdict += compare(manifests, (parts or {}).get(name, program))
    violations = in_order(by_cause(verdict.violations, program))
    return Verdict(violations, in_order(verdict.undecided), verdict.counts)
