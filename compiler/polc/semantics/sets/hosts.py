"""Host names and patterns of these: `shop.example.com`, `*.example.com`, and `*` for every name.

A leading `*` stands for any start that is not empty, of one label or several (Gateway API v1,
`Hostname`; istio/istio, pkg/config/host/name.go, SubsetOf). Names have no upper and lower case.
"""

from collections.abc import Iterable


def covers(wide: str, narrow: str) -> bool:
    """Tell whether every name that `narrow` means is one of `wide`."""
    if not wide.startswith("*"):
        return wide == narrow
    return narrow.removeprefix("*").endswith(wide[1:]) and narrow != wide[1:]


def meet(one: str, other: str) -> str | None:
    """Return what both mean; None: nothing. Two patterns share names only if one has all."""
    if covers(one, other):
        return other
    return one if covers(other, one) else None


def most_specific(patterns: Iterable[str], name: str) -> str | None:
    """Return the narrowest of the patterns that cover a name or pattern."""
    found = [each for each in patterns if covers(each, name)]
    return max(found, key=lambda each: (not each.startswith("*"), len(each)), default=None)
