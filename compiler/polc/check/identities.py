"""Who is who: no two services may share a service account, or pods."""

from itertools import combinations

from polc import syntax as s
from polc.codes import flows as codes
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Labels, Program, Workload
from polc.resolve.services import ServiceModel
from polc.resolve.symbols import Symbol, Table
from polc.source import Span

MAX_ENUMERATED = 10
"""Selectors of up to this many labels are compared by their subsets, which is linear overall."""


def check_accounts(
    program: Program, models: dict[str, ServiceModel], table: Table, used: set[Symbol]
) -> tuple[Diagnostic, ...]:
    """Refuse an account that two services share, or that every pod has.

    The account is the identity in the mesh and at the API, so sharing one merges both. Of what is
    not the program's own, only that counts which a flow is with: `used`.
    """
    found: list[Diagnostic] = []
    first: dict[tuple[str, str], tuple[str, Span]] = {}
    for symbol in table.of_kind("extern service"):
        if symbol not in used:
            continue  # nobody is admitted as it
        assert isinstance(symbol.declaration, s.ExternService)
        for statement in symbol.declaration.statements:
            if isinstance(statement, s.Account):
                namespace = symbol.key.partition("/")[0]
                first[namespace, statement.name.text] = (symbol.key, statement.name.span)
    for workload in program.workloads:
        model = models[workload.key]
        account = model.one(s.Account)
        span = account.name.span if account else workload.span
        if workload.account == "default":
            found.append(
                Diagnostic(
                    codes.SHARED_ACCOUNT,
                    "`default` is the account of every pod that names no other",
                    span,
                    help=f'give the service its own: `account "{workload.name}"`',
                )
            )
            continue
        key, earlier = first.setdefault(
            (workload.namespace, workload.account), (workload.key, span)
        )
        if key != workload.key:
            found.append(
                Diagnostic(
                    codes.SHARED_ACCOUNT,
                    f"`{key}` and `{workload.key}` share the account `{workload.account}`",
                    span,
                    (Label(earlier, f"`{key}` has it too"),),
                    help="an account is an identity: give each service its own",
                )
            )
    return tuple(found)


def check_selectors(program: Program, models: dict[str, ServiceModel]) -> tuple[Diagnostic, ...]:
    """Refuse services of a namespace of which one selects pods of the other for certain."""
    found: list[Diagnostic] = []
    for workloads in program.in_namespace.values():
        by_labels: dict[frozenset[tuple[str, str]], Workload] = {}
        for workload in workloads:
            labels = frozenset(workload.pods.labels)
            other = by_labels.setdefault(labels, workload)
            if other is not workload and not _are_one(workload, other):
                found.append(_overlap(workload, other, models))
        for labels, workload in by_labels.items():
            for other in _within(labels, by_labels):
                found.append(_overlap(workload, other, models))
    return tuple(found)


def _are_one(workload: Workload, other: Workload) -> bool:
    """Tell whether two services are one workload, which is said elsewhere."""
    return (workload.kind, workload.object_name) == (other.kind, other.object_name)


def _within(
    labels: frozenset[tuple[str, str]], by_labels: dict[frozenset[tuple[str, str]], Workload]
) -> list[Workload]:
    """Return the workloads whose labels are a strict part of `labels`."""
    if len(labels) > MAX_ENUMERATED:
        return [other for key, other in by_labels.items() if key < labels and key]
    return [
        by_labels[frozenset(part)]
        for size in range(1, len(labels))
        for part in combinations(sorted(labels), size)
        if frozenset(part) in by_labels
    ]


def _overlap(workload: Workload, other: Workload, models: dict[str, ServiceModel]) -> Diagnostic:
    equal = workload.pods.labels == other.pods.labels
    shown = _show(workload.pods.labels)
    return Diagnostic(
        codes.OVERLAPPING_SELECTORS,
        f"`{workload.name}` and `{other.name}` select the same pods: {shown}"
        if equal
        else f"every pod of `{workload.name}` is also a pod of `{other.name}`",
        _select_span(workload, models),
        (Label(_select_span(other, models), f"`{other.name}` selects {_show(other.pods.labels)}"),),
        help="select by labels that differ, or polc would give one the permissions of the other",
    )


def _select_span(workload: Workload, models: dict[str, ServiceModel]) -> Span:
    select = models[workload.key].one(s.Select)
    return select.span if select else workload.span


def _show(labels: Labels) -> str:
    return ", ".join(f"`{key}: {value}`" for key, value in labels)
