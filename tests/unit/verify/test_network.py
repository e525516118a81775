"""Network policies against programs: what polc writes is proved, for any program in any mesh."""

from typing import Any

import pytest
from hypothesis import given

from ir_build import (
    INGRESS,
    flow,
    labels,
    pods,
    port,
    program,
    rich_program,
    workload,
)
from ir_strategies import ir_programs
from polc.backend import KubernetesObject
from polc.ir.nodes import Mesh, Program
from polc.passes import add_isolations
from polc.semantics.objects.model import Manifests, from_artifacts
from polc.semantics.objects.reading import read_yaml
from polc.verify import verify
from polc.verify.verdict import Verdict
from polc_backends.networkpolicy import BACKEND

WEB = port("web", 8080, service=80)
SHOP = program(
    [workload("shop/api", WEB), workload("shop/site", WEB)],
    [
        flow(pods("shop/site"), pods("shop/api"), WEB),
        flow(pods("shop/api"), pods("data/db", "extern"), port("sql", 5432, "postgres")),
    ],
)


def emitted(made: Program) -> Manifests:
    return from_artifacts(
        each
        for each in BACKEND.emit(add_isolations(made)[0])[0]
        if isinstance(each, KubernetesObject)
    )


def judge(made: Program, manifests: Manifests) -> Verdict:
    return verify(manifests, made, {"network"})


def ids(verdict: Verdict) -> list[str]:
    return [each.code.id for each in verdict.diagnostics]


def with_text(made: Program, text: str) -> Verdict:
    found, problems = read_yaml("more.yaml", text)
    assert problems == ()
    return judge(made, emitted(made) + Manifests(found))


@given(ir_programs())
def test_what_is_written_is_proved(made: Program) -> None:
    verdict = judge(made, emitted(made))
    assert verdict.proved, [each.message for each in verdict.diagnostics]
    assert dict(verdict.counts)["flows"] == len(made.flows)


@given(ir_programs(keys=("shop/a",), flows=5, knative=False))
def test_rules_that_cover_each_other_are_proved_minimal(made: Program) -> None:
    assert judge(made, emitted(made)).proved


@pytest.mark.parametrize("mesh", list(Mesh))
def test_a_program_with_everything(mesh: Mesh) -> None:
    made = rich_program(mesh)
    assert judge(made, emitted(made)).proved


def policy(spec: str, name: str = "extra", namespace: str = "shop") -> str:
    head = f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, "
    return f"{head}namespace: {namespace}}}\nspec:\n{spec}"


def test_a_counterexample_names_pod_port_rule_and_declaration() -> None:
    verdict = with_text(
        SHOP,
        policy(
            "  podSelector: {matchLabels: {app: api}}\n"
            "  ingress:\n"
            "  - from: [{podSelector: {matchLabels: {app: site}}}]\n"
            "    ports: [{port: 8080}]\n"
            "  - from:\n"
            "    - namespaceSelector: {matchLabels: {name: shop}}\n"
            "    ports: [{port: 9090}]\n"
        ),
    )
    unsound = [each for each in verdict.violations if each.code.id == "POL901"]
    assert [each.message for each in unsound] == [
        "a pod without labels of namespace `other` (with `name: shop`) can reach TCP port 9090"
        " of `shop/api`; permitted by ingress rule 2 of `shop/extra` in `more.yaml:9`; nothing"
        " in the program declares it"
    ]
    assert unsound[0].span.text == "- namespaceSelector: {matchLabels: {name: shop}}"
    assert unsound[0].labels[0].span.text == "allow on web"
    removable = [each for each in verdict.violations if each.code.id == "POL990"]
    assert len(removable) == 1, "the rule for `site` stands twice"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "  podSelector: {}\n  ingress: [{}]\n",
            "pod without labels of namespace `other` can reach",
        ),
        ("  podSelector: {}\n  ingress: [{from: []}]\n", "ingress rule 1 of `shop/extra`"),
        ("  podSelector: {}\n  egress: [{to: []}]\n", "egress rule 1 of `shop/extra`"),
        (
            "  podSelector: {matchLabels: {app: new}}\n  policyTypes: [Egress]\n"
            "  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]\n",
            "pod `app: new` of namespace `shop` can reach TCP port 1 of address `10.0.0.0`",
        ),
        (
            "  podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [api]}]}\n"
            "  ingress:\n  - from: [{podSelector: {matchLabels: {app: site}}}]\n"
            "    ports: [{port: 8080}]\n",
            "`shop/site` is let through to TCP port 8080 of a pod without labels of namespace"
            " `shop`, and only the egress of the caller still stops it",
        ),
    ],
)
def test_additions_that_permit_more(spec: str, message: str) -> None:
    verdict = with_text(SHOP, policy(spec))
    assert "POL901" in ids(verdict)
    assert any(message in each.message for each in verdict.violations), [
        each.message for each in verdict.violations
    ]


@pytest.mark.parametrize(
    "spec",
    [
        "  podSelector: {}\n",
        "  podSelector: {}\n  policyTypes: [Egress]\n  ingress: [{}]\n",
        "  podSelector: {matchLabels: {app: new}}\n  ingress: []\n",
        "  podSelector: {matchLabels: {app: api}}\n  policyTypes: [Ingress, Egress]\n",
    ],
)
def test_additions_that_permit_nothing(spec: str) -> None:
    assert with_text(SHOP, policy(spec)).proved


def test_equal_meaning_written_differently() -> None:
    namespace = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NS}}"
    dns = (
        "  - to: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name,"
        " operator: In, values: [kube-system]}]},"
        " podSelector: {matchLabels: {k8s-app: kube-dns}}}]\n"
        "    ports: [{port: 53, protocol: UDP}, {port: 53}]\n"
    )
    texts = [
        policy("  podSelector:\n  policyTypes: [Ingress, Egress]\n  egress:\n", "deny"),
        policy(
            "  podSelector: {matchExpressions: [{key: app, operator: In, values: [api]}]}\n"
            "  ingress:\n"
            "  - from: [{podSelector: {matchLabels: {app: site}}}]\n"
            "    ports: [{port: 8080, endPort: 8080}]\n"
            "  egress:\n"
            f"  - to: [{{{namespace.replace('NS', 'data')},"
            " podSelector: {matchLabels: {app: db}}}]\n"
            "    ports: [{port: 5432}]\n" + dns,
            "api",
        ),
        policy(
            "  podSelector: {matchLabels: {app: site}}\n"
            "  egress:\n"
            "  - to: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [api]},"
            " {key: app, operator: Exists}]}}]\n"
            "    ports: [{port: 8080}]\n" + dns,
            "site",
        ),
    ]
    found, _ = read_yaml("all.yaml", "---\n".join(texts))
    verdict = judge(SHOP, Manifests(found))
    assert verdict.proved, [each.message for each in verdict.diagnostics]


def test_labels_of_known_namespaces_count_for_what_must_pass() -> None:
    made = program(
        [workload("shop/api", WEB)], [flow(pods("ops/cron", "extern"), pods("shop/api"), WEB)]
    )

    def manifests(known: str) -> Manifests:
        text = policy("  podSelector: {}\n  policyTypes: [Ingress, Egress]\n", "deny") + "---\n"
        text += policy(
            "  podSelector: {matchLabels: {app: api}}\n"
            "  ingress:\n  - from: [{namespaceSelector: {matchLabels: {team: ops}},"
            " podSelector: {matchLabels: {app: cron}}}]\n    ports: [{port: 8080}]\n",
            "api",
        )
        return Manifests(read_yaml("x.yaml", f"{text}---\n{known}")[0])

    known = "{apiVersion: v1, kind: Namespace, metadata: {name: ops, labels: {team: ops}}}"
    assert ids(judge(made, manifests(known))) == ["POL901"], "any namespace may have the label"
    assert sorted(ids(judge(made, manifests("")))) == ["POL901", "POL902"]


def test_a_policy_at_the_other_end_counts() -> None:
    deny = "  podSelector: {}\n  policyTypes: [Ingress]\n"
    verdict = with_text(SHOP, policy(deny, "deny", "data"))
    assert ids(verdict) == ["POL902"]
    assert "`shop/api` can't reach TCP port 5432 of pod `app: db`" in verdict.violations[0].message
    assert with_text(SHOP, policy(deny, "deny", "elsewhere")).proved


def test_two_selectors_that_overlap_join_what_they_permit() -> None:
    """A pod of both may do what either may; so a rule for their common part is no more."""
    api = workload("shop/api", WEB, pods=pods("shop/api", select=labels(app="api")))
    slow = workload("shop/slow", WEB, pods=pods("shop/slow", select=labels(tier="slow")))
    made = program([api, slow], [flow(INGRESS, api, WEB), flow(INGRESS, slow, WEB)])
    both = (
        "  podSelector: {matchLabels: {app: api, tier: slow}}\n  ingress:\n"
        "  - from: [{namespaceSelector: {matchLabels:"
        " {kubernetes.io/metadata.name: istio-ingress}},"
        " podSelector: {matchLabels: {istio: ingressgateway}}}]\n    ports: [{port: PORT}]\n"
    )
    assert ids(with_text(made, policy(both.replace("PORT", "8080")))) == ["POL990"]
    assert ids(with_text(made, policy(both.replace("PORT", "9090")))) == ["POL901"]


NOT_DECIDED: list[Any] = [
    ("  podSelector: {}\n  ingres: [{}]\n", "there is no field `spec.ingres`"),
    ("  podSelector: {}\n  ingress: [{form: []}]\n", "has no field `form`"),
    ("  podSelector: {}\n  ingress: [{from: [{}]}]\n", "a peer has to say something"),
    ("  podSelector: {}\n  ingress: [{from: [{podselector: {}}]}]\n", "a peer has"),
    (
        "  podSelector: {}\n  ingress:\n"
        "  - from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]\n",
        "`ipBlock` can't stand beside a selector",
    ),
    ("  podSelector: {}\n  ingress: [{from: [{ipBlock: {cidr: 10.0.0.1}}]}]\n", "as blocks"),
    (
        "  podSelector: {}\n  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8,"
        " except: [10.0.0.0/8]}}]}]\n",
        "is no part of",
    ),
    (
        "  podSelector: {}\n  ingress: [{from: [{ipBlock: {cidr: '::ffff:10.0.0.0/104'}}]}]\n",
        "an IPv4 block in the form of IPv6",
    ),
    (
        "  podSelector: {}\n  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/255.0.0.0}}]}]\n",
        "is not written as a block is",
    ),
    (
        "  podSelector: {}\n  ingress: [{from: [{ipBlock: {cidr: 'fe80::%eth0/64'}}]}]\n",
        "is not written as a block is",
    ),
    ("  podSelector: {}\n  ingress: [{ports: [{port: 80, protocol: ICMP}]}]\n", "no protocol"),
    ("  podSelector: {}\n  ingress: [{ports: [{protocol: ''}]}]\n", "no protocol"),
    ("  podSelector: {}\n  policyTypes: {}\n", "`policyTypes` holds"),
    ("  podSelector: {}\n  policyTypes: [Ingress, Egress, Egress]\n", "`policyTypes` holds"),
    ("  podSelector: {}\n  ingress: [{ports: [{port: 0}]}]\n", "`0` is no port"),
    ("  podSelector: {}\n  ingress: [{ports: [{port: '80'}]}]\n", "`80` is no port"),
    ("  podSelector: {}\n  ingress: [{ports: [{port: 80, endPort: 79}]}]\n", "`endPort`"),
    ("  podSelector: {}\n  ingress: [{ports: [{endPort: 79}]}]\n", "`None` is no port"),
    ("  podSelector: {}\n  ingress: [{ports: [{port: http}]}]\n", "names the TCP port `http`"),
    ("  podSelector: {}\n  policyTypes: [ingress]\n", "`policyTypes` holds"),
    ("  podSelector: {matchLabels: {a: 1}}\n", "is no text"),
    (
        "  podSelector: {matchExpressions: [{key: a, operator: In}]}\n",
        "names no values",
    ),
    ("  podSelector: {matchExpressions: [{key: a, operator: Is}]}\n", "no operator `Is`"),
]


@pytest.mark.parametrize(("spec", "why"), NOT_DECIDED)
def test_what_is_not_understood_is_never_skipped(spec: str, why: str) -> None:
    verdict = with_text(SHOP, policy(spec))
    assert "POL903" in ids(verdict)
    assert any(why in each.message for each in verdict.undecided), verdict.undecided[0].message


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("cilium.io/v2", "CiliumNetworkPolicy"),
        ("crd.projectcalico.org/v1", "GlobalNetworkPolicy"),
        ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"),
        ("extensions/v1beta1", "NetworkPolicy"),
    ],
)
def test_other_kinds_that_rule_over_packets(group: str, kind: str) -> None:
    text = f"{{apiVersion: {group}, kind: {kind}, metadata: {{name: x, namespace: shop}}}}"
    assert ids(with_text(SHOP, text)) == ["POL903"]


def test_two_policies_of_one_name() -> None:
    assert ids(with_text(SHOP, policy("  podSelector: {}\n", "api"))) == ["POL903"]
