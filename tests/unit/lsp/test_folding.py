"""Folding: whole declarations and statements, runs of comments, and no line too many."""

import pytest
from lsprotocol import types

from lsp_support import editor

TEXT = """\
# One
# two.
import std.roles
import std.platform

# Alone.
namespace n { owner "x" }
service a {
  port w 1 http
  allow from b,
             c on w {
    GET "/"
  }
}
service b { }
# last
# line"""
FOLDS = [
    (0, 1, "comment"),
    (2, 3, "imports"),
    (7, 13, None),
    (9, 12, None),
    (15, 16, "comment"),
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lines_that_fold(line_end: str) -> None:
    one = editor(TEXT.replace("\n", line_end), settled=False)
    found = one.ask(types.TEXT_DOCUMENT_FOLDING_RANGE)
    assert [(each.start_line, each.end_line, each.kind) for each in found] == FOLDS


def test_folds_move_with_their_lines() -> None:
    one = editor(TEXT.replace("import std.roles", "|import std.roles"), settled=False)
    one.ask(types.TEXT_DOCUMENT_FOLDING_RANGE)
    one.type("\n\n")
    found = one.ask(types.TEXT_DOCUMENT_FOLDING_RANGE)
    moved = [(a + 2 * (a > 1), b + 2 * (a > 1), kind) for a, b, kind in FOLDS]
    assert [(each.start_line, each.end_line, each.kind) for each in found] == moved


@pytest.mark.parametrize("text", ["", "service a {", "service a {\n", "# a\n# b\n", "}\n}\n"])
def test_a_text_that_is_being_typed_folds_as_far_as_it_goes(text: str) -> None:
    one = editor(text, settled=False)
    lines = text.count("\n") + 1
    for each in one.ask(types.TEXT_DOCUMENT_FOLDING_RANGE):
        assert 0 <= each.start_line < each.end_line < lines
