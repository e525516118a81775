"""The helper that the other tests of the language server stand on."""

from pathlib import Path

from lsprotocol import types

from lsp_support import LINKED, editor


def test_a_bar_marks_the_cursor_and_goes() -> None:
    found = editor("a|b\n")
    assert (found.text(), found.offset) == ("ab\n", 1)
    assert found.position() == types.Position(0, 1)


def test_a_request_about_the_cursor_is_answered_and_shown() -> None:
    found = editor(LINKED.replace("allow to api", "allow to |api"))
    assert found.listed(found.ask(types.TEXT_DOCUMENT_DEFINITION)) == ["policy.svc:10:9 api"]
    assert found.view().is_settled


def test_typing_makes_a_new_version() -> None:
    found = editor(LINKED.replace("allow to api", "allow to |api"))
    found.type("x", instead=3)
    assert "allow to x on web" in found.text()
    assert not found.view().is_settled
    assert found.settle().view().is_settled
    assert found.view().document.version == 2


def test_files_on_the_disk_take_part_without_being_open(tmp_path: Path) -> None:
    files = {
        "main.svc": 'import "other.svc"\nnamespace a\nservice x { allow to |y }\n',
        "other.svc": "namespace a\nservice y { }\n",
    }
    found = editor(files, folder=tmp_path, closed=("other.svc",))
    assert found.listed(found.ask(types.TEXT_DOCUMENT_DEFINITION)) == ["other.svc:2:9 y"]
