"""Two programs to where their rollouts lead requests: to which versions, in what share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import evolve

from polc.diff.changes import Change
from polc.ir.nodes import Program, RouteRule, Workload

if TYPE_CHECKING:
    from polc.diff.routing import Cell


def rollout_changes(program: Program, other: Program, *, is_gain: bool) -> Iterator[Change]:
    """Yield which versions only the rollouts of `program` lead requests to, and the shares.

    What is said of a service that the other program does not have is said by its flows.
    """
    before = {workload.key: workload for workload in other.workloads}
    pairs = [(each, before[each.key]) for each in program.workloads if each.key in before]
    pairs = [(one, two) for one, two in pairs if one.rollout != two.rollout]
    if not pairs:
        return
    from polc.diff.routing import Asked, route_changes, share_changes

    mine = {Asked(one.key): _cells(one) for one, _ in pairs}
    theirs = {Asked(two.key): _cells(two) for _, two in pairs}
    for change in route_changes(mine, theirs):
        yield evolve(change, gained=is_gain)
    if is_gain:
        yield from share_changes(theirs, mine)


def _cells(workload: Workload) -> tuple[Cell, ...]:
    """Cut what is sent to a workload by the rules of its rollout, in order; the rest by weights."""
    from polc.declared.routes import rule_requests
    from polc.diff.routing import Cell, Goal, goals
    from polc.semantics.routes import matches as routes_match
    from polc.semantics.sets import products
    from polc.semantics.sets.products import Region

    rollout = workload.rollout
    if rollout is None:
        return (Cell(products.ALL, goals([(Goal(workload.key), 1)]), "", workload.span),)
    labels = {each.name: frozenset(each.labels) for each in rollout.versions}

    def version(name: str) -> Goal:
        # Versions of a Knative workload are names of revisions.
        return Goal(workload.key, labels.get(name, frozenset((("revision", name),))))

    found: list[Cell] = []
    taken: Region = ()
    for rule in rollout.rules:
        asked = rule_requests(rule)
        region = routes_match.real(products.subtract(asked, taken, routes_match.full))
        if region:
            to = goals([(version(rule.version), 1)])
            found.append(Cell(region, to, _words(rule), rule.span))
        taken = (*taken, *asked)
    rest = routes_match.real(products.subtract(products.ALL, taken, routes_match.full))
    to = goals((version(name), weight) for name, weight in rollout.weights)
    return (*found, Cell(rest, to, "every other request" if found else "", rollout.span))


def _words(rule: RouteRule) -> str:
    """Return the conditions of a rule as the language writes them."""
    return " and ".join(
        f'{each.kind} "{each.key}" = "{each.value}"' if each.key else f"{each.kind} {each.value}"
        for each in rule.conditions
    )
