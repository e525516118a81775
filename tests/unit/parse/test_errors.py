"""One mistake gives one diagnostic, at the guilty token, and costs as little as can be."""

import pytest

from parsing import clean, read

B = "\nservice b { port web 80 http }\n"

CASES = [
    # missing and extra braces
    ("service a {\n port web 80 http" + B, [("POL004", "{")], ["a!", "b"]),
    ('service a {\n select { app: "x"\n port web 80 http\n}' + B, [("POL004", "{")], ["a!", "b"]),
    ("service a { run { user 1\n port web 80 http }" + B, [("POL004", "{")], ["a!", "b"]),
    ("service a { run { user 1", [("POL004", "{")], ["a!"]),
    ("service a { port web 80 http service b { }", [("POL004", "{")], ["a!", "b"]),
    ("service a { } }" + B, [("POL004", "}")], ["a", "b"]),
    ("service a { } port web 80 http }" + B, [("POL004", "}")], ["a!", "b"]),
    ("service a { { port web 80 http }" + B, [("POL004", "{")], ["a!", "b"]),
    ("service a { port } web 80 http }" + B, [("POL004", "}")], ["a!", "b"]),
    ("service a port web 80 http }" + B, [("POL001", "port")], ["a!", "b"]),
    ("{ service a { }" + B, [("POL001", "{")], ["a", "b"]),
    # the end in the middle
    ("service", [("POL001", "service")], []),
    ("service a", [("POL001", "a")], ["a!"]),
    ("service a {", [("POL004", "{")], ["a!"]),
    ("service a { port web", [("POL001", "web")], ["a!"]),
    ("service a { allow from b,", [("POL004", "{")], ["a!"]),
    ("service a { image ", [("POL001", "image")], ["a!"]),
    ("import\nservice a { }", [("POL001", "import")], ["a"]),
    # characters and strings
    ("service a { port web 80 http; }", [("POL002", ";")], ["a!"]),
    ("service a { image 'x' }", [("POL002", "'x'")], ["a!"]),
    ("// no\nservice a { }", [("POL002", "// no")], ["a"]),
    ("service a\u00a0{ }", [("POL002", "\u00a0")], ["a!"]),
    ('service a { image "x\n port web 80 http }' + B, [("POL003", '"x')], ["a!", "b"]),
    ('service a { image "x }' + B, [("POL003", '"x }')], ["a!", "b"]),
    (
        'service a { rollout { "when header "x" = "y" -> v2\n v1 90% } }',
        [("POL003", '" -> v2')],
        ["a!"],
    ),
    (r'service a { image "x\qy" }', [("POL005", r"\q")], ["a"]),
    (r'service a { image "\u{110000}" }', [("POL005", r"\u{110000}")], ["a"]),
    # names
    ("service My_Service { }", [("POL106", "My_Service")], ["my-service!"]),
    ("service API { }", [("POL106", "API")], ["api!"]),
    ("service a- { }", [("POL106", "a-")], ["a!"]),
    ("service 2048-game { }", [("POL106", "2048-game")], ["2048-game!"]),
    ("service 2048 { }", [("POL106", "2048")], ["2048!"]),
    ('service "-x" { }', [("POL106", '"-x"')], ["-x!"]),
    ("service a.b { }", [("POL106", "a.b")], ["a-b!"]),
    (f"service {'a' * 64} {{ }}", [("POL105", "a" * 64)], ["a" * 64 + "!"]),
    (f'service "{"a" * 64}" {{ }}', [("POL105", f'"{"a" * 64}"')], ["a" * 64 + "!"]),
    ("service image { }", [("POL001", "image")], ["image!"]),
    ("service group { }", [("POL001", "group")], ["group!"]),
    ("service a { allow from image on web }", [("POL001", "image")], ["a!"]),
    ("service { port web 80 http }" + B, [("POL001", "{")], ["b"]),
    ("service a b { }" + B, [("POL001", "b")], ["a!", "b"]),
    # statements
    ("service a { alow from b }", [("POL001", "alow")], ["a!"]),
    ("service a { allow form b }", [("POL001", "form")], ["a!"]),
    ("servce a { port web 80 http }" + B, [("POL001", "servce")], ["a!", "b"]),
    ("service a { foo bar baz 1 { x } }", [("POL001", "foo")], ["a!"]),
    ("service a { allow from\n port web 80 http }", [("POL001", "from")], ["a!"]),
    ("service a { allow from b c on web }", [("POL001", "c")], ["a!"]),
    (
        "service a { image foo/bar:v1@sha256:0 port web 80 http }",
        [("POL001", "foo/bar:v1@sha256:0")],
        ["a!"],
    ),
    ("service a { select { app: api } }", [("POL001", "api")], ["a!"]),
    ("service a { allow to b because reason }", [("POL001", "reason")], ["a!"]),
    ("service a { allow to b until tomorrow }", [("POL001", "tomorrow")], ["a!"]),
    ('service a { allow to b because "x" until 2026-01-01 }', [("POL001", "until")], ["a!"]),
    ('service a { allow from b { get "/x" } }', [("POL001", "get")], ["a!"]),
    ("service a { allow from b { GET /x/** } }", [("POL001", "/x/**")], ["a!"]),
    ("service a { allow from * }", [("POL001", "*")], ["a!"]),
    ('service a { run { user "1" } }', [("POL001", '"1"')], ["a!"]),
    ("service a { resources { cpu 1 mem 5 } }", [("POL001", "mem")], ["a!"]),
    ("service a { service b { port x 1 tcp } port web 80 http }", [("POL001", "service")], ["a!"]),
    ('service a { probe ready POST "/" on x }', [("POL001", "POST")], ["a!"]),
    ("role r { get pods in x }", [("POL001", "in")], ["r!"]),
    ("service a { stop { grace 1s grace 2s } }", [("POL103", "grace")], ["a"]),
    ("port web 80 http" + B, [("POL001", "port")], ["b"]),
    # wildcards
    ("service a { can * pods }", [("POL306", "*")], ["a!"]),
    ("service a { can get * }", [("POL306", "*")], ["a!"]),
    ("service a { can get pods/* }", [("POL306", "*")], ["a!"]),
    ("service a { can get *.apps }", [("POL306", "*")], ["a!"]),
    ("service a { can get deployments.* }", [("POL306", "*")], ["a!"]),
    ('service a { can get "*" }', [("POL306", "*")], ["a!"]),
    ("role r { * pods }", [("POL306", "*")], ["r!"]),
    # several at once, on one line
    (
        "service a { alow from b } namespace n service c { image d foo } role r { get }",
        [("POL001", "alow"), ("POL001", "d foo"), ("POL001", "}")],
        ["a!", "n", "c!", "r!"],
    ),
    (
        "service a {\n allow from { b\n scale 1\n}" + B,
        [("POL004", "{")],
        ["a!", "b"],
    ),
    ("service a { alow from b alow from c }", [("POL001", "alow")] * 2, ["a!"]),
    (
        "service a { image x port web 80 http image y }",
        [("POL001", "x"), ("POL001", "y")],
        ["a!"],
    ),
]


@pytest.mark.parametrize(("text", "underlined", "names"), CASES)
def test_mistake(text: str, underlined: list[tuple[str, str]], names: list[str]) -> None:
    parsed = read(text)
    assert parsed.underlined == underlined, [d.message for d in parsed.found]
    assert parsed.names == names


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("service a { image x  port web 80 http }", ["Image", "Port"]),
        ("service a { alow from b  port web 80 http }", ["Allow", "Port"]),
        ("service a { allow from\n port web 80 http }", ["Port"]),
        ("service a { run { user x group 1 } scale 1 }", ["Run", "Scale"]),
        ("service a { foo { bar { } } scale 1 }", ["Scale"]),
        ('service a { select { app: "x"\n port web 80 http\n}', ["Select", "Port"]),
        ("service a { can get * scale 1 }", ["Scale"]),
        ('service a { image "x\n scale 1 }', ["Image", "Scale"]),
        ("service a {\n allow from b\n foo\n scale 1 }", ["Allow", "Scale"]),
        ("service a {\n has role r\n foo bar\n}", ["HasRole"]),
    ],
)
def test_what_stands_around_a_mistake_is_kept(text: str, statements: list[str]) -> None:
    parsed = read(text)
    assert len(parsed.found) == 1
    assert parsed.statements("a") == statements


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        (
            "service a { image foo }",
            "expected an image in quotes after `image`, found `foo`",
            'write it in quotes: `"foo"`',
        ),
        (
            "service a { alow from b }",
            "expected a statement or `}` in `service`, found `alow`",
            "did you mean `allow`?",
        ),
        (
            "service a { allow to b because x }",
            "expected a reason in quotes after `because`, found `x`",
            'write it in quotes: `"x"`',
        ),
        (
            "service a { allow from b c }",
            "expected `,` or the next statement after `b`, found `c`",
            "separate the items of a list by commas",
        ),
        (
            "service a { port web 80 }",
            "expected `->`, `..` or a protocol such as `http` after `80`, found `}`",
            None,
        ),
        (
            "service image { }",
            "`image` is reserved and names nothing",
            'write it in quotes: `"image"`',
        ),
        (
            "service 2048-game { }",
            "`2048-game` is not a name: it starts with a digit",
            'write it in quotes: `"2048-game"`',
        ),
        (
            "service My_Api { }",
            "`My_Api` is not a name",
            "a name has lower-case letters, digits and dashes, and starts with a letter; "
            "for example `my-api`",
        ),
        (
            "service \u0430pi { }",
            "`\u0430pi` is not a name",
            "a name has lower-case letters, digits and dashes, and starts with a letter; "
            "`\u0430` (U+0430) is none of them",
        ),
        (
            "service a { \u0430llow from b }",
            "expected a statement or `}` in `service`, found `\u0430llow`",
            "did you mean `allow`?",
        ),
        (
            "service a { deny from b }",
            "expected a statement or `}` in `service`, found `deny`",
            "what is not allowed is denied: there is no statement for it",
        ),
        (
            'service a { allow to b because "x" until 2026-01-01 }',
            "`until` stands too late",
            "qualifiers stand last, in this order: `only in …`, `until …`, `because …`",
        ),
        ("service a { image", "expected an image in quotes after `image`", None),
    ],
)
def test_messages_speak_of_the_language(text: str, message: str, help: str | None) -> None:
    [found] = read(text).found
    assert (found.message, found.help) == (message, help)


def test_fixes_mend_the_text() -> None:
    for text in (
        "service a { alow from b }",
        "servce a { }",
        "service image { }",
        "service 2048-game { }",
        "service My_Api { }",
        'service a { allow from b { get "/x" } }',
        "service a { image 'x' }",
    ):
        [found] = read(text).found
        assert found.fix is not None
        [edit] = found.fix.edits
        clean(text[: edit.span.offset] + edit.text + text[edit.span.end_offset :])


def test_a_trailing_comma_is_allowed() -> None:
    parsed = clean("service a { allow from b,\n port web 80 http }\ngroup g { a, b, }")
    assert parsed.statements("a") == ["Allow", "Port"]


def test_a_declaration_of_mistakes_only_is_not_reported_to_its_end() -> None:
    parsed = read("service a { " + "port " * 2000 + "} service b { allw from a }")
    assert len(parsed.found) == 101
    assert parsed.found[-1].span.text == "allw"


@pytest.mark.parametrize(
    ("first", "name"),
    [("namespace n", "n"), ("cluster n extends m", "n"), ("profile n extends m", "n")],
)
def test_a_declaration_without_braces_ends_before_a_misspelt_word(first: str, name: str) -> None:
    parsed = read(f"{first}\nservcie a {{ scale 1 }}\n")
    assert parsed.underlined == [("POL001", "servcie")]
    assert parsed.names == [name, "a!"]
