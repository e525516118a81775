"""Words that people bring from elsewhere: what polc has instead, by the block they are written in.

From the manifests of Kubernetes (API reference v1.33: PodSpec, Service, NetworkPolicy), Compose
files, Terraform, Dockerfiles and firewalls. A word counts however it is spelt: `livenessProbe`,
`liveness_probe` and `liveness-probe` are one.
"""

from collections.abc import Mapping

_MANIFEST = "a policy says nothing of it: it stays in the manifest of the workload"
_DENIED = "what is not allowed is denied: there is no statement for it"
_FLOWS = "`allow from …` admits callers, `allow to …` lets this service call"
_GRANTS = "write `can VERBS RESOURCES`, or `has role NAME`"
_LIMITS = "write `resources { cpu 100m..500m  memory 128Mi..256Mi }`: the request, then the limit"
_HARDENING = "write `harden PROFILE`; what differs from it stands in `run { … }`"
_NO_CODE = "there are no variables: `group`, `role` and `profile` give names to what is shared"
_NO_MANIFEST = "a policy is no manifest: declare `service NAME { … }`"


def _all(help: str, words: str) -> dict[str, str]:
    return dict.fromkeys(words.split(), help)


_IN_SERVICE = {
    **_all(
        _MANIFEST,
        "affinity annotations apiversion args configmaps configs container containers deploy "
        "dnspolicy entrypoint env environment envfile envfrom envvars hostname "
        "imagepullpolicy imagepullsecrets initcontainers lifecycle logging metadata nodeselector "
        "priorityclassname restart restartpolicy secret secrets sidecar sidecars spec strategy "
        "template tolerations topologyspreadconstraints type variables configmap clusterip",
    ),
    **_all(
        'volumes stay in your manifest; a path to write to is `run { writes "/data" }`',
        "emptydir mount mounts persistence pvc storage tmpfs volume volumemounts volumes",
    ),
    **_all(
        "your manifest says how many; with `workload knative` write `scale 2..5`",
        "autoscale autoscaling hpa instances maxreplicas minreplicas replicas scaling",
    ),
    **_all(
        'write `select { app: "…" }`',
        "label labels matchlabels podlabels podselector selector selectors",
    ),
    **_all(
        "write `port web 8080 http`, one statement for each port",
        "containerport expose listen nodeport ports targetport",
    ),
    **_all(
        "the CronJob itself says when; here write `workload cronjob NAME`",
        "cron cronschedule every schedule",
    ),
    **{
        kind: f"write `workload {kind} NAME`"
        for kind in ("cronjob", "daemonset", "deployment", "job", "knative", "statefulset")
    },
    **_all("write `workload deployment NAME`", "kind"),
    **_all(
        'write `probe live GET "/healthz" on PORT`',
        "health healthcheck healthz live liveness livenessprobe probes",
    ),
    **_all('write `probe ready GET "/readyz" on PORT`', "readiness readinessprobe ready readyz"),
    **_all('write `probe startup GET "/healthz" on PORT`', "startup startupprobe"),
    **_all('write `account "NAME"`', "identity serviceaccount serviceaccountname"),
    **_all(_LIMITS, "limits mem requests"),
    **_all(
        _HARDENING,
        "allowprivilegeescalation capabilities capadd capdrop hostipc hostnetwork hostpid "
        "hostports podsecuritycontext privileged readonly readonlyrootfilesystem runasgroup "
        "runasnonroot runasuser seccomp seccompprofile security securitycontext sysctls",
    ),
    **_all(
        "what stands here is enforced, or the build fails: there is no statement for it",
        "enforce must require",
    ),
    **_all("write `allow from …`", "from inbound incoming ingress"),
    **_all(
        "write `allow to …`",
        "call calls connect connects depends dependson egress links needs outbound outgoing "
        "requires to upstream upstreams",
    ),
    **_all(
        "nothing passes but what `allow` says: there are no networks to join", "network networks"
    ),
    **_all(_FLOWS, "accept grant networkpolicies networkpolicy open permit policy rule rules"),
    **_all(_DENIED, "block deny disallow drop forbid refuse reject"),
    **_all(_GRANTS, "clusterrole clusterroles permissions rbac rolebinding roles verbs"),
    **_all(
        "flows inside a mesh are mutual TLS: there is no statement for it",
        "encrypt encryption mtls peerauthentication tls",
    ),
    **_all(
        "addresses outside of the cluster are an `endpoint NAME { cidr … }` beside the service",
        "address addresses blocks cidr cidrs external ip ips",
    ),
    **_all(
        "write `rollout { v1 90%  v2 10% }`",
        "bluegreen canary split subsets traffic weight weights",
    ),
    **_all('write `build { base "…"  app "/…"  command ["…"] }`', "dockerfile"),
    **_all('write it in the namespace: `namespace NAME { owner "…" }`', "owner team"),
    **_all("the name stands behind `service`: `service NAME { … }`", "name"),
}
_IN_RUN = {
    **_all("write `user 10001`", "runasuser uid"),
    **_all("write `group 10001`", "gid runasgroup"),
    **_all("write `fs-group 10001`", "supplementalgroups"),
    **{
        field.replace("-", ""): f'write `relax {field} because "…"`'
        for field in ("host-ipc", "host-network", "host-pid", "host-ports", "privileged")
    },
    **_all('write `relax privilege-escalation because "…"`', "allowprivilegeescalation"),
    **_all('write `relax read-only-root because "…"`', "readonly readonlyrootfilesystem"),
    **_all('write `relax run-as-non-root because "…"`', "root runasnonroot runasroot"),
    **_all('write `relax seccomp because "…"`', "seccomp seccompprofile"),
    **_all(
        'write `capability NET_BIND_SERVICE because "…"`',
        "add allow cap capabilities capadd caps",
    ),
    **_all("all capabilities are dropped; `capability NAME` keeps one", "capdrop drop"),
    **_all(
        'write `writes "/data"`',
        "emptydir mount mounts tmpfs volume volumemounts volumes writable write",
    ),
    **_all(_MANIFEST, "args entrypoint env sysctls"),
}
_IN_BUILD = {
    **_all('write `base "IMAGE"`', "from image"),
    **_all('write `command ["…"]`', "args cmd entrypoint exec start"),
    **_all('write `app "/PATH"`', "add copy workdir workingdir"),
    **_all('write `install ["…"]`', "run setup"),
    **_all("the port stands in the service: `port web 8080 http`", "expose port"),
    **_all("the user stands in the service: `run { user 10001 }`", "user"),
    **_all(_MANIFEST, "arg env label labels volume"),
}
_IN_ENDPOINT = {
    **_all(
        "write `cidr 203.0.113.0/24`",
        "address addresses block blocks cidrs ip ipblock ips range ranges subnet",
    ),
    **_all(
        'write `host "api.example.com"`', "dns domain domains externalname fqdn hostname hosts url"
    ),
    **_all("write `port https 443 tls`", "ports"),
    **_all("who may call it says so in its own service: `allow to NAME`", "allow"),
    **_all("pods of the cluster are a `service` or an `extern service`", "select selector"),
}
_IN_CLUSTER = {
    **_all("write `mesh istio sidecar` or `mesh istio ambient`", "ambient istio sidecar"),
    **_all("write `cni kubernetes` or `cni cilium`", "calico cilium network networking plugin"),
    **_all('write `trust-domain "cluster.local"`', "domain trustdomain"),
    **_all("write `api-server 10.0.0.1/32 port 6443`", "apiserver server"),
    **_all("write `internal 10.0.0.0/8`", "cidr cidrs podcidr servicecidr"),
}
_IN_NAMESPACE = {
    **_all("polc writes the labels of the namespace itself", "annotations label labels"),
    **_all('write `owner "team-…"`', "team"),
    **_all("write `harden restricted`", "level podsecurity profile security"),
}
_IN_RESOURCES = {
    **_all("write `cpu 100m..500m`: the request, then the limit", "limit limits request requests"),
    **_all(_MANIFEST, "claims disk ephemeralstorage gpu pids storage"),
}
_IN_STOP = _all(
    "write `grace 30s`", "graceperiod prestop seconds terminationgraceperiodseconds timeout wait"
)
_IN_GATEWAY = {
    **_all('host names stand at the flow: `allow from internet via NAME host "…"`', "host hosts"),
    **_all("the Gateway object says so itself; `uses` names it", "certificate listeners tls"),
}
_IN_EXTERN = {
    **_all(
        "others run it: who calls it, or is called by it, says so in its own service",
        "allow can has",
    ),
    **_all("write `extern service NAME in NAMESPACE { … }`", "namespace"),
}
_OUTSIDE = {
    **_all(_NO_MANIFEST, "apiversion kind metadata services spec"),
    **_all(
        _NO_CODE,
        "const data def define each for foreach function if let local locals macro output "
        "provider resource set template terraform var variable",
    ),
    **_all("a file is brought in by `import`", "module require source use using"),
    **_all(
        "write `allow from …` and `allow to …` inside of `service NAME { … }`",
        "authorizationpolicy networkpolicy policy rule rules",
    ),
    **_all(_DENIED, "block deny disallow drop forbid reject"),
}
BY_BLOCK: Mapping[str | None, Mapping[str, str]] = {
    None: _OUTSIDE,
    "service": _IN_SERVICE,
    "run": _IN_RUN,
    "profile": _IN_RUN,
    "build": _IN_BUILD,
    "endpoint": _IN_ENDPOINT,
    "cluster": _IN_CLUSTER,
    "namespace": _IN_NAMESPACE,
    "resources": _IN_RESOURCES,
    "stop": _IN_STOP,
    "gateway": _IN_GATEWAY,
    "extern": _IN_EXTERN,
}
"""By the word of a block; None is outside of all."""


def instead(word: str, block: str | None) -> str | None:
    """Say what to write for a word that a block does not have; None where nothing is known."""
    known = BY_BLOCK.get(block)
    return known.get(word.replace("-", "").replace("_", "").lower()) if known else None
