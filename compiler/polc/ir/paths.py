"""Path patterns as sets of paths: what one contains, and what two share."""

from polc.ir.nodes import Path


def matches(pattern: Path, text: str) -> bool:
    """Tell whether a concrete path (`/v1/items`) is one of those that a pattern means."""
    if not text.startswith("/"):
        return False
    segments = text[1:].split("/")
    count = len(pattern.segments)
    if len(segments) < count or (len(segments) > count and not pattern.rest):
        return False
    return all(
        (wanted == "*" and given != "") or wanted == given
        for wanted, given in zip(pattern.segments, segments, strict=False)
    )


def covers(wide: Path, narrow: Path) -> bool:
    """Tell whether every path that `narrow` matches is matched by `wide`."""
    if narrow.rest and not wide.rest:
        return False
    if len(narrow.segments) < len(wide.segments):
        return False
    if len(narrow.segments) > len(wide.segments) and not wide.rest:
        return False
    return all(
        outer == inner or (outer == "*" and inner != "")
        for outer, inner in zip(wide.segments, narrow.segments, strict=False)
    )


def intersect(one: Path, other: Path) -> Path | None:
    """Return the pattern for the paths that both match, or None where there is none."""
    long, short = (one, other) if len(one.segments) >= len(other.segments) else (other, one)
    if len(long.segments) > len(short.segments) and not short.rest:
        return None
    shared: list[str] = []
    for left, right in zip(long.segments, short.segments, strict=False):
        if left != right and ("*" not in (left, right) or "" in (left, right)):
            return None
        shared.append(right if left == "*" else left)
    # As many segments with and without `**`: without, nothing may follow.
    rest = long.rest and short.rest
    return Path((*shared, *long.segments[len(short.segments) :]), rest)
