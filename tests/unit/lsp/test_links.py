"""Links to imported files, and to the pages that explain codes."""

from pathlib import Path

from lsprotocol import types

import polc_stdlib
from lsp_support import Editor, editor
from polc.lsp.documents import path_of

LINK = types.TEXT_DOCUMENT_DOCUMENT_LINK


def followed(one: Editor) -> list[tuple[str, str, str]]:
    """Return text, tooltip and target of each link."""
    found = []
    for each in one.ask(LINK):
        assert each.target is not None
        assert Path(path_of(each.target)).is_file()
        text = one.shown(each.range).partition(" ")[2]
        found.append((text, each.tooltip or "", path_of(each.target).rpartition("/")[2]))
    return found


def test_imports_lead_to_their_files(tmp_path: Path) -> None:
    text = 'import std.platform\nimport "b.svc"\nimport "gone.svc"\nimport std.nothing\nimport "\n'
    one = editor({"a.svc": text, "b.svc": ""}, folder=tmp_path, closed=("b.svc",))
    assert followed(one) == [
        ("std.platform", "standard library", "platform.svc"),
        ('"b.svc"', "imported file", "b.svc"),
    ]
    assert path_of(one.ask(LINK)[0].target) == polc_stdlib.path("std.platform")


def test_codes_in_comments_lead_to_their_pages() -> None:
    text = (
        '# see POL201, POL999\nnamespace a # POL102\nservice x { account "POL201" }\n# XPOL2011\n'
    )
    found = followed(editor(text))
    assert [(text, page) for text, _, page in found] == [
        ("POL201", "POL201.md"),
        ("POL102", "POL102.md"),
    ]
    assert found[0][1].startswith("POL201: ")


def test_half_typed_text_is_no_trouble() -> None:
    assert followed(editor("import")) == []
    assert followed(editor("")) == []
    found = followed(editor('service { " # POL201\n# POL202'))
    assert [text for text, _, _ in found] == ["POL202"]
