"""A graph in Graphviz's language (graphviz.org/doc/info/lang.html)."""

from polc.graph.model import Edge, Graph, Kind, Mark, Node

_SHAPES = {Kind.GATEWAY: "cds", Kind.INTERNET: "ellipse", Kind.ENDPOINT: "component"}
_COLOURS = {Mark.ADDED: "#c62828", Mark.REMOVED: "#2e7d32", Mark.CHANGED: "#b26a00"}


def render(graph: Graph) -> str:
    """Return the text of a digraph with a cluster per namespace."""
    lines = ["digraph polc {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for number, namespace in enumerate(graph.namespaces):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_text(namespace)};"]
        lines += [f"    {_node(n)}" for n in graph.nodes if n.namespace == namespace]
        lines.append("  }")
    lines += [f"  {_node(node)}" for node in graph.nodes if not node.namespace]
    lines += [f"  {_edge(edge)}" for edge in graph.edges]
    return "\n".join([*lines, "}", ""])


def _node(node: Node) -> str:
    fields = {"label": _text("\n".join((node.label, *node.ports)))}
    if node.kind in _SHAPES:
        fields["shape"] = _SHAPES[node.kind]
    if node.kind is not Kind.SERVICE:
        fields["style"] = "dashed"
    return f"{_text(node.id)} [{_fields(fields, node.mark)}];"


def _edge(edge: Edge) -> str:
    fields = {"label": _text(", ".join(dict.fromkeys(link.port for link in edge.links)))}
    requests = [f"{link.port}: {text}" for link in edge.links for text in link.requests]
    if requests:
        fields["tooltip"] = _text("\n".join(requests))
    if edge.expires:
        fields["style"] = "dashed"
    return f"{_text(edge.source)} -> {_text(edge.target)} [{_fields(fields, edge.mark)}];"


def _fields(fields: dict[str, str], mark: Mark) -> str:
    if mark in _COLOURS:
        fields = {**fields, "color": _text(_COLOURS[mark])}
    return ", ".join(f"{key}={value}" for key, value in fields.items())


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
