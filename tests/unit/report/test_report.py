"""What a build says of itself: in a few lines, in Markdown, in JSON."""

import json
from datetime import date
from textwrap import dedent

import pytest
from attrs import evolve

import ir_build as ir
from polc.backend import ComponentPart, KubernetesObject, TextFile
from polc.ir.nodes import (
    AllPods,
    Expired,
    Grant,
    Isolation,
    Level,
    Mesh,
    Namespace,
    NetworkRule,
    Purpose,
    Relaxation,
    Security,
    Transport,
    TransportPort,
    UrlGrant,
)
from polc.ir.privileged import privileged_reason
from polc.output.layout import arrange
from polc.report.json import render_json
from polc.report.markdown import render_markdown
from polc.report.summary import Proof, grant_text, summarize
from polc.report.text import render_text

LATER, LATEST = date(2026, 12, 31), date(2027, 6, 30)
SECURITY = Security(
    "restricted",
    Level.BASELINE,
    10001,
    10001,
    relaxed=(Relaxation("read-only-root", "writes logs, PLAT-77", LATEST, ir.span("relax")),),
    capabilities=(Relaxation("NET_BIND_SERVICE", "port 80", None, ir.span("capability")),),
)
SECRETS = Grant(
    ("get", "list"), "", "secrets", namespace="shop", because="rotation", span=ir.span("can")
)
PODS = Grant(("get",), "", "pods", "log", ("a",), None)
DNS = NetworkRule(
    ir.KUBE_DNS.pods,
    (TransportPort(Transport.TCP, 53, 53), TransportPort(Transport.UDP, 53, 53)),
    Purpose.DNS,
)


def isolation(key, *egress):
    namespace, name = key.split("/")
    return Isolation(key, name, namespace, (("app", name),), (), egress)


@pytest.fixture
def summary():
    web = ir.workload("shop/web")
    api = ir.workload("shop/api", ir.port(), security=SECURITY, grants=(SECRETS, PODS))
    program = ir.program(
        [api, web],
        [
            ir.flow(web, api, ir.port(), until=LATER, because=("trial",)),
            ir.flow(
                ir.pods("ingress/public", "gateway"),
                api,
                ir.port(),
                hosts=("a.example",),
                because=("a | b",),
            ),
            ir.flow(AllPods(), web, ir.port("admin"), because=("legacy",)),
        ],
        on=ir.cluster(Mesh.SIDECAR),
    )
    program = evolve(
        program,
        environment="prod",
        namespaces=(Namespace("shop", "team", Level.BASELINE, ir.span("namespace shop")),),
        isolations=(
            isolation("shop/api", DNS),
            isolation("shop/web", DNS, evolve(DNS, purpose=Purpose.DECLARED)),
        ),
        expired=(Expired("allow from x on web", date(2026, 1, 1), ir.span("allow from x")),),
    )
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "api"}}
    artifacts = (
        KubernetesObject("shop/api.rbac.yaml", body),
        ComponentPart("shop", "api.yaml", {"a": 1}, {}),
        TextFile("shop/api.Dockerfile", "FROM x\n"),
    )
    layout, _ = arrange(artifacts)
    return summarize(program, artifacts, layout.objects, privileged_reason)


def test_text(summary):
    amounts_to = privileged_reason(SECRETS)
    assert render_text(summary, "3 written, 1 removed, 2 unchanged") == dedent(
        f"""\
          compiled  2 services in 1 namespace, 3 flows -> 1 object, 1 component file, 1 Dockerfile
             added  dns: shop/api, shop/web, to kube-system/kube-dns
             broad  shop/api is reached from internet via ingress/public on web because a | b
                    shop/web is reached from any on admin because legacy
           relaxed  shop/api relax read-only-root because writes logs, PLAT-77 (until 2027-06-30)
                    shop/api capability NET_BIND_SERVICE because port 80
        privileged  shop/api can get, list secrets in shop ({amounts_to}) because rotation
             level  namespace shop: Pod Security level baseline
           expires  2026-12-31 shop/api allow from shop/web on web
                    2027-06-30 shop/api relax read-only-root
           expired  2026-01-01 test.svc:1 allow from x on web
             files  3 written, 1 removed, 2 unchanged
        """
    )  # fmt: skip


def test_text_of_nothing_special():
    program = ir.program([ir.workload("shop/web")])
    text = render_text(summarize(program, (), (), privileged_reason), None)
    assert text == "  compiled  1 service in 1 namespace, 0 flows -> 0 objects\n"


def test_text_stays_short():
    secrets = [evolve(SECRETS, names=(f"s{number:02}",)) for number in range(30)]
    program = ir.program([ir.workload("shop/web", grants=tuple(secrets))])
    rows = render_text(summarize(program, (), (), privileged_reason), None).splitlines()
    assert len(rows) == 12
    assert rows[-1].strip() == "and 20 others: see --report md"


def test_markdown(summary):
    text = render_markdown(summary)
    assert text.startswith(
        "## polc\n\n2 services in 1 namespace, 3 flows, for cluster `test`"
        " (mesh: istio sidecar), environment `prod`, on 2026-12-01.\n"
    )
    assert (
        "### Relaxed\n\n| who | what | because | until | where |\n| --- | --- | --- | --- | --- |\n"
        "| `shop/api` | relax read-only-root | writes logs, PLAT-77 | 2027-06-30 | `test.svc:1` |\n"
    ) in text
    assert "a \\| b" in text
    assert "| dns | `shop/api` | to | `kube-system/kube-dns` | 53/TCP, 53/UDP |" in text


def test_markdown_lets_nobody_write_html_or_mention():
    grant = evolve(SECRETS, because="<script> @team `x`\n# head [a](b)")
    program = ir.program([ir.workload("shop/web", grants=(grant,))])
    text = render_markdown(summarize(program, (), (), privileged_reason))
    assert "\\<script\\>" in text
    assert "@team" not in text
    assert "\n# head" not in text
    assert "\\[a\\]" in text


PROVED = Proof("proved", (("flows", 3), ("services hardened", 1)), ("network",), ("pods",))
OPEN = Proof("not proved", undecided=("a field `x|y`",), wrong=("`a` may reach `b`",))


@pytest.mark.parametrize(
    ("proof", "lines"),
    [
        (Proof(), ["**Not proved**: nobody asked for it (`--no-verify`)."]),
        (
            PROVED,
            [
                "**Proved**: nothing more and nothing less than declared"
                " (3 flows, 1 service hardened).",
                "Not judged, since no target makes it: pods.",
            ],
        ),
        (
            OPEN,
            [
                "**Not proved**, so that nothing was written:",
                "- \\`a\\` may reach \\`b\\`",
                "- not decided: a field \\`x\\|y\\`",
            ],
        ),
    ],
)
def test_the_proof_is_in_the_report(summary, proof, lines):
    text = render_markdown(evolve(summary, proof=proof)).splitlines()
    assert [line for line in lines if line not in text] == []
    data = json.loads(render_json(evolve(summary, proof=proof)))["proof"]
    assert data["status"] == proof.status
    assert data["counts"] == dict(proof.counts)
    assert (data["undecided"], data["unasked"]) == ([*proof.undecided], [*proof.unasked])


def test_json(summary):
    data = json.loads(render_json(summary))
    assert data["objects"] == {"ServiceAccount": 1}
    assert data["mesh"] == "istio sidecar"
    assert data["privileged"][0]["subject"] == "shop/api"
    assert data["privileged"][0]["place"] == "test.svc:1"
    assert data["added"][0] == {
        "purpose": "dns",
        "service": "shop/api",
        "direction": "to",
        "peer": "kube-system/kube-dns",
        "ports": ["53/TCP", "53/UDP"],
    }
    assert data["expired"][0]["until"] == "2026-01-01"


def test_only_privileged_grants_are_listed(summary):
    assert len(summary.privileged) == 1


def test_grants_read_as_they_are_written():
    assert grant_text(PODS) == "can get pods/log named a cluster-wide"
    assert grant_text(UrlGrant(("get",), ("/metrics",))) == "can get path /metrics"
    jobs = Grant(("create",), "batch", "jobs", namespace="b")
    assert grant_text(jobs) == "can create jobs.batch in b"
    scale = Grant(("update",), "apps", "deployments", "scale", namespace="b")
    assert grant_text(scale) == "can update deployments.apps/scale in b"
