"""Pods that are not what their template says: they join a mesh, or others put containers into them.

Such a container needs connections of its own, may bring volumes and tokens, and may lead those of
the pod elsewhere. Sources: istio.io, "Resource Labels" and "Resource Annotations"; linkerd.io,
"Proxy Configuration"; the injectors' own documentation for the other names.
"""

from collections.abc import Callable, Iterator, Mapping

from polc.ir.nodes import Mesh, Program
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import mapping
from polc.semantics.workloads.templates import Template, templates

_OFF = frozenset(("", "0", "false", "disabled", "disable", "no", "none"))


def _on(value: str) -> bool:
    return value.strip().lower() not in _OFF


def _any(value: str) -> bool:
    return True


_CONTAINERS: Mapping[str, Callable[[str], bool]] = {
    "azure.workload.identity/use": _on,
    "config.linkerd.io/inject": _on,
    "consul.hashicorp.com/connect-inject": _on,
    "dapr.io/enabled": _on,
    "kuma.io/sidecar-injection": _on,
    "linkerd.io/inject": _on,
    "openservicemesh.io/sidecar-injection": _on,
    "sidecar.istio.io/userVolume": _any,
    "sidecar.istio.io/userVolumeMount": _any,
    "sidecar.jaegertracing.io/inject": _on,
    "sidecar.opentelemetry.io/inject": _on,
    "vault.hashicorp.com/agent-inject": _on,
}
"""Labels and annotations of pods and namespaces by which others put something into pods."""
_PREFIXES = ("instrumentation.opentelemetry.io/inject-",)
_JOINS: Mapping[str, Callable[[str], bool]] = {
    "istio-injection": lambda value: value == "enabled",
    "istio.io/dataplane-mode": lambda value: value == "ambient",
    "istio.io/rev": _on,
    "sidecar.istio.io/inject": lambda value: value == "true",
}
"""Labels by which pods join Istio's mesh."""
_SPEAKS: Mapping[str, Callable[[str], bool]] = {
    "networking.istio.io/tunnel": _on,
    "security.istio.io/tlsMode": lambda value: value != "istio",
}
"""Labels of pods that change how proxies speak to them."""

Change = tuple[Found, str, tuple[Key, ...]]


def injected(manifests: Manifests, program: Program) -> Iterator[Change]:
    """Yield what makes other pods of the program's pods, with why and where it stands."""
    owned = {each.name for each in program.namespaces}
    outside = program.cluster.mesh is Mesh.NONE
    for found in manifests.of_kind("Namespace", ""):
        if found.name in owned:
            yield from _said(found, ("metadata",), found.metadata, outside=outside)
    for template in templates(manifests):
        if template.namespace in owned:
            yield from _of_pods(template, outside=outside)


def _of_pods(template: Template, *, outside: bool) -> Iterator[Change]:
    keys = (*template.keys, "metadata")
    metadata = mapping(template.body.get("metadata"))
    yield from _said(template.found, keys, metadata, outside=outside)
    for key, value in mapping(metadata.get("labels")).items():
        if not outside and key in _SPEAKS and _SPEAKS[key](str(value)):
            why = f"`{key}: {value}` changes how callers speak to its pods"
            yield template.found, why, (*keys, "labels", key)


def _said(
    found: Found, keys: tuple[Key, ...], metadata: Mapping[str, object], *, outside: bool
) -> Iterator[Change]:
    for field in ("labels", "annotations"):
        for key, value in mapping(metadata.get(field)).items():
            text = str(value)
            if outside and key in _JOINS and _JOINS[key](text):
                why = f"`{key}: {text}` puts pods into a mesh, and the program has no mesh"
            elif (key in _CONTAINERS and _CONTAINERS[key](text)) or (
                str(key).startswith(_PREFIXES) and _on(text)
            ):
                why = f"`{key}` has others put containers or volumes into its pods"
            else:
                continue
            yield found, why, (*keys, field, key)
