"""Code frames as a person sees them: the goldens below were read, column by column."""

from textwrap import dedent

import pytest

from polc.codes.flows import EXPIRED, HALF_FLOW
from polc.diagnostics import Diagnostic, Label
from polc.render import render
from polc.source import Anchor, Source, Span, nowhere


def under(source: Source, text: str, start: int = 0) -> Span:
    at = source.text.index(text, start)
    return Span(Anchor(source), at, at + len(text))


def full(*diagnostics: Diagnostic) -> str:
    """Return the blocks without the closing count."""
    return render("full", diagnostics).rsplit("\n\n", 1)[0] + "\n"


POLICY = Source(
    "policy.svc",
    "namespace web\nservice frontend {\n  allow to shop/api\n}\n",
)


def test_message_place_frame_and_help():
    found = Diagnostic(
        HALF_FLOW, "`shop/api` is not open", under(POLICY, "shop/api"), help="write it there"
    )
    assert render("full", [found]) == dedent(
        """\
        error[POL201]: `shop/api` is not open
         --> policy.svc:3:12
          |
        3 |   allow to shop/api
          |            ^^^^^^^^
          |
          = help: write it there

        1 error; `polc explain POL201` tells more
        """
    )


def test_second_places_of_the_same_and_of_other_files():
    other = Source("shop/api.svc", "# API\n\nservice api {\n}\n")
    found = Diagnostic(
        HALF_FLOW,
        "half a flow",
        under(POLICY, "shop/api"),
        (
            Label(under(POLICY, "frontend"), "the caller"),
            Label(under(other, "api {"), "the callee"),
        ),
    )
    assert full(found) == dedent(
        """\
        error[POL201]: half a flow
         --> policy.svc:3:12
          |
        2 | service frontend {
          |         -------- the caller
        3 |   allow to shop/api
          |            ^^^^^^^^
          |
         ::: shop/api.svc:3:9
          |
        3 | service api {
          |         ----- the callee
        """
    )


def test_lines_in_between_are_left_out_but_not_a_single_one():
    text = "one\ntwo\nthree\nfour\nfive\nsix\n"
    source = Source("a.svc", text)
    labels = (Label(under(source, "three"), "near"), Label(under(source, "six"), "far"))
    found = Diagnostic(EXPIRED, "m", under(source, "one"), labels)
    assert full(found) == dedent(
        """\
        warning[POL290]: m
         --> a.svc:1:1
          |
        1 | one
          | ^^^
        2 | two
        3 | three
          | ----- near
        ...
        6 | six
          | --- far
        """
    )


def test_two_marks_on_one_line():
    source = Source("a.svc", "allow from a on web\n")
    found = Diagnostic(EXPIRED, "m", under(source, "web"), (Label(under(source, "a on"), "these"),))
    assert full(found) == dedent(
        """\
        warning[POL290]: m
         --> a.svc:1:17
          |
        1 | allow from a on web
          |                 ^^^
          |            ---- these
        """
    )


def test_multi_line_span():
    source = Source("a.svc", "x\n  allow from\n    a,\n    b,\n    c  # last\n")
    found = Diagnostic(EXPIRED, "m", under(source, "allow from\n    a,\n    b,\n    c"))
    assert full(found) == dedent(
        """\
        warning[POL290]: m
         --> a.svc:2:3
          |
        2 |   allow from
          |   ^^^^^^^^^^
        ...
        5 |     c  # last
          |     ^
        """
    )


def test_tabs_wide_and_combining_characters():
    source = Source("a.svc", '\towner "日本e\u0301"  harden nothing\n')
    found = Diagnostic(EXPIRED, "m", under(source, "nothing"))
    frame = full(found).splitlines()[-2:]
    assert frame == [
        '1 |     owner "日本e\u0301"  harden nothing',
        "  |                           ^^^^^^^",
    ]
    wide = full(Diagnostic(EXPIRED, "m", under(source, "日本"))).splitlines()[-1]
    assert wide == "  |            ^^^^"


def test_crlf_ends_are_not_drawn():
    source = Source("a.svc", "service a {\r\n  port x\r\n}\r\n")
    found = Diagnostic(EXPIRED, "m", under(source, "port x\r\n}"))
    assert full(found) == dedent(
        """\
        warning[POL290]: m
         --> a.svc:2:3
          |
        2 |   port x
          |   ^^^^^^
        3 | }
          | ^
        """
    )
    assert "\r" not in full(found)


@pytest.mark.parametrize("text", ["service a {\n  port x\n", "service a {\n  port x\n\n\n"])
def test_end_of_file(text):
    source = Source("a.svc", text)
    found = Diagnostic(EXPIRED, "m", Span(Anchor(source), len(text), len(text)))
    rows = full(found).splitlines()
    last = text.count("\n") + 1
    assert rows[1] == f" --> a.svc:{last}:1"
    assert rows[-2:] == [f"{last} |", "  | ^"]
    assert rows[-3].startswith(f"{last - 1} |")


def test_end_of_file_without_line_feed():
    source = Source("a.svc", "port")
    assert full(Diagnostic(EXPIRED, "m", Span(Anchor(source), 4, 4))).splitlines()[-2:] == [
        "1 | port",
        "  |     ^",
    ]


def test_gutter_grows_with_line_numbers():
    source = Source("a.svc", "\n" * 99 + "x\n")
    assert full(Diagnostic(EXPIRED, "m", under(source, "x"))).splitlines()[1:] == [
        "   --> a.svc:100:1",
        "    |",
        "100 | x",
        "    | ^",
    ]


def test_long_lines_are_cut_around_the_mark():
    source = Source("a.svc", "a" * 500 + " here " + "b" * 500)
    row, mark = full(Diagnostic(EXPIRED, "m", under(source, "here"))).splitlines()[-2:]
    assert len(row) < 160
    assert row.index("here") == mark.index("^")
    assert row.startswith("1 | …")
    assert row.endswith("…")


def test_files_without_text_have_no_frame():
    found = Diagnostic(EXPIRED, "in the way", nowhere("out/a.yaml"), help="move it")
    assert full(found) == dedent(
        """\
        warning[POL290]: in the way
         --> out/a.yaml
          |
          = help: move it
        """
    )


def test_help_of_several_lines_stays_aligned():
    found = Diagnostic(EXPIRED, "m", under(POLICY, "web"), help="write:\n  allow from a\nthere")
    assert full(found).splitlines()[-3:] == [
        "  = help: write:",
        "            allow from a",
        "          there",
    ]


def test_nothing_reaches_the_terminal_unseen():
    source = Source("a\x1b.svc", "service \x1b[31m\u202e \x00\x7f {\n")
    found = Diagnostic(EXPIRED, "bad `\x1b[0m`\nname", under(source, "\x1b[31m"), help="\x07")
    text = render("full", [found])
    assert not {"\x1b", "\u202e", "\x00", "\x7f", "\x07"} & set(text)
    assert "bad `␛[0m` name" in text


def test_colour_is_only_added():
    found = Diagnostic(
        HALF_FLOW, "m", under(POLICY, "web"), (Label(under(POLICY, "to"), "l"),), help="h"
    )
    import re

    coloured = render("full", [found], colour=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render("full", [found])


def test_counts_end_the_report():
    at = under(POLICY, "web")
    found = [
        Diagnostic(EXPIRED, "a", at),
        Diagnostic(HALF_FLOW, "b", at),
        Diagnostic(EXPIRED, "c", at),
    ]
    closing = render("full", found).splitlines()[-1]
    assert closing == "1 error, 2 warnings; `polc explain POL201` tells more"
    assert render("full", []) == ""
