"""A program to nodes and edges, and these to each format."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from polc.graph.build import build_graph
from polc.graph.layout import place
from polc.graph.model import Graph, Kind, Mark
from polc.graph.namespace import NODE_HEIGHT, NODE_WIDTH
from support import EXAMPLES, REPO, TODAY, polc

BOUTIQUE = EXAMPLES / "boutique" / "policy.svc"
SVG = "{http://www.w3.org/2000/svg}"


def graph_of(text: str, old: str | None = None) -> Graph:
    return build_graph(_program(text), None if old is None else _program(old))


def _program(text: str):
    from datetime import date

    from polc.driver import Options, compile_program
    from polc_backends.registry import load

    done = compile_program(
        ("p.svc",), lambda _: text.encode(), load(None), Options(date(2026, 12, 1))
    )
    assert done.program is not None, done.diagnostics
    return done.program


HEAD = "cluster c { mesh istio sidecar  cni kubernetes }\nnamespace shop\n"
TEXT = (
    HEAD
    + """
# Sells.
service web { port http 80 -> 8080 http  allow to stripe }
endpoint stripe { cidr 203.0.113.0/24  port https 443 tls }
service api { port http 8080 http  port admin 9000 http
  allow from web on http { GET "/a" } until 2027-01-01
  allow from web on admin
  allow from any on admin because "x" }
"""
)


def test_nodes_and_edges():
    graph = graph_of(TEXT)
    kinds = {node.id: node.kind for node in graph.nodes}
    assert kinds == {
        "any": Kind.ANY,
        "shop/api": Kind.SERVICE,
        "shop/web": Kind.SERVICE,
        "stripe": Kind.ENDPOINT,
    }
    web = next(node for node in graph.nodes if node.id == "shop/web")
    assert (web.doc, web.ports, web.place) == ("Sells.", ("http 80 -> 8080 http",), "p.svc:5")
    assert web.identity == "cluster.local/ns/shop/sa/web"
    edge = next(
        each for each in graph.edges if (each.source, each.target) == ("shop/web", "shop/api")
    )
    assert [link.port for link in edge.links] == ["admin (9000/TCP)", "http (8080/TCP)"]
    assert edge.links[1].requests == ('GET "/a"',)
    assert edge.links[1].until == "2027-01-01"
    assert edge.links[1].places == ("p.svc:8",)


def test_a_gateway_has_the_internet_before_it():
    run = polc("graph", BOUTIQUE, "--format", "json", "--today", TODAY)
    data = json.loads(run.out)
    (edge,) = (each for each in data["edges"] if each["source"] == "internet")
    assert edge["target"] == "istio-ingress/istio-ingress"
    assert edge["links"][0]["hosts"] == ["boutique.example.com"]


def test_marks():
    new = TEXT.replace('GET "/a"', 'GET, PUT "/a"').replace("allow from web on admin\n", "")
    new = new.replace('allow from any on admin because "x"', "")
    graph = graph_of(new, TEXT)
    assert graph.compares
    marks = {
        (edge.source, edge.target, link.port): (link.mark, link.gained, link.lost)
        for edge in graph.edges
        for link in edge.links
        if link.mark is not Mark.SAME
    }
    assert marks == {
        ("shop/web", "shop/api", "http (8080/TCP)"): (Mark.CHANGED, ('PUT "/a"',), ()),
        ("shop/web", "shop/api", "admin (9000/TCP)"): (Mark.REMOVED, (), ()),
        ("any", "shop/api", "admin (9000/TCP)"): (Mark.REMOVED, (), ()),
    }
    assert {node.id: node.mark for node in graph.nodes}["any"] is Mark.REMOVED


@pytest.mark.parametrize("name", ["boutique", "cloud-native"])
def test_nothing_overlaps(name):
    graph = graph_of((EXAMPLES / name / "policy.svc").read_text())
    layout = place(graph)
    corners = sorted(layout.nodes.values())
    for number, (x, y) in enumerate(corners):
        assert 0 <= x <= layout.width - NODE_WIDTH
        assert 0 <= y <= layout.height - NODE_HEIGHT
        for left, top in corners[number + 1 :]:
            assert abs(left - x) >= NODE_WIDTH or abs(top - y) >= NODE_HEIGHT
    for box in layout.boxes:
        for other in layout.boxes:
            assert box is other or (
                box.x + box.width <= other.x
                or other.x + other.width <= box.x
                or box.y + box.height <= other.y
                or other.y + other.height <= box.y
            )


def test_svg_is_one_well_formed_image():
    run = polc("graph", BOUTIQUE, "--format", "svg", "--today", TODAY)
    root = ElementTree.fromstring(run.out)
    assert root.tag == f"{SVG}svg"
    nodes = [each for each in root.iter(f"{SVG}g") if each.get("data-id")]
    edges = [each for each in root.iter(f"{SVG}path") if each.get("data-s")]
    assert (len(nodes), len(edges)) == (14, 18)
    assert "prefers-color-scheme: dark" in run.out
    assert "http://" not in run.out.replace("http://www.w3.org/2000/svg", "")


def test_same_bytes_in_another_process():
    command = [sys.executable, "-m", "polc", "graph", str(BOUTIQUE), "--today", TODAY]
    texts = {
        subprocess.run(
            [*command, "--format", form], capture_output=True, check=True, env={"PYTHONHASHSEED": s}
        ).stdout
        for form in ("svg", "html")
        for s in ("1", "2")
    }
    assert len(texts) == 2


def test_dot_and_mermaid():
    dot = polc("graph", BOUTIQUE, "--format", "dot", "--today", TODAY).out
    assert '"boutique/cartservice" -> "boutique/redis-cart" [label="redis (6379/TCP)"];' in dot
    mermaid = polc("graph", BOUTIQUE, "--format", "mermaid", "--today", TODAY).out
    assert mermaid.startswith("flowchart LR\n")
    assert 'subgraph s0["boutique"]' in mermaid


def test_without_the_layout_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "fast_sugiyama", None)
    run = polc("graph", BOUTIQUE, "--format", "svg", "--today", TODAY)
    assert run.status == 2
    assert "pip install fast-sugiyama" in run.err
    assert polc("graph", BOUTIQUE, "--format", "dot", "--today", TODAY).status == 0


@pytest.mark.parametrize(
    ("name", "start"), [("g.html", "<!doctype"), ("g.dot", "digraph"), ("g", "<svg")]
)
def test_format_by_name(tmp_path, name, start):
    run = polc("graph", BOUTIQUE, "-o", tmp_path / name, "--today", TODAY)
    assert run.status == 0
    assert (tmp_path / name).read_text().startswith(start)


def test_a_large_circle_is_folded(tmp_path):
    text = subprocess.run(
        [sys.executable, REPO / "benchmarks" / "generate.py", "100"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    layout = place(graph_of(text))
    assert layout.width < 3 * layout.height
    assert layout.height < 3 * layout.width
