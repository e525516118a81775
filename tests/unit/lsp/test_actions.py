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
    "a capability that does nothing": (
        'namespace n service a { run { |capability NET_BIND_SERVICE because "x" } }',
        "Remove it",
        "POL491",
    ),
    "weights that are too much": (
        "namespace n service a { rollout { v1 90% |v2 20% } }",
        "Write `v2 10%`",
        "POL501",
    ),
    "another port than there is": (
        "namespace n service a { port web 1 http port admin 2 http allow from self on |zzz }",
        "Write `admin`",
        "POL203",
    ),
    "a module nearly right": ("import |std.platfrm\nnamespace n", "Write `std.platform`", "POL012"),
    "a mark between statements": ("namespace n service a { |; }", "Remove it", "POL002"),
    "a brace too many": ("namespace n service a { }\n|}\n", "Remove it", "POL004"),
    "a service that nobody declares": (
        "namespace n service a {\n  port w 1 http\n  allow from |web on w\n}",
        "Declare service `web`",
        "POL101",
    ),
    "a role that nobody declares": (
        "namespace n service a {\n  has role |reader\n}\nservice b { }",
        "Declare role `reader`",
        "POL101",
    ),
    "a profile that nobody declares": (
        "namespace n service a { harden |web-server }",
        "Declare profile `web-server`",
        "POL101",
    ),
    "a direction that is not said": (
        "namespace n service a { port w 1 http allow |b on w } service b { }",
        "Write `from b`",
        "POL001",
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
    after = codes(done(editor(before), title))
    assert code not in after
    assert not any(each.startswith("POL0") for each in after)


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


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("port w 1 http allow from |any on w", "POL207"),
        ("can get |secrets", "POL301"),
        ("run { relax |read-only-root }", "POL402"),
    ],
)
def test_a_reason_is_asked_for_and_not_made_up(statement: str, code: str) -> None:
    text = f"{CLUSTER}namespace n service a {{ {statement} }}"
    after = done(editor(text), 'Add `because "…"`')
    assert 'because ""' in after["policy.svc"]
    assert code in codes(after)


def test_a_file_that_is_called_nearly_so_is_imported() -> None:
    files = {"policy.svc": 'import |"lub.svc"\n', "lib.svc": "namespace n\n"}
    assert done(editor(files), "Write `lib.svc`")["policy.svc"] == 'import "lib.svc"\n'


def test_of_two_weights_one_is_removed_and_not_the_rollout() -> None:
    text = "namespace n service a { rollout { v1 90%  |v1 10% } }"
    after = done(editor(CLUSTER + text), "Remove it")["policy.svc"]
    assert after.endswith("rollout { v1 90% } }")


def test_what_stands_alone_on_its_line_goes_with_it_and_its_space_otherwise() -> None:
    text = 'namespace n service a { select { app: "a" }  |port w 1 http  port v 2 http }'
    after = done(editor(CLUSTER + text), "Remove it")["policy.svc"]
    assert 'select { app: "a" }  port v 2 http }' in after


def test_a_declaration_is_added_below_the_one_that_asks_for_it() -> None:
    text = "namespace n service a {\n  allow to |b\n}\n\nservice c { }\n"
    after = done(editor(CLUSTER + text), "Declare service `b`")["policy.svc"]
    declared = 'service b {\n  select { app: "b" }\n}'
    assert f"  allow to b\n}}\n\n{declared}\n\nservice c {{ }}\n" in after


def test_nothing_is_declared_in_another_namespace_or_of_the_library() -> None:
    for name in ("m/b", "std.platform.b"):
        text = f"namespace n service a {{ allow to |{name} }}"
        assert not any(title.startswith("Declare") for title in offered(editor(text)))


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
    assert {each.kind for each in offered(editor(text), "quickfix").values()} == {"quickfix"}


def test_a_text_that_is_being_typed_gets_an_answer() -> None:
    whole = MENDED["one of several ports"][0].replace("|", "")
    for end in range(0, len(whole), 7):
        one = editor(whole[:end] + "|", settled=False)
        assert offered(one) is not None
