"""Sets of strings and products of sets, against trying one string after the other."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polc.semantics.sets import products, strings
from polc.semantics.sets.automata import many
from polc.semantics.sets.intervals import IntSet
from polc.semantics.sets.products import Box, box
from polc.semantics.sets.regex import UnknownRegex, regex
from polc.semantics.sets.strings import BadTemplate, StringSet, path_pattern, starred, template

TEXTS = tuple("".join(each) for n in range(5) for each in product("a/b", repeat=n))
PLAIN = st.text("a/b", max_size=3)
STARS = st.builds(
    lambda text, sign: sign.format(text), PLAIN, st.sampled_from(["{}", "{}*", "*{}"])
)
MADE = st.one_of(
    STARS.map(starred),
    st.sampled_from(["/{*}", "/{*}/a", "/a/{**}", "/{*}/{**}"]).map(template),
    st.just(strings.of_items(*many(strings.without("/"), at_least_one=True))),
)
SETS = st.lists(MADE, max_size=3).map(
    lambda found: StringSet(frozenset(p for each in found for p in each.patterns or ()))
)


def members(found: StringSet) -> set[str]:
    return {text for text in TEXTS if text in found}


@given(SETS, SETS)
def test_algebra(one: StringSet, other: StringSet) -> None:
    a, b = members(one), members(other)
    assert members(one | other) == a | b
    assert members(one & other) == a & b
    assert members(one - other) == a - b
    assert not one <= other or a <= b
    for found in (one | other, one & other, one - other):
        assert not found or found.sample() in found
    assert bool(one - other) is not (one <= other)


@given(SETS, SETS)
def test_equal_languages_are_equal_automata(one: StringSet, other: StringSet) -> None:
    assert ((one | other) - other).dfa == (one - other).dfa
    assert (one & other).dfa == (other & one).dfa
    assert one.same(other) is (one <= other and other <= one)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("/v1", ["/v1"], ["/v1/", "/v", "/v1x"]),
        ("/v1/*", ["/v1/", "/v1/a/b"], ["/v1", "/v1x"]),
        ("*/info", ["/info", "/a/info"], ["/info/"]),
        ("*", ["/", "x"], [""]),
        # The examples of istio/api, security/v1/authorization_policy.proto.
        ("/foo/{*}", ["/foo/bar"], ["/foo/bar/baz", "/foo/", "/foo"]),
        ("/foo/{*}/bar/{**}", ["/foo/buzz/bar/", "/foo/buzz/bar/baz"], ["/foo/bar/baz"]),
        ("/a/{*}", ["/a/x-1._~%"], ["/a/x=1", "/a/*", "/a/é"]),
    ],
)
def test_patterns_of_istio(pattern: str, yes: list[str], no: list[str]) -> None:
    found = path_pattern(pattern)
    assert [text for text in yes if text not in found] == []
    assert [text for text in no if text in found] == []


@pytest.mark.parametrize(
    "text",
    ["/{**}/foo/{*}", "/foo/{*}.txt", "/*/baz/{*}", "/a//{*}", "{*}", "/{a}/{*}", "/foo/{**}/"],
)
def test_templates_that_envoy_refuses(text: str) -> None:
    with pytest.raises(BadTemplate):
        template(text)


@pytest.mark.parametrize(
    "text",
    ["(.*; *)?a=b(;.*)?", "/[^/]+/a(/.*)?", "a+b?|/*", "[a-b]+", "", "(a|b|)/", "(a*)*b", r"a\.b"],
)
def test_expressions(text: str) -> None:
    found = regex(text)
    odd = ("a=b", "x; a=b;c", "a.b", "axb", "ab;a=b", "/ab/a/", "/ab/a")
    for each in (*TEXTS, *odd):
        assert (each in found) is (re.fullmatch(text, each) is not None), each


@pytest.mark.parametrize("text", ["a{2}", "^a", "a$", "(?i)a", r"\bx", "a**", "(a", "a)", "[a"])
def test_expressions_that_are_not_known(text: str) -> None:
    with pytest.raises(UnknownRegex):
        regex(text)


def full(name: str) -> StringSet | IntSet:
    return IntSet(((0, 5),)) if name == "port" else strings.ALL


NUMBERS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=2).map(IntSet.of)
NAMES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3).map(strings.of_texts)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    sides = {"port": draw(NUMBERS), "who": draw(NAMES), "path": draw(NAMES)}
    chosen = {name: side for name, side in sides.items() if side and draw(st.booleans())}
    return box(**chosen)


REGIONS = st.lists(boxes(), max_size=3).map(tuple)
POINTS = [
    box(port=IntSet(((port, port),)), who=strings.of_texts((who,)), path=strings.of_texts((path,)))
    for port, who, path in product(range(6), "abcd", "ab")
]


@given(REGIONS, REGIONS)
def test_products(one: products.Region, other: products.Region) -> None:
    left = products.subtract(one, other, full)
    met = products.both(one, other)
    for point in POINTS:
        in_one, in_other = (bool(products.both(each, (point,))) for each in (one, other))
        assert bool(products.both(left, (point,))) is (in_one and not in_other)
        assert bool(products.both(met, (point,))) is (in_one and in_other)
