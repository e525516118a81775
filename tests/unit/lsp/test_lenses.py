"""Code lenses: how many may reach a service, how many it reaches, and what clicking them does."""

from pathlib import Path

import pytest
from lsprotocol import types

from lsp_support import LINKED, Editor, editor
from polc.lsp.feature import CommandError, Show
from polc.lsp.session import Settings


def titles(here: Editor) -> list[str]:
    """Return the lenses with the names that they stand over."""
    found = here.ask(types.TEXT_DOCUMENT_CODE_LENS) or []
    resolved = [each if each.command else here.ask(types.CODE_LENS_RESOLVE, each) for each in found]
    return [
        f"{here.shown(each.range).split(' ')[-1]}: {each.command.title}"
        for each in resolved
        if each.command
    ]


def test_they_count_both_directions() -> None:
    assert titles(editor(LINKED)) == [
        "frontend: reachable by 0 · reaches 1",
        "frontend: show graph",
        "api: reachable by 1 · reaches 0",
        "api: show graph",
    ]


def test_each_peer_counts_once() -> None:
    text = """
        namespace n
        service a { port x 1 tcp  port y 2 tcp  allow from b, c on x, y }
        service b { allow to a on x }
        service c { }
        """
    assert "a: reachable by 2 · reaches 0" in titles(editor(text))


def test_numbers_are_never_of_another_text() -> None:
    here = editor(LINKED.replace("service api", "service api|"))
    here.type("2")
    assert titles(here) == ["frontend: show graph", "api2: show graph"]


def test_numbers_are_never_of_a_broken_program() -> None:
    text = LINKED.replace("allow from frontend on web", "allow from frontend on web, nowhere")
    assert titles(editor(text)) == ["frontend: show graph", "api: show graph"]


def test_a_lens_that_is_resolved_too_late_says_nothing() -> None:
    here = editor(LINKED.replace("service api", "service api|"))
    [first, *_] = here.ask(types.TEXT_DOCUMENT_CODE_LENS)
    here.type("2")
    assert here.ask(types.CODE_LENS_RESOLVE, first).command is None


def test_they_can_be_switched_off() -> None:
    assert titles(editor(LINKED, settings=Settings(code_lens=False))) == []


def test_they_name_the_place() -> None:
    here = editor(LINKED)
    for lens in here.ask(types.TEXT_DOCUMENT_CODE_LENS):
        resolved = lens if lens.command else here.ask(types.CODE_LENS_RESOLVE, lens)
        assert resolved.command.arguments == [here.uri(), lens.range.start]


def test_flows_are_listed() -> None:
    here = editor(LINKED.replace("service api", "service ap|i"))
    text = here.command("polc.reachText", here.uri(), here.position())
    assert text.startswith("# shop/api\n\n## Reachable by 1\n\n- `shop/frontend` on `web`")
    assert "## Reaches 0\n\nNothing.\n" in text
    shown = here.command("polc.showReach", here.uri(), here.position())
    assert isinstance(shown, Show)
    assert Path(shown.path).read_text(encoding="utf-8") == text


def test_flows_are_those_of_a_service() -> None:
    here = editor(LINKED)
    with pytest.raises(CommandError, match="put the cursor into a service"):
        here.command("polc.reachText", here.uri(), here.position(0))


@pytest.mark.parametrize("text", ["", "service a {", "namespace n\nservice a { allow from", "}{"])
def test_any_text_is_fine(text: str) -> None:
    titles(editor(text))
