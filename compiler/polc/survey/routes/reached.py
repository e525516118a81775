"""Routes that nothing gets to.

A route is never tried where those before it take every request that it can ask for. What a match
says beyond path, method, headers and parameters (a port, a gateway, labels of the caller) narrows
it, so such a match is left out of what is taken, and counts in full as something asked for.

Sources: istio/api networking/v1 {virtual_service,destination_rule}.proto; istio/istio,
pilot/pkg/networking/core/route/route.go; Gateway API v1, HTTPRouteRule.matches.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from polc.codes.proof import UNREACHABLE_ROUTE
from polc.diagnostics import Diagnostic, Severity
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes import matches as routes_match
from polc.semantics.routes.lanes import ranked
from polc.semantics.routes.matches import Unreadable, full
from polc.semantics.routes.targets import NETWORKING
from polc.semantics.sets import products
from polc.semantics.sets.products import Region

_READ = {"uri", "method", "headers", "withoutHeaders", "queryParams"}
_ASIDE = {"name", "statPrefix"}
_NARROW = {"scheme", "authority", "port", "gateways", "sourceLabels", "sourceNamespace"}
GATEWAY_API = "gateway.networking.k8s.io"


def unreached(manifests: Manifests) -> Iterator[Diagnostic]:
    """Report routes that nothing gets to."""
    for found in manifests.of_kind("VirtualService", NETWORKING):
        yield from _unreachable(found)
    for found in manifests.of_kind("HTTPRoute", GATEWAY_API):
        yield from _outranked(found)


def _unreachable(found: Found) -> Iterator[Diagnostic]:
    taken: Region = ()
    for number, route in enumerate(map(mapping, items(found.spec.get("http")))):
        matches = [mapping(each) for each in items(route.get("match"))] or [{}]
        asked = _asked(matches)
        if asked is not None and not _left(asked, taken):
            yield _never(found, ("spec", "http", number))
        sure = [each for each in matches if set(each) <= _READ | _ASIDE]
        taken = (*taken, *(_asked(sure) or ()))


def _asked(matches: Iterable[Mapping[str, Any]]) -> Region | None:
    """Return the requests that some matches ask for, at most; None: that can't be read."""
    found: Region = ()
    for each in matches:
        read = {key: value for key, value in each.items() if key in _READ}
        if set(each) - _READ - _ASIDE - _NARROW:
            return None
        try:
            found = (*found, *routes_match.virtual([read], 0, "mesh"))
        except Unreadable:
            return None
    return found


def _outranked(found: Found) -> Iterator[Diagnostic]:
    """Yield the rules of an HTTPRoute all of whose matches others take."""
    try:
        tried = sorted(ranked((found,)), key=lambda each: each.rank, reverse=True)
        regions = [(each.number, routes_match.gateway_match(each.match)) for each in tried]
    except Unreadable:
        return
    taken: Region = ()
    reached: dict[int, bool] = {}
    for number, region in regions:
        reached[number] = reached.get(number, False) or bool(_left(region, taken))
        taken = (*taken, *region)
    for number, done in sorted(reached.items()):
        if not done:
            yield _never(found, ("spec", "rules", number))


def _left(asked: Region, taken: Region) -> Region:
    return routes_match.real(products.subtract(asked, taken, full))


def _never(found: Found, keys: tuple[Key, ...]) -> Diagnostic:
    return Diagnostic(
        UNREACHABLE_ROUTE,
        f"this route of {found.kind} `{found.namespace}/{found.name}` gets no request: those before"
        " it take all",
        found.span(*keys),
        help="put the narrower route first, or remove this one",
        severity=Severity.WARNING,
    )
