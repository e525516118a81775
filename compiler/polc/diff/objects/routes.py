"""Routes of two sides: which requests newly lead where, and what of it is not understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, frozen

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic
from polc.diff.changes import Change, Kind
from polc.diff.objects.route_cells import cells
from polc.diff.objects.route_reading import Routes, Unread
from polc.diff.objects.side import Side
from polc.diff.objects.undecided import meaning
from polc.diff.routing import Asked, Cell, route_changes, share_changes
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping

Led = Mapping[Asked, tuple[Cell, ...]]


@frozen(eq=False)
class Compared:
    """Where two sides lead requests, one way of asking at a time, and what is left open."""

    pairs: tuple[tuple[str, Led, Led], ...]
    left_open: tuple[Diagnostic, ...]


def compare_routes(old: Side, new: Side) -> Compared:
    """Read the routes of two sides; those that are the same on both are left out."""
    before, after = Routes(old, new), Routes(new, old)
    pairs: list[tuple[str, Led, Led]] = []
    left_open: dict[tuple[int, str], Diagnostic] = {}
    for asked in sorted({*before.routing, *after.routing}):
        one, two = before.applying(asked), after.applying(asked)
        if _says(before, one) == _says(after, two):
            continue
        numbers = before.ports(asked) | after.ports(asked)
        for layer in ("http", "tcp"):
            for port in sorted(numbers) if numbers else (None,):
                sides = cells(before, asked, port, layer), cells(after, asked, port, layer)
                for each in sides:
                    if isinstance(each, Unread):
                        found = _uncompared(each, asked)
                        left_open[id(each.found), found.message] = found
                mine, theirs = sides
                if not isinstance(mine, Unread) and not isinstance(theirs, Unread):
                    where = f" on port {port}" if len(numbers) > 1 else ""
                    pairs.append((where, {asked: mine}, {asked: theirs}))
    return Compared(tuple(pairs), tuple(left_open.values()))


def changes_of(compared: Compared) -> Iterator[Change]:
    """Yield where requests go on one side only, and in what share; what all ports share is once."""
    found: dict[Change, list[str]] = {}
    all_ports: dict[str, set[str]] = {}
    for where, before, after in compared.pairs:
        gained = route_changes(after, before)
        lost = (evolve(change, gained=False) for change in route_changes(before, after))
        for asked in after:
            all_ports.setdefault(str(asked), set()).add(where)
        for change in (*gained, *lost, *share_changes(before, after)):
            found.setdefault(change, []).append(where)
    for change, places in found.items():
        if set(places) == all_ports[change.subject]:
            yield change
        else:
            where = " and".join(dict.fromkeys(places))
            yield evolve(change, subject=f"{change.subject}{where}")


def _says(routes: Routes, applying: tuple[Found, ...]) -> object:
    """Return all that decides what some routes mean: where it is equal, so is the meaning."""
    rules = routes.side.manifests.of_kind("DestinationRule")
    services = {(each.namespace, each.name) for each in routes.side.manifests.of_kind("Service")}
    return [meaning(each) for each in applying], [meaning(each) for each in rules], services


def _uncompared(unread: Unread, asked: Asked) -> Diagnostic:
    found = unread.found
    return Diagnostic(
        NOT_DECIDED,
        f"where {found.kind} `{found.namespace}/{found.name}` leads {asked} is not compared:"
        f" {unread.why}",
        found.span(*unread.keys),
    )


# --- Services ---------------------------------------------------------------------------------


def service_changes(one: Manifests, other: Manifests) -> Iterator[Change]:
    """Yield Services that lead to other pods on the one side than on the other."""
    before = other.by_name("Service", "")
    for name, found in one.by_name("Service", "").items():
        known = before.get(name)
        if known is not None:
            yield from _leads(found, known)


def _leads(mine: Found, theirs: Found) -> Iterator[Change]:
    """Yield the pods and ports that a Service leads to, where they are others than before."""
    before = dict(_ends(theirs))
    for port, end in _ends(mine):
        if before.get(port) != end:
            yield Change(
                Kind.ROUTE,
                True,
                f"requests to {mine.namespace}/{mine.name} on port {port}",
                "go to",
                end,
                notes=(f"on the other side they go to {before.get(port, 'nothing')}",),
                namespaces=(mine.namespace,),
                span=mine.span("spec"),
            )


def _ends(service: Found) -> Iterator[tuple[object, str]]:
    if service.spec.get("type") == "ExternalName":
        yield "any", f"the host {service.spec.get('externalName')}"
        return
    selector = mapping(service.spec.get("selector"))
    shown = ", ".join(f"{key}: {value}" for key, value in sorted(selector.items()))
    pods = f"pods {{ {shown} }}" if shown else "addresses that its endpoints list"
    for port in map(mapping, items(service.spec.get("ports"))):
        target = port.get("targetPort") or port.get("port")
        yield f"{port.get('port')}/{port.get('protocol', 'TCP')}", f"{pods} on port {target}"
