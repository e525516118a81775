"""No container of a pod gets looser than its manifest because another one needs it.

Components are applied to a pod with a container for each thing that one can do without, or not ask
for, while it asks for all the rest. None of them may come out with more than it had.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from polc.codes.proof import NOT_AS_HARDENED
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Security, Workload
from polc.semantics.objects.values import items, mapping
from polc.semantics.pods.freedoms import freedoms, looser
from polc.semantics.workloads.templates import Template
from polc.verify.pods.worst import BAD_CONTEXT, LISTS

Sample = Mapping[str, Any]
_FIELDS = frozenset(
    ("drop-capabilities", "privilege-escalation", "privileged", "read-only-root", "seccomp")
)
"""What is relaxed for a container; all else is the pod's."""
_DROPS: tuple[dict[str, Any], ...] = (
    {"drop": ["ALL"]},
    {"drop": ["NET_RAW"]},
    {"add": ["ALL"], "drop": ["NET_RAW"]},
)
_CHANGES: tuple[dict[str, Any], ...] = (
    {"privileged": False},
    {"privileged": None},
    {"privileged": False, "allowPrivilegeEscalation": False},
    {"readOnlyRootFilesystem": True},
    {"runAsNonRoot": True, "runAsUser": None},
    {"runAsUser": 65532, "runAsNonRoot": None},
    {"seccompProfile": {"type": "RuntimeDefault"}},
    {"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}},
    *({"privileged": None, "capabilities": each} for each in _DROPS),
)
_OTHERS: tuple[dict[str, Any], ...] = ({}, {"procMount": "Default"})


def samples(security: Security) -> tuple[Sample, ...]:
    """Return containers for a pod; none where no container is given anything to ask for."""
    names = [each.name for each in security.capabilities]
    if not (names or security.user == 0 or security.relaxes & _FIELDS):
        return ()
    changes = list(_CHANGES)
    for name in names:
        others = [each for each in names if each != name]
        changes.append({"privileged": None, "capabilities": {"add": others}})
        changes.append({"privileged": None, "capabilities": {"add": others, "drop": [name]}})
    contexts = [_without_none({**BAD_CONTEXT, **change}) for change in changes]
    return tuple(
        {"name": f"sample-{number}", "securityContext": context}
        for number, context in enumerate((*contexts, *_OTHERS))
    )


def _without_none(context: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in context.items() if value is not None}


def kept_as_hard(
    template: Template, workload: Workload, given: Sequence[Sample]
) -> Iterator[Diagnostic]:
    """Report what a sample may do after the components, and could not do before."""
    before = {each["name"]: freedoms(each["securityContext"], {}) for each in given}
    before["bare"] = freedoms({}, {})
    pod = mapping(template.spec.get("securityContext"))
    told: set[str] = set()
    for _, container in template.containers() if given else ():
        had = before.get(container.get("name"))
        if had is not None:
            after = freedoms(mapping(container.get("securityContext")), pod)
            told |= set(looser(after, had))
    if told:
        names = ", ".join(f"`{each}`" for each in sorted(told))
        yield Diagnostic(
            NOT_AS_HARDENED,
            f"containers of `{workload.key}` get what their manifest does not ask for, because"
            f" another one needs it: {names}",
            template.found.span(),
            (Label(workload.security.span, f"what the program says of `{workload.key}`"),),
            "build the component anew: it gives what is relaxed to the containers that ask for it",
        )


def without(template: Template, given: Sequence[Sample]) -> Template:
    """Return a pod without the samples."""
    names = {each["name"] for each in given}
    spec = dict(template.spec)
    for field in LISTS:
        spec[field] = [
            each for each in items(spec.get(field)) if mapping(each).get("name") not in names
        ]
    return Template(template.found, template.keys, {**template.body, "spec": spec})
