"""Grants that make no difference: other lines of the service give as much, or more.

A line is taken apart into single permissions: one verb on one resource, of one name or all, in one
namespace or all. It is void if others give each of them; of two that give the same one, the line
that gives more counts, or the earlier one.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from attrs import define, field

from polc import syntax as s
from polc.codes.flows import VOID_LINE
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Grant, Program, UrlGrant, Workload
from polc.lower.qualifiers import holds_whenever
from polc.resolve.services import ServiceModel
from polc.source import Span

Atom = tuple[str | None, ...]
"""Verb, group, resource, subresource, name, namespace; None is every one."""


@define
class _Line:
    """One `can` of a service, or a line of a role that it has."""

    span: Span
    own: bool
    only_in: frozenset[str]
    until: object
    atoms: list[Atom] = field(factory=list)

    @property
    def rank(self) -> tuple[int, int]:
        """What is larger counts."""
        return len(self.atoms), -self.span.offset

    def covers(self, other: "_Line", *, wider: bool) -> bool:
        """Tell whether a permission of this line is there whenever it is by another one."""
        ends = self.only_in, self.until, other.only_in, other.until
        if self is other or not holds_whenever(*ends):
            return False
        back = holds_whenever(*ends[2:], *ends[:2])
        return wider or not back or self.rank > other.rank


def void_grants(program: Program, models: dict[str, ServiceModel]) -> tuple[Diagnostic, ...]:
    """Warn of every `can` that makes no difference."""
    return tuple(
        each
        for workload in program.workloads
        if len(workload.grants) > 1
        for each in _of_service(workload, models[workload.key])
    )


def _of_service(workload: Workload, model: ServiceModel) -> Iterator[Diagnostic]:
    lines = _lines(workload, model)
    best: dict[Atom, dict[frozenset[str], list[_Line]]] = {}
    for line in lines:
        for atom in line.atoms:
            found = best.setdefault(atom, {}).setdefault(line.only_in, [])
            found.append(line)
    for givers in best.values():
        for only_in, each in givers.items():
            givers[only_in] = _strongest(each)
    for line in lines:
        by = [_giver(line, atom, best) for atom in line.atoms] if line.own else [None]
        if None not in by:
            yield _void(line, [each for each in by if each is not None])


def _strongest(lines: list[_Line]) -> list[_Line]:
    """Return the line that gives most, and the one that does so for longest."""
    longest = max(lines, key=lambda each: (each.until is None, str(each.until), each.rank))
    return [longest, *(each for each in [max(lines, key=lambda x: x.rank)] if each is not longest)]


def _lines(workload: Workload, model: ServiceModel) -> list[_Line]:
    cans: tuple[s.Can | s.CanPath, ...] = (*model.all(s.Can), *model.all(s.CanPath))
    written = {each.span.key(): each.qualifiers for each in cans}
    lines: dict[tuple[str, int, int], _Line] = {}
    for grant in workload.grants:
        key = grant.span.key()
        qualifiers = written.get(key)
        only_in = frozenset(each.text for each in qualifiers.only_in) if qualifiers else frozenset()
        line = lines.setdefault(
            key, _Line(grant.span, qualifiers is not None, only_in, grant.until)
        )
        line.atoms += _atoms(grant)
    return list(lines.values())


def _atoms(grant: Grant | UrlGrant) -> Iterator[Atom]:
    if isinstance(grant, UrlGrant):
        yield from product(grant.verbs, ("path",), grant.paths)
        return
    names: Iterable[str | None] = grant.names or (None,)
    where = (grant.group, grant.resource, grant.subresource)
    for verb, name in product(grant.verbs, names):
        yield verb, *where, name, grant.namespace


def _giver(
    line: _Line, atom: Atom, best: dict[Atom, dict[frozenset[str], list[_Line]]]
) -> _Line | None:
    """Return the line by which one of another line makes no difference, if there is one."""
    for wider in _wider(atom):
        for lines in best.get(wider, {}).values():
            for each in lines:
                if each.covers(line, wider=wider != atom):
                    return each
    return None


def _wider(atom: Atom) -> Iterable[Atom]:
    """Return an atom and those that hold more."""
    if len(atom) < 6:
        return (atom,)
    *front, name, namespace = atom
    names, namespaces = dict.fromkeys((name, None)), dict.fromkeys((namespace, None))
    return ((*front, one, other) for one, other in product(names, namespaces))


def _void(line: _Line, by: list[_Line]) -> Diagnostic:
    spans = dict.fromkeys(each.span for each in by)
    return Diagnostic(
        VOID_LINE,
        "this line makes no difference: what it permits is permitted anyway",
        line.span,
        tuple(Label(each, "by this") for each in list(spans)[:3]),
        help="delete it, or narrow the other line",
    )
