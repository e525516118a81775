"""Rights on the Kubernetes API that amount to more than they say, and what they amount to.

One table for what programs declare (`polc.ir.privileged`) and for what objects give
(`polc.semantics.rbac.powers`). Sources: "Role Based Access Control Good Practices" (kubernetes.io),
the authorizers' and admission plugins' own documentation, KEP-5284 (constrained impersonation); of
custom resources (`polc.powers.custom`) the documentation of their controllers.
"""

from collections.abc import Iterator
from itertools import count
from typing import Literal

from attrs import field, frozen

from polc.powers.custom import DEPLOYERS, MAKERS, MESH, READERS, ROUTES, WALLS

Verbs = frozenset[str]
WRITE = frozenset({"create", "update", "patch"})
CHANGE = WRITE | {"delete", "deletecollection"}
_UPDATE = frozenset({"update", "patch"})
_CREATE = frozenset({"create"})
_READ = frozenset({"get", "list", "watch"})


_ranks = count()


@frozen(eq=False)
class Power:
    """What some rights amount to: who has them `amounts_to`, and so can `short`.

    `fix` says what else to grant, `asks` whether a program must or should give a reason, or need
    not. They are told in the order in which they stand here.
    """

    amounts_to: str
    short: str
    fix: str = ""
    asks: Literal["must", "should", ""] = "must"
    rank: int = field(factory=lambda: next(_ranks), init=False, repr=False)


ALL_POWERS = Power(
    "does everything that the API offers, as `cluster-admin` does",
    "do everything that the API offers",
    "write out what it needs",
)
IMPERSONATES = Power(
    "acts in the name of others", "act in the name of others", "name whom, in `resourceNames`"
)
_ESCALATES = Power(
    "may write roles with more rights than its own",
    "write roles beyond its own rights",
    "leave `escalate` out",
)
_BINDS = Power(
    "may bind roles that it has no rights of",
    "bind roles beyond its own rights",
    "name the roles that it may bind, in `resourceNames`",
)
_ONE_NAMESPACE = "give it in the namespaces that are meant, by a Role"
_ROLES = Power("changes who may do what", "change who may do what", _ONE_NAMESPACE)
_APPROVES = Power("may approve certificates in other names", "approve certificates in other names")
_NARROW = "name the secrets in `resourceNames`, with `get` alone, in a Role of their namespace"
_SEES = "read secrets"
SECRETS = Power("sees the contents of secrets, also with `list` and `watch`", _SEES, _NARROW)
_REPLACES = Power("sees the contents of secrets, and replaces them", "replace secrets", _NARROW)
_DELETES = Power("sees the contents of the secrets that it deletes", _SEES, _NARROW)

RUNS = Power(
    "runs any image as any service account of the namespace, with every secret mounted",
    "run any image as any service account",
    _ONE_NAMESPACE,
)
_ENTERS = Power(
    "runs commands inside pods, with the rights of their service accounts",
    "run commands inside pods",
    _ONE_NAMESPACE,
)
_BYPASSES = Power(
    "reaches every port of them through the API server, past every network rule",
    "reach every port of pods past every network rule",
    "let it call them over the network, and leave this out",
)
_NODE = Power(
    "runs commands in every container of a node, even with `get` alone, past admission",
    "run commands in every container of a node",
    "grant `nodes/metrics`, `nodes/stats`, `nodes/log` or `nodes/healthz` if it only reads those",
)
_DUMPS = Power("dumps the memory of any container of a node", "dump the memory of containers")
_TOKENS = Power(
    "makes tokens for other service accounts",
    "make tokens for other service accounts",
    "name the accounts in `resourceNames`, in a Role of their namespace",
)
_MOUNTS = Power(
    "mounts any path of a node, and with it the node's credentials",
    "mount any path of a node",
    "have a storage class make the volumes",
)
_RUNS_FOR = Power(
    "has their controller make pods of its choice, as any service account of the namespace",
    "have a controller make pods as any service account",
    _ONE_NAMESPACE,
    asks="should",
)
_DEPLOYS = Power(
    "has their controller create whatever it says, with that controller's own rights",
    "have a controller create objects with its own rights",
    _ONE_NAMESPACE,
    asks="should",
)
_READS_FOR = Power(
    "has their controller read secrets, and put what it finds elsewhere",
    "have a controller read secrets and copy them",
    "grant it where such secrets may be read, in a Role of that namespace",
    asks="should",
)
_LABELS = Power(
    "changes labels, and with them Pod Security and policies",
    "change the labels that Pod Security and policies go by",
    "name the namespaces in `resourceNames`",
)
_ASKS = Power("asks for client certificates in any name", "ask for certificates in any name")
_APPROVES_ANY = Power("approves client certificates in any name", _APPROVES.short)
_ISSUES = Power("issues client certificates in any name", "issue certificates in any name")
_ADMITS = Power(
    "sees or changes every object that is admitted, and can switch checks off",
    "change what is admitted",
    "name its own in `resourceNames`, with `get`, `update` and `patch`",
)
_ANSWERS = Power(
    "answers for the API server, and sees the requests and credentials of others",
    "answer for the API server",
    "name its own in `resourceNames`, with `get`, `update` and `patch`",
)
_REDEFINES = Power(
    "changes whole APIs, and with conversion webhooks every object of theirs",
    "change whole APIs",
    "name its own in `resourceNames`, with `get`, `update` and `patch`",
)
_SIGNS = Power("may sign certificates in other names", "sign certificates in other names")
_ATTESTS = Power(
    "may change whose certificates the cluster trusts", "change whom the cluster trusts"
)
_USES = Power("lifts the limits on what its pods may do", "lift the limits on what its pods may do")
_OPENS = Power(
    "can open what the network rules of this program close",
    "open what network rules close",
    _ONE_NAMESPACE,
)
_MESHES = Power(
    "changes what proxies of the mesh send, take and trust",
    "change what the proxies of the mesh do",
    _ONE_NAMESPACE,
    asks="should",
)
_REROUTES = Power(
    "sends requests from outside to where it likes, under names of others",
    "send requests from outside elsewhere",
    _ONE_NAMESPACE,
    asks="should",
)
_REDIRECTS = Power(
    "has Services send to addresses of its choice, and so reads the traffic of others",
    "send the traffic of Services elsewhere",
    _ONE_NAMESPACE,
    asks="should",
)
_READY = Power(
    "changes addresses and readiness of pods, and so where Services send their traffic",
    "send the traffic of Services elsewhere",
    _ONE_NAMESPACE,
    asks="should",
)
_PLACES = Power(
    "puts pods on any node, past what keeps them apart", "put pods on any node", asks="should"
)
_NODES = Power(
    "draws pods to nodes of its choice, or drives them away",
    "draw pods to nodes of its choice",
    "name the nodes in `resourceNames`",
    asks="should",
)
_EVICTS = Power("stops pods of others", "stop pods", _ONE_NAMESPACE, asks="")

VERB_POWERS = {
    "escalate": _ESCALATES,
    "bind": _BINDS,
    "approve": _APPROVES,
    "sign": _SIGNS,
    "attest": _ATTESTS,
}
"""Verbs that amount to something whatever a program grants them on."""

_Rule = tuple[Verbs | None, Power]
"""Verbs (None: any verb) and what they amount to."""

_RBAC, _CERTIFICATES = "rbac.authorization.k8s.io", "certificates.k8s.io"
_WORKLOADS = (
    *(("", "pods"), ("", "replicationcontrollers"), ("apps", "deployments")),
    *(("apps", "daemonsets"), ("apps", "statefulsets"), ("apps", "replicasets")),
    *(("batch", "jobs"), ("batch", "cronjobs"), ("serving.knative.dev", "services")),
    ("serving.knative.dev", "configurations"),
)
_ADMISSION = (
    *("mutatingadmissionpolicies", "mutatingadmissionpolicybindings"),
    *("mutatingwebhookconfigurations", "validatingadmissionpolicies"),
    *("validatingadmissionpolicybindings", "validatingwebhookconfigurations"),
)


def _each(table: dict[str, str], *rules: _Rule) -> dict[tuple[str, str], tuple[_Rule, ...]]:
    return {(group, name): rules for group, names in table.items() for name in names.split()}


RULES: dict[tuple[str, str], tuple[_Rule, ...]] = {
    **_each(MAKERS, (WRITE, _RUNS_FOR)),
    **_each(DEPLOYERS, (WRITE, _DEPLOYS)),
    **_each(READERS, (WRITE, _READS_FOR)),
    **_each(WALLS, (CHANGE, _OPENS)),
    **_each(MESH, (CHANGE, _MESHES)),
    **_each(ROUTES, (WRITE, _REROUTES)),
    **dict.fromkeys(_WORKLOADS, ((WRITE, RUNS),)),
    ("", "secrets"): (
        (_READ, SECRETS),
        (_UPDATE, _REPLACES),
        (frozenset({"deletecollection"}), _DELETES),
    ),
    ("", "pods/exec"): ((None, _ENTERS),),
    ("", "pods/attach"): ((None, _ENTERS),),
    ("", "pods/ephemeralcontainers"): ((_UPDATE, _ENTERS),),
    ("", "pods/portforward"): ((None, _BYPASSES),),
    ("", "pods/proxy"): ((None, _BYPASSES),),
    ("", "services/proxy"): ((None, _BYPASSES),),
    ("", "pods/status"): ((_UPDATE, _READY),),
    ("", "pods/binding"): ((_CREATE, _PLACES),),
    ("", "bindings"): ((_CREATE, _PLACES),),
    ("", "pods/eviction"): ((_CREATE, _EVICTS),),
    ("", "endpoints"): ((WRITE, _REDIRECTS),),
    ("discovery.k8s.io", "endpointslices"): ((WRITE, _REDIRECTS),),
    ("", "services/status"): ((_UPDATE, _REDIRECTS),),
    ("", "nodes"): ((CHANGE, _NODES),),
    ("", "nodes/status"): ((_UPDATE, _NODES),),
    ("", "nodes/proxy"): ((None, _NODE),),
    ("", "nodes/checkpoint"): ((None, _DUMPS),),
    ("", "serviceaccounts/token"): ((_CREATE, _TOKENS),),
    ("", "persistentvolumes"): ((_CREATE, _MOUNTS),),
    ("", "namespaces"): ((_UPDATE, _LABELS),),
    (_CERTIFICATES, "certificatesigningrequests"): ((_CREATE, _ASKS),),
    (_CERTIFICATES, "certificatesigningrequests/approval"): ((_UPDATE, _APPROVES_ANY),),
    (_CERTIFICATES, "certificatesigningrequests/status"): ((_UPDATE, _ISSUES),),
    (_CERTIFICATES, "clustertrustbundles"): ((WRITE, _ATTESTS),),
    **{("admissionregistration.k8s.io", name): ((CHANGE, _ADMITS),) for name in _ADMISSION},
    ("apiregistration.k8s.io", "apiservices"): ((WRITE, _ANSWERS),),
    ("apiextensions.k8s.io", "customresourcedefinitions"): ((WRITE, _REDEFINES),),
    **{
        (_RBAC, name): ((WRITE, _ROLES),)
        for name in ("clusterrolebindings", "clusterroles", "rolebindings", "roles")
    },
    ("security.openshift.io", "securitycontextconstraints"): (
        (frozenset({"use"}), _USES),
        (WRITE, _USES),
    ),
}

SPECIAL: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("escalate", _RBAC, ("roles", "clusterroles")),
    ("bind", _RBAC, ("roles", "clusterroles")),
    ("approve", _CERTIFICATES, ("signers",)),
    ("sign", _CERTIFICATES, ("signers",)),
    ("attest", _CERTIFICATES, ("signers",)),
    ("impersonate", "", ("users", "groups", "serviceaccounts")),
    ("impersonate", "authentication.k8s.io", ("userextras", "uids", "users", "groups", "nodes")),
)
"""What the verbs of `VERB_POWERS`, and impersonation, are asked of by the API server."""


def impersonates(verb: str) -> bool:
    """Tell whether a verb is one of impersonation: also of a kind, or for one verb only."""
    return verb.partition(":")[0] in ("impersonate", "impersonate-on")


def powers(verb: str, group: str, resource: str) -> Iterator[Power]:
    """Yield what one verb on one resource (`pods`, `pods/exec`) amounts to; mostly nothing."""
    if verb in VERB_POWERS:
        yield VERB_POWERS[verb]
    if impersonates(verb):
        yield IMPERSONATES
    for verbs, power in RULES.get((group, resource), ()):
        if verbs is None or verb in verbs:
            yield power
