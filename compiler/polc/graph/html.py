"""A graph as one page that needs nothing but a browser: no network, no other file.

Its content security policy forbids the page to load anything at all.
"""

import json
from html import escape
from importlib import resources

from polc.graph.json import as_data
from polc.graph.layout import place
from polc.graph.model import Graph
from polc.graph.svg import drawing, style


def render(graph: Graph) -> str:
    """Return the page.

    Raises:
        LayoutMissing: fast-sugiyama is not installed.

    """
    layout = place(graph)
    svg = (
        f'<svg class="polc" id="map" viewBox="0 0 {layout.width} {layout.height}"'
        f' aria-label="who may reach whom">\n<g id="scene">{drawing(graph, layout)}</g></svg>'
    )
    # `<` can't end the element that the data stands in, nor open a comment in it.
    data = json.dumps(as_data(graph), ensure_ascii=True).replace("<", "\\u003c")
    parts = {
        "TITLE": escape(graph.title),
        "STYLE": style() + _part("page.css"),
        "SVG": svg,
        "DATA": data,
        "SCRIPT": _part("page.js"),
    }
    page = _part("page.html")
    pieces = page.split("@@")  # text, key, text, key, …; values are never searched again
    return "".join(parts[each] if index % 2 else each for index, each in enumerate(pieces))


def _part(name: str) -> str:
    return (resources.files("polc.graph") / "page" / name).read_text(encoding="utf-8")
