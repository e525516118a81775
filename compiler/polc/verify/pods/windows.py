"""Pods of Windows: what of Linux they must not have, and what of their own they need.

Sources: kubernetes/kubernetes, pkg/apis/core/validation/validation.go, validateWindows (fields that
the API server refuses where `os.name` is `windows`); kubernetes.io, "Configure RunAsUserName".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from polc.codes.proof import NOT_FOR_WINDOWS
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Workload
from polc.semantics.objects.model import Key, Manifests
from polc.semantics.objects.values import mapping
from polc.semantics.pods.components import KINDS, read_components
from polc.semantics.workloads.templates import Template

_OF_PODS = ("hostPID", "hostIPC", "hostUsers", "shareProcessNamespace")
_OF_BOTH = ("appArmorProfile", "runAsGroup", "runAsUser", "seLinuxOptions", "seccompProfile")
_OF_POD_CONTEXTS = (
    *_OF_BOTH,
    *("fsGroup", "fsGroupChangePolicy", "seLinuxChangePolicy", "supplementalGroups"),
    *("supplementalGroupsPolicy", "sysctls"),
)
_OF_CONTAINERS = (
    *_OF_BOTH,
    *("allowPrivilegeEscalation", "capabilities", "privileged", "procMount"),
    "readOnlyRootFilesystem",
)
_ADMINISTRATOR = "containeradministrator"


def is_windows(template: Template) -> bool:
    """Tell whether the pods are Windows', as they say themselves."""
    return mapping(template.spec.get("os")).get("name") == "windows"


def linux_fields(template: Template) -> Iterator[tuple[Key, ...]]:
    """Yield the fields that the API server refuses on a pod of Windows."""
    spec = template.spec
    yield from ((field,) for field in _OF_PODS if spec.get(field) is not None)
    yield from _set(("securityContext",), mapping(spec.get("securityContext")), _OF_POD_CONTEXTS)
    for path, container in template.containers():
        context = mapping(container.get("securityContext"))
        yield from _set((*path, "securityContext"), context, _OF_CONTAINERS)


def _set(
    path: tuple[Key, ...], context: Mapping[str, Any], fields: tuple[str, ...]
) -> Iterator[tuple[Key, ...]]:
    return ((*path, field) for field in fields if context.get(field) is not None)


def administrators(template: Template) -> Iterator[tuple[Key, ...]]:
    """Yield where pods are told to run as the administrator of their container."""
    contexts: list[tuple[tuple[Key, ...], Mapping[str, Any]]] = [
        (("securityContext",), template.spec)
    ]
    contexts += [((*path, "securityContext"), each) for path, each in template.containers()]
    for path, body in contexts:
        options = mapping(mapping(body.get("securityContext")).get("windowsOptions"))
        if str(options.get("runAsUserName", "")).lower() == _ADMINISTRATOR:
            yield (*path, "windowsOptions", "runAsUserName")


def hardened_like_linux(
    manifests: Manifests, pods: Sequence[tuple[Template, Workload]]
) -> Iterator[Diagnostic]:
    """Report pods of Windows to which a component of the input gives fields of Linux."""
    components = read_components(manifests) if pods else None
    for template, workload in pods:
        if components is None or workload.kind not in KINDS or not components.of(workload):
            continue
        yield Diagnostic(
            NOT_FOR_WINDOWS,
            f"{template.title} makes pods of Windows, and the component of namespace"
            f" `{workload.namespace}` gives them fields of Linux: the API server refuses such pods",
            template.found.span(*template.keys, "spec", "os"),
            labels=(Label(workload.span, f"what the program says of `{workload.key}`"),),
            help="keep it out of the kustomization that has the component, and set what hardens it"
            " in its own manifest",
        )
