"""The label that services of a namespace are known by (language.md 5.8)."""

import pytest

from compiling import build, errors, underlined


def labels_of(text: str) -> dict[str, tuple[tuple[str, str], ...]]:
    return {each.key: each.pods.labels for each in build(text).workloads}


def test_services_without_a_select_are_known_by_the_label_of_their_namespace() -> None:
    text = """
    namespace shop { label "app" }
    service api { }
    service web { select { tier: "front" } }
    service fn { workload knative  image "a.example/fn:1@sha256:%s"  port w 8080 http }
    namespace other
    service api { }
    """
    text = text % ("1" * 64)
    assert labels_of(text) == {
        "other/api": (("app.kubernetes.io/name", "api"),),
        "shop/api": (("app", "api"),),
        "shop/fn": (("serving.knative.dev/service", "fn"),),
        "shop/web": (("tier", "front"),),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('namespace a { label "-" }\nservice x { }', ("POL604", '"-"')),
        (
            'namespace a { label "b" }\nnamespace a { label "c" }\nservice x { }',
            ("POL107", 'label "c"'),
        ),
    ],
)
def test_it_is_a_key_and_said_once(text: str, expected: tuple[str, str]) -> None:
    assert underlined(errors(text)) == [expected]


def test_it_is_a_name_elsewhere() -> None:
    assert labels_of('namespace label\nservice label { select { label: "x" } }') == {
        "label/label": (("label", "x"),)
    }
