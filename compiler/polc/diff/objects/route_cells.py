"""What is asked for, and where it is led: one side's routes cut into cells of requests.

What a route asks for, and in which order routes are tried, is read as the verifier reads it
(`verify.routes.compare`). Within the mesh, what nothing routes goes to the Service that was asked
for; at a gateway it goes nowhere.
"""

from __future__ import annotations

from polc.diff.objects.route_ranked import RankedReader
from polc.diff.objects.route_reading import Routes, Stop, Unread, parent_name
from polc.diff.objects.route_virtual import VirtualReader
from polc.diff.routing import Asked, Cell, goals
from polc.semantics.objects.model import Found
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes import matches as routes_match
from polc.semantics.sets import products


def cells(routes: Routes, asked: Asked, port: int | None, layer: str) -> tuple[Cell, ...] | Unread:
    """Return how requests to a host on a port are led, on the layer `http` or `tcp`."""
    applying = routes.applying(asked)
    if not asked.by:
        applying = tuple(each for each in applying if _takes(each, asked, port))
    home = Cell(products.ALL, goals([(routes.goal(asked.host), 1)]), "")
    if not applying:
        return () if asked.by else (home,)
    kinds = {each.kind for each in applying}
    virtual = VirtualReader(routes, asked, port)
    ranked = RankedReader(routes, asked, port)
    try:
        if kinds == {"Service"}:
            return ranked.knative(applying[0])
        if kinds == {"Ingress"}:
            return ranked.ingress(applying) if layer == "http" else ()
        if kinds == {"HTTPRoute"}:
            if layer == "http":
                return ranked.gateway_api(applying)
            return () if asked.by else (home,)
        if len(kinds) > 1 or (len(applying) > 1 and not asked.by):
            raise Stop(Unread(applying[-1], "several objects route one host"))
        read = [virtual.cells(each, layer) for each in applying]
    except Stop as stop:
        return stop.unread
    except (AttributeError, KeyError, TypeError, ValueError):
        return Unread(applying[0], "it is not built like a route")
    for number, one in enumerate(read):
        for other in read[:number]:
            if any(_meet(left, right) for left in one or () for right in other or ()):
                # Which of them is tried first is not defined (istio.io, "Split large virtual
                # services and destination rules into multiple resources").
                return Unread(applying[number], "it overlaps with another one for the same host")
    if not asked.by and read == [None]:
        return (home,)
    return tuple(cell for each in read for cell in each or ())


def _meet(one: Cell, other: Cell) -> bool:
    return bool(routes_match.real(products.both(one.region, other.region)))


def _takes(found: Found, asked: Asked, port: int | None) -> bool:
    """Tell whether an HTTPRoute of a Service is for one of its ports; others are for all."""
    if found.kind != "HTTPRoute":
        return True
    refs = (
        mapping(ref)
        for ref in items(found.spec.get("parentRefs"))
        if parent_name(mapping(ref), found) == asked.host
    )
    return any(ref.get("port") in (None, port) for ref in refs)
