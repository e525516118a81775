"""Broad peers need a reason (language.md 5.2)."""

from ipaddress import ip_network

from polc import syntax as s
from polc.codes import flows as codes
from polc.diagnostics import Diagnostic, Label
from polc.lower import values as literals
from polc.lower.peers import Broad, ListedPeer
from polc.source import Span

MAX_PREFIX_LENGTHS = {4: 16, 6: 48}
"""Blocks wider than these need a reason."""


def check_reason(peer: ListedPeer, qualifiers: s.Qualifiers, found: list[Diagnostic]) -> None:
    """Report a broad peer of a statement without `because`."""
    because = qualifiers.because
    if because is not None and because.value.strip():
        return
    what, widest = _breadth(peer)
    if what is None:
        return
    inside = widest is not None and widest != peer.at.span
    found.append(
        Diagnostic(
            codes.BROAD_PEER,
            f"{what}, and {'no reason is given' if because is None else 'the reason is empty'}",
            peer.at.span if because is None else because.span,
            (Label(widest, "this is broad"),) if inside and widest is not None else (),
            'add `because "…"` to the end of the statement'
            if because is None
            else 'say why, for whoever reviews it: `because "…"`',
        )
    )


def _breadth(peer: ListedPeer) -> tuple[str | None, Span | None]:
    """Return what makes a peer broad, and where that is written."""
    if isinstance(peer, Broad):
        everyone = {
            "self": None,
            "any": "`any` is every pod of the cluster",
            "internet": "`internet` is everything outside the cluster",
            "namespace": f"`namespace {peer.namespace}` is every pod of it",
        }
        return everyone[peer.word], peer.written
    declaration = peer.symbol.declaration
    if isinstance(declaration, s.Endpoint):
        for statement in declaration.statements:
            for cidr in statement.cidrs if isinstance(statement, s.Blocks) else ():
                text = literals.cidr(cidr, [])
                if text is not None and _is_wide(text):
                    return f"`{text}` is a wide range of addresses", cidr.span
    return None, None


def _is_wide(cidr: str) -> bool:
    network = ip_network(cidr)
    return network.prefixlen < MAX_PREFIX_LENGTHS[network.version]
