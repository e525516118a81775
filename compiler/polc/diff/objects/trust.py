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
from polc.source import Span, nowhere
from polc.verify.mtls import GROUP
from polc.verify.objects import Found, Manifests
from polc.verify.reading import items, mapping

LOCAL = "cluster.local"


@frozen
class Trust:
    """A trust domain, and whether somebody says that it is the mesh's own."""

    domain: str
    stated: bool
    span: Span


@frozen(eq=False)
class Aligned:
    """The domain that both sides are read in, the objects of both, and what to say of it."""

    domain: str
    old: Manifests
    new: Manifests
    notes: tuple[Diagnostic, ...] = ()


def trust_of(side: Side) -> Trust | None:
    """Return the trust domain of a side: what is said of it, else the one that principals have."""
    if side.program is not None:
        cluster = side.program.cluster
        return Trust(cluster.trust_domain, True, cluster.span)
    for each in side.mesh_settings:
        said = (each.body or {}).get("trustDomain")
        domain = said if isinstance(said, str) and said else LOCAL
        return Trust(domain, True, each.found.span("data", "mesh"))
    named: dict[str, Found] = {}
    for found, principal in _principals(side.manifests):
        domain, slash, rest = principal.partition("/")
        if slash and rest.startswith("ns/") and "*" not in domain:
            named.setdefault(domain, found)
    if not named:
        return None
    # Where there are several, one of them may be another mesh's: so none is taken for this one's.
    first, found = next(iter(named.items()))
    return Trust(first if len(named) == 1 else LOCAL, False, found.span("spec"))


def align(old: Side, new: Side) -> Aligned:
    """Decide in which trust domain two sides are read.

    Where both say theirs and they differ, the meshes are two, and callers are the same who have the
    same account there: the old side's principals are moved. Guesses that differ are two callers,
    and a guess that is not what the other side says may be another mesh's.
    """
    one, other = trust_of(old), trust_of(new)
    if one is None or other is None or one.domain == other.domain:
        known = other or one
        return Aligned(known.domain if known else LOCAL, old.manifests, new.manifests)
    if one.stated and other.stated:
        said = "callers are the same who have the same namespace and account"
        moved = _moved(old.manifests, one.domain, other.domain)
        return Aligned(other.domain, moved, new.manifests, (_note(one, other, said),))
    stated = next((each for each in (one, other) if each.stated), None)
    if stated is not None and LOCAL in (one.domain, other.domain):
        return Aligned(stated.domain, old.manifests, new.manifests)
    said = "callers of the one are not taken for those of the other"
    domain = stated.domain if stated is not None else LOCAL
    return Aligned(domain, old.manifests, new.manifests, (_note(one, other, said),))


def _note(one: Trust, other: Trust, said: str) -> Diagnostic:
    return Diagnostic(
        NOT_DECIDED,
        f"the trust domain is `{one.domain}` on the old side and `{other.domain}` on the new:"
        f" {said}",
        other.span if other.span.source.text else nowhere(),
        severity=Severity.NOTE,
    )


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
