"""What the fields that are judged look like: the types of the APIs, as far as the proof reads them.

A shape is a type (`str`, `int`, `bool`; a tuple of them: one of these), a list of one shape, or a
mapping of fields. A field that ends in `!` can't be left out, `""` is every other field. Null is
the same as absent. What has no shape here is either judged by its own reader (NetworkPolicy), or
nothing is read of it.

Sources: k8s.io/api {core,apps,batch,rbac}/v1 types.go, istio.io/api, sigs.k8s.io/gateway-api
apis/v1, knative.dev/serving pkg/apis/serving/v1, kustomize api/types.
"""

from typing import Any

Shape = Any

_TEXTS: Shape = {"": str}
_SELECTOR: Shape = {
    "matchLabels": _TEXTS,
    "matchExpressions": [{"key!": str, "operator!": str, "values": [str]}],
}
_SECCOMP: Shape = {"type": str, "localhostProfile": str}
_SELINUX: Shape = {"": str}
_CONTEXT: Shape = {
    **{"runAsUser": int, "runAsGroup": int, "runAsNonRoot": bool, "privileged": bool},
    **{"allowPrivilegeEscalation": bool, "readOnlyRootFilesystem": bool, "procMount": str},
    **{"seccompProfile": _SECCOMP, "appArmorProfile": _SECCOMP, "seLinuxOptions": _SELINUX},
    "capabilities": {"add": [str], "drop": [str]},
}
_CONTAINER: Shape = {
    **{"name": str, "image": str, "restartPolicy": str, "securityContext": _CONTEXT},
    "ports": [
        {"name": str, "containerPort!": int, "hostPort": int, "protocol": str, "hostIP": str}
    ],
    "volumeMounts": [{"name!": str, "mountPath!": str, "readOnly": bool}],
}
_POD: Shape = {
    **{"serviceAccountName": str, "serviceAccount": str, "automountServiceAccountToken": bool},
    **{"hostNetwork": bool, "hostPID": bool, "hostIPC": bool, "hostUsers": bool},
    "terminationGracePeriodSeconds": int,
    "securityContext": {
        **{"runAsUser": int, "runAsGroup": int, "runAsNonRoot": bool, "fsGroup": int},
        **{"supplementalGroups": [int], "fsGroupChangePolicy": str},
        **{"seccompProfile": _SECCOMP, "appArmorProfile": _SECCOMP, "seLinuxOptions": _SELINUX},
        "sysctls": [{"name!": str, "value!": str}],
    },
    "volumes": [{"name!": str, "": {}}],
    **{key: [_CONTAINER] for key in ("containers", "initContainers", "ephemeralContainers")},
}
META: Shape = {"name": str, "namespace": str, "labels": _TEXTS, "annotations": _TEXTS}
_TEMPLATE: Shape = {"metadata": META, "spec": _POD}
_MAKER: Shape = {"spec!": {"template!": _TEMPLATE, "selector": {}}}
_BACKEND: Shape = {
    **{"group": str, "kind": str, "name!": str, "namespace": str, "port": int, "weight": int},
}
_PARENT: Shape = {
    **{"group": str, "kind": str, "name!": str, "namespace": str, "port": int},
    "sectionName": str,
}
_DESTINATION: Shape = {"host!": str, "subset": str, "port": {"number": int}}
_ROUTE: Shape = {
    **{"name": str, "match": [{}]},
    "route": [{"destination!": _DESTINATION, "weight": int}],
}
_ROLE: Shape = {
    "rules": [{"": [str]}],
    "aggregationRule": {"clusterRoleSelectors": [_SELECTOR]},
}
_BINDING: Shape = {
    "roleRef!": {"apiGroup": str, "kind!": str, "name!": str},
    "subjects": [{"kind!": str, "name!": str, "namespace": str, "apiGroup": str}],
}
_REPLACEMENT: Shape = {
    "source!": _TEXTS,
    "targets!": [{"select!": _TEXTS, "fieldPaths!": [str], "options": {"": bool}}],
}
_CORE, _APPS, _BATCH = "", "apps", "batch"
_RBAC, _GATEWAY = "rbac.authorization.k8s.io", "gateway.networking.k8s.io"
_KUSTOMIZE = "kustomize.config.k8s.io"
_SECURITY, _ISTIO = "security.istio.io", "networking.istio.io"

SHAPES: dict[tuple[str, str], Shape] = {
    (_CORE, "Namespace"): {},
    (_CORE, "Pod"): {"spec!": _POD},
    (_CORE, "PodTemplate"): {"template": _TEMPLATE},
    (_CORE, "ReplicationController"): _MAKER,
    (_CORE, "Secret"): {"type": str},
    (_CORE, "Service"): {
        "spec": {
            "selector": _TEXTS,
            "ports": [
                {
                    **{"name": str, "port!": int, "targetPort": (int, str), "protocol": str},
                    "appProtocol": str,
                }
            ],
        }
    },
    (_CORE, "ServiceAccount"): {"automountServiceAccountToken": bool, "secrets": [{}]},
    **{(_APPS, kind): _MAKER for kind in ("Deployment", "StatefulSet", "DaemonSet")},
    (_APPS, "ReplicaSet"): {"spec": {"template": _TEMPLATE}},
    (_BATCH, "Job"): _MAKER,
    (_BATCH, "CronJob"): {"spec!": {"jobTemplate!": _MAKER}},
    ("serving.knative.dev", "Service"): {
        "spec": {
            "template": _TEMPLATE,
            "traffic": [
                {"revisionName": str, "latestRevision": bool, "percent": int, "tag": str},
            ],
        }
    },
    ("networking.k8s.io", "NetworkPolicy"): {},
    **{(_RBAC, kind): _ROLE for kind in ("Role", "ClusterRole")},
    **{(_RBAC, kind): _BINDING for kind in ("RoleBinding", "ClusterRoleBinding")},
    (_SECURITY, "AuthorizationPolicy"): {
        "spec": {
            **{"selector": {"matchLabels": _TEXTS}, "action": str, "provider": {"name": str}},
            **{"targetRef": _PARENT, "targetRefs": [_PARENT]},
            "rules": [
                {
                    "from": [{"source": {"": [str]}}],
                    "to": [{"operation": {"": [str]}}],
                    "when": [{"key!": str, "values": [str], "notValues": [str]}],
                }
            ],
        }
    },
    (_SECURITY, "PeerAuthentication"): {
        "spec": {
            **{"selector": {"matchLabels": _TEXTS}, "mtls": {"mode": str}},
            "portLevelMtls": {"": {"mode": str}},
        }
    },
    (_ISTIO, "VirtualService"): {
        "spec!": {
            **{"hosts!": [str], "gateways": [str], "exportTo": [str]},
            **{key: [_ROUTE] for key in ("http", "tls", "tcp")},
        }
    },
    (_ISTIO, "DestinationRule"): {
        "spec!": {"host!": str, "subsets": [{"name!": str, "labels": _TEXTS}], "exportTo": [str]}
    },
    (_GATEWAY, "Gateway"): {
        "spec!": {
            "gatewayClassName!": str,
            "listeners!": [{"name!": str, "port!": int, "protocol!": str, "hostname": str}],
        }
    },
    **{
        (_GATEWAY, kind): {
            "spec!": {
                **{"parentRefs": [_PARENT], "hostnames": [str]},
                "rules": [{"matches": [{}], "filters": [{}], "backendRefs": [_BACKEND]}],
            }
        }
        for kind in ("HTTPRoute", "GRPCRoute")
    },
    ("", "PatchTransformer"): {"patch!": str, "target": _TEXTS},
    ("", "ReplacementTransformer"): {"replacements!": [_REPLACEMENT]},
    (_KUSTOMIZE, "Kustomization"): {"resources": [str], "bases": [str]},
    (_KUSTOMIZE, "Component"): {
        **{"resources": [str], "transformers": [str], "replacements": [_REPLACEMENT]},
        "patches": [{"path": str, "patch": str, "target": _TEXTS, "options": {"": bool}}],
    },
    ("polc", "PodHardening"): {
        "spec!": {
            **{"securityContext": _CONTEXT, "marks": _TEXTS, "keep": str, "hostPort": int},
            "volumeMounts": {"": {"name!": str, "mountPath!": str}},
        }
    },
}
"""By API group and kind. (Transformers of Kustomize have the API version `builtin`.)"""

VERSIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((_CORE, _APPS, _BATCH, "serving.knative.dev"), ("v1",)),
    _SECURITY: ("v1", "v1beta1"),
    _ISTIO: ("v1", "v1beta1", "v1alpha3"),
    _GATEWAY: ("v1", "v1beta1", "v1alpha2"),
}
"""The versions of a group in which its kinds with a shape are served, or were of late.

Of network policies and roles, their readers tell it.
"""

NAMED: dict[str, frozenset[str]] = {}
"""The kinds that have a shape, by API group."""
for _group, _kind in SHAPES:
    NAMED[_group] = NAMED.get(_group, frozenset()) | {_kind}

OTHER_KINDS: dict[str, tuple[str, ...]] = {
    _CORE: (
        *("Binding", "ComponentStatus", "ConfigMap", "Endpoints", "Event", "LimitRange", "Node"),
        *("PersistentVolume", "PersistentVolumeClaim", "ResourceQuota"),
    ),
    _APPS: ("ControllerRevision",),
    _BATCH: (),
    "networking.k8s.io": ("Ingress", "IngressClass", "IPAddress", "ServiceCIDR"),
    _RBAC: (),
    _SECURITY: ("RequestAuthentication",),
    _ISTIO: (
        *("EnvoyFilter", "Gateway", "ProxyConfig", "ServiceEntry", "Sidecar", "WorkloadEntry"),
        "WorkloadGroup",
    ),
}
"""The kinds without a shape of the groups that can't have others than these."""
