"""Two programs to what service accounts may do on the Kubernetes API beyond the other's."""

from collections.abc import Iterator

from attrs import evolve

from polc.diff.changes import Change, Kind
from polc.diff.flows import lasts
from polc.ir.nodes import Grant, Program, UrlGrant
from polc.ir.show import grant_text

_Held = dict[str, list[Grant | UrlGrant]]


def privilege_changes(program: Program, other: Program, *, is_gain: bool) -> Iterator[Change]:
    """Yield the grants of `program` that `other` does not give, verb by verb."""
    held = _by_account(other)
    for account, grants in _by_account(program).items():
        others = held.get(account, [])
        for grant in grants:
            yield from _outside(account, grant, others, is_gain)


def _by_account(program: Program) -> _Held:
    """Return grants by the account that holds them: the API server sees nothing else."""
    held: _Held = {}
    for workload in program.workloads:
        account = f"{workload.namespace}/{workload.account}"
        held.setdefault(account, []).extend(workload.grants)
    return held


def _outside(
    account: str, grant: Grant | UrlGrant, others: list[Grant | UrlGrant], is_gain: bool
) -> Iterator[Change]:
    covering = [each for each in others if _covers(each, grant)]
    lasting = [each for each in covering if lasts(each.until, grant.until)]
    new = tuple(v for v in grant.verbs if not any(v in each.verbs for each in lasting))
    if not new:
        return
    ending = [each for each in covering if set(new) <= set(each.verbs) and each.until]
    besides = {grant_text(each) for each in others if _covers(grant, each) and each not in covering}
    yield Change(
        Kind.VERB,
        is_gain,
        account,
        "can",
        grant_text(evolve(grant, verbs=new)),
        besides=() if lasting else tuple(sorted(besides)),
        beyond=max((each.until for each in ending if each.until), default=None),
        because=(grant.because,) if grant.because else (),
        until=grant.until,
        span=grant.span,
    )


def _covers(wide: Grant | UrlGrant, narrow: Grant | UrlGrant) -> bool:
    """Tell whether a grant reaches all objects of another one; verbs aside."""
    if isinstance(wide, UrlGrant) or isinstance(narrow, UrlGrant):
        return (
            isinstance(wide, UrlGrant)
            and isinstance(narrow, UrlGrant)
            and all(any(_url_covers(w, n) for w in wide.paths) for n in narrow.paths)
        )
    return (
        (wide.group, wide.resource, wide.subresource)
        == (narrow.group, narrow.resource, narrow.subresource)
        and wide.namespace in (None, narrow.namespace)
        and (not wide.names or (bool(narrow.names) and set(narrow.names) <= set(wide.names)))
        and any(verb in wide.verbs for verb in narrow.verbs)
    )


def _url_covers(wide: str, narrow: str) -> bool:
    """Compare URLs; a trailing `*` stands for any rest (Kubernetes, rbac/v1)."""
    return wide == narrow or (wide.endswith("*") and narrow.startswith(wide[:-1]))
