"""Objects that are not built as their API says: found when something can't be read, not before.

The API server refuses such objects, so they permit nothing; but who applies them may have another
version of the API, so a proof does not pass over them in silence.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from polc.semantics.gaps import Gap
from polc.semantics.objects.model import Found, Manifests

T = TypeVar("T")
Shape = Any
"""A type; `[shape]`, a list of it; `{name: shape}`, some members; `{...: shape}`, any members."""
_LABELS = {...: str}
_TEXT_MATCHES = {...: {...: str}}
_DESTINATION = {"host": str, "subset": str, "port": {"number": int}}
_ROUTE = [{"destination": _DESTINATION, "weight": int}]
_PAIRS = [{"name": str, "type": str, "value": str}]
_TARGET = {"group": str, "kind": str, "name": str}
_SPECS: Mapping[str, Shape] = {
    "AuthorizationPolicy": {
        "selector": {"matchLabels": _LABELS},
        "targetRefs": [_TARGET],
        "targetRef": _TARGET,
        "action": str,
        "rules": [
            {
                "from": [{"source": {...: [str]}}],
                "to": [{"operation": {...: [str]}}],
                "when": [{"key": str, "values": [str], "notValues": [str]}],
            }
        ],
    },
    "PeerAuthentication": {
        "selector": {"matchLabels": _LABELS},
        "mtls": {"mode": str},
        "portLevelMtls": {...: {"mode": str}},
    },
    "VirtualService": {
        "hosts": [str],
        "gateways": [str],
        "http": [
            {
                "match": [
                    {
                        "uri": {...: str},
                        "method": {...: str},
                        "headers": _TEXT_MATCHES,
                        "withoutHeaders": _TEXT_MATCHES,
                        "queryParams": _TEXT_MATCHES,
                        "port": int,
                        "gateways": [str],
                    }
                ],
                "route": _ROUTE,
            }
        ],
        "tcp": [{"match": [{...: object}], "route": _ROUTE}],
    },
    "DestinationRule": {"host": str, "subsets": [{"name": str, "labels": _LABELS}]},
    "HTTPRoute": {
        "parentRefs": [{"group": str, "kind": str, "namespace": str, "name": str, "port": int}],
        "rules": [
            {
                "matches": [
                    {
                        "path": {"type": str, "value": str},
                        "method": str,
                        "headers": _PAIRS,
                        "queryParams": _PAIRS,
                    }
                ],
                "backendRefs": [
                    {"kind": str, "namespace": str, "name": str, "port": int, "weight": int}
                ],
            }
        ],
    },
    "Gateway": {"gatewayClassName": str},
    "Service": {
        "selector": _LABELS,
        "ports": [{"port": int, "targetPort": object}],
        "traffic": [{"revisionName": str, "percent": int}],
    },
    "Namespace": {},
}


def guarded(find: Callable[[Manifests], T], manifests: Manifests) -> tuple[T, tuple[Gap, ...]]:
    """Return what `find` says; where it stumbles, of the objects that are built as they should."""
    try:
        return find(manifests), ()
    except (AttributeError, KeyError, TypeError, ValueError):
        odd = tuple(each for each in manifests.objects if _odd(each))
        if not odd:
            raise
        ids = set(map(id, odd))
        rest = tuple(each for each in manifests.objects if id(each) not in ids)
        return find(Manifests(rest, manifests.parts)), tuple(map(_not_decided, odd))


def _odd(found: Found) -> bool:
    if found.kind not in _SPECS:
        return False
    shape = {
        "metadata": {"labels": _LABELS, "annotations": {...: object}},
        "spec": _SPECS[found.kind],
    }
    return not _fits(found.body, shape)


def _fits(value: object, shape: Shape) -> bool:
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(each, shape[0]) for each in value)
    if isinstance(shape, dict):
        if not isinstance(value, Mapping) or not all(isinstance(name, str | int) for name in value):
            return False
        if ... in shape:
            return all(_fits(each, shape[...]) for each in value.values())
        return all(_fits(value[name], part) for name, part in shape.items() if name in value)
    return isinstance(value, shape)


def _not_decided(found: Found) -> Gap:
    why = f"not decided: `{found.namespace}/{found.name}` is not built like a {found.kind}"
    return Gap("malformed", why, found)
