"""Formatting: what an editor makes of the edits is what `polc fmt` makes of the text."""

import pytest
from lsprotocol import types

from lsp_support import Editor, editor
from polc.fmt import format_text
from polc.lsp.text import Encoding

UNTIDY = """\
# 😀 é
namespace   shop
service api   {
      port web 80->8080   http   # 😀 why
  allow from web   on web
}
service web {select {app:"web"}
allow to api on web }
service broken { allow frm   x }
"""
OPTIONS = types.FormattingOptions(tab_size=8, insert_spaces=False)


def formatted(one: Editor, start: int | None = None, end: int | None = None) -> str:
    document = types.TextDocumentIdentifier(one.uri())
    if start is None or end is None:
        whole = types.DocumentFormattingParams(document, OPTIONS)
        edits = one.ask(types.TEXT_DOCUMENT_FORMATTING, whole)
    else:
        span = types.Range(one.position(start), one.position(end))
        part = types.DocumentRangeFormattingParams(document, span, OPTIONS)
        edits = one.ask(types.TEXT_DOCUMENT_RANGE_FORMATTING, part)
    return one.edited(edits)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_edits_make_the_formatters_text(encoding: Encoding) -> None:
    one = editor(UNTIDY, encoding=encoding, settled=False)
    assert formatted(one) == format_text(UNTIDY) != UNTIDY


def test_a_range_leaves_the_rest_as_it_is() -> None:
    one = editor(UNTIDY, settled=False)
    at = UNTIDY.index("service web")
    after = formatted(one, at, at + 5)
    before, behind = UNTIDY[:at], UNTIDY[UNTIDY.index("service broken") :]
    assert after.startswith(before)
    assert after.endswith(behind)
    assert after != UNTIDY


def test_several_ranges_are_laid_out_at_once() -> None:
    one = editor(UNTIDY, settled=False)
    spans = [
        types.Range(one.position(at), one.position(at + 3))
        for at in (UNTIDY.index("service api"), UNTIDY.index("service web"))
    ]
    document = types.TextDocumentIdentifier(one.uri())
    params = types.DocumentRangesFormattingParams(document, spans, OPTIONS)
    after = one.edited(one.ask(types.TEXT_DOCUMENT_RANGES_FORMATTING, params))
    assert "port web 80 -> 8080 http" in " ".join(after.split())
    assert 'app: "web"' in after


def test_what_is_tidy_needs_no_edit() -> None:
    one = editor(format_text(UNTIDY), settled=False)
    document = types.TextDocumentIdentifier(one.uri())
    assert (
        one.ask(types.TEXT_DOCUMENT_FORMATTING, types.DocumentFormattingParams(document, OPTIONS))
        == []
    )
