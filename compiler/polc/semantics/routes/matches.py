"""What routes ask of a request, as boxes of requests: VirtualServices, HTTPRoutes.

Dimensions are `path` (without query), `method`, `header NAME` and `query NAME`; a header or
parameter that is absent is the empty string.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from polc.semantics.mesh.fields import PATHS
from polc.semantics.sets import products, strings
from polc.semantics.sets.automata import many
from polc.semantics.sets.products import Box, Region, Side, box
from polc.semantics.sets.regex import UnknownRegex, regex
from polc.semantics.sets.strings import StringSet


class Unreadable(ValueError):
    """A match that uses what this module does not know; the message says what."""


def full(name: str) -> Side:
    """Return everything that a dimension ranges over."""
    if name == "path":
        return PATHS
    return strings.PRESENT if name == "method" else _LINES


_LINES = strings.of_items(*many(strings.without("\r\n")))
"""What a header or a parameter may be."""


def real(region: Iterable[Box]) -> Region:
    """Leave out what is no request: paths with a query, headers of several lines."""
    met = (
        products.intersect(each, box(**{name: full(name) for name in each.by_name}))
        for each in region
    )
    return tuple(each for each in met if each is not None)


def joined(sides: Iterable[tuple[str, StringSet]]) -> Box | None:
    """Return the requests that meet all conditions; None: no request does."""
    found: Box | None = Box()
    for name, side in sides:
        found = products.intersect(found, box(**{name: side})) if found and side else None
    return found


# --- VirtualService ---------------------------------------------------------------------------

_ASIDE = {"name", "statPrefix"}
_KNOWN = {"uri", "method", "headers", "withoutHeaders", "queryParams", "port", "gateways"}


def virtual(matches: object, port: int, gateway: str) -> Region:
    """Return the requests to a port that meet one item of a `match`; without items all do.

    The fields of an item are all required. A header or parameter with an empty value is only
    asked to be there (istio/api, networking/v1/virtual_service.proto, HTTPMatchRequest).
    """
    if not matches:
        return products.ALL
    found: list[Box] = []
    for item in _list(matches):
        unknown = sorted(set(item) - _KNOWN - _ASIDE)
        if unknown and not (unknown == ["ignoreUriCase"] and not item["ignoreUriCase"]):
            raise Unreadable(f"the field `{unknown[0]}` of a match")
        if item.get("port", port) != port:
            continue
        if item.get("gateways") and gateway not in item["gateways"]:
            continue
        met = joined(_virtual_sides(item))
        if met is not None:
            found.append(met)
    return tuple(found)


def _virtual_sides(item: Mapping[str, Any]) -> Iterable[tuple[str, StringSet]]:
    for field, name in (("uri", "path"), ("method", "method")):
        if item.get(field):
            yield name, _text(item[field])
    for name, wanted in (item.get("headers") or {}).items():
        yield f"header {name.lower()}", _text(wanted)
    for name, wanted in (item.get("withoutHeaders") or {}).items():
        yield f"header {name.lower()}", strings.ALL - _text(wanted)
    for name, wanted in (item.get("queryParams") or {}).items():
        yield f"query {name}", _text(wanted)


def _text(wanted: object) -> StringSet:
    if not isinstance(wanted, Mapping) or len(wanted) > 1:
        raise Unreadable(f"the match `{wanted}`")
    for kind, value in wanted.items():
        if kind not in ("exact", "prefix", "regex") or not isinstance(value, str):
            raise Unreadable(f"the match `{kind}`")
        if value:
            return _of_kind(kind, value)
    return strings.PRESENT


def _of_kind(kind: str, value: str) -> StringSet:
    if kind == "exact":
        return strings.of_texts((value,))
    if kind == "prefix":
        return strings.prefix(value)
    try:
        return regex(value)
    except UnknownRegex as reason:
        raise Unreadable(f"an expression: {reason}") from None


# --- HTTPRoute --------------------------------------------------------------------------------

Rank = tuple[int, int, bool, int, int]


def rank(match: Mapping[str, Any]) -> Rank:
    """Return how specific a match is; the higher is tried first.

    Exact path, then prefix by length, then method, headers, parameters (Gateway API v1,
    HTTPRouteRule.matches); Istio tries regular expressions last (istio/istio,
    pilot/pkg/config/kube/gateway/conversion.go, sortHTTPRoutes).
    """
    kind, value = _path_of(match)
    order = ("RegularExpression", "PathPrefix", "Exact").index(kind)
    headers, query = match.get("headers") or (), match.get("queryParams") or ()
    return order, len(value), bool(match.get("method")), len(headers), len(query)


def gateway_match(match: Mapping[str, Any]) -> Region:
    """Return the requests that a match of an HTTPRoute means."""
    unknown = sorted(set(match) - {"path", "method", "headers", "queryParams"})
    if unknown:
        raise Unreadable(f"the field `{unknown[0]}` of a match")
    sides: list[tuple[str, StringSet]] = [("path", _path_side(*_path_of(match)))]
    if match.get("method"):
        sides.append(("method", strings.of_texts((match["method"],))))
    for field, name in (("headers", "header"), ("queryParams", "query")):
        for wanted in match.get(field) or ():
            if not {"name", "value"} <= wanted.keys():
                raise Unreadable(f"an item of `{field}` without `name` or `value`")
            key = wanted["name"].lower() if name == "header" else wanted["name"]
            kind = "regex" if wanted.get("type") == "RegularExpression" else "exact"
            sides.append((f"{name} {key}", _of_kind(kind, wanted["value"])))
    met = joined(sides)
    return () if met is None else (met,)


def _path_of(match: Mapping[str, Any]) -> tuple[str, str]:
    path = match.get("path") or {}
    kind, value = path.get("type", "PathPrefix"), path.get("value", "/")
    if kind not in ("RegularExpression", "PathPrefix", "Exact"):
        raise Unreadable(f"paths of type `{kind}`")
    return kind, value


def _path_side(kind: str, value: str) -> StringSet:
    match kind:
        case "Exact":
            return strings.of_texts((value,))
        case "RegularExpression":
            return _of_kind("regex", value)
    bare = value.rstrip("/")
    return strings.of_texts((bare,)) | strings.prefix(f"{bare}/") if bare else strings.prefix("/")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
