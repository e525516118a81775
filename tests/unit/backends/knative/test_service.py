"""The Knative Service that a workload becomes."""

from typing import Any

import pytest
from attrs import evolve

from oracles import crds
from polc.backend import Feature, KubernetesObject
from polc.ir.nodes import Grant, Probe, Resources, Rollout, Workload
from polc_backends.knative import BACKEND
from polc_backends.knative.volumes import volume_names
from unit.backends.knative.programs import (
    IMAGE,
    from_anyone,
    from_gateway,
    port,
    program,
    relaxation,
    security,
    workload,
)


def bodies(*workloads: Workload, flows: tuple[Any, ...] = ()) -> list[Any]:
    artifacts, found = BACKEND.emit(program(*workloads, flows=flows))
    assert found == ()
    assert all(isinstance(each, KubernetesObject) for each in artifacts)
    return [each.body for each in artifacts if isinstance(each, KubernetesObject)]


def pod_spec(**changes: Any) -> Any:
    (body,) = bodies(workload(**changes))
    return body["spec"]["template"]["spec"]


def container(**changes: Any) -> Any:
    return pod_spec(**changes)["containers"][0]


THUMBNAILS = {
    "apiVersion": "serving.knative.dev/v1",
    "kind": "Service",
    "metadata": {
        "name": "thumbnails",
        "namespace": "backend",
        "labels": {
            "app.kubernetes.io/managed-by": "polc",
            "networking.knative.dev/visibility": "cluster-local",
        },
    },
    "spec": {
        "template": {
            "metadata": {
                "annotations": {
                    "autoscaling.knative.dev/min-scale": "0",
                    "autoscaling.knative.dev/max-scale": "20",
                }
            },
            "spec": {
                "serviceAccountName": "thumbnails",
                "automountServiceAccountToken": False,
                "containerConcurrency": 80,
                "timeoutSeconds": 30,
                "containers": [
                    {
                        "image": IMAGE,
                        "ports": [{"name": "http1", "containerPort": 8080, "protocol": "TCP"}],
                        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
                        "resources": {
                            "requests": {"cpu": "100m", "memory": "128Mi"},
                            "limits": {"cpu": "500m", "memory": "256Mi"},
                        },
                        "securityContext": {
                            "runAsNonRoot": True,
                            "runAsUser": 10001,
                            "runAsGroup": 10001,
                            "allowPrivilegeEscalation": False,
                            "readOnlyRootFilesystem": True,
                            "capabilities": {"drop": ["ALL"]},
                            "seccompProfile": {"type": "RuntimeDefault"},
                        },
                        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                    }
                ],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            },
        },
        "traffic": [
            {"revisionName": "thumbnails-00002", "latestRevision": False, "percent": 90},
            {"revisionName": "thumbnails-00003", "latestRevision": False, "percent": 10},
        ],
    },
}


def full_workload() -> Workload:
    return workload(
        security=security(writes=("/tmp",)),
        probes=(Probe("ready", "GET", port(), "/healthz"),),
        resources=Resources(("100m", "500m"), ("128Mi", "256Mi")),
        scale=(0, 20),
        concurrency=80,
        timeout=30,
        rollout=Rollout((), (("thumbnails-00002", 90), ("thumbnails-00003", 10)), ()),
    )


def test_everything_that_a_program_says_arrives() -> None:
    service = full_workload()

    artifacts, found = BACKEND.emit(program(service, flows=(from_anyone(service),)))

    assert found == ()
    (artifact,) = artifacts
    assert isinstance(artifact, KubernetesObject)
    assert artifact.path == "backend/thumbnails.knative.yaml"
    assert artifact.spans == (service.span,)
    assert artifact.body == THUMBNAILS


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "ports": (port("grpc", 50051),),
            "probes": (Probe("startup", "grpc", port("grpc", 50051)),),
        },
        {"probes": (Probe("live", "exec", None, "", ("/bin/check",)), Probe("ready", "tcp"))},
        {"security": security(writes=("/var/cache/a", "/A B"))},
        {"resources": Resources(None, ("1Gi", "1Gi"))},
    ],
)
def test_the_custom_resource_definition_has_every_field(shared: object, changes: Any) -> None:
    (body,) = bodies(workload(**changes))

    crds.check(body)


def test_the_full_service_fits_the_definition(shared: object) -> None:
    crds.check(THUMBNAILS)


def test_workloads_of_other_kinds_are_left_alone() -> None:
    assert bodies(workload(kind="deployment")) == []


def test_features() -> None:
    features = BACKEND.features(program().cluster)

    assert features == {Feature.REVISION_ROUTES, Feature.POD_SECURITY}


# --- where the tutorials go wrong (scale-to-zero, NET_BIND_SERVICE) -----------------------------


def test_scaling_to_zero_is_a_quoted_annotation_of_the_template() -> None:
    (body,) = bodies(workload(scale=(0, 5)))

    annotations = body["spec"]["template"]["metadata"]["annotations"]
    assert annotations["autoscaling.knative.dev/min-scale"] == "0"
    assert "annotations" not in body["metadata"]
    assert "scale-to-zero" not in str(body).lower()
    assert "scaletozero" not in str(body).lower()


def test_no_capability_is_added() -> None:
    assert container()["securityContext"]["capabilities"] == {"drop": ["ALL"]}


# --- traffic ------------------------------------------------------------------------------------


def test_without_a_rollout_the_latest_revision_gets_everything() -> None:
    (body,) = bodies(workload())

    assert body["spec"]["traffic"] == [{"latestRevision": True, "percent": 100}]


def test_knative_names_the_revisions_itself() -> None:
    (body,) = bodies(full_workload())

    assert set(body["spec"]["template"]["metadata"]) == {"annotations"}


def test_no_revision_gets_a_host_name_of_its_own() -> None:
    (body,) = bodies(full_workload())

    assert all("tag" not in entry for entry in body["spec"]["traffic"])


# --- who can reach it ---------------------------------------------------------------------------


def test_nothing_outside_the_cluster_reaches_what_no_gateway_serves() -> None:
    service = workload()

    (body,) = bodies(service, flows=(from_anyone(service),))

    assert body["metadata"]["labels"]["networking.knative.dev/visibility"] == "cluster-local"


def test_a_gateway_serves_the_declared_hosts_and_no_other() -> None:
    service = workload()

    found = bodies(service, flows=(from_gateway(service, "b.example.com", "a.example.com"),))

    assert found[0]["metadata"]["labels"]["networking.knative.dev/visibility"] == "cluster-local"
    assert [(each["kind"], each["metadata"]["name"]) for each in found[1:]] == [
        ("ClusterDomainClaim", "a.example.com"),
        ("DomainMapping", "a.example.com"),
        ("ClusterDomainClaim", "b.example.com"),
        ("DomainMapping", "b.example.com"),
    ]
    assert found[1]["spec"] == {"namespace": "backend"}
    assert found[2]["metadata"]["namespace"] == "backend"
    assert found[2]["spec"]["ref"] == {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "name": "thumbnails",
    }


# --- the pod ------------------------------------------------------------------------------------


def test_a_token_is_mounted_only_where_something_is_granted() -> None:
    grant = Grant(("get",), "", "pods", namespace="backend")

    assert pod_spec()["automountServiceAccountToken"] is False
    assert "automountServiceAccountToken" not in pod_spec(grants=(grant,))


@pytest.mark.parametrize(
    ("protocol", "name"), [("http", "http1"), ("http2", "h2c"), ("grpc", "h2c")]
)
def test_the_port_is_named_after_what_it_speaks(protocol: str, name: str) -> None:
    assert container(ports=(port(protocol),))["ports"][0]["name"] == name


def test_the_pods_keep_their_labels_but_for_those_that_knative_sets() -> None:
    labels = (("app", "thumbs"), ("serving.knative.dev/service", "thumbnails"))
    (body,) = bodies(workload(pods=evolve(workload().pods, labels=labels)))

    assert body["spec"]["template"]["metadata"] == {"labels": {"app": "thumbs"}}


def test_a_template_without_labels_and_annotations_has_no_metadata() -> None:
    (body,) = bodies(workload())

    assert "metadata" not in body["spec"]["template"]


def test_there_is_no_pod_wide_security_context() -> None:
    assert "securityContext" not in pod_spec()


@pytest.mark.parametrize(
    ("relaxed", "field", "value"),
    [
        ("read-only-root", "readOnlyRootFilesystem", False),
        ("run-as-non-root", "runAsNonRoot", False),
        ("privilege-escalation", "allowPrivilegeEscalation", True),
        ("seccomp", "seccompProfile", {"type": "Unconfined"}),
        ("drop-capabilities", "capabilities", None),
    ],
)
def test_one_relaxation_changes_one_field(relaxed: str, field: str, value: object) -> None:
    strict = container()["securityContext"]
    loose = container(security=security(relaxed=(relaxation(relaxed, "relax"),)))["securityContext"]

    assert loose.get(field) == value
    assert {k: v for k, v in loose.items() if k != field} == {
        k: v for k, v in strict.items() if k != field
    }


def test_a_writable_root_needs_no_volumes() -> None:
    loose = security(writes=("/tmp",), relaxed=(relaxation("read-only-root", "relax"),))

    assert "volumes" not in pod_spec(security=loose)
    assert "volumeMounts" not in container(security=loose)


def test_volume_names_are_distinct_labels() -> None:
    paths = ("/a/b", "/a-b", "/A/b", "/a/b/", "/" + "x" * 80, "/" + "x" * 81, "/_")

    names = volume_names(paths)

    assert names["/a/b"] == "a-b"
    assert len(set(names.values())) == len(paths)
    assert all(len(name) <= 63 and name.strip("-") == name for name in names.values())
