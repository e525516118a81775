"""Signature help: the statement's form, and the part that is being written."""

import pytest
from lsprotocol import types

from lsp_support import editor
from polc.lsp.abilities import Abilities
from polc.lsp.forms import FORMS, Form


def shown(text: str) -> list[str]:
    """Return each signature with its active part in angle brackets."""
    found = editor(text, settled=False).ask(types.TEXT_DOCUMENT_SIGNATURE_HELP)
    marked = []
    for each in found.signatures if found else ():
        label = each.label
        if each.active_parameter is not None:
            start, end = each.parameters[each.active_parameter].label
            label = f"{label[:start]}<{label[start:end]}>{label[end:]}"
        marked.append(label.replace(" [only in ENVIRONMENT, …] [until DATE]", ""))
    return marked


FROM = (
    'allow from PEERS [via GATEWAY host "…", …] [on PORTS] [plain-text] [{ REQUESTS }]'
    ' [because "…"]'
)
KNOWN_AS = ' [known-as "SERVICE"]'
TO = 'allow to PEERS [on PORTS] [because "…"]'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("service a { allow | }", [FROM, TO]),
        ("service a { allow from | }", [FROM.replace("PEERS", "<PEERS>")]),
        ("service a { allow from we| }", [FROM.replace("PEERS", "<PEERS>")]),
        ("service a { allow from web, |", [FROM.replace("PEERS", "<PEERS>")]),
        ("service a { allow from web on |", [FROM.replace("[on PORTS]", "<[on PORTS]>")]),
        (
            "service a { allow from web on x { |",
            [FROM.replace("[{ REQUESTS }]", "<[{ REQUESTS }]>")],
        ),
        ('service a { allow from b because "|', [FROM.replace('[because "…"]', '<[because "…"]>')]),
        ("service a { allow from b { GET |", ['<METHODS> "/path" …']),
        (
            "service a { port |",
            ["port <NAME> [SERVICE-PORT ->] CONTAINER-PORT[..END] PROTOCOL" + KNOWN_AS],
        ),
        (
            "service a { port x 80 |",
            ["port NAME [SERVICE-PORT ->] CONTAINER-PORT[..END] <PROTOCOL>" + KNOWN_AS],
        ),
        (
            "service a { port x 80 -> |",
            ["port NAME [SERVICE-PORT ->] <CONTAINER-PORT[..END]> PROTOCOL" + KNOWN_AS],
        ),
        ("service a { rollout { when |", ["when <CONDITION [and CONDITION …]> -> VERSION"]),
        (
            'service a { rollout { when path "/" -> |',
            ["when CONDITION [and CONDITION …] <-> VERSION>"],
        ),
        ("service a { probe live tcp |", ["probe ready|live|startup <tcp> on PORT"]),
        ("extern service a |", ["extern service NAME [in NAMESPACE] <{ STATEMENTS }>"]),
    ],
)
def test_the_part_being_written_is_marked(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


def test_each_form_that_is_still_possible_is_shown() -> None:
    assert len(shown("service a { probe live |")) == 4
    assert len(shown("service a { can get |")) == 2
    assert len(shown("service a { can get path |")) == 1
    assert len(shown("service a { can get pods named |")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "|",
        "service a {\n  |\n}",
        "service a {\n  allow from web on x\n  |\n}",
        "service a { allow from web }\n|",
        "# allow from |",
        "service a { allow 7 8 |",
    ],
)
def test_between_statements_there_is_none(text: str) -> None:
    assert shown(text) == []


def test_a_statement_may_go_on_on_the_next_line() -> None:
    assert shown("service a {\n  allow from web,\n    |\n}") == [FROM.replace("PEERS", "<PEERS>")]


def test_what_a_client_cannot_do_it_does_not_get() -> None:
    here = editor("service a { port |", settled=False)
    here.session.abilities = Abilities(label_offsets=False, markdown=False)
    [found] = here.ask(types.TEXT_DOCUMENT_SIGNATURE_HELP).signatures
    assert found.parameters[0].label == "NAME"
    assert found.documentation.kind == types.MarkupKind.PlainText
    assert "`" not in found.documentation.value


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.label[:30])
def test_every_form_can_be_shown_at_any_place_of_its_example(form: Form) -> None:
    here = editor(f"service a {{ {form.example} }}", settled=False)
    for offset in range(len(here.text()) + 1):
        here.cursors[here.name] = [offset]
        here.ask(types.TEXT_DOCUMENT_SIGNATURE_HELP)
