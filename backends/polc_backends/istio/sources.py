"""Callers as Istio tells them apart: a peer of the IR to the `source` of an AuthorizationPolicy.

Sources (all read at istio/istio 86c9f01):

- A principal is `TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT`; a final `*` matches any rest
  (pilot/pkg/security/authz/matcher/string.go). Names hold no `/`, so `…/sa/*` is exactly a
  namespace and `TRUST-DOMAIN/*` exactly the mesh.
- `namespaces` and `serviceAccounts` are not used: they accept every trust domain, and the latter
  treated `.` as a wildcard (CVE-2026-39350).
- `notPrincipals: ["*"]` matches who has none, and so plain text only (the same file, on presence).
- Only a client certificate proves a principal, so such a rule never admits plain text.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from polc.ir.nodes import PLAIN_TEXT, Addresses, AllPods, Flow, Host, NamespacePods, Peer, Pods


def principal(peer: Peer, trust_domain: str) -> str | None:
    """Return the principal of a caller; None for one without an identity."""
    match peer:
        case Pods(account=str(account)):
            return f"{trust_domain}/ns/{peer.namespace}/sa/{account}"
        case NamespacePods():
            return f"{trust_domain}/ns/{peer.namespace}/sa/*"
        case AllPods():
            return f"{trust_domain}/*"
        case _:
            return None


def peer_order(peer: Peer) -> tuple[int, str]:
    """Return what callers are sorted by: workloads by name, then the broader ones."""
    match peer:
        case Pods():
            return 0, peer.key
        case NamespacePods():
            return 1, peer.namespace
        case AllPods():
            return 2, ""
        case Addresses() | Host():
            return 3, peer.name


def from_entries(callers: Iterable[Peer], trust_domain: str) -> list[dict[str, Any]]:
    """Return the `from` of a rule, never empty: one of its entries has to match."""
    callers = tuple(callers)
    found = (principal(caller, trust_domain) for caller in callers)
    principals = sorted({name for name in found if name is not None})
    entries: list[dict[str, Any]] = []
    if principals:
        entries.append({"source": {"principals": principals}})
    for caller in callers:
        if caller == PLAIN_TEXT:
            entries.append({"source": {"notPrincipals": ["*"]}})
        elif isinstance(caller, Addresses):
            entries += _address_entries(caller)
    # INVARIANT: a rule without `from` admits everyone, so callers without one get no rule at all.
    assert entries, "a rule names its callers"
    return entries


def _address_entries(addresses: Addresses) -> list[dict[str, Any]]:
    """Return one entry for all plain blocks, and one for each block with exceptions.

    Within an entry `notIpBlocks` cuts into every block, also where the program did not say so.
    """
    plain = [block.cidr for block in addresses.blocks if not block.excepts]
    entries: list[dict[str, Any]] = [{"source": {"ipBlocks": plain}}] if plain else []
    entries += (
        {"source": {"ipBlocks": [block.cidr], "notIpBlocks": list(block.excepts)}}
        for block in addresses.blocks
        if block.excepts
    )
    return entries


def without_covered(flows: Iterable[Flow]) -> tuple[Flow, ...]:
    """Leave out the flows that a broader caller of the same port has as well."""
    flows = tuple(flows)
    broad = {
        (_reach(flow.source), flow.port): flow
        for flow in flows
        if isinstance(flow.source, NamespacePods | AllPods)
    }
    if not broad:
        return flows
    return tuple(
        flow
        for flow in flows
        if not any(_admits(broad.get((reach, flow.port)), flow) for reach in _broader(flow.source))
    )


def _reach(peer: Peer) -> str:
    return peer.namespace if isinstance(peer, NamespacePods) else ""


def _broader(peer: Peer) -> Iterator[str]:
    """Yield what `_reach` says of the callers that hold this one."""
    if isinstance(peer, Pods):
        yield peer.namespace
    if isinstance(peer, Pods | NamespacePods):
        yield ""


def _admits(broad: Flow | None, flow: Flow) -> bool:
    if broad is None:
        return False
    if broad.requests is None:
        return True
    return flow.requests is not None and set(flow.requests) <= set(broad.requests)
