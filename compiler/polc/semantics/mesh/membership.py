"""Who is in the mesh, by what, and behind which waypoint: read off labels.

Sources: istio.io, "Installing the Sidecar", "Label reference", "Configure waypoint proxies";
istio/istio, pilot/pkg/serviceregistry/ambient/waypoints.go. Where a namespace is not among the
objects, the cluster of a program says what mesh there is.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import frozen

from polc.semantics.mesh.callee import Callee
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.workloads.templates import Template, templates
from polc.terms import WAYPOINT, Mesh

GATEWAY_GROUP = "gateway.networking.k8s.io"
_INJECT = "sidecar.istio.io/inject"
_OTHERS = "istio.io/use-waypoint-namespace"
_RENAMED = ("gateway.istio.io/service-account", "gateway.istio.io/name-override")
"""Annotations of a gateway that give what is made for it another identity."""


_Worn = tuple[str, Mapping[str, str]]


@frozen(eq=False, slots=False)
class Membership:
    """What the objects say of who takes part in a mesh.

    `mesh` and `assumed` (namespaces with a waypoint) hold where a namespace is not among them.
    """

    manifests: Manifests
    mesh: Mesh
    assumed: frozenset[str] = frozenset()

    def plane(self, namespace: str, pod: Mapping[str, str]) -> Mesh:
        """Return what carries the traffic of pods with these labels."""
        labels = self.manifests.namespaces.get(namespace)
        mesh = self.mesh
        if pod.get("istio.io/dataplane-mode") == "none" and mesh is Mesh.AMBIENT:
            return Mesh.NONE
        if pod.get("sidecar.istio.io/inject") == "false" and mesh is Mesh.SIDECAR:
            return Mesh.NONE
        if labels is None:
            return mesh
        injected = labels.get("istio-injection")
        if pod.get("sidecar.istio.io/inject") == "true" or injected == "enabled":
            return Mesh.SIDECAR
        if "istio.io/rev" in labels and injected != "disabled":
            return Mesh.SIDECAR
        chosen = pod.get("istio.io/dataplane-mode") or labels.get("istio.io/dataplane-mode")
        return Mesh.AMBIENT if chosen == "ambient" else Mesh.NONE

    def templates(self, callee: Callee) -> tuple[Mapping[str, str], ...]:
        """Return the labels of the callee's pods as its own objects make them; maybe none."""
        found = self._templates.get(callee.namespace, {}).get(callee.object_name, ())
        return tuple(each for each in found if callee.labels.items() <= each.items())

    def others(self, callee: Callee) -> tuple[Mapping[str, str], ...]:
        """Return the labels of pods that wear the callee's, and that other objects make."""
        pair = min(callee.labels.items(), default=None)
        return tuple(
            labels
            for name, labels in self._wearing.get((callee.namespace, pair), ())
            if name != callee.object_name and callee.labels.items() <= labels.items()
        )

    @cached_property
    def _wearing(self) -> Mapping[tuple[str, tuple[str, str] | None], list[_Worn]]:
        """Names of objects and labels of their pods, by each of the labels, and by none."""
        groups: dict[tuple[str, tuple[str, str] | None], list[_Worn]] = {}
        for each in templates(self.manifests):
            labels = _pod_labels(each)
            for pair in (None, *labels.items()):
                groups.setdefault((each.namespace, pair), []).append((each.found.name, labels))
        return groups

    @cached_property
    def _templates(self) -> dict[str, dict[str, tuple[Mapping[str, str], ...]]]:
        groups: dict[str, dict[str, tuple[Mapping[str, str], ...]]] = {}
        for each in templates(self.manifests):
            here = groups.setdefault(each.namespace, {})
            here[each.found.name] = (*here.get(each.found.name, ()), _pod_labels(each))
        return groups

    @cached_property
    def services(self) -> dict[tuple[str, str], Found]:
        """The Services by namespace and name."""
        return {(each.namespace, each.name): each for each in self.manifests.of_kind("Service", "")}

    @cached_property
    def waypoints(self) -> dict[tuple[str, str], Found]:
        """The waypoints by namespace and name."""
        return {
            (each.namespace, each.name): each
            for each in self.manifests.of_kind("Gateway", GATEWAY_GROUP)
            if str(each.spec.get("gatewayClassName", "")).startswith("istio-waypoint")
        }

    def waypoint(self, namespace: str, service: str) -> str | None:
        """Return the waypoint that stands before a Service; None: nothing does."""
        found = self.services.get((namespace, service))
        labels = (found.metadata.get("labels") or {}) if found else {}
        name = labels.get("istio.io/use-waypoint", self.namespace_waypoint(namespace))
        if name in (None, "none", ""):
            return None
        gateway = self.waypoints.get((namespace, name))
        if gateway is None:
            return name if namespace not in self.manifests.namespaces else None
        serves = (gateway.metadata.get("labels") or {}).get("istio.io/waypoint-for", "service")
        return name if serves in ("service", "all") else None

    def namespace_waypoint(self, namespace: str) -> str | None:
        """Return the name under which a namespace asks for a waypoint."""
        labels = self.manifests.namespaces.get(namespace)
        if labels is None:
            return WAYPOINT if namespace in self.assumed else None
        return labels.get("istio.io/use-waypoint")

    def gateways_use_waypoint(self, namespace: str) -> bool:
        """Tell whether what gateways send to a namespace's Services passes the waypoint too."""
        labels = self.manifests.namespaces.get(namespace)
        return labels is None or labels.get("istio.io/ingress-use-waypoint") == "true"

    def undecided(self, namespace: str) -> tuple[tuple[Found, str], ...]:
        """Return what of a namespace's waypoints this module does not judge."""
        found: list[tuple[Found, str]] = []
        for gateway in self._waypoints_in.get(namespace, ()):
            labels = gateway.metadata.get("labels") or {}
            if labels.get("istio.io/waypoint-for") in ("all", "workload"):
                found.append((gateway, "a waypoint for pods themselves"))
            found += ((gateway, why) for why in _unlike_a_waypoint(gateway))
        found += (
            (each, "a waypoint of another namespace") for each in self._led.get(namespace, ())
        )
        return tuple(found)

    @cached_property
    def _waypoints_in(self) -> dict[str, list[Found]]:
        groups: dict[str, list[Found]] = {}
        for (namespace, _), each in self.waypoints.items():
            groups.setdefault(namespace, []).append(each)
        return groups

    @cached_property
    def _led(self) -> dict[str, list[Found]]:
        """Namespaces and Services that name a waypoint elsewhere, by namespace."""
        groups: dict[str, list[Found]] = {}
        spaces = ((each.name, each) for each in self.manifests.of_kind("Namespace", ""))
        services = ((namespace, each) for (namespace, _), each in self.services.items())
        for namespace, each in (*spaces, *services):
            if _OTHERS in (each.metadata.get("labels") or {}):
                groups.setdefault(namespace, []).append(each)
        return groups


def _unlike_a_waypoint(gateway: Found) -> Iterator[str]:
    """Yield what makes a waypoint another than one of `istio-waypoint` with an HBONE port.

    Sources: istio/istio, pilot/pkg/serviceregistry/ambient/waypoints.go and
    pilot/pkg/config/kube/gateway/deploymentcontroller.go; Gateway API v1, `infrastructure`.
    """
    ports = [
        (each.get("protocol"), each.get("port"))
        for each in map(mapping, items(gateway.spec.get("listeners")))
    ]
    if ("HBONE", 15008) not in ports:
        yield "a waypoint without a listener for `HBONE` on port 15008"
    if gateway.spec.get("gatewayClassName") != "istio-waypoint":
        yield "a waypoint of another class than `istio-waypoint`"
    for field in ("infrastructure", "addresses"):
        if gateway.spec.get(field):
            yield f"a waypoint whose `{field}` can make other pods of it"
    for key in _RENAMED:
        if key in (gateway.metadata.get("annotations") or {}):
            yield f"a waypoint with another identity (`{key}`)"


def _pod_labels(template: Template) -> Mapping[str, str]:
    """Return the labels of pods; an annotation that keeps the sidecar away counts as its label.

    Source: istio/istio, pkg/kube/inject/inject.go, `injectRequired`: the label wins where both are.
    """
    labels = {str(key): str(value) for key, value in template.labels.items()}
    if template.annotations.get(_INJECT) == "false":
        labels.setdefault(_INJECT, "false")
    return labels
