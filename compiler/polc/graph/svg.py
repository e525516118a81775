"""A graph as one SVG image that follows the reader's dark or light scheme."""

from importlib import resources
from itertools import accumulate
from xml.sax.saxutils import escape, quoteattr

from polc.graph.layout import Box, Layout, place
from polc.graph.model import Edge, Graph, Kind, Link, Mark, Node
from polc.graph.namespace import NODE_HEIGHT, NODE_WIDTH, Point
from polc.graph.routes import paths

_LABEL_CHARS, _PORT_CHARS = 23, 27
_LEGEND_HEIGHT = 40
_HUES = (212, 152, 28, 280, 340, 188, 48, 250, 100, 8)
_ARROWS = ("", "-added", "-removed", "-changed", "-in", "-out")


def render(graph: Graph) -> str:
    """Return the image, with a legend below the drawing.

    Raises:
        LayoutMissing: fast-sugiyama is not installed.

    """
    layout = place(graph)
    entries = _legend(graph)
    starts = list(accumulate((52 + 6 * len(text) for _, _, text in entries), initial=0))
    width = max(layout.width, starts[-1] + 48)
    height = layout.height + _LEGEND_HEIGHT
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="polc" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img" aria-label={quoteattr(_name(graph))}>',
        f"<title>{escape(_name(graph))}</title>",
        f"<style>{style()}</style>",
        '<rect class="ground" width="100%" height="100%"/>',
        drawing(graph, layout),
        f'<g class="legend" transform="translate(24 {layout.height + 8})">',
        *map(_legend_entry, starts, entries),
        "</g></svg>",
    ]
    return "\n".join(rows) + "\n"


def style() -> str:
    """Return the style sheet that image and page share."""
    return (resources.files("polc.graph") / "page" / "graph.css").read_text(encoding="utf-8")


def drawing(graph: Graph, layout: Layout) -> str:
    """Return frames, edges and nodes as the inside of an `svg` element."""
    hues = {name: _HUES[number % len(_HUES)] for number, name in enumerate(graph.namespaces)}
    return "\n".join(
        (
            "<defs>",
            *map(_arrow, _ARROWS),
            "</defs>",
            '<g class="boxes">',
            *(_box(box, hues[box.name]) for box in layout.boxes),
            '</g><g class="edges">',
            *map(_edge, graph.edges, paths(graph, layout)),
            '</g><g class="nodes">',
            *(_node(node, layout.nodes[node.id], hues.get(node.namespace)) for node in graph.nodes),
            "</g>",
        )
    )


def _name(graph: Graph) -> str:
    return f"Who may reach whom: {graph.title}"


def _arrow(suffix: str) -> str:
    return (
        f'<marker id="arrow{suffix}" class="arrow{suffix}" viewBox="0 0 8 8" refX="7.5" refY="4"'
        ' markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0 .8 8 4 0 7.2z"/></marker>'
    )


def _box(box: Box, hue: int) -> str:
    return (
        f'<g class="box" style="--hue:{hue}" data-namespace={quoteattr(box.name)}>'
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="14"/>'
        f'<text x="{box.x + 20}" y="{box.y + 30}">{escape(box.name)}</text></g>'
    )


def _edge(edge: Edge, path: str) -> str:
    classes = ["edge"]
    if edge.mark is not Mark.SAME:
        classes.append(edge.mark.value)
    if edge.expires:
        classes.append("expires")
    title = "\n".join((f"{edge.source} → {edge.target}", *map(_link_text, edge.links)))
    return (
        f'<path class="{" ".join(classes)}" d="{path}" data-s={_attribute(edge.source)}'
        f" data-t={_attribute(edge.target)}><title>{escape(title)}</title></path>"
    )


def _link_text(link: Link) -> str:
    mark = {Mark.ADDED: "+ ", Mark.REMOVED: "- ", Mark.CHANGED: "± "}.get(link.mark, "")
    requests = ", ".join((*link.requests, *link.hosts))
    until = f" until {link.until}" if link.until else ""
    return f"{mark}{link.port} {link.protocol}{until}{': ' if requests else ''}{requests}"


def _node(node: Node, corner: Point, hue: int | None) -> str:
    classes = f"node {node.kind.name.lower()}"
    if node.mark is not Mark.SAME:
        classes += f" {node.mark.value}"
    tone = f' style="--hue:{hue}"' if hue is not None else ""
    below = _fit(" · ".join(map(_short_port, node.ports)), _PORT_CHARS) or node.kind.value
    title = "\n".join((node.id, node.kind.value, *node.ports, *node.doc.splitlines()))
    radius = 10 if node.kind in (Kind.SERVICE, Kind.EXTERN) else NODE_HEIGHT // 2
    return (
        f'<g class="{classes}"{tone} transform="translate({corner[0]} {corner[1]})"'
        f" data-id={_attribute(node.id)}><title>{escape(title)}</title>"
        f'<rect width="{NODE_WIDTH}" height="{NODE_HEIGHT}" rx="{radius}"/>'
        f'<path class="bar" d="M0 10v26"/>'
        f'<text class="name" x="16" y="20">{escape(_fit(node.label, _LABEL_CHARS))}</text>'
        f'<text class="ports" x="16" y="36">{escape(below)}</text></g>'
    )


def _short_port(text: str) -> str:
    return text.replace(" -> ", "→")


def _fit(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _attribute(text: str) -> str:
    return quoteattr(text)


def _legend(graph: Graph) -> list[tuple[str, str, str]]:
    """Return what occurs: the element, its class, and what it means."""
    kinds = {node.kind for node in graph.nodes}
    entries = [("node", kind.name.lower(), kind.value) for kind in Kind if kind in kinds]
    entries.append(("edge", "", "may call"))
    if any(edge.expires for edge in graph.edges):
        entries.append(("edge", "expires", "until a date"))
    if graph.compares:
        entries += [
            ("edge", "added", "newly permitted"),
            ("edge", "removed", "taken away"),
            ("edge", "changed", "requests differ"),
        ]
    return entries


def _legend_entry(x: int, entry: tuple[str, str, str]) -> str:
    element, kind, text = entry
    if element == "node":
        sample = f'<g class="node {kind}"><rect x="{x}" width="22" height="14" rx="4"/></g>'
    else:
        sample = f'<path class="edge {kind}" d="M{x} 7h24"/>'
    return f'{sample}<text x="{x + 32}" y="11">{escape(text)}</text>'
