"""In which trust domain the callers of a mesh are: said by a program or MeshConfig, or guessed.

`cluster.local` in a policy means the mesh's own domain whatever it is (istio/istio,
pilot/pkg/security/trustdomain/bundle.go), so a domain has to be known before policies are read.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from polc.codes.proof import NOT_DECIDED
from polc.diagnostics import Diagnostic, Severity
from polc.diff.objects.side import Side
from polc.semantics.mesh.peer_authentication import GROUP
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.objects.values import items, mapping
from polc.source import Span

LOCAL = "cluster.local"


@frozen
class Trust:
    """A trust domain that somebody says is the mesh's own."""

    domain: str
    span: Span


@frozen(eq=False)
class Aligned:
    """The domain that both sides are read in, the objects of both, and what to say of it."""

    domain: str
    old: Manifests
    new: Manifests
    notes: tuple[Diagnostic, ...] = ()


def stated(side: Side) -> Trust | None:
    """Return what a side says of its trust domain: its program, or a MeshConfig in it."""
    if side.program is not None:
        cluster = side.program.cluster
        return Trust(cluster.trust_domain, cluster.span)
    for each in side.mesh_settings:
        said = (each.body or {}).get("trustDomain")
        domain = said if isinstance(said, str) and said else LOCAL
        return Trust(domain, each.found.span("data", "mesh"))
    return None


def named(side: Side) -> dict[str, Found]:
    """Return the trust domains that a side's principals have, each with an object that has it."""
    found: dict[str, Found] = {}
    for policy, principal in _principals(side.manifests):
        domain, slash, rest = principal.partition("/")
        if slash and rest.startswith("ns/") and "*" not in domain:
            found.setdefault(domain, policy)
    return found


def align(old: Side, new: Side) -> Aligned:
    """Decide in which trust domain two sides are read.

    Where both say theirs and they differ, the meshes are two, and callers are the same who have the
    same account there: the old side's principals are moved. Where nobody says it, the one domain
    that all principals have is taken for it; several may be several meshes', so they stay.
    """
    one, other = stated(old), stated(new)
    if one is not None and other is not None and one.domain != other.domain:
        text = (
            f"the trust domain is `{one.domain}` on the old side and `{other.domain}` on the new:"
            " callers are the same who have the same namespace and account"
        )
        moved = _moved(old.manifests, one.domain, other.domain)
        return Aligned(other.domain, moved, new.manifests, (_note(text, other.span),))
    known = other or one
    if known is not None:
        notes = tuple(_strange(side, known) for side in (old, new) if stated(side) is None)
        found = tuple(each for each in notes if each is not None)
        return Aligned(known.domain, old.manifests, new.manifests, found)
    domains = {**named(old), **named(new)}
    if len(domains) < 2:
        return Aligned(next(iter(domains), LOCAL), old.manifests, new.manifests)
    shown = ", ".join(f"`{each}`" for each in sorted(domains))
    text = (
        f"principals have the trust domains {shown}, and nobody says which is the mesh's own: they"
        " are compared as they stand"
    )
    span = next(iter(domains.values())).span("spec")
    return Aligned(LOCAL, old.manifests, new.manifests, (_note(text, span),))


def _strange(side: Side, known: Trust) -> Diagnostic | None:
    """Return that no principal of a side is of the mesh that the other side speaks of."""
    domains = named(side)
    if not domains or {known.domain, LOCAL} & domains.keys():
        return None
    domain, found = next(iter(domains.items()))
    text = (
        f"the trust domain is `{known.domain}` on one side, and the principals of the other are of"
        f" `{domain}`: they are not taken for the same callers"
    )
    return _note(text, found.span("spec"))


def _note(text: str, span: Span) -> Diagnostic:
    return Diagnostic(NOT_DECIDED, text, span, severity=Severity.NOTE)


def _principals(manifests: Manifests) -> Iterator[tuple[Found, str]]:
    for found in manifests.of_kind("AuthorizationPolicy", GROUP):
        for rule in map(mapping, items(found.spec.get("rules"))):
            for entry in map(mapping, items(rule.get("from"))):
                source = mapping(entry.get("source"))
                for field in ("principals", "notPrincipals"):
                    for value in items(source.get(field)):
                        if isinstance(value, str):
                            yield found, value


def _moved(manifests: Manifests, before: str, after: str) -> Manifests:
    """Return objects whose principals are of another trust domain."""
    objects = tuple(
        evolve(found, body=_replaced(found.body, f"{before}/", f"{after}/"))
        if found.kind == "AuthorizationPolicy" and found.group == GROUP
        else found
        for found in manifests.objects
    )
    return Manifests(objects, manifests.parts)


def _replaced(value: Any, before: str, after: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _replaced(each, before, after) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, before, after) for each in value]
    if isinstance(value, str) and value.startswith(before):
        return after + value.removeprefix(before)
    return value
