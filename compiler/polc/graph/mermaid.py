"""A graph as a Mermaid flowchart (mermaid.js.org/syntax/flowchart.html), for Markdown pages."""

from polc.graph.model import Edge, Graph, Kind, Mark, Node

_SHAPES = {
    Kind.GATEWAY: ("{{", "}}"),
    Kind.INTERNET: ("((", "))"),
    Kind.ENDPOINT: ("[/", "/]"),
    Kind.SERVICE: ("[", "]"),
}
_COLOURS = {Mark.ADDED: "#c62828", Mark.REMOVED: "#2e7d32", Mark.CHANGED: "#b26a00"}


def render(graph: Graph) -> str:
    """Return the text of a flowchart with a subgraph per namespace."""
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for number, namespace in enumerate(graph.namespaces):
        lines.append(f"  subgraph s{number}[{_text(namespace)}]")
        lines += [f"    {_node(n, ids)}" for n in graph.nodes if n.namespace == namespace]
        lines.append("  end")
    lines += [f"  {_node(node, ids)}" for node in graph.nodes if not node.namespace]
    lines += [f"  {_edge(edge, ids)}" for edge in graph.edges]
    for number, edge in enumerate(graph.edges):
        if edge.mark in _COLOURS:
            lines.append(f"  linkStyle {number} stroke:{_COLOURS[edge.mark]}")
    return "\n".join(lines) + "\n"


def _node(node: Node, ids: dict[str, str]) -> str:
    opening, closing = _SHAPES.get(node.kind, ("(", ")"))
    return f"{ids[node.id]}{opening}{_text(node.label)}{closing}"


def _edge(edge: Edge, ids: dict[str, str]) -> str:
    arrow = "-.->" if edge.expires else "-->"
    label = _text(", ".join(dict.fromkeys(link.port for link in edge.links)))
    return f"{ids[edge.source]} {arrow}|{label}| {ids[edge.target]}"


def _text(text: str) -> str:
    """Quote a label; what ends it or reads as HTML becomes an entity code."""
    for char, code in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(char, code) if char != "#" else text.replace("#", code)
    return f'"{text}"'
