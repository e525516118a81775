"""The words of `polc why` to a question."""

from polc.ir.nodes import Program
from polc.why.ends import Unanswerable, find_end, find_port
from polc.why.flow import FlowQuestion
from polc.why.resources import request_of
from polc.why.verb import VerbQuestion

_FORMS = (
    "write `CALLER CALLEE[:PORT] [METHOD PATH]`"
    " or `SERVICE can VERB RESOURCE [NAME] [in NAMESPACE]`"
)


def read_question(program: Program, words: list[str]) -> FlowQuestion | VerbQuestion:
    """Return what is asked.

    Raises:
        Unanswerable: the words form no question, or name what the program does not have.

    """
    match words:
        case [who, "can", verb, *what] if what:
            return _verb(program, who, verb, what)
        case [caller, callee]:
            return _flow(program, caller, callee, None, None)
        case [caller, callee, path] if path.startswith("/"):
            return _flow(program, caller, callee, None, path)
        case [caller, callee, method, path] if path.startswith("/"):
            return _flow(program, caller, callee, method.upper(), path)
    raise Unanswerable(f"that is no question; {_FORMS}")


def _flow(
    program: Program, caller: str, callee: str, method: str | None, path: str | None
) -> FlowQuestion:
    name, port = callee, None
    head, colon, tail = callee.rpartition(":")
    if colon and ":" not in head:  # an IPv6 address has several
        name, port = head, tail
    elif callee.startswith("["):
        name, port = callee[1:].partition("]")[0], callee.partition("]:")[2] or None
    target = find_end(program, name)
    return FlowQuestion(
        find_end(program, caller), target, find_port(program, target, port), method, path
    )


def _verb(program: Program, who: str, verb: str, words: list[str]) -> VerbQuestion:
    end = find_end(program, who)
    if end.workload is None:
        raise Unanswerable(f"`{who}` is no service of the program; only these are granted anything")
    request = request_of(end.workload.namespace, verb, words, _FORMS)
    return VerbQuestion(end.workload, request, "" if request.path is not None else words[0])
