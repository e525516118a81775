"""What workloads of the input need has to pass: probes, Services, ports, callers from outside."""

import pytest

from polc.diagnostics import Severity
from unit.verify.with_workloads import deployment, findings, messages, service

CALLS = """
namespace shop
service web {{ select {{ app: "web" }}  allow to api }}
service api {{ select {{ app: "api" }}  port web 80 -> 8080 http  allow from web {more} }}
"""


def program(mesh: str, more: str = "") -> str:
    return f"cluster c {{ mesh {mesh}  cni kubernetes }}\n" + CALLS.format(more=more)


def probed(probe: str, field: str = "readinessProbe", port: str = "8080") -> str:
    ports = f"ports: [{{containerPort: {port}, name: main}}]"
    return f"containers: [{{name: c, image: i, {ports}, {field}: {{{probe}}}}}]"


HTTP = "httpGet: {path: /readyz, port: 8080}"


# --- probes and hooks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probe", "field", "what", "line"),
    [
        (HTTP, "readinessProbe", "readiness probe", 'probe ready GET "/readyz" on web'),
        ("httpGet: {path: /x, port: main}", "livenessProbe", "liveness probe", 'live GET "/x"'),
        ("tcpSocket: {port: 8080}", "startupProbe", "startup probe", "probe startup tcp on web"),
        ("grpc: {port: 8080}", "livenessProbe", "liveness probe", "probe live grpc on web"),
        (f"preStop: {{{HTTP}}}", "lifecycle", "`preStop` hook", "probe live"),
        (f"postStart: {{{HTTP}}}", "lifecycle", "`postStart` hook", "probe live"),
    ],
)
def test_ambient_pods_need_kubelets_address(probe: str, field: str, what: str, line: str) -> None:
    found = findings(program("istio ambient"), deployment(pod=probed(probe, field)))
    (one,) = [each for each in found if each.code.id == "POL965"]
    assert what in one.message
    assert "TCP port 8080" in one.message
    assert "169.254.7.127/32" in one.message
    assert line in (one.help or "")


def test_a_port_that_the_program_does_not_know_has_to_be_declared_first() -> None:
    pod = probed("tcpSocket: {port: 9999}", "livenessProbe")
    found = findings(program("istio ambient"), deployment(pod=pod))
    (one,) = [each for each in found if each.code.id == "POL965"]
    assert one.help == "write `port live 9999 tcp` and `probe live tcp on live` in service `api`"


def test_sidecar_containers_are_probed_too() -> None:
    pod = (
        "containers: [{name: c, image: i}], initContainers: [{name: s, image: i, restartPolicy:"
        " Always, startupProbe: {httpGet: {port: 9}}}, {name: i, image: i, readinessProbe:"
        " {tcpSocket: {port: 7}}}]"
    )
    found = messages(findings(program("istio ambient"), deployment(pod=pod)), "POL965")
    assert len(found) == 1
    assert "TCP port 9 " in found[0]


@pytest.mark.parametrize(
    ("mesh", "more", "pod"),
    [
        ("none", "", probed(HTTP)),
        ("istio sidecar", "", probed(HTTP)),
        ("istio sidecar", "", probed("grpc: {port: 8080}", "livenessProbe")),
        ("istio ambient", 'probe ready GET "/readyz" on web', probed(HTTP)),
        ("istio ambient", "", probed("exec: {command: [x]}")),
        ("istio ambient", "", probed("httpGet: {host: x.example.com, port: 80}")),
        ("istio ambient", "", probed(HTTP) + ", hostNetwork: true"),
    ],
)
def test_what_gets_through_is_fine(mesh: str, more: str, pod: str) -> None:
    assert messages(findings(program(mesh, more), deployment(pod=pod)), "POL965") == []


def test_without_network_policies_kubelet_gets_through() -> None:
    found = findings(
        program("istio ambient"), deployment(pod=probed(HTTP)), without=("NetworkPolicy",)
    )
    assert messages(found, "POL965") == []


def test_pods_outside_of_the_mesh_are_probed_from_their_node() -> None:
    labels = "app: api, istio.io/dataplane-mode: none"
    found = findings(program("istio ambient"), deployment(pod=probed(HTTP), labels=labels))
    assert messages(found, "POL965") == []


KEPT = "sidecar.istio.io/rewriteAppHTTPProbers: 'false'"


@pytest.mark.parametrize(
    ("probe", "fails"),
    [(HTTP, True), ("grpc: {port: 8080}", True), ("tcpSocket: {port: 8080}", False)],
)
def test_probes_that_meet_a_sidecar_need_a_certificate(probe: str, fails: bool) -> None:
    app = deployment(pod=probed(probe), annotations=KEPT)
    found = messages(findings(program("istio sidecar"), app), "POL965")
    assert bool(found) == fails
    assert all("without a certificate" in each for each in found)


def test_a_sidecar_that_takes_plain_text_and_asks_nobody_lets_probes_in() -> None:
    app = deployment(pod=probed(HTTP), annotations=KEPT)
    kinds = ("PeerAuthentication", "AuthorizationPolicy")
    assert messages(findings(program("istio sidecar"), app, without=kinds), "POL965") == []
    found = findings(program("istio sidecar"), app, without=kinds[:1])
    assert len(messages(found, "POL965")) == 1


@pytest.mark.parametrize("mesh", ["none", "istio sidecar", "istio ambient"])
def test_a_probe_names_a_port_of_its_own_container(mesh: str) -> None:
    pod = probed("httpGet: {port: other}")
    (one,) = messages(findings(program(mesh), deployment(pod=pod)), "POL965")
    assert "asks the port `other`, which its container does not have" in one


# --- Services -----------------------------------------------------------------------------------

PUBLIC = """
cluster k { mesh MESH cni kubernetes }
gateway gw in istio-ingress { select { istio: "ingressgateway" } account "gw"
  uses "istio-ingress/public" }
namespace shop
service web { select { app: "web" } port http 80 -> 8080 http
  allow from internet via gw host "shop.example.com" on http because "public" }
"""
SIDECAR = PUBLIC.replace("MESH", "istio sidecar")
AMBIENT = PUBLIC.replace("MESH", "istio ambient")
BEHIND = "selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]"


@pytest.mark.parametrize("policy", [SIDECAR, AMBIENT])
@pytest.mark.parametrize("name", ["web-service", "dev-web"])
def test_a_route_to_a_service_of_another_name_is_found(policy: str, name: str) -> None:
    found = findings(policy, deployment("web") + service(name, BEHIND))
    ours = [each for each in found if each.code.id == "POL966"]
    assert len(ours) == 1
    assert "names the Service `shop/web`, which the input does not have" in ours[0].message
    assert f"are behind the Service `{name}`" in ours[0].message
    assert f"call the service `{name}` in the program" in (ours[0].help or "")


def test_a_policy_for_a_service_of_another_name_is_found() -> None:
    policy = program("istio ambient").replace("allow from web", 'allow from web { GET "/" }')
    app = deployment() + service("api-svc", "selector: {app: api}, ports: [{port: 80}]")
    (one,) = messages(findings(policy, app), "POL966")
    assert one.startswith("AuthorizationPolicy `shop/api")


@pytest.mark.parametrize("policy", [SIDECAR, AMBIENT])
def test_a_route_to_a_port_that_the_service_lacks_is_found(policy: str) -> None:
    other = BEHIND.replace("port: 80,", "port: 8080,")
    (one,) = messages(findings(policy, deployment("web") + service("web", other)), "POL966")
    assert "names port 80 of the Service `shop/web`, which has the port 8080 only" in one


INGRESS = (
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: shop}\n"
    "spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: NAME,"
    " port: {PORT}}}}]}}]}\n"
)


@pytest.mark.parametrize(
    ("name", "port", "says"),
    [
        ("gone", "number: 80", "names the Service `shop/gone`"),
        ("web", "number: 81", "names port 81"),
        ("web", "name: https", "names port https"),
        ("web", "name: http", ""),
        ("web", "number: 80", ""),
    ],
)
def test_an_ingress_names_services_too(name: str, port: str, says: str) -> None:
    more = INGRESS.replace("NAME", name).replace("PORT", port)
    app = deployment("web") + service("web", BEHIND) + more
    found = messages(findings(SIDECAR, app, ("needs",)), "POL966")
    assert len(found) == bool(says)
    assert not found or says in found[0]


def test_a_webhook_names_a_service_too() -> None:
    hook = (
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n"
        "metadata: {name: h}\nwebhooks: [{name: h.example.com, clientConfig: {service: {name: gone,"
        " namespace: shop}}}]\n"
    )
    (one,) = messages(findings(SIDECAR, deployment("web") + hook, ("needs",)), "POL966")[-1:]
    assert "`shop/" in one
    found = findings(SIDECAR, deployment("web") + service("web", BEHIND) + hook, ("needs",))
    (one,) = messages(found, "POL966")
    assert one.startswith(
        "ValidatingWebhookConfiguration `default/h` names the Service `shop/gone`"
    )


def test_an_input_without_the_workloads_shows_nothing_of_services() -> None:
    assert messages(findings(SIDECAR, deployment("x", space="other")), "POL966") == []
    assert messages(findings(SIDECAR, service("other", BEHIND)), "POL966") == []


def test_what_is_there_under_its_name_is_fine() -> None:
    assert findings(SIDECAR, deployment("web") + service("web", BEHIND), ("needs",)) == []


def test_the_service_of_a_knative_service_is_there() -> None:
    kn = (
        "apiVersion: serving.knative.dev/v1\nkind: Service\n"
        "metadata: {name: web, namespace: shop}\n"
        "spec: {template: {spec: {containers: [{image: i}]}}}\n---\n"
    )
    assert messages(findings(SIDECAR, deployment("web") + kn, ("needs",)), "POL966") == []


# --- ports --------------------------------------------------------------------------------------


def ported(ports: str) -> str:
    return f"containers: [{{name: c, image: i, ports: [{ports}]}}]"


def test_a_port_with_another_number_has_one_finding_with_its_cause() -> None:
    app = deployment(pod=ported("{name: web, containerPort: 9090}"))
    (one,) = [e for e in findings(program("none"), app, ("needs",)) if e.code.id == "POL965"]
    assert "is 8080 in the program" in one.message
    assert "calls 9090 by that name" in one.message
    assert "port web 9090 http" in (one.help or "")


def test_a_port_that_no_container_names_is_a_warning() -> None:
    app = deployment(pod=ported("{containerPort: 9090}"))
    (one,) = findings(program("none"), app, ("needs",))
    assert one.severity is Severity.WARNING
    assert "names 9090 only" in one.message


def test_containers_may_keep_their_ports_to_themselves() -> None:
    assert findings(program("none"), deployment(), ("needs",)) == []


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("ports: [{port: 80, targetPort: 9090}]", "leads port 80 to 9090"),
        ("ports: [{port: 80}]", "leads port 80 to 80"),
        ("ports: [{port: 80, targetPort: admin}]", "leads port 80 to 9091"),
        ("ports: [{port: 80, targetPort: gone}]", "no container of Deployment `shop/api`"),
        ("ports: [{port: 80, targetPort: web}]", ""),
        ("ports: [{port: 80, targetPort: 8080}]", ""),
        ("ports: [{port: 81, targetPort: 9090}]", ""),
    ],
)
def test_a_service_leads_where_the_program_says(spec: str, says: str) -> None:
    pod = ported("{name: web, containerPort: 8080}, {name: admin, containerPort: 9091}")
    app = deployment(pod=pod) + service("api", f"selector: {{app: api}}, {spec}")
    found = messages(findings(program("none"), app, ("needs",)), "POL965")
    assert len(found) == bool(says), found
    assert not found or says in found[0]


# --- callers from outside -----------------------------------------------------------------------

OPEN = """
namespace shop
service web {{ select {{ app: "web" }} port http 80 -> 8080 http  {allow} }}
"""
INTERNET = 'allow from internet on http because "a load balancer"'


@pytest.mark.parametrize(
    "kind", ["type: LoadBalancer", "type: NodePort", "externalIPs: [192.0.2.1]"]
)
@pytest.mark.parametrize("app", ["", deployment("web")])
def test_behind_a_cluster_policy_pods_see_a_nodes_address(kind: str, app: str) -> None:
    policy = OPEN.format(allow=INTERNET)
    (one,) = [
        each
        for each in findings(policy, app + service("web", f"{BEHIND}, {kind}"), ("needs",))
        if each.code.id == "POL967"
    ]
    assert "has the address of a node" in one.message
    assert "callers from `internet`" in one.message
    assert "externalTrafficPolicy: Local" in (one.help or "")


def test_a_way_in_that_nothing_declares_is_found() -> None:
    found = findings(OPEN.format(allow=""), service("web", f"{BEHIND}, type: NodePort"), ("needs",))
    (one,) = messages(found, "POL967")
    assert one.startswith("anybody outside of the cluster can reach port 8080 of `shop/web`")


@pytest.mark.parametrize(
    ("allow", "kind"),
    [
        (INTERNET, "type: LoadBalancer, externalTrafficPolicy: Local"),
        ("", "type: NodePort, externalTrafficPolicy: Local"),
        ("", "type: ClusterIP"),
        (INTERNET, "type: ClusterIP"),
    ],
)
def test_callers_that_keep_their_address_are_fine(allow: str, kind: str) -> None:
    found = findings(OPEN.format(allow=allow), service("web", f"{BEHIND}, {kind}"), ("needs",))
    assert messages(found, "POL967") == []


def test_where_every_address_is_admitted_it_does_not_matter_whose_it_is() -> None:
    policy = "endpoint all { cidr 0.0.0.0/0, ::/0  port x 1 tcp }\n" + OPEN.format(
        allow='allow from all on http because "everybody"'
    )
    found = findings(policy, service("web", f"{BEHIND}, type: NodePort"), ("needs",))
    assert messages(found, "POL967") == []


# --- peers that the program does not own --------------------------------------------------------

SCRAPED = """
extern service prom in mon { select { app: "prom" }  port web 9090 http }
namespace shop
service api { select { app: "api" }  port web 80 -> 8080 http
  allow from mon/prom on web  allow to mon/prom on web }
"""


def test_a_peer_on_the_host_network_is_a_nodes_address() -> None:
    pod = "hostNetwork: true, containers: [{name: c, image: i}]"
    app = deployment("prom", pod, kind="DaemonSet", space="mon")
    (one,) = findings(SCRAPED, app, ("needs",))
    assert "runs the pods of `mon/prom` on the network of their node" in one.message
    assert "host-network" in (one.help or "")


def test_a_peer_with_other_labels_is_meant_by_no_rule() -> None:
    app = deployment("prom", space="mon", labels="app.kubernetes.io/name: prom")
    (one,) = findings(SCRAPED, app, ("needs",))
    assert "without the labels by which the program knows them" in one.message
    assert '"app.kubernetes.io/name": "prom"' in (one.help or "")


def test_a_peers_service_leads_where_the_program_says() -> None:
    app = deployment("prom", space="mon")
    front = "selector: {app: prom}, ports: [{port: 9090, targetPort: 9091}]"
    (one,) = findings(SCRAPED, app + service("prom", front, "mon"), ("needs",))
    assert "leads port 9090 to 9091 of its pods" in one.message


def test_dns_pods_with_other_labels_are_found() -> None:
    dns = deployment("coredns", space="kube-system", labels="k8s-app: coredns")
    front = service("kube-dns", "selector: {k8s-app: coredns}, ports: [{port: 53}]", "kube-system")
    (one,) = findings(program("none"), dns + front, ("needs",))
    assert "makes the pods of `kube-system/kube-dns` without the labels" in one.message


def test_peers_that_are_as_the_program_says_are_fine() -> None:
    app = deployment("prom", space="mon") + deployment("other", space="mon")
    front = service("prom", "selector: {app: prom}, ports: [{port: 9090}]", "mon")
    assert findings(SCRAPED, app + front, ("needs",)) == []


def test_a_peer_that_is_declared_on_the_host_network_is_as_it_says() -> None:
    policy = SCRAPED.replace('select { app: "prom" }', 'host-network select { app: "prom" }')
    policy = "cluster c { mesh none cni kubernetes nodes 10.0.0.0/16 }\n" + policy
    pod = "hostNetwork: true, containers: [{name: c, image: i}]"
    app = deployment("prom", pod, kind="DaemonSet", space="mon")
    assert findings(policy, app, ("needs",)) == []


def test_a_service_that_is_known_as_another_is_there_under_that_name() -> None:
    policy = program("none").replace("-> 8080 http", '-> 8080 http known-as "w"')
    front = "selector: {app: api}, ports: [{port: 80, targetPort: 8080}]"
    assert findings(policy, deployment() + service("w", front), ("needs",)) == []
    app = deployment() + service("w", front.replace("8080", "9090")) + service("x", front)
    (one,) = messages(findings(policy, app), "POL965")
    assert "Service `shop/w` leads port 80 to 9090" in one


def test_what_the_help_says_is_all_that_is_missing() -> None:
    pod = probed("tcpSocket: {port: 9999}", "livenessProbe")
    more = "port live 9999 tcp  probe live tcp on live"
    policy = program("istio ambient", more).replace("allow to api", "allow to api on web")
    policy = policy.replace("allow from web", "allow from web on web")
    assert findings(policy, deployment(pod=pod), ("network", "mesh", "needs")) == []


def test_a_port_that_a_service_leads_to_is_there() -> None:
    app = deployment(pod=ported("{containerPort: 9090}"))
    front = service("api", "selector: {app: api}, ports: [{port: 80, targetPort: 8080}]")
    assert findings(program("none"), app + front, ("needs",)) == []
