"""Where does the outside get to by gateways? To what is declared, and to nothing else of ours.

For every gateway and every host name or pattern that routes or the program speak of: the narrowest
pattern of the routes says what is tried, the narrowest of the program what is meant. Host by host

- no request may go elsewhere than to the port of the service that it belongs to, nor be copied;
- what is declared has to be routed;
- under a name that nothing declares nothing may lead to a namespace of the program.

What others route to services of their own, under names of their own, is theirs.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

from attrs import frozen

from polc.codes.proof import NOT_DECIDED
from polc.declared.gateways import Claim, Hosts, Part, claims_by_gateway
from polc.declared.routes import targets
from polc.diagnostics import Diagnostic, Severity
from polc.gaps import gap_finding
from polc.ir.nodes import Pods, Program
from polc.semantics.objects.model import Manifests
from polc.semantics.objects.shapes import guarded
from polc.semantics.routes import matches as routes_match
from polc.semantics.routes.lanes import Lane, destinations, tried
from polc.semantics.routes.matches import full
from polc.semantics.routes.tables import Table, Tables
from polc.semantics.routes.targets import Cell
from polc.semantics.sets import products
from polc.semantics.sets.hosts import covers, most_specific
from polc.verify.gateways import others
from polc.verify.gateways.words import Words, left_open, undecided
from polc.verify.routes.words import request_words
from polc.verify.verdict import Verdict

Findings = tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]


def gateway_findings(manifests: Manifests, program: Program) -> Findings:
    """Return what the outside gets to otherwise than declared, and what is not decided."""
    (violations, left), gaps = guarded(lambda objects: _findings(objects, program), manifests)
    return violations, (*left, *map(gap_finding, gaps))


def _findings(manifests: Manifests, program: Program) -> Findings:
    proof = _Proof(manifests, program)
    found = [*proof.findings(), *others.findings(proof.tables, proof.words, proof.owns)]
    found = list({(each.code, each.message): each for each in found}.values())
    violations = tuple(each for each in found if each.code is not NOT_DECIDED)
    return violations, tuple(each for each in found if each.code is NOT_DECIDED)


def compare(manifests: Manifests, program: Program) -> Verdict:
    """Decide whether gateways lead to what is declared."""
    violations, undecided = gateway_findings(manifests, program)
    hosts = sum(len(each) for name, each in claims_by_gateway(program).items() if name)
    return Verdict(violations, undecided, (("outside hosts", hosts),) if hosts else ())


@frozen(eq=False, slots=False)
class _Proof:
    manifests: Manifests
    program: Program

    @cached_property
    def tables(self) -> Tables:
        return Tables(self.manifests, targets(self.manifests, self.program))

    @cached_property
    def declared(self) -> dict[str, Hosts]:
        return dict(claims_by_gateway(self.program))

    @cached_property
    def words(self) -> Words:
        return Words(self.program, self.declared)

    @cached_property
    def owned(self) -> frozenset[str]:
        return frozenset(each.name for each in self.program.namespaces)

    def owns(self, target: str) -> bool:
        """Tell whether a destination is in a namespace of the program, or a name for one."""
        space, _, name = target.partition("/")
        service = self.tables.targets.services.get(target.partition(":")[0])
        alias = str(service.spec.get("externalName", "")) if service is not None else ""
        elsewhere = alias.removesuffix(".").removesuffix(".cluster.local").removesuffix(".svc")
        return bool(name) and (space in self.owned or elsewhere.rpartition(".")[2] in self.owned)

    def findings(self) -> Iterator[Diagnostic]:
        """Yield what is wrong or not decided, gateway by gateway."""
        names = {*self.tables.virtual, *self.tables.attached, *self.declared} - {""}
        for gateway in sorted(names):
            meant = self.declared.get(gateway, {})
            pods = [
                claim.flow.source
                for claims in meant.values()
                for claim in claims
                if isinstance(claim.flow.source, Pods)
            ]
            tables = self.tables.of(gateway, frozenset(each.namespace for each in pods))
            yield from others.selectors(self.tables.known(gateway), pods)
            for table in tables:
                for host in sorted({*table, *meant}):
                    yield from self._host(gateway, host, table, meant)
            for host, claims in meant.items():
                yield from self._complete(gateway, host, claims, tables)

    def _host(self, gateway: str, host: str, table: Table, meant: Hosts) -> Iterator[Diagnostic]:
        """Yield what is wrong with the narrowest routes for a host."""
        pattern = most_specific(table, host)
        if pattern is None:
            return
        wanted = most_specific(meant, host)
        if wanted is None:
            yield from self._undeclared(gateway, host, table[pattern])
            return
        lanes = table[pattern]
        gaps = [lane.gap for lane in lanes if lane.gap is not None]
        yield from (left_open(gap, host, gateway) for gap in gaps)
        if not gaps:
            yield from self._declared(gateway, host, meant[wanted], lanes)
        if not self.tables.known(gateway):
            yield from self._beneath(gateway, host, table, pattern, meant[wanted])

    # --- what nothing declares ----------------------------------------------------------------

    def _undeclared(self, gateway: str, host: str, lanes: Iterable[Lane]) -> Iterator[Diagnostic]:
        lanes = list(lanes)
        for cell in tried(lanes):
            for target, _ in cell.goes:
                if cell.found is not None and self.owns(target):
                    yield self._exposed(gateway, host, cell, target)
                    break
        for lane in lanes:
            if lane.gap is None:
                continue
            for found in lane.found:
                for target, keys in destinations(found, self.tables.targets):
                    if self.owns(target):
                        why = f"whether `{host}` at `{gateway}` leads to `{target}`"
                        yield undecided(found, f"{why}: {lane.gap.why}", *keys)

    def _exposed(self, gateway: str, host: str, cell: Cell, target: str) -> Diagnostic:
        assert cell.found is not None
        for pattern, claims in self.declared.get("", {}).items():
            if covers(pattern, host) and any(claim.name == target for claim in claims):
                why = f"whether `{gateway}` is the gateway that is to lead to `{target}`, which"
                return undecided(cell.found, f"{why} names no object (`uses`)", *cell.keys)
        what = request_words(cell.region[0])
        return self.words.exposed(cell.found, cell.keys, what, target, host, gateway)

    # --- what is declared -----------------------------------------------------------------------

    def _declared(
        self, gateway: str, host: str, claims: Iterable[Claim], lanes: Iterable[Lane]
    ) -> Iterator[Diagnostic]:
        """Yield for each route of a declared host one request that it leads elsewhere."""
        claims = tuple(claims)
        serving = {claim.name for claim in claims}
        for cell in tried(list(lanes)):
            astray = self._astray(cell, claims, serving)
            if astray is not None:
                region, wanted, span = astray
                yield self.words.misrouted(cell, region, host, gateway, wanted, span)

    def _astray(self, cell: Cell, claims: tuple[Claim, ...], serving: set[str]) -> Part | None:
        """Return requests that go elsewhere than declared, with what is, if anything is."""
        if cell.copy:
            return cell.region, (), claims[0].span
        for claim in claims:
            for region, goes, span in claim.parts:
                met = () if goes == cell.goes else products.both(cell.region, region)
                if met:
                    return met, goes, span
        if {_service(name) for name, _ in cell.goes} <= serving:
            return None
        return cell.region, (), claims[0].span

    def _complete(
        self, gateway: str, host: str, claims: Iterable[Claim], tables: Iterable[Table]
    ) -> Iterator[Diagnostic]:
        """Yield what is declared of a host and routed nowhere."""
        found = [(table[name], name) for table in tables if (name := most_specific(table, host))]
        lanes = [lane for group, _ in found for lane in group]
        if any(lane.gap is not None for lane in lanes):
            return  # Said above.
        routed = tuple(
            box for lane in lanes for cell in (*lane.cells, *lane.last) for box in cell.region
        )
        for claim in claims:
            lost = routes_match.real(products.subtract(claim.needed, routed, full))
            if lost:
                yield self.words.missing(claim, host, gateway, lost if lanes else None)

    def _beneath(
        self, gateway: str, host: str, table: Table, pattern: str, claims: Iterable[Claim]
    ) -> Iterator[Diagnostic]:
        """Yield wider routes that would join in if the gateway named this host by itself."""
        serving = {claim.name for claim in claims}
        for wider, lanes in table.items():
            if wider == pattern or not covers(wider, pattern):
                continue
            for lane in lanes:
                goes = {
                    _service(name) for cell in (*lane.cells, *lane.last) for name, _ in cell.goes
                }
                if lane.gap is None and goes <= serving:
                    continue
                planned = wider in self.declared.get(gateway, {})
                why = f"whether routes for `{wider}` take requests for `{host}` at the gateway"
                why += f" `{gateway}`, as they do where it names `{host}` by itself"
                severity = Severity.WARNING if planned else Severity.ERROR
                yield undecided(lane.found[0], why, "spec", severity=severity)


def _service(name: str) -> str:
    """Return `namespace/service:port` of a version's name."""
    key, _, port = name.rpartition(":")
    return f"{key.partition('@')[0]}:{port}"
