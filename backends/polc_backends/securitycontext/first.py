"""What concerns one container only: resources and probes, set on the first, as `kubectl` takes it.

`kubectl` chooses a pod's first container where none is named, and by custom it is the application.
Declared values win; what the program has no word for stays: other resources, and the delays,
thresholds and request headers of a probe. A probe's `host` goes: Pod Security forbids it.

A JSON Patch needs the parents of what it sets (RFC 6902, 4.1) and must not replace one that is
there. So a replacement first creates a scratch field in each parent, and the patch removes it. To
be removed a member has to be there, so it is set before.
"""

import json
from typing import Any

from polc.ir.nodes import Probe, Resources, Workload
from polc_backends.securitycontext.containers import VALUES, values_name
from polc_backends.securitycontext.kinds import Kind
from polc_backends.securitycontext.scaffold import ANNOTATION

SCRATCH = "polc"
_FIELDS = {"ready": "readinessProbe", "live": "livenessProbe", "startup": "startupProbe"}
_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")


def parents(workload: Workload) -> tuple[str, ...]:
    """Return the mappings inside the container that the patch writes to."""
    found = []
    resources = workload.resources
    if resources is not None and (resources.cpu or resources.memory):
        found += ["resources.requests", "resources.limits"]
    found += [f"{_FIELDS[probe.kind]}.{handler(probe)[0]}" for probe in workload.probes]
    return tuple(found)


def scratch(workload: Workload, kind: Kind) -> dict[str, Any]:
    """Return the replacement that makes every parent exist."""
    return {
        "source": {"kind": VALUES, "name": values_name(workload), "fieldPath": "metadata.name"},
        "targets": [
            {
                "select": {"annotationSelector": f"{ANNOTATION}={workload.name}"},
                "fieldPaths": [
                    f"{kind.dotted}.containers.0.{parent}.{SCRATCH}" for parent in parents(workload)
                ],
                "options": {"create": True},
            }
        ],
    }


def patch(workload: Workload, kind: Kind) -> dict[str, Any]:
    """Return the transformer that sets the declared values, one operation per line."""
    base = f"{kind.pointer}/containers/0"
    operations: list[dict[str, Any]] = []
    if workload.resources is not None:
        operations += _resources(workload.resources)
    for probe in workload.probes:
        operations += _probe(probe)
    operations += [
        _operation("remove", f"{parent.replace('.', '/')}/{SCRATCH}")
        for parent in parents(workload)
    ]
    lines = [
        json.dumps({**operation, "path": f"{base}/{operation['path']}"}, ensure_ascii=False)
        for operation in operations
    ]
    return {
        "apiVersion": "builtin",
        "kind": "PatchTransformer",
        "metadata": {"name": f"{workload.name}-first-container"},
        "target": {"kind": kind.name, "annotationSelector": f"{ANNOTATION}={workload.name}"},
        "patch": "".join(f"- {line}\n" for line in lines),
    }


def _operation(what: str, path: str, *value: Any) -> dict[str, Any]:
    return {"op": what, "path": path, **({"value": value[0]} if value else {})}


def _resources(resources: Resources) -> list[dict[str, Any]]:
    return [
        _operation("add", f"resources/{bound}/{name}", amount)
        for name, pair in (("cpu", resources.cpu), ("memory", resources.memory))
        if pair is not None
        for bound, amount in zip(("requests", "limits"), pair, strict=True)
    ]


def _probe(probe: Probe) -> list[dict[str, Any]]:
    """Set what the program says of a handler, and take away any other handler."""
    field = _FIELDS[probe.kind]
    name, members = handler(probe)
    operations = []
    for member, value in members.items():
        if value is None:
            operations += _drop(f"{field}/{name}/{member}")
        else:
            operations.append(_operation("add", f"{field}/{name}/{member}", value))
    for other in _HANDLERS:
        if other != name:
            operations += _drop(f"{field}/{other}")
    return operations


def _drop(path: str) -> list[dict[str, Any]]:
    return [_operation("add", path, {}), _operation("remove", path)]


def handler(probe: Probe) -> tuple[str, dict[str, Any]]:
    """Return the field of a probe that says how to ask, and its members; None: it has none."""
    if probe.action == "exec":
        return "exec", {"command": list(probe.command)}
    assert probe.port is not None, "only a command is asked without a port"
    number = probe.port.container
    if probe.action == "grpc":
        return "grpc", {"port": number}
    if probe.action == "tcp":
        return "tcpSocket", {"port": number, "host": None}
    scheme = "HTTPS" if probe.port.protocol == "https" else None
    return "httpGet", {"path": probe.path, "port": number, "scheme": scheme, "host": None}
