"""Do requests go where the program sends them? For every request, by what is tried first.

- VirtualService: routes are tried in their order; those behind a catch-all are never sent to
  Envoy (istio/istio, pilot/pkg/networking/core/route/route.go). `gateways` left out means `mesh`.
- HTTPRoute: the most specific match of all routes of a parent is tried first, equals in the order
  of the routes' names and of the list (Gateway API v1, HTTPRouteRule.matches). Once a Service has
  a route, what no rule matches is refused.
- Knative: `traffic` of the Service, by names of revisions.

A program's rollout is tried in its own order, then come its weights. Both are cut into regions of
requests that go one way, and held against each other.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from attrs import frozen

from polc.codes.proof import MISROUTED, NOT_DECIDED
from polc.declared.routes import declared, service_name, targets
from polc.diagnostics import Diagnostic, Label
from polc.gaps import gap_finding
from polc.ir.nodes import HTTP_PROTOCOLS, Mesh, Port, Program, Rollout, Transport, Workload
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.shapes import guarded
from polc.semantics.routes import matches as routes_match
from polc.semantics.routes.lanes import age
from polc.semantics.routes.matches import full
from polc.semantics.routes.targets import (
    DOMAIN,
    NETWORKING,
    Astray,
    Cell,
    Shares,
    Targets,
    host_name,
    shares,
)
from polc.semantics.sets import products
from polc.semantics.sets.products import Region
from polc.source import Span
from polc.verify.routes.words import (
    astray,
    missing,
    not_decided,
    parts_of,
    request_words,
    unreachable,
)
from polc.verify.verdict import Verdict

Findings = tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]
GATEWAY_API = "gateway.networking.k8s.io"
_HARMLESS = {
    "name", "match", "route", "timeout", "retries", "headers", "corsPolicy", "rewrite",
}  # fmt: skip


def route_findings(manifests: Manifests, program: Program) -> Findings:
    """Return what goes elsewhere than the program says, and what is not decided."""
    (violations, left), gaps = guarded(lambda objects: _findings(objects, program), manifests)
    return violations, (*left, *map(gap_finding, gaps))


def _findings(manifests: Manifests, program: Program) -> Findings:
    proof = _Proof(targets(manifests, program), program)
    found: list[Diagnostic] = []
    for workload in program.workloads:
        if workload.rollout is not None:
            found += proof.rollout(workload, workload.rollout)
    violations = tuple(each for each in found if each.code is not NOT_DECIDED)
    return violations, tuple(each for each in found if each.code is NOT_DECIDED)


def compare(manifests: Manifests, program: Program) -> Verdict:
    """Decide whether requests go where rollouts send them."""
    violations, undecided = route_findings(manifests, program)
    rollouts = sum(1 for workload in program.workloads if workload.rollout is not None)
    return Verdict(violations, undecided, (("rollouts", rollouts),) if rollouts else ())


@frozen(eq=False, slots=False)
class _Proof:
    targets: Targets
    program: Program

    @cached_property
    def virtual(self) -> Mapping[str, list[Found]]:
        """The VirtualServices for callers in the mesh, by the Services that they mean."""
        groups: dict[str, list[Found]] = {}
        for each in self.targets.manifests.of_kind("VirtualService", NETWORKING):
            if "mesh" in (each.spec.get("gateways") or ["mesh"]):
                for name in dict.fromkeys(_names(each)):
                    groups.setdefault(name, []).append(each)
        return groups

    @cached_property
    def attached(self) -> Mapping[tuple[str, str], list[Found]]:
        """The HTTPRoutes by namespace and name of the Services that are their parents."""
        groups: dict[tuple[str, str], list[Found]] = {}
        for each in self.targets.manifests.of_kind("HTTPRoute", GATEWAY_API):
            services = (_service(ref, each) for ref in _parents(each))
            for service in dict.fromkeys(services):
                if service is not None:
                    groups.setdefault(service, []).append(each)
        return groups

    def rollout(self, workload: Workload, rollout: Rollout) -> Iterator[Diagnostic]:
        """Yield what is wrong with the routes of one workload."""
        if workload.kind == "knative":
            yield from _knative(self.targets.manifests, workload, rollout)
            return
        if self.program.cluster.mesh is Mesh.NONE:
            return
        for port in workload.ports:
            if port.transport is not Transport.TCP:
                continue
            http = port.protocol in HTTP_PROTOCOLS
            if self.program.cluster.mesh is Mesh.SIDECAR:
                yield from self._virtual(workload, rollout, port, http=http)
            elif http:
                yield from self._gateway_api(workload, rollout, port)

    # --- VirtualService -----------------------------------------------------------------------

    def _virtual(
        self, workload: Workload, rollout: Rollout, port: Port, *, http: bool
    ) -> Iterator[Diagnostic]:
        applying = self.virtual.get(service_name(workload), [])
        if not applying:
            yield missing(workload, rollout, "no VirtualService routes it")
            return
        if len(applying) > 1:
            yield not_decided(applying[1], "several VirtualServices for one host: one of them wins")
            return
        routes = _Routes(applying[0], [])
        cells = self._http_cells(routes, port) if http else self._tcp_cells(routes, port)
        yield from routes.problems
        if cells is not None:
            yield from _compare(workload, rollout, declared(workload, rollout, http=http), cells)

    def _http_cells(self, routes: "_Routes", port: Port) -> list[Cell] | None:
        cells: list[Cell] = []
        taken: Region = ()
        for number, route in enumerate(_items(routes.found.spec.get("http"))):
            keys = ("spec", "http", number)
            try:
                unknown = sorted(set(route) - _HARMLESS)
                if unknown:
                    raise routes_match.Unreadable(f"the field `{unknown[0]}` of a route")
                asked = routes_match.virtual(route.get("match"), port.service, "mesh")
                region = routes_match.real(products.subtract(asked, taken, full))
                if not region:
                    if routes_match.real(asked):
                        routes.problems.append(unreachable(routes.found, keys))
                    continue
                cells.append(self._cell(routes, region, route.get("route"), port.service, keys))
            except routes_match.Unreadable as reason:
                routes.problems.append(not_decided(routes.found, str(reason), *keys))
                return None
            except Astray as reason:
                routes.problems.append(astray(routes.found, keys, str(reason)))
                return None
            taken = (*taken, *asked)
        return cells

    def _tcp_cells(self, routes: "_Routes", port: Port) -> list[Cell] | None:
        for number, route in enumerate(_items(routes.found.spec.get("tcp"))):
            keys = ("spec", "tcp", number)
            items = _items(route.get("match"))
            if items and not any(item.get("port", port.service) == port.service for item in items):
                continue
            if any(set(item) - {"port"} for item in items):
                routes.problems.append(not_decided(routes.found, "a match of a TCP route", *keys))
                return None
            try:
                return [self._cell(routes, products.ALL, route.get("route"), port.service, keys)]
            except Astray as reason:
                routes.problems.append(astray(routes.found, keys, str(reason)))
                return None
        return []

    def _cell(
        self, routes: "_Routes", region: Region, to: object, port: int, keys: tuple[str | int, ...]
    ) -> Cell:
        parts = _items(to)
        where = routes.found.namespace
        goes = shares(
            (
                self.targets.destination(each.get("destination") or {}, where, port),
                each.get("weight", 100 if len(parts) == 1 else 0),
            )
            for each in parts
        )
        return Cell(region, goes, routes.found, keys)

    # --- HTTPRoute ----------------------------------------------------------------------------

    def _gateway_api(
        self, workload: Workload, rollout: Rollout, port: Port
    ) -> Iterator[Diagnostic]:
        applying = sorted(
            (
                each
                for each in self.attached.get((workload.namespace, workload.name), ())
                if any(_is_parent(ref, each, workload, port) for ref in _parents(each))
            ),
            key=age,
        )
        if not applying:
            yield missing(workload, rollout, "no HTTPRoute routes it")
            return
        tried: list[tuple[tuple[Any, ...], Region, Found, int]] = []
        for found in applying:
            for number, rule in enumerate(_items(found.spec.get("rules"))):
                try:
                    unknown = sorted(set(rule) - {"name", "matches", "backendRefs", "timeouts"})
                    if unknown:
                        raise routes_match.Unreadable(f"the field `{unknown[0]}` of a rule")
                    for match in _items(rule.get("matches")) or [{}]:
                        region = routes_match.gateway_match(match)
                        tried.append((routes_match.rank(match), region, found, number))
                except routes_match.Unreadable as reason:
                    yield not_decided(found, str(reason), "spec", "rules", number)
                    return
        tried.sort(key=lambda each: each[0], reverse=True)  # Stable: equals keep their order.
        routes = _Routes(applying[0], [])
        cells = self._ranked_cells(routes, workload, tried)
        yield from routes.problems
        if cells is not None:
            yield from _compare(workload, rollout, declared(workload, rollout, http=True), cells)

    def _ranked_cells(
        self,
        routes: "_Routes",
        workload: Workload,
        tried: Iterable[tuple[tuple[Any, ...], Region, Found, int]],
    ) -> list[Cell] | None:
        cells: list[Cell] = []
        versioned = self.targets.workloads[service_name(workload)]
        taken: Region = ()
        reached: dict[tuple[int, int], bool] = {}
        owners: dict[int, Found] = {}
        for _, asked, found, number in tried:
            owners[id(found)] = found
            keys = ("spec", "rules", number)
            region = routes_match.real(products.subtract(asked, taken, full))
            known = reached.get((id(found), number), False)
            reached[id(found), number] = known or bool(region)
            if region:
                parts = _items(found.spec["rules"][number].get("backendRefs"))
                try:
                    goes = shares(
                        (
                            self.targets.backend(each, found.namespace, versioned),
                            each.get("weight", 1),
                        )
                        for each in parts
                    )
                except Astray as reason:
                    routes.problems.append(astray(found, keys, str(reason)))
                    return None
                cells.append(Cell(region, goes, found, keys))
            taken = (*taken, *asked)
        routes.problems.extend(
            unreachable(owners[which], ("spec", "rules", number))
            for (which, number), done in reached.items()
            if not done
        )
        return cells


@frozen(eq=False)
class _Routes:
    """One routing object and what was found wrong with it."""

    found: Found
    problems: list[Diagnostic]


def _key(workload: Workload) -> str:
    return f"{workload.namespace}/{workload.name}"


def _names(found: Found) -> list[str]:
    """Return the Services that a VirtualService means; half a name (`api.shop`) is none's."""
    hosts = map(str, found.spec.get("hosts") or ())
    return [
        host_name(each, found.namespace)
        for each in hosts
        if "." not in each or each.endswith(DOMAIN)
    ]


def _items(value: object) -> list[Any]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _parents(found: Found) -> list[Any]:
    return _items(found.spec.get("parentRefs"))


def _service(ref: Any, found: Found) -> tuple[str, str] | None:
    """Return the namespace and name of the Service that a parent is; None: it is none."""
    if ref.get("kind") != "Service" or ref.get("group", GATEWAY_API) not in ("", "core"):
        return None
    namespace, name = ref.get("namespace", found.namespace), ref.get("name")
    return (namespace, name) if isinstance(namespace, str) and isinstance(name, str) else None


def _is_parent(ref: Any, found: Found, workload: Workload, port: Port) -> bool:
    service = workload.namespace, workload.name
    return _service(ref, found) == service and ref.get("port", port.service) == port.service


# --- the comparison ------------------------------------------------------------------------


def _compare(
    workload: Workload,
    rollout: Rollout,
    wanted: Iterable[tuple[Region, Shares, Span]],
    cells: Iterable[Cell],
) -> Iterator[Diagnostic]:
    """Yield one finding for each declared rule whose requests go elsewhere or nowhere."""
    cells = tuple(cells)
    for region, goes, span in wanted:
        for cell in cells:
            met = () if cell.goes == goes else products.both(region, cell.region)
            if met:
                assert cell.found is not None
                yield Diagnostic(
                    MISROUTED,
                    f"{request_words(met[0])} to `{workload.key}` goes to {parts_of(cell.goes)};"
                    f" declared is {parts_of(goes)}",
                    cell.found.span(*cell.keys),
                    (Label(span, "declared here"),),
                    f"routed by `{cell.found.namespace}/{cell.found.name}` in"
                    f" `{cell.found.where(*cell.keys)}`",
                )
                break
        lost = region
        for cell in cells:
            lost = products.subtract(lost, cell.region, full)
        if lost := routes_match.real(lost):
            what = f"nothing routes {request_words(lost[0])}, which is refused"
            yield missing(workload, rollout, what, span)


# --- Knative ----------------------------------------------------------------------------------


def _knative(manifests: Manifests, workload: Workload, rollout: Rollout) -> Iterator[Diagnostic]:
    """Hold the `traffic` of a Knative Service against weights; its percents total 100."""
    for found in manifests.of_kind("Service", "serving.knative.dev"):
        if (found.namespace, found.name) != (workload.namespace, workload.object_name):
            continue
        traffic = _items(found.spec.get("traffic"))
        if sum(each.get("percent", 0) for each in traffic) != 100:
            yield astray(found, ("spec", "traffic"), "has traffic that does not total 100%")
            return
        goes = shares(
            (str(each.get("revisionName", "the latest revision")), each.get("percent", 0))
            for each in traffic
        )
        if goes != shares(rollout.weights):
            yield Diagnostic(
                MISROUTED,
                f"`{workload.key}` goes to {parts_of(goes)}; declared is"
                f" {parts_of(shares(rollout.weights))}",
                found.span("spec", "traffic"),
                (Label(rollout.span, "declared here"),),
            )
        return
