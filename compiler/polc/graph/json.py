"""A graph as plain data, for scripts and for the page."""

import json
from typing import Any

from polc.graph.model import Edge, Graph, Link, Node


def render(graph: Graph) -> str:
    """Return a JSON document; keys that say nothing are left out."""
    return json.dumps(as_data(graph), indent=1, ensure_ascii=True) + "\n"


def as_data(graph: Graph) -> dict[str, Any]:
    """Return the graph as dicts and lists."""
    return {
        "format": "polc graph",
        "version": 1,
        "title": graph.title,
        "compares": graph.compares,
        "nodes": [_node(node) for node in graph.nodes],
        "edges": [_edge(edge) for edge in graph.edges],
    }


def _node(node: Node) -> dict[str, Any]:
    return _said(
        id=node.id,
        kind=node.kind.value,
        label=node.label,
        namespace=node.namespace,
        ports=list(node.ports),
        identity=node.identity,
        doc=node.doc,
        place=node.place,
        mark=node.mark.value,
    )


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "source": edge.source,
        "target": edge.target,
        "mark": edge.mark.value,
        "links": [_link(link) for link in edge.links],
    }


def _link(link: Link) -> dict[str, Any]:
    return _said(
        port=link.port,
        protocol=link.protocol,
        requests=list(link.requests),
        hosts=list(link.hosts),
        because=list(link.because),
        until=link.until,
        places=list(link.places),
        mark=link.mark.value,
        gained=list(link.gained),
        lost=list(link.lost),
    )


def _said(**fields: Any) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value}
