"""Declarations, and the items of namespaces, clusters, gateways, endpoints and environments."""

from polc.lsp.forms.model import Form, form, part

_NAME = "A DNS label that starts with a letter; in quotes it may be a reserved word."
_IN = part("[in NAMESPACE]", "in", "The namespace that the pods are in, if not the file's own.")
_PLATFORM = "An extern service by name; `std.platform` declares the usual ones."

DECLARATIONS: tuple[Form, ...] = (
    form(
        "import",
        "",
        "Brings in a module of the standard library, or a file by its path, relative to this one.",
        "import std.platform",
        "import ${1:std.platform}",
        part("MODULE", "import", "`std.NAME`, or the path of a file in quotes."),
    ),
    form(
        "namespace",
        "",
        "Holds for all declarations up to the next one. One that holds a `service` is owned: it"
        " gets the default deny, the Pod Security labels and the mesh's settings.",
        'namespace shop { owner "team-checkout"  harden restricted }',
        "namespace ${1:name}\n$0",
        part("NAME", "namespace", _NAME),
        part("[{ SETTINGS }]", "name {", "`owner`, `harden`, `consent` and `label`."),
    ),
    form(
        "cluster",
        "",
        "Facts about where the program runs: the mesh, the network plug-in, addresses.",
        "cluster prod { mesh istio ambient  cni kubernetes }",
        "cluster ${1:name} {\n  mesh ${2|none,istio sidecar,istio ambient|}\n"
        "  cni  ${3|kubernetes,cilium|}\n  $0\n}",
        part("NAME", "cluster", _NAME),
        part("[extends CLUSTER]", "extends", "Takes over what this one does not say."),
        part("{ FACTS }", "name {", "`mesh`, `cni`, `trust-domain`, `api-server`, `nodes`, …"),
    ),
    form(
        "service",
        "",
        "A workload that the program owns: who may call it, whom it calls, and what it may do."
        " What is not declared is denied.",
        'service api { select { app: "api" }  port web 8080 http  allow from frontend on web }',
        'service ${1:name} {\n  select { app: "$1" }\n'
        "  port   ${2:http} ${3:8080} ${4:http}\n  $0\n}",
        part("NAME", "service", _NAME),
        part("{ STATEMENTS }", "name {", "In any order."),
    ),
    form(
        "extern service",
        "",
        "Pods that others run. The program never configures them; it lets them call, or calls"
        " them.",
        'extern service prometheus in monitoring { select { app: "prometheus" }'
        '  account "prometheus" }',
        "extern service ${1:name} in ${2:monitoring} {\n"
        '  select  { ${3:app}: "$1" }\n  account "$1"\n  $0\n}',
        part("NAME", "extern service", _NAME),
        _IN,
        part(
            "{ STATEMENTS }",
            "name {",
            "`select`, `account`, `port`, `mesh none`, `host-network`.",
        ),
        head="extern service",
    ),
    form(
        "gateway",
        "",
        "Pods through which the outside comes in: `allow from internet via NAME host …`.",
        'gateway public in istio-ingress { select { istio: "ingressgateway" }'
        '  account "istio-ingress"  uses "istio-ingress/public" }',
        "gateway ${1:name} in ${2:istio-ingress} {\n"
        '  select  { ${3:istio: "ingressgateway"} }\n  account "${4:account}"\n'
        '  uses    "$2/${5:$1}"\n}',
        part("NAME", "gateway", _NAME),
        _IN,
        part("{ STATEMENTS }", "name {", "`select`, `account`, `port` and `uses`."),
    ),
    form(
        "endpoint",
        "",
        "Addresses or a host outside of the cluster.",
        "endpoint office { cidr 203.0.113.0/24  port https 443 tls }",
        'endpoint ${1:name} {\n  host "${2:example.com}"\n  port ${3:https} ${4:443} ${5:tls}\n}',
        part("NAME", "endpoint", _NAME),
        part("{ STATEMENTS }", "name {", "`host` or `cidr`, and `port`."),
    ),
    form(
        "group",
        "",
        "A name for several peers.",
        "group callers { monitoring/prometheus, frontend }",
        "group ${1:name} { ${2:peers} }",
        part("NAME", "group", _NAME),
        part("{ PEERS }", "name { list{peer}", "What `allow` takes, separated by commas."),
    ),
    form(
        "role",
        "",
        "Privileges on the Kubernetes API under one name, for `has role`.",
        'role settings-reader { get configmaps named "api-settings" }',
        "role ${1:name} {\n  ${2:get, list, watch} ${3:pods}\n}",
        part("NAME", "role", _NAME),
        part("{ GRANTS }", "name {", "As behind `can`, without a namespace."),
    ),
    form(
        "profile",
        "",
        "How pods are hardened, under one name, for `harden`.",
        'profile nginx extends restricted { writes "/var/cache/nginx", "/var/run" }',
        'profile ${1:name} extends ${2|restricted,baseline,privileged|} {\n  writes "${3:/tmp}"\n}',
        part("NAME", "profile", _NAME),
        part("[extends PROFILE]", "extends", "`restricted` unless said otherwise."),
        part("{ ITEMS }", "name {", "`user`, `group`, `fs-group`, `writes`, `capability`, …"),
    ),
    form(
        "environment",
        "",
        "Names a cluster and tunes services for it. It never permits anything: a grant that"
        " differs says `only in` itself.",
        "environment prod { cluster eu  service shop/api { scale 3..9 } }",
        "environment ${1:name} {\n  cluster ${2:prod}\n  $0\n}",
        part("NAME", "environment", _NAME),
        part("{ SETTINGS }", "name {", "`cluster`, and `service NAME { … }`."),
    ),
)

SETTINGS: tuple[Form, ...] = (
    form(
        "owner",
        "namespace",
        "Who answers for the namespace; reports name them.",
        'owner "team-checkout"',
        'owner "${1:team}"',
        part('"TEAM"', "owner"),
    ),
    form(
        "consent",
        "namespace",
        "Whether a flow inside of the namespace needs both of its ends, or one is enough."
        " Across namespaces both are needed anyway.",
        "consent both",
        "consent ${1|both,either|}",
        part("both|either", "consent"),
    ),
    form(
        "label",
        "namespace",
        "The key of the label that the pods of a service without a `select` are known by; its value"
        " is the service's name. Without it, that is `app.kubernetes.io/name`.",
        'label "app"',
        'label "${1:app}"',
        part('"KEY"', "label"),
    ),
    form(
        "mesh",
        "cluster",
        "The service mesh. With one, callers are known by their service accounts, and requests"
        " can be told apart.",
        "mesh istio ambient",
        "mesh ${1|none,istio sidecar,istio ambient|}",
        part("none|istio", "mesh"),
        part("[sidecar|ambient]", "name", "The data plane of Istio."),
    ),
    form(
        "cni",
        "cluster",
        "The network plug-in: `kubernetes` is any that enforces NetworkPolicy.",
        "cni kubernetes",
        "cni ${1|kubernetes,cilium|}",
        part("kubernetes|cilium", "cni"),
    ),
    form(
        "trust-domain",
        "cluster",
        "The mesh's trust domain: the first part of every identity.",
        'trust-domain "cluster.local"',
        'trust-domain "${1:cluster.local}"',
        part('"DOMAIN"', "trust-domain"),
    ),
    form(
        "api-server",
        "cluster",
        "Where the Kubernetes API answers, for services with privileges.",
        "api-server 10.96.0.1/32 port 443",
        "api-server ${1:10.96.0.1/32} port ${2:443}",
        part("ADDRESSES", "api-server list{cidr}"),
        part("port PORT", "port"),
    ),
    form(
        "nodes",
        "cluster",
        "The addresses of the cluster's nodes: they stand for pods on their network, such as those"
        " of the API server, which calls webhooks.",
        "nodes 10.0.0.0/16",
        "nodes ${1:10.0.0.0/16}",
        part("ADDRESSES", "nodes list{cidr}"),
    ),
    form(
        "internal",
        "cluster",
        "The addresses inside of the cluster, which `internet` leaves out. Without it these are"
        " the private and carrier-grade blocks.",
        "internal 10.0.0.0/8, fd00::/8",
        "internal ${1:10.0.0.0/8}",
        part("ADDRESSES", "internal list{cidr}"),
    ),
    *(
        form(word, "cluster", says, f"{word} {named}", f"{word} ${{1:{named}}}", part("NAME", word))
        for word, says, named in (
            ("dns", f"Who resolves names. {_PLATFORM}", "kube-system/kube-dns"),
            ("istiod", f"Istio's control plane. {_PLATFORM}", "istio-system/istiod"),
            (
                "knative-activator",
                f"Knative's activator. {_PLATFORM}",
                "knative-serving/activator",
            ),
            (
                "knative-autoscaler",
                f"Knative's autoscaler. {_PLATFORM}",
                "knative-serving/autoscaler",
            ),
            (
                "knative-gateway",
                f"Where calls from inside the cluster enter Knative. {_PLATFORM}",
                "istio-system/knative-local-gateway",
            ),
        )
    ),
    form(
        "mesh",
        "extern",
        "Says that the pods are not in the mesh: they are known by their labels only, and call in"
        " plain text.",
        "mesh none",
        "mesh none",
        part("none", "mesh"),
    ),
    form(
        "host-network",
        "extern",
        "Says that the pods are on their nodes' network: to others they are their node, the"
        " cluster's `nodes`, and they have no identity in a mesh.",
        "host-network",
        "host-network",
    ),
    form(
        "uses",
        "gateway",
        "The Gateway object that routes attach to.",
        'uses "istio-ingress/public"',
        'uses "${1:namespace}/${2:name}"',
        part('"NAMESPACE/NAME"', "uses"),
    ),
    form(
        "host",
        "endpoint tuned",
        "Host names: of an endpoint outside of the cluster, or in an environment those under"
        " which a service is reached from outside.",
        'host "api.example.com"',
        'host "${1:example.com}"',
        part('"HOST", …', "host list{string}"),
    ),
    form(
        "cidr",
        "endpoint",
        "Address blocks outside of the cluster, without those behind `except`.",
        "cidr 203.0.113.0/24 except 203.0.113.64/26",
        "cidr ${1:203.0.113.0/24}",
        part("BLOCKS", "cidr list{cidr}"),
        part("[except BLOCKS]", "except"),
    ),
    form(
        "cluster",
        "environment",
        "The cluster that the environment runs in.",
        "cluster eu",
        "cluster ${1:prod}",
        part("NAME", "cluster"),
    ),
    form(
        "service",
        "environment",
        "Tunes a service: image, scale, resources, rollout, host names, timeouts.",
        "service shop/api { scale 3..9 }",
        "service ${1:shop/api} {\n  $0\n}",
        part("NAME", "service"),
        part("{ STATEMENTS }", "ref {"),
    ),
)
