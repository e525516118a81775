"""Rollouts: weights, rules that are never reached, versions."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowering import Lowered, lowered, statements
from polc import syntax as s
from polc.ir.nodes import Condition, Labels, Path, RouteRule, Version
from polc.ir.paths import matches
from polc.lower.conditions import implies
from polc.lower.rollout import lower_rollout

DIGEST = "sha256:" + "3" * 64


def rollout(
    items: str, *, kind: str = "deployment", outside: str = "", labels: Labels = (("app", "api"),)
) -> Lowered:
    parsed = statements(f"rollout {{ {items} }} {outside}")
    (block,) = (each for each in parsed if isinstance(each, s.Rollout))
    versions = tuple(each for each in parsed if isinstance(each, s.Version))
    return lowered_rollout(block, versions, kind, labels)


def lowered_rollout(
    block: s.Rollout, versions: tuple[s.Version, ...], kind: str, labels: Labels
) -> Lowered:
    return lowered(lower_rollout, block, versions, kind, labels, name="api")


def test_rules_keep_their_order() -> None:
    done = rollout('when header "X-Canary" = "always" and method GET -> v2  v2 10%  v1 90%')
    assert done.found == []
    assert done.value.rules == (
        RouteRule(
            (Condition("header", "x-canary", "always"), Condition("method", "", "GET")), "v2"
        ),
    )
    assert done.value.weights == (("v1", 90), ("v2", 10))
    assert done.value.versions == (
        Version("v1", (("version", "v1"),)),
        Version("v2", (("version", "v2"),)),
    )


def test_versions_may_choose_pods_and_image() -> None:
    image = f"registry.example.com/api:2@{DIGEST}"
    done = rollout(
        'v1 90% v2 10% version v2 { select { track: "canary" } image "' + image + '" }',
        outside='version v1 { select { track: "stable" } }',
    )
    assert done.found == []
    assert done.value.versions == (
        Version("v1", (("track", "stable"),)),
        Version("v2", (("track", "canary"),), image),
    )


# --- weights ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "marks", "message"),
    [
        ("v1 90% v2 20%", [("POL501", "v1 90% v2 20%")], "total 110%, not 100%: 90% + 20%"),
        ("v1 99%", [("POL501", "v1 99%")], "the only weight is 99%"),
        ("v1 50% v1 50%", [("POL103", "v1 50%")], "two weights"),
        ("v1 101% v2 10%", [("POL613", "101%")], "101%"),
        ('when path "/a" -> v1', [("POL501", "rollout")], "nowhere to go"),
    ],
)
def test_weights(items: str, marks: list[tuple[str, str]], message: str) -> None:
    done = rollout(items)
    assert done.value is None
    assert done.marks == marks
    assert message in done.only.message


def test_the_missing_share_is_offered() -> None:
    assert rollout("v1 90% v2 20%").only.help == "10% too much: did you mean `v2 10%`?"
    assert rollout("v1 90% v2 5%").only.help == "5% missing: did you mean `v2 10%`?"
    assert rollout("v1 80% v2 80% v3 1%").only.help == "61% too much"


def test_a_share_of_nothing() -> None:
    assert rollout("v1 100% v2 0%").value.weights == (("v1", 100), ("v2", 0))


# --- rules that are never reached -------------------------------------------------------------

TAKEN = [
    ('when path "/a/**" -> v1  when path "/a/b" -> v2', 'when path "/a/b" -> v2'),
    ('when path "/*/b" -> v1  when path "/a/b" -> v2', 'when path "/a/b" -> v2'),
    (
        'when method GET -> v1  when method GET and path "/a" -> v2',
        'when method GET and path "/a" -> v2',
    ),
    (
        'when header "A" = "1" -> v1  when header "a" = "1" -> v2',
        'when header "a" = "1" -> v2',
    ),
    (
        'when path "/a/*" -> v1  when path "/a/**" and path "/*/b" -> v2',
        'when path "/a/**" and path "/*/b" -> v2',
    ),
]


@pytest.mark.parametrize(("rules", "mark"), TAKEN)
def test_a_rule_behind_one_that_takes_all(rules: str, mark: str) -> None:
    done = rollout(f"{rules} v1 100%")
    assert done.marks == [("POL502", mark)]
    assert done.only.labels[0].span.text == rules.partition("  ")[0]


@pytest.mark.parametrize(
    "rules",
    [
        'when path "/a/b" -> v2  when path "/a/**" -> v1',
        'when path "/a/*" -> v1  when path "/a/**" -> v2',
        "when method GET -> v1  when method PUT -> v2",
        'when header "a" = "1" -> v1  when header "a" = "2" -> v2',
        'when header "a" = "1" -> v1  when cookie "a" = "1" -> v2',
        'when header "a" = "1" and method GET -> v1  when header "a" = "1" -> v2',
        'when query "a" = "1" and query "a" = "2" -> v1',
        'when path "/a/**" and path "/*/b" -> v1',
    ],
)
def test_rules_that_are_reached(rules: str) -> None:
    assert rollout(f"{rules} v1 100%").found == []


def test_weights_behind_everything() -> None:
    done = rollout('when path "/**" -> v2 v1 90% v2 10%')
    assert done.marks == [("POL502", "v1 90% v2 10%")]
    assert done.only.labels[0].span.text == 'when path "/**" -> v2'


def test_a_rule_behind_everything() -> None:
    done = rollout('when path "/**" -> v2 when header "a" = "1" -> v1 v1 100%')
    assert [code for code, _ in done.marks] == ["POL502", "POL502"]
    assert done.marks[0][1] == 'when header "a" = "1" -> v1'


def test_a_rule_behind_the_weights() -> None:
    done = rollout('v1 100% when path "/a" -> v2')
    assert done.marks == [("POL502", 'when path "/a" -> v2')]
    assert done.only.labels[0].span.text == "v1 100%"


@pytest.mark.parametrize(
    ("rule", "mark"),
    [
        ("method GET and method PUT", "method PUT"),
        ('header "a" = "1" and header "A" = "2"', 'header "A" = "2"'),
        ('path "/a/**" and path "/b/**"', 'path "/b/**"'),
    ],
)
def test_conditions_that_exclude_each_other(rule: str, mark: str) -> None:
    done = rollout(f"when {rule} -> v2 v1 100%")
    assert done.marks == [("POL502", mark)]


@pytest.mark.parametrize(
    ("condition", "mark", "code"),
    [
        ('header "a b" = "1"', '"a b"', "POL613"),
        ('header "" = "1"', '""', "POL613"),
        ('header ":path" = "/a"', '":path"', "POL613"),
        ('cookie "a;b" = "1"', '"a;b"', "POL613"),
        ('header "a" = ""', '""', "POL613"),
        ('header "a" = " x"', '" x"', "POL613"),
        ("method GTE", "GTE", "POL612"),
        ('path "v1"', '"v1"', "POL608"),
    ],
)
def test_bad_conditions(condition: str, mark: str, code: str) -> None:
    assert rollout(f"when {condition} -> v2 v1 100%").marks == [(code, mark)]


# A request here is a method and a path; that is enough to compare rules with all of them.
REQUESTS = tuple(
    (method, "/" + "/".join(parts))
    for method in ("GET", "PUT", "DELETE")
    for length in (1, 2, 3)
    for parts in product(("a", "b", "z", ""), repeat=length)
)
CONDITIONS = st.lists(
    st.one_of(
        st.builds(lambda m: Condition("method", "", m), st.sampled_from(["GET", "PUT"])),
        st.builds(
            lambda parts, rest: Condition("path", "", Path(tuple(parts), rest)),
            st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=2),
            st.booleans(),
        ),
    ),
    max_size=3,
).map(tuple)


def admitted(conditions: tuple[Condition, ...]) -> set[tuple[str, str]]:
    return {
        (method, path)
        for method, path in REQUESTS
        if all(
            matches(each.value, path) if isinstance(each.value, Path) else each.value == method
            for each in conditions
        )
    }


@given(CONDITIONS, CONDITIONS)
def test_implies_agrees_with_all_requests(
    given_: tuple[Condition, ...], wanted: tuple[Condition, ...]
) -> None:
    if len({each.value for each in given_ if each.kind == "method"}) < 2:
        assert implies(given_, wanted) == (admitted(given_) <= admitted(wanted))


# --- versions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "marks"),
    [
        (
            "v1 100% version v2 { }",
            [("POL190", "v2")],
        ),
        ("v1 100% version v1 { } version v1 { }", [("POL103", "v1")]),
        (
            'v1 50% v2 50% version v1 { select { a: "b" } } version v2 { select { a: "b" } }',
            [("POL613", "v2")],
        ),
        ('v1 100% version v1 { select { app: "other" } }', [("POL613", "v1")]),
        ('v1 100% version v1 { select { a: "b c" } }', [("POL604", '"b c"')]),
    ],
)
def test_versions(items: str, marks: list[tuple[str, str]]) -> None:
    assert rollout(items).marks == marks


def test_a_selector_that_already_fixes_the_version() -> None:
    done = rollout("v1 90% v2 10%", labels=(("app", "api"), ("version", "v1")))
    assert done.marks == [("POL613", "v2")]


# --- other workloads --------------------------------------------------------------------------


def test_knative() -> None:
    done = rollout("api-00001 90% api-00002 10%", kind="knative")
    assert done.found == []
    assert done.value.versions == (Version("api-00001", ()), Version("api-00002", ()))


@pytest.mark.parametrize(
    ("items", "marks"),
    [
        (
            'when header "a" = "1" -> api-00002 api-00001 100%',
            [("POL503", 'header "a" = "1"')],
        ),
        ("v1 100%", [("POL504", "v1")]),
        ("api-00001 100% version api-00001 { }", [("POL507", "version api-00001 { }")]),
    ],
)
def test_what_knative_can_not_do(items: str, marks: list[tuple[str, str]]) -> None:
    done = rollout(items, kind="knative")
    assert done.value is None
    assert done.marks == marks


@pytest.mark.parametrize("kind", ["job", "cronjob"])
def test_jobs_have_no_rollout(kind: str) -> None:
    assert rollout("v1 100%", kind=kind).marks == [("POL509", "rollout")]
