"""What changes which requests a proxy sees, and what it takes them for.

Sources: istio.io, "Resource Annotations" (`traffic.sidecar.istio.io`) and "Application
Requirements"; istio/api networking/v1 sidecar.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from polc.diagnostics import Diagnostic
from polc.semantics.mesh.meshconfig import differences
from polc.semantics.mesh.peer_authentication import ROOT
from polc.semantics.objects.model import Key
from polc.semantics.objects.values import mapping
from polc.semantics.workloads.templates import Template, templates
from polc.verify.bypass.around import ISTIO, Around, undecided

_AROUND = (
    *("traffic.sidecar.istio.io/", "sidecar.istio.io/interceptionMode"),
    *("istio.io/reroute-virtual-interfaces", "ambient.istio.io/bypass-inbound-capture"),
)
"""Annotations of pods that lead connections past the proxy."""
_OTHER_PROXY = (
    *("proxy.istio.io/config", "inject.istio.io/templates", "sidecar.istio.io/bootstrapOverride"),
    *("sidecar.istio.io/proxyImage", "sidecar.istio.io/proxyImageType"),
)
"""Annotations of pods that make another proxy of it."""
_WAYPOINT, _NO_WAYPOINT = "istio.io/use-waypoint", "none"
"""What asks for a waypoint, and what asks for none: what a pod gets from a Service's anyway."""
_PROXY_ID = 1337
"""The user and group of sidecars (istio.io, "Application Requirements")."""


def settings(around: Around) -> Iterator[Diagnostic]:
    """Yield settings of the mesh that give its objects another meaning."""
    for each, why in differences(around.manifests, around.program.cluster.trust_domain):
        yield undecided(each.found, why, *each.keys)


def proxies(around: Around) -> Iterator[Diagnostic]:
    """Yield what changes which requests a proxy sees, and what it takes them for."""
    for kind, group in (("Sidecar", ISTIO), ("RequestAuthentication", "security.istio.io")):
        for found in around.manifests.of_kind(kind, group):
            if found.namespace in {*around.owned, ROOT}:
                yield undecided(found, "it changes which requests a proxy lets through")
    for template in templates(around.manifests):
        if template.namespace in around.owned:
            for key in sorted(map(str, template.annotations)):
                if key.startswith(_AROUND):
                    why = f"its annotation `{key}` leads connections past the sidecar"
                elif key in _OTHER_PROXY:
                    why = f"its annotation `{key}` changes what the sidecar does"
                else:
                    continue
                yield undecided(template.found, why, *template.keys, "metadata")
            yield from _like_a_proxy(template)
            waypoint = template.labels.get(_WAYPOINT, _NO_WAYPOINT)
            if waypoint != _NO_WAYPOINT:
                why = f"its pods ask for the waypoint `{waypoint}` themselves"
                yield undecided(template.found, why, *template.keys, "metadata", "labels")


def _like_a_proxy(template: Template) -> Iterator[Diagnostic]:
    """Yield users of pods that a sidecar takes for itself, so that it lets them out unseen."""
    bodies: list[tuple[tuple[Key, ...], Mapping[str, object]]] = [((), template.spec)]
    bodies += (pair for pair in template.containers() if pair[1].get("name") != "istio-proxy")
    for path, body in bodies:
        context = mapping(body.get("securityContext"))
        for field in ("runAsUser", "runAsGroup"):
            if context.get(field) == _PROXY_ID:
                why = f"`{field}: {_PROXY_ID}` is the proxy's own, whose connections pass it by"
                keys = (*template.keys, "spec", *path, "securityContext", field)
                yield undecided(template.found, why, *keys)
