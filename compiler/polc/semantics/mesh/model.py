"""A mesh as the objects of a folder show it, without a program: pods, ports, policies, modes.

A port speaks what a Service in front of the pods says of it: by `appProtocol`, else by its name up
to the first `-`; 25, 53, 3306 and 27017 speak TCP unless something else is said. Of any other port
nothing is known, since proxies look at what comes in (istio.io, "Protocol Selection"; istio/istio,
pkg/config/kube/conversion.go, ConvertProtocol).
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal

from attrs import field, frozen

from polc.semantics.mesh.authorization import Policies, Policy, policies_of
from polc.semantics.mesh.membership import Membership
from polc.semantics.mesh.meshconfig import TRUST, settings
from polc.semantics.mesh.peer_authentication import GROUP, ROOT, Authentications, Mtls
from polc.semantics.objects.model import Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.workloads.ports import behind
from polc.semantics.workloads.services import Services
from polc.semantics.workloads.templates import Template, templates
from polc.terms import Mesh

Spoken = Literal["http", "tcp", "unknown"]
HTTP = frozenset({"http", "http2", "http_proxy", "grpc"})
_TCP = frozenset({"tcp", "tls", "https", "mongo", "redis", "mysql"})
_KUBERNETES = {
    "kubernetes.io/h2c": "http2", "kubernetes.io/ws": "http", "kubernetes.io/wss": "https"
}  # fmt: skip
_KNOWN = frozenset({25, 53, 3306, 27017})


def spoken(port: Mapping[str, Any]) -> Spoken:
    """Return what a port of a Service speaks."""
    said = port.get("appProtocol")
    word = str(port.get("name") or "") if said is None else str(said)
    head = _KUBERNETES.get(word, word).lower().partition("-")[0]
    if head in HTTP:
        return "http"
    return "tcp" if head in _TCP or port.get("port") in _KNOWN else "unknown"


@frozen(eq=False, slots=False)
class MeshModel:
    """What some objects show of a mesh."""

    manifests: Manifests
    _ports: dict[int, dict[int, Spoken]] = field(factory=dict, init=False, repr=False)

    @cached_property
    def root(self) -> str:
        """The namespace whose policies hold in all others."""
        return self._setting("rootNamespace") or ROOT

    @cached_property
    def trust(self) -> str:
        """The trust domain: as the mesh says, or else the only one that policies speak of."""
        said = {
            value.partition("/ns/")[0]
            for found in self.manifests.of_kind("AuthorizationPolicy", GROUP)
            for rule in items(found.spec.get("rules"))
            for entry in items(mapping(rule).get("from"))
            for value in items(mapping(mapping(entry).get("source")).get("principals"))
            if isinstance(value, str) and value.count("/") == 4 and "*" not in value
        } - {TRUST}
        return self._setting("trustDomain") or (said.pop() if len(said) == 1 else TRUST)

    def _setting(self, name: str) -> str:
        for each in settings(self.manifests):
            if each.body is not None and isinstance(each.body.get(name), str):
                return str(each.body[name])
        return ""

    @cached_property
    def policies(self) -> Policies:
        """The AuthorizationPolicies that change anything."""
        return policies_of(self.manifests, self.trust, self.root)

    @cached_property
    def authentications(self) -> Authentications:
        """The PeerAuthentications."""
        return Authentications(self.manifests, self.root)

    @cached_property
    def membership(self) -> Membership:
        """Who is in the mesh; a namespace that is not among the objects has sidecars."""
        return Membership(self.manifests, Mesh.SIDECAR)

    @cached_property
    def pods(self) -> Mapping[str, tuple[Template, ...]]:
        """What makes pods, by namespace; Knative's own are left out, for it changes them."""
        found: dict[str, list[Template]] = {}
        for each in templates(self.manifests):
            if not each.is_knative:
                found.setdefault(each.namespace, []).append(each)
        return {name: tuple(group) for name, group in found.items()}

    def selected(self, policy: Policy) -> tuple[Template, ...]:
        """Return the pods at which a policy holds that has no `targetRefs`."""
        home, labels = policy.found.namespace, policy.labels
        pods: Iterable[Template] = self.pods.get(home, ())
        if home == self.root:
            pods = (each for group in self.pods.values() for each in group)
        elif labels:
            pods = self._by_label.get((home, *next(iter(labels.items()))), ())
        return tuple(each for each in pods if labels.items() <= each.labels.items())

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, str, str], list[Template]]:
        found: dict[tuple[str, str, str], list[Template]] = {}
        for name, group in self.pods.items():
            for each in group:
                for key, value in each.labels.items():
                    found.setdefault((name, key, value), []).append(each)
        return found

    def plane(self, namespace: str, labels: Mapping[str, str]) -> Mesh:
        """Return what carries the traffic of some pods."""
        return self.membership.plane(namespace, labels)

    def mtls(self, pod: Template) -> Mtls:
        """Return what pods ask of their callers."""
        return self.authentications.of(pod.namespace, pod.labels)

    @cached_property
    def services(self) -> Services:
        """The Services."""
        return Services(self.manifests)

    def ports(self, pod: Template) -> dict[int, Spoken]:
        """Return the TCP ports of some pods that Services lead to, and what they speak."""
        known = self._ports.get(id(pod))
        if known is not None:
            return known
        found = self._ports[id(pod)] = {}
        for service in self.services.before(pod):
            for port in map(mapping, items(service.spec.get("ports"))):
                number = behind(port, pod)
                if number is not None and port.get("protocol", "TCP") == "TCP":
                    word = spoken(port)
                    found[number] = word if found.get(number, word) == word else "unknown"
        return found
