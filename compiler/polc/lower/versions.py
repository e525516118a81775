"""Versions of a service beyond one rollout: environments may replace it, the pods stay."""

from collections.abc import Iterable

from polc import syntax
from polc.lower.values import is_dns_label


def version_names(rollouts: Iterable[syntax.Rollout]) -> tuple[str, ...]:
    """Return the names of all versions in some rollouts, sorted."""
    items = [item for each in rollouts for item in each.items]
    names_of = (i.name if isinstance(i, syntax.Version) else i.version for i in items)
    return tuple(sorted({name.text for name in names_of if is_dns_label(name.text)}))


def kept_versions(
    replaced: Iterable[syntax.Rollout], written: syntax.Rollout
) -> tuple[syntax.Version, ...]:
    """Return what rollouts said of versions that the one in their place says nothing new of."""
    again = {item.name.text for item in written.items if isinstance(item, syntax.Version)}
    return tuple(
        item
        for each in replaced
        for item in each.items
        if isinstance(item, syntax.Version) and item.name.text not in again
    )
