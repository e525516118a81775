"""The functions that editors and the command line call."""

import pytest

from polc.fmt import TextEdit, format_edits, format_source, format_text, formatting
from polc.source import Source


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("", ""),
        ("\ufeff", ""),
        (" \r\n\t", ""),
        ("import std.platform", "import std.platform\n"),
        ("\ufeffimport std.platform\r\n", "import std.platform\n"),
        ("# one\r\n\r\n\r\n#two  ", "# one\n\n#two\n"),
        ("service\ta {\r\n\tport web 80 http }", "service a {\n  port web 80 http\n}\n"),
        ("service a { } service b { }", "service a { }\nservice b { }\n"),
        ('service a { image "\\u{41}\\t#" }', 'service a { image "\\u{41}\\t#" }\n'),
        ("service a { # why\n}", "service a {  # why\n}\n"),
        ("service a { port }\r\n\r\n", "service a { port }\n"),
        ("service a { run {\nuser 1 } }", "service a {\n  run {\n    user 1\n  }\n}\n"),
        (
            'service a {\n  image "x"\n  account   \n  "y"\n}\n',
            'service a {\n  image "x"\n  account "y"\n}\n',
        ),
    ],
)
def test_text(text: str, formatted: str) -> None:
    assert format_text(text) == formatted


def test_broken_declarations_keep_every_byte() -> None:
    broken = "  service a {\r\n\tport  web 80 http  \r\n   allow from\r\n} # no"
    text = f"import   std.roles\n\n\n{broken}\n\n\n\n\nservice   b {{ }}"
    assert format_text(text) == f"import std.roles\n\n{broken}\n\nservice b {{ }}\n"


def test_what_is_left_alone_is_reported_where_it_stands() -> None:
    source = Source("policy.svc", "service   a { }\nservice b {\n  port\n}\nservice   c { }\n")
    formatted, [found] = format_source(source)
    assert formatted == "service a { }\n\nservice b {\n  port\n}\n\nservice c { }\n"
    assert found.code.id == "POL001"
    assert (found.span.line, found.span.source) == (3, source)


def test_edits_are_as_small_as_can_be() -> None:
    text = "# why\nservice a  {\n    port web 80 http\n}"
    assert format_edits(text) == (
        TextEdit(16, 17, ""),
        TextEdit(21, 23, ""),
        TextEdit(41, 41, "\n"),
    )
    assert format_edits(format_text(text)) == ()


def test_edits_do_not_part_a_line_end() -> None:
    for edit in format_edits("service a {\r\n  port web 80 http\r\n}\r\n"):
        assert (edit.end - edit.start, edit.text) == (2, "\n")


def test_edits_of_a_range() -> None:
    text = "service  a { }\n\nservice  b { }\n\nservice  c { }\n"
    at = text.index("b")
    assert format_edits(text, (at, at)) == (TextEdit(at - 1, at, ""),)
    assert format_edits(text, (0, at)) == (TextEdit(8, 9, ""), TextEdit(at - 1, at, ""))
    assert format_edits(text, (15, 15)) == ()


def test_a_range_grows_to_whole_declarations() -> None:
    text = "service  a {\n  port  web  80 http\n}\nservice  b { }\n"
    at = text.index("80")
    assert format_edits(text, (at, at)) == format_edits(text)[:-2]


def test_a_bug_costs_a_declaration_its_layout_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def joins(tree: object) -> list[str]:
        between = lay_out(tree)
        return [gap if len(gap) != 1 or n % 5 else "" for n, gap in enumerate(between)]

    lay_out = formatting.lay_out
    monkeypatch.setattr(formatting, "lay_out", joins)
    text = "service   one   {  allow from two }\n"
    assert format_text(text) == text


def test_a_bug_costs_no_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out = formatting.lay_out
    monkeypatch.setattr(
        formatting, "lay_out", lambda tree: [gap.replace("# a", "") for gap in lay_out(tree)]
    )
    text = "service   one   {\n# a\n}\n"
    assert format_text(text) == text
