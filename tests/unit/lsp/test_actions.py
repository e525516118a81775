"""Code actions: each is carried out, and what it mends is gone."""

from collections.abc import Mapping

import pytest
from lsprotocol import types

from lsp_support import Editor, editor

CLUSTER = "cluster test { mesh none  cni kubernetes }\n"


def offered(one: Editor, *only: str) -> dict[str, types.CodeAction]:
    """What is offered at the cursor, by title."""
    here = one.position()
    context = types.CodeActionContext(diagnostics=[], only=list(only) or None)
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(one.uri()), types.Range(here, here), context
    )
    found = one.ask(types.TEXT_DOCUMENT_CODE_ACTION, params)
    return {action.title: action for action in found}


def codes(files: Mapping[str, str]) -> set[str]:
    """What is wrong with a program of these files."""
    one = editor(dict(files))
    [program] = {id(each): each for each in one.session.all_programs()}.values()
    return {found.code.id for found in program.findings()}


def done(one: Editor, title: str) -> dict[str, str]:
    """The texts of all files after an action."""
    edit = offered(one)[title].edit
    assert edit is not None
    texts = {name: one.text(name) for name in one.cursors if name.endswith(".svc")}
    return texts | one.applied(edit)


MENDED = {
    "a name nearly right": (
        "namespace n service apj { port w 1 http allow from we|c on w }"
        " service web { allow to apj }",
        "Write `web`",
        "POL101",
    ),
    "a name of another namespace": (
        "namespace a service x { allow to d|b } namespace b"
        " service db { port w 1 tcp allow from a/x on w }",
        "Write `b/db`",
        "POL101",
    ),
    "an ambiguous name": (
        "namespace a group g { x } service x { } namespace b group g { y } service y { }"
        " namespace c service z { port w 1 tcp allow from |g on w }",
        "Write `b/g`",
        "POL109",
    ),
    "a port nearly right": (
        "namespace n service a { port http 1 http allow from self on htp| }",
        "Write `http`",
        "POL203",
    ),
    "one of several ports": (
        "namespace n service a { allow to |b } service b { port w 1 http port m 2 http"
        " allow from a on w, m }",
        "Add `on m`",
        "POL202",
    ),
    "an unused group": ("namespace n group |g { a }\nservice a { }", "Remove it", "POL190"),
    "an unused port": (
        "namespace n service a {\n  |port w 1 http\n}",
        "Remove it",
        "POL291",
    ),
    "an expired line": (
        "namespace n service a {\n  port w 1 http\n  allow from self on w\n"
        '  allow from b on w until |2020-01-01 because "x"\n}\nservice b { }',
        "Remove it",
        "POL290",
    ),
    "a module of the library": (
        "namespace n service a { has role |std.roles.leader-election }",
        "Add `import std.roles`",
        "POL101",
    ),
}


@pytest.mark.parametrize(("text", "title", "code"), MENDED.values(), ids=MENDED)
def test_a_fix_mends_its_finding(text: str, title: str, code: str) -> None:
    before = {"policy.svc": CLUSTER + text}
    assert code in codes({name: each.replace("|", "") for name, each in before.items()})
    assert code not in codes(done(editor(before), title))


def test_the_other_half_of_a_flow_is_added_to_the_other_file() -> None:
    files = {
        "shop.svc": CLUSTER
        + 'import "pay.svc"\nnamespace shop\nservice api {\n  allow to |pay/db on w\n}\n',
        "pay.svc": "namespace pay\nservice db {\n  port w 1 tcp\n"
        "  allow from self on w  # own\n}\n",
    }
    after = done(editor(files), "Add `allow from shop/api on w` to service `pay/db`")
    assert after["pay.svc"].endswith(
        "  allow from self on w  # own\n  allow from shop/api on w\n}\n"
    )
    assert not codes(after)


def test_a_reason_is_asked_for_and_not_made_up() -> None:
    text = CLUSTER + "namespace n service a { port w 1 http allow from |any on w }"
    after = done(editor(text), 'Add `because "…"`')
    assert 'on w because "" }' in after["policy.svc"]
    assert codes(after) == {"POL207"}


def test_any_narrows_to_those_who_call() -> None:
    text = CLUSTER + (
        'namespace n service a { port w 1 http allow from a|ny on w because "x" }'
        " service b { allow to a } namespace m service c { allow to n/a } service d { }"
    )
    title = "Narrow to those who declare that they call it: m/c, b"
    after = done(editor(text), title)
    assert "allow from m/c, b on w" in after["policy.svc"]


def test_only_spelling_is_mended_all_at_once() -> None:
    text = (
        CLUSTER
        + "|namespace n\nservice a { port w 1 => 2 http allow from bb on w }\n"
        + "service b { select { app: 'b' } }\n"
    )
    found = offered(editor(text), "source.fixAll")
    [action] = found.values()
    assert action.edit is not None
    after = editor(text).applied(action.edit)["policy.svc"]
    assert "bb" in after
    assert '"b"' in after


def test_kinds_that_were_not_asked_for_are_not_given() -> None:
    text = CLUSTER + "namespace n service a { port w 1 http allow from bb| on w } service b { }"
    assert offered(editor(text), "refactor") == {}
    assert [each.kind for each in offered(editor(text), "quickfix").values()] == ["quickfix"]


def test_a_text_that_is_being_typed_gets_an_answer() -> None:
    whole = MENDED["one of several ports"][0].replace("|", "")
    for end in range(0, len(whole), 7):
        one = editor(whole[:end] + "|", settled=False)
        assert offered(one) is not None
