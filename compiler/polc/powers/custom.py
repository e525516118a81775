"""Custom resources by what their controllers do for whoever writes them: API group to resources.

The API groups and resources are those of the projects' own CustomResourceDefinitions.
"""

MAKERS: dict[str, str] = {
    "acid.zalan.do": "postgresqls",
    "actions.github.com": "autoscalingrunnersets ephemeralrunners ephemeralrunnersets",
    "actions.summerwind.dev": "runners runnerdeployments runnerreplicasets runnersets",
    "agones.dev": "fleets gameservers gameserversets",
    "apps.kruise.io": (
        "advancedcronjobs broadcastjobs clonesets daemonsets sidecarsets statefulsets"
        " uniteddeployments"
    ),
    "apps.openshift.io": "deploymentconfigs",
    "argoproj.io": (
        "analysisruns analysistemplates clusteranalysistemplates clusterworkflowtemplates"
        " cronworkflows eventbus eventsources experiments rollouts sensors"
        " workfloweventbindings workflows workflowtemplates"
    ),
    "batch.volcano.sh": "cronjobs jobs",
    "beat.k8s.elastic.co": "beats",
    "build.openshift.io": "buildconfigs builds",
    "camel.apache.org": "builds integrations pipes",
    "cdi.kubevirt.io": "datavolumes",
    "chaos-mesh.org": "podchaos schedules stresschaos workflows",
    "elasticsearch.k8s.elastic.co": "elasticsearches",
    "flink.apache.org": "flinkdeployments flinksessionjobs",
    "grafana.integreatly.org": "grafanas",
    "jaegertracing.io": "jaegers",
    "jenkins.io": "jenkins",
    "jobset.x-k8s.io": "jobsets",
    "k8s.mariadb.com": "mariadbs",
    "kafka.strimzi.io": "kafkabridges kafkaconnects kafkamirrormaker2s kafkanodepools kafkas",
    "keda.sh": "scaledjobs",
    "kibana.k8s.elastic.co": "kibanas",
    "kubeflow.org": (
        "jaxjobs mpijobs notebooks paddlejobs pytorchjobs scheduledworkflows tfjobs xgboostjobs"
    ),
    "kubevirt.io": (
        "virtualmachineinstancemigrations virtualmachineinstancereplicasets"
        " virtualmachineinstances virtualmachines"
    ),
    "leaderworkerset.x-k8s.io": "leaderworkersets",
    "litmuschaos.io": "chaosengines chaosexperiments",
    "minio.min.io": "tenants",
    "mongodbcommunity.mongodb.com": "mongodbcommunity",
    "monitoring.coreos.com": "alertmanagers prometheusagents prometheuses thanosrulers",
    "mysql.oracle.com": "innodbclusters",
    "opensearch.opster.io": "opensearchclusters",
    "opentelemetry.io": "instrumentations opentelemetrycollectors",
    "pool.kubevirt.io": "virtualmachinepools",
    "postgres-operator.crunchydata.com": "postgresclusters",
    "postgresql.cnpg.io": "clusters poolers",
    "psmdb.percona.com": "perconaservermongodbs",
    "pxc.percona.com": "perconaxtradbclusters",
    "rabbitmq.com": "rabbitmqclusters",
    "ray.io": "rayclusters rayjobs rayservices",
    "redis.redis.opstreelabs.in": "redis redisclusters redisreplications",
    "ceph.rook.io": "cephclusters cephfilesystems cephobjectstores",
    "scylla.scylladb.com": "scyllaclusters",
    "serving.knative.dev": "revisions",
    "serving.kserve.io": "clusterservingruntimes inferenceservices servingruntimes",
    "sources.knative.dev": "apiserversources containersources sinkbindings",
    "sparkoperator.k8s.io": "scheduledsparkapplications sparkapplications",
    "subresources.kubevirt.io": (
        "virtualmachineinstances/console virtualmachineinstances/portforward"
        " virtualmachineinstances/vnc virtualmachines/console virtualmachines/portforward"
    ),
    "tekton.dev": ("clustertasks customruns pipelineruns pipelines stepactions taskruns tasks"),
    "triggers.tekton.dev": (
        "clustertriggerbindings eventlisteners triggerbindings triggers triggertemplates"
    ),
    "upgrade.cattle.io": "plans",
    "workload.codeflare.dev": "appwrappers",
}
"""They make pods as they are told, for whoever may write them."""

DEPLOYERS: dict[str, str] = {
    "addons.cluster.x-k8s.io": "clusterresourcesets helmchartproxies",
    "apiextensions.crossplane.io": "compositeresourcedefinitions compositions",
    "apps.open-cluster-management.io": "subscriptions channels",
    "argoproj.io": "applications applicationsets appprojects",
    "core.oam.dev": "applications componentdefinitions traitdefinitions workflowstepdefinitions",
    "fleet.cattle.io": "bundles gitrepos",
    "helm.cattle.io": "helmchartconfigs helmcharts",
    "helm.crossplane.io": "providerconfigs releases",
    "helm.toolkit.fluxcd.io": "helmreleases",
    "infra.contrib.fluxcd.io": "terraforms",
    "kappctrl.k14s.io": "apps",
    "kubernetes.crossplane.io": "objects providerconfigs",
    "kustomize.toolkit.fluxcd.io": "kustomizations",
    "kyverno.io": "clusterpolicies policies updaterequests",
    "olm.operatorframework.io": "clustercatalogs clusterextensions",
    "operator.knative.dev": "knativeeventings knativeservings",
    "operator.tekton.dev": "tektonaddons tektonconfigs tektonpipelines tektontriggers",
    "operators.coreos.com": "catalogsources clusterserviceversions installplans subscriptions",
    "packaging.carvel.dev": "packageinstalls",
    "pkg.crossplane.io": (
        "configurations controllerconfigs deploymentruntimeconfigs functions providers"
    ),
    "policies.kyverno.io": "generatingpolicies mutatingpolicies",
    "source.toolkit.fluxcd.io": (
        "buckets gitrepositories helmcharts helmrepositories ocirepositories"
    ),
    "template.openshift.io": "templateinstances",
    "velero.io": "restores",
    "work.open-cluster-management.io": "manifestworks",
}
"""They create objects of any kind as they are told, with rights that the writer need not have."""

READERS: dict[str, str] = {
    "acme.cert-manager.io": "challenges orders",
    "cert-manager.io": "certificaterequests certificates clusterissuers issuers",
    "external-secrets.io": (
        "clusterexternalsecrets clusterpushsecrets clustersecretstores externalsecrets pushsecrets"
        " secretstores"
    ),
    "generators.external-secrets.io": "clustergenerators passwords vaultdynamicsecrets webhooks",
    "bitnami.com": "sealedsecrets",
    "isindir.github.com": "sopssecrets",
    "keda.sh": "clustertriggerauthentications triggerauthentications",
    "secrets-store.csi.x-k8s.io": "secretproviderclasses",
    "secrets.hashicorp.com": (
        "hcpvaultsecretsapps vaultauths vaultconnections vaultdynamicsecrets vaultpkisecrets"
        " vaultstaticsecrets"
    ),
    "secretgen.carvel.dev": "secretexports secretimports secrettemplates",
    "trust.cert-manager.io": "bundles",
    "velero.io": "backups backupstoragelocations schedules",
}
"""They read secrets as they are told, and put what is in them elsewhere."""

WALLS: dict[str, str] = {
    "networking.k8s.io": "networkpolicies",
    "policy.networking.k8s.io": (
        "adminnetworkpolicies baselineadminnetworkpolicies clusternetworkpolicies"
    ),
    "security.istio.io": "authorizationpolicies peerauthentications requestauthentications",
    "cilium.io": "ciliumclusterwidenetworkpolicies ciliumnetworkpolicies",
    "crd.antrea.io": "clusternetworkpolicies networkpolicies",
    "crd.projectcalico.org": "globalnetworkpolicies networkpolicies",
    "projectcalico.org": "globalnetworkpolicies networkpolicies",
    "policy.linkerd.io": (
        "authorizationpolicies meshtlsauthentications serverauthorizations servers"
    ),
    "templates.gatekeeper.sh": "constrainttemplates",
}
"""They say who may reach whom, or what is admitted."""

MESH: dict[str, str] = {
    "networking.istio.io": "destinationrules envoyfilters proxyconfigs serviceentries sidecars"
    " workloadentries workloadgroups",
    "extensions.istio.io": "wasmplugins trafficextensions",
    "cilium.io": "ciliumclusterwideenvoyconfigs ciliumenvoyconfigs ciliumlocalredirectpolicies",
    "spire.spiffe.io": "clusterspiffeids clusterstaticentries",
}
"""They change what proxies do with the traffic of others."""

ROUTES: dict[str, str] = {
    "networking.k8s.io": "ingresses",
    "networking.istio.io": "gateways virtualservices",
    "gateway.networking.k8s.io": (
        "gateways grpcroutes httproutes referencegrants tcproutes tlsroutes udproutes"
    ),
    "projectcontour.io": "httpproxies",
    "route.openshift.io": "routes",
    "serving.knative.dev": "domainmappings routes",
    "traefik.io": "ingressroutes ingressroutetcps ingressrouteudps middlewares",
}
"""They say where requests from outside go."""
