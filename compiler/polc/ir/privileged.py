"""Grants that amount to more than they say, and what they amount to.

After "Role Based Access Control Good Practices" of kubernetes.io, privilege escalation risks, and
the authorizers' own documentation. `privileged_reason` is asked of every grant, and the report
lists what it says.
"""

from polc.ir.nodes import Grant

_WRITE = frozenset({"create", "update", "patch"})
_CHANGE = _WRITE | {"delete", "deletecollection"}
_READ = frozenset({"get", "list", "watch"})

_VERBS = {
    "escalate": "may write roles with more rights than its own",
    "bind": "may bind roles that it has no rights of",
    "approve": "may approve certificates in other names",
    "sign": "may sign certificates in other names",
    "attest": "may change whose certificates the cluster trusts",
}

_RUNS = "runs any image as any service account of the namespace, with every secret mounted"
_WORKLOADS = (
    *(("", "pods"), ("", "replicationcontrollers"), ("apps", "deployments")),
    *(("apps", "daemonsets"), ("apps", "statefulsets"), ("apps", "replicasets")),
    *(("batch", "jobs"), ("batch", "cronjobs"), ("serving.knative.dev", "services")),
    ("serving.knative.dev", "configurations"),
)
_ENTERS = "runs commands inside pods, with the rights of their service accounts"
_BYPASSES = "reaches every port of them through the API server, past every network rule"
_NODE = "runs commands in every container of a node, even with `get` alone, past admission"
_ADMITS = "sees or changes every object that is admitted, and can switch checks off"
_OPENS = "can open what the network rules of this program close"
_ROLES = "changes who may do what"

_Rule = tuple[frozenset[str] | None, str]
"""Verbs (None: any verb) and what they amount to."""

_RULES: dict[tuple[str, str], tuple[_Rule, ...]] = {
    **dict.fromkeys(((g, r) for g, r in _WORKLOADS), ((_WRITE, _RUNS),)),
    ("", "secrets"): (
        (_READ, "sees the contents of secrets, also with `list` and `watch`"),
        (frozenset({"patch", "update"}), "sees the contents of secrets, and replaces them"),
        (frozenset({"deletecollection"}), "sees the contents of the secrets that it deletes"),
    ),
    ("", "pods/exec"): ((None, _ENTERS),),
    ("", "pods/attach"): ((None, _ENTERS),),
    ("", "pods/ephemeralcontainers"): ((frozenset({"patch", "update"}), _ENTERS),),
    ("", "pods/portforward"): ((None, _BYPASSES),),
    ("", "pods/proxy"): ((None, _BYPASSES),),
    ("", "services/proxy"): ((None, _BYPASSES),),
    ("", "nodes/proxy"): ((None, _NODE),),
    ("", "nodes/checkpoint"): ((None, "dumps the memory of any container of a node"),),
    ("", "serviceaccounts/token"): (
        (frozenset({"create"}), "makes tokens for other service accounts"),
    ),
    ("", "persistentvolumes"): (
        (frozenset({"create"}), "mounts any path of a node, and with it the node's credentials"),
    ),
    ("", "namespaces"): (
        (frozenset({"patch", "update"}), "changes labels, and with them Pod Security and policies"),
    ),
    ("certificates.k8s.io", "certificatesigningrequests"): (
        (frozenset({"create"}), "asks for client certificates in any name"),
    ),
    ("certificates.k8s.io", "certificatesigningrequests/approval"): (
        (frozenset({"patch", "update"}), "approves client certificates in any name"),
    ),
    ("certificates.k8s.io", "certificatesigningrequests/status"): (
        (frozenset({"patch", "update"}), "issues client certificates in any name"),
    ),
    **{
        ("admissionregistration.k8s.io", name): ((_CHANGE, _ADMITS),)
        for name in (
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
            "mutatingwebhookconfigurations",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "validatingwebhookconfigurations",
        )
    },
    ("apiregistration.k8s.io", "apiservices"): (
        (_WRITE, "answers for the API server, and sees the requests and credentials of others"),
    ),
    ("apiextensions.k8s.io", "customresourcedefinitions"): (
        (_WRITE, "changes whole APIs, and with conversion webhooks every object of theirs"),
    ),
    **{
        ("rbac.authorization.k8s.io", name): ((_WRITE, _ROLES),)
        for name in ("clusterrolebindings", "clusterroles", "rolebindings", "roles")
    },
    ("networking.k8s.io", "networkpolicies"): ((_CHANGE, _OPENS),),
    ("security.istio.io", "authorizationpolicies"): ((_CHANGE, _OPENS),),
    ("security.istio.io", "peerauthentications"): ((_CHANGE, _OPENS),),
    ("cilium.io", "ciliumnetworkpolicies"): ((_CHANGE, _OPENS),),
    ("cilium.io", "ciliumclusterwidenetworkpolicies"): ((_CHANGE, _OPENS),),
    ("security.openshift.io", "securitycontextconstraints"): (
        (frozenset({"use"}), "lifts the limits on what its pods may do"),
    ),
}


def privileged_verbs(grant: Grant) -> dict[str, tuple[str, ...]]:
    """Return what a grant amounts to, each with the verbs that do it; usually nothing."""
    rules = _RULES.get((grant.group, _full(grant)), ())
    reasons: dict[str, list[str]] = {}
    for verb in grant.verbs:
        reason = _VERBS.get(verb)
        if verb.partition(":")[0] in ("impersonate", "impersonate-on"):
            reason = "acts in the name of others"
        for verbs, amounts_to in rules:
            if verbs is None or verb in verbs:
                reason = reason or amounts_to
        if reason is not None:
            reasons.setdefault(reason, []).append(verb)
    return {reason: tuple(verbs) for reason, verbs in reasons.items()}


def privileged_reason(grant: Grant) -> str | None:
    """Return what a grant amounts to beyond what it says, or None for an ordinary one."""
    return "; ".join(privileged_verbs(grant)) or None


def _full(grant: Grant) -> str:
    return f"{grant.resource}/{grant.subresource}" if grant.subresource else grant.resource
