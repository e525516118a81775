"""Network policies that open more, or less, than they look like, where no program declares any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polc.diagnostics import Diagnostic, Severity
from polc.semantics.objects.reading import read_files
from polc.survey.survey import survey


def pods(name: str, ports: str = "", labels: str = "", space: str = "shop", more: str = "") -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {space}}}\n"
        f"spec: {{template: {{metadata: {{labels: {{app: {name}{labels}}}}}, spec: {{{more}"
        f"containers: [{{name: c, image: i, ports: [{ports}]}}]}}}}}}\n"
    )


def policy(spec: str, name: str = "p", space: str = "shop") -> str:
    return (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: {space}}}\nspec: {spec}\n"
    )


API, WEB = pods("api", "{containerPort: 8080, name: http}"), pods("web")
AT_API = "podSelector: {matchLabels: {app: api}}"
FROM_WEB = "{podSelector: {matchLabels: {app: web}}}"
OPERATOR = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: o}
rules: [{apiGroups: [apps], resources: [statefulsets], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: o}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: o}
subjects: [{kind: ServiceAccount, name: o, namespace: ops}]
"""


def told(*texts: str, codes: str = "POL970 POL981 POL982 POL983") -> list[Diagnostic]:
    manifests, found = read_files({"all.yaml": "---\n".join(texts)})
    assert not found
    about = [each for each in survey(manifests) if each.code.id in codes]
    assert all(each.help for each in about)
    return [each for each in about if "NetworkPolic" in each.message]


def messages(*texts: str, codes: str = "POL970 POL981 POL982 POL983") -> list[str]:
    return [each.message for each in told(*texts, codes=codes)]


# --- for everybody --------------------------------------------------------------------------------

HALVES = "{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}"
ALL_BLOCKS = "{ipBlock: {cidr: 0.0.0.0/0}}"


@pytest.mark.parametrize(
    ("rules", "whom"),
    [
        ("{}", "everybody"),
        ("{from: null}", "everybody, which means everybody"),
        ("{from: []}", "everybody"),
        ("{ports: []}", "everybody"),
        (f"{{from: [{{namespaceSelector: {{}}}}, {ALL_BLOCKS}]}}", "everybody"),
        (f"{{from: [{{namespaceSelector: {{}}}}]}}, {{from: [{ALL_BLOCKS}]}}", "everybody"),
        (f"{{from: [{ALL_BLOCKS}]}}", "every IPv4 address"),
        (f"{{from: [{HALVES}]}}", "every IPv4 address"),
        ("{from: [{ipBlock: {cidr: 0.0.0.0/1}}]}, {from: [{ipBlock: {cidr: 128.0.0.0/1}}]}",
         "every IPv4 address"),
        ('{from: [{ipBlock: {cidr: "::/0"}}]}', "every IPv6 address"),
        ('{from: [{ipBlock: {cidr: "::/1"}}, {ipBlock: {cidr: "8000::/1"}}]}',
         "every IPv6 address"),
        (f'{{from: [{ALL_BLOCKS}, {{ipBlock: {{cidr: "::/0"}}}}]}}', "every address"),
        ("{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}, {ipBlock:"
         " {cidr: 10.0.0.0/8}}]}",
         "every IPv4 address"),
    ],
)  # fmt: skip
def test_everybody_in_every_spelling(rules: str, whom: str) -> None:
    [found] = told(API, policy(f"{{{AT_API}, ingress: [{rules}]}}"))
    assert found.code.id == "POL981"
    assert found.severity is Severity.WARNING
    if "from: []" in rules or "from: null" in rules:
        assert "has an empty `from`, which means everybody" in found.message
    else:
        assert found.message == f"NetworkPolicy `shop/p` admits {whom} on every port"


@pytest.mark.parametrize(
    "spaces",
    [
        "namespaceSelector: {}",
        "namespaceSelector: {matchLabels: {}}",
        "namespaceSelector: {}, podSelector: {}",
        "namespaceSelector: {matchExpressions: []}",
        "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name,"
        " operator: Exists}]}",
    ],
)
def test_all_pods_of_the_cluster_are_a_note(spaces: str) -> None:
    spec = f"{{{AT_API}, ingress: [{{from: [{{{spaces}}}]}}]}}"
    [found] = told(API, policy(spec))
    assert "admits every pod of the cluster on every port" in found.message
    assert found.severity is Severity.NOTE


def test_certain_ports_for_everybody_are_a_note() -> None:
    [found] = told(API, policy(f"{{{AT_API}, ingress: [{{ports: [{{port: 8080}}]}}]}}"))
    assert found.message == "NetworkPolicy `shop/p` admits everybody on TCP 8080"
    assert found.severity is Severity.NOTE


def test_asking_for_names_is_not_connecting_to_everybody() -> None:
    own = "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]"
    names = "{ports: [{port: 53, protocol: UDP}, {port: 53}]}"
    assert messages(WEB, policy(f"{{{own}, egress: [{names}]}}")) == []
    names = "{to: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}]}"
    assert messages(WEB, policy(f"{{{own}, egress: [{names}]}}")) == []
    [message] = messages(WEB, policy(f"{{{own}, egress: [{{ports: [{{port: 443}}]}}, {names}]}}"))
    assert "lets its pods connect to everybody on TCP 443" in message


def test_equal_notes_are_told_once() -> None:
    spec = "{podSelector: {}, policyTypes: [Egress], egress: [{}]}"
    policies = [policy(spec, name) for name in ("a", "b", "c", "d", "e", "f")]
    [found] = told(*policies)
    assert (
        "6 NetworkPolicies of the namespace `shop` (`a`, `b`, `c`, `d` and 2 more) let their"
        in (found.message)
    )
    assert len(found.labels) == 6


@pytest.mark.parametrize(
    "rule",
    [
        "{from: [{ipBlock: {cidr: 0.0.0.0/1}}]}",
        "{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}",
        "{from: [{podSelector: {}}]}",
        "{from: [{namespaceSelector: {matchLabels: {team: a}}}]}",
        f"{{from: [{FROM_WEB}]}}",
    ],
)
def test_those_who_are_named_are_not_everybody(rule: str) -> None:
    assert messages(API, WEB, policy(f"{{{AT_API}, ingress: [{rule}]}}")) == []


# --- nobody ---------------------------------------------------------------------------------------


def ingress(peer: str, ports: str = "") -> str:
    more = f", ports: [{ports}]" if ports else ""
    return policy(f"{{{AT_API}, ingress: [{{from: [{peer}]{more}}}]}}")


def egress(peer: str, ports: str) -> str:
    own = "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]"
    dns = "{ports: [{port: 53, protocol: UDP}]}"
    return policy(f"{{{own}, egress: [{{to: [{peer}], ports: [{ports}]}}, {dns}]}}")


def nobody(*texts: str) -> list[tuple[str, str | None]]:
    return [(each.message, each.help) for each in told(*texts, codes="POL982")]


def test_a_peer_that_no_pod_is() -> None:
    [(message, advice)] = nobody(API, WEB, ingress("{podSelector: {matchLabels: {app: wbe}}}"))
    assert message.endswith(
        "admits pods with `app: wbe` in the namespace `shop`, which no pod of the input is"
    )
    assert advice == "did you mean `app: web`?"
    named = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}"
    assert nobody(API, ingress(f"{{{named}, podSelector: {{matchLabels: {{app: wbe}}}}}}"))
    [(_, advice)] = nobody(API, WEB, ingress("{podSelector: {matchLabels: {ap: web}}}"))
    assert advice == "no pod has a label `ap`: did you mean `app`?"
    expression = "{matchExpressions: [{key: app, operator: In, values: [wbe, bew]}]}"
    assert nobody(API, WEB, ingress(f"{{podSelector: {expression}}}"))


VM = "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: v, namespace: shop}\n"
DATABASE = "apiVersion: acid.zalan.do/v1\nkind: postgresql\nmetadata: {name: d, namespace: shop}\n"


@pytest.mark.parametrize("maker", [OPERATOR, VM, DATABASE])
def test_nothing_is_missed_where_somebody_may_make_it(maker: str) -> None:
    wrong = ingress("{podSelector: {matchLabels: {app: wbe}}}")
    assert nobody(API, WEB, wrong) != []
    assert nobody(API, WEB, wrong, maker) == []
    nobodys = policy("{podSelector: {matchLabels: {app: x}}}")
    assert messages(API, nobodys) != []
    assert messages(API, nobodys, maker) == []


def test_what_people_may_make_is_in_the_input() -> None:
    people = OPERATOR.replace(
        "{kind: ServiceAccount, name: o, namespace: ops}",
        "{kind: Group, name: devs, apiGroup: rbac.authorization.k8s.io}",
    )
    assert nobody(API, WEB, ingress("{podSelector: {matchLabels: {app: wbe}}}"), people) != []


@pytest.mark.parametrize(
    "peer",
    [
        "{podSelector: {matchLabels: {app: web}}}",
        "{podSelector: {}}",
        "{podSelector: {matchLabels: {app: x}}, namespaceSelector: {}}",
        "{podSelector: {matchLabels: {app: x}}, namespaceSelector: {matchLabels: {team: a}}}",
        "{podSelector: {matchLabels: {app: x}},"
        " namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: elsewhere}}}",
        "{podSelector: {matchLabels: {statefulset.kubernetes.io/pod-name: web-0}}}",
        "{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [x]}]}}",
    ],
)
def test_who_may_be_there_is_not_missed(peer: str) -> None:
    assert nobody(API, WEB, ingress(peer)) == []


@given(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True),
    st.sampled_from(["a", "b", "c", "d"]),
)
def test_no_pod_is_missed_that_is_there(names: list[str], asked: str) -> None:
    made = [pods(name) for name in names]
    peer = f"{{podSelector: {{matchLabels: {{app: {asked}}}}}}}"
    missed = nobody(*made, policy(f"{{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}"))
    assert bool(missed) is (asked not in names)


# --- ports ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "port", ["{port: 80}", "{port: 80, endPort: 90}", "{port: 80}, {port: 81}"]
)
def test_a_port_that_no_container_names(port: str) -> None:
    found = nobody(API, WEB, ingress(FROM_WEB, port))
    assert len(found) == port.count("port:")
    assert "on which no container of Deployment `shop/api` listens: they name 8080" in found[0][0]
    assert nobody(API, WEB, egress("{podSelector: {matchLabels: {app: api}}}", port))


@pytest.mark.parametrize(
    "port",
    [
        "{port: 8080}",
        "{port: http}",
        "{port: 8000, endPort: 9000}",
        "{port: 80, protocol: UDP}",
        "{port: 15020}",
        "{protocol: TCP}",
    ],
)
def test_a_port_that_may_be_there_is_not_missed(port: str) -> None:
    assert nobody(API, WEB, ingress(FROM_WEB, port)) == []


def test_a_port_of_pods_that_name_none_or_that_others_know_is_not_missed() -> None:
    assert nobody(pods("api"), WEB, ingress(FROM_WEB, "{port: 80}")) == []
    probe = API.replace("name: c,", "name: c, livenessProbe: {httpGet: {port: 9000}},")
    assert nobody(probe, WEB, ingress(FROM_WEB, "{port: 9000}")) == []
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\n"
        "spec: {selector: {app: api}, ports: [{port: 80, targetPort: 9000}]}\n"
    )
    assert nobody(API, WEB, service, ingress(FROM_WEB, "{port: 9000}")) == []
    assert nobody(API, WEB, OPERATOR, ingress(FROM_WEB, "{port: 80}")) == []


# --- half flows -----------------------------------------------------------------------------------

OUT = policy(
    "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector:"
    " {matchLabels: {app: api}}}], ports: [{port: 8080}]}, {ports: [{port: 53, protocol: UDP}]}]}",
    "web",
)
CLOSED = policy(f"{{{AT_API}, policyTypes: [Ingress]}}", "api")
OPEN = policy(
    f"{{{AT_API}, policyTypes: [Ingress], ingress: [{{from: [{FROM_WEB}],"
    " ports: [{port: 8080}]}]}",
    "api",
)


def half(*texts: str) -> list[str]:
    return messages(API, WEB, *texts, codes="POL983")


def test_egress_without_ingress() -> None:
    [message] = half(OUT, CLOSED)
    assert message == (
        "NetworkPolicy `shop/web` lets Deployment `shop/web` connect to Deployment `shop/api` on"
        " TCP 8080, and the policies there (`shop/api`) do not admit it"
    )
    assert half(OUT, OPEN.replace("8080", "9090")) != []
    assert half(OUT, OPEN) == []
    assert half(OUT) == []
    assert half(OUT, CLOSED, OPEN.replace("name: api,", "name: more,")) == []


def test_ingress_without_egress() -> None:
    shut = policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}", "web")
    [message] = half(OPEN, shut)
    assert "admits Deployment `shop/web` at Deployment `shop/api` on TCP 8080" in message
    assert "(`shop/web`) do not let it connect" in message
    assert half(OPEN, OUT) == []
    assert half(OPEN) == []


def test_blocks_may_be_the_address_of_a_pod() -> None:
    blocks = OPEN.replace(FROM_WEB, "{ipBlock: {cidr: 10.0.0.0/8}}")
    assert half(OUT, blocks) == []


def test_a_port_by_name_is_that_of_the_pods() -> None:
    assert half(OUT.replace("{port: 8080}", "{port: http}"), OPEN) == []
    assert half(OUT.replace("{port: 8080}", "{port: http}"), CLOSED) != []


# --- names ----------------------------------------------------------------------------------------


def names(*rules: str) -> list[str]:
    own = "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]"
    found = messages(WEB, policy(f"{{{own}, egress: [{', '.join(rules)}]}}"), codes="POL970")
    return [each.partition("` ")[2] for each in found]


KUBE = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}"
DNS = "podSelector: {matchLabels: {k8s-app: kube-dns}}"
UDP = "ports: [{port: 53, protocol: UDP}, {port: 53}]"
CALLS = "{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 443}]}"


def test_pods_that_can_not_ask_for_names() -> None:
    assert names(CALLS) == ["lets its pods open connections, but not ask for names"]


@pytest.mark.parametrize(
    "rule",
    [
        f"{{to: [{{{KUBE}, {DNS}}}], {UDP}}}",
        f"{{to: [{{{KUBE}}}], {UDP}}}",
        f"{{to: [{{namespaceSelector: {{}}, {DNS}}}], {UDP}}}",
        f"{{to: [{{ipBlock: {{cidr: 169.254.20.10/32}}}}], {UDP}}}",
        f"{{to: [{{namespaceSelector: {{}}}}], {UDP}}}",
        f"{{{UDP}}}",
        "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: openshift-dns}}}],"
        " ports: [{port: 5353, protocol: UDP}]}",
    ],
)
def test_rules_that_reach_the_servers_for_names(rule: str) -> None:
    assert names(CALLS, rule) == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (f"{{to: [{{{DNS}}}], {UDP}}}", "a `podSelector` alone is about its own namespace"),
        (
            f"{{to: [{{{KUBE}, podSelector: {{matchLabels: {{app: dns}}}}}}], {UDP}}}",
            "misses the pods",
        ),
        (
            f"{{to: [{{namespaceSelector: {{matchLabels: {{role: dns}}}}}}], {UDP}}}",
            "misses the pods",
        ),
        (f"{{to: [{{{KUBE}, {DNS}}}], ports: [{{port: 53}}]}}", "with TCP alone"),
        (f"{{to: [{{{KUBE}, {DNS}}}], ports: [{{port: 53, protocol: TCP}}]}}", "with TCP alone"),
    ],
)
def test_rules_that_miss_the_servers_for_names(rule: str, words: str) -> None:
    [message] = names(CALLS, rule)
    assert words in message


def test_another_policy_may_let_them_ask() -> None:
    own = "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]"
    calls = policy(f"{{{own}, egress: [{CALLS}]}}")
    asks = policy(f"{{podSelector: {{}}, policyTypes: [Egress], egress: [{{{UDP}}}]}}", "dns")
    assert messages(WEB, calls, codes="POL970") != []
    assert messages(WEB, calls, asks, codes="POL970") == []


def test_pods_on_the_network_of_their_node_are_held_by_no_policy() -> None:
    node = pods("web", more="hostNetwork: true, ")
    closed = policy("{podSelector: {matchLabels: {app: web}}}")
    [message] = messages(node, closed)
    assert "does nothing: Deployment `shop/web` makes pods on the network of their node" in message
    assert messages(WEB, closed) == []
    assert messages(node, WEB.replace("name: web, namespace", "name: w2, namespace"), closed) == []


def test_no_label_has_a_star_in_its_value() -> None:
    star = '{podSelector: {matchLabels: {app: "*"}}}'
    found = messages(API, WEB, policy(f"{{{AT_API}, ingress: [{{from: [{star}]}}]}}"))
    assert any("selects by `app: *`, and no label has a star" in each for each in found)
    expression = '{matchExpressions: [{key: app, operator: In, values: ["w*"]}]}'
    assert messages(API, policy(f"{{podSelector: {expression}}}"))[0].endswith("in its value")


# --- Services -------------------------------------------------------------------------------------


def service(selector: str, port: str = "8080") -> list[str]:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: shop}\n"
        f"spec: {{selector: {{{selector}}}, ports: [{{port: 80, targetPort: {port}}}]}}\n"
    )
    manifests, _ = read_files({"all.yaml": "---\n".join((API, WEB, text))})
    found = [each for each in survey(manifests) if each.code.id == "POL982"]
    return [each.message.partition("` ")[2] for each in found]


def test_a_service_before_no_pods() -> None:
    assert service("app: apj") == ["selects pods with `app: apj`, which no pod of the input is"]
    assert service("app: api") == []


def test_a_service_before_a_port_that_no_container_has() -> None:
    assert service("app: api", "htpp") == [
        "leads to the port `htpp`, which no container of Deployment `shop/api` has"
    ]
    assert service("app: api", "http") == []
    assert service("app: api", "9090") == []


KNATIVE = """apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: f, namespace: shop}
spec: {template: {spec: {containers: [{image: i, ports: [{containerPort: 8080}]}]}}}
"""


def test_what_knative_runs_has_more_ports_and_is_not_all_there_is() -> None:
    own = "podSelector: {matchLabels: {serving.knative.dev/service: f}}"
    text = policy(f"{{{own}, ingress: [{{from: [{FROM_WEB}], ports: [{{port: 8012}}]}}]}}")
    assert nobody(KNATIVE, text) == []
    assert messages(KNATIVE, policy("{podSelector: {matchLabels: {app: x}}}")) == []
