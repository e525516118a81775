"""The whole lowering: every declaration of the program, for one environment, to one IR."""

from collections.abc import Iterable
from typing import get_args

from attrs import define, evolve, field

from polc import syntax as s
from polc.codes import flows, names, routes, values
from polc.diagnostics import Diagnostic, Label, has_errors
from polc.ir import nodes as ir
from polc.ir.show import grant_text
from polc.lower import grants, hardening, images, rollout, runtime
from polc.lower.allow import Reader
from polc.lower.cluster import chain, choose_cluster, choose_environment, is_level, lower_cluster
from polc.lower.consent import agree, flow_key
from polc.lower.declared import Declared, Owned
from polc.lower.focus import Focus, OwnedOnDemand
from polc.lower.host_network import settle
from polc.lower.peers import (
    Named,
    check_groups,
    extern_of,
    list_peers,
    lower_endpoint,
    service_pods,
)
from polc.lower.ports import lost_ports, lower_ports
from polc.lower.qualifiers import Context, judge
from polc.lower.shared_ports import check_shared_ports
from polc.lower.tunings import check_tunings
from polc.lower.values import label_key_problem
from polc.lower.versions import kept_versions, version_names
from polc.lower.words import unknown
from polc.resolve.services import ServiceModel
from polc.resolve.symbols import Symbol, Table

WORKLOAD_KINDS: tuple[ir.WorkloadKind, ...] = get_args(ir.WorkloadKind)


@define
class Lowering:
    """What lowering has made so far; `used` are the declarations that something refers to."""

    table: Table
    context: Context
    focus: Focus | None = None
    found: list[Diagnostic] = field(factory=list)
    expired: list[ir.Expired] = field(factory=list)
    used: set[Symbol] = field(factory=set)
    declared: Declared = field(factory=Declared)
    facts_hold: bool = True
    """False where a mistake in the cluster leaves open what it can do."""

    def program(self, models: tuple[ServiceModel, ...]) -> ir.Program | None:
        """Lower everything; None where not even the cluster is known."""
        environment = choose_environment(self.table, self.context.environment, self.found)
        if self.context.environment is not None and environment is None:
            return None
        chosen = choose_cluster(self.table, environment, self.found)
        self._use_clusters()
        before = len(self.found)
        cluster = lower_cluster(self.table, chosen, self.found) if chosen else None
        self.facts_hold = not (chosen and chosen.declaration.broken) and not has_errors(
            self.found[before:]
        )
        self._check_unowned()
        if cluster is None:
            return None
        owned, wanted = self._chosen(models)
        flows = self._flows(owned, cluster)
        workloads = tuple(self._workload(owned[key]) for key in wanted)
        return ir.Program(
            environment=self.context.environment,
            today=self.context.today,
            cluster=cluster,
            namespaces=self._namespaces(workloads),
            workloads=workloads,
            flows=flows,
            expired=tuple(sorted(self.expired, key=lambda each: each.span.key())),
        )

    def _use_clusters(self) -> None:
        """Note what clusters, of whatever environment, refer to."""
        for symbol in self.table.of_kind("cluster"):
            if not symbol.library:
                self.used.update(chain(self.table, symbol, []))
        for environment in self.table.of_kind("environment"):
            assert isinstance(environment.declaration, s.Environment)
            for item in environment.declaration.items:
                if isinstance(item, s.EnvironmentCluster):
                    scope = environment.scope
                    self.used.update(self.table.candidates(item.cluster, "cluster", scope))
        for symbol in tuple(self.used):
            facts = symbol.declaration.items if isinstance(symbol.declaration, s.Cluster) else ()
            for fact in facts:
                if isinstance(fact, s.Platform):
                    listed = list_peers(self.table, (fact.service,), symbol.scope, [], self.used)
                    self.used.update(x.symbol for x in listed if isinstance(x, Named))

    def _chosen(self, models: tuple[ServiceModel, ...]) -> tuple[dict[str, Owned], tuple[str, ...]]:
        """Return the services whose flows are read, and the keys of those that are lowered."""
        if self.focus is None:
            owned = {model.key: self._owned(model) for model in models}
            return owned, tuple(owned)
        by_key = {model.key: model for model in models}
        owned = OwnedOnDemand(lambda key: self._owned(by_key[key]))
        chosen = self.focus.symbols | self.focus.speakers
        for key in sorted(each.key for each in chosen if each.kind == "service"):
            owned[key]  # prepares it
        wanted = sorted(each.key for each in self.focus.symbols if each.kind == "service")
        return owned, tuple(wanted)

    def _owned(self, model: ServiceModel) -> Owned:
        ports = lower_ports(model.all(s.Port), self.found, shared=True)
        pods = service_pods(model, self.found)
        if self._is_on_host_network(model, pods.namespace):
            pods = evolve(pods, host_network=True, in_mesh=False)
        return Owned(model, pods, ports)

    def _is_on_host_network(self, model: ServiceModel, namespace: str) -> bool:
        """Tell whether a service relaxes `host-network`; what is wrong with it is said later."""
        harden = model.one(s.Harden) or model.namespace.harden
        _, level, profiles = self._profile(harden, namespace, [])
        run = model.one(s.Run)
        blocks = (*(each.items for each in profiles), *((run.items,) if run else ()))
        return level is ir.Level.PRIVILEGED and any(
            isinstance(item, s.Relax)
            and item.field.text == "host-network"
            and judge(item.qualifiers, "", item.span, self.context, [], []) is not None
            for items in blocks
            for item in items
        )

    def _whole(self, owned: dict[str, Owned]) -> tuple[Owned, ...]:
        """Return the services all of whose flows have been read."""
        if self.focus is None:
            return tuple(owned.values())
        return tuple(owned[each.key] for each in self.focus.symbols if each.kind == "service")

    def _flows(self, owned: dict[str, Owned], cluster: ir.Cluster) -> tuple[ir.Flow, ...]:
        reader = Reader(
            self.table, self.context, cluster, owned, self.found, self.expired, self.declared
        )
        for service in tuple(owned.values()):
            for allow in service.model.all(s.Allow):
                if self.focus is None or self.focus.concerns(service.model.symbol, allow):
                    reader.read(service, allow)
                else:
                    reader.overhear(service, allow)
        self.used |= self.declared.used
        flows, diagnostics = agree(self.declared, owned)
        self.found += diagnostics
        whole = self._whole(owned)
        flows, diagnostics = settle(flows, cluster, whole)
        self.found += (*diagnostics, *check_shared_ports(flows, cluster, whole))
        return tuple(sorted(flows, key=flow_key))

    def _workload(self, service: Owned) -> ir.Workload:
        model, found = service.model, self.found
        kind = self._kind(model)
        objects = self._objects(model, kind)
        image = model.one(s.Image)
        versions = self._versions(model)
        written = model.one(s.Rollout)
        security = self._security(service)
        check_tunings(model, kind, service.pods.labels, found)
        return ir.Workload(
            key=model.key,
            name=model.name,
            namespace=service.pods.namespace,
            kind=kind,
            object_name=objects[0],
            more_objects=objects[1:],
            pods=service.pods,
            account=service.pods.account or model.name,
            security=security,
            ports=service.ports,
            image=images.check_image(image.ref, found) if image else None,
            grants=self._grants(model),
            resources=runtime.lower_resources(model.one(s.Resources), found),
            probes=runtime.lower_probes(
                model.all(s.Probe),
                service.ports,
                found,
                lost=lost_ports(model.symbol, service.ports),
            ),
            stop=runtime.lower_stop(model.one(s.Stop), found),
            rollout=rollout.lower_rollout(
                written,
                versions,
                kind,
                service.pods.labels,
                found,
                name=model.name,
                whole=not model.declaration.broken,
            )
            if written
            else None,
            versions=version_names(model.rollouts),
            build=runtime.lower_build(
                model.one(s.Build), model.symbol.span, found, whole=not model.declaration.broken
            ),
            scale=runtime.lower_scale(model.one(s.Scale), kind, found),
            concurrency=runtime.lower_concurrency(model.one(s.Concurrency), kind, found),
            timeout=runtime.lower_timeout(model.one(s.Timeout), kind, found),
            doc=model.declaration.doc,
            span=model.symbol.span,
        )

    def _kind(self, model: ServiceModel) -> ir.WorkloadKind:
        statement = model.one(s.WorkloadKind)
        if statement is None:
            return "deployment"
        for kind in WORKLOAD_KINDS:
            if statement.kind.text == kind:
                return kind
        word = statement.kind.text
        self.found.append(
            unknown(
                values.UNKNOWN_WORD,
                f"`{word}` is no kind of workload",
                statement.kind.span,
                word,
                WORKLOAD_KINDS,
            )
        )
        return "deployment"

    def _objects(self, model: ServiceModel, kind: ir.WorkloadKind) -> tuple[str, ...]:
        """Return the names of the objects that run a service, as written."""
        statement = model.one(s.WorkloadKind)
        written = statement.names if statement else ()
        first = {name.text: name for name in reversed(written)}
        for name in written[1:]:
            problem = None
            if first[name.text] is not name:
                problem = f"`{name.text}` stands twice", "leave it out"
            elif kind == "knative":
                problem = "one Knative Service runs a service", "declare another service for it"
            if problem is not None:
                labels = (Label(written[0].span, "the first one"),)
                self.found.append(
                    Diagnostic(names.DUPLICATE_STATEMENT, problem[0], name.span, labels, problem[1])
                )
        return tuple(dict.fromkeys(name.text for name in written)) or (model.name,)

    def _versions(self, model: ServiceModel) -> tuple[s.Version, ...]:
        versions = model.all(s.Version)
        if versions and not model.rollouts:
            self.found.append(
                Diagnostic(
                    routes.UNKNOWN_VERSION,
                    f"`{model.name}` has a version, and no rollout that sends requests to it",
                    versions[0].name.span,
                    help="add `rollout { … }`",
                )
            )
        written = model.one(s.Rollout)
        replaced = [each for each in model.declaration.statements if isinstance(each, s.Rollout)]
        if written is None or written in replaced:
            return versions
        return (*versions, *kept_versions(replaced, written))

    def _grants(self, model: ServiceModel) -> tuple[ir.Grant | ir.UrlGrant, ...]:
        home, context = model.namespace.name, self.context
        made: list[ir.Grant | ir.UrlGrant] = []
        cans: tuple[s.Can | s.CanPath, ...] = (*model.all(s.Can), *model.all(s.CanPath))
        for can in cans:
            made += grants.lower_can(can, home, context, self.found, self.expired)
        for has in model.all(s.HasRole):
            symbol = self.table.find(has.role, "role", home, self.found)
            if symbol is not None:
                assert isinstance(symbol.declaration, s.Role)
                self.used.add(symbol)
                role = symbol.declaration
                made += grants.lower_role(role, has, home, context, self.found, self.expired)
        return tuple(sorted(made, key=grant_text))

    def _security(self, service: Owned) -> ir.Security:
        model = service.model
        harden = model.one(s.Harden) or model.namespace.harden
        name, level, profiles = self._profile(harden, service.pods.namespace, self.found)
        return hardening.lower_security(
            name,
            level,
            profiles,
            model.one(s.Run),
            service.ports,
            model.symbol.span,
            self.context,
            self.found,
            self.expired,
        )

    def _profile(
        self, harden: s.Harden | None, scope: str, found: list[Diagnostic]
    ) -> tuple[str, ir.Level, tuple[s.Profile, ...]]:
        """Return the name of a profile, its Pod Security level and all that it extends."""
        if harden is None:
            return "restricted", ir.Level.RESTRICTED, ()
        if is_level(harden.profile):
            return harden.profile.name.text, ir.Level(harden.profile.name.text), ()
        symbol = self.table.find(harden.profile, "profile", scope, found)
        if symbol is None:
            return "restricted", ir.Level.RESTRICTED, ()
        self.used.add(symbol)
        line = chain(self.table, symbol, found)
        self.used.update(line)
        profiles = tuple(
            each.declaration for each in line if isinstance(each.declaration, s.Profile)
        )
        base = profiles[0].extends
        level = ir.Level(base.name.text) if base and is_level(base) else ir.Level.RESTRICTED
        return symbol.name, level, profiles

    def _namespaces(self, workloads: tuple[ir.Workload, ...]) -> tuple[ir.Namespace, ...]:
        strictness = list(ir.Level)
        loosest: dict[str, ir.Level] = {}
        for workload in workloads:
            level = loosest.get(workload.namespace, ir.Level.RESTRICTED)
            loosest[workload.namespace] = max(level, workload.security.level, key=strictness.index)
        infos = self.table.namespaces
        return tuple(
            ir.Namespace(name, infos[name].owner, loosest[name], infos[name].span)
            for name in sorted(loosest)
        )

    def _check_unowned(self) -> None:
        """Check the declarations that the program may or may not use, each once."""
        check_groups(self.table, self.found)
        for info in self.table.namespaces.values():
            if info.label is not None and (problem := label_key_problem(info.label.value)):
                message = f"`{info.label.value}` is not a label key"
                self.found.append(
                    Diagnostic(values.BAD_LABEL, message, info.label.span, help=problem)
                )
        symbols = self.table.symbols.values() if self.focus is None else self.focus.symbols
        chained: set[Symbol] = set()
        for symbol in sorted(symbols, key=lambda each: each.span.key()):
            if symbol.library:
                continue
            match symbol.declaration:
                case s.ExternService() | s.Gateway():
                    extern_of(symbol, self.found)
                case s.Endpoint():
                    lower_endpoint(symbol, self.found)
                case s.Group() as group:
                    self._check_group(symbol, group)
                case s.Cluster():
                    lower_cluster(self.table, symbol, self.found)
                case s.Role() as role:
                    grants.check_role(role, self.context, self.found)
                case s.Profile():
                    chained.update(chain(self.table, symbol, self.found, chained))

    def _check_group(self, symbol: Symbol, group: s.Group) -> None:
        if not group.peers and not group.broken:
            self.found.append(
                Diagnostic(flows.EMPTY_PEERS, f"group `{symbol.name}` is empty", symbol.span)
            )


def check_statements(models: Iterable[ServiceModel], found: list[Diagnostic]) -> None:
    """Report statements that stand where they have no meaning."""
    for model in models:
        for hosts in model.declaration.statements:
            if isinstance(hosts, s.Hosts):
                found.append(
                    Diagnostic(
                        names.WRONG_KIND,
                        "a service has no host names of its own",
                        hosts.span,
                        (Label(model.symbol.span, f"in service `{model.name}`"),),
                        'write them behind a gateway: `allow from internet via GATEWAY host "…"`',
                    )
                )


def lower(
    table: Table, models: tuple[ServiceModel, ...], context: Context, focus: Focus | None = None
) -> tuple[ir.Program | None, Lowering]:
    """Return the program and all that was found on the way.

    With a `focus` the program has only what that names, and what others have to do with it.
    """
    lowering = Lowering(table, context, focus)
    check_statements(models, lowering.found)
    program = lowering.program(models)
    if program is None:
        assert has_errors(lowering.found) or not models
    return program, lowering
