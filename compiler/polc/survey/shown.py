"""What the input shows, and of which namespaces it shows all that matters.

That something does not exist can be said only where nobody else may make it: not in a namespace of
which the input has no pods, nor where somebody may make or relabel pods (operators do), nor where
objects stand whose controllers make pods (virtual machines, databases, deployments by other tools).
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import frozen

from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.bindings import Rbac
from polc.semantics.rbac.powers import Makers
from polc.semantics.sets.labels import NAME, NAME_LABEL, POD, LabelBox
from polc.semantics.workloads.makers import makers
from polc.semantics.workloads.templates import Template, templates

_SYSTEM = ("kube-", "openshift-", "gke-", "gmp-", "aks-", "amazon-", "tigera-", "calico-")
_HARMLESS_GROUPS = (
    *("istio.io", "cilium.io", "projectcalico.org", "antrea.io", "k8s.io", "linkerd.io"),
    *("cert-manager.io", "external-secrets.io", "bitnami.com", "serving.knative.dev"),
    *("apps.openshift.io", "route.openshift.io", "traefik.io", "projectcontour.io"),
)
_MONITORED = {"ServiceMonitor", "PodMonitor", "PrometheusRule", "Probe", "ScrapeConfig"}
_RUNTIME_KEYS = frozenset({
    *("role", "spilo-role", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"),
    *("pod-template-hash", "controller-revision-hash", "pod-template-generation", "job-name"),
    *("batch.kubernetes.io/job-name", "controller-uid", "batch.kubernetes.io/controller-uid"),
    "batch.kubernetes.io/job-completion-index",
})  # fmt: skip
"""Labels that pods are given when they run."""
_Services = dict[tuple[str, object], list[tuple[int, Found]]]


@frozen(eq=False, slots=False)
class Shown:
    """The pods, Services and makers of the input."""

    manifests: Manifests
    rbac: Rbac

    @cached_property
    def makers(self) -> Makers:
        """Who may create what."""
        return Makers(self.rbac)

    @cached_property
    def pods(self) -> Mapping[str, tuple[Template, ...]]:
        """What makes pods, by namespace."""
        found: dict[str, list[Template]] = {}
        for each in templates(self.manifests):
            found.setdefault(each.namespace, []).append(each)
        return {name: tuple(group) for name, group in found.items()}

    @cached_property
    def services(self) -> Mapping[str, tuple[Found, ...]]:
        """The Services that choose pods, by namespace."""
        found: dict[str, list[Found]] = {}
        for each in self.manifests.of_kind("Service", ""):
            if mapping(each.spec.get("selector")):
                found.setdefault(each.namespace, []).append(each)
        return {name: tuple(group) for name, group in found.items()}

    def services_for(self, namespace: str, labels: Mapping[str, str]) -> tuple[Found, ...]:
        """Return the Services of a namespace that ask for some of these labels, in their order."""
        index = self._services_by_label.get(namespace, {})
        near = {at: each for pair in labels.items() for at, each in index.get(pair, ())}
        return tuple(near[at] for at in sorted(near))

    @cached_property
    def _services_by_label(self) -> Mapping[str, _Services]:
        found: dict[str, _Services] = {}
        for namespace, group in self.services.items():
            index = found.setdefault(namespace, {})
            for at, each in enumerate(group):
                for pair in mapping(each.spec.get("selector")).items():
                    index.setdefault(pair, []).append((at, each))
        return found

    @cached_property
    def services_by_name(self) -> Mapping[str, Mapping[str, Found]]:
        """Every Service, Knative's among them, by namespace and name."""
        found: dict[str, dict[str, Found]] = {}
        for each in self.manifests.of_kind("Service"):
            found.setdefault(each.namespace, {})[each.name] = each
        return found

    @cached_property
    def accounts(self) -> Mapping[str, set[str]]:
        """The service accounts by namespace, of the namespaces of which the input shows any."""
        found: dict[str, set[str]] = {}
        for each in self.manifests.of_kind("ServiceAccount", ""):
            found.setdefault(each.namespace, {"default"}).add(each.name)
        for name, group in self.pods.items():
            for pod in group:
                account = pod.spec.get("serviceAccountName") or pod.spec.get("serviceAccount")
                found.setdefault(name, {"default"}).add(str(account or "default"))
        return found

    def complete(self, namespace: str) -> bool:
        """Tell whether the input shows all pods of a namespace."""
        # What Knative runs is often all that a folder of policies holds of a namespace.
        made = any(not each.is_knative for each in self.pods.get(namespace, ()))
        if not made or namespace.startswith(_SYSTEM):
            return False
        return namespace not in self._foreign and not self._makes_pods(namespace)

    def _makes_pods(self, namespace: str) -> bool:
        known = self._made.get(namespace)
        if known is None:
            known = self._made[namespace] = self.makers.make_pods(namespace)
        return known

    @cached_property
    def _made(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _foreign(self) -> frozenset[str]:
        """The namespaces with objects whose controllers may make pods."""
        unknown = {each.found.namespace for each in makers(self.manifests)}
        custom = {each.namespace for each in self.manifests.objects if _custom(each)}
        return frozenset(unknown | custom)

    def held(self, box: LabelBox) -> Iterator[Template]:
        """Yield the pods of the input that are in a set."""
        names = box.by_axis.get(NAME)
        spaces: Iterable[str] = self.pods
        if names is not None and not names.negated:
            spaces = (str(each) for each in names.members if each in self.pods)
        for name in spaces:
            labels = {**self.manifests.namespaces.get(name, {}), NAME_LABEL: name}
            here = self._candidates(name, box)
            yield from (each for each in here if box.holds(labels, each.labels))

    def _candidates(self, namespace: str, box: LabelBox) -> Iterable[Template]:
        """Return the pods that have some label of a set, if it asks for any."""
        for (side, key), values in box.conditions:
            if side == POD and not values.negated and None not in values.members:
                index = self._by_label[namespace]
                lists = (index.get((key, str(value)), ()) for value in values.members)
                return [each for group in lists for each in group]
        return self.pods[namespace]

    @cached_property
    def _by_label(self) -> Mapping[str, Mapping[tuple[str, str], list[Template]]]:
        found: dict[str, dict[tuple[str, str], list[Template]]] = {}
        for name, group in self.pods.items():
            index = found.setdefault(name, {})
            for each in group:
                for pair in each.labels.items():
                    index.setdefault(pair, []).append(each)
        return found

    def lacks(self, box: LabelBox) -> bool:
        """Tell whether surely no pod is in a set that asks for labels of pods."""
        names = box.by_axis.get(NAME)
        asked = {key for (side, key), _ in box.conditions if side == POD}
        if not asked or asked & _RUNTIME_KEYS or names is None or names.negated:
            return False
        return all(self.complete(str(each)) for each in names.members) and not any(self.held(box))


def _custom(found: Found) -> bool:
    """Tell whether an object is of a kind whose controller may make pods."""
    group = found.group
    if "." not in group or found.kind == "CustomResourceDefinition":
        return False
    if group.endswith(".x-k8s.io"):
        return not group.startswith("gateway.")
    if group == "monitoring.coreos.com":
        return found.kind not in _MONITORED
    return not group.endswith(_HARMLESS_GROUPS)


def listened(pod: Template, protocol: str) -> set[int]:
    """Return the ports of a protocol that the containers of a pod name."""
    return {
        port["containerPort"]
        for _, container in pod.containers()
        for port in map(mapping, items(container.get("ports")))
        if port.get("protocol", "TCP") == protocol and type(port.get("containerPort")) is int
    }
