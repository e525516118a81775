"""What kubelet asks of containers: probes, and hooks of their life.

Requests of kubelet come from the pod's own node. Sources: core/v1 types.go (Probe, ProbeHandler,
LifecycleHandler); kubernetes/kubernetes, pkg/probe/util.go (a name of a port is looked up in the
container itself); istio/istio, pkg/kube/inject/app_probe.go (what the injector rewrites).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import frozen

from polc.semantics.objects.model import Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.workloads.ports import running
from polc.semantics.workloads.templates import Template

Action = Literal["httpGet", "tcpSocket", "grpc"]
_PROBES = {
    "readinessProbe": "readiness probe",
    "livenessProbe": "liveness probe",
    "startupProbe": "startup probe",
}
_HOOKS = {"postStart": "`postStart` hook", "preStop": "`preStop` hook"}
_ACTIONS: tuple[Action, ...] = ("httpGet", "tcpSocket", "grpc")
_REWRITE = "sidecar.istio.io/rewriteAppHTTPProbers"
_SCHEME = "HTTPS"


@frozen
class Check:
    """One connection that kubelet opens to a container. `port` is None if its name is no port's.

    `what` is the word for it, `field` the field, `said` the port as it was written.
    """

    what: str
    field: str
    action: Action
    said: int | str
    port: int | None
    path: str
    tls: bool
    keys: tuple[Key, ...]


def checks(template: Template) -> Iterator[Check]:
    """Yield what kubelet asks of the containers of a pod; commands need no connection."""
    for path, container in running(template):
        names = {
            str(each.get("name")): each.get("containerPort")
            for each in map(mapping, items(container.get("ports")))
        }
        for field, what in _PROBES.items():
            yield from _check(what, container.get(field), names, (*path, field))
        hooks = mapping(container.get("lifecycle"))
        for field, what in _HOOKS.items():
            yield from _check(what, hooks.get(field), names, (*path, "lifecycle", field))


def _check(
    what: str, body: object, names: Mapping[str, Any], keys: tuple[Key, ...]
) -> Iterator[Check]:
    for action in _ACTIONS:
        asked = mapping(body).get(action)
        if not isinstance(asked, Mapping) or asked.get("host"):
            continue  # With a host it is no connection to the pod.
        said = asked.get("port")
        if type(said) is int:
            port: int | None = said
        elif isinstance(said, str):
            known = int(said) if said.isdecimal() else names.get(said)
            port = known if type(known) is int else None
        else:
            continue
        path = str(asked.get("path") or "/") if action == "httpGet" else ""
        tls = asked.get("scheme") == _SCHEME
        yield Check(what, str(keys[-1]), action, said, port, path, tls, (*keys, action))


def rewritten(template: Template) -> bool:
    """Tell whether a sidecar's injector leads kubelet's requests to the agent beside the proxy."""
    said = str(template.annotations.get(_REWRITE, "true")).lower()
    return said not in ("false", "0", "f")
