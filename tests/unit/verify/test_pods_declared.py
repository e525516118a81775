"""Pods of the input are held to what the program names, not to a level of Pod Security."""

import pytest

from unit.verify.with_workloads import deployment, findings, messages

POLICY = """
cluster c {{ mesh none cni kubernetes }}
namespace shop
service api {{ select {{ app: "api" }}  port http 8080 http  {more} }}
"""
PLAIN = POLICY.format(more="")
POD = (
    "serviceAccountName: api, automountServiceAccountToken: false, securityContext: {runAsNonRoot:"
    " true, runAsUser: 10001, runAsGroup: 10001, seccompProfile: {type: RuntimeDefault}},"
)
CONTEXT = (
    "runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, allowPrivilegeEscalation: false,"
    " readOnlyRootFilesystem: true, capabilities: {drop: [ALL]%s}"
)


def hard(volume: str = "", mount: str = "", more: str = "", add: str = "", **rest: str) -> str:
    """Return a hardened Deployment with a volume and a mount, or with something in a container."""
    context = CONTEXT % (f", add: [{add}]" if add else "")
    mounts = f"volumeMounts: [{{name: v, {mount}}}]," if mount else ""
    container = (
        f"containers: [{{name: c, image: i, {mounts} {more} securityContext: {{{context}}}}}]"
    )
    volumes = f", volumes: [{{name: v, {volume}}}]" if volume else ""
    return deployment(pod=f"{POD} {container}{volumes}", **rest)


def said(policy: str, app: str) -> list[str]:
    """Return what is said of pods; the namespace is another matter."""
    found = findings(policy, app, ("pods",))
    return [f"{each.code.id} {each.message}" for each in found if each.code.id != "POL963"]


def test_a_pod_that_is_as_declared_has_no_findings() -> None:
    assert said(PLAIN, hard()) == []


# --- volumes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("volume", "what"),
    [
        ("persistentVolumeClaim: {claimName: x}", "a persistent volume"),
        ("emptyDir: {}", "an `emptyDir`"),
        ("emptyDir: {medium: Memory}", "an `emptyDir`"),
        ("ephemeral: {volumeClaimTemplate: {spec: {}}}", "a persistent volume of its own"),
        ("csi: {driver: x.example.com}", "a volume `csi`"),
    ],
)
def test_a_writable_mount_has_to_be_named(volume: str, what: str) -> None:
    (one,) = said(PLAIN, hard(volume, "mountPath: /data"))
    assert one.startswith("POL968 ")
    assert f"container `c` can write to `/data`, {what}" in one
    named = POLICY.format(more='run { writes "/data" }')
    assert said(named, hard(volume, "mountPath: /data")) == []
    assert said(named, hard(volume, "mountPath: /data/deep")) == []
    assert len(said(named, hard(volume, "mountPath: /database"))) == 1


@pytest.mark.parametrize(
    ("volume", "mount"),
    [
        ("persistentVolumeClaim: {claimName: x}", "mountPath: /data, readOnly: true"),
        ("persistentVolumeClaim: {claimName: x, readOnly: true}", "mountPath: /data"),
        ("configMap: {name: x}", "mountPath: /data"),
        ("secret: {secretName: x}", "mountPath: /data"),
        ("downwardAPI: {items: []}", "mountPath: /data"),
        ("projected: {sources: [{configMap: {name: x}}]}", "mountPath: /data"),
        ("emptyDir: {}", "mountPath: /tmp"),
    ],
)
def test_what_nobody_can_write_to_needs_no_name(volume: str, mount: str) -> None:
    assert said(PLAIN, hard(volume, mount)) == []


def test_a_block_device_has_to_be_named() -> None:
    device = "volumeDevices: [{name: v, devicePath: /dev/xvda}],"
    app = hard("persistentVolumeClaim: {claimName: x}", more=device)
    (one,) = said(PLAIN, app)
    assert "POL968" in one
    assert "block device `/dev/xvda`" in one


def test_the_claims_of_a_stateful_set_are_volumes() -> None:
    app = hard(mount="mountPath: /data", kind="StatefulSet").replace(
        "spec:\n", "spec:\n  volumeClaimTemplates: [{metadata: {name: v}, spec: {}}]\n", 1
    )
    policy = POLICY.format(more="workload statefulset api")
    (one,) = said(policy, app)
    assert "can write to `/data`, a persistent volume" in one


def test_scratch_space_is_no_more_than_a_root_that_may_be_written_to() -> None:
    policy = POLICY.format(more='run { relax read-only-root because "legacy" }')
    assert said(policy, hard("emptyDir: {}", "mountPath: /cache")) == []
    assert len(said(policy, hard("persistentVolumeClaim: {claimName: x}", "mountPath: /c"))) == 1


@pytest.mark.parametrize("path", ["/", "/var/log"])
def test_paths_of_the_node_are_not_declared_by_a_level(path: str) -> None:
    policy = POLICY.format(more="harden privileged")
    app = hard(f"hostPath: {{path: {path}}}", "mountPath: /host, readOnly: true")
    (one,) = said(policy, app)
    assert "POL968" in one
    assert f"is the path `{path}` of the node" in one
    (one,) = said(PLAIN, app)
    assert one.startswith("POL960 ")


# --- capabilities and tokens ----------------------------------------------------------------------


def test_a_capability_that_pod_security_admits_has_to_be_named() -> None:
    (one,) = said(PLAIN, hard(add="NET_BIND_SERVICE"))
    assert "POL961" in one
    assert "it adds the capability `NET_BIND_SERVICE`, which is not declared" in one
    named = POLICY.format(more='run { capability NET_BIND_SERVICE because "its image wants it" }')
    assert said(named, hard(add="NET_BIND_SERVICE")) == []


SECRET = (
    "apiVersion: v1\nkind: Secret\ntype: {}\nmetadata: {{name: t, namespace: shop, annotations:"
    " {{kubernetes.io/service-account.name: admin}}}}\n"
)
TOKEN = SECRET.format("kubernetes.io/service-account-token")


@pytest.mark.parametrize(
    ("volume", "more"),
    [
        ("secret: {secretName: t}", ""),
        ("projected: {sources: [{secret: {name: t}}]}", ""),
        ("", "env: [{name: T, valueFrom: {secretKeyRef: {name: t, key: token}}}],"),
        ("", "envFrom: [{secretRef: {name: t}}],"),
    ],
)
def test_a_token_out_of_a_secret_is_a_token(volume: str, more: str) -> None:
    (one,) = said(PLAIN, hard(volume, more=more) + TOKEN)
    assert "POL953" in one
    assert "a token of the service account `admin` out of a Secret" in one
    assert said(PLAIN, hard(volume, more=more) + SECRET.format("Opaque")) == []


# --- Windows --------------------------------------------------------------------------------------


def windows(context: str, container: str = "") -> str:
    pod = (
        "os: {name: windows}, serviceAccountName: api, automountServiceAccountToken: false,"
        f" securityContext: {{{context}}}, containers: [{{name: c, image: i, securityContext:"
        f" {{{container}}}}}]"
    )
    return deployment(pod=pod)


def test_a_pod_of_windows_is_hardened_by_what_windows_has() -> None:
    assert said(PLAIN, windows("runAsNonRoot: true")) == []


@pytest.mark.parametrize(
    ("context", "container"),
    [
        ("runAsNonRoot: true, runAsUser: 10001", ""),
        ("runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}", ""),
        ("runAsNonRoot: true, fsGroup: 1", ""),
        ("runAsNonRoot: true", "capabilities: {drop: [ALL]}"),
        ("runAsNonRoot: true", "readOnlyRootFilesystem: true"),
        ("runAsNonRoot: true", "allowPrivilegeEscalation: false"),
    ],
)
def test_no_field_of_linux_stands_on_a_pod_of_windows(context: str, container: str) -> None:
    (one,) = said(PLAIN, windows(context, container))
    assert one.startswith("POL972 ")
    assert "the API server refuses fields of Linux on a pod of Windows" in one


@pytest.mark.parametrize(
    ("context", "code"),
    [
        ("", "POL960"),
        ("runAsNonRoot: true, windowsOptions: {runAsUserName: ContainerAdministrator}", "POL961"),
        ("runAsNonRoot: true, windowsOptions: {hostProcess: true}", "POL960"),
    ],
)
def test_a_pod_of_windows_needs_its_own_hardening(context: str, code: str) -> None:
    assert [each[:6] for each in said(PLAIN, windows(context))] == [code]


# --- who wears which labels -----------------------------------------------------------------------

META = "apiVersion: {}\nkind: {}\nmetadata: {{name: {}, namespace: shop{}}}\n"


def worn(policy: str, *apps: str) -> list[str]:
    return messages(findings(policy, "---\n".join(apps), ("pods",)), "POL969")


def test_pods_that_wear_the_labels_of_a_service_are_found() -> None:
    (one,) = worn(PLAIN, deployment(), deployment(called="debug"))
    assert one.startswith("Deployment `shop/debug` makes pods with the labels of `shop/api`")
    (one,) = worn(PLAIN, deployment(called="debug", kind="DaemonSet"))
    assert "DaemonSet `shop/debug`" in one


def test_a_service_may_have_pods_of_any_object_with_its_name() -> None:
    assert worn(PLAIN, deployment()) == []
    assert worn(POLICY.format(more="workload deployment other"), deployment(called="other")) == []
    assert len(worn(POLICY.format(more="workload deployment other"), deployment())) == 1


def test_versions_are_the_services_own() -> None:
    rollout = "rollout { v1 90% v2 10% }"
    policy = POLICY.format(more=rollout).replace("mesh none", "mesh istio sidecar")
    apps = [
        deployment(called=f"api-{each}", labels=f"app: api, version: {each}")
        for each in ("v1", "v2")
    ]
    assert worn(policy, *apps) == []
    assert len(worn(policy, *apps, deployment(called="x", labels="app: api, version: v9"))) == 1


POD_OF = META.format("v1", "Pod", "api-5f7c-x2x", ", labels: {app: api}, ownerReferences: [OWNER]")


@pytest.mark.parametrize(
    ("kind", "name", "fits"),
    [("ReplicaSet", "api-5f7c", True), ("ReplicaSet", "evil-5f7c", False), ("Job", "api", True)],
)
def test_pods_of_a_live_cluster_are_their_owners(kind: str, name: str, fits: bool) -> None:
    owner = f"{{kind: {kind}, name: {name}, controller: true, apiVersion: x, uid: x}}"
    pod = POD_OF.replace("OWNER", owner) + "spec: {containers: [{name: c, image: i}]}\n"
    assert (worn(PLAIN, pod) == []) is fits


# --- labels that controllers add ------------------------------------------------------------------


def made(kind: str, name: str = "x", spec: str = "", version: str = "batch/v1") -> str:
    pod = "template: {metadata: {labels: {team: a}}, spec: {containers: [{name: c, image: i}]}}"
    if kind == "CronJob":
        pod = f"jobTemplate: {{spec: {{{pod}}}}}"
    return META.format(version, kind, name, "") + f"spec: {{{spec} {pod}}}\n"


KNATIVE = "serving.knative.dev/v1"


@pytest.mark.parametrize(
    ("label", "app", "known"),
    [
        ("job-name: x", made("Job"), True),
        ("batch.kubernetes.io/job-name: x", made("Job"), True),
        ("batch.kubernetes.io/job-name: y", made("Job"), False),
        ("batch.kubernetes.io/job-name: x-29123", made("CronJob"), True),
        ("batch.kubernetes.io/job-name: x", made("CronJob"), False),
        ("batch.kubernetes.io/job-completion-index: '0'", made("Job"), True),
        ("pod-template-hash: 5f7c9", made("Deployment", version="apps/v1"), True),
        ("pod-template-hash: 5f7c9", made("DaemonSet", version="apps/v1"), False),
        ("pod-template-generation: '2'", made("DaemonSet", version="apps/v1"), True),
        ("apps.kubernetes.io/pod-index: '0'", made("StatefulSet", version="apps/v1"), True),
        ("statefulset.kubernetes.io/pod-name: x-0", made("StatefulSet", version="apps/v1"), True),
        ("statefulset.kubernetes.io/pod-name: y-0", made("StatefulSet", version="apps/v1"), False),
        ("serving.knative.dev/service: x", made("Service", version=KNATIVE), True),
        ("serving.knative.dev/revision: x-00001", made("Service", version=KNATIVE), True),
        ("serving.knative.dev/revision: y-00001", made("Service", version=KNATIVE), False),
        ("rollouts-pod-template-hash: a1", made("Rollout", version="argoproj.io/v1"), True),
    ],
)
def test_labels_of_controllers_count(label: str, app: str, known: bool) -> None:
    key, _, value = label.rpartition(": ")
    wanted = f'"{key}": "{value.strip(chr(39))}"'
    policy = PLAIN.replace('app: "api"', wanted)
    found = messages(findings(policy, app, ("pods",)), "POL962")
    assert (found == []) is known, found


def test_each_pod_of_a_set_has_to_be_declared() -> None:
    policy = PLAIN.replace('app: "api"', '"statefulset.kubernetes.io/pod-name": "x-0"')
    app = made("StatefulSet", spec="replicas: 2,", version="apps/v1")
    (one,) = messages(findings(policy, app, ("pods",)), "POL962")
    assert "makes the pod `x-1` that no service of the program selects" in one


# --- who else makes pods --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("kubevirt.io/v1", "VirtualMachine"),
        ("monitoring.coreos.com/v1", "Prometheus"),
        ("postgresql.cnpg.io/v1", "Cluster"),
        ("tekton.dev/v1", "PipelineRun"),
    ],
)
def test_pods_of_operators_are_a_gap(version: str, kind: str) -> None:
    theirs = META.format(version, kind, "x", "") + "spec: {}\n"
    (one,) = messages(findings(PLAIN, hard() + theirs, ("pods",)), "POL903")
    assert one.startswith(f"{kind} `shop/x` makes pods in its own way")
    elsewhere = theirs.replace("namespace: shop", "namespace: other")
    assert messages(findings(PLAIN, hard() + elsewhere, ("pods",)), "POL903") == []
