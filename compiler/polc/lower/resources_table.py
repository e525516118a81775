"""The resources of the Kubernetes API: groups, scopes and subresources.

From the API server's own discovery documents (kubernetes/kubernetes, `api/discovery`, v1.37) and,
for what only authorizers know, "Authorization" and "Kubelet authentication/authorization" of
kubernetes.io. What is in none of the groups here is taken for a custom resource.
"""

from functools import cache

from attrs import frozen

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
"""What the API server asks for requests to resources."""

# group, then rows: scope (ns or cluster), resource, its short names, its subresources.
_TABLE = """
= core
ns      bindings
cluster componentstatuses         cs
ns      configmaps                cm
ns      endpoints                 ep
ns      events                    ev
ns      limitranges               limits
cluster namespaces                ns      finalize status
cluster nodes                     no      checkpoint configz healthz log metrics pods proxy spec stats status
ns      persistentvolumeclaims    pvc     status
cluster persistentvolumes         pv      status
ns      pods                      po      attach binding ephemeralcontainers eviction exec log portforward proxy resize status
ns      podtemplates
ns      replicationcontrollers    rc      scale status
ns      resourcequotas            quota   status
ns      secrets
ns      serviceaccounts           sa      token
ns      services                  svc     proxy status
cluster users
cluster groups
= admissionregistration.k8s.io
cluster mutatingadmissionpolicies
cluster mutatingadmissionpolicybindings
cluster mutatingwebhookconfigurations
cluster validatingadmissionpolicies       - status
cluster validatingadmissionpolicybindings
cluster validatingwebhookconfigurations
= apiextensions.k8s.io
cluster customresourcedefinitions crd,crds status
= apiregistration.k8s.io
cluster apiservices               -       status
= apps
ns      controllerrevisions
ns      daemonsets                ds      status
ns      deployments               deploy  scale status
ns      replicasets               rs      scale status
ns      statefulsets              sts     scale status
= authentication.k8s.io
cluster selfsubjectreviews
cluster tokenreviews
cluster uids
cluster userextras
= authorization.k8s.io
ns      localsubjectaccessreviews
cluster selfsubjectaccessreviews
cluster selfsubjectrulesreviews
cluster subjectaccessreviews
= autoscaling
ns      horizontalpodautoscalers  hpa     status
= batch
ns      cronjobs                  cj      status
ns      jobs                      -       status
= certificates.k8s.io
cluster certificatesigningrequests csr    approval status
cluster clustertrustbundles
ns      podcertificaterequests    -       status
cluster signers
= checkpoint.k8s.io
ns      podcheckpoints            -       status
= coordination.k8s.io
ns      leasecandidates
ns      leases
= discovery.k8s.io
ns      endpointslices
= events.k8s.io
ns      events                    ev
= flowcontrol.apiserver.k8s.io
cluster flowschemas               -       status
cluster prioritylevelconfigurations -     status
= internal.apiserver.k8s.io
cluster storageversions           -       status
= lifecycle.k8s.io
ns      evictionrequests          -       status
ns      evictions                 -       status
= networking.k8s.io
cluster ingressclasses
ns      ingresses                 ing     status
cluster ipaddresses               ip
ns      networkpolicies           netpol
cluster servicecidrs              -       status
= node.k8s.io
cluster runtimeclasses
= policy
ns      poddisruptionbudgets      pdb     status
= rbac.authorization.k8s.io
cluster clusterrolebindings
cluster clusterroles
ns      rolebindings
ns      roles
= resource.k8s.io
cluster deviceclasses
cluster devicetaintrules          -       status
ns      resourceclaims            -       binding driver status
ns      resourceclaimtemplates
cluster resourcepoolstatusrequests -      status
cluster resourceslices
= scheduling.k8s.io
ns      compositepodgroups        -       status
ns      podgroups                 -       status
cluster priorityclasses           pc
ns      workloads
= storage.k8s.io
cluster csidrivers
cluster csinodes
ns      csistoragecapacities
cluster storageclasses            sc
cluster volumeattachments         -       status
cluster volumeattributesclasses   vac
= storagemigration.k8s.io
cluster storageversionmigrations  -       status
"""  # noqa: E501 - one resource, one row

_FREE = {("authentication.k8s.io", "userextras")}
# Any resource has it: garbage collection asks for `update` of it before an owner is set
# (kubernetes.io, "Admission Controllers", OwnerReferencesPermissionEnforcement).
_EVERYWHERE = ("finalizers",)

_IMPERSONATED = (
    ("", "users"),
    ("", "groups"),
    ("", "serviceaccounts"),
    ("authentication.k8s.io", "uids"),
    ("authentication.k8s.io", "userextras"),
)
_SPECIAL: dict[tuple[str, str], tuple[str, ...]] = {
    ("rbac.authorization.k8s.io", "roles"): ("bind", "escalate"),
    ("rbac.authorization.k8s.io", "clusterroles"): ("bind", "escalate"),
    ("certificates.k8s.io", "signers"): ("approve", "attest", "sign"),
    **dict.fromkeys(_IMPERSONATED, ("impersonate",)),
}
_VIRTUAL = {
    ("", "users"),
    ("", "groups"),
    ("authentication.k8s.io", "uids"),
    ("authentication.k8s.io", "userextras"),
    ("certificates.k8s.io", "signers"),
}
"""Resources that only authorizers know; the API server serves none of them."""

OTHER_VERBS = ("approve", "attest", "bind", "escalate", "impersonate", "sign", "use")
"""Verbs of authorizers and admission plugins."""


@frozen
class Builtin:
    """One resource of the Kubernetes API. The core group is the empty text."""

    group: str
    name: str
    namespaced: bool
    short: tuple[str, ...]
    subresources: tuple[str, ...]

    @property
    def written(self) -> str:
        """The resource as a program names it: `pods`, `deployments.apps`."""
        return f"{self.name}.{self.group}" if self.group else self.name

    @property
    def verbs(self) -> tuple[str, ...]:
        """The verbs that mean something for it."""
        special = _SPECIAL.get((self.group, self.name), ())
        return special if (self.group, self.name) in _VIRTUAL else (*VERBS, *special)

    def has(self, subresource: str) -> bool:
        """Tell whether it has this subresource."""
        known = (*self.subresources, *_EVERYWHERE)
        return subresource in known or (self.group, self.name) in _FREE


@cache
def builtins() -> dict[tuple[str, str], Builtin]:
    """Return all resources by group and name, the core group first."""
    made: dict[tuple[str, str], Builtin] = {}
    group = ""
    for row in _TABLE.strip().splitlines():
        words = row.split()
        if words[0] == "=":
            group = "" if words[1] == "core" else words[1]
            continue
        scope, name, *rest = words
        short = tuple(word for word in rest[:1] if word != "-" for word in word.split(","))
        made[group, name] = Builtin(group, name, scope == "ns", short, tuple(rest[1:]))
    return made


@cache
def groups() -> tuple[str, ...]:
    """Return the groups of the Kubernetes API itself, the core group first."""
    return tuple(dict.fromkeys(group for group, _ in builtins()))


def bare(name: str) -> Builtin | None:
    """Return what `kubectl` takes a name without a group for: the core group goes first."""
    table = builtins()
    return next((table[group, name] for group in groups() if (group, name) in table), None)


@cache
def spellings() -> dict[str, str]:
    """Return what people write instead (`pod`, `Pod`, `po`), each with what is meant."""
    made: dict[str, str] = {}
    for each in reversed(builtins().values()):
        for other in (_singular(each.name), *each.short):
            made[other] = each.name
    return made


def _singular(name: str) -> str:
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("uses", "us"), ("s", "")):
        if name.endswith(ending):
            return name.removesuffix(ending) + replacement
    return name
