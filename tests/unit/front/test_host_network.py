"""Pods on their nodes' network, and callers outside of the mesh (language.md 5.8)."""

import pytest

from compiling import build, errors, flows_of, underlined, warnings
from polc.ir.nodes import Addresses, Pods
from polc.ir.show import show

EXPORTER = """
service node-exporter {
  workload daemonset
  select { app: "node-exporter" }
  port metrics 9100 http
  %s
  harden privileged
  run { relax host-network because "reads the node's interfaces" }
}
"""
OPEN = 'allow from any, internet on metrics because "whoever reaches the node"'
NODES = "cluster k { mesh %s  nodes 10.9.0.0/24 }\nnamespace mon\n"
PROM = 'service prom { select { app: "prom" }  allow to node-exporter }\n'
SIDECAR = "istio sidecar"


def exporter(rule: str, before: str = "", mesh: str = "none") -> str:
    return NODES % mesh + before + EXPORTER % rule


@pytest.mark.parametrize(
    ("rule", "blamed"),
    [
        ("", "port metrics 9100 http"),
        ("allow from prom on metrics", "prom"),
        ('allow from any on metrics because "x"', "any"),
        ('allow from internet on metrics because "x"', "internet"),
        ('allow from any, internet on metrics { GET "/metrics" } because "x"', 'GET "/metrics"'),
    ],
)
def test_a_restriction_on_who_reaches_a_node_is_not_enforceable(rule: str, blamed: str) -> None:
    prom = 'service prom { select { app: "prom" } }\n'
    mesh = SIDECAR if "GET" in rule else "none"
    found = [each for each in errors(exporter(rule, prom, mesh)) if each.code.id == "POL204"]
    assert underlined(tuple(found)) == [("POL204", blamed)]
    assert "allow from any, internet on metrics because" in (found[0].help or "")


def test_what_it_calls_is_not_held_and_needs_no_more_than_the_relaxation() -> None:
    text = exporter(
        f"{OPEN}  allow to stripe", 'endpoint stripe { host "a.example"  port s 1 tls }\n'
    )
    program = build(text)
    assert [each.name for each in program.isolations] == []


def test_nodes_stand_for_it_at_those_who_call_it() -> None:
    program = build(exporter(OPEN, PROM))
    [prom] = program.isolations
    [rule] = [each for each in prom.egress if each.purpose.value == "declared"]
    assert isinstance(rule.peer, Addresses)
    assert [block.cidr for block in rule.peer.blocks] == ["10.9.0.0/24"]
    assert rule.ports[0].port == 9100


def test_nodes_stand_for_it_at_those_whom_it_calls() -> None:
    api = 'service api { select { app: "api" }  port web 80 http  allow from node-exporter }\n'
    program = build(exporter(OPEN + "  allow to api", api))
    [flow] = [each for each in program.flows if each.port.name == "web"]
    assert isinstance(flow.source, Addresses)
    assert flow.source.name == "mon/node-exporter"
    assert flow.source.nodes


def test_without_the_addresses_of_nodes_nobody_can_name_it() -> None:
    text = "namespace mon\n" + PROM + EXPORTER % OPEN
    [found] = errors(text)
    assert (found.code.id, found.span.text) == ("POL705", "node-exporter")
    assert "nodes <CIDR>" in (found.help or "")


def test_cilium_can_not_tell_nodes_by_their_addresses() -> None:
    text = exporter(OPEN, PROM).replace("mesh none", "mesh none  cni cilium")
    [found] = errors(text)
    assert (found.code.id, found.span.text) == ("POL204", "node-exporter")


@pytest.mark.parametrize("mesh", [SIDECAR, "istio ambient"])
def test_in_a_mesh_it_has_no_identity(mesh: str) -> None:
    api = 'service api { select { app: "api" }  port web 80 http  allow from node-exporter%s }\n'
    [found] = errors(exporter(OPEN, api % "", mesh))
    assert (found.code.id, found.span.text) == ("POL216", "node-exporter")
    plain = api % ' on web plain-text because "no proxy there"'
    program = build(exporter(OPEN, plain, mesh))
    assert [each.plain_text for each in program.flows if each.port.name == "web"] == [True]


def test_a_waypoint_does_not_stand_before_it() -> None:
    api = 'service api { select { app: "api" }  port web 80 http  allow from self { GET "/" } }\n'
    [found] = errors(exporter(OPEN, api, "istio ambient"))
    assert (found.code.id, found.span.text) == ("POL204", "node-exporter")


def test_the_relaxation_may_come_from_a_profile() -> None:
    text = NODES % "none" + (
        'profile agent extends privileged { relax host-network because "x" }\n'
        'service a { select { app: "a" }  port web 80 http  harden agent }\n'
    )
    assert [each.code.id for each in errors(text)] == ["POL204"]


def test_a_relaxation_of_another_environment_does_not_count() -> None:
    text = (
        "cluster k { mesh none }\nenvironment e { cluster k }\nenvironment f { cluster k }\n"
        "namespace mon\n" + EXPORTER % "allow from self on metrics"
    ).replace(' because "reads', ' only in e because "reads')
    assert errors(text, "f") == ()
    assert [each.code.id for each in errors(text, "e")] == ["POL204"]


# --- extern services ---

WEBHOOK = """
import std.platform
cluster k extends std.platform.kubeadm {{ mesh {mesh}  {nodes} }}
namespace cm
service hook {{
  select {{ app: "hook" }}
  port   https 443 -> 10250 https
  allow from std.platform.kube-apiserver on https {plain}
}}
"""
FACT = "nodes 172.18.0.0/16"


def test_webhooks_are_called_from_the_nodes() -> None:
    program = build(WEBHOOK.format(mesh="none", nodes=FACT, plain=""))
    [hook] = program.isolations
    [rule] = hook.ingress
    assert isinstance(rule.peer, Addresses)
    assert [block.cidr for block in rule.peer.blocks] == ["172.18.0.0/16"]


def test_without_the_fact_it_is_an_error_that_says_so() -> None:
    [found] = errors(WEBHOOK.format(mesh="none", nodes="", plain=""))
    assert (found.code.id, found.span.text) == ("POL705", "std.platform.kube-apiserver")


def test_in_a_mesh_webhooks_take_plain_text_when_the_program_says_so() -> None:
    [found] = errors(WEBHOOK.format(mesh=SIDECAR, nodes=FACT, plain=""))
    assert (found.code.id, found.span.text) == ("POL216", "std.platform.kube-apiserver")
    plain = 'plain-text because "the API server calls it"'
    build(WEBHOOK.format(mesh=SIDECAR, nodes=FACT, plain=plain))


SCRAPED = """
cluster k {{ mesh {mesh} }}
extern service prometheus in monitoring {{ select {{ app: "p" }}  mesh none }}
namespace shop
service web {{ select {{ app: "web" }} }}
service api {{
  select {{ app: "api" }}
  port metrics 9090 http
  allow from {peer} on metrics {plain}
}}
"""


def test_callers_outside_of_the_mesh_are_known_by_their_labels() -> None:
    text = SCRAPED.format(mesh=SIDECAR, peer="monitoring/prometheus", plain="")
    [found] = errors(text)
    assert (found.code.id, found.span.text) == ("POL216", "monitoring/prometheus")
    program = build(text.replace("on metrics", 'on metrics plain-text because "no sidecar"'))
    [flow] = program.flows
    assert isinstance(flow.source, Pods)
    assert "plain-text" in show(program)


def test_without_a_mesh_nothing_has_to_be_said() -> None:
    text = SCRAPED.format(mesh="none", peer="monitoring/prometheus", plain="")
    assert warnings(text) == ()
    assert flows_of(text) == {("monitoring/prometheus { app: p }", "shop/api", "metrics")}


def test_who_is_in_the_mesh_calls_with_an_identity() -> None:
    text = SCRAPED.format(mesh=SIDECAR, peer="web", plain='plain-text because "x"')
    [found] = errors(text)
    assert (found.code.id, found.span.text) == ("POL208", "plain-text")


def test_an_extern_service_says_of_the_mesh_only_that_it_is_not_in_it() -> None:
    text = SCRAPED.format(
        mesh=SIDECAR, peer="monitoring/prometheus", plain='plain-text because "x"'
    )
    [found, *_] = errors(text.replace("mesh none", "mesh istio ambient"))
    assert (found.code.id, found.span.text) == ("POL612", "istio ambient")
