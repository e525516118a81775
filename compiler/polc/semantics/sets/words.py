"""Sets of words, and of URL paths: finite, or everything but a few; closed under difference."""

from collections.abc import Iterable

from attrs import frozen


@frozen
class Words:
    """The words in `names`, or with `rest` every word but those."""

    names: frozenset[str]
    rest: bool = False

    def __and__(self, other: "Words") -> "Words":
        match self.rest, other.rest:
            case False, False:
                return Words(self.names & other.names)
            case False, True:
                return Words(self.names - other.names)
            case True, False:
                return Words(other.names - self.names)
            case _:
                return Words(self.names | other.names, rest=True)

    def __sub__(self, other: "Words") -> "Words":
        return self & Words(other.names, not other.rest)

    def __bool__(self) -> bool:
        return self.rest or bool(self.names)

    def __contains__(self, word: object) -> bool:
        return (word in self.names) is not self.rest

    def sample(self, preferred: Iterable[str] = ()) -> str:
        """Return a word of the set (which is not empty): a preferred one if there is any."""
        for word in preferred:
            if word in self:
                return word
        if not self.rest:
            return min(self.names)
        number = 1
        while f"other-{number}" in self.names:
            number += 1
        return f"other-{number}"


ALL = Words(frozenset(), rest=True)


def words(*names: str) -> Words:
    """Return the set of these words."""
    return Words(frozenset(names))


@frozen(order=True)
class UrlPattern:
    """A path, or with `rest` everything that begins with it."""

    text: str
    rest: bool = False

    def covers(self, other: "UrlPattern") -> bool:
        """Tell whether every path of the other is one of this."""
        if self.rest:
            return other.text.startswith(self.text)
        return not other.rest and other.text == self.text


def url_pattern(text: str) -> UrlPattern:
    """Read an entry of `nonResourceURLs`: all stars at its end mean any rest, others nothing.

    Source: `NonResourceURLMatches` in kubernetes `pkg/apis/rbac/v1/evaluation_helpers.go`.
    """
    return UrlPattern(text.rstrip("*"), rest=True) if text.endswith("*") else UrlPattern(text)


@frozen
class UrlRegion:
    """The paths of a pattern without those of some others, all of them inside it."""

    pattern: UrlPattern
    but: tuple[UrlPattern, ...] = ()

    def without(self, pattern: UrlPattern) -> "UrlRegion | None":
        """Return what is left, or None for nothing."""
        if pattern.covers(self.pattern):
            return None
        if not self.pattern.covers(pattern) or any(each.covers(pattern) for each in self.but):
            return self
        kept = (each for each in self.but if not pattern.covers(each))
        return UrlRegion(self.pattern, tuple(sorted((*kept, pattern))))

    def within(self, pattern: UrlPattern) -> "UrlRegion | None":
        """Return the part that the pattern has, or None for nothing."""
        if pattern.covers(self.pattern):
            return self
        if not self.pattern.covers(pattern) or any(each.covers(pattern) for each in self.but):
            return None
        inside = (each for each in self.but if pattern.covers(each))
        return UrlRegion(pattern, tuple(inside))

    def sample(self) -> str:
        """Return a path of the region.

        There always is one: finitely many longer patterns never exhaust a beginning.
        """
        text = self.pattern.text
        if not self.pattern.rest or not any(each.covers(UrlPattern(text)) for each in self.but):
            return text
        for tail in ("any", *(f"any-{number}" for number in range(len(self.but)))):
            if not any(each.covers(UrlPattern(text + tail)) for each in self.but):
                return text + tail
        # Some pattern takes all that begins with "a": find a letter that begins none of them.
        used = {each.text[len(text) : len(text) + 1] for each in self.but}
        return text + next(chr(code) for code in range(ord("b"), 0x10FFFF) if chr(code) not in used)


@frozen
class Urls:
    """A union of regions."""

    regions: tuple[UrlRegion, ...]

    def __bool__(self) -> bool:
        return bool(self.regions)

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and any(
            region.within(UrlPattern(path)) is not None for region in self.regions
        )

    def __and__(self, other: "Urls") -> "Urls":
        found: list[UrlRegion] = []
        for left in self.regions:
            for right in other.regions:
                region = left.within(right.pattern)
                for pattern in right.but:
                    region = region and region.without(pattern)
                if region is not None:
                    found.append(region)
        return Urls(tuple(found))

    def __sub__(self, other: "Urls") -> "Urls":
        regions = self.regions
        for right in other.regions:
            left_over: list[UrlRegion] = []
            for left in regions:
                outside = left.without(right.pattern)
                parts = (outside, *(left.within(pattern) for pattern in right.but))
                left_over += (part for part in parts if part is not None)
            regions = tuple(left_over)
        return Urls(regions)

    def sample(self, preferred: Iterable[str] = ()) -> str:
        """Return a path of the set, which is not empty."""
        for path in preferred:
            if path in self:
                return path
        return self.regions[0].sample()


def urls(*texts: str) -> Urls:
    """Return the paths of these entries of `nonResourceURLs`."""
    return Urls(tuple(UrlRegion(url_pattern(text)) for text in dict.fromkeys(texts)))
