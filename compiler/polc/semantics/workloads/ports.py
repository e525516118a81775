"""The ports of pods: their numbers and names, and where a port of a Service leads.

Sources: core/v1 types.go (ContainerPort, ServicePort.targetPort: names are looked up in each pod);
kubernetes/kubernetes, pkg/api/v1/pod/util.go, FindPort (containers, and sidecars among the init
containers).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from polc.semantics.objects.model import Key
from polc.semantics.objects.values import items, mapping
from polc.semantics.workloads.templates import Template


@frozen
class ContainerPort:
    """A port that a container names; `keys` lead to it from the pod's specification."""

    name: str
    number: int
    protocol: str
    keys: tuple[Key, ...]


def running(template: Template) -> Iterator[tuple[tuple[Key, ...], Mapping[str, Any]]]:
    """Yield the containers that run as long as their pod: all but init and ephemeral ones."""
    for path, container in template.containers():
        restarts = container.get("restartPolicy") == "Always"
        if path[0] == "containers" or (path[0] == "initContainers" and restarts):
            yield path, container


def container_ports(template: Template) -> Iterator[ContainerPort]:
    """Yield the ports that containers name."""
    for path, container in running(template):
        for index, each in enumerate(map(mapping, items(container.get("ports")))):
            number = each.get("containerPort")
            if type(number) is int:
                name, protocol = str(each.get("name") or ""), str(each.get("protocol") or "TCP")
                yield ContainerPort(name, number, protocol, (*path, "ports", index))


def behind(port: Mapping[str, Any], template: Template) -> int | None:
    """Return the pods' port that a Service's leads to; None: the name of no port."""
    target = port.get("targetPort") or port.get("port")
    if type(target) is int:
        return target
    protocol = port.get("protocol") or "TCP"
    for each in container_ports(template):
        if each.name == target and each.protocol == protocol:
            return each.number
    return None
