"""What routes ask of a request, in words."""

from collections.abc import Mapping
from typing import Any

from polc.semantics.objects.values import items, mapping


def virtual_words(matches: object) -> str:
    """Return the items of a `match` of a VirtualService; nothing: every request."""
    found = [_virtual(mapping(each)) for each in items(matches)]
    return "" if "" in found else " or ".join(found)


def _virtual(item: Mapping[str, Any]) -> str:
    found = []
    for name, word in (("method", "method"), ("uri", "path")):
        if item.get(name):
            found.append(f"{word} {_text(item[name])}")
    for name, word in (
        ("headers", "header"), ("withoutHeaders", "no header"), ("queryParams", "query")
    ):  # fmt: skip
        for key, wanted in mapping(item.get(name)).items():
            found.append(f'{word} "{key}" {_text(wanted)}'.rstrip())
    return " and ".join(found)


def _text(wanted: object) -> str:
    signs = {"exact": "=", "prefix": "starting with", "regex": "like"}
    return " ".join(
        f'{signs.get(str(kind), str(kind))} "{value}"' for kind, value in mapping(wanted).items()
    )


def gateway_words(match: Mapping[str, Any]) -> str:
    """Return a match of an HTTPRoute; nothing: every request."""
    found = [f'method = "{match["method"]}"'] if match.get("method") else []
    path = mapping(match.get("path"))
    signs = {"Exact": "=", "PathPrefix": "below", "RegularExpression": "like"}
    if path and (path.get("type", "PathPrefix"), path.get("value", "/")) != ("PathPrefix", "/"):
        found.append(f'path {signs.get(path.get("type", "PathPrefix"))} "{path.get("value", "/")}"')
    for name, word in (("headers", "header"), ("queryParams", "query")):
        for each in map(mapping, items(match.get(name))):
            sign = signs.get(each.get("type", "Exact"), "=")
            found.append(f'{word} "{each.get("name")}" {sign} "{each.get("value")}"')
    return " and ".join(found)


def rest_words(words: str) -> str:
    """Return what a route that comes last gets."""
    return "every other request" if words == "every other" else words
