"""Inlay hints: identities, profiles and the numbers of ports, as the present text has them."""

import pytest
from lsprotocol import types

from lsp_support import Editor, editor
from polc.lsp.session import Settings

MESH = "cluster c { mesh istio ambient  cni kubernetes }\n"


def asked(here: Editor, start: int = 0, end: int | None = None) -> list[types.InlayHint]:
    last = len(here.text()) if end is None else end
    span = types.Range(here.position(start), here.position(last))
    return list(here.ask(types.TEXT_DOCUMENT_INLAY_HINT, range=span))


def shown(text: str, *, settled: bool = False) -> str:
    """Return the text with its hints in angle brackets."""
    here = editor(text, settled=settled)
    edits = [
        types.TextEdit(types.Range(each.position, each.position), f"«{each.label}»")
        for each in asked(here)
    ]
    return here.edited(edits)


@pytest.mark.parametrize(
    "text",
    [
        "namespace n\nservice a«n/a, restricted» { }",
        'namespace n\nservice a«n/robot, restricted» { account "robot" }',
        "namespace n { harden baseline }\nservice a«n/a, baseline» { }",
        "namespace n\nservice a«n/a» { harden baseline }",
        MESH + "namespace n\nservice a«cluster.local/ns/n/sa/a, restricted» { }",
        "namespace n\nprofile p extends baseline { }\nservice a«n/a» { harden p«baseline» }",
        "namespace n\nprofile p { }\nprofile q extends p { }\n"
        "service a«n/a» { harden q«restricted» }",
        "namespace n\nservice a«n/a, restricted» { port web 80 -> 8080 http  port x 9 tcp"
        "  allow from any on web«:8080», x«:9» }",
        "namespace n\nservice a«n/a, restricted» { port web 80 -> 8080 http"
        '  allow from any« on web:8080» because "x"  allow from any on 80«:8080», 8080 }',
        "namespace n\nservice a«n/a, restricted» { port web 80 http  probe live tcp on web«:80» }",
        "namespace n\nservice a«n/a, restricted» { port web 80 -> 80 http  allow from any on 80 }",
        "namespace n\nservice a«n/a, restricted» { allow to b«:9» }\n"
        "service b«n/b, restricted» { port x 9 tcp }",
        "namespace n\nservice a«n/a, restricted» { allow to b, c on x«:9, 10» }\n"
        "service b«n/b, restricted» { port x 9 tcp }\nservice c«n/c, restricted» { port x 10 tcp }",
        "namespace n\nservice a«n/a, restricted» { allow to b, nobody, any }\n"
        "service b«n/b, restricted» { port x 9 tcp  port y 8 tcp }",
        "namespace n\nservice a«n/a, restricted» { port x 9 tcp  allow to self on x«:9» }",
        "namespace n\nservice a«n/a, restricted» { port r 20000..20100 udp"
        '  allow from any on r«:20000..20100» because "x" }',
    ],
)
def test_hints_stand_where_something_is_left_out(text: str) -> None:
    bare = "".join(part.partition("»")[2] or part for part in text.split("«"))
    assert shown(bare) == text


def test_only_those_of_the_range_are_given() -> None:
    here = editor("namespace n\nservice a { }\nservice b { }\nservice c { }\n", settled=False)
    text = here.text()
    found = asked(here, text.index("service b"), text.index("service c"))
    assert [each.label for each in found] == ["n/b, restricted"]


def test_they_can_be_switched_off() -> None:
    here = editor("namespace n\nservice a { }", settings=Settings(inlay_hints=False))
    assert asked(here) == []


def test_they_follow_the_text_at_once() -> None:
    here = editor("namespace n\nservice a| { }")
    here.type("b")
    assert [each.label for each in asked(here)] == ["n/ab, restricted"]


def test_what_they_mean_can_be_read() -> None:
    [hint] = asked(editor(MESH + "namespace n { harden baseline }\nservice a { }"))
    assert isinstance(hint.tooltip, types.MarkupContent)
    assert "`spiffe://cluster.local/ns/n/sa/a`" in hint.tooltip.value
    assert "the profile of its namespace" in hint.tooltip.value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "service a {",
        "namespace n\nservice a { allow to b on on  port x -> tcp  probe on x  harden }",
        "namespace n\nprofile p extends q { }\nprofile q extends p { }\nservice a { harden p }",
        "cluster c { mesh what  dns x }\nnamespace n\nservice a { allow to g }\ngroup g { g }",
        "cluster a { }\ncluster b { }\nnamespace n\nservice a { allow from | on x",
    ],
)
def test_any_text_is_fine(text: str) -> None:
    asked(editor(text))
