"""Privileges and pods of two folders, and objects whose meaning nobody compares."""

import pytest

from diffing import compare, told
from polc.diff.objects.side import Side
from polc.semantics.objects.reading import read_files

SUBJECT = "{kind: ServiceAccount, name: api, namespace: shop}"
RBAC = "rbac.authorization.k8s.io"


def role(rules: str, kind: str = "Role") -> str:
    where = ", namespace: shop" if kind == "Role" else ""
    return f"""
apiVersion: {RBAC}/v1
kind: {kind}
metadata: {{name: r{where}}}
rules: [{rules}]
---
"""


def bound(name: str = "r", kind: str = "Role", to: str = SUBJECT, where: str = "Role") -> str:
    space = ", namespace: shop" if where == "Role" else ""
    return f"""
apiVersion: {RBAC}/v1
kind: {where}Binding
metadata: {{name: b{space}}}
roleRef: {{apiGroup: {RBAC}, kind: {kind}, name: {name}}}
subjects: [{to}]
---
"""


PODS = '{apiGroups: [""], resources: [pods], verbs: [get, list]}'
MORE = '{apiGroups: [""], resources: [pods, secrets], verbs: [get, list, watch]}'


def test_requests_that_are_new() -> None:
    assert told(role(PODS) + bound(), role(MORE) + bound()) == [
        "+ shop/api can get, list secrets in shop",
        "+ shop/api can watch pods, secrets in shop",
    ]
    wide = role(PODS, "ClusterRole") + bound(kind="ClusterRole", where="ClusterRole")
    assert told(role(PODS) + bound(), wide) == [
        "+ shop/api can get, list pods in every namespace but shop"
    ]


@pytest.mark.parametrize(
    ("groups", "resources", "words"),
    [
        ("'*'", "'*/finalizers'", "finalizers of every resource of every API group"),
        ("apps", "'*/scale'", "scale of every resource of apps"),
        ("apps, extensions", "deployments/scale", "deployments/scale of apps, extensions"),
        ("apps", "deployments/scale", "deployments.apps/scale"),
        ("''", "'*'", "every resource of the core group"),
    ],
)
def test_resources_and_what_is_below_them(groups: str, resources: str, words: str) -> None:
    rules = f"{{apiGroups: [{groups}], resources: [{resources}], verbs: [update]}}"
    assert told("", role(rules) + bound()) == [f"+ shop/api can update {words} in shop"]


def test_names_and_paths() -> None:
    named = PODS.replace("verbs", "resourceNames: [a], verbs")
    assert told(role(named) + bound(), role(PODS) + bound()) == [
        '+ shop/api can get, list pods named anything but "a" in shop'
    ]
    paths = role('{nonResourceURLs: ["/metrics"], verbs: [get]}', "ClusterRole")
    assert told("", paths + bound(kind="ClusterRole", where="ClusterRole")) == [
        '+ shop/api can get path "/metrics"'
    ]


def test_stars_read_as_people_say_them() -> None:
    everything = role('{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}')
    assert told(role(PODS) + bound(), everything + bound()) == [
        "+ shop/api can do anything with every resource of every API group in shop"
    ]


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("{kind: Group, name: 'system:authenticated', apiGroup: %s}", "group system:authenticated"),
        ("{kind: Group, name: 'system:serviceaccounts', apiGroup: %s}", "every service account"),
        (
            "{kind: Group, name: 'system:serviceaccounts:shop', apiGroup: %s}",
            "every service account of shop",
        ),
        ("{kind: User, name: jane, apiGroup: %s}", "user jane"),
        ("{kind: User, name: 'system:serviceaccount:shop:api', apiGroup: %s}", "shop/api"),
    ],
)
def test_whoever_is_bound(to: str, name: str) -> None:
    assert told("", role(PODS) + bound(to=to % RBAC)) == [f"+ {name} can get, list pods in shop"]


def test_what_a_group_gives_its_members_is_not_new_to_them() -> None:
    group = bound(to=f"{{kind: Group, name: 'system:serviceaccounts', apiGroup: {RBAC}}}")
    assert told(role(PODS) + group, role(PODS) + bound()) == [
        "- every service account can get, list pods in shop"
    ]


def test_roles_that_are_not_there() -> None:
    edit = bound("edit", "ClusterRole")
    assert told(edit, edit) == []
    (open_end,) = compare("", edit).left_open
    assert open_end.message == "RoleBinding `b`: the cluster role `edit` is not in the input"


# --- pods ---------------------------------------------------------------------------------------

HARD = (
    "{serviceAccountName: api, automountServiceAccountToken: false,"
    " securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}},"
    " containers: [{name: main, image: x, securityContext: {allowPrivilegeEscalation: false,"
    " readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}}]}"
)


def pod(spec: str = HARD, annotations: str = "") -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: api, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: api}}}}
  template: {{metadata: {{labels: {{app: api}}, annotations: {{{annotations}}}}}, spec: {spec}}}
---
"""


@pytest.mark.parametrize(
    ("old", "new", "gains"),
    [
        ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false",
         ["may write its root file system (main)"]),
        ("automountServiceAccountToken: false", "automountServiceAccountToken: true",
         ["gets a token for the Kubernetes API"]),
        ("runAsNonRoot: true", "runAsNonRoot: true, supplementalGroups: [0]",
         ["is in the group 0"]),
        ("drop: [ALL]", "drop: [ALL], add: [NET_ADMIN]",
         ["is beyond baseline: capability NET_ADMIN is added (main)"]),
        ("{serviceAccountName", "{hostNetwork: true, serviceAccountName",
         ["is beyond baseline: hostNetwork shares the node's"]),
        ("serviceAccountName: api", "serviceAccountName: admin",
         ["runs as the service account shop/admin"]),
    ],
)  # fmt: skip
def test_what_pods_newly_may(old: str, new: str, gains: list[str]) -> None:
    found = told(pod(), pod(HARD.replace(old, new)))
    assert [each for each in found if each.startswith("+")] == [
        f"+ Deployment shop/api {gain}" for gain in gains
    ]


def test_who_may_write_the_root_may_write_every_folder() -> None:
    mounted = HARD.replace(
        "image: x", "image: x, volumeMounts: [{name: data, mountPath: /data}]"
    ).replace("{serviceAccountName", "{volumes: [{name: data, emptyDir: {}}], serviceAccountName")
    assert told(pod(), pod(mounted)) == ["+ Deployment shop/api may write /data (main)"]
    root = HARD.replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    assert told(pod(mounted), pod(root)) == [
        "+ Deployment shop/api may write its root file system (main)"
    ]


def test_a_pod_that_is_new_is_told_by_what_it_may() -> None:
    assert told("", pod()) == []
    assert "+ Deployment shop/api is beyond restricted: runAsNonRoot is not set (main)" in told(
        "", pod("{containers: [{name: main, image: x}]}")
    )


def test_connections_past_the_sidecar() -> None:
    around = 'traffic.sidecar.istio.io/excludeInboundPorts: "8080"'
    assert told(pod(), pod(annotations=around)) == [
        f"+ Deployment shop/api leads connections past the sidecar ({around.replace(chr(34), '')})"
    ]


def test_the_level_of_a_namespace() -> None:
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop%s}\n---\n"
    label = ", labels: {pod-security.kubernetes.io/enforce: %s}"
    strict = space % (label % "restricted")
    assert told(strict, space % (label % "baseline")) == [
        "+ namespace shop admits pods of level baseline"
    ]
    assert told(strict, space % "") == ["+ namespace shop admits pods of level privileged"]
    assert told(strict, "") == ["+ namespace shop admits pods of level privileged"]


# --- what is not compared -----------------------------------------------------------------------


def thing(kind: str, group: str, value: int, metadata: str = "") -> str:
    version = f"{group}/v1" if group else "v1"
    return f"""
apiVersion: {version}
kind: {kind}
metadata: {{name: x, namespace: shop{metadata}}}
spec: {{a: {value}}}
---
"""


@pytest.mark.parametrize(
    ("kind", "group"),
    [
        ("EnvoyFilter", "networking.istio.io"),
        ("ServiceEntry", "networking.istio.io"),
        ("GRPCRoute", "gateway.networking.k8s.io"),
        ("Anything", "example.com"),
    ],
)
def test_kinds_that_may_permit_anything(kind: str, group: str) -> None:
    one, other = thing(kind, group, 1), thing(kind, group, 2)
    assert told(one, one) == []
    for sides in ((one, other), (one, ""), ("", one)):
        (open_end,) = compare(*sides).left_open
        assert open_end.message == f"{kind} `shop/x` differs, and what it permits is not compared"
        assert str(open_end.severity) == "error"


@pytest.mark.parametrize(
    ("kind", "group"),
    [("ConfigMap", ""), ("PodDisruptionBudget", "policy"), ("Certificate", "cert-manager.io")],
)
def test_kinds_that_permit_nothing(kind: str, group: str) -> None:
    assert told(thing(kind, group, 1), thing(kind, group, 2)) == []


def test_what_a_cluster_notes_on_an_object_is_no_difference() -> None:
    noted = thing("EnvoyFilter", "networking.istio.io", 1, ", uid: x, generation: 7")
    assert told(thing("EnvoyFilter", "networking.istio.io", 1), noted) == []


def test_the_identity_of_an_account_in_a_cloud() -> None:
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: shop%s}\n---\n"
    cloud = account % ", annotations: {eks.amazonaws.com/role-arn: x}"
    (open_end,) = compare(account % "", cloud).left_open
    assert "what its account in a cloud may do is not compared" in open_end.message
    assert told(account % "", account % ", annotations: {note: x}") == []


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\nspec: {%s}\n"


def side(*texts: str) -> Side:
    """Return objects as a side, also two of one name."""
    return Side(read_files({f"{at}.yaml": text for at, text in enumerate(texts)})[0])


@pytest.mark.parametrize(
    "other",
    [
        "selector: {app: api}, type: NodePort, ports: [{port: 80}]",
        "selector: {app: api, tier: one}, ports: [{port: 80, targetPort: 8080}]",
        "selector: {app: api}, ports: [{port: 9090}]",
    ],
)
def test_two_of_one_name_are_no_change_of_themselves(other: str) -> None:
    twice = [SERVICE % "selector: {app: api}, ports: [{port: 80}]", SERVICE % other]
    for texts in (twice, twice[::-1]):
        assert not compare(side(*texts), side(*texts)).changes


def test_of_two_of_one_name_the_last_is_compared() -> None:
    one, other = (SERVICE % "ports: [{port: 80}]", SERVICE % "ports: [{port: 80}], type: NodePort")
    assert compare(side(one), side(one, other)).changes
    assert not compare(side(one), side(other, one)).changes
