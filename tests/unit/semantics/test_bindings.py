"""The exact sets of privileges against the plain authorizer, and what the documentation says."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polc.semantics.objects.model import Found, Manifests
from polc.semantics.rbac.bindings import read_rbac
from polc.semantics.rbac.privileges import Request, rule_access, union
from polc.semantics.sets.words import UrlPattern, url_pattern, urls, words
from semantics.rbac import allowed

GROUP = "rbac.authorization.k8s.io"
API = f"{GROUP}/v1"


def manifests(*objects: dict[str, Any]) -> Manifests:
    return Manifests(tuple(Found(each, "input.yaml") for each in objects))


def role(name: str, *rules: dict[str, Any], namespace: str | None = None, **labels: str) -> Any:
    kind = "ClusterRole" if namespace is None else "Role"
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), "labels": labels}
    return {"apiVersion": API, "kind": kind, "metadata": meta, "rules": list(rules)}


def bind(ref: dict[str, Any], *subjects: dict[str, Any], namespace: str | None = None) -> Any:
    kind = "ClusterRoleBinding" if namespace is None else "RoleBinding"
    return {
        "apiVersion": API,
        "kind": kind,
        "metadata": {"name": "b", **({"namespace": namespace} if namespace else {})},
        "subjects": list(subjects),
        "roleRef": {"apiGroup": GROUP, "kind": ref["kind"], "name": ref["metadata"]["name"]},
    }


def rule(verbs: list[str], resources: list[str], groups: tuple[str, ...] = ("",)) -> dict[str, Any]:
    return {"apiGroups": list(groups), "resources": resources, "verbs": verbs}


def account(name: str, namespace: str | None = None) -> dict[str, Any]:
    where = {"namespace": namespace} if namespace else {}
    return {"kind": "ServiceAccount", "name": name, **where}


def may(objects: list[dict[str, Any]], request: Request, who: tuple[str, str]) -> bool:
    entries, _ = read_rbac(manifests(*objects)).granted(*who)
    return request in union(entry.access for entry in entries)


# --- facts of the documentation ---------------------------------------------------------------

READER = role("pod-reader", rule(["get", "watch", "list"], ["pods"]), namespace="default")
SECRETS = role("secret-reader", rule(["get", "watch", "list"], ["secrets"]))
LOGS = role("logs", rule(["get", "list"], ["pods", "pods/log"]), namespace="default")
NAMED = role(
    "updater",
    {**rule(["update", "get", "create"], ["configmaps"]), "resourceNames": ["my-configmap"]},
    namespace="default",
)
URLS = role("urls", {"nonResourceURLs": ["/healthz", "/healthz/*"], "verbs": ["get", "post"]})
ME = account("me", "default")


@pytest.mark.parametrize(
    ("objects", "request_", "answer"),
    [
        ([READER, bind(READER, ME, namespace="default")], ("get", "", "pods", "", "x"), True),
        ([READER, bind(READER, ME, namespace="default")], ("get", "", "pods", "log", "x"), False),
        ([READER, bind(READER, ME, namespace="default")], ("delete", "", "pods", "", "x"), False),
        ([READER, bind(READER, ME, namespace="other")], ("get", "", "pods", "", "x"), False),
        ([SECRETS, bind(SECRETS, ME, namespace="default")], ("get", "", "secrets", "", "x"), True),
        ([LOGS, bind(LOGS, ME, namespace="default")], ("get", "", "pods", "log", "x"), True),
        ([NAMED, bind(NAMED, ME, namespace="default")], ("get", "", "configmaps", "", "x"), False),
        (
            [NAMED, bind(NAMED, ME, namespace="default")],
            ("update", "", "configmaps", "", "my-configmap"),
            True,
        ),
        (
            [NAMED, bind(NAMED, ME, namespace="default")],
            ("create", "", "configmaps", "", ""),
            False,
        ),
    ],
)
def test_documented_examples(
    objects: list[dict[str, Any]], request_: tuple[str, ...], answer: bool
) -> None:
    assert may(objects, Request(*request_, "default"), ("default", "me")) is answer


def test_a_cluster_role_in_a_role_binding_gives_its_namespace_only() -> None:
    objects = [SECRETS, bind(SECRETS, ME, namespace="development")]
    here = Request("get", "", "secrets", "", "x", "development")
    there = Request("get", "", "secrets", "", "x", "default")
    assert may(objects, here, ("default", "me"))
    assert not may(objects, there, ("default", "me"))


def test_urls_are_given_cluster_wide_only() -> None:
    request = Request("get", path="/healthz/etcd")
    assert may([URLS, bind(URLS, ME)], request, ("default", "me"))
    assert not may([URLS, bind(URLS, ME, namespace="default")], request, ("default", "me"))


@pytest.mark.parametrize(
    ("subject", "who", "answer"),
    [
        ({"kind": "Group", "name": "system:serviceaccounts:qa"}, ("qa", "x"), True),
        ({"kind": "Group", "name": "system:serviceaccounts:qa"}, ("dev", "x"), False),
        ({"kind": "Group", "name": "system:serviceaccounts"}, ("dev", "x"), True),
        ({"kind": "Group", "name": "system:authenticated"}, ("dev", "x"), True),
        ({"kind": "Group", "name": "system:unauthenticated"}, ("dev", "x"), False),
        ({"kind": "User", "name": "system:serviceaccount:dev:x"}, ("dev", "x"), True),
        (account("x"), ("qa", "x"), False),
    ],
)
def test_subjects(subject: dict[str, Any], who: tuple[str, str], answer: bool) -> None:
    request = Request("get", "", "secrets", "", "x", "anywhere")
    assert may([SECRETS, bind(SECRETS, subject)], request, who) is answer


def test_an_account_without_a_namespace_is_in_that_of_its_role_binding() -> None:
    objects = [READER, bind(READER, account("me"), namespace="default")]
    assert may(objects, Request("get", "", "pods", "", "x", "default"), ("default", "me"))


def test_aggregation_is_followed_to_its_end() -> None:
    top = {**role("monitoring"), "aggregationRule": {"clusterRoleSelectors": [_select(a="1")]}}
    middle = {
        **role("middle", a="1"),
        "aggregationRule": {"clusterRoleSelectors": [_select(b="1")]},
    }
    low = role("low", rule(["get"], ["endpoints"]), b="1")
    objects = [top, middle, low, bind(top, ME)]
    request = Request("get", "", "endpoints", "", "x", "default")
    assert may(objects, request, ("default", "me"))
    assert not may([top, middle, low], request, ("default", "me"))


def _select(**labels: str) -> dict[str, Any]:
    return {"matchLabels": labels}


def test_a_role_that_is_not_there_is_not_decided() -> None:
    binding = bind(role("view"), ME)
    entries, gaps = read_rbac(manifests(binding)).granted("default", "me")
    assert entries == ()
    assert [gap.reason for gap in gaps] == ["the cluster role `view` is not in the input"]


@pytest.mark.parametrize(
    "bad",
    [
        {"apiGroups": [""], "resources": ["pods"]},
        {"resources": ["pods"], "verbs": ["get"]},
        {**rule(["get"], ["pods"]), "nonResourceURLs": ["/x"]},
        {**rule(["get"], ["pods"]), "resourceName": ["x"]},
        {"apiGroups": "", "resources": ["pods"], "verbs": ["get"]},
    ],
)
def test_rules_that_the_api_server_refuses_are_not_decided(bad: dict[str, Any]) -> None:
    assert len(read_rbac(manifests(role("r", bad))).gaps) == 1


@pytest.mark.parametrize("aggregation", [{}, {"clusterRoleSelectors": []}])
def test_an_aggregation_without_selectors_is_not_decided(aggregation: dict[str, Any]) -> None:
    refused = {**role("r"), "aggregationRule": aggregation}
    assert [gap.place for gap in read_rbac(manifests(refused)).gaps] == [("aggregationRule",)]
    assert read_rbac(manifests({**role("r"), "aggregationRule": None})).gaps == ()


@pytest.mark.parametrize(
    "subject", [account("me"), {"kind": "User"}, {"kind": "ServiceAccount", "namespace": "n"}]
)
def test_a_subject_without_name_or_namespace_is_not_decided(subject: dict[str, Any]) -> None:
    gaps = read_rbac(manifests(role("r"), bind(role("r"), subject))).gaps
    assert [gap.place for gap in gaps] == [("subjects", 0)]


# --- against the plain authorizer ---------------------------------------------------------------

VERBS = ["get", "list", "create", "*"]
RESOURCES = ["pods", "pods/log", "nodes/log", "*", "*/log", "pods/", "pods/*"]
NAMES = ["a", "b", ""]
SPACES = ["n1", "n2"]
PATHS = ["/", "/m", "/m*", "/m/**", "*", "/mx"]


def some(values: list[str], least: int = 1) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=2, unique=True)


RULES = st.one_of(
    st.fixed_dictionaries(
        {"verbs": some(VERBS), "apiGroups": some(["", "apps", "*"]), "resources": some(RESOURCES)},
        optional={"resourceNames": some(NAMES, 0)},
    ),
    st.fixed_dictionaries({"verbs": some(VERBS), "nonResourceURLs": some(PATHS)}),
)
SUBJECTS = st.one_of(
    st.builds(account, st.sampled_from(["me", "you"]), st.sampled_from([None, *SPACES])),
    st.builds(
        lambda name: {"kind": "Group", "name": name},
        st.sampled_from(["system:serviceaccounts:n1", "system:serviceaccounts", "admins"]),
    ),
    st.just({"kind": "User", "name": "system:serviceaccount:n1:me"}),
)
REQUESTS = [
    dict(verb=verb, group=group, resource=resource, subresource=below, name=name, namespace=space)
    for verb in ("get", "create", "patch")
    for group in ("", "apps")
    for resource in ("pods", "nodes")
    for below in ("", "log", "exec")
    for name in ("a", "")
    for space in ("n1", "n2", "")
] + [dict(verb=verb, path=path) for verb in ("get", "put") for path in ("/", "/m", "/m/x", "/y")]


@st.composite
def clusters(draw: st.DrawFn) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 3))):
        space = draw(st.sampled_from([None, *SPACES]))
        rules = draw(st.lists(RULES, max_size=2))
        if space is not None:  # the API server refuses them in a Role
            rules = [each for each in rules if "nonResourceURLs" not in each]
        labels = draw(st.sampled_from([{}, {"a": "1"}, {"b": "1"}]))
        made = role(f"r{number}", *rules, namespace=space, **labels)
        if space is None and draw(st.booleans()):
            select = draw(st.sampled_from([{"a": "1"}, {"b": "1"}]))
            made["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": select}]}
        objects.append(made)
        homes = SPACES if made["kind"] == "Role" else [None, *SPACES]
        for _ in range(draw(st.integers(0, 2))):
            subjects = draw(st.lists(SUBJECTS, max_size=2))
            objects.append(bind(made, *subjects, namespace=draw(st.sampled_from(homes))))
    return objects


@settings(max_examples=150, deadline=None)
@given(clusters())
def test_agrees_with_the_authorizer(objects: list[dict[str, Any]]) -> None:
    entries, _ = read_rbac(manifests(*objects)).granted("n1", "me")
    access = union(entry.access for entry in entries if entry.sure)
    for request in REQUESTS:
        assert (Request(**request) in access) is allowed(objects, ("n1", "me"), request), request


@pytest.mark.parametrize("entry", RESOURCES)
@pytest.mark.parametrize("names", [[], ["a"], [""]])
def test_every_form_of_a_rule(entry: str, names: list[str]) -> None:
    made = role("r", {**rule(["get", "create"], [entry]), "resourceNames": names}, namespace="n1")
    objects = [made, bind(made, account("me", "n1"), namespace="n1")]
    for request in REQUESTS:
        answer = allowed(objects, ("n1", "me"), request)
        assert may(objects, Request(**request), ("n1", "me")) is answer, request


@settings(max_examples=200, deadline=None)
@given(st.lists(RULES, max_size=2), st.lists(RULES, max_size=2), st.sampled_from([None, "n1"]))
def test_difference_is_exact(
    left: list[dict[str, Any]], right: list[dict[str, Any]], where: str | None
) -> None:
    mine = union(rule_access(each, where) for each in left)
    theirs = union(rule_access(each, where) for each in right)
    rest = mine - theirs
    for fields in REQUESTS:
        request = Request(**fields)
        assert (request in rest) is (request in mine and request not in theirs)
    if rest:
        witness = rest.sample()
        assert witness in mine
        assert witness not in theirs
    assert not mine - (mine | theirs)


@given(st.lists(st.sampled_from(PATHS), max_size=3), st.lists(st.sampled_from(PATHS), max_size=3))
def test_urls_that_are_left_have_a_witness(left: list[str], right: list[str]) -> None:
    rest = urls(*left) - urls(*right)
    assert bool(rest) or not (urls(*left) - urls(*right))
    if rest:
        path = rest.sample()
        assert path in urls(*left)
        assert path not in urls(*right)


def test_stars_at_the_end_of_a_url_are_one() -> None:
    assert url_pattern("/a**") == UrlPattern("/a", rest=True)
    assert url_pattern("/a*b") == UrlPattern("/a*b")
    assert "x" not in words("y")
