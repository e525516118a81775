"""Privileges of service accounts: the verifier against the API server's RBAC authorizer."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cluster.roles import ACCOUNTS, GROUP, NAMESPACES, asked, objects, requests
from oracles.referee import Referee, find, start
from polc.semantics.objects.model import Found, Manifests
from polc.semantics.rbac.bindings import Rbac, read_rbac
from polc.semantics.rbac.privileges import EVERYONE, Request, union

pytestmark = pytest.mark.cluster
find()
_ACCOUNTS = st.tuples(st.sampled_from(NAMESPACES), st.sampled_from(ACCOUNTS))


@pytest.fixture(scope="module")
def referee() -> Referee:
    return start("rbac")


def ask(
    referee: Referee,
    bodies: list[Any],
    account: tuple[str, str],
    questions: Iterable[Any],
    *,
    defaults: bool = False,
) -> tuple[list[str], list[bool]]:
    """Return why the API server refuses each object, and what it lets the account do."""
    answer = referee.ask(
        {
            "objects": bodies,
            "defaults": defaults,
            "account": {"namespace": account[0], "name": account[1]},
            "requests": list(questions),
        }
    )
    return answer["refused"], answer["allowed"]


def read(bodies: list[Any]) -> Rbac:
    return read_rbac(Manifests(tuple(Found(body, "objects.yaml") for body in bodies)))


@settings(max_examples=600)
@given(bodies=objects(), account=_ACCOUNTS, seed=requests())
def test_random_objects(
    referee: Referee, bodies: list[Any], account: tuple[str, str], seed: int
) -> None:
    questions = asked(seed)
    refused, allowed = ask(referee, bodies, account, questions)
    rbac = read(bodies)
    assert not any(refused)
    assert rbac.gaps == ()
    entries, _ = rbac.granted(*account)
    perhaps = union(each.access for each in entries)
    surely = union(each.access for each in entries if each.sure)
    for question, real in zip(questions, allowed, strict=True):
        request = Request(**question)
        # Between the two is what stands in a role that aggregates, until the controller has run.
        assert (request in surely) <= real <= (request in perhaps), request
        if not any("aggregationRule" in body for body in bodies):
            assert real == (request in perhaps), request


@settings(max_examples=400)
@given(bodies=objects(refused=True), account=_ACCOUNTS)
def test_what_the_api_server_refuses_is_not_decided(
    referee: Referee, bodies: list[Any], account: tuple[str, str]
) -> None:
    refused, _ = ask(referee, bodies, account, ())
    gaps = {id(gap.at.body) for gap in read(bodies).gaps}
    for body, why in zip(bodies, refused, strict=True):
        assert (id(body) in gaps) is bool(why), (body, why)


def binding(role: str, namespace: str | None = None) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": {"name": "some", **({"namespace": namespace} if namespace else {})},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "x", "namespace": "a"}],
    }


@given(seed=requests(), namespace=st.sampled_from((None, "a", "b")))
def test_cluster_admin(referee: Referee, seed: int, namespace: str | None) -> None:
    """It is known without being among the objects, and a RoleBinding keeps it in its namespace."""
    questions = asked(seed)
    bodies = [binding("cluster-admin", namespace)]
    _, allowed = ask(referee, bodies, ("a", "x"), questions, defaults=True)
    entries, _ = read(bodies).granted("a", "x")
    access = union(each.access for each in entries) | EVERYONE
    assert allowed == [Request(**each) in access for each in questions]


_OPEN = st.one_of(
    st.fixed_dictionaries(
        {
            "verb": st.sampled_from(("create", "get")),
            "group": st.sampled_from(("authentication.k8s.io", "authorization.k8s.io", "")),
            "resource": st.sampled_from(
                (
                    *("selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
                    *("subjectaccessreviews", "localsubjectaccessreviews", "tokenreviews", "pods"),
                )
            ),
            "subresource": st.sampled_from(("", "status")),
            "name": st.sampled_from(("", "n")),
            "namespace": st.sampled_from(("", "a")),
        }
    ),
    st.builds(
        lambda verb, path, rest: {"verb": verb, "path": path + rest},
        st.sampled_from(("get", "get", "head", "post")),
        st.sampled_from(
            (
                *("/api", "/apis", "/healthz", "/livez", "/readyz", "/openapi", "/version", ""),
                *("/.well-known/openid-configuration", "/openid/v1/jwks", "/metrics", "/logs"),
                "/swagger-2.0.0.pb-v1",
            )
        ),
        st.sampled_from(("", "/", "/x", "z")),
    ),
)


@settings(max_examples=400)
@given(questions=st.lists(_OPEN, min_size=20, max_size=30))
def test_what_every_account_may_do(referee: Referee, questions: list[Any]) -> None:
    _, allowed = ask(referee, [], ("a", "x"), questions, defaults=True)
    assert allowed == [Request(**each) in EVERYONE for each in questions]
