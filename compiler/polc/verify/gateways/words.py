"""What comes in by a gateway, in words: a request and a host name, where it goes, and why."""

from attrs import frozen

from polc.codes.proof import EXPOSED, MISROUTED, NO_SUCH_VERSION, NOT_DECIDED
from polc.declared.gateways import Claim, Hosts
from polc.diagnostics import Diagnostic, Label, Severity
from polc.ir.nodes import Pods, Program
from polc.semantics.objects.model import Found, Key
from polc.semantics.routes.lanes import Gap
from polc.semantics.routes.targets import Cell, Shares
from polc.semantics.sets.products import Region
from polc.source import Span
from polc.verify.routes.words import parts_of, request_words


@frozen(slots=False)
class Words:
    """Says what was found about a program."""

    program: Program
    declared: dict[str, Hosts]

    def misrouted(
        self, cell: Cell, region: Region, host: str, gateway: str, wanted: Shares, span: Span
    ) -> Diagnostic:
        """Say that declared requests go elsewhere."""
        copied = "is copied" if cell.copy else "goes"
        meant = f"declared is {parts_of(wanted)}" if wanted else "nothing declares that"
        return Diagnostic(
            MISROUTED,
            f"{request_words(region[0])} for `{host}` at the gateway `{gateway}` {copied} to"
            f" {parts_of(cell.goes)}; {meant}",
            _span(cell),
            (Label(span, "declared here"),),
            f"{_routed(cell)}; take it out there, or change what is declared",
        )

    def missing(self, claim: Claim, host: str, gateway: str, region: Region | None) -> Diagnostic:
        """Say that declared requests get nowhere: some, or (None) all of them."""
        what = "nothing" if region is None else request_words(region[0])
        why = f"no route of the gateway `{gateway}` is for that host"
        if region is not None:
            why = f"no route of the gateway `{gateway}` takes it, which answers 404"
        return Diagnostic(
            MISROUTED,
            f"{what} for `{host}` gets to `{claim.name}`, though it is declared: {why}",
            claim.span,
            help="build again, or put the route back",
        )

    def exposed(
        self, found: Found, keys: tuple[Key, ...], what: str, target: str, host: str, gateway: str
    ) -> Diagnostic:
        """Say that the outside gets to a namespace of the program by an undeclared way."""
        name, span = self._nearest(target, gateway)
        by = f" at the gateway `{gateway}`" if gateway else ""
        return Diagnostic(
            EXPOSED,
            f"{what}{f' for `{host}`' if host else ''}{by} goes to `{target}`; nothing in the"
            " program declares it",
            found.span(*keys),
            (Label(span, name),),
            f"routed by {found.kind} `{found.namespace}/{found.name}` in `{found.where(*keys)}`;"
            " take it out there, or declare it: `allow from internet via GATEWAY host …`",
        )

    def _nearest(self, target: str, gateway: str) -> tuple[str, Span]:
        """Return the declaration that is most like a way to a target, and what it is."""
        key = target.partition(":")[0].partition("@")[0]
        claims = [
            (name == gateway, claim)
            for name, hosts in self.declared.items()
            for each in hosts.values()
            for claim in each
            if isinstance(claim.flow.target, Pods) and claim.flow.target.key == key
        ]
        if claims:
            best = max(claims, key=lambda each: each[0])[1]
            return "the nearest declaration is here", best.span
        for workload in self.program.workloads:
            if workload.key == key:
                return "the service is here", workload.span
        spaces = [each for each in self.program.namespaces if key.startswith(f"{each.name}/")]
        span = spaces[0].span if spaces else self.program.namespaces[0].span
        return "the program owns this namespace", span


def left_open(gap: Gap, host: str, gateway: str) -> Diagnostic:
    """Say why it is not known, or that it is known all too well, where requests go."""
    found = gap.found
    name = f"`{found.namespace}/{found.name}`"
    if gap.astray:
        return Diagnostic(
            NO_SUCH_VERSION,
            f"a route of {name} for `{host}` at the gateway `{gateway}` {gap.why}",
            found.span(*gap.keys),
        )
    return undecided(
        found, f"where requests for `{host}` at the gateway `{gateway}` go: {gap.why}", *gap.keys
    )


def undecided(
    found: Found, why: str, *keys: Key, severity: Severity = Severity.ERROR
) -> Diagnostic:
    """Say what can't be told from the objects."""
    return Diagnostic(
        NOT_DECIDED,
        f"not decided: {why} ({found.kind} `{found.namespace}/{found.name}` in"
        f" `{found.where(*keys)}`)",
        found.span(*keys),
        help="verify together with the object of the gateway, or without this one",
        severity=severity,
    )


def _span(cell: Cell) -> Span:
    assert cell.found is not None
    return cell.found.span(*cell.keys)


def _routed(cell: Cell) -> str:
    found = cell.found
    assert found is not None
    where = found.where(*cell.keys)
    return f"routed by {found.kind} `{found.namespace}/{found.name}` in `{where}`"
