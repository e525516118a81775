import pytest

from oracles import crds

POLICY = {
    "apiVersion": "security.istio.io/v1",
    "kind": "AuthorizationPolicy",
    "metadata": {"name": "api", "namespace": "shop"},
    "spec": {"rules": [{"from": [{"source": {"principals": ["a/ns/b/sa/c"]}}]}]},
}


def test_a_good_object_passes():
    crds.check(POLICY)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"extra": 1}, r"^\$: "),
        ({"spec": {"rule": []}}, r"^\$\.spec: .*'rule'"),
        ({"spec": {"rules": [{"from": [{"principals": []}]}]}}, r"from\[0\]: .*'principals'"),
        ({"spec": {"action": "allow"}}, r"\$\.spec\.action"),
        ({"metadata": {"namespace": "shop"}}, r"\$\.metadata: 'name'"),
        ({"metadata": {"name": "Bad_name"}}, r"\$\.metadata\.name"),
    ],
)
def test_a_bad_object_is_told_with_its_place(change, place):
    problems = crds.errors({**POLICY, **change})
    assert len(problems) == 1
    with pytest.raises(AssertionError, match=place):
        raise AssertionError(problems[0])


def test_a_kind_without_a_crd_is_an_error():
    assert not crds.knows("security.istio.io/v9", "AuthorizationPolicy")
    with pytest.raises(AssertionError, match="no CRD serves"):
        crds.errors({**POLICY, "apiVersion": "security.istio.io/v9"})
