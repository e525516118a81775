"""Exact sets of strings: methods, paths, principals, hosts.

A set is kept as the patterns it was made of for as long as these answer what is asked, which they
do for what is usually written: equal lists, listed names, prefixes of one another. Only then are
automata built, once for each set.
"""

import re
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import Literal

from attrs import field, frozen

from polc.semantics.sets.automata import (
    ANY,
    Chars,
    Dfa,
    Item,
    Items,
    combined,
    expression,
    literal,
    many,
    sample_of,
)
from polc.semantics.sets.automata import of_patterns as automaton

Kind = Literal["exact", "prefix", "suffix", "items"]


@frozen(slots=False, cache_hash=True)
class Pattern:
    """One text, all texts that start or end with it, or the steps of `items`."""

    kind: Kind
    text: str = ""
    items: Items = ()

    def steps(self) -> Items:
        """Return the pattern step by step."""
        match self.kind:
            case "exact":
                return literal(self.text)
            case "prefix":
                return (*literal(self.text), *many(ANY))
            case "suffix":
                return (*many(ANY), *literal(self.text))
            case "items":
                return self.items

    @cached_property
    def _matches(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(expression(self.items)).fullmatch

    @cached_property
    def _head(self) -> str:
        """What every text of this starts with."""
        if self.kind != "items":
            return "" if self.kind == "suffix" else self.text
        listed = (
            () if item.star or item.chars.others else item.chars.listed for item in self.items
        )
        return "".join(
            char for each in takewhile(lambda each: len(each) == 1, listed) for char in each
        )

    def covers(self, other: "Pattern") -> bool | None:
        """Tell whether every string of `other` is one of this; None: ask the automata."""
        if other.kind == "exact":
            match self.kind:
                case "exact":
                    return self.text == other.text
                case "prefix":
                    return other.text.startswith(self.text)
                case "suffix":
                    return other.text.endswith(self.text)
                case "items":
                    starts = other.text.startswith(self._head)
                    return starts and self._matches(other.text) is not None
        if self in (other, EVERYTHING):
            return True
        if self.kind == other.kind == "prefix":
            return other.text.startswith(self.text)
        if self.kind == other.kind == "suffix":
            return other.text.endswith(self.text)
        return None

    def disjoint(self, other: "Pattern") -> bool | None:
        """Tell whether no string is in both; None: ask the automata."""
        if self.kind == "exact" or other.kind == "exact":
            one, wide = (self, other) if self.kind == "exact" else (other, self)
            covered = wide.covers(one)
            return None if covered is None else not covered
        mine, theirs = self._head, other._head
        if not (mine.startswith(theirs) or theirs.startswith(mine)):
            return True
        return False if self.kind == other.kind == "prefix" else None


EVERYTHING = Pattern("prefix", "")


@frozen(slots=False, cache_hash=True)
class StringSet:
    """A set of strings; `patterns` None where only an automaton holds it."""

    patterns: frozenset[Pattern] | None
    built: Dfa | None = field(default=None, repr=False)

    @cached_property
    def dfa(self) -> Dfa:
        """The automaton of this set."""
        if self.built is not None:
            return self.built
        return automaton(sorted((each.steps() for each in self.patterns or ()), key=repr))

    def __bool__(self) -> bool:
        if self.patterns is not None:
            return bool(self.patterns)  # No pattern is empty: each of its steps has characters.
        return not self.dfa.is_empty

    @cached_property
    def listed(self) -> frozenset[str] | None:
        """The strings, where they are listed one by one."""
        if self.patterns is None or any(each.kind != "exact" for each in self.patterns):
            return None
        return frozenset(each.text for each in self.patterns)

    def __contains__(self, text: str) -> bool:
        if self.patterns is not None:
            asked = Pattern("exact", text)
            answers = [each.covers(asked) for each in self.patterns]
            if None not in answers or True in answers:
                return True in answers
        return self.dfa.contains(text)

    def __or__(self, other: "StringSet") -> "StringSet":
        if self.patterns is not None and other.patterns is not None:
            if not self.patterns:
                return other
            if self.patterns >= other.patterns:
                return self
            return StringSet(self.patterns | other.patterns)
        return _built(combined(self.dfa, other.dfa, lambda one, two: one or two))

    def __and__(self, other: "StringSet") -> "StringSet":
        if self is other or self == other:
            return self
        for one, two in ((self, other), (other, self)):
            if two.patterns is not None and EVERYTHING in two.patterns:
                return one
            if one.listed is not None:
                kept = (
                    one.listed & two.listed
                    if two.listed is not None
                    else frozenset(text for text in one.listed if text in two)
                )
                return one if kept == one.listed else of_texts(kept)
            if one.patterns is not None and one._covered_by(two):
                return one
        one, two = self._near(other), other._near(self)
        if not (one and two):
            return NONE
        return _built(combined(one.dfa, two.dfa, lambda one, two: one and two))

    def __sub__(self, other: "StringSet") -> "StringSet":
        if self is other or self == other:
            return NONE
        if self.listed is not None:
            if other.listed is not None:
                return of_texts(self.listed - other.listed)
            return of_texts(text for text in self.listed if text not in other)
        if self.patterns is not None and other.patterns is not None:
            left = frozenset(p for p in self.patterns if not _covered(p, other.patterns))
            if not left:
                return NONE
            here = StringSet(left)
            near = other._near(here)
            return _built(combined(here.dfa, near.dfa, _only_first)) if near else here
        return _built(combined(self.dfa, other.dfa, _only_first))

    def __le__(self, other: "StringSet") -> bool:
        return not self - other

    def same(self, other: "StringSet") -> bool:
        """Tell whether both hold the same strings, however they are written."""
        return self == other or self.dfa == other.dfa

    def sample(self) -> str:
        """Return a string of it, short and readable; the set must not be empty."""
        if self.listed is not None:
            return min(self.listed, key=lambda text: (len(text), text))
        if self.patterns is not None and len(self.patterns) == 1:
            return sample_of(*(each.steps() for each in self.patterns))
        found = self.dfa.sample()
        assert found is not None, "an empty set has no sample"
        return found

    def _near(self, other: "StringSet") -> "StringSet":
        """Return this without the patterns that have no string of the other."""
        if self.patterns is None or other.patterns is None:
            return self
        near = frozenset(
            mine
            for mine in self.patterns
            if not all(mine.disjoint(each) for each in other.patterns)
        )
        return self if near == self.patterns else StringSet(near)

    def _covered_by(self, other: "StringSet") -> bool:
        if self.patterns is None or other.patterns is None:
            return False
        return all(_covered(pattern, other.patterns) for pattern in self.patterns)


def _only_first(one: bool, two: bool) -> bool:
    return one and not two


def _covered(pattern: Pattern, by: frozenset[Pattern]) -> bool:
    return pattern in by or any(each.covers(pattern) for each in by)


def _built(dfa: Dfa) -> StringSet:
    return NONE if dfa.is_empty else StringSet(None, dfa)


def union(sets: Iterable[StringSet]) -> StringSet:
    """Return the strings of any of some sets."""
    patterns: set[Pattern] = set()
    built = NONE
    for each in sets:
        if each.patterns is None:
            built |= each
        else:
            patterns |= each.patterns
    return StringSet(frozenset(patterns)) | built


NONE = StringSet(frozenset())
ALL = StringSet(frozenset((EVERYTHING,)))
"""Every string, the empty one included."""


@lru_cache(maxsize=1 << 16)
def _exactly(text: str) -> Pattern:
    return Pattern("exact", text)


def of_texts(texts: Iterable[str]) -> StringSet:
    """Return the set of these strings."""
    return StringSet(frozenset(map(_exactly, texts)))


def prefix(text: str) -> StringSet:
    """Return all strings that start with a text."""
    return StringSet(frozenset((Pattern("prefix", text),)))


def suffix(text: str) -> StringSet:
    """Return all strings that end with a text."""
    return StringSet(frozenset((Pattern("suffix", text),)))


def of_items(*items: Item) -> StringSet:
    """Return the strings that match some steps."""
    return StringSet(frozenset((Pattern("items", items=items),)))


PRESENT = of_items(*many(ANY, at_least_one=True))
"""Every string but the empty one."""


def without(chars: str) -> Chars:
    """Return all characters but some."""
    return Chars(frozenset(chars), others=True)


def starred(text: str) -> StringSet:
    """Return what Istio's `abc`, `abc*`, `*abc` and `*` match.

    A star stands for any rest, the empty one included, but a lone `*` asks that there be something
    (istio/istio, pilot/pkg/security/authz/matcher/string.go; istio.io, AuthorizationPolicy, Rule).
    """
    if text == "*":
        return PRESENT
    if text.startswith("*"):
        return suffix(text[1:])
    if text.endswith("*"):
        return prefix(text[:-1])
    return of_texts((text,))


LITERAL = Chars(
    frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()+,;:@")
)
"""What Envoy's templates take a segment to be made of: neither `=` nor `*` is among them."""


class BadTemplate(ValueError):
    """A template that Envoy refuses."""


def template(text: str) -> StringSet:
    """Return the paths that a template with `{*}` and `{**}` matches, as Envoy reads it.

    `{*}` is one segment that is not empty, `{**}` any rest, once and with no wildcard behind it;
    either has a segment to itself (istio/api, security/v1/authorization_policy.proto;
    envoyproxy/envoy, source/extensions/path/uri_template_lib/uri_template_internal.cc). One that
    ends in `/` is taken for refused as well: older proxies refuse it, and what istio/api says of
    `/foo/{**}/` (it matches `/foo/bar/baz.txt`, but not `/foo/bar`) is not what Envoy's does.
    """
    if not text.startswith("/"):
        raise BadTemplate("it does not start with `/`")
    steps: list[Item] = []
    rest = False
    for segment in text[1:].split("/"):
        steps += literal("/")
        if segment in ("{*}", "{**}"):
            if rest:
                raise BadTemplate("`{**}` is not its last wildcard")
            rest = segment == "{**}"
            steps += (
                many(Chars(LITERAL.listed | {"/"})) if rest else many(LITERAL, at_least_one=True)
            )
        elif segment and all(LITERAL.has(char) for char in segment):
            steps += literal(segment)
        else:
            raise BadTemplate(f"`{segment}` is no segment of a template")
    return of_items(*steps)


@lru_cache(maxsize=1 << 14)
def path_pattern(text: str) -> StringSet:
    """Return the paths that an entry of `paths` matches."""
    return template(text) if "{*}" in text or "{**}" in text else starred(text)
