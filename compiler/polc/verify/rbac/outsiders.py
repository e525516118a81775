"""Who else may do something in the program's namespaces: accounts of others, and everybody.

A RoleBinding in a namespace of the program is the program's to declare, and it declares privileges
for its own services only. A ClusterRoleBinding of others is theirs, except that what it gives to
everybody, be it without credentials, it gives in these namespaces as well.

Sources: kubernetes.io, "Using RBAC Authorization" (the groups `system:unauthenticated`,
`system:authenticated` and `system:serviceaccounts`, and the default cluster roles), and
"Authenticating" (the user `system:anonymous`).
"""

from collections.abc import Container, Iterator

from polc.codes.proof import FOREIGN_PRIVILEGE, NOT_DECIDED
from polc.diagnostics import Diagnostic, Label
from polc.ir.nodes import Program
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.rbac.bindings import (
    Account,
    Gap,
    Rbac,
    SubjectKey,
    canonical,
    in_words,
    role_key,
    subject_key,
)
from polc.semantics.rbac.privileges import EVERYONE

_PUBLIC = {
    ("User", "system:anonymous"): "anybody without credentials",
    ("Group", "system:unauthenticated"): "anybody without credentials",
    ("Group", "system:authenticated"): "every user and service account",
    ("Group", "system:serviceaccounts"): "every service account of the cluster",
}
_BUILT_IN = frozenset(
    {
        *("system:basic-user", "system:discovery", "system:public-info-viewer"),
        "system:service-account-issuer-discovery",
    }
)
"""Cluster roles of every cluster that give no more than `EVERYONE` holds."""
_GROUP = "system:serviceaccounts:"


def outsiders(rbac: Rbac, program: Program) -> Iterator[Diagnostic]:
    """Report what bindings give to those whom the program does not own, where it would count.

    Accounts and everybody are violations; what users and other groups may do is not decided, since
    the program has no words for people.
    """
    spaces = {namespace.name: namespace.span for namespace in program.namespaces}
    for binding in rbac.bindings:
        local = binding.kind == "RoleBinding"
        if local and binding.namespace not in spaces:
            continue
        labels = (
            (Label(spaces[binding.namespace], "the program owns this namespace"),) if local else ()
        )
        for index, subject in enumerate(items(binding.body.get("subjects"))):
            key = subject_key(mapping(subject), binding)
            who = key and (_PUBLIC.get((key[0], key[2])) or (local and _outsider(key, spaces)))
            what = key and who and _given(rbac, binding, key)
            if not key or not who or not what:
                continue
            place = binding.span("subjects", index)
            title = f"{binding.kind} `{binding.name}`"
            if who == in_words(key) and key[0] != "ServiceAccount":
                yield Diagnostic(
                    NOT_DECIDED,
                    f"who {who} is, whom {title} lets do {what}, is not decided",
                    place,
                    labels,
                    "verify the objects without it, and judge what people may do by other means",
                )
                continue
            yield Diagnostic(
                FOREIGN_PRIVILEGE,
                f"{who} may do {what}; nothing in the program declares it",
                place,
                labels,
                f"permitted by {title}: take the subject out of it",
            )


def strangers_gaps(rbac: Rbac, owned: Container[str], known: Container[Account]) -> Iterator[Gap]:
    """Yield what can't be decided of accounts in owned namespaces that no service has."""
    for account in rbac.accounts():
        if account[0] in owned and account not in known:
            yield from rbac.granted(*account)[1]


def _outsider(key: SubjectKey, owned: Container[str]) -> str | None:
    """Return in words whom a subject means, unless that is somebody of an owned namespace."""
    subject = canonical(key)
    kind, namespace, name = subject
    if kind == "Group" and name.startswith(_GROUP):
        namespace = name.removeprefix(_GROUP)
        return None if namespace in owned else f"every service account of `{namespace}`"
    if kind == "ServiceAccount" and namespace in owned:
        return None
    return in_words(subject)


def _given(rbac: Rbac, binding: Found, key: SubjectKey) -> str | None:
    """Return in words something that a binding gives beyond what everybody has anyway."""
    entries, gaps = rbac.given(binding, in_words(key))
    for entry in entries:
        if extra := entry.access - EVERYONE:
            return str(extra.sample())
    where, name = role_key(binding)
    if gaps and not (where is None and name in _BUILT_IN):
        return f"what is not known, because {gaps[0].reason}"
    return None
