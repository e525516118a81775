"""Why a service may ask something of the Kubernetes API, or what is missing for it."""

from attrs import frozen

from polc.declared.rbac import grant_access
from polc.ir.nodes import Grant, Program, Workload
from polc.ir.privileged import privileged_reason
from polc.ir.show import grant_text
from polc.semantics.objects.model import Manifests
from polc.semantics.rbac.bindings import Entry, read_rbac
from polc.semantics.rbac.privileges import EVERYONE, Access, Request
from polc.why.answer import Answer, Reason, Step, Verdict


@frozen
class VerbQuestion:
    """Whether the account of `workload` may make `request`.

    `written` is the resource as a program writes it; `named` tells that the request is about one
    object of a name.
    """

    workload: Workload
    request: Request
    written: str

    @property
    def account(self) -> tuple[str, str]:
        """Namespace and name of the service account."""
        return self.workload.namespace, self.workload.account


def why_verb(program: Program, manifests: Manifests, question: VerbQuestion) -> Answer:
    """Answer from the roles and bindings, and name the lines of the program."""
    entries, gaps = read_rbac(manifests).granted(*question.account)
    rbac = _rbac_step(question, entries)
    said = _program_step(question)
    missing: tuple[Reason, ...] = ()
    if rbac.verdict != "allowed":
        missing = (_line(question),)
    notes = tuple(f"not decided: {gap.reason} ({gap.at.where(*gap.place)})" for gap in gaps)
    namespace, name = question.account
    text = f"service account {namespace}/{name}: {question.request}"
    return Answer(text, rbac.verdict, (said, rbac), missing, notes)


def _program_step(question: VerbQuestion) -> Step:
    reasons = []
    verdicts: set[Verdict] = set()
    for grant in question.workload.grants:
        verdict = request_verdict(grant_access(grant), question.request)
        if verdict != "denied":
            verdicts.add(verdict)
            place = (
                f"{grant.span.source.name}:{grant.span.line}" if grant.span.source.text else None
            )
            reasons.append(Reason(f"can {grant_text(grant)}", place))
    return Step("program", "", _best(verdicts), tuple(reasons) or (Reason("nothing grants it"),))


def _rbac_step(question: VerbQuestion, entries: tuple[Entry, ...]) -> Step:
    reasons = []
    verdicts: set[Verdict] = set()
    for entry in entries:
        verdict = request_verdict(entry.access, question.request)
        if verdict != "denied":
            verdicts.add(verdict)
            reasons += rbac_reasons(entry)
    if question.request in EVERYONE:
        verdicts.add("allowed")
        reasons.append(Reason("every service account of a cluster may ask this"))
    if not reasons:
        reasons = [Reason("no role that is bound to the service account gives it")]
    return Step("RBAC", "", _best(verdicts), tuple(reasons))


def rbac_reasons(entry: Entry) -> list[Reason]:
    """Return the rule and the binding by which an account has something."""
    binding = f"{entry.binding.kind} {entry.binding.namespace}/{entry.binding.name}"
    if entry.binding.kind == "ClusterRoleBinding":
        binding = f"{entry.binding.kind} {entry.binding.name}"
    found = [Reason(f"bound by {binding} to {entry.subject}", entry.binding.where())]
    if entry.role is not None:
        number = entry.place[-1] if entry.place else 0
        rule = f"rule {int(number) + 1} of " if isinstance(number, int) else ""
        text = f"{rule}{entry.role.kind} {entry.role.name}"
        found.insert(0, Reason(text, entry.role.where(*entry.place)))
    return found


def request_verdict(access: Access, request: Request) -> Verdict:
    """Say `partly` where it holds for objects of some names, and the question names none."""
    if request in access:
        return "allowed"
    if request.name or request.path is not None:
        return "denied"
    named = any(
        request.verb in box[0]
        and request.group in box[1]
        and request.resource in box[2]
        and request.subresource in box[3]
        and request.namespace in box[5]
        for box in access.resources
    )
    return "partly" if named else "denied"


def _best(verdicts: set[Verdict]) -> Verdict:
    if "allowed" in verdicts:
        return "allowed"
    return "partly" if verdicts else "denied"


def _line(question: VerbQuestion) -> Reason:
    request = question.request
    workload = question.workload
    named = f' named "{request.name}"' if request.name else ""
    where = ""
    if request.path is None and request.namespace != workload.namespace:
        where = f" in {request.namespace}" if request.namespace else " cluster-wide"
    what = f'path "{request.path}"' if request.path is not None else question.written
    because = ' because "…"' if _is_privileged(request) else ""
    line = f"can {request.verb} {what}{named}{where}{because}"
    place = f"{workload.span.source.name}:{workload.span.line}"
    return Reason(f"in service {workload.key}: {line}", place)


def _is_privileged(request: Request) -> bool:
    """Tell whether a grant of this would need a reason."""
    if request.path is not None:
        return False
    grant = Grant(
        (request.verb,),
        request.group,
        request.resource,
        request.subresource,
        namespace=request.namespace,
    )
    return privileged_reason(grant) is not None
