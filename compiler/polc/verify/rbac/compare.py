"""Compares what service accounts may do with what the program grants: sound, complete, minimal."""

from collections.abc import Iterable, Iterator

from attrs import frozen

from polc.codes.proof import (
    MISSING_PRIVILEGE,
    NEEDLESS_TOKEN,
    NO_ACCOUNT,
    NOT_DECIDED,
    REMOVABLE_RULE,
    STRANGERS_PRIVILEGE,
    UNDECLARED_PRIVILEGE,
)
from polc.declared.rbac import grant_access
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Pods, Program, Workload
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import mapping
from polc.semantics.rbac.bindings import Account, Entry, Gap, Rbac, read_rbac, role_key
from polc.semantics.rbac.privileges import EVERYONE, Access, Request, union
from polc.source import Span
from polc.verify.rbac.outsiders import outsiders, strangers_gaps
from polc.verify.verdict import Verdict

_TOKEN_SECRET = "kubernetes.io/service-account-token"
_NAME_OF_ACCOUNT = "kubernetes.io/service-account.name"


@frozen
class _Reached:
    """An owned account with the rules that reach it."""

    workload: Workload
    declared: Access
    entries: tuple[Entry, ...]


def compare(manifests: Manifests, program: Program) -> Verdict:
    """Decide whether the accounts of the program may do exactly what it grants them."""
    rbac = read_rbac(manifests)
    violations: list[Diagnostic] = []
    undecided = [_not_decided(gap) for gap in rbac.gaps]
    reached: list[_Reached] = []
    for workload in program.workloads:
        entries, gaps = rbac.granted(workload.namespace, workload.account)
        undecided += (_not_decided(gap, workload) for gap in gaps)
        if entries or workload.grants:
            declared = union(map(grant_access, workload.grants))
            one = _Reached(workload, declared, entries)
            reached.append(one)
            violations += _too_much(one)
            violations += _too_little(one)
    violations += _removable(rbac, reached)
    violations += _strangers(rbac, program)
    owned = {namespace.name for namespace in program.namespaces}
    undecided += map(_not_decided, strangers_gaps(rbac, owned, _known(program)))
    for each in outsiders(rbac, program):
        (undecided if each.code is NOT_DECIDED else violations).append(each)
    violations += account_findings(manifests, program)
    grants = sum(len(workload.grants) for workload in program.workloads)
    return Verdict(tuple(violations), tuple(undecided), (("grants", grants),))


def _too_much(one: _Reached) -> Iterator[Diagnostic]:
    """Report every rule that gives more than is declared, with a request that shows it."""
    for entry in one.entries:
        extra = entry.access - one.declared
        if extra:
            extra -= EVERYONE
        if extra:
            request = extra.sample()
            yield Diagnostic(
                UNDECLARED_PRIVILEGE,
                f"service account `{one.workload.namespace}/{one.workload.account}` may do"
                f" {request}; nothing declares it",
                place_of(entry),
                labels=(
                    Label(_nearest(one.workload, request), "the nearest declaration is here"),
                    *_binding_label(entry),
                ),
                help=f"permitted by {in_words(entry)}; take it out of there, or declare it with"
                " `can`",
            )


def _too_little(one: _Reached) -> Iterator[Diagnostic]:
    """Report every grant that is not given as a whole."""
    given = union(entry.access for entry in one.entries if entry.sure)
    for grant in one.workload.grants:
        lacking = grant_access(grant) - given
        if lacking:
            yield Diagnostic(
                MISSING_PRIVILEGE,
                f"service account `{one.workload.namespace}/{one.workload.account}` may not do"
                f" {lacking.sample()}, which is declared",
                grant.span,
                labels=tuple(
                    Label(place_of(entry), "this rule gives it a part")
                    for entry in one.entries
                    if (entry.access - (entry.access - grant_access(grant)))
                )[:1],
                help="add the rule to a role that is bound to this account",
            )


def _removable(rbac: Rbac, reached: Iterable[_Reached]) -> Iterator[Diagnostic]:
    """Report rules that no account would miss, and roles of polc's that nobody is given.

    A rule counts as removed as soon as it is reported, so that of two equal ones one stays. What is
    declared has to be given even if every cluster gives it to all: those bindings can be removed.
    """
    needed: dict[tuple[object, ...], Entry | None] = {}
    for one in reached:
        left = list(one.entries)
        for entry in one.entries:
            key = (id(entry.binding), id(entry.role), entry.place)
            others = union(each.access for each in left if each is not entry)
            more = entry.access - others
            missed = more - EVERYONE or more - (EVERYONE - one.declared)
            if missed or entry.binding.body.get("subjects") is None:
                needed[key] = None
            else:
                left.remove(entry)
                needed.setdefault(key, entry)
    for found in needed.values():
        if found is not None and _only_accounts(found.binding):
            yield Diagnostic(
                REMOVABLE_RULE,
                f"{in_words(found)} gives nothing that other rules do not give as well",
                place_of(found),
                help="leave the rule out, or the binding if it gives nothing else",
            )
    bound = rbac.bound()
    for name, role in rbac.roles.items():
        if name not in bound and _is_ours(role):
            yield Diagnostic(
                REMOVABLE_RULE,
                f"{role.kind} `{role.name}` is given to nobody",
                role.span("metadata", "name"),
                help="bind it to a service account, or leave it out",
            )


def _strangers(rbac: Rbac, program: Program) -> Iterator[Diagnostic]:
    """Report privileges of accounts in owned namespaces that no service of the program has.

    `default` is such an account: every pod that names none has it.
    """
    known = _known(program)
    owned = {namespace.name for namespace in program.namespaces}
    for account in rbac.accounts():
        if account[0] not in owned or account in known:
            continue
        entries, _ = rbac.granted(*account)
        given = next((each for each in entries if each.access - EVERYONE), None)
        if given is None:
            continue
        request = (given.access - EVERYONE).sample()
        who = f"service account `{account[0]}/{account[1]}`"
        shared = "every pod that names no account has it" if account[1] == "default" else ""
        yield Diagnostic(
            STRANGERS_PRIVILEGE,
            f"{who}, which no service of the program has, may do {request}",
            place_of(given),
            labels=_binding_label(given),
            help=f"permitted by {in_words(given)}" + (f"; {shared}" if shared else ""),
        )


def _known(program: Program) -> set[Account]:
    """Return the accounts of services that the program knows, its own and those of others."""
    ends = (end for flow in program.flows for end in (flow.source, flow.target))
    others = {
        (end.namespace, end.account)
        for end in ends
        if isinstance(end, Pods) and end.origin != "workload" and end.account is not None
    }
    return others | {(each.namespace, each.account) for each in program.workloads}


def account_findings(manifests: Manifests, program: Program) -> Iterator[Diagnostic]:
    """Report accounts that are missing, or that hand their token to whoever names them."""
    accounts = {(each.namespace, each.name): each for each in manifests.of_kind("ServiceAccount")}
    owners = {(each.namespace, each.account): each for each in program.workloads}
    for key, workload in owners.items():
        account = accounts.get(key)
        if account is None:
            yield Diagnostic(
                NO_ACCOUNT,
                f"there is no service account `{key[0]}/{key[1]}`, so that no pod of"
                f" `{workload.key}` can start",
                workload.span,
                help="the target `rbac` emits it; apply it along with the pods",
            )
            continue
        hands_out = account.body.get("automountServiceAccountToken", True) is not False
        by_itself = workload.kind == "knative" and workload.needs_token
        if hands_out and not by_itself:
            yield Diagnostic(
                NEEDLESS_TOKEN,
                f"service account `{key[0]}/{key[1]}` hands its token to every pod that names it",
                account.span("automountServiceAccountToken"),
                labels=(Label(workload.span, "the account of this service"),),
                help="set `automountServiceAccountToken: false`; a pod that needs the token"
                " can ask for it",
            )
        if by_itself and not hands_out:
            yield Diagnostic(
                NO_ACCOUNT,
                f"service account `{key[0]}/{key[1]}` keeps its token back, and a Knative Service"
                " can't ask for it",
                account.span("automountServiceAccountToken"),
                labels=(Label(workload.grants[0].span, "this needs the token"),),
                help="set `automountServiceAccountToken: true` on this account",
            )
    yield from _token_secrets(manifests, owners)


def _token_secrets(manifests: Manifests, owners: dict[Account, Workload]) -> Iterator[Diagnostic]:
    """Report secrets that hold an account's token for good."""
    for secret in manifests.of_kind("Secret", ""):
        account = mapping(secret.metadata.get("annotations")).get(_NAME_OF_ACCOUNT)
        if secret.body.get("type") == _TOKEN_SECRET and (secret.namespace, account) in owners:
            yield Diagnostic(
                NEEDLESS_TOKEN,
                f"secret `{secret.namespace}/{secret.name}` holds a token of service account"
                f" `{account}` that never expires",
                secret.span("type"),
                help="leave it out: pods get tokens of their own that expire",
            )


def in_words(entry: Entry) -> str:
    """Return which rule of which objects it is."""
    binding = entry.binding
    how = f"{binding.kind} `{_full_name(binding)}`"
    if entry.role is None:
        return f"{how}, which gives {entry.subject} the role `{role_key(binding)[1]}`"
    place = entry.place[-1] if entry.place else 0
    number = int(place) + 1
    rule = f"rule {number} of {entry.role.kind} `{_full_name(entry.role)}`"
    where = entry.role.where(*entry.place)
    return f"{rule} in `{where}`, which {how} gives {entry.subject}"


def place_of(entry: Entry) -> Span:
    """Return the place of the rule, or of the binding where it is built into Kubernetes."""
    if entry.role is None:
        return entry.binding.span("roleRef")
    return entry.role.span(*entry.place)


def _binding_label(entry: Entry) -> tuple[Label, ...]:
    if entry.role is None:
        return ()
    return (Label(entry.binding.span("subjects"), f"given to {entry.subject} here"),)


def _nearest(workload: Workload, request: Request) -> Span:
    """Return the grant that is most like a request, or the service if it has none."""
    for grant in workload.grants:
        resource = getattr(grant, "resource", None)
        if resource is not None and resource == request.resource:
            return grant.span
    for grant in workload.grants:
        if hasattr(grant, "paths") is (request.path is not None):
            return grant.span
    return workload.span


def _not_decided(gap: Gap, workload: Workload | None = None) -> Diagnostic:
    of = "" if workload is None else f"what `{workload.key}` may do on the API is not decided: "
    return Diagnostic(
        NOT_DECIDED,
        f"{of}{gap.at.kind} `{_full_name(gap.at)}`: {gap.reason}",
        gap.at.span(*gap.place),
        help="verify it together with all roles that it names, as the cluster has them",
    )


def _only_accounts(binding: Found) -> bool:
    """Tell whether nobody but service accounts by name gets the role."""
    subjects = binding.body.get("subjects") or ()
    return all(mapping(each).get("kind") == "ServiceAccount" for each in subjects)


def _is_ours(found: Found) -> bool:
    labels = mapping(found.metadata.get("labels"))
    return labels.get("app.kubernetes.io/managed-by") == "polc"


def _full_name(found: Found) -> str:
    return found.name if found.kind.startswith("Cluster") else f"{found.namespace}/{found.name}"
