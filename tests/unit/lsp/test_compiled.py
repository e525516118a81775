"""From a line to what it compiles to."""

import pytest

from lsp_support import LINKED, editor
from polc.lsp.compiled import compiled_at, objects_at


def titles(text: str) -> list[str]:
    here = editor(text)
    return [title for title, *_ in objects_at(here.view(), here.offset)]


def test_a_peer_has_the_objects_of_both_ends() -> None:
    found = titles(LINKED.replace("allow from frontend", "allow from front|end"))
    assert found == ["NetworkPolicy shop/api", "NetworkPolicy shop/frontend"]


def test_a_statement_has_the_objects_of_all_its_parts() -> None:
    found = titles(LINKED.replace("allow from", "al|low from"))
    assert found == ["NetworkPolicy shop/api", "NetworkPolicy shop/frontend"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('sel|ect { app: "api" }', ["NetworkPolicy shop/api"]),
        ("port w|eb 80 -> 8080 http", ["NetworkPolicy shop/api"]),
        ('account "robot|"', ["ServiceAccount shop/robot"]),
        ("resources { cpu 1|00m }", ["shop/hardening/api.first-container.yaml"]),
        ("probe live t|cp on web", ["shop/hardening/api.first-container.yaml"]),
        ("stop { gr|ace 30s }", ["shop/hardening/api.patch.yaml"]),
    ],
)
def test_a_statement_has_what_says_it(statement: str, expected: list[str]) -> None:
    bare = statement.replace("|", "")
    text = LINKED.replace(bare, statement)
    if text == LINKED:
        text = LINKED.replace("allow from frontend", f"{statement}\n  allow from frontend")
    assert titles(text) == expected
    here = editor(text)
    found = compiled_at(here.view(), here.offset, whole=False)
    assert found
    assert len(found.made) == len(expected)


@pytest.mark.parametrize("at", ["service a|pi", "|service api"])
def test_a_declaration_has_what_is_made_for_it(at: str) -> None:
    found = titles(LINKED.replace(at.replace("|", ""), at))
    assert "NetworkPolicy shop/api" in found
    assert not [each for each in found if "frontend" in each]


def test_a_namespace_has_its_own_objects() -> None:
    assert "Namespace shop" in titles(LINKED.replace("namespace shop", "namespace sh|op"))


def test_texts_are_yaml() -> None:
    here = editor(LINKED.replace("service api", "service ap|i"))
    texts = {title: text for title, text, _ in objects_at(here.view(), here.offset)}
    assert texts["NetworkPolicy shop/api"].startswith("apiVersion: networking.k8s.io/v1\n")


def test_only_a_name_stands_for_its_declaration_where_that_is_asked_for() -> None:
    here = editor(LINKED.replace("service api", "|service a|pi"))
    keyword, name = here.cursors["policy.svc"]
    assert not compiled_at(here.view(), keyword, whole=False)
    assert compiled_at(here.view(), name, whole=False)


def test_nothing_is_told_of_an_edited_program() -> None:
    """The labels of another service are in the object, too."""
    here = editor(LINKED.replace('app: "frontend', 'app: "frontend|'))
    there = here.text().index("allow from")
    assert objects_at(here.view(), there)
    here.type("2")
    assert objects_at(here.view(), there) == ()
    [text] = [
        text
        for title, text, _ in objects_at(here.settle().view(), there + 1)
        if title == "NetworkPolicy shop/api"
    ]
    assert "frontend2" in text


def test_a_line_is_shown_where_its_rule_starts() -> None:
    text = LINKED.replace("  allow from", "  allow from self on web\n  al|low from")
    here = editor(text)
    found = here.command("polc.objectText", here.uri(), here.position())
    lines = found["text"].splitlines()
    assert lines[0] == "# NetworkPolicy shop/api"
    assert lines[found["line"]] == "  - from:"
    assert "app: frontend" in lines[found["line"] + 6]
    whole = editor(LINKED.replace("service api", "service a|pi"))
    assert whole.command("polc.objectText", whole.uri(), whole.position())["line"] == 1


@pytest.mark.parametrize("text", ["", "|", "service", "# only a comment |", "}}}|{{{", LINKED])
def test_any_place_is_fine(text: str) -> None:
    here = editor(text)
    for offset in range(len(here.text()) + 2):
        objects_at(here.view(), offset)
