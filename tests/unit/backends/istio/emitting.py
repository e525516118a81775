"""Emit for Istio, with every object held against its schema."""

from typing import Any

from kubernetes_validate import validate

from ir_build import cluster, program
from oracles import crds
from polc.backend import KubernetesObject, NamespaceLabels
from polc.diagnostics import Diagnostic, has_errors
from polc.ir.nodes import Flow, Mesh, Program, Workload
from polc_backends.istio import BACKEND

SIDECAR, AMBIENT = cluster(Mesh.SIDECAR), cluster(Mesh.AMBIENT)


def emit(program: Program) -> tuple[list[Any], dict[str, dict[str, str]], tuple[Diagnostic, ...]]:
    """Return the bodies, the labels of namespaces, and the findings."""
    artifacts, found = BACKEND.emit(program)
    bodies = [each.body for each in artifacts if isinstance(each, KubernetesObject)]
    labels = {
        each.namespace: dict(each.labels) for each in artifacts if isinstance(each, NamespaceLabels)
    }
    written = [] if has_errors(found) else bodies  # After an error nothing is written.
    for body in written:
        if body["apiVersion"] == "v1":
            validate(body, "1.36", strict=True)
        else:
            crds.check(body)
    names = [(b["kind"], b["metadata"]["namespace"], b["metadata"]["name"]) for b in written]
    assert len(names) == len(set(names))
    return bodies, labels, found


def objects(
    *workloads: Workload, flows: tuple[Flow, ...] = (), on: Any = SIDECAR
) -> dict[tuple[str, str], Any]:
    """Return the `spec` of every object of a program without findings, by kind and name."""
    bodies, _, found = emit(program(workloads, flows, on=on))
    assert found == ()
    return {(b["kind"], b["metadata"]["name"]): b["spec"] for b in bodies}


def findings(
    *workloads: Workload, flows: tuple[Flow, ...] = (), on: Any = SIDECAR
) -> list[tuple[str, str]]:
    """Return code and underlined text of what a program is told."""
    _, _, found = emit(program(workloads, flows, on=on))
    return [(each.code.id, each.span.text) for each in found]
