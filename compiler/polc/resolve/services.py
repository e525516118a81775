"""The services of a program with their statements sorted by kind and the environment applied."""

from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

from attrs import frozen

from polc import syntax as s
from polc.codes import clusters, names
from polc.diagnostics import Diagnostic, Label
from polc.resolve.symbols import NamespaceInfo, Symbol, Table

S = TypeVar("S", bound=s.Node)

REPEATABLE = frozenset({s.Allow, s.Can, s.CanPath, s.Port, s.Probe, s.HasRole, s.Version})
"""Statements that may stand more than once (probes once per kind, versions once per name)."""

TUNING = (s.Image, s.Scale, s.Concurrency, s.Timeout, s.Resources, s.Rollout, s.Hosts, s.Stop)
"""What an environment may set: what tunes, never what permits (language.md 6)."""

STATEMENT_WORDS: dict[type, str] = {
    s.Image: "image",
    s.Select: "select",
    s.Account: "account",
    s.WorkloadKind: "workload",
    s.Port: "port",
    s.Allow: "allow",
    s.Can: "can",
    s.CanPath: "can",
    s.HasRole: "has role",
    s.Harden: "harden",
    s.Run: "run",
    s.Resources: "resources",
    s.Probe: "probe",
    s.Stop: "stop",
    s.Rollout: "rollout",
    s.Build: "build",
    s.Scale: "scale",
    s.Concurrency: "concurrency",
    s.Timeout: "timeout",
    s.Hosts: "host",
    s.Blocks: "cidr",
    s.Uses: "uses",
    s.Mesh: "mesh",
    s.HostNetwork: "host-network",
    s.Version: "version",
}


@frozen(eq=False)
class ServiceModel:
    """One service that the program owns, with the statements that hold in this environment.

    `tunings` are the settings of all environments, chosen or not.
    """

    symbol: Symbol
    declaration: s.Service
    namespace: NamespaceInfo
    statements: tuple[s.Statement, ...]
    tunings: tuple[s.Statement, ...] = ()

    @cached_property
    def _by_kind(self) -> dict[type, list[Any]]:
        by_kind: dict[type, list[Any]] = {}
        for statement in self.statements:
            by_kind.setdefault(type(statement), []).append(statement)
        return by_kind

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return self.symbol.key

    @property
    def name(self) -> str:
        """The bare name."""
        return self.symbol.name

    @property
    def rollouts(self) -> tuple[s.Rollout, ...]:
        """Every rollout of the service: its own and those of all environments."""
        statements = chain(self.declaration.statements, self.tunings)
        return tuple(each for each in statements if isinstance(each, s.Rollout))

    def all(self, kind: type[S]) -> tuple[S, ...]:
        """Return the statements of one kind, in the order written."""
        return tuple(self._by_kind.get(kind, ()))

    def one(self, kind: type[S]) -> S | None:
        """Return the statement of one kind, if it is there."""
        statements = self._by_kind.get(kind)
        return statements[0] if statements else None


def check_repeats(statements: Iterable[s.Node], found: list[Diagnostic]) -> None:
    """Report statements that may stand only once and stand twice."""
    single = [each for each in statements if type(each) not in REPEATABLE]
    if len(set(map(type, single))) == len(single):
        return
    first: dict[type, s.Node] = {}
    for statement in single:
        kind = type(statement)
        earlier = first.setdefault(kind, statement)
        if earlier is not statement:
            found.append(
                Diagnostic(
                    names.DUPLICATE_STATEMENT,
                    f"`{STATEMENT_WORDS[kind]}` stands twice",
                    statement.span,
                    (Label(earlier.span, "it stands here already"),),
                    help="keep one of them",
                )
            )


def apply_environment(
    table: Table, environment: str | None
) -> tuple[tuple[ServiceModel, ...], tuple[Diagnostic, ...]]:
    """Return all services, sorted by key, as the environment tunes them."""
    found: list[Diagnostic] = []
    tuned: dict[str, dict[str, tuple[s.Statement, ...]]] = {}
    for symbol in table.of_kind("environment"):
        assert isinstance(symbol.declaration, s.Environment)
        for item in symbol.declaration.items:
            if isinstance(item, s.EnvironmentCluster):
                table.find(item.cluster, "cluster", symbol.scope, found)
            elif isinstance(item, s.EnvironmentService):
                statements = _tuning(table, item, symbol, found)
                if statements is not None:
                    here = tuned.setdefault(symbol.name, {})
                    here[statements[0]] = here.get(statements[0], ()) + statements[1]
            else:
                found.append(_refuse(item, symbol.name))
    for services in tuned.values():
        for tuning in services.values():
            check_repeats(tuning, found)
    chosen = tuned.get(environment or "", {})
    models = []
    for symbol in table.of_kind("service"):
        declaration = symbol.declaration
        assert isinstance(declaration, s.Service)
        check_repeats(declaration.statements, found)
        models.append(
            ServiceModel(
                symbol,
                declaration,
                table.namespaces[symbol.scope],
                _override(declaration.statements, chosen.get(symbol.key, ())),
                tuple(chain(*(each.get(symbol.key, ()) for each in tuned.values()))),
            )
        )
    return tuple(models), tuple(found)


def _tuning(
    table: Table, item: s.EnvironmentService, environment: Symbol, found: list[Diagnostic]
) -> tuple[str, tuple[s.Statement, ...]] | None:
    """Return the key of the service and what the environment sets of it."""
    for statement in item.statements:
        if not isinstance(statement, TUNING):
            found.append(_refuse(statement, environment.name))
    symbol = table.find(item.service, "peer", environment.scope, found, "service")
    if symbol is None:
        return None
    if symbol.kind != "service":
        found.append(
            Diagnostic(
                names.WRONG_KIND,
                f"`{symbol.name}` is of kind {symbol.kind}, and only services can be tuned",
                item.service.span,
                (Label(symbol.span, "declared here"),),
            )
        )
        return None
    return symbol.key, tuple(each for each in item.statements if isinstance(each, TUNING))


def _refuse(statement: s.Node, environment: str) -> Diagnostic:
    word = STATEMENT_WORDS[type(statement)]
    if isinstance(statement, TUNING):
        return Diagnostic(
            clusters.ENVIRONMENT_GRANTS,
            f"`{word}` tunes a service, and this does not say which",
            statement.span,
            help=f"write `service NAMESPACE/NAME {{ {word} … }}`",
        )
    if isinstance(statement, s.Run):
        does, more = "permit", ": `capability` and `relax` end with `only in " + environment + "`"
    elif isinstance(statement, s.Allow | s.Can | s.CanPath | s.HasRole):
        does, more = "permit", f", followed by `only in {environment}`"
    else:
        does, more = "change", ""
    return Diagnostic(
        clusters.ENVIRONMENT_GRANTS,
        f"an environment may tune a service, not {does} with `{word}`",
        statement.span,
        help=f"write `{word}` in the service itself{more}",
    )


def _override(
    base: tuple[s.Statement, ...], tuned: tuple[s.Statement, ...]
) -> tuple[s.Statement, ...]:
    if not tuned:
        return base
    kinds = {type(each) for each in tuned}
    return tuple(each for each in base if type(each) not in kinds) + tuned
