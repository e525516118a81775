"""Rules grant exactly what the grants do, and none of them can be left out."""

from collections.abc import Iterable
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from polc.ir.nodes import Grant, UrlGrant
from polc_backends.rbac.rules import in_order, resource_rules, url_rules

ANY = "(any)"
NAMES = ("one", "two")
Atom = tuple[str, str, str, str]
"""API group, resource, name of the object, verb. A single object of each name, and one of none."""


def subsets(values: Iterable[str], least: int = 1) -> st.SearchStrategy[tuple[str, ...]]:
    ordered = sorted(values)
    return st.sets(st.sampled_from(ordered), min_size=least).map(lambda s: tuple(sorted(s)))


GRANTS = st.lists(
    st.builds(
        Grant,
        verbs=subsets(("get", "list", "update")),
        group=st.sampled_from(("", "apps")),
        resource=st.sampled_from(("pods", "secrets")),
        subresource=st.sampled_from(("", "status")),
        names=subsets(NAMES, least=0),
        namespace=st.just("shop"),
    ),
    max_size=6,
)


def granted(grants: Iterable[Grant]) -> set[Atom]:
    """Say what grants permit, on objects of every name."""
    return {
        (g.group, f"{g.resource}/{g.subresource}" if g.subresource else g.resource, name, verb)
        for g in grants
        for name in (g.names or (*NAMES, ANY))
        for verb in g.verbs
    }


def permitted(rules: Iterable[dict[str, Any]]) -> set[Atom]:
    """Say what rules permit: the product of their lists (Kubernetes, `RBACAuthorizer`)."""
    return {
        atom
        for rule in rules
        for atom in product(
            rule["apiGroups"],
            rule["resources"],
            rule.get("resourceNames") or (*NAMES, ANY),
            rule["verbs"],
        )
    }


@given(GRANTS)
def test_rules_permit_what_is_granted_and_nothing_else(grants: list[Grant]) -> None:
    assert permitted(resource_rules(grants)) == granted(grants)


@given(GRANTS, GRANTS)
def test_what_is_covered_is_not_granted_again(here: list[Grant], above: list[Grant]) -> None:
    rules = resource_rules(here, covered=above)
    assert permitted(rules) | granted(above) == granted(here) | granted(above)
    assert permitted(rules) <= granted(here)


@given(GRANTS, GRANTS)
def test_no_part_of_a_rule_is_redundant(here: list[Grant], above: list[Grant]) -> None:
    rules = resource_rules(here, covered=above)
    whole = permitted(rules) | granted(above)
    for index, rule in enumerate(rules):
        others = permitted([*rules[:index], *rules[index + 1 :]]) | granted(above)
        for field in ("resources", "resourceNames", "verbs"):
            for value in rule.get(field, ()):
                less = {**rule, field: [each for each in rule[field] if each != value]}
                rest = permitted([less]) if less[field] else set()
                assert others | rest != whole


@given(st.permutations(range(4)))
def test_order_of_grants_does_not_matter(order: list[int]) -> None:
    grants = [
        Grant(("list", "get"), "", "pods"),
        Grant(("watch",), "", "pods", "log"),
        Grant(("get",), "apps", "deployments"),
        Grant(("get",), "", "configmaps", names=("b", "a")),
    ]
    assert resource_rules([grants[index] for index in order]) == resource_rules(grants)


def test_resources_share_a_rule_only_with_equal_verbs() -> None:
    rules = resource_rules(
        [
            Grant(("get", "list"), "", "pods"),
            Grant(("list", "get"), "", "pods", "log"),
            Grant(("get",), "", "services"),
        ]
    )
    assert rules == (
        {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["services"], "verbs": ["get"]},
    )


def test_named_grant_keeps_what_the_wide_one_lacks() -> None:
    rules = resource_rules(
        [
            Grant(("get",), "", "configmaps"),
            Grant(("get", "update"), "", "configmaps", names=("settings",)),
        ]
    )
    assert rules == (
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["settings"],
            "verbs": ["update"],
        },
    )


def test_covered_by_a_wider_scope_leaves_no_rule() -> None:
    here = Grant(("get",), "", "pods", names=("db-0",), namespace="shop")
    assert resource_rules([here], covered=[Grant(("get", "list"), "", "pods")]) == ()


def test_urls_with_the_same_verbs_share_a_rule() -> None:
    rules = url_rules(
        [
            UrlGrant(("get",), ("/metrics", "/healthz")),
            UrlGrant(("post", "get"), ("/hook",)),
            UrlGrant(("get",), ("/healthz",)),
        ]
    )
    assert rules == (
        {"nonResourceURLs": ["/healthz", "/metrics"], "verbs": ["get"]},
        {"nonResourceURLs": ["/hook"], "verbs": ["get", "post"]},
    )


def test_verbs_stand_in_the_order_people_read() -> None:
    verbs = ("use", "delete", "watch", "create", "list", "bind", "get")
    assert in_order(verbs) == ("get", "list", "watch", "create", "delete", "bind", "use")
