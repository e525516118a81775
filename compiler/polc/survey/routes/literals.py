"""Stars in routes where they mean nothing but themselves, and methods that nobody sends.

Sources: istio/api networking/v1 virtual_service.proto (StringMatch); Gateway API v1, HTTPPathMatch;
networking/v1 types.go, PathType. What `ImplementationSpecific` paths mean is up to the controller.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from polc.diagnostics import Diagnostic
from polc.semantics.objects.model import Found, Key, Manifests
from polc.semantics.objects.values import items, mapping
from polc.semantics.routes.targets import NETWORKING
from polc.survey.mesh.literals import lower_case
from polc.survey.mistakes import mistake

_PREFIX = "match by the beginning: a prefix needs no star"


def literal_mistakes(manifests: Manifests) -> Iterator[Diagnostic]:
    """Report paths with a star that is a character, and methods in small letters."""
    for found in manifests.of_kind("VirtualService", NETWORKING):
        for number, route in enumerate(map(mapping, items(found.spec.get("http")))):
            for index, match in enumerate(map(mapping, items(route.get("match")))):
                yield from _match(found, match, ("spec", "http", number, "match", index))
    for found in manifests.of_kind("HTTPRoute", "gateway.networking.k8s.io"):
        for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
            for index, match in enumerate(map(mapping, items(rule.get("matches")))):
                path = mapping(match.get("path"))
                if path.get("type") != "RegularExpression":
                    at = ("spec", "rules", number, "matches", index, "path")
                    yield from _path(found, path.get("value"), at)
    for found in manifests.of_kind("Ingress", "networking.k8s.io"):
        for number, rule in enumerate(map(mapping, items(found.spec.get("rules")))):
            paths = items(mapping(rule.get("http")).get("paths"))
            for index, path in enumerate(map(mapping, paths)):
                if path.get("pathType") in ("Exact", "Prefix"):
                    place = ("spec", "rules", number, "http", "paths", index)
                    yield from _path(found, path.get("path"), place)


def _match(found: Found, match: Mapping[str, Any], place: tuple[Key, ...]) -> Iterator[Diagnostic]:
    for field in ("uri", "authority"):
        for kind in ("exact", "prefix"):
            yield from _path(found, mapping(match.get(field)).get(kind), (*place, field))
    method = mapping(match.get("method")).get("exact")
    if isinstance(method, str):
        yield from lower_case(found, method, (*place, "method"))


def _path(found: Found, value: object, place: tuple[Key, ...]) -> Iterator[Diagnostic]:
    if isinstance(value, str) and "*" in value:
        message = f"matches `{value}`, where the star is a character like any other"
        yield mistake(found, message, _PREFIX, *place)
