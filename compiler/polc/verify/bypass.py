"""Objects that undo what other layers prove: they send requests elsewhere, or around a proxy.

Layers judge the kinds that polc writes. Others can change what those mean: they are reported as not
decided, unless the program's own routes say the same.

Sources: istio/api networking/v1 {virtual_service,service_entry,workload_entry,sidecar}.proto;
istio.io, "Resource annotations" (`traffic.sidecar.istio.io`); Gateway API v1 (routes of a Service);
knative.dev, "Configuring private Services" (`networking.knative.dev/visibility`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import frozen

from polc.codes.proof import NOT_DECIDED, PERMITS_UNDECLARED
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Mesh, Program, Workload
from polc.semantics.mesh.meshconfig import differences
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes.targets import host_name
from polc.semantics.workloads.templates import Template, templates
from polc.verify.verdict import Verdict

ISTIO, GATEWAY = "networking.istio.io", "gateway.networking.k8s.io"
_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")
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
_KNATIVE = "serving.knative.dev"
_SLICE_OF = "kubernetes.io/service-name"
_SLICE_BY = "endpointslice.kubernetes.io/managed-by"
_VISIBILITY = "networking.knative.dev/visibility"
_HELP = "verify the objects without it, and judge it by its own means"


def compare(manifests: Manifests, program: Program) -> Verdict:
    """Report what the other layers do not see."""
    found = _Bystanders(manifests, program)
    violations = (*found.public(), *found.ways_of_knative())
    if program.cluster.mesh is Mesh.NONE:
        return Verdict(violations)
    undecided = (
        *found.settings(),
        *found.proxies(),
        *found.hosts(),
        *found.routes(),
        *found.services(),
        *found.addresses(),
    )
    return Verdict(violations, undecided)


@frozen(eq=False, slots=False)
class _Bystanders:
    manifests: Manifests
    program: Program

    @cached_property
    def owned(self) -> frozenset[str]:
        return frozenset(each.name for each in self.program.namespaces)

    @cached_property
    def known(self) -> Mapping[str, Workload]:
        return {f"{each.namespace}/{each.name}": each for each in self.program.workloads}

    def public(self) -> Iterator[Diagnostic]:
        """Yield Knative Services that have a route for the outside world."""
        declared = {(each.namespace, each.object_name): each for each in self.known.values()}
        for found in self.manifests.of_kind("Service", _KNATIVE):
            workload = declared.get((found.namespace, found.name))
            labels = mapping(found.metadata.get("labels"))
            if workload is not None and labels.get(_VISIBILITY) != "cluster-local":
                yield Diagnostic(
                    PERMITS_UNDECLARED,
                    f"anybody outside of the cluster can reach `{workload.key}` by Knative's public"
                    f" gateway: the Service in `{found.where('metadata')}` is not labelled"
                    f" `{_VISIBILITY}: cluster-local`; nothing in the program declares it",
                    found.span("metadata", "labels"),
                    help="put the label back",
                )

    def ways_of_knative(self) -> Iterator[Diagnostic]:
        """Yield Knative's other ways to the pods of a service, which have names of their own."""
        declared = {(each.namespace, each.object_name): each for each in self.known.values()}
        for kind in ("Route", "DomainMapping"):
            for found in self.manifests.of_kind(kind, _KNATIVE):
                if mapping(found.metadata.get("labels")).get(_VISIBILITY) == "cluster-local":
                    continue
                ref = mapping(found.spec.get("ref")).get("name")
                shares = map(mapping, items(found.spec.get("traffic")))
                names = {str(ref), *(str(each.get("configurationName")) for each in shares)}
                for name in sorted(names):
                    workload = declared.get((found.namespace, name))
                    if workload is not None:
                        yield Diagnostic(
                            PERMITS_UNDECLARED,
                            f"anybody outside of the cluster can reach `{workload.key}` by the"
                            f" {kind} `{found.name}` in `{found.where('spec')}`; nothing in the"
                            " program declares it",
                            found.span("spec"),
                            help=f"take the {kind} away",
                        )

    def settings(self) -> Iterator[Diagnostic]:
        """Yield settings of the mesh that give its objects another meaning."""
        for found, why in differences(self.manifests, self.program.cluster.trust_domain):
            yield _undecided(found, why, "data", "mesh")

    def proxies(self) -> Iterator[Diagnostic]:
        """Yield what changes which requests a proxy sees, and what it takes them for."""
        root = "istio-system"
        for kind, group in (("Sidecar", ISTIO), ("RequestAuthentication", "security.istio.io")):
            for found in self.manifests.of_kind(kind, group):
                if found.namespace in {*self.owned, root}:
                    yield _undecided(found, "it changes which requests a proxy lets through")
        for template in templates(self.manifests):
            if template.namespace in self.owned:
                for key in sorted(map(str, template.annotations)):
                    if key.startswith(_AROUND):
                        why = f"its annotation `{key}` leads connections past the sidecar"
                    elif key in _OTHER_PROXY:
                        why = f"its annotation `{key}` changes what the sidecar does"
                    else:
                        continue
                    yield _undecided(template.found, why, *template.keys, "metadata")
                yield from _like_a_proxy(template)
                waypoint = template.labels.get(_WAYPOINT, _NO_WAYPOINT)
                if waypoint != _NO_WAYPOINT:
                    why = f"its pods ask for the waypoint `{waypoint}` themselves"
                    yield _undecided(template.found, why, *template.keys, "metadata", "labels")

    def hosts(self) -> Iterator[Diagnostic]:
        """Yield what changes where a name leads, or how a connection to it is made."""
        for found in self.manifests.of_kind("ServiceEntry", ISTIO):
            names = [
                host_name(str(each), found.namespace) for each in items(found.spec.get("hosts"))
            ]
            if any(name in self.known for name in names):
                yield _undecided(found, "it says where the name of a service leads")
            elif found.namespace in self.owned and found.spec.get("workloadSelector"):
                yield _undecided(found, "it gives another name to pods")
        for found in self.manifests.of_kind("WorkloadEntry", ISTIO):
            if found.namespace in self.owned:
                yield _undecided(found, "it adds an address to the pods of a service")
        first: dict[str, Found] = {}
        for found in self.manifests.of_kind("DestinationRule", ISTIO):
            name = host_name(str(found.spec.get("host", "")), found.namespace)
            wide = "*" in name or name in self.known
            policies = [found.spec, *map(mapping, items(found.spec.get("subsets")))]
            if wide and any("tls" in mapping(each.get("trafficPolicy")) for each in policies):
                yield _undecided(found, "it says how connections are encrypted")
            workload = self.known.get(name)
            if workload is None or workload.rollout is None:
                continue
            if found.spec.get("workloadSelector"):
                yield _undecided(found, "it holds for some callers only")
            # Istio joins them, or takes that of the caller's namespace: who wins is not followed.
            if first.setdefault(name, found) is not found:
                yield _undecided(found, f"`{name}` has another DestinationRule")
            yield from _kept_back(found)
        for found in self.manifests.of_kind("BackendTLSPolicy", GATEWAY):
            for target in map(mapping, items(found.spec.get("targetRefs"))):
                if f"{found.namespace}/{target.get('name')}" in self.known:
                    yield _undecided(found, "it says how connections are encrypted")

    def services(self) -> Iterator[Diagnostic]:
        """Yield Services that lead to none of the pods of the service whose name they have."""
        for found in self.manifests.of_kind("Service", ""):
            if found.namespace in self.owned:
                yield from _settings_of(found)
            workload = self.known.get(f"{found.namespace}/{found.name}")
            selector = mapping(found.spec.get("selector"))
            if workload is None or workload.kind == "knative":
                continue
            if not selector:
                why = "it has no selector, so other objects say where the name leads"
                yield _undecided(found, why, "spec")
            own = dict(workload.pods.labels)
            if any(own.get(key, value) != value for key, value in selector.items()):
                why = f"it selects no pods of `{workload.key}`"
                yield _undecided(found, why, "spec", "selector")
            yield from _other_ports(found, workload)

    def addresses(self) -> Iterator[Diagnostic]:
        """Yield addresses that are written by hand for the name of a service.

        Controllers correct what is theirs: slices with their label, and the Endpoints of a Service
        with a selector (kubernetes.io, "EndpointSlices" and "Services without selectors").
        """
        filled = {
            f"{each.namespace}/{each.name}"
            for each in self.manifests.of_kind("Service", "")
            if each.spec.get("selector")
        }
        for found in self.manifests.of_kind("EndpointSlice", "discovery.k8s.io"):
            labels = mapping(found.metadata.get("labels"))
            name = f"{found.namespace}/{labels.get(_SLICE_OF)}"
            by_hand = labels.get(_SLICE_BY) != "endpointslice-controller.k8s.io"
            if name in self.known and by_hand:
                yield _undecided(found, f"it adds addresses to `{name}`")
        for found in self.manifests.of_kind("Endpoints", ""):
            name = f"{found.namespace}/{found.name}"
            if name in self.known and name not in filled:
                yield _undecided(found, f"it says which addresses `{name}` has")

    # --- routes ---

    def routes(self) -> Iterator[Diagnostic]:
        """Yield routes that the program has nothing to say of."""
        for found in self.manifests.of_kind("VirtualService", ISTIO):
            gateways = [str(each) for each in items(found.spec.get("gateways"))] or ["mesh"]
            hosts = [str(each) for each in items(found.spec.get("hosts"))]
            inside = hosts if "mesh" in gateways else ()
            yield from self._inside(found, [host_name(each, found.namespace) for each in inside])
            if found.namespace in self.owned:
                yield from _kept_back(found)
        for kind in _ROUTES:
            for found in self.manifests.of_kind(kind, GATEWAY):
                yield from self._attached(found)

    def _attached(self, found: Found) -> Iterator[Diagnostic]:
        for parent in map(mapping, items(found.spec.get("parentRefs"))):
            name = f"{parent.get('namespace') or found.namespace}/{parent.get('name', '')}"
            if parent.get("kind") == "Service":
                yield from self._inside(found, [name], judged=found.kind == "HTTPRoute")
            elif parent.get("kind", "Gateway") != "Gateway":
                yield from self._elsewhere(found, str(parent["kind"]))

    def _elsewhere(self, found: Found, kind: str) -> Iterator[Diagnostic]:
        """Yield a route of what is no gateway, such as a ListenerSet, to a known service."""
        rules = map(mapping, items(found.spec.get("rules")))
        refs = [mapping(each) for rule in rules for each in items(rule.get("backendRefs"))]
        for ref in refs:
            name = f"{ref.get('namespace') or found.namespace}/{ref.get('name')}"
            if name in self.known:
                yield _undecided(found, f"it leads from a {kind} to `{name}`", "spec", "parentRefs")
                return

    def _inside(
        self, found: Found, names: Iterable[str], *, judged: bool = True
    ) -> Iterator[Diagnostic]:
        """Yield a route of requests within the mesh to a service without a rollout."""
        for name in names:
            workload = self.known.get(name)
            if workload is None and "*" not in name:
                continue
            if workload is None or workload.rollout is None or not judged:
                yield _undecided(found, f"it routes what is sent to `{name}`")


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
                yield _undecided(template.found, why, *keys)


def _settings_of(service: Found) -> Iterator[Diagnostic]:
    """Yield settings of the mesh at a Service: who sees it, and what passes its waypoint."""
    for field, key, fine in (
        ("annotations", "networking.istio.io/exportTo", "*"),
        ("labels", "istio.io/ingress-use-waypoint", None),
    ):
        said = mapping(service.metadata.get(field)).get(key)
        if said is not None and said != fine:
            why = f"`{key}: {said}` changes who gets to it, and by which way"
            yield _undecided(service, why, "metadata", field, key)


def _other_ports(found: Found, workload: Workload) -> Iterator[Diagnostic]:
    """Yield ports of a Service that lead to others than the program says; names are the pods'."""
    meant = {(port.service, port.container) for port in workload.ports}
    served = {service for service, _ in meant}
    entries = items(found.spec.get("ports")) if found.spec.get("clusterIP") != "None" else ()
    for index, each in enumerate(map(mapping, entries)):
        port = each.get("port")
        target = each.get("targetPort") or port
        if isinstance(target, int) and port in served and (port, target) not in meant:
            why = f"it leads port {port} to {target}, and the program elsewhere"
            yield _undecided(found, why, "spec", "ports", index)


def _kept_back(found: Found) -> Iterator[Diagnostic]:
    """Yield an object that not every namespace gets to see (`exportTo`)."""
    seen = items(found.spec.get("exportTo"))
    if seen and "*" not in seen:
        yield _undecided(found, "`exportTo` keeps it from namespaces", "spec", "exportTo")


def _undecided(found: Found, why: str, *keys: Key) -> Diagnostic:
    return Diagnostic(
        NOT_DECIDED,
        f"what {found.kind} `{found.namespace}/{found.name}` in `{found.where(*keys)}` changes is"
        f" not decided: {why}",
        found.span(*keys),
        help=_HELP,
    )
