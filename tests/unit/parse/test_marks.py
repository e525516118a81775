"""Marks and small words that are wrong or missing: what is said, and what the text counts as."""

import pytest

from parsing import clean, read
from polc import syntax as s

MENDED = [
    # strings without quotes
    ("service a { image foo/bar:v1@sha256:0 }", "foo/bar:v1@sha256:0", '"foo/bar:v1@sha256:0"'),
    ("service a { image foo bar\n scale 1 }", "foo bar", '"foo bar"'),
    ('service a { build { base python:3.13"\n } }', 'python:3.13"', '"python:3.13"'),
    ("service a { probe live GET /healthz on web }", "/healthz", '"/healthz"'),
    ("service a { allow to b because INC-1, or so }", "INC-1", '"INC-1"'),
    ("import ../platform/cluster.svc", "../platform/cluster.svc", '"../platform/cluster.svc"'),
    ("namespace n { owner team-a harden restricted }", "team-a", '"team-a"'),
    ("service a { select { app: api } }", "api", '"api"'),
    ("service a { allow to b because “so it is” }", "“so it is”", '"so it is"'),
    # marks
    ("service a { port web 80:8080 http }", ":", "->"),
    ("service a { port web 80 => 8080 http }", "=>", "->"),
    ("service a { port web 80 → 8080 http }", "→", "->"),
    ('service a { select { app = "x" } }', "=", ":"),
    ('service a { image: "x" }', ":", ""),
    ("service a { can get,, list pods }", ",", ""),
    ("service a { rollout { v1: 100% } }", ":", ""),
    ("service a { rollout { v1 100 } }", "100", "100%"),
    ("service a \uff5b scale 1 }", "\uff5b", "{"),
    # words
    ("service a { allow to b on port web }", "port", ""),
    ("service a { allow to service b }", "service", ""),
]


@pytest.mark.parametrize(("text", "wrong", "right"), MENDED)
def test_a_wrong_mark_counts_as_the_right_one(text: str, wrong: str, right: str) -> None:
    parsed = read(text)
    assert [found.span.text for found in parsed.found][:1] == [wrong]
    [fix] = [found.fix for found in parsed.found[:1]]
    assert fix is not None
    assert [(edit.span.text, edit.text) for edit in fix.edits] == [(wrong, right)]


MISSING = [
    ("service a { allow to b only prod }", "prod", "in"),
    ("extern shell in debug { }", "shell", "service"),
    ("service a { has reader }", "reader", "role"),
    ('service a { run { writes "/a" "/b" } }', '"/b"', ","),
    ('service a { allow from b { GET HEAD "/" } }', "HEAD", ","),
    ("group g { a b }", "b", ","),
    ('service a { build { command ["a" "b" "c"] } }', '"b"', ","),
    ('service a { select { app "x" } }', '"x"', ":"),
    ('service a { rollout { when header "x" "y" -> v2 } }', '"y"', "="),
]


@pytest.mark.parametrize(("text", "before", "missing"), MISSING)
def test_one_missing_word_is_put_in(text: str, before: str, missing: str) -> None:
    [found] = read(text).found
    assert found.span.text == before
    assert found.fix is not None
    [edit] = found.fix.edits
    assert edit.text.strip() == missing
    at = edit.span.offset
    # A list that lacks all of its commas is reported once, at the first.
    if text.count('"c"') == 0:
        clean(text[:at] + edit.text + text[at:])


def test_what_is_mended_is_in_the_tree() -> None:
    parsed = read(
        'service a {\n image foo/bar:1\n port web 80:8080 http\n select { app = "api" }\n}'
    )
    image, port, select = parsed.service("a").statements
    assert isinstance(image, s.Image)
    assert image.ref.value == "foo/bar:1"
    assert isinstance(port, s.Port)
    assert (port.service_port and port.service_port.text) == "80"
    assert isinstance(select, s.Select)
    assert select.entries[0].key.text == "app"


@pytest.mark.parametrize(
    ("text", "underlined"),
    [
        ("service a {\n  port web 8080\n  scale 1\n}", "8080"),
        ("service a {\n  port web 8080\n}", "8080"),
        ("service a {\n  allow from b on\n  scale 1\n}", "on"),
        ("service a {\n  allow from\n}", "from"),
        ("service a {\n  image\n  scale 1\n}", "image"),
        ("service a {\n  rollout\n    v1 100%\n  }\n}", "rollout"),
        ("service a\n  scale 1\n}", "a"),
        ("service\nnamespace n", "service"),
    ],
)
def test_a_line_that_ends_too_early_is_blamed_itself(text: str, underlined: str) -> None:
    [found] = read(text).found
    assert found.span.text == underlined
    assert "found" not in found.message


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("service a { allow b }", "write `allow from b`, or `allow to b`"),
        (
            "service a { run { user nginx } }",
            "write a number, such as `10001`: the kubelet can't check names",
        ),
        ("service a { resources { cpu 1m-5m } }", "a range has two dots: `1m..5m`"),
        ("service a { user 5 }", "`user` stands in the braces of `run`"),
        ("service a { allow to b at web }", "ports stand behind `on`: `on 8080`"),
        ("service a { can get pods on n }", "the namespace stands behind `in`"),
        (
            "service a { select { } }",
            'name at least one: `app: "…"`; without any it would mean every pod',
        ),
        (
            'service a { allow from internet via g on w because "x" }',
            'say under which name: `host "www.example.com"`',
        ),
        (
            "service a { can get pods cluster-wide in x }",
            "a grant holds in one namespace or cluster-wide, not both",
        ),
        ("env prod { }", "did you mean `environment`?"),
        ("external service a in b { }", "did you mean `extern`?"),
        ("deployment a { }", "did you mean `service`?"),
    ],
)
def test_what_people_write_instead(text: str, help: str) -> None:
    [found] = read(text).found
    assert found.help == help


def test_a_grant_without_resources_is_told_what_it_lacks() -> None:
    [found] = read("service a { can get }").found
    assert found.message == "expected a resource such as `pods` after `get`, found `}`"
