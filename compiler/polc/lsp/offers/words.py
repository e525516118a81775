"""Words of fixed vocabularies: protocols, verbs and resources of the API, capabilities, kinds."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache

from polc import syntax as s
from polc.lower.hardening_table import CAPABILITIES, FIELDS, capability_level
from polc.lower.ports import PROTOCOLS
from polc.lower.requests import ANY, METHODS
from polc.lower.resources_table import OTHER_VERBS, VERBS, builtins
from polc.lower.runtime import SIGNALS
from polc.lsp.offers.model import Kind, Offer, Rank
from polc.lsp.offers.names import takes_requests
from polc.lsp.spot import Spot

_is_key = re.compile(r"[\w./-]+").fullmatch
_is_bare = re.compile(r"[a-z][a-z0-9.-]*(?:/[a-z][a-z0-9.-]*)?").fullmatch
_COMMON_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
_COMMON_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", ANY)
_COMMON_RESOURCES = (
    *("pods", "configmaps", "secrets", "services", "endpoints", "events", "serviceaccounts"),
    *("persistentvolumeclaims", "namespaces", "nodes", "deployments.apps", "replicasets.apps"),
    *("statefulsets.apps", "daemonsets.apps", "jobs.batch", "cronjobs.batch"),
    *("ingresses.networking.k8s.io", "leases.coordination.k8s.io"),
    "endpointslices.discovery.k8s.io",
)
_COMMON_SIGNALS = ("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2")
_LEVELS = ("restricted", "baseline", "privileged")
_LABELS = {
    "app": "",
    "app.kubernetes.io/name": "",
    "app.kubernetes.io/instance": "",
    "app.kubernetes.io/component": "",
    "app.kubernetes.io/part-of": "",
    "version": "",
}
"""`app` and `version` as Istio knows them, and Kubernetes' recommended labels but for those that
change with every release."""


def plain(words: Iterable[str], detail: str, kind: Kind = Kind.EnumMember) -> Iterator[Offer]:
    """Return words, the likely ones first."""
    for order, word in enumerate(words):
        yield Offer(word, kind, Rank.MEANT, detail, about=("word", word), order=order)


def protocols(spot: Spot) -> Iterator[Offer]:
    """Return the protocols of ports, with what carries them."""
    for order, (name, transport) in enumerate(PROTOCOLS.items()):
        detail = f"over {transport.value}"
        about = "protocol", name
        yield Offer(name, Kind.EnumMember, Rank.MEANT, detail, about=about, order=order)


def methods(spot: Spot) -> Iterator[Offer]:
    """Return the methods of HTTP, common ones first."""
    if not takes_requests(spot, "http"):
        return
    for order, name in enumerate((*_COMMON_METHODS, *METHODS)):
        if order < len(_COMMON_METHODS) or name not in _COMMON_METHODS:
            rank = Rank.MEANT if name in _COMMON_METHODS else Rank.ELSEWHERE
            detail = "every method" if name == ANY else "method of HTTP"
            yield Offer(name, Kind.EnumMember, rank, detail, in_list=True, order=order)


def signals(spot: Spot) -> Iterator[Offer]:
    """Return the signals that a container can be stopped by."""
    for name in SIGNALS:
        is_common = name in _COMMON_SIGNALS
        rank = Rank.MEANT if is_common else Rank.ELSEWHERE
        order = _COMMON_SIGNALS.index(name) if is_common else 0
        yield Offer(name, Kind.EnumMember, rank, "signal", order=order)


def capabilities(spot: Spot) -> Iterator[Offer]:
    """Return the capabilities of Linux, those that need the loosest profile last."""
    for name in CAPABILITIES:
        level = capability_level(name).value
        rank = (Rank.MEANT, Rank.NEAR, Rank.ELSEWHERE)[_LEVELS.index(level)]
        yield Offer(name, Kind.EnumMember, rank, f"from level {level}", about=("capability", name))


def fields(spot: Spot) -> Iterator[Offer]:
    """Return the fields that `relax` can name, those that need the loosest profile last."""
    for name, level in FIELDS.items():
        rank = (Rank.MEANT, Rank.NEAR, Rank.ELSEWHERE)[_LEVELS.index(level.value)]
        yield Offer(name, Kind.EnumMember, rank, f"from level {level.value}", about=("field", name))


def verbs(spot: Spot) -> Iterator[Offer]:
    """Return the verbs of the Kubernetes API."""
    others = sorted({*VERBS, *OTHER_VERBS}.difference(_COMMON_VERBS))
    for order, name in enumerate((*_COMMON_VERBS, *others)):
        rank = Rank.MEANT if name in VERBS else Rank.ELSEWHERE
        about = "verb", name
        yield Offer(name, Kind.Method, rank, "verb", about=about, in_list=True, order=order)


def resources(spot: Spot) -> Iterator[Offer]:
    """Return the resources of the Kubernetes API; with a slash typed, their subresources, too."""
    return iter(_resources("/" in spot.word))


@cache
def _resources(with_parts: bool) -> tuple[Offer, ...]:
    found = []
    for each in builtins().values():
        detail = "in a namespace" if each.namespaced else "cluster-wide"
        rank = Rank.MEANT if each.written in _COMMON_RESOURCES else Rank.NEAR
        parts = ["", *(f"/{part}" for part in each.subresources)]
        for part in parts if with_parts or not each.group else parts[:1]:
            label = f"{each.written}{part}"
            found.append(
                Offer(
                    label,
                    Kind.TypeParameter if part else Kind.Class,
                    Rank.DECLARED if part else rank,
                    f"{each.group or 'core'}, {detail}",
                    about=("resource", label),
                    in_list=True,
                    order=_COMMON_RESOURCES.index(label) if label in _COMMON_RESOURCES else 0,
                )
            )
    return tuple(found)


def labels(spot: Spot) -> Iterator[Offer]:
    """Return keys of labels: those that the program selects by, then usual ones."""
    used: dict[str, str] = {}
    for symbol in spot.view.table.symbols.values():
        if symbol.library or not isinstance(
            symbol.declaration, s.Service | s.ExternService | s.Gateway
        ):
            continue
        for statement in symbol.declaration.statements:
            if isinstance(statement, s.Select):
                used.update((entry.key.text, "used here") for entry in statement.entries)
    value = spot.owner.name if spot.owner else "value"
    for key, detail in (_LABELS | used).items():
        if _is_key(key) is None:
            continue
        label = key if _is_bare(key) else f'"{key}"'
        rank = Rank.MEANT if detail else Rank.DECLARED
        insert = f'{label}: "${{1:{value}}}"'
        yield Offer(label, Kind.Property, rank, detail or "usual label", insert, snippet=True)


def dates(spot: Spot) -> Iterator[Offer]:
    """Return days on which things tend to end."""
    today = spot.view.session.today()
    for order, days in enumerate((30, 90, 365)):
        day = (today + timedelta(days)).isoformat()
        yield Offer(day, Kind.Value, Rank.MEANT, f"in {days} days", order=order)


def own_name(spot: Spot) -> Iterator[Offer]:
    """Return the name of the declaration at hand, which accounts and objects often share."""
    if spot.owner is not None:
        yield Offer(spot.owner.name, Kind.Value, Rank.MEANT, "its own name")
