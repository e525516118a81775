"""Names, labels and annotations that the API server takes: an object with others is not there.

Sources: kubernetes/apimachinery, pkg/util/validation and pkg/api/validation (DNS-1123 labels and
subdomains, DNS-1035 labels, path segments, qualified names, label values, the size of annotations).
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from polc.semantics.objects.model import Found, Key
from polc.semantics.objects.values import mapping, matches_selector

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_OLD_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_WORD = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_SHORT, _LONG = 63, 253
_MOST_ANNOTATIONS = 256 * 1024
_KNOWN = frozenset(
    (
        *("", "apps", "batch", "networking.k8s.io", "security.istio.io", "networking.istio.io"),
        *("gateway.networking.k8s.io", "serving.knative.dev"),
    )
)
"""API groups whose objects have the names of DNS subdomains, but for a few kinds."""
_OTHER_NAMES = ("IPAddress", "ComponentStatus")
_RBAC = "rbac.authorization.k8s.io"

Refusal = tuple[tuple[Key, ...], str]


def refusal(found: Found) -> Refusal | None:
    """Return why the API server refuses an object for its metadata, and where, or None."""
    return next(_refusals(found), None)


def _refusals(found: Found) -> Iterator[Refusal]:
    metadata = found.metadata
    if found.name and (why := _name(found)) is not None:
        yield ("metadata", "name"), f"`{_short(found.name)}` is no name for it: {why}"
    namespace = metadata.get("namespace")
    if isinstance(namespace, str) and namespace and not _fits(_LABEL, namespace, _SHORT):
        yield ("metadata", "namespace"), f"`{_short(namespace)}` is no name of a namespace"
    yield from _texts(metadata, ("metadata",))
    template = mapping(found.spec.get("template"))
    yield from _texts(mapping(template.get("metadata")), ("spec", "template", "metadata"))
    chosen = mapping(found.spec.get("selector"))
    labels = mapping(mapping(template.get("metadata")).get("labels"))
    if found.group == "apps" and chosen and template and not matches_selector(chosen, labels):
        yield ("spec", "selector"), "its `selector` does not match the labels of its own pods"


def _name(found: Found) -> str | None:
    """Return what is wrong with the name of an object."""
    name, kind = found.name, found.kind
    if found.group == _RBAC:
        wrong = name in (".", "..") or "/" in name or "%" in name
        return "it contains `/` or `%`, or is `.` or `..`" if wrong else None
    if found.group not in _KNOWN or kind in _OTHER_NAMES:
        return None
    if (found.group, kind) == ("", "Service"):
        fits = _fits(_OLD_LABEL, name, _SHORT)
        return None if fits else "at most 63 small letters, digits and `-`, a letter first"
    if (found.group, kind) == ("", "Namespace"):
        return None if _fits(_LABEL, name, _SHORT) else "at most 63 small letters, digits and `-`"
    if _fits(_SUBDOMAIN, name, _LONG):
        return None
    return "at most 253 small letters, digits, `-` and `.`, a letter or digit around each `.`"


def _texts(metadata: Mapping[str, Any], at: tuple[Key, ...]) -> Iterator[Refusal]:
    """Yield labels and annotations that no object can have."""
    for key, value in mapping(metadata.get("labels")).items():
        if isinstance(key, str) and not is_key(key):
            yield (*at, "labels", key), f"`{_short(key)}` is no key of a label"
        elif isinstance(value, str) and not is_value(value):
            yield (*at, "labels", key), f"`{_short(value)}` is no value of a label"
    size = 0
    for key, value in mapping(metadata.get("annotations")).items():
        if isinstance(key, str) and not is_key(key.lower()):
            yield (*at, "annotations", key), f"`{_short(key)}` is no key of an annotation"
        size += len(str(key).encode()) + len(str(value).encode())
    if size > _MOST_ANNOTATIONS:
        yield (*at, "annotations"), "its annotations are larger than 256 KiB"


@lru_cache(maxsize=16384)
def is_key(key: str) -> bool:
    """Tell whether a label can have a key."""
    prefix, slash, name = key.rpartition("/")
    if slash and not _fits(_SUBDOMAIN, prefix, _LONG):
        return False
    return _fits(_WORD, name, _SHORT)


@lru_cache(maxsize=16384)
def is_value(value: str) -> bool:
    """Tell whether a label can have a value."""
    return not value or _fits(_WORD, value, _SHORT)


def _fits(pattern: re.Pattern[str], text: str, most: int) -> bool:
    return len(text) <= most and pattern.fullmatch(text) is not None


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
