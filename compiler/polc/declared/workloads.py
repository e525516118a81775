"""What a program says of its pods and Services, in the form of the objects that make them.

A program's output need not hold the workloads themselves. Questions about the output are asked of
these in their place, so that one model answers for programs and for manifests.
"""

from collections.abc import Iterator
from typing import Any

from polc.ir.nodes import Pods, Port, Program, Workload
from polc.semantics.objects.model import Found, Manifests
from polc.source import Span


def described(program: Program, manifests: Manifests) -> Manifests:
    """Return the pods and Services of a program that are not among some objects already."""
    known = {(each.kind, each.namespace, each.name) for each in manifests.objects}
    found = (*_workloads(program), *_others(program))
    return Manifests(
        tuple(each for each in found if (each.kind, each.namespace, each.name) not in known)
    )


def _workloads(program: Program) -> Iterator[Found]:
    for workload in program.workloads:
        if workload.kind == "knative":
            continue  # Its own object stands in the output.
        yield _pods(workload.pods, workload.name, workload.ports, workload.span)
        if workload.ports:
            yield _service(workload)


def _others(program: Program) -> Iterator[Found]:
    """Yield pods that the program does not own, but speaks of."""
    told: set[str] = set()
    for flow in program.flows:
        for end in (flow.source, flow.target):
            if isinstance(end, Pods) and end.origin != "workload" and end.key not in told:
                told.add(end.key)
                ports = (flow.port,) if end is flow.target else ()
                yield _pods(end, end.key.partition("/")[2], ports, end.span)


def _pods(pods: Pods, name: str, ports: tuple[Port, ...], span: Span) -> Found:
    listed = [
        {"name": each.name, "containerPort": each.container, "protocol": each.transport.value}
        for each in ports
    ]
    template: dict[str, Any] = {
        "metadata": {"labels": dict(pods.labels)},
        "spec": {
            "serviceAccountName": pods.account or "default",
            "containers": [{"name": name, "ports": listed}],
        },
    }
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": pods.namespace},
        "spec": {"template": template},
    }
    return _found(body, span)


def _service(workload: Workload) -> Found:
    ports = [
        {
            "name": each.name,
            "port": each.service,
            "targetPort": each.container,
            "protocol": each.transport.value,
            "appProtocol": each.protocol,
        }
        for each in workload.ports
    ]
    body = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": workload.name, "namespace": workload.namespace},
        "spec": {"selector": dict(workload.pods.labels), "ports": ports},
    }
    return _found(body, workload.span)


def _found(body: dict[str, Any], span: Span) -> Found:
    return Found(body, span.source.name, span.line if span.source.text else None)
