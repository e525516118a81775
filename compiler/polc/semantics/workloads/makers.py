"""Who else makes pods, or connects them: custom resources and networks that are not read.

Their controllers make pods with labels, containers and accounts of their own, or give pods networks
that no NetworkPolicy is about. The names are those of the CRDs that the projects ship.

Sources: kubevirt.io/api (`spec.template.metadata.labels` are those of the pods); the CRDs of the
projects named below; k8snetworkplumbingwg/multus-cni; ovn-org/ovn-kubernetes, go-controller/pkg/crd
(UserDefinedNetwork).
"""

from collections.abc import Iterator, Mapping

from attrs import frozen

from polc.semantics.gaps import Gap
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping, matches_selector
from polc.semantics.workloads.templates import TEMPLATES, templates

_MAKERS: dict[str, tuple[str, ...]] = {
    "acid.zalan.do": ("postgresql",),
    "apps.kruise.io": (
        *("AdvancedCronJob", "BroadcastJob", "CloneSet", "DaemonSet", "SidecarSet", "StatefulSet"),
        "UnitedDeployment",
    ),
    "argoproj.io": (
        "AnalysisRun",
        "CronWorkflow",
        "EventSource",
        "Experiment",
        "Sensor",
        "Workflow",
    ),
    "batch.volcano.sh": ("Job",),
    "cassandra.datastax.com": ("CassandraDatacenter",),
    "clickhouse.altinity.com": ("ClickHouseInstallation",),
    "databases.spotahome.com": ("RedisFailover",),
    "elasticsearch.k8s.elastic.co": ("Elasticsearch",),
    "flink.apache.org": ("FlinkDeployment", "FlinkSessionJob"),
    "infinispan.org": ("Infinispan",),
    "jaegertracing.io": ("Jaeger",),
    "jobset.x-k8s.io": ("JobSet",),
    "k8s.keycloak.org": ("Keycloak",),
    "k8s.mariadb.com": ("MariaDB",),
    "kafka.strimzi.io": ("Kafka", "KafkaBridge", "KafkaConnect", "KafkaMirrorMaker2"),
    "kibana.k8s.elastic.co": ("Kibana",),
    "kubeflow.org": ("MPIJob", "Notebook", "PyTorchJob", "TFJob", "XGBoostJob"),
    "kubevirt.io": (
        *("VirtualMachine", "VirtualMachineInstance", "VirtualMachineInstanceReplicaSet"),
    ),
    "leaderworkerset.x-k8s.io": ("LeaderWorkerSet",),
    "minio.min.io": ("Tenant",),
    "mongodb.com": ("MongoDB",),
    "mongodbcommunity.mongodb.com": ("MongoDBCommunity",),
    "monitoring.coreos.com": ("Alertmanager", "Prometheus", "PrometheusAgent", "ThanosRuler"),
    "mysql.oracle.com": ("InnoDBCluster",),
    "opentelemetry.io": ("OpenTelemetryCollector",),
    "pool.kubevirt.io": ("VirtualMachinePool",),
    "postgres-operator.crunchydata.com": ("PostgresCluster",),
    "postgresql.cnpg.io": ("Cluster", "Pooler"),
    "psmdb.percona.com": ("PerconaServerMongoDB",),
    "pxc.percona.com": ("PerconaXtraDBCluster",),
    "rabbitmq.com": ("RabbitmqCluster",),
    "ray.io": ("RayCluster", "RayJob", "RayService"),
    "redis.redis.opstreelabs.in": ("Redis", "RedisCluster"),
    "scylla.scylladb.com": ("ScyllaCluster",),
    "serving.kserve.io": ("InferenceService",),
    "solr.apache.org": ("SolrCloud",),
    "sparkoperator.k8s.io": ("ScheduledSparkApplication", "SparkApplication"),
    "tekton.dev": ("CronTask", "PipelineRun", "TaskRun"),
}
"""Kinds whose controllers make pods, by API group."""
NETWORKS = ("k8s.v1.cni.cncf.io/networks", "v1.multus-cni.io/default-network")
"""Annotations of pods that give them networks which no NetworkPolicy is about (Multus)."""
_OVN = "k8s.ovn.org"
_PRIMARY = "k8s.ovn.org/primary-user-defined-network"


@frozen
class Maker:
    """An object that others turn into pods. `labels` are theirs, if the object tells; else None."""

    found: Found
    labels: Mapping[str, str] | None

    @property
    def title(self) -> str:
        """Kind and name, for a message."""
        return f"{self.found.kind} `{self.found.namespace}/{self.found.name}`"


def makers(manifests: Manifests) -> Iterator[Maker]:
    """Yield the objects from which controllers that nobody reads here make pods.

    Those of kinds that are known for it, and any other that holds the template of a pod.
    """
    for found in manifests.objects:
        if (found.group, found.kind) in TEMPLATES:
            continue
        template = mapping(found.spec.get("template"))
        containers = items(mapping(template.get("spec")).get("containers"))
        if containers or found.kind in _MAKERS.get(found.group, ()):
            labels = mapping(template.get("metadata")).get("labels")
            yield Maker(found, labels if isinstance(labels, Mapping) else None)


def unread(manifests: Manifests) -> tuple[Gap, ...]:
    """Return what makes or connects pods and is not read, and what depends on it."""
    found = [
        Gap(
            "pods-of-others",
            f"{each.title} makes pods in its own way: what they may do is not decided",
            each.found,
            ("kind",),
            "verify the pods that its controller makes (`kubectl get pods -o yaml`) along with it",
            "pods",
            each.found.namespace,
        )
        for each in makers(manifests)
    ]
    return (*found, *networks(manifests))


def networks(manifests: Manifests) -> Iterator[Gap]:
    """Yield what gives pods other networks than that of the cluster."""
    for template in templates(manifests):
        for key in NETWORKS:
            if template.annotations.get(key):
                why = f"the annotation `{key}` of {template.title} gives pods a network without"
                way: tuple[Key, ...] = (*template.keys, "metadata", "annotations", key)
                yield _network(template.found, f"{why} these policies", way)
    for each in manifests.of_kind("UserDefinedNetwork", _OVN):
        title = f"{each.kind} `{each.namespace}/{each.name}`"
        yield _network(each, f"{title} gives its pods a network of their own", ("spec",))
    for each in manifests.of_kind("ClusterUserDefinedNetwork", _OVN):
        chosen = mapping(each.spec.get("namespaceSelector"))
        for name, labels in sorted(manifests.namespaces.items()):
            if matches_selector(chosen, labels):
                why = f"ClusterUserDefinedNetwork `{each.name}` gives pods a network of their own"
                yield _network(each, why, ("spec",), name)
    for each in manifests.of_kind("Namespace", ""):
        if _PRIMARY in manifests.namespaces.get(each.name, {}):
            why = f"namespace `{each.name}` has a network of its own (label `{_PRIMARY}`)"
            yield _network(each, why, ("metadata", "labels", _PRIMARY), each.name)


def _network(found: Found, why: str, keys: tuple[Key, ...], namespace: str | None = None) -> Gap:
    return Gap(
        "other-networks",
        f"{why}: who reaches its pods there is not decided",
        found,
        keys,
        "judge that network by its own means (`MultiNetworkPolicy`, or the isolation of the"
        " network), and verify the objects without it",
        "network",
        namespace or found.namespace,
    )
