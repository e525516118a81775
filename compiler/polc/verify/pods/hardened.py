"""Compares one pod template with what the program says of the service: no looser, no less."""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.codes.proof import (
    BELOW_STANDARD,
    NEEDLESS_TOKEN,
    NO_ACCOUNT,
    NOT_AS_HARDENED,
    NOT_FOR_WINDOWS,
    UNDECLARED_MOUNT,
)
from polc.diagnostics import Code, Diagnostic, Label
from polc.ir.nodes import Level, Workload
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.pods.standards import Breach, Path, breaches
from polc.semantics.workloads.templates import Template
from polc.source import Span
from polc.verify.pods.mounts import undeclared_mounts
from polc.verify.pods.tokens import Secrets, mounts_token, projected_tokens, secret_tokens
from polc.verify.pods.windows import administrators, is_windows, linux_fields

_RELAXES = {
    "allowPrivilegeEscalation": "privilege-escalation",
    "capabilities.drop": "drop-capabilities",
    "hostIPC": "host-ipc",
    "hostNetwork": "host-network",
    "hostPID": "host-pid",
    "hostPorts": "host-ports",
    "privileged": "privileged",
    "runAsNonRoot": "run-as-non-root",
    "seccompProfile": "seccomp",
}
"""Check (or field of the host) by the name under which a program relaxes it."""
_LEVELS = (Level.RESTRICTED, Level.BASELINE, Level.PRIVILEGED)
_OWN_ID = 10001
"""User and group of containers that are not root in a pod that is."""
_ADMITTED = "NET_BIND_SERVICE"
"""The one capability that Pod Security (restricted) admits."""
NONE: Secrets = {}


def compare_pod(
    template: Template, workload: Workload, account: Found | None, secrets: Secrets = NONE
) -> Iterator[Diagnostic]:
    """Report where pods are looser, or can do less, than the program says.

    `account` is the service account of the workload, if it is in the input, and `secrets` are those
    that hold tokens.
    """
    for breach in breaches(template, Level.RESTRICTED):
        if not _declared(breach, workload):
            yield _finding(BELOW_STANDARD, template, workload, breach.path, breach.message)
    if is_windows(template):
        yield from _windows(template, workload)
    else:
        yield from _users(template, workload)
        yield from _file_systems(template, workload)
        yield from _pod_context(template, workload)
        yield from _capabilities(template, workload)
    yield from _mounts(template, workload)
    yield from _account(template, workload)
    yield from _token(template, workload, account, secrets)


def _declared(breach: Breach, workload: Workload) -> bool:
    """Tell whether the program permits what Pod Security (restricted) forbids."""
    security = workload.security
    if breach.check == "capabilities":
        return breach.name in {each.name for each in security.capabilities}
    if breach.check == "runAsUser":
        return security.user == 0
    if breach.check == "allowPrivilegeEscalation" and "privileged" in security.relaxes:
        return True  # the API server refuses one without the other
    name = _RELAXES.get(breach.name if breach.check == "hostNamespaces" else breach.check)
    if name is not None:
        return name in security.relaxes
    return _LEVELS.index(breach.level) < _LEVELS.index(security.level)


def _users(template: Template, workload: Workload) -> Iterator[Diagnostic]:
    """Check the numbers under which every container runs; a container's own go first."""
    pod = mapping(template.spec.get("securityContext"))
    wanted = {"runAsUser": workload.security.user, "runAsGroup": workload.security.group}
    for path, container in template.containers():
        own = mapping(container.get("securityContext"))
        if workload.security.user == 0 and _is_strict(own, wanted):
            continue
        for field, number in wanted.items():
            has = own.get(field) if own.get(field) is not None else pod.get(field)
            if has is None:
                message = f"`{field}` is not set, so that the image chooses"
            elif has != number:
                message = f"`{field}` is {has}; the program says {number}"
            else:
                continue
            at = (*path, "securityContext", field)
            yield _finding(NOT_AS_HARDENED, template, workload, at, message)


def _is_strict(own: Mapping[str, Any], wanted: Mapping[str, int]) -> bool:
    """Tell whether a container of a pod that is root has not asked to be."""
    return (
        own.get("runAsNonRoot") is True
        and own.get("runAsUser") == _OWN_ID
        and own.get("runAsGroup") == (wanted["runAsGroup"] or _OWN_ID)
    )


def _file_systems(template: Template, workload: Workload) -> Iterator[Diagnostic]:
    if "read-only-root" in workload.security.relaxes:
        return
    for path, container in template.containers():
        context = mapping(container.get("securityContext"))
        if context.get("readOnlyRootFilesystem") is not True:
            at = (*path, "securityContext", "readOnlyRootFilesystem")
            message = "the root file system can be written to"
            yield _finding(NOT_AS_HARDENED, template, workload, at, message)


def _pod_context(template: Template, workload: Workload) -> Iterator[Diagnostic]:
    """Check groups that the program does not declare, and the sysctl that it needs."""
    context = mapping(template.spec.get("securityContext"))
    security = workload.security
    if items(context.get("supplementalGroups")):
        at: Path = ("securityContext", "supplementalGroups")
        yield _finding(NOT_AS_HARDENED, template, workload, at, "it is in further groups")
    group = security.group if security.fs_group is None else security.fs_group
    if context.get("fsGroup") not in (None, group):
        message = f"`fsGroup` is {context['fsGroup']}; the program says {group}"
        yield _finding(NOT_AS_HARDENED, template, workload, ("securityContext", "fsGroup"), message)
    sysctl = "net.ipv4.ip_unprivileged_port_start"
    said = {
        mapping(each).get("name"): str(mapping(each).get("value"))
        for each in items(context.get("sysctls"))
    }
    start = security.unprivileged_port_start
    if start is None or "host-network" in security.relaxes or template.is_knative:
        return
    if said.get(sysctl) != str(start):
        message = f"it can't bind its port: the sysctl `{sysctl}` is not {start}"
        yield _finding(NOT_AS_HARDENED, template, workload, ("securityContext", "sysctls"), message)


def _capabilities(template: Template, workload: Workload) -> Iterator[Diagnostic]:
    """Check that declared capabilities are there, and no others that Pod Security admits."""
    declared = {each.name for each in workload.security.capabilities}
    added: set[str] = set()
    for path, container in template.containers():
        context = mapping(container.get("securityContext"))
        names = items(mapping(context.get("capabilities")).get("add"))
        added.update(names)
        for index, name in enumerate(names):
            if name == _ADMITTED and name not in declared:
                at: Path = (*path, "securityContext", "capabilities", "add", index)
                message = f"it adds the capability `{name}`, which is not declared"
                advice = f'take it away, or write `run {{ capability {name} because "…" }}`'
                yield _finding(NOT_AS_HARDENED, template, workload, at, message, advice=advice)
    for capability in workload.security.capabilities:
        if capability.name not in added:
            message = f"no container has the capability `{capability.name}`, which is declared"
            advice = "the container that needs it has to add it in its own manifest"
            yield _finding(
                *(NOT_AS_HARDENED, template, workload, ("containers",), message, capability.span),
                advice=advice,
            )


def _mounts(template: Template, workload: Workload) -> Iterator[Diagnostic]:
    for path, message, advice in undeclared_mounts(template, workload):
        yield _finding(UNDECLARED_MOUNT, template, workload, path, message, advice=advice)


def _windows(template: Template, workload: Workload) -> Iterator[Diagnostic]:
    """Check pods of Windows, whose containers have no use for what Linux hardens."""
    fields = list(linux_fields(template))
    if fields:
        names = ", ".join(f"`{template.path(*each)}`" for each in fields)
        message = f"the API server refuses fields of Linux on a pod of Windows: {names}"
        yield _finding(NOT_FOR_WINDOWS, template, workload, fields[0], message)
    if "run-as-non-root" not in workload.security.relaxes:
        for path in administrators(template):
            message = "it runs as the administrator of its container"
            yield _finding(NOT_AS_HARDENED, template, workload, path, message)


def _account(template: Template, workload: Workload) -> Iterator[Diagnostic]:
    """Check whose account it is: API privileges and the mesh's identity hang on it."""
    spec = template.spec
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    if name != workload.account:
        message = f"it runs as the service account `{name}`, not `{workload.account}`"
        yield _finding(NOT_AS_HARDENED, template, workload, ("serviceAccountName",), message)


def _token(
    template: Template, workload: Workload, account: Found | None, secrets: Secrets
) -> Iterator[Diagnostic]:
    """Check who gets a token, and whose it is."""
    mounts = mounts_token(template, account)
    at: Path = ("automountServiceAccountToken",)
    for path, owner in secret_tokens(template, secrets):
        if not workload.needs_token or owner != workload.account:
            message = f"it gets a token of the service account `{owner}` out of a Secret"
            yield _finding(NEEDLESS_TOKEN, template, workload, path, message)
    if mounts and not workload.needs_token:
        message = "it gets a token for the Kubernetes API, and has no privileges there"
        yield _finding(NEEDLESS_TOKEN, template, workload, at, message)
    if not mounts and workload.needs_token:
        message = "it gets no token for the Kubernetes API, which it may use"
        yield _finding(NO_ACCOUNT, template, workload, at, message, workload.grants[0].span)
    if workload.needs_token:
        return
    for path in projected_tokens(template.spec):
        message = "it mounts a token for the Kubernetes API, and has no privileges there"
        yield _finding(NEEDLESS_TOKEN, template, workload, path, message)


def _finding(
    code: Code,
    template: Template,
    workload: Workload,
    path: Path,
    message: str,
    span: Span | None = None,
    *,
    advice: str = "",
) -> Diagnostic:
    return Diagnostic(
        code,
        f"{template.title}: `{template.path(*path)}`: {message}",
        template.found.span(*template.keys, "spec", *path),
        labels=(
            Label(span or workload.security.span, f"what the program says of `{workload.key}`"),
        ),
        help=f"a pod of `{workload.key}` is made from this; {advice or _ADVICE[code.id]}",
    )


_ADVICE = {
    BELOW_STANDARD.id: "add the component `hardening` that polc writes, or declare it with `relax`",
    NOT_AS_HARDENED.id: "add the component `hardening` that polc writes for it",
    NOT_FOR_WINDOWS.id: "take them away: on Windows `runAsNonRoot`, `windowsOptions`, its account"
    " and its token are what hardens a pod",
    NEEDLESS_TOKEN.id: "set `automountServiceAccountToken: false`",
    NO_ACCOUNT.id: "set `automountServiceAccountToken: true`",
}
